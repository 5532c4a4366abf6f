"""limits, with every strategy, in threads and with asyncio, and Flask-Limiter on top of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import redis
from flask import Flask
from flask_limiter import Limiter
from limits import parse
from limits.aio import strategies as async_strategies
from limits.aio.storage import RedisStorage as AsyncRedisStorage
from limits.storage import RedisStorage, storage_from_string
from limits.strategies import STRATEGIES

from tests.support.servers import eventually

limits = pytest.mark.application("limits")
every_strategy = pytest.mark.parametrize("strategy", sorted(STRATEGIES))


@limits
@every_strategy
def test_a_limit(strategy: str, url: str) -> None:
    limiter = STRATEGIES[strategy](storage_from_string(url))
    limit = parse("10/hour")
    name = f"limit {strategy}"
    assert limiter.test(limit, name)
    assert [limiter.hit(limit, name) for _ in range(12)] == [True] * 10 + [False] * 2
    assert not limiter.test(limit, name)
    reset_time, remaining = limiter.get_window_stats(limit, name)
    assert remaining == 0
    assert time.time() < reset_time <= time.time() + 3601
    assert limiter.hit(limit, f"somebody else {strategy}", cost=10)
    assert not limiter.hit(limit, f"somebody else {strategy}", cost=1)
    limiter.clear(limit, name)
    assert limiter.hit(limit, name, cost=3)
    assert limiter.get_window_stats(limit, name).remaining == 7


@limits
@every_strategy
def test_a_window_passes(strategy: str, url: str) -> None:
    limiter = STRATEGIES[strategy](storage_from_string(url))
    limit = parse("3/second")
    name = f"window {strategy}"
    eventually(lambda: not limiter.hit(limit, name))
    eventually(lambda: limiter.hit(limit, name))


@limits
@every_strategy
def test_asyncio(strategy: str, url: str) -> None:
    async def hits() -> list[bool]:
        limiter = async_strategies.STRATEGIES[strategy](AsyncRedisStorage(f"async+{url}", implementation="redispy"))
        return await asyncio.gather(*(limiter.hit(parse("10/hour"), f"asyncio {strategy}") for _ in range(15)))

    assert sorted(asyncio.run(hits())) == [False] * 5 + [True] * 10


@limits
def test_the_storage(url: str) -> None:
    storage = RedisStorage(url)
    assert storage.check()
    assert storage.incr("counter", 100, amount=5) == 5
    assert storage.get("counter") == 5
    assert time.time() + 95 < storage.get_expiry("counter") <= time.time() + 101
    assert storage.reset() >= 1
    assert storage.get("counter") == 0


@pytest.mark.application("flask-limiter")
@every_strategy
def test_flask_limiter(strategy: str, url: str, client: redis.Redis) -> None:
    app = Flask(__name__)
    limiter = Limiter(
        lambda: "a visitor", app=app, storage_uri=url, strategy=strategy, default_limits=["5/hour"], headers_enabled=True,
        key_prefix=f"flask {strategy}",
    )  # fmt: skip

    @app.get("/")
    def index() -> str:
        return ""

    @app.get("/dear")
    @limiter.limit("2/hour")
    def dear() -> str:
        return ""

    @app.get("/free")
    @limiter.exempt
    def free() -> str:
        return ""

    visitor: Any = app.test_client()
    assert [visitor.get("/").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = [visitor.get("/dear") for _ in range(3)][2]
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert {visitor.get("/free").status_code for _ in range(10)} == {200}
    limiter.reset()
    assert visitor.get("/").status_code == 200
