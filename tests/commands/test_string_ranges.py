"""Parts of strings: APPEND, STRLEN, GETRANGE, SUBSTR, SETRANGE; and the encodings that changes leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, OK, Connection, Error

OFFSET = Error("ERR offset is out of range")
TOO_LONG = Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
FIRST, LAST = -9223372036854775808, 9223372036854775807

# --- reading ---------------------------------------------------------------------------------------------------------

RANGES: list[tuple[int, int, bytes]] = [
    (0, 4, b"Hello"),
    (0, 0, b"H"),
    (0, -1, b"Hello World"),
    (-5, -1, b"World"),
    (-1, -1, b"d"),
    (-5, -7, b""),
    (5, 3, b""),
    (-1, 0, b""),
    (10, 10, b"d"),
    (11, 11, b""),
    (4, 100, b"o World"),
    (100, 200, b""),
    (-100, 200, b"Hello World"),
    (-11, 0, b"H"),
    (-200, -10, b"He"),
    (-200, -100, b"H"),
    (-100, -200, b""),
    (0, LAST, b"Hello World"),
    (FIRST, LAST, b"Hello World"),
    (FIRST, 0, b"H"),
    (FIRST, FIRST, b"H"),
    (1, FIRST, b""),
    (LAST, LAST, b""),
]


@pytest.mark.parametrize("command", ["GETRANGE", "SUBSTR"])
@pytest.mark.parametrize(("start", "end", "part"), RANGES)
def test_getrange(r: Connection, command: str, start: int, end: int, part: bytes) -> None:
    r("SET", "k", "Hello World")
    assert r(command, "k", start, end) == part


@pytest.mark.parametrize(
    ("before", "command", "reply"),
    [
        ("", "GETRANGE k 0 -1", b""),
        ("", "SUBSTR k 0 -1", b""),
        ("SET k ''", "GETRANGE k 0 -1", b""),
        ("SET k ''", "GETRANGE k 0 0", b""),
        ("SET k ''", "GETRANGE k -1 0", b""),
        ("SET k 1234567", "GETRANGE k 2 4", b"345"),
        ("SET k -1234567", "GETRANGE k 0 1", b"-1"),
        ("SET k 1234567", "SUBSTR k -2 -1", b"67"),
        ("", "GETRANGE k x y", NOT_INTEGER),
        ("SET k v", "GETRANGE k x 1", NOT_INTEGER),
        ("SET k v", "GETRANGE k 1 x", NOT_INTEGER),
        ("SET k v", "GETRANGE k 1.0 2", NOT_INTEGER),
        ("SET k v", "GETRANGE k 0 9223372036854775808", NOT_INTEGER),
        ("SET k v", "SUBSTR k '' 1", NOT_INTEGER),
        ("", "STRLEN k", 0),
        ("SET k ''", "STRLEN k", 0),
        ("SET k Hello", "STRLEN k", 5),
        ("SET k 1234567", "STRLEN k", 7),
        ("SET k -1234567", "STRLEN k", 8),
        ("SET k 'a\\x00b'", "STRLEN k", 3),
    ],
)
def test_reading_numbers_empty_and_missing_values(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    assert run(r, command) == reply


# --- writing: before, command, reply, value afterwards ---------------------------------------------------------------

WRITES: list[tuple[str, str, Any, bytes | None]] = [
    ("", "APPEND k Hello", 5, b"Hello"),
    ("", "APPEND k ''", 0, b""),
    ("", "APPEND k 10", 2, b"10"),
    ("SET k Hello", "APPEND k ' World'", 11, b"Hello World"),
    ("SET k Hello", "APPEND k ''", 5, b"Hello"),
    ("SET k 10", "APPEND k 5", 3, b"105"),
    ("SET k 10", "APPEND k ''", 2, b"10"),
    ("SET k a", "APPEND k '\\x00b'", 3, b"a\x00b"),
    ("SET k 10 ; APPEND k 5", "INCR k", 106, b"106"),
    ("SET k 'Hello World'", "SETRANGE k 6 Redis", 11, b"Hello Redis"),
    ("SET k Hello", "SETRANGE k 0 J", 5, b"Jello"),
    ("SET k Hello", "SETRANGE k 5 !", 6, b"Hello!"),
    ("SET k Hello", "SETRANGE k 4 'p me'", 8, b"Hellp me"),
    ("SET k Hello", "SETRANGE k 8 x", 9, b"Hello\x00\x00\x00x"),
    ("SET k Hello", "SETRANGE k 3 ''", 5, b"Hello"),
    ("SET k Hello", "SETRANGE k 100 ''", 5, b"Hello"),
    ("SET k Hello", f"SETRANGE k {LAST} ''", 5, b"Hello"),
    ("SET k 12345", "SETRANGE k 1 9", 5, b"19345"),
    ("SET k 12345", "SETRANGE k 7 x", 8, b"12345\x00\x00x"),
    ("", "SETRANGE k 3 abc", 6, b"\x00\x00\x00abc"),
    ("", "SETRANGE k 0 abc", 3, b"abc"),
    ("", "SETRANGE k 0 ''", 0, None),
    ("", "SETRANGE k 5 ''", 0, None),
    ("", "SETRANGE k 536870912 ''", 0, None),
    ("SET k v", "SETRANGE k -1 x", OFFSET, b"v"),
    ("SET k v", "SETRANGE k -1 ''", OFFSET, b"v"),
    ("SET k v", f"SETRANGE k {FIRST} x", OFFSET, b"v"),
    ("", "SETRANGE k -1 x", OFFSET, None),
    ("SET k v", "SETRANGE k x x", NOT_INTEGER, b"v"),
    ("SET k v", "SETRANGE k 9223372036854775808 x", NOT_INTEGER, b"v"),
    ("SET k v", "SETRANGE k 536870912 x", TOO_LONG, b"v"),
    ("SET k v", f"SETRANGE k {LAST} x", TOO_LONG, b"v"),
    ("", "SETRANGE k 536870912 x", TOO_LONG, None),
    ("", "SETRANGE k 536870907 world!", TOO_LONG, None),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), WRITES)
def test_writing(r: Connection, before: str, command: str, reply: Any, after: bytes | None) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert r("GET", "k") == after


def test_append_keeps_the_expiry(r: Connection) -> None:
    run(r, "SET k v PXAT 32503680000000 ; APPEND k w ; SETRANGE k 5 x")
    assert r("PEXPIRETIME", "k") == 32503680000000


def test_many_small_appends(r: Connection) -> None:
    pieces = [b"%d," % i for i in range(3000)]
    expected = 0
    for piece, length in zip(pieces, r.many([("APPEND", "k", piece) for piece in pieces]), strict=True):
        expected += len(piece)
        assert length == expected
    assert r("GET", "k") == b"".join(pieces)


@pytest.mark.parametrize("length", [0, 1, 62, 63, 64, 65, 1000, 40_000, 3_000_000])
def test_appending_to_any_length(r: Connection, length: int) -> None:
    r("SET", "k", b"a" * length)
    assert r("APPEND", "k", b"b" * 100) == length + 100
    assert r("GET", "k") == b"a" * length + b"b" * 100


def test_the_longest_append_is_refused(r: Connection) -> None:
    with r.config(proto_max_bulk_len="1mb"):
        assert r("SETRANGE", "k", 1048575, "x") == 1048576
        assert r("APPEND", "k", "x") == TOO_LONG
        assert r("SETRANGE", "k", 1048576, "x") == TOO_LONG
        assert r("APPEND", "k", "") == 1048576
    assert r("APPEND", "k", "x") == 1048577


# --- encodings: a script and the encoding of k afterwards ------------------------------------------------------------

SHORT, LONG = "x" * 40, "x" * 200  # certainly below and above the limit for embedded values
LIMIT, LIMIT_EXPIRY = "x" * 112, "x" * 104  # the longest that are embedded with k; in place of one with a time to live
LONG_KEY = "y" * 32
ENCODINGS: list[tuple[str, str]] = [
    ("SET k 1", "int"),
    ("SET k 0", "int"),
    ("SET k -5", "int"),
    ("SET k 9223372036854775807", "int"),
    ("SET k -9223372036854775808", "int"),
    ("SET k 9223372036854775808", "embstr"),
    ("SET k -9223372036854775809", "embstr"),
    ("SET k 99999999999999999999", "embstr"),
    ("SET k 01", "embstr"),
    ("SET k -0", "embstr"),
    ("SET k +1", "embstr"),
    ("SET k ' 1'", "embstr"),
    ("SET k 1.5", "embstr"),
    ("SET k ''", "embstr"),
    ("SET k v", "embstr"),
    (f"SET k {SHORT}", "embstr"),
    (f"SET k {LONG}", "raw"),
    (f"SET k {LIMIT}", "embstr"),
    (f"SET k {LIMIT}x", "raw"),
    (f"SET k {LIMIT} EX 100", "embstr"),
    (f"SET k {LIMIT} ; EXPIRE k 100 ; PERSIST k", "embstr"),
    (f"SET k v EX 100 ; SET k {LIMIT_EXPIRY}", "embstr"),
    (f"SET k v EX 100 ; SET k {LIMIT_EXPIRY}x", "raw"),
    (f"SET k v ; SET k {LIMIT} ; SET k {LIMIT}", "embstr"),
    (f"SET '' {LIMIT}x ; RENAME '' k", "raw"),
    (f"SET '' {LIMIT} ; RENAME '' k", "embstr"),
    (f"SET '' {LIMIT}x ; COPY '' k", "raw"),
    (f"SET {LONG_KEY} {'x' * 79} ; RENAME {LONG_KEY} k", "embstr"),
    (f"SET {LONG_KEY} {'x' * 80} ; RENAME {LONG_KEY} k", "raw"),
    (f"SET {LONG_KEY} {'x' * 80} ; COPY {LONG_KEY} k", "raw"),
    ("SET k v EX 100", "embstr"),
    ("SET k 5 EX 100", "int"),
    ("SETEX k 100 5", "int"),
    ("SETNX k 5", "int"),
    ("GETSET k 5", "int"),
    ("MSET k 5", "int"),
    ("MSETNX k v", "embstr"),
    ("MSETEX 1 k 5", "int"),
    (f"SET k {LONG} ; SET k v", "embstr"),
    (f"SET k {LONG} ; SET k 7", "int"),
    (f"SET k 7 ; SET k {LONG}", "raw"),
    ("SET k v ; SET k 7 KEEPTTL", "int"),
    ("APPEND k v", "embstr"),
    ("APPEND k 12", "int"),
    (f"APPEND k {LONG}", "raw"),
    ("SET k v ; APPEND k w", "raw"),
    ("SET k v ; APPEND k ''", "raw"),
    ("SET k 1 ; APPEND k 2", "raw"),
    ("SET k 1 ; APPEND k 2 ; INCR k", "int"),
    ("SETRANGE k 0 v", "raw"),
    ("SETRANGE k 0 12", "raw"),
    ("SETRANGE k 0 12 ; INCR k", "int"),
    ("SET k abc ; SETRANGE k 1 x", "raw"),
    ("SET k abc ; SETRANGE k 1 ''", "embstr"),
    ("SET k 123 ; SETRANGE k 1 9", "raw"),
    ("SET k 123 ; SETRANGE k 1 ''", "int"),
    ("INCR k", "int"),
    ("DECRBY k 5", "int"),
    ("SET k 5 ; INCRBY k 5", "int"),
    ("INCRBYFLOAT k 3", "embstr"),
    ("INCRBYFLOAT k 1.5", "embstr"),
    ("SET k 5 ; INCRBYFLOAT k 1", "embstr"),
    ("SET k 5 ; INCRBYFLOAT k 1 ; INCR k", "int"),
    ("SET k 1e200 ; INCRBYFLOAT k 1", "raw"),
    ("SET j 5 ; COPY j k", "int"),
    ("SET j v ; COPY j k", "embstr"),
    (f"SET j {LONG} ; COPY j k", "raw"),
    ("SET j v ; APPEND j w ; COPY j k", "raw"),
    ("SET j v ; APPEND j w ; RENAME j k", "raw"),
    ("SET j 5 ; RENAME j k", "int"),
    ("SET j v ; RENAME j k", "embstr"),
    ("SET k v ; EXPIRE k 100", "embstr"),
    ("SET k 5 ; EXPIRE k 100 ; PERSIST k", "int"),
    ("SET k v ; APPEND k w ; EXPIRE k 100", "raw"),
    ("SET k v ; APPEND k w ; EXPIRE k 100 ; PERSIST k", "raw"),
    ("SET k v ; APPEND k w ; GETEX k EX 100", "raw"),
    ("SET k v ; APPEND k w ; SET k v KEEPTTL", "embstr"),
]


@pytest.mark.parametrize(("script", "encoding"), ENCODINGS, ids=lambda text: text[:60])
def test_encoding(r2: Connection, script: str, encoding: str) -> None:
    run(r2, script)
    assert r2("OBJECT", "ENCODING", "k") == encoding.encode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("COPY", "k", "j"), b"ab"),
        (("COPY", "k", "j", "DB", "0"), b"ab"),
        (("RENAME", "k", "j"), b"ab"),
    ],
)
def test_a_copy_is_independent(r: Connection, change: tuple[str, ...], expected: bytes) -> None:
    run(r, "SET k a ; APPEND k b")
    assert r(*change) in (1, OK)
    r("APPEND", "k", "-later")
    assert r("GET", "j") == expected
