"""Server.advance: time passes when a test says so."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import redis

import kvik
from tests.support.servers import eventually


@pytest.fixture(params=["in-process", "socket"])
def kv(server: kvik.Server, request: pytest.FixtureRequest) -> redis.Redis:
    return server.connect() if request.param == "in-process" else server.client()


def test_keys_expire(server: kvik.Server, kv: redis.Redis):
    kv.set("a", 1, ex=60)
    kv.set("b", 1, ex=61)
    kv.set("c", 1)
    server.advance(59)
    assert kv.ttl("a") == 1
    assert kv.dbsize() == 3
    server.advance(1)
    assert kv.get("a") is None
    assert kv.dbsize() == 2
    assert kv.info("stats")["expired_keys"] == 1
    server.advance(timedelta(hours=1))
    assert kv.keys() == [b"c"]


def test_every_key_that_is_due_is_gone_at_once(server: kvik.Server, kv: redis.Redis):
    with kv.pipeline(transaction=False) as p:
        for i in range(20_000):
            p.set(f"{'long' * 100 if i % 100 == 0 else 'k'}{i}", i, ex=100 + i % 100)
        p.execute()
    server.advance(150)
    assert kv.dbsize() < 10_000
    server.advance(50)
    assert kv.dbsize() == 0


def test_fields_expire(server: kvik.Server, kv: redis.Redis):
    kv.hset("h", mapping={"a": 1, "b": 2})
    kv.hexpire("h", 10, "a")
    server.advance(10)
    assert kv.hgetall("h") == {b"b": b"2"}


def test_expired_events_are_told(server: kvik.Server, kv: redis.Redis):
    kv.config_set("notify-keyspace-events", "Ex")
    p = kv.pubsub()
    p.subscribe("__keyevent@0__:expired")
    assert p.get_message(timeout=5)["type"] == "subscribe"
    kv.set("session", 1, px=500)
    server.advance(0.5)
    assert p.get_message(timeout=5)["data"] == b"session"
    p.close()


def test_waiting_ends(server: kvik.Server, kv: redis.Redis):
    got: list[object] = []
    waiter = threading.Thread(target=lambda: got.append(kv.blpop("l", timeout=3600)))
    waiter.start()
    with server.connect() as other:
        eventually(lambda: other.info("clients")["blocked_clients"] == 1)
        server.advance(3599)
        assert other.info("clients")["blocked_clients"] == 1
        server.advance(2)
        assert other.info("clients")["blocked_clients"] == 0
    waiter.join(20)
    assert got == [None]


def test_pauses_end(server: kvik.Server, kv: redis.Redis):
    kv.client_pause(3_600_000)
    done: list[object] = []
    setter = threading.Thread(target=lambda: done.append(kv.set("a", 1)))
    setter.start()
    server.advance(3600)
    setter.join(20)
    assert done == [True]


def test_the_time_of_the_server(server: kvik.Server, kv: redis.Redis):
    before = server.time()
    server.advance(1_000_000)
    assert 1_000_000 <= server.time() - before < 1_000_060
    assert abs(kv.time()[0] - server.time()) < 60
    last = kv.xadd("x", {"a": 1})
    assert abs(int(last.split(b"-")[0]) / 1000 - server.time()) < 60


def test_idle_clients(server: kvik.Server, kv: redis.Redis):
    kv.config_set("timeout", 100)
    number = kv.client_id()
    server.advance(1000)
    with server.connect() as other:
        eventually(lambda: str(number) not in [each["id"] for each in other.client_list()])


def test_time_does_not_go_back(server: kvik.Server):
    with pytest.raises(ValueError, match="forward"):
        server.advance(-1)


def test_reset(server: kvik.Server, kv: redis.Redis):
    now = server.time()
    kv.set("a", 1)
    server.advance(10_000)
    server.reset()
    assert kv.dbsize() == 0
    assert server.time() - now < 60
    assert all(int(each["idle"]) >= 0 for each in kv.client_list())
    kv.set("a", 1, ex=10)
    server.advance(10)
    assert kv.exists("a") == 0


def test_other_threads_meanwhile(server: kvik.Server, kv: redis.Redis):
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                kv.set("k", 1, ex=5)
                kv.blpop("none", timeout=1)
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for _ in range(300):
        server.advance(1)
    stop.set()
    server.advance(2)
    for each in workers:
        each.join(20)
    assert not failed
