"""RESTORE of payloads that somebody has tampered with, and made the checksum right again.

Whatever they say: an error, or a value that every command of its type can read, change, dump and delete. With
KVIK_FUZZ_PAYLOADS=100000 it takes a few minutes (`make soak`); under the sanitizers, see scripts/sanitize.sh.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.commands.test_dump import VALUES
from tests.support.payload import crc64, payload
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess
from tests.support.ziplist import ziplist, zipmap

PAYLOADS: Final = int(os.environ.get("KVIK_FUZZ_PAYLOADS", "3000"))
SHARES: Final = 8
BATCH: Final = 200
FOOTER: Final = 10      # version and checksum
SEED_MAX: Final = 4000
HOSTILE: Final = [
    b"\x00", b"\x01", b"\x3f", b"\x40\x00", b"\x7f\xff", b"\x80\xff\xff\xff\xff", b"\x80\x00\x00\x00\x00",
    b"\x81" + b"\xff" * 8, b"\x81\x7f" + b"\xff" * 7, b"\xc0\x80", b"\xc1\xff\xff", b"\xc2\x00\x00\x00\x80",
    b"\xc3\x05\x40\xff", b"\xc3\x05\x80\x7f\xff\xff\xff", b"\xff" * 4, b"\xf0\xff\xff\xff\xff", b"\xe0\xff", b"\xfe" * 3,
]  # fmt: skip

OLD_FORMS: Final = [
    payload(9, zipmap([(b"a", b"1"), (b"field", b"value")])),
    payload(10, ziplist([b"a", b"12", b"-70000", b"x" * 80])),
    payload(12, ziplist([b"a", b"1.5", b"b", b"2"])),
    payload(13, ziplist([b"f", b"v", b"g", b"w"])),
]

USES: Final[dict[str, list[list[Any]]]] = {
    "string": [["GET"], ["STRLEN"], ["BITCOUNT"], ["GETRANGE", 0, 5], ["PFCOUNT"], ["APPEND", "x"]],
    "list": [["LRANGE", 0, -1], ["LINDEX", -1], ["LPOS", "a"], ["LINSERT", "BEFORE", "a", "b"], ["LREM", 0, "a"],
             ["RPUSH", "z"], ["LPOP", 3], ["RPOP"]],
    "set": [["SMEMBERS"], ["SCARD"], ["SRANDMEMBER", -3], ["SISMEMBER", "a"], ["SADD", "new", "7"],
            ["SPOP", 2], ["SSCAN", 0]],
    "zset": [["ZRANGE", 0, -1, "WITHSCORES"], ["ZRANGEBYSCORE", "-inf", "+inf"], ["ZRANK", "a"], ["ZADD", 5, "new"],
             ["ZINCRBY", 1, "a"], ["ZPOPMIN", 2], ["ZPOPMAX"], ["ZSCAN", 0]],
    "hash": [["HGETALL"], ["HLEN"], ["HRANDFIELD", -3, "WITHVALUES"], ["HGET", "f"], ["HSET", "new", "v"], ["HDEL", "f"],
             ["HEXPIRE", 1000, "FIELDS", 1, "new"], ["HSCAN", 0]],
    "stream": [["XRANGE", "-", "+"], ["XREVRANGE", "+", "-", "COUNT", 3], ["XLEN"], ["XPENDING", "group"],
               ["XPENDING", "group", "-", "+", 10], ["XAUTOCLAIM", "group", "eve", 0, "0"], ["XADD", "*", "f", "v"],
               ["XTRIM", "MAXLEN", 2], ["XDEL", "1-1"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("kvik") as started:
        yield started


def seeds(r: Connection) -> list[bytes]:
    """Payloads of all types and encodings, none of them long."""
    found = list(OLD_FORMS)
    for small in (128, 2):      # the second time large forms of few elements
        for name in ("hash", "set", "zset"):
            r("CONFIG", "SET", f"{name}-max-listpack-entries", small)
        r("CONFIG", "SET", "list-max-listpack-size", small)
        for commands in VALUES.values():
            r("DEL", "k")
            for command in commands:
                r(*command)
            found.append(r("DUMP", "k"))
        r("DEL", "k")
        r("HSET", "k", "f", "v", "g", "w", "h", "x")
        r("HEXPIRE", "k", 100_000, "FIELDS", 2, "f", "g")
        found.append(r("DUMP", "k"))
    r("PFADD", "hll", *range(50))
    found.append(r("DUMP", "hll"))
    r("FLUSHALL")
    return [each for each in found if len(each) < SEED_MAX]


def mutated(draw: random.Random, choice: list[bytes]) -> bytes:
    body = bytearray(draw.choice(choice)[:-FOOTER])
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        at = draw.randrange(len(body))
        match draw.randrange(8):
            case 0:
                body[at] ^= 1 << draw.randrange(8)
            case 1:
                body[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, draw.randrange(256)))
            case 2:
                del body[max(at, 1) :]
            case 3:
                hostile = draw.choice(HOSTILE)
                body[at : at + len(hostile)] = hostile
            case 4:
                body[at:at] = draw.choice(HOSTILE)
            case 5:
                other = draw.choice(choice)[:-FOOTER]
                cut = draw.randrange(len(other))
                body[at : at + draw.randrange(40)] = other[cut : cut + draw.randrange(40)]
            case 6:
                del body[at : at + draw.randrange(1, 9)]
            case 7:
                body[0] = draw.randrange(24)
        if not body:
            body = bytearray(b"\0")
    data = bytes(body) + (10).to_bytes(2, "little")
    return data + crc64(data).to_bytes(8, "little")


def use(r: Connection, key: str) -> None:
    """Everything that is done with values, on one that was accepted."""
    kind = str(r("TYPE", key))
    uses = [[name, key, *rest] for name, *rest in USES[kind]]
    if kind == "stream":
        uses.append(["XINFO", "STREAM", key, "FULL", "COUNT", 0])
    dumped = r("DUMP", key)
    assert not isinstance(dumped, Error), dumped
    assert r("RESTORE", "again", 0, dumped, "REPLACE") == OK, "what was accepted is whole"
    assert r("OBJECT", "ENCODING", key)
    assert r("MEMORY", "USAGE", key, "SAMPLES", 0) > 0
    r.many(uses)
    r.many([["COPY", key, "copy", "REPLACE"], ["DUMP", key], ["DEL", key], ["DEL", "copy"], ["DEL", "again"]])


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(SHARES))
def test_mutated_payloads(server: ServerProcess, share: int) -> None:
    draw = random.Random(f"{share} of {PAYLOADS}")
    with server.connect() as r:
        choice = seeds(r)
        accepted = refused = 0
        for _ in range(0, PAYLOADS // SHARES, BATCH):
            payloads = [mutated(draw, choice) for _ in range(BATCH)]
            replies = r.many([["RESTORE", f"k{i}", 0, each] for i, each in enumerate(payloads)])
            for i, reply in enumerate(replies):
                if reply == OK:
                    accepted += 1
                    if r("EXISTS", f"k{i}"):    # not so if all its fields have expired
                        use(r, f"k{i}")
                else:
                    assert isinstance(reply, Error)
                    refused += 1
            r("FLUSHALL")
        assert accepted > 0
        assert refused > 0
        assert r("DBSIZE") == 0
    assert server.alive()
