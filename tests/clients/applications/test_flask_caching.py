"""Flask-Caching: values, views and functions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from flask import Flask
from flask_caching import Cache

from tests.support.servers import eventually

pytestmark = pytest.mark.application("flask-caching")


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    app = Flask(__name__)
    app.config.update(CACHE_TYPE="RedisCache", CACHE_REDIS_URL=url, CACHE_DEFAULT_TIMEOUT=300, CACHE_KEY_PREFIX="flask:")
    with app.app_context():
        yield app


@pytest.fixture
def cache(app: Flask) -> Iterator[Cache]:
    cache = Cache(app)
    cache.clear()
    yield cache
    cache.clear()


def test_values(cache: Cache, client: redis.Redis) -> None:
    assert cache.set("key", {"a": [1, "ü"]})
    assert cache.get("key") == {"a": [1, "ü"]}
    assert 295 < client.ttl("flask:key") <= 300
    assert cache.add("key", 2) is False
    assert cache.set_many({"a": 1, "b": 2}, timeout=100) == ["a", "b"]
    assert cache.get_many("a", "none", "b") == [1, None, 2]
    assert cache.get_dict("a", "b") == {"a": 1, "b": 2}
    assert cache.delete_many("a", "b") == ["a", "b"]
    assert cache.has("key")
    assert cache.delete("key")
    assert not cache.has("key")
    assert cache.cache.inc("n", 5) == 5
    assert cache.cache.dec("n", 2) == 3


def test_expiry(cache: Cache, client: redis.Redis) -> None:
    cache.set("short", 1, timeout=1)
    assert cache.get("short") == 1
    eventually(lambda: cache.get("short") is None)
    cache.set("for ever", 1, timeout=0)
    assert client.ttl("flask:for ever") == -1


def test_views(app: Flask, cache: Cache) -> None:
    made = []

    @app.get("/page")
    @cache.cached(query_string=True)
    def page() -> str:
        made.append(1)
        return f"page {len(made)}"

    visitor = app.test_client()
    paths = ("/page?a=1&b=2", "/page?b=2&a=1", "/page?a=2")
    assert [visitor.get(path).text for path in paths] == ["page 1", "page 1", "page 2"]
    cache.clear()
    assert visitor.get("/page?a=1&b=2").text == "page 3"


def test_functions(cache: Cache) -> None:
    calls = []

    @cache.memoize(100)
    def square(number: int) -> int:
        calls.append(number)
        return number * number

    assert [square(2), square(2), square(3)] == [4, 4, 9]
    assert calls == [2, 3]
    cache.delete_memoized(square, 2)
    assert [square(2), square(3)] == [4, 9]
    assert calls == [2, 3, 2]
    cache.delete_memoized(square)
    assert square(3) == 9
    assert calls == [2, 3, 2, 3]
