"""redis-py as people use it, with hiredis and with its own parser, in RESP2 and RESP3, with threads and asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
import redis.asyncio
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser

from tests.support.servers import ServerProcess, eventually

pytestmark = pytest.mark.application("redis")

Connect = Callable[..., Any]

PARSERS = {
    "resp2": (2, _RESP2Parser),
    "resp3": (3, _RESP3Parser),
    "hiredis-resp2": (2, _HiredisParser),
    "hiredis-resp3": (3, _HiredisParser),
}


@pytest.fixture(params=PARSERS)
def connect(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Connect]:
    """A client of `server` by each parser."""
    protocol, parser = PARSERS[request.param]
    clients = []

    def connect(**options: Any) -> redis.Redis:
        pool = redis.ConnectionPool(port=server.port, protocol=protocol, parser_class=parser, **options)
        clients.append(redis.Redis(connection_pool=pool))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
        client.connection_pool.disconnect()


def test_strings_and_keys(connect: Connect) -> None:
    client = connect()
    assert client.ping() is True
    assert client.set("key", "value") is True
    assert client.get("key") == b"value"
    assert client.set("key", "other", nx=True) is None
    assert client.set("key", "other", get=True) == b"value"
    assert client.mset({"a": 1, "b": b"\x00\xff", "c": "ü"}) is True
    assert client.mget("a", "b", "c", "none") == [b"1", b"\x00\xff", "ü".encode(), None]
    assert client.incr("n", 5) == 5
    assert client.incrbyfloat("f", 1.5) == 1.5
    assert client.append("key", "!") == 6
    assert client.getrange("key", -2, -1) == b"r!"
    assert client.exists("a", "b", "none") == 2
    assert client.delete("a", "b") == 2
    assert client.type("key") == b"string"
    assert client.rename("key", "renamed") is True
    assert client.expire("renamed", 100) is True
    assert 0 < client.ttl("renamed") <= 100
    assert client.persist("renamed") is True
    assert client.dbsize() == 4
    assert sorted(client.keys()) == [b"c", b"f", b"n", b"renamed"]
    assert client.getdel("renamed") == b"other!"
    assert client.flushdb() is True
    assert client.randomkey() is None


def test_transactions(connect: Connect) -> None:
    client, other = connect(), connect()
    with client.pipeline() as pipeline:
        assert pipeline.set("a", 1).incr("a").get("a").execute() == [True, 2, b"2"]
    with client.pipeline() as pipeline:
        pipeline.watch("a")
        assert pipeline.get("a") == b"2"
        other.set("a", 5)
        pipeline.multi()
        pipeline.set("a", 3)
        with pytest.raises(redis.WatchError):
            pipeline.execute()
    tries = []

    def double(pipeline: Any) -> None:
        value = int(pipeline.get("a"))
        if not tries:
            other.incr("a")
        tries.append(value)
        pipeline.multi()
        pipeline.set("a", value * 2)

    assert client.transaction(double, "a") == [True]
    assert tries == [5, 6]
    assert client.get("a") == b"12"
    with client.pipeline() as pipeline, pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        pipeline.set("a", 1).lpush("a", 1).set("b", 1).execute()
    assert client.get("b") == b"1"



def test_decoded_responses(connect: Connect) -> None:
    client = connect(decode_responses=True)
    assert client.set("schlüssel", "größe") is True
    assert client.get("schlüssel") == "größe"
    assert client.keys() == ["schlüssel"]
    assert client.type("schlüssel") == "string"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_errors(connect: Connect) -> None:
    client = connect()
    client.set("word", "abc")
    with pytest.raises(redis.ResponseError, match="value is not an integer or out of range"):
        client.incr("word")
    with pytest.raises(redis.ResponseError, match="unknown command 'NOSUCH'"):
        client.execute_command("NOSUCH", "a")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments"):
        client.execute_command("GET")
    with pytest.raises(redis.ResponseError, match="DB index is out of range"):
        client.execute_command("SELECT", 1000)
    assert client.get("word") == b"abc"


def test_pipeline(connect: Connect) -> None:
    """Without MULTI: errors stand in their places."""
    client = connect()
    pipe = client.pipeline(transaction=False)
    for number in range(1000):
        pipe.set(f"key:{number}", number).get(f"key:{number}")
    assert pipe.execute() == [value for number in range(1000) for value in (True, b"%d" % number)]
    replies = client.pipeline(transaction=False).set("w", "abc").incr("w").get("w").execute(raise_on_error=False)
    assert replies[0] is True
    assert isinstance(replies[1], redis.ResponseError)
    assert replies[2] == b"abc"


def test_scan_iter(connect: Connect) -> None:
    client = connect()
    client.mset({f"{kind}:{number}": number for kind in ("user", "order") for number in range(500)})
    assert sorted(client.scan_iter(match="user:*", count=50)) == sorted(b"user:%d" % n for n in range(500))
    assert len(set(client.scan_iter())) == 1000
    assert set(client.scan_iter(match="order:1?", _type="string")) == {b"order:%d" % n for n in range(10, 20)}


def test_expiry(connect: Connect) -> None:
    client = connect()
    assert client.set("short", "lived", px=30) is True
    eventually(lambda: client.get("short") is None)
    assert client.set("long", "lived", ex=100) is True
    assert 99_000 < client.pttl("long") <= 100_000
    assert client.getex("long", persist=True) == b"lived"
    assert client.ttl("long") == -1


def test_server_commands(connect: Connect) -> None:
    client = connect(client_name="tester")
    assert client.client_getname() in (b"tester", "tester")
    info = client.info()
    assert info["redis_version"]
    assert isinstance(info["connected_clients"], int)
    assert client.client_id() in {int(each["id"]) for each in client.client_list()}
    assert any(each["name"] == "tester" for each in client.client_list())
    assert client.config_set("maxmemory-policy", "noeviction") is True
    assert client.object("encoding", "none") is None
    assert client.command_count() > 50
    assert client.time()[0] > 1_700_000_000
    assert client.echo("hello") == b"hello"


def test_library_tells_its_name(connect: Connect) -> None:
    client = connect()
    own = client.client_id()
    (entry,) = [each for each in client.client_list() if int(each["id"]) == own]
    assert entry["lib-name"] == "redis-py"
    assert entry["lib-ver"] == redis.__version__


def test_databases(connect: Connect) -> None:
    zero, nine = connect(db=0), connect(db=9)
    nine.set("key", "in nine")
    assert zero.get("key") is None
    assert zero.swapdb(0, 9) in (True, b"OK")
    assert zero.get("key") == b"in nine"
    nine.flushall()


def test_large_values(connect: Connect) -> None:
    client = connect()
    value = bytes(range(256)) * 20_000
    assert client.set("large", value) is True
    assert client.get("large") == value
    assert client.strlen("large") == len(value)


def test_a_pool_with_threads(connect: Connect) -> None:
    client = connect(max_connections=8)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(200):
                client.incr("total")
                client.set(f"own:{number}", step)
                assert client.get(f"own:{number}") == b"%d" % step
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert client.get("total") == b"1600"


def test_a_pool_gets_over_killed_connections(connect: Connect) -> None:
    client, other = connect(), connect()
    assert client.set("key", "value") is True
    assert other.client_kill_filter(skipme=True, _type="normal") >= 1
    with contextlib.suppress(redis.ConnectionError):        # the first command may find the connection gone
        client.get("key")
    assert client.get("key") == b"value"


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio(server: ServerProcess, protocol: int) -> None:
    async def work(client: redis.asyncio.Redis, number: int) -> None:
        for step in range(50):
            await client.incr("total")
            await client.set(f"own:{number}", step)
            assert await client.get(f"own:{number}") == f"{step}"

    async def main() -> None:
        async with redis.asyncio.Redis(port=server.port, protocol=protocol, decode_responses=True) as client:
            assert await client.ping() is True
            await asyncio.gather(*(work(client, number) for number in range(20)))
            assert await client.get("total") == "1000"
            async with client.pipeline(transaction=False) as pipe:
                for number in range(100):
                    pipe.set(f"key:{number}", number)
                assert await pipe.execute() == [True] * 100
            assert len({key async for key in client.scan_iter(match="key:*")}) == 100

    asyncio.run(main())


def test_monitor_and_slow_log(connect: Connect) -> None:
    r, other = connect(decode_responses=True), connect(decode_responses=True)
    assert other.ping()
    with r.monitor() as monitor:
        other.set("a", 'b "c"')
        told = monitor.next_command()
        while not told["command"].startswith("SET"):
            told = monitor.next_command()
    assert told["command"] == 'SET a b "c"'
    assert (told["db"], told["client_address"], told["client_type"]) == (0, "127.0.0.1", "tcp")
    before = r.config_get("slowlog-log-slower-than")
    r.config_set("slowlog-log-slower-than", 0)
    try:
        r.slowlog_reset()
        other.set("a", "b")
        assert [entry["command"] for entry in r.slowlog_get(2)] == [b"SET a b", b"SLOWLOG RESET"]
        assert r.slowlog_len() >= 2
    finally:
        r.config_set("slowlog-log-slower-than", before["slowlog-log-slower-than"])
    r.slowlog_reset()


def test_info_of_latencies(connect: Connect) -> None:
    r = connect(decode_responses=True)
    r.set("a", "b")
    assert set(r.info("latencystats")["latency_percentiles_usec_set"]) == {"p50", "p99", "p99.9"}
    assert r.info("commandstats")["cmdstat_set"]["calls"] >= 1
