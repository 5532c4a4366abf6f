"""examples/lock: one owner at a time, a lease that ends, and storage that refuses the late writer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import kvik
from examples.lock.lock import Accounts, LateWriterError, Lock


def test_one_owner_at_a_time(client: redis.Redis):
    one, other = Lock(client, "report", lease=30), Lock(client, "report", lease=30)
    assert one.try_acquire()
    assert not other.try_acquire()
    assert not one.try_acquire(), "it is not reentrant"
    assert not other.release()
    assert not other.extend()
    assert one.release()
    assert not one.release()
    assert other.try_acquire()
    assert Lock(client, "another", lease=30).try_acquire()


def test_fences_only_grow(server: kvik.Server, client: redis.Redis):
    fences = []
    for _ in range(3):
        with Lock(client, "report", lease=30) as lock:
            assert not Lock(client, "report", lease=30).try_acquire(), "and this has no fence"
            fences.append(lock.fence)
    Lock(client, "report", lease=30).try_acquire()
    server.advance(30)
    with Lock(client, "report", lease=30) as lock:
        fences.append(lock.fence)
    assert fences == [1, 2, 3, 5]


def test_the_lease_ends_and_the_late_one_harms_nobody(server: kvik.Server, client: redis.Redis):
    late, next_owner = Lock(client, "report", lease=30), Lock(client, "report", lease=30)
    assert late.try_acquire()
    server.advance(29)
    assert late.extend()
    server.advance(29)
    assert not next_owner.try_acquire(), "the lease began again"
    server.advance(1)
    assert next_owner.try_acquire()
    assert not late.extend()
    assert not late.release()
    assert not late.try_acquire(), "the next owner still has it"
    assert next_owner.release()


def test_the_block_waits_releases_and_gives_up(client: redis.Redis):
    holder = Lock(client, "report", lease=30)
    assert holder.try_acquire()
    with pytest.raises(TimeoutError, match="report"), Lock(client, "report", lease=30, wait=0.05):
        raise AssertionError("never here")
    waits, has_it = threading.Event(), threading.Event()

    def wait() -> None:
        waits.set()
        with Lock(client, "report", lease=30):
            has_it.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert waits.wait(20)
    assert not has_it.is_set()
    assert holder.release()
    thread.join(20)
    assert has_it.is_set()
    with pytest.raises(ZeroDivisionError), Lock(client, "report", lease=30):
        _ = 1 / 0
    assert holder.try_acquire(), "an error releases it too"


def test_nothing_is_lost_between_read_and_write(client: redis.Redis):
    def count() -> None:
        for _ in range(20):
            with Lock(client, "total", lease=30, wait=60):
                client.set("total", int(client.get("total") or 0) + 1)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(count) for _ in range(6)]:
            done.result()
    assert client.get("total") == "120"
    assert client.get("lock:{total}:fence") == "120"


def test_fencing_refuses_the_late_writer(server: kvik.Server, client: redis.Redis):
    accounts = Accounts(":memory:")
    accounts.open("ada", 100)
    late = Lock(client, "ada", lease=30)
    assert late.try_acquire()
    accounts.set_balance("ada", 110, late.fence)
    accounts.set_balance("ada", 100, late.fence)
    server.advance(31)
    with Lock(client, "ada", lease=30) as lock:
        accounts.set_balance("ada", 150, lock.fence)
    with pytest.raises(LateWriterError):
        accounts.set_balance("ada", 90, late.fence)
    assert accounts.balance("ada") == 150
