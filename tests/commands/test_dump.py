"""DUMP and RESTORE: payloads of every type and form, exchanged with Valkey and redis-server; wrong ones are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands.script import run
from tests.support.payload import payload
from tests.support.resp import NOT_INTEGER, OK, Connection, Error
from tests.support.servers import ServerProcess
from tests.support.ziplist import ziplist, zipmap

BAD_FORMAT = Error("ERR Bad data format")
BAD_FOOTER = Error("ERR DUMP payload version or checksum are wrong")
SYNTAX = Error("ERR syntax error")
MANY = range(700)

VALUES: dict[str, list[list[Any]]] = {
    "a text": [["SET", "k", "hello"]],
    "an integer": [["SET", "k", "-123456"]],
    "a large integer": [["SET", "k", "1234567890123"]],
    "a long text": [["SET", "k", "abc" * 50_000]],
    "bytes": [["SET", "k", bytes(range(256)) * 20]],
    "a small list": [["RPUSH", "k", "a", "1", "-5", "x" * 100]],
    "a long list": [["RPUSH", "k", *(f"element {i}" for i in MANY)], ["RPUSH", "k", "x" * 20_000, "y"]],
    "a set of integers": [["SADD", "k", 1, -2, 1 << 40]],
    "a small set": [["SADD", "k", "a", "b", "1"]],
    "a large set": [["SADD", "k", *(f"member {i}" for i in MANY)]],
    "a small sorted set": [["ZADD", "k", "1.5", "a", "-inf", "b", "3", "c"]],
    "a large sorted set": [["ZADD", "k", *(word for i in MANY for word in (i * 0.5, f"member {i}"))]],
    "a small hash": [["HSET", "k", "f", "v", "g", "1"]],
    "a large hash": [["HSET", "k", *(word for i in MANY for word in (f"field {i}", i))]],
    "a stream": [
        ["XADD", "k", "1-1", "f", "v"], ["XADD", "k", "2-1", "g", "w", "h", "x"], ["XADD", "k", "3-1", "f", "v"],
        ["XDEL", "k", "2-1"], ["XGROUP", "CREATE", "k", "group", "0"],
        ["XREADGROUP", "GROUP", "group", "anna", "COUNT", 1, "STREAMS", "k", ">"],
    ],
}  # fmt: skip

CONTENTS: dict[str, list[Any]] = {
    "string": ["GET", "k"],
    "list": ["LRANGE", "k", 0, -1],
    "set": ["SORT", "k", "ALPHA"],
    "zset": ["ZRANGE", "k", 0, -1, "WITHSCORES"],
    "hash": ["HGETALL", "k"],
    "stream": ["XRANGE", "k", "-", "+"],
}


@pytest.fixture(scope="module")
def redis_server() -> Iterator[ServerProcess]:
    with ServerProcess("redis") as server:
        yield server


def contents(r: Connection) -> Any:
    kind = r("TYPE", "k")
    found = r(*CONTENTS[kind])
    if kind == "hash":
        found = sorted(zip(found[::2], found[1::2], strict=True))
    pending = r("XPENDING", "k", "group") if kind == "stream" else None
    return kind, r("OBJECT", "ENCODING", "k"), found, pending


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("peer", ["oracle", "redis"])
def test_exchange(servers: Any, redis_server: ServerProcess, peer: str, value: str) -> None:
    """From Kvik to the peer and back again."""
    other = redis_server if peer == "redis" else servers.get("oracle")
    with servers.get("kvik").connect() as ours, other.connect() as theirs:
        assert ours("FLUSHALL") == theirs("FLUSHALL") == OK
        for command in VALUES[value]:
            assert not isinstance(ours(*command), Error)
        kind, encoding, *wanted = contents(ours)
        assert theirs("RESTORE", "k", 0, ours("DUMP", "k")) == OK
        assert contents(theirs)[2:] == tuple(wanted)
        back = theirs("DUMP", "k")
        assert ours("RESTORE", "k", 0, back, "REPLACE") == OK
        assert contents(ours) == (kind, encoding, *wanted)


def test_fields_that_expire(servers: Any) -> None:
    with servers.get("kvik").connect() as ours, servers.get("oracle").connect() as theirs:
        for source, target in ((ours, theirs), (theirs, ours)):
            assert source("FLUSHALL") == target("FLUSHALL") == OK
            assert source("HSET", "k", "f", "v", "g", "w") == 2
            assert source("HPEXPIREAT", "k", 32503680000000, "FIELDS", 1, "f") == [1]
            assert target("RESTORE", "k", 0, source("DUMP", "k")) == OK
            assert target("HPEXPIRETIME", "k", "FIELDS", 2, "f", "g") == [32503680000000, -1]


def counted(data: bytes) -> bytes:
    """A short string as RDB files have it."""
    return bytes([len(data)]) + data


OLD: list[tuple[str, bytes, list[Any], Any]] = [
    ("list", payload(10, counted(ziplist([b"a", 5, b"b"]))), ["LRANGE", "k", 0, -1], [b"a", b"5", b"b"]),
    ("list", payload(1, b"\x02\x01a\xc0\x05"), ["LRANGE", "k", 0, -1], [b"a", b"5"]),
    ("hash", payload(9, counted(zipmap([(b"f", b"v")]))), ["HGET", "k", "f"], b"v"),
    ("hash", payload(13, counted(ziplist([b"f", 7]))), ["HGET", "k", "f"], b"7"),
    ("zset", payload(12, counted(ziplist([b"m", 7]))), ["ZSCORE", "k", "m"], b"7"),
    ("zset", payload(3, b"\x01\x01m\x031.5"), ["ZSCORE", "k", "m"], b"1.5"),
    ("set", payload(11, b"\x0c\x02\0\0\0\x02\0\0\0\x01\0\x05\0"), ["SMISMEMBER", "k", 1, 5, 2], [1, 1, 0]),
]


@pytest.mark.parametrize(("kind", "data", "command", "reply"), OLD)
def test_old_forms(r2: Connection, kind: str, data: bytes, command: list[Any], reply: Any) -> None:
    assert r2("RESTORE", "k", 0, data) == OK
    assert r2("TYPE", "k") == kind
    got = r2(*command)
    assert got == reply or got == float(reply)


GOOD = payload(0, b"\x05hello")


@pytest.mark.parametrize(
    ("before", "arguments", "reply"),
    [
        ("", (0, GOOD), OK),
        ("SET k x", (0, GOOD), Error("BUSYKEY Target key name already exists.")),
        ("SET k x", (0, GOOD, "REPLACE"), OK),
        ("SET k x", ("x", GOOD[:-1]), Error("BUSYKEY Target key name already exists.")),
        ("", ("x", GOOD), NOT_INTEGER),
        ("", (-1, GOOD), Error("ERR Invalid TTL value, must be >= 0")),
        ("", (0, GOOD, "FOO"), SYNTAX),
        ("", (0, GOOD, "IDLETIME"), SYNTAX),
        ("", (0, GOOD, "IDLETIME", "x"), NOT_INTEGER),
        ("", (0, GOOD, "IDLETIME", -1), Error("ERR Invalid IDLETIME value, must be >= 0")),
        ("", (0, GOOD, "FREQ", 256), Error("ERR Invalid FREQ value, must be >= 0 and <= 255")),
        ("", (0, GOOD, "IDLETIME", 1, "FREQ", 1), SYNTAX),
        ("", (0, b""), BAD_FOOTER),
        ("", (0, GOOD[:-1] + b"x"), BAD_FOOTER),
        ("", (0, payload(0, b"\x05hello", 13)), BAD_FOOTER),
        ("", (0, payload(0, b"\x05hello", 81)), BAD_FOOTER),
        ("", (0, payload(6, b"x")), BAD_FORMAT),
        ("", (0, payload(99, b"x")), BAD_FORMAT),
        ("", (0, payload(0, b"\x3fhello")), BAD_FORMAT),
        ("", (0, payload(4, b"\x02\x01a\x01b\x01a\x01c")), BAD_FORMAT),
        ("", (0, payload(2, b"\x02\x01a\x01a")), BAD_FORMAT),
        ("", (0, payload(1, b"\x00")), BAD_FORMAT),
        ("", (1000, GOOD, "ABSTTL"), OK),
    ],
)
def test_restore(r: Connection, before: str, arguments: tuple[Any, ...], reply: Any) -> None:
    run(r, before)
    kept = r("GET", "k")
    assert r("RESTORE", "k", *arguments) == reply
    assert r("GET", "k") == (kept if reply != OK else None if "ABSTTL" in arguments else b"hello")


def test_what_a_restored_key_has(r: Connection) -> None:
    assert r("RESTORE", "k", 100_000, GOOD, "IDLETIME", 1000) == OK
    assert 0 < r("PTTL", "k") <= 100_000
    assert 1000 <= r("OBJECT", "IDLETIME", "k") <= 1010
    assert r("DUMP", "missing") is None
