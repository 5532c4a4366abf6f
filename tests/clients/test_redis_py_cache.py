"""redis-py's own client-side cache. It asks the server for its version, and refuses to work with one below 7.4."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.cache import CacheConfig, CacheProxy

from tests.conftest import Servers
from tests.support.servers import ServerProcess, eventually, fresh

pytestmark = pytest.mark.application("redis")


@pytest.fixture
def kvik(servers: Servers) -> ServerProcess:
    running = servers.get("kvik")
    fresh(running, 2).close()
    return running


@pytest.fixture
def other(kvik: ServerProcess) -> Iterator[redis.Redis]:
    with redis.Redis(port=kvik.port) as client:
        yield client


@pytest.fixture
def cached(kvik: ServerProcess) -> Iterator[redis.Redis]:
    with redis.Redis(port=kvik.port, protocol=3, cache_config=CacheConfig(max_size=1000)) as client:
        yield client


def calls(other: redis.Redis, command: str) -> int:
    """How many times the server has run a command."""
    stats: Any = other.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def entries(cached: redis.Redis) -> int:
    cache = cached.get_cache()
    assert isinstance(cache, CacheProxy) or cache is not None
    return len(cache.collection)  # type: ignore[arg-type]


def test_reads_come_out_of_the_cache(cached: redis.Redis, other: redis.Redis) -> None:
    other.set("key", "one")
    before = calls(other, "get")
    assert [cached.get("key") for _ in range(50)] == [b"one"] * 50
    assert calls(other, "get") == before + 1
    assert entries(cached) == 1


def test_changes_by_others(cached: redis.Redis, other: redis.Redis) -> None:
    other.set("key", "one")
    other.hset("hash", mapping={"a": 1})
    assert (cached.get("key"), cached.hgetall("hash")) == (b"one", {b"a": b"1"})
    other.set("key", "two")
    other.hset("hash", "a", 2)
    assert (cached.get("key"), cached.hgetall("hash")) == (b"two", {b"a": b"2"})
    other.delete("key", "hash")
    assert (cached.get("key"), cached.hgetall("hash")) == (None, {})


def test_changes_by_oneself(cached: redis.Redis) -> None:
    for value in range(20):
        cached.set("key", value)
        assert cached.get("key") == b"%d" % value
        assert cached.mget("key", "none") == [b"%d" % value, None]


def test_keys_that_expire(cached: redis.Redis, other: redis.Redis) -> None:
    other.set("key", "value", px=30)
    assert cached.get("key") in (b"value", None)
    eventually(lambda: cached.get("key") is None, what="it has expired")


def test_flushing(cached: redis.Redis, other: redis.Redis) -> None:
    other.mset({f"key {i}": i for i in range(20)})
    assert [cached.get(f"key {i}") for i in range(20)] == [b"%d" % i for i in range(20)]
    assert entries(cached) == 20
    other.flushall()
    assert [cached.get(f"key {i}") for i in range(20)] == [None] * 20


def test_the_server_forgets_keys(cached: redis.Redis, other: redis.Redis) -> None:
    """More keys are cached than the server remembers: what it forgets goes out of the cache too."""
    other.config_set("tracking-table-max-keys", 10)
    try:
        other.mset({f"key {i}": i for i in range(50)})
        for i in range(50):
            assert cached.get(f"key {i}") == b"%d" % i
        eventually(lambda: other.info("stats")["tracking_total_keys"] <= 10)  # type: ignore[index]
        other.mset({f"key {i}": -i for i in range(50)})
        assert [cached.get(f"key {i}") for i in range(50)] == [b"%d" % -i for i in range(50)]
    finally:
        other.config_set("tracking-table-max-keys", 1_000_000)


def test_threads_see_what_was_written_before_they_read(kvik: ServerProcess) -> None:
    """Eight threads with a cache each: a counter that somebody has set is never seen smaller afterwards."""
    floor = [0]
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        with redis.Redis(port=kvik.port, protocol=3, cache_config=CacheConfig()) as client:
            while not done.is_set():
                least = floor[0]
                seen = client.get("counter")
                if int(seen or 0) < least:  # type: ignore[arg-type]
                    failures.append(f"{seen!r} after {least}")
                    return

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    with redis.Redis(port=kvik.port) as writer:
        for number in range(1, 500):
            writer.set("counter", number)
            floor[0] = number
    done.set()
    for reader in readers:
        reader.join(20)
    assert failures == []
