"""redis-py's Lock: between threads, with a timeout, and with asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import redis.asyncio
from redis.exceptions import LockError, LockNotOwnedError

from tests.support.servers import eventually

pytestmark = pytest.mark.application("redis")


def test_threads_exclude_each_other(client: redis.Redis) -> None:
    """A counter that is read, and written a moment later, loses nothing."""

    def work(_: int) -> None:
        for _ in range(10):
            with client.lock("lock:counter", timeout=30, sleep=0.001):
                client.set("lock:n", int(client.get("lock:n") or 0) + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert client.get("lock:n") == "40"


def test_a_lock_that_is_taken(client: redis.Redis) -> None:
    first, second = client.lock("lock:taken", timeout=30), client.lock("lock:taken", timeout=30)
    assert first.acquire()
    assert first.locked()
    assert first.owned()
    assert not second.acquire(blocking=False)
    assert not second.acquire(blocking_timeout=0.05)
    assert not second.owned()
    released = threading.Timer(0.05, lambda: client.delete("lock:taken"))
    released.start()
    assert second.acquire(blocking_timeout=20)
    with pytest.raises(LockNotOwnedError):
        first.release()
    second.release()
    with pytest.raises(LockError):
        second.release()


def test_a_lock_that_expires(client: redis.Redis) -> None:
    lock = client.lock("lock:short", timeout=0.05)
    assert lock.acquire()
    eventually(lambda: not lock.locked())
    with pytest.raises(LockNotOwnedError):
        lock.release()
    assert lock.acquire()
    assert lock.extend(100)
    assert lock.extend(50, replace_ttl=True)
    assert 45 < client.ttl("lock:short") <= 50
    assert lock.reacquire()
    assert client.pttl("lock:short") <= 50


def test_scripts_are_loaded_again(client: redis.Redis) -> None:
    lock = client.lock("lock:flushed", timeout=30)
    assert lock.acquire()
    client.script_flush()
    lock.release()
    assert not client.exists("lock:flushed")


def test_asyncio(url: str) -> None:
    async def work() -> int:
        async with redis.asyncio.Redis.from_url(url) as connection:
            total = 0

            async def add() -> None:
                nonlocal total
                async with connection.lock("lock:asyncio", timeout=30, sleep=0.001):
                    seen = total
                    await connection.ping()
                    total = seen + 1

            await asyncio.gather(*(add() for _ in range(20)))
            return total

    assert asyncio.run(work()) == 20
