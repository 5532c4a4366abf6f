"""DEBUG: what tests and tools ask of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Start
from tests.support.resp import NULL_ARRAY, OK, Connection, Error, Push, Set, Status, Verbatim
from tests.support.servers import ServerProcess, eventually, fresh

NO_KEY = Error("ERR no such key")


def unknown(name: str) -> Error:
    return Error(f"ERR unknown subcommand or wrong number of arguments for '{name}'. Try DEBUG HELP.")


DATA = [
    ["SET", "text", "hello"], ["SET", "number", "12345"], ["SET", "expires", "x", "PXAT", 99999999999999],
    ["SET", "binary", bytes(range(256))], ["RPUSH", "list", "a", "1", "", "x" * 100],
    ["RPUSH", "long", *range(3000)], ["RPUSH", "plain", *["x" * 9000] * 5],
    ["SADD", "integers", 3, 1, 2], ["SADD", "set", "a", "1", "b"], ["SADD", "large", *range(1000), "x"],
    ["ZADD", "zset", 1.5, "a", 2, "2", "-inf", "low", 0.1, "tenth", 1e300, "far"],
    ["ZADD", "zlarge", *(word for i in range(1000) for word in (i / 7, f"member:{i}"))],
    ["HSET", "hash", "f", "v", "1", "2"], ["HSET", "hlarge", *(word for i in range(1000) for word in (i, f"v{i}"))],
    ["XADD", "stream", "1-1", "f", "v"], ["XADD", "stream", "1-2", "f", "w"], ["XADD", "stream", "5-0", "g", "1", "h", "2"],
    ["XDEL", "stream", "1-2"], ["XADD", "gone", "1-1", "a", "b"], ["XDEL", "gone", "1-1"],
    ["SELECT", 3], ["SET", "text", "hello"], ["SET", "other", "1.5"], ["SELECT", 0],
]  # fmt: skip
KEYS = ["text", "number", "expires", "binary", "list", "long", "plain", "integers", "set", "large", "zset", "zlarge",
        "hash", "hlarge", "stream", "gone", "none"]  # fmt: skip


def test_digest_is_that_of_valkey(kvik: ServerProcess, oracle: ServerProcess) -> None:
    with fresh(kvik, 2) as ours, fresh(oracle, 2) as theirs:
        empty = Status("0" * 40)
        assert ours("DEBUG", "DIGEST") == theirs("DEBUG", "DIGEST") == empty
        for r in (ours, theirs):
            r.many(DATA)
        for key in KEYS:
            assert ours("DEBUG", "DIGEST-VALUE", key) == theirs("DEBUG", "DIGEST-VALUE", key), key
        assert ours("DEBUG", "DIGEST-VALUE", *KEYS) == theirs("DEBUG", "DIGEST-VALUE", *KEYS)
        assert ours("DEBUG", "DIGEST") == theirs("DEBUG", "DIGEST") != empty
        assert ours("DEBUG", "RELOAD") == OK
        assert ours("DEBUG", "DIGEST") == theirs("DEBUG", "DIGEST")


def test_digest_leaves_no_trace(r: Connection) -> None:
    r("SET", "k", "v")
    r("CONFIG", "RESETSTAT")
    r("DEBUG", "DIGEST")
    r("DEBUG", "DIGEST-VALUE", "k", "none")
    stats = r.info("stats")
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("0", "0")
    assert r("DEBUG", "DIGEST-VALUE") == []


def test_object(r: Connection) -> None:
    r("SET", "k", "hello")
    for words, length in ((("k",), " serializedlength:6"), (("k", "fast"), "")):
        reply = r("DEBUG", "OBJECT", *words)
        assert type(reply) is Status
        if r.server.name == "oracle" or not length:
            assert f" refcount:1 encoding:embstr{length} lru:" in reply
    assert r("DEBUG", "OBJECT", "none") == NO_KEY
    assert r("DEBUG", "OBJECT") == unknown("OBJECT")


PROTOCOL: dict[str, tuple[Any, Any]] = {
    "string": (b"Hello World", b"Hello World"),
    "integer": (12345, 12345),
    "double": (b"3.141", 3.141),
    "bignum": (b"1234567999999999999999999999999999999", 1234567999999999999999999999999999999),
    "null": (None, None),
    "array": ([0, 1, 2], [0, 1, 2]),
    "set": ([0, 1, 2], Set([0, 1, 2])),
    "map": ([0, 0, 1, 1, 2, 0], {0: False, 1: True, 2: False}),
    "verbatim": (b"This is a verbatim\nstring", Verbatim("txt", b"This is a verbatim\nstring")),
    "true": (1, True),
    "false": (0, False),
    "attrib": (b"Some real reply following the attribute", None),
    "push": (Error("ERR RESP2 is not supported by this command"), b"Some real reply following the push reply"),
}


@pytest.mark.parametrize("kind", PROTOCOL)
def test_protocol(r: Connection, kind: str) -> None:
    if kind == "attrib" and r.resp == 3:
        r.send("DEBUG", "PROTOCOL", kind)
        r.send("QUIT")
        text = b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
        assert r.read_raw() == text + b"$39\r\nSome real reply following the attribute\r\n+OK\r\n"
        return
    assert r("DEBUG", "PROTOCOL", kind) == PROTOCOL[kind][r.resp - 2]
    if kind == "push" and r.resp == 3:
        assert r.read() == Push([b"server-cpu-usage", 42])


def test_protocol_of_no_kind(r: Connection) -> None:
    assert r("DEBUG", "PROTOCOL", "nope") == Error(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
    )
    assert r("PING") != NULL_ARRAY


def test_error_is_not_counted(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    assert r("DEBUG", "ERROR", "CODE a\r\nb") == Error("CODE a  b")
    assert r.info("errorstats") == {}


def test_encodings_on_standard_output(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r:
        r("HSET", "h", "field", "value")
        r("RPUSH", "l", *["y" * 9000] * 3)
        assert r("DEBUG", "LISTPACK", "h") == Status("Listpack structure printed on stdout")
        assert r("DEBUG", "QUICKLIST", "l") == Status("Quicklist structure printed on stdout")
        if name == "kvik":      # the other one keeps it for later
            assert "field" in server.log()
        assert r("DEBUG", "LISTPACK", "l") == Error("ERR Not a listpack encoded object.")
        assert r("DEBUG", "QUICKLIST", "h") == Error("ERR Not a quicklist encoded object.")
        assert r("DEBUG", "LISTPACK", "none") == NO_KEY
        assert r("DEBUG", "QUICKLIST", "none") == NO_KEY


def test_populate(r: Connection) -> None:
    r("SET", "key:1", "x")
    assert r("DEBUG", "POPULATE", 4) == OK
    assert r("MGET", *(f"key:{i}" for i in range(5))) == [b"value:0", b"x", b"value:2", b"value:3", None]
    assert r("DEBUG", "POPULATE", 2, "p", 3) == r("DEBUG", "POPULATE", 2, "q", 10) == r("DEBUG", "POPULATE", 2, "z", 0) == OK
    assert r("MGET", "p:0", "q:1", "z:1") == [b"val", b"value:1\0\0\0", b"value:1"]
    assert r("OBJECT", "ENCODING", "key:2") == b"embstr"
    assert r("DBSIZE") == 10
    for line in ("x", "-1", "1 p x", "1 p -1"):
        assert r("DEBUG", "POPULATE", *line.split()) == Error("ERR value is out of range, must be positive")


def test_pause_cron(r: Connection) -> None:
    r("DEBUG", "SET-ACTIVE-EXPIRE", "1")
    assert r("DEBUG", "PAUSE-CRON", "1") == OK
    try:
        before = r.info("stats")["expire_cycle_cpu_milliseconds"]
        r("SET", "k", "v", "PX", 1)
        assert r.info("stats")["expire_cycle_cpu_milliseconds"] == before
    finally:
        assert r("DEBUG", "PAUSE-CRON", "0") == OK
    eventually(lambda: r("DBSIZE") == 0)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("QUICKLIST-PACKED-THRESHOLD 100", OK),
        ("QUICKLIST-PACKED-THRESHOLD 0", OK),
        (
            "QUICKLIST-PACKED-THRESHOLD 5gb",
            Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"),
        ),
        (
            "QUICKLIST-PACKED-THRESHOLD x",
            Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"),
        ),
        ("REPLYBUFFER RESIZING 0", OK),
        ("REPLYBUFFER RESIZING 1", OK),
        ("REPLYBUFFER PEAK-RESET-TIME NEVER", OK),
        ("REPLYBUFFER PEAK-RESET-TIME RESET", OK),
        ("REPLYBUFFER PEAK-RESET-TIME x", Error("ERR value is not an integer or out of range")),
        ("REPLYBUFFER X 1", unknown("REPLYBUFFER")),
        ("STRINGMATCH-TEST", Status("Apparently the server did not crash: test passed")),
        ("SET-ACTIVE-EXPIRE 1", OK),
        ("SLEEP 0", OK),
        ("LOG hello", OK),
        ("CHANGE-REPL-ID", OK),
        ("NOPE", unknown("NOPE")),
        ("HTSTATS 99", Error("ERR Out of range database")),
    ],
)
def test_small_replies_and_errors(r: Connection, line: str, reply: object) -> None:
    assert r("DEBUG", *line.split()) == reply


@pytest.mark.parametrize("how", ["ASSERT", "PANIC", "OOM"])
def test_crashes(start: Start, how: str) -> None:
    server = start("kvik")
    with server.connect() as r:
        r.send("DEBUG", how)
        assert r.at_end()
    assert server.wait(30) < 0
    assert "SIGABRT" in server.log()


@pytest.mark.parametrize("how", ["RESTART", "CRASH-AND-RECOVER"])
def test_restart(start: Start, how: str) -> None:
    server = start("kvik", save="3600 1")
    with server.connect() as r:
        run = r.info("server")["run_id"]
        r("SET", "k", "v")
        r.send("DEBUG", how, 1)
        assert r.at_end()

    def is_up() -> bool:
        return server.log().count("Ready to accept connections") == 2

    eventually(is_up)
    assert server.alive()
    with server.connect() as r:
        assert r.info("server")["run_id"] != run
        assert r("GET", "k") == (b"v" if how == "RESTART" else None)


def test_only_when_allowed(name: str, start: Start) -> None:
    with start(name, enable_debug_command="no").connect() as r:
        assert str(r("DEBUG", "SLEEP", "0")).startswith("ERR DEBUG command not allowed.")
    with start(name, enable_debug_command="local").connect() as r:
        assert r("DEBUG", "SLEEP", "0") == OK
