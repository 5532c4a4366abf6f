"""aiocache: values, decorators and locks, with asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
import redis
from aiocache import Cache, cached, multi_cached
from aiocache.lock import RedLock
from aiocache.serializers import JsonSerializer

pytestmark = pytest.mark.application("aiocache")


@pytest.fixture
def place(url: str) -> dict[str, Any]:
    """Where the server is, as aiocache wants to be told."""
    return {"endpoint": "127.0.0.1", "port": int(url.rpartition(":")[2].partition("/")[0]), "namespace": "aio"}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def test_values(place: dict[str, Any], client: redis.Redis) -> None:
    async def test() -> None:
        async with Cache(Cache.REDIS, serializer=JsonSerializer(), ttl=100, **place) as cache:
            assert await cache.set("key", {"a": [1, "ü"]})
            assert await cache.get("key") == {"a": [1, "ü"]}
            assert 90 < client.ttl("aio:key") <= 100
            await cache.multi_set([("a", 1), ("b", 2)])
            assert await cache.multi_get(["a", "none", "b"]) == [1, None, 2]
            with pytest.raises(ValueError, match="already exists"):
                await cache.add("a", 1)
            assert await cache.exists("a")
            assert await cache.expire("a", 1000)
            assert client.ttl("aio:a") > 900
            assert await cache.increment("n", 5) == 5
            assert await cache.delete("a") == 1
            assert await cache.raw("hset", "raw", "field", "value") == 1
            await cache.clear(namespace="aio")
            assert client.keys("aio:*") == []

    run(test())


def test_expiry(place: dict[str, Any]) -> None:
    async def test() -> None:
        async with Cache(Cache.REDIS, **place) as cache:
            await cache.set("short", 1, ttl=0.05)
            while await cache.exists("short"):
                await asyncio.sleep(0.005)
            assert await cache.get("short") is None

    run(test())


def test_decorators(place: dict[str, Any]) -> None:
    calls: list[Any] = []

    @cached(ttl=100, cache=Cache.REDIS, key_builder=lambda _, number: f"square:{number}", **place)
    async def square(number: int) -> int:
        calls.append(number)
        return number * number

    @multi_cached("numbers", cache=Cache.REDIS, **place)
    async def cubes(numbers: list[int]) -> dict[int, int]:
        calls.append(numbers)
        return {number: number**3 for number in numbers}

    async def test() -> None:
        assert [await square(2), await square(3), await square(2)] == [4, 9, 4]
        assert await cubes(numbers=[1, 2]) == {1: 1, 2: 8}
        assert await cubes(numbers=[2]) == {2: 8}
        assert calls == [2, 3, [1, 2]]

    run(test())


def test_many_wait_for_who_makes_a_value(place: dict[str, Any]) -> None:
    made = []

    async def test() -> None:
        async with Cache(Cache.REDIS, **place) as cache:
            inside, go_on = asyncio.Event(), asyncio.Event()

            async def value() -> str:
                async with RedLock(cache, "dear", lease=10):
                    found = await cache.get("dear")
                    if found is None:
                        inside.set()
                        await go_on.wait()
                        made.append(1)
                        found = "made"
                        await cache.set("dear", found)
                    return str(found)

            first = asyncio.create_task(value())
            await inside.wait()
            others = [asyncio.create_task(value()) for _ in range(9)]
            await cache.exists("dear")
            go_on.set()
            assert await asyncio.gather(first, *others) == ["made"] * 10

    run(test())
    assert made == [1]
