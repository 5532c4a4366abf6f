"""MGET, MSET, MSETNX, MSETEX: several keys in one command."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error, arity

NUMKEYS = Error("ERR invalid numkeys value or out of range")
WRONG_EXPIRE = Error("ERR invalid expire time in 'msetex' command")
LATEST = 9223372036854775807


# --- before, command, reply, the values of a, b and c afterwards -----------------------------------------------------

CASES: list[tuple[str, str, Any, list[bytes | None]]] = [
    ("", "MSET a 1", OK, [b"1", None, None]),
    ("", "MSET a 1 b 2 c text", OK, [b"1", b"2", b"text"]),
    ("SET a old", "MSET a 1 b 2", OK, [b"1", b"2", None]),
    ("", "MSET a 1 a 2", OK, [b"2", None, None]),
    ("", "MSET a '' b ' '", OK, [b"", b" ", None]),
    ("", "MSETNX a 1 b 2", 1, [b"1", b"2", None]),
    ("SET b old", "MSETNX a 1 b 2", 0, [None, b"old", None]),
    ("SET a old", "MSETNX a 1 b 2", 0, [b"old", None, None]),
    ("", "MSETNX a 1 a 2", 1, [b"2", None, None]),
    ("", "MSETEX 1 a 1", 1, [b"1", None, None]),
    ("", "MSETEX 3 a 1 b 2 c 3", 1, [b"1", b"2", b"3"]),
    ("", "MSETEX 2 a 1 a 2", 1, [b"2", None, None]),
    ("", "MSETEX 2 a 1 b 2 NX", 1, [b"1", b"2", None]),
    ("SET b old", "MSETEX 2 a 1 b 2 nx", 0, [None, b"old", None]),
    ("SET b old", "MSETEX 2 a 1 b 2 XX", 0, [None, b"old", None]),
    ("MSET a x b old", "MSETEX 2 a 1 b 2 xx", 1, [b"1", b"2", None]),
    ("", "MSETEX 1 a 1 NX NX", 1, [b"1", None, None]),
    ("", "MSETEX 1 NX XX NX", 1, [None, None, None]),
    ("MSET a 1 b 2", "MSETEX 2 a 1 b 2 PXAT 1", 1, [None, None, None]),
    ("MSET a 1 b 2", "MSETEX 1 a 1 NX PXAT 1", 0, [b"1", b"2", None]),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), CASES)
def test_setting_several(r: Connection, before: str, command: str, reply: Any, after: list[bytes | None]) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert r("MGET", "a", "b", "c") == after


@pytest.mark.parametrize(
    ("before", "command", "reply"),
    [
        ("", "MGET a", [None]),
        ("", "MGET a b a", [None, None, None]),
        ("MSET a 1 b text", "MGET a b c a", [b"1", b"text", None, b"1"]),
        ("MSET a ''", "MGET a ''", [b"", None]),
    ],
)
def test_getting_several(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    assert run(r, command) == reply


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 1000, 20_000])
def test_any_number_of_keys(r: Connection, count: int) -> None:
    pairs = [part for i in range(count) for part in (f"key:{i}", f"value:{i}")]
    assert r("MSET", *pairs) == OK
    assert r("MGET", *pairs[::2]) == [value.encode() for value in pairs[1::2]]
    assert r("MSETNX", *pairs) == 0
    assert r("MSETEX", count, *pairs, "XX") == 1
    assert r("DEL", *pairs[::2]) == count


@pytest.mark.parametrize("before", ["", "SET a v EX 100", f"SET a v PXAT {FAR}000"])
@pytest.mark.parametrize(
    ("command", "moment"),
    [
        ("MSET a 1", -1),
        ("MSETEX 1 a 1", -1),
        (f"MSETEX 1 a 1 EXAT {FAR}", FAR * 1000),
        (f"MSETEX 1 a 1 PXAT {FAR}001", FAR * 1000 + 1),
        (f"MSETEX 1 a 1 PXAT 1 PXAT {FAR}001", FAR * 1000 + 1),
        (f"MSETEX 1 a 1 PXAT {LATEST}", LATEST),
    ],
)
def test_expiry_afterwards(r: Connection, before: str, command: str, moment: int) -> None:
    run(r, before)
    run(r, command)
    assert r("PEXPIRETIME", "a") == moment


def test_msetex_keepttl_keeps_that_of_each_key(r: Connection) -> None:
    run(r, f"SET a v PXAT {FAR}000 ; SET b v PXAT {FAR}999 ; SET c v")
    assert run(r, "MSETEX 4 a 1 b 2 c 3 d 4 KEEPTTL") == 1
    assert [r("PEXPIRETIME", key) for key in "abcd"] == [FAR * 1000, FAR * 1000 + 999, -1, -1]


@pytest.mark.parametrize("option", ["EX 3600", "PX 3600000", "XX EX 3600", "EX 3600 XX", "ex 1 ex 3600"])
def test_msetex_relative_expiry(r: Connection, option: str) -> None:
    run(r, "MSET a v b v")
    assert run(r, f"MSETEX 2 a 1 b 2 {option}") == 1
    for key in "ab":
        assert 3540_000 <= r("PTTL", key) <= 3600_000


ERRORS: list[tuple[str, Error]] = [
    ("MSET a", arity("mset")),
    ("MSET a 1 b", arity("mset")),
    ("MSETNX a", arity("msetnx")),
    ("MSETNX a 1 b", arity("msetnx")),
    ("MSETEX 1 a", arity("msetex")),
    *((f"MSETEX {numkeys} a 1", NUMKEYS) for numkeys in (
        "0", "-1", "x", "1.0", "''", "+1", "01", "2147483648", "4611686018427387904", str(LATEST), str(LATEST + 1),
    )),
    *((f"MSETEX {numkeys} a 1", SYNTAX) for numkeys in ("2", "3", "1073741823", "1073741824", "2147483647")),
    *((f"MSETEX {rest}", SYNTAX) for rest in (
        "2 a 1 b", "3 a 1 b 2 NX", "1 a 1 FOO", "1 a 1 b", "1 a 1 b 2", "1 a 1 NX XX", "1 a 1 XX NX", "1 a 1 GET",
        "1 a 1 IFEQ 1", "1 a 1 PERSIST", "1 a 1 EX", "1 a 1 EX 10 PX 10", "1 a 1 EX 10 KEEPTTL", "1 a 1 EX x NX XX",
    )),
    *((f"MSETEX 1 a 1 {rest}", NOT_INTEGER) for rest in ("EX x", "PX 1.5", "EXAT ''", "PXAT 9223372036854775808")),
    *((f"MSETEX 1 a 1 {rest}", WRONG_EXPIRE) for rest in (
        "EX 0", "EX -1", "PX 0", "EXAT 0", "PXAT -1", "NX EX 0", f"EX {LATEST}", f"PX {LATEST}", f"EXAT {LATEST}",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("command", "error"), ERRORS)
def test_errors_change_nothing(r: Connection, command: str, error: Error) -> None:
    run(r, f"SET a old PXAT {FAR}000")
    assert run(r, command) == error
    assert r("GET", "a") == b"old"
    assert r("PEXPIRETIME", "a") == FAR * 1000
    assert r("DBSIZE") == 1
