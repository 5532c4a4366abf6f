"""A data set that has everything which files can hold, and a look at all that a server holds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.support.resp import Argument, Connection, Error

Command = tuple[Argument, ...]
FAR = 4102444800_000
"""In ms since 1970: not in our time."""
TEXT = b"the same words again and again, " * 4800
"""150 kB that compress well."""


def commands(field_expiry: bool = False) -> Iterator[Command]:
    """What makes the data set. `field_expiry`: with hashes whose fields expire, which not every server knows."""
    for database in (0, 1, 9, 15):
        yield ("SELECT", database)
        yield from strings()
        yield from lists()
        yield from sets()
        yield from sorted_sets()
        yield from hashes()
        yield from streams()
    if field_expiry:
        yield ("SELECT", 2)
        yield from expiring_fields()


def strings() -> Iterator[Command]:
    dice = random.Random(1)
    for value in (0, 12, -128, 127, 128, -32768, 32767, 40000, -(2**31), 2**31 - 1, 2**31, 2**63 - 1, -(2**63)):
        yield ("SET", f"integer {value}", value)
    for text in (b"", b"007", b"+1", b"-0", b" 1", b"1.0", b"\0", bytes(range(256)), b"\r\n$5\r\n", b"12345678901"):
        yield ("SET", b"text " + text, text)
    for length in (20, 21, 44, 63, 64, 2048, 2049, 16383, 16384, 70000):
        yield ("SET", f"even {length}", b"e" * length)
        yield ("SET", f"random {length}", dice.randbytes(length))
    yield ("SET", "long", TEXT)
    yield ("SET", b"", b"the empty key")
    yield ("SET", b"\xff\0\r\n key", b"binary")
    yield ("SET", 4711, b"a key that is an integer")
    yield ("SET", -5, b"likewise")
    yield ("SET", b"k" * 300, b"a long key")
    yield ("SET", TEXT[:20000], b"a longer one")
    yield ("SET", "expires", "some day", "PXAT", FAR)
    yield ("SET", "expires, integer", 17, "PXAT", FAR + 1)
    yield ("APPEND", "appended", "a")
    yield ("APPEND", "appended", "b" * 100)
    yield ("SETRANGE", "hole", 5000, "x")
    yield ("PFADD", "hll", *range(500))


def lists() -> Iterator[Command]:
    yield ("RPUSH", "small list", "a", "", 12, -3000, b"\0\xff", "b" * 70, 2**40, -(2**63))
    yield ("RPUSH", "large list", *range(3000))
    yield ("RPUSH", "list of long", *(b"%d" % i * 300 for i in range(60)))
    yield ("RPUSH", "huge element", "before", TEXT, "after", TEXT[1:])
    yield ("RPUSH", "expiring list", 1)
    yield ("PEXPIREAT", "expiring list", FAR)


def sets() -> Iterator[Command]:
    yield ("SADD", "integers", 1, -1, 100)
    yield ("SADD", "wide integers", 1, 70000, 2**40, -(2**63))
    yield ("SADD", "many integers", *range(-3000, 3000, 7))
    yield ("SADD", "small set", "a", "", 5, b"\0", "words")
    yield ("SADD", "large set", *(f"member {i}" for i in range(700)), *range(50))
    yield ("SADD", "long member", TEXT[:30000])
    yield ("PEXPIREAT", "large set", FAR)


def sorted_sets() -> Iterator[Command]:
    pairs = (1, "a", -1.5, "b", "inf", "c", "-inf", "d", 3.141592653589793, "e", 1e300, "", 0, 17, 1, "aa", -0.0, b"\0")
    yield ("ZADD", "small zset", *pairs)
    yield ("ZADD", "large zset", *(part for i in range(900) for part in (i / 7, f"member {i}")), *pairs)
    yield ("ZADD", "same scores", *(part for i in range(300) for part in (0, f"m{i}")))
    yield ("ZADD", "long zset", 5, TEXT[:2000])
    yield ("PEXPIREAT", "small zset", FAR)


def hashes() -> Iterator[Command]:
    yield ("HSET", "small hash", "f", "v", "", "empty", 12, -12, b"\0", bytes(range(60)))
    yield ("HSET", "large hash", *(part for i in range(800) for part in (f"field {i}", f"value {i}" * (i % 9))))
    yield ("HSET", "long hash", "f", TEXT)
    yield ("PEXPIREAT", "large hash", FAR)


def streams() -> Iterator[Command]:
    for i in range(1, 350):
        yield ("XADD", "stream", f"{1000 + i // 3}-{i}", "f", i, *(("other", "x" * i) if i % 5 == 0 else ()))
    yield ("XDEL", "stream", "1000-1", "1003-9")
    yield ("XGROUP", "CREATE", "stream", "readers", "1002-8", "ENTRIESREAD", 7)
    yield ("XGROUP", "CREATE", "stream", "idle", 0)
    yield ("XGROUP", "CREATECONSUMER", "stream", "readers", "nobody")
    yield ("XREADGROUP", "GROUP", "readers", "alice", "COUNT", 20, "STREAMS", "stream", ">")
    yield ("XREADGROUP", "GROUP", "readers", b"b\0b", "COUNT", 5, "STREAMS", "stream", ">")
    yield ("XACK", "stream", "readers", "1004-12", "1005-15")
    yield ("XADD", "emptied", "5-5", "f", "v")
    yield ("XDEL", "emptied", "5-5")
    yield ("XGROUP", "CREATE", "made", "$", "$", "MKSTREAM")
    yield ("XADD", "trimmed", "MAXLEN", 1, "1-1", "a", "b")
    yield ("XADD", "trimmed", "MAXLEN", 1, "2-1", "a", "b")
    yield ("XADD", "long entry", "1-1", "f", TEXT)


def expiring_fields() -> Iterator[Command]:
    yield ("HSET", "some expire", "a", 1, "b", 2, "c", "x" * 100)
    yield ("HPEXPIREAT", "some expire", FAR, "FIELDS", 1, "b")
    yield ("HSET", "all expire", *range(1000))
    yield ("HPEXPIREAT", "all expire", FAR + 5, "FIELDS", 500, *range(0, 1000, 2))
    yield ("PEXPIREAT", "all expire", FAR)


def fill(r: Connection, field_expiry: bool = False) -> None:
    made = list(commands(field_expiry))
    for command, reply in zip(made, r.many(made), strict=True):
        assert not isinstance(reply, Error), (command[:3], reply)
    r("SELECT", 0)


# --- looking ---------------------------------------------------------------------------------------------------------

LOOKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "string": (("GET",),),
    "list": (("LRANGE", "0", "-1"),),
    "set": (("SMEMBERS",),),
    "zset": (("ZRANGE", "0", "-1", "WITHSCORES"),),
    "hash": (("HGETALL",),),
    "stream": (("XRANGE", "-", "+"), ("XLEN",)),
}
STREAM_FACTS = (b"length", b"last-generated-id", b"max-deleted-entry-id", b"entries-added", b"recorded-first-entry-id")
GROUP_FACTS = (b"name", b"consumers", b"pending", b"last-delivered-id", b"entries-read")


def contents(r: Connection, databases: int = 16) -> dict[tuple[int, bytes], Any]:
    """All that can be seen of all keys, by database and key. `r` speaks RESP2. The connection is in database 0 then."""
    found: dict[tuple[int, bytes], Any] = {}
    for database in range(databases):
        r("SELECT", database)
        for key in r("KEYS", "*"):
            found[database, key] = describe(r, key)
    r("SELECT", 0)
    return found


def describe(r: Connection, key: bytes) -> Any:
    kind = str(r("TYPE", key))
    seen: list[Any] = [kind, r("PEXPIRETIME", key)]
    for name, *rest in LOOKS[kind]:
        reply = r(name, key, *rest)
        if kind == "set":
            reply = sorted(reply)
        elif kind == "hash":
            reply = sorted(zip(reply[::2], reply[1::2], strict=True))
        elif kind == "zset":    # servers write numbers with more or fewer digits
            reply = [(member, float(score)) for member, score in zip(reply[::2], reply[1::2], strict=True)]
        seen.append(reply)
    if kind == "stream":
        seen += describe_stream(r, key)
    elif kind == "hash":
        fields = [field for field, _ in seen[2]]
        expiries = r("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)
        seen.append(None if isinstance(expiries, Error) or set(expiries) == {-1} else expiries)
    return seen


def describe_stream(r: Connection, key: bytes) -> Iterator[Any]:
    yield pick(r("XINFO", "STREAM", key), STREAM_FACTS)
    for group in r("XINFO", "GROUPS", key):
        facts = pick(group, GROUP_FACTS)
        yield facts
        name = facts[b"name"]
        pending = r("XPENDING", key, name, "-", "+", 1000)
        yield [[id_, consumer, deliveries] for id_, consumer, _, deliveries in pending]
        yield sorted(pick(consumer, (b"name", b"pending")).items() for consumer in r("XINFO", "CONSUMERS", key, name))


def pick(flat: list[Any], names: tuple[bytes, ...]) -> dict[bytes, Any]:
    facts = dict(zip(flat[::2], flat[1::2], strict=True))
    return {name: facts[name] for name in names if name in facts}
