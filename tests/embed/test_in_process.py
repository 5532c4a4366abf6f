"""kvik.connect and Server.connect: redis-py without a socket."""

from __future__ import annotations

import threading
import time

import pytest
import redis

import kvik
from tests.embed.test_server import run_python
from tests.support.servers import eventually


@pytest.fixture(params=[2, 3])
def kv(server: kvik.Server, request: pytest.FixtureRequest) -> redis.Redis:
    return server.connect(protocol=request.param)


def test_it_is_a_redis_py_client(kv: redis.Redis):
    assert isinstance(kv, redis.Redis)
    assert kv.ping() is True
    assert kv.client_info()["addr"] == "in-process:0"


@pytest.mark.usefixtures("clean")
def test_an_engine_of_its_own():
    with kvik.connect(decode_responses=True) as kv:
        kv.set("a", "ä")
        assert kv.get("a") == "ä"
        with kvik.connect() as other:
            assert other.dbsize() == 0
    with pytest.raises(redis.exceptions.ConnectionError, match="has stopped"):
        kv.get("a")


@pytest.mark.usefixtures("clean")
def test_an_engine_that_nobody_keeps_ends():
    kvik.connect().set("a", 1)


def test_both_ways_see_the_same(server: kvik.Server):
    with server.connect() as near, server.client() as far:
        near.set("a", 1)
        assert far.incr("a") == 2
        assert near.get("a") == b"2"
        assert len(far.client_list()) == 2


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("decode", [False, True])
def test_replies_are_those_of_a_socket(server: kvik.Server, protocol: int, decode: bool):
    """Every type of reply, as redis-py's own parser makes it."""
    options = {"protocol": protocol, "decode_responses": decode}
    with server.connect(**options) as near, server.client(**options) as far:
        for kv in (near, far):
            kv.flushall()
        far.hset("h", mapping={"f": "1", "g": "zwei ☃"})
        far.zadd("z", {"a": 1.5, "b": float("inf")})
        far.sadd("s", "x")
        far.xadd("x", {"k": "v"}, id="1-1")
        far.set("n", 5)
        far.set("empty", "")
        far.set("big", "b" * 300_000)
        far.rpush("l", *range(3000))
        far.geoadd("g", (13.361389, 38.115556, "P"))
        commands = [
            ("GET", "n"), ("GET", "none"), ("GET", "empty"), ("GET", "big"), ("STRLEN", "n"), ("TTL", "n"), ("HGETALL", "h"),
            ("ZRANGE", "z", 0, -1, "WITHSCORES"), ("ZSCORE", "z", "b"), ("SMEMBERS", "s"), ("XRANGE", "x", "-", "+"),
            ("LRANGE", "l", 0, -1), ("GEOPOS", "g", "P", "none"), ("CONFIG GET", "hz"), ("COMMAND COUNT",),
            ("COMMAND", "INFO", "get", "zadd"), ("INFO", "keyspace"), ("TYPE", "h"), ("OBJECT ENCODING", "l"),
            ("LCS", "n", "n", "IDX"), ("MEMORY DOCTOR",), ("CLIENT", "GETNAME"), ("ZRANDMEMBER", "none"), ("EXISTS", "n"),
            ("XINFO", "STREAM", "x"), ("SCAN", 0, "MATCH", "n"), ("PING", "x"), ("ECHO", b"\x00\r\n$"),
        ]  # fmt: skip
        for command in commands:
            if decode and command[0] == "ECHO":
                continue
            assert near.execute_command(*command) == far.execute_command(*command), command


def test_errors(kv: redis.Redis):
    kv.set("a", "x")
    with pytest.raises(redis.exceptions.ResponseError, match="wrong kind of value"):
        kv.lpush("a", 1)
    with pytest.raises(redis.exceptions.ResponseError, match="unknown command"):
        kv.execute_command("NOSUCH")
    with pytest.raises(redis.exceptions.DataError):
        kv.set("a", None)
    with pytest.raises(redis.exceptions.DataError):
        kv.set("a", True)
    assert kv.get("a") == b"x"


def test_arguments_are_encoded_as_redis_py_does(kv: redis.Redis):
    for value, stored in (
        ("ä", "ä".encode()), (b"\x00\xff", b"\x00\xff"), (5, b"5"), (-(2**70), str(-(2**70)).encode()), (1.5, b"1.5"),
        (memoryview(b"view"), b"view"), (bytearray(b"array"), b"array"), ("", b""), ("x" * 100_000, b"x" * 100_000),
        (memoryview(b""), b""),
    ):  # fmt: skip
        if isinstance(value, bytearray):
            value = memoryview(value)
        kv.set("k", value)
        assert kv.get("k") == stored


def test_other_encodings(server: kvik.Server):
    with server.connect(encoding="latin-1", decode_responses=True) as kv:
        kv.set("k", "ä")
        assert kv.get("k") == "ä"
        assert server.connect().get("k") == b"\xe4"


def test_large_values(kv: redis.Redis):
    value = b"0123456789" * 1_000_000
    kv.set("k", value)
    assert kv.get("k") == value
    assert kv.strlen("k") == len(value)
    kv.rpush("l", *[b"x" * 1000] * 5000)
    assert len(kv.lrange("l", 0, -1)) == 5000


def test_pipelines(kv: redis.Redis):
    with kv.pipeline(transaction=False) as p:
        for i in range(20_000):
            p.set(f"k{i}", i)
        assert p.execute() == [True] * 20_000
    with kv.pipeline(transaction=False) as p:
        for i in range(20_000):
            p.get(f"k{i}")
        assert p.execute() == [str(i).encode() for i in range(20_000)]
    with kv.pipeline(transaction=False) as p:
        p.set("a", "x").lpush("a", 1).get("a")
        result = p.execute(raise_on_error=False)
    assert result[0] is True
    assert isinstance(result[1], redis.exceptions.ResponseError)
    assert result[2] == b"x"


def test_transactions(server: kvik.Server, kv: redis.Redis):
    with kv.pipeline() as p:
        p.set("a", 1).incr("a").get("a")
        assert p.execute() == [True, 2, b"2"]
    with kv.pipeline() as p:
        p.watch("a")
        server.client().set("a", 10)
        p.multi()
        p.incr("a")
        with pytest.raises(redis.exceptions.WatchError):
            p.execute()
    assert kv.transaction(lambda p: (p.multi(), p.incr("a")), "a") == [11]


def test_a_waiting_client_is_served_by_the_other_ways(server: kvik.Server, kv: redis.Redis):
    for push in (server.connect().rpush, server.client().rpush):
        got: list[object] = []
        waiter = threading.Thread(target=lambda got=got: got.append(kv.blpop("l", timeout=0)))
        waiter.start()
        eventually(lambda: kv.info("clients")["blocked_clients"] == 1)
        push("l", "x")
        waiter.join(20)
        assert got[0] is not None
        assert list(got[0]) == [b"l", b"x"]  # type: ignore[call-overload]


def test_a_waiting_client_by_socket_is_served_in_process(server: kvik.Server, kv: redis.Redis):
    far = server.client(socket_timeout=20)
    got: list[object] = []
    waiter = threading.Thread(target=lambda: got.append(far.brpop("l", timeout=0)))
    waiter.start()
    eventually(lambda: kv.info("clients")["blocked_clients"] == 1)
    kv.rpush("l", "x")
    waiter.join(20)
    assert got


def test_time_outs(kv: redis.Redis):
    start = time.monotonic()
    assert kv.blpop("l", timeout=0.05) is None
    assert 0.05 <= time.monotonic() - start < 5
    assert kv.bzpopmin("z", timeout=0.01) is None
    assert kv.ping()


def test_other_threads_run_while_one_waits(kv: redis.Redis):
    waiter = threading.Thread(target=lambda: kv.blpop("l", timeout=0))
    waiter.start()
    eventually(lambda: kv.info("clients")["blocked_clients"] == 1)
    for i in range(1000):
        kv.set(f"k{i}", i)
    kv.rpush("l", "x")
    waiter.join(20)
    assert not waiter.is_alive()


def test_a_pipeline_behind_a_command_that_waits(server: kvik.Server, kv: redis.Redis):
    """More is sent than may be kept for a client that waits, and it is all run afterwards."""
    other = server.connect()
    done: list[object] = []

    def send() -> None:
        with kv.pipeline(transaction=False) as p:
            p.execute_command("BLPOP", "l", 0)
            for i in range(200):
                p.set(f"k{i}", "x" * 2000)
            done.extend(p.execute())

    sender = threading.Thread(target=send)
    sender.start()
    eventually(lambda: other.info("clients")["blocked_clients"] == 1)
    assert other.exists("k0") == 0
    other.rpush("l", "go")
    sender.join(30)
    assert len(done) == 201
    assert other.dbsize() == 200


def test_pubsub(server: kvik.Server, kv: redis.Redis):
    p = kv.pubsub()
    p.subscribe("c")
    p.psubscribe("d*")
    assert [p.get_message(timeout=5)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
    assert p.get_message(timeout=0.01) is None
    assert kv.publish("c", "one") == 1
    assert server.client().publish("do", "two") == 1
    first, second = p.get_message(timeout=5), p.get_message(timeout=5)
    assert (first["channel"], first["data"]) == (b"c", b"one")
    assert (second["pattern"], second["channel"], second["data"]) == (b"d*", b"do", b"two")
    p.close()
    eventually(lambda: kv.pubsub_channels() == [])


def test_pubsub_by_socket_hears_what_is_published_in_process(server: kvik.Server, kv: redis.Redis):
    p = server.client().pubsub()
    p.subscribe("c")
    assert p.get_message(timeout=5)["type"] == "subscribe"
    for i in range(100):
        assert kv.publish("c", i) == 1
    assert [p.get_message(timeout=5)["data"] for _ in range(100)] == [str(i).encode() for i in range(100)]
    p.close()


def test_pubsub_in_a_thread(kv: redis.Redis):
    got: list[bytes] = []
    p = kv.pubsub()
    p.subscribe(c=lambda message: got.append(message["data"]))
    thread = p.run_in_thread(sleep_time=0.05)
    p.subscribe(d=lambda message: got.append(message["data"]))
    eventually(lambda: sorted(kv.pubsub_channels()) == [b"c", b"d"])
    kv.publish("c", "1")
    kv.publish("d", "2")
    eventually(lambda: got == [b"1", b"2"])
    thread.stop()
    thread.join(20)


def test_a_subscriber_that_does_not_read_is_limited():
    with kvik.Server(client_output_buffer_limit="pubsub 3mb 0 0") as server, server.connect() as kv:
        p = kv.pubsub()
        p.subscribe("c")
        assert p.get_message(timeout=5)["type"] == "subscribe"
        for _ in range(100):
            kv.publish("c", "x" * 100_000)
        eventually(lambda: kv.pubsub_numsub("c") == [(b"c", 0)])
        assert kv.info("stats")["client_output_buffer_limit_disconnections"] == 1


def test_monitor(server: kvik.Server, kv: redis.Redis):
    with kv.monitor() as m:
        server.client().set("a", "b")
        commands = m.listen()
        assert any("SET a b" in next(commands)["command"] for _ in range(20))


def test_scripts_locks_and_the_rest_of_redis_py(kv: redis.Redis):
    kv.set("a", 1)
    assert list(kv.scan_iter()) == [b"a"]
    assert kv.client_setname("me")
    with kv.client() as single:
        single.select(3)
        single.set("b", 1)
        assert kv.get("b") is None


def test_databases_and_names(server: kvik.Server):
    with server.connect(db=2, client_name="me") as kv:
        kv.set("a", 1)
        assert kv.client_getname() == "me" or kv.client_getname() == b"me"
    assert server.connect().get("a") is None
    assert server.connect(db=2).get("a") == b"1"


def test_killed_clients_come_back(server: kvik.Server):
    kv = server.connect()
    number = kv.client_id()
    server.client().client_kill_filter(_id=number)
    eventually(lambda: str(number) not in [each["id"] for each in server.client().client_list()])
    assert kv.ping()
    assert kv.client_id() != number


def test_quit_and_client_kill_of_itself(server: kvik.Server):
    kv = server.connect()
    kv.execute_command("QUIT")
    assert kv.ping()
    number = kv.client_id()
    kv.client_kill_filter(_id=number, skipme=False)
    assert kv.ping()


def test_max_clients():
    with kvik.Server(maxclients=3) as server:
        held = [server.connect(single_connection_client=True) for _ in range(3)]
        with pytest.raises(redis.exceptions.ConnectionError, match="max number of clients"):
            server.connect().ping()
        held[0].close()
        assert server.connect().ping()


def test_closing_makes_room(server: kvik.Server):
    for _ in range(50):
        server.connect().ping()
    with server.client() as kv:
        eventually(lambda: len(kv.client_list()) == 1)


def test_shutdown_in_process():
    with kvik.Server() as server:
        kv = server.connect()
        kv.shutdown(nosave=True)
        eventually(lambda: not server.running)
        with pytest.raises(redis.exceptions.ConnectionError):
            kv.ping()


def test_stop_ends_those_who_wait():
    server = kvik.Server().start()
    kv = server.connect()
    failed: list[Exception] = []

    def wait() -> None:
        try:
            kv.blpop("l", timeout=0)
        except redis.exceptions.ConnectionError as error:
            failed.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    eventually(lambda: server.connect().info("clients")["blocked_clients"] == 1)
    server.stop()
    waiter.join(20)
    assert failed


def test_many_threads(server: kvik.Server):
    kv = server.connect()
    far = server.client()
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            client = far if n % 4 == 0 else kv
            for i in range(500):
                client.incr("n")
                client.rpush(f"l{n}", i)
                if i % 10 == 0:
                    assert client.lrange(f"l{n}", 0, -1) == [str(k).encode() for k in range(i + 1)]
                    client.info("clients")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert not failed
    assert kv.get("n") == b"4000"


def test_append_only_is_written_before_the_reply(tmp_path):
    with kvik.Server(persist=tmp_path / "d", appendfsync="always") as server, server.connect() as kv:
        kv.set("a", "the value")
        increments = list((tmp_path / "d" / "appendonlydir").glob("*.incr.aof"))
        assert b"the value" in increments[0].read_bytes()


def test_client_pause_ends(server: kvik.Server):
    kv = server.connect()
    kv.client_pause(50)
    start = time.monotonic()
    kv.set("a", 1)
    assert time.monotonic() - start >= 0.04


def test_no_reply(server: kvik.Server):
    connection = server.connect().connection_pool.get_connection()
    connection.send_command("CLIENT", "REPLY", "OFF")
    connection.send_command("SET", "a", "1")
    assert connection.can_read(timeout=0.01) is False
    assert server.connect().get("a") == b"1"


@pytest.mark.skipif("KVIK_POLL" in __import__("os").environ, reason="is that run")
def test_with_poll(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KVIK_POLL", "1")
    with kvik.Server() as server, server.connect() as kv, server.client() as far:
        for i in range(50):
            kv.set("a", i)
            assert far.get("a") == str(i).encode()
        waiter = threading.Thread(target=lambda: far.blpop("l", timeout=0))
        waiter.start()
        eventually(lambda: kv.info("clients")["blocked_clients"] == 1)
        kv.rpush("l", 1)
        waiter.join(20)
        assert kv.blpop("l", timeout=0.05) is None


INTERRUPT = """
import signal, kvik
class Stop(BaseException): pass
armed = False
def handler(number, frame):
    global armed
    if armed:
        armed = False
        raise Stop
signal.signal(signal.SIGALRM, handler)
r = kvik.connect()
"""


def test_a_signal_ends_a_wait():
    out = run_python(
        INTERRUPT + "signal.setitimer(signal.ITIMER_REAL, 0.2)\n"
        "try:\n"
        "  armed = True\n"
        "  r.blpop('l', timeout=0)\n"
        "except Stop: print('stopped', r.ping())\n"
    )
    assert out == "stopped True\n"


def test_a_signal_is_not_lost_in_a_handler():
    """Commands that are written in Python run on the thread whose signal handlers raise."""
    out = run_python(
        INTERRUPT + "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.003)\n"
        "stopped = 0\n"
        "while stopped < 200:\n"
        "  try:\n"
        "    armed = True\n"
        "    while True: assert b'resp=' in r.execute_command('CLIENT', 'INFO')\n"
        "  except Stop: stopped += 1\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "print(stopped, r.set('a', 1), r.get('a'))\n"
    )
    assert out == "200 True b'1'\n"
