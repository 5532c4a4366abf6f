"""GET and SET with all their options, and the older commands that SET has made superfluous."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error
from tests.support.servers import eventually

LATEST = 9223372036854775807
WRONG_EXPIRE = {
    name: Error(f"ERR invalid expire time in '{name}' command")
    for name in ("set", "setex", "psetex", "getex")
}


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [b"", b"v", b"\x00", b"\r\n", bytes(range(256)), b"x" * 63, b"x" * 64, b"x" * 65, b"x" * 1000, b"x" * 100_000],
    ids=lambda value: f"{len(value)}-{value[:4]!r}",
)
def test_a_value_comes_back_as_it_was_set(r: Connection, value: bytes) -> None:
    assert r("SET", "k", value) == OK
    assert r("GET", "k") == value


@pytest.mark.parametrize("key", [b"", b"\x00", b"a b", b"\r\n", b"k" * 300, b"k" * 70_000], ids=len)
def test_any_bytes_can_be_a_key(r: Connection, key: bytes) -> None:
    assert r("SET", key, "v") == OK
    assert r("GET", key) == b"v"
    assert r("GET", key + b"x") is None
    assert r("KEYS", "*") == [key]


NUMBERS = ["0", "1", "-1", "123456", "-9223372036854775808", "9223372036854775807", "9223372036854775808"]
NEAR_NUMBERS = ["-0", "00", "01", "-01", "+1", " 1", "1 ", "1.0", "1e3", "-", "0x10", "99999999999999999999"]


@pytest.mark.parametrize("value", NUMBERS + NEAR_NUMBERS)
def test_numbers_keep_their_form(r: Connection, value: str) -> None:
    assert r("SET", "k", value) == OK
    assert r("GET", "k") == value.encode()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"1", b"text"),
        (b"text", b"1"),
        (b"1", b"2"),
        (b"short", b"SHORT"),
        (b"short", b"longer"),
        (b"longer", b"short"),
        (b"x" * 500, b"y" * 500),
        (b"x" * 50_000, b"y"),
        (b"y", b"x" * 50_000),
        (b"x" * 50_000, b"y" * 60_000),
        (b"x" * 50_000, b"7"),
    ],
    ids=lambda value: f"{len(value)}-{value[:2].decode()}",
)
def test_a_value_can_replace_any_other(r: Connection, first: bytes, second: bytes) -> None:
    assert r("SET", "k", first) == OK
    assert r("SET", "k", second) == OK
    assert r("GET", "k") == second
    assert r("STRLEN", "k") == len(second)
    assert r("DBSIZE") == 1


def test_get_of_a_missing_key_is_null(r: Connection) -> None:
    assert r("GET", "k") is None


def test_keys_do_not_disturb_each_other(r: Connection) -> None:
    count = 5000
    assert r.many([("SET", f"key:{i}", f"value:{i}") for i in range(count)]) == [OK] * count
    assert r.many([("GET", f"key:{i}") for i in range(count)]) == [f"value:{i}".encode() for i in range(count)]
    assert r("DBSIZE") == count


# --- conditions and GET: before, command, reply, value afterwards ----------------------------------------------------

CONDITIONS: list[tuple[str, str, Any, bytes | None]] = [
    ("", "SET k v NX", OK, b"v"),
    ("SET k old", "SET k v NX", None, b"old"),
    ("", "SET k v XX", None, None),
    ("SET k old", "SET k v XX", OK, b"v"),
    ("SET k old", "SET k v nX nx", None, b"old"),
    ("SET k old", "SET k v xx XX", OK, b"v"),
    ("SET k old", "SET k v IFEQ old", OK, b"v"),
    ("SET k old", "SET k v IFEQ Old", None, b"old"),
    ("SET k old", "SET k v IFEQ ''", None, b"old"),
    ("SET k ''", "SET k v IFEQ ''", OK, b"v"),
    ("SET k 10", "SET k v IFEQ 10", OK, b"v"),
    ("SET k 10", "SET k v IFEQ 010", None, b"10"),
    ("SET k old", "SET k v IFEQ NX", None, b"old"),
    ("", "SET k v IFEQ old", None, None),
    ("", "SET k v GET", None, b"v"),
    ("SET k old", "SET k v GET", b"old", b"v"),
    ("SET k 5", "SET k v GET GET", b"5", b"v"),
    ("", "SET k v NX GET", None, b"v"),
    ("SET k old", "SET k v NX GET", b"old", b"old"),
    ("", "SET k v XX GET", None, None),
    ("SET k old", "SET k v GET XX", b"old", b"v"),
    ("SET k old", "SET k v GET IFEQ old", b"old", b"v"),
    ("SET k old", "SET k v IFEQ other GET", b"old", b"old"),
    ("", "SET k v IFEQ other GET", None, None),
    ("SET k old", "SET k old GET", b"old", b"old"),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), CONDITIONS)
def test_conditions(r: Connection, before: str, command: str, reply: Any, after: bytes | None) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert r("GET", "k") == after


# --- expiry: before, command, the range the TTL in ms is in afterwards -----------------------------------------------

HOUR = 3600_000
EXPIRIES: list[tuple[str, str, tuple[int, int]]] = [
    ("", "SET k v EX 3600", (HOUR - 60_000, HOUR)),
    ("", "SET k v PX 3600000", (HOUR - 60_000, HOUR)),
    ("SET k v EX 10", "SET k v EX 3600", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SET k v", (-1, -1)),
    ("SET k v EX 3600", "SET k w KEEPTTL", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SET k 1 KEEPTTL", (HOUR - 60_000, HOUR)),
    ("SET k 1 EX 3600", "SET k 2 KEEPTTL", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SET k w KEEPTTL KEEPTTL", (HOUR - 60_000, HOUR)),
    ("SET k v", "SET k w KEEPTTL", (-1, -1)),
    ("", "SET k w KEEPTTL", (-1, -1)),
    ("SET k v", "SET k w GET EX 3600", (HOUR - 60_000, HOUR)),
    ("SET k v", "SET k w EX 3600 XX GET", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SET k w EX 10 NX", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SET k w EX 10 IFEQ x", (HOUR - 60_000, HOUR)),
    ("", "SET k v EX 10 EX 3600", (HOUR - 60_000, HOUR)),
    ("", "SET k v PX 10 px 3600000", (HOUR - 60_000, HOUR)),
    ("", "SETEX k 3600 v", (HOUR - 60_000, HOUR)),
    ("", "PSETEX k 3600000 v", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "SETEX k 60 v", (1, 60_000)),
    ("SET k v EX 3600", "GETSET k w", (-1, -1)),
    ("SET k v EX 3600", "SETNX k w", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "GETEX k", (HOUR - 60_000, HOUR)),
    ("SET k v EX 3600", "GETEX k PERSIST", (-1, -1)),
    ("SET k v EX 3600", "GETEX k PERSIST persist", (-1, -1)),
    ("SET k v", "GETEX k PERSIST", (-1, -1)),
    ("SET k v", "GETEX k EX 3600", (HOUR - 60_000, HOUR)),
    ("SET k v", "GETEX k PX 3600000", (HOUR - 60_000, HOUR)),
    ("SET k 12", "GETEX k PX 10 PX 3600000", (HOUR - 60_000, HOUR)),
]


@pytest.mark.parametrize(("before", "command", "ttl"), EXPIRIES)
def test_time_to_live_afterwards(r: Connection, before: str, command: str, ttl: tuple[int, int]) -> None:
    run(r, before)
    assert not isinstance(run(r, command), Error)
    assert ttl[0] <= r("PTTL", "k") <= ttl[1]


@pytest.mark.parametrize(
    ("before", "command", "moment"),
    [
        ("", f"SET k v EXAT {FAR}", FAR * 1000),
        ("", f"SET k v PXAT {FAR}123", FAR * 1000 + 123),
        ("", f"SET k v EXAT 5 EXAT {FAR}", FAR * 1000),
        ("", f"SET k v PXAT {LATEST}", LATEST),
        ("", f"SET k v EXAT {LATEST // 1000}", LATEST // 1000 * 1000),
        ("SET k v EX 10", f"SET k v PXAT {FAR}000", FAR * 1000),
        (f"SET k v PXAT {FAR}000", "SET k w KEEPTTL", FAR * 1000),
        (f"SET k v PXAT {FAR}000", "SET k w XX KEEPTTL GET", FAR * 1000),
        ("SET k v", f"GETEX k EXAT {FAR}", FAR * 1000),
        ("SET k 7", f"GETEX k PXAT {FAR}007", FAR * 1000 + 7),
        (f"SET k v PXAT {FAR}000", f"GETEX k PXAT {LATEST}", LATEST),
    ],
)
def test_absolute_expiry_is_kept_exactly(r: Connection, before: str, command: str, moment: int) -> None:
    run(r, before)
    assert not isinstance(run(r, command), Error)
    assert r("PEXPIRETIME", "k") == moment


@pytest.mark.parametrize(
    ("before", "command", "reply"),
    [
        ("", "SET k v PXAT 1", OK),
        ("SET k old", "SET k v PXAT 1", OK),
        ("SET k old", "SET k v EXAT 1", OK),
        ("SET k old", "SET k v PXAT 1 GET", b"old"),
        ("", "SET k v PXAT 1 GET", None),
        ("SET k old", "SET k v XX PXAT 1", OK),
        ("SET k old", "SET k v IFEQ old EXAT 1", OK),
        ("", "SET k v NX PXAT 1", OK),
        ("SET k old", "GETEX k PXAT 1", b"old"),
        ("SET k 12", "GETEX k EXAT 1", b"12"),
    ],
)
def test_a_moment_that_has_passed_leaves_no_key(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert r("EXISTS", "k") == 0
    assert r("DBSIZE") == 0


@pytest.mark.parametrize(
    "command",
    ["SET k v NX PXAT 1", "SET k v IFEQ x PXAT 1", "SET k v NX EX 100", "SET k v NX GET PXAT 1"],
)
def test_a_condition_that_fails_leaves_the_expiry_alone(r: Connection, command: str) -> None:
    run(r, f"SET k old PXAT {FAR}000")
    assert not isinstance(run(r, command), Error)
    assert r("GET", "k") == b"old"
    assert r("PEXPIRETIME", "k") == FAR * 1000


# --- errors: the value that was there stays --------------------------------------------------------------------------

ERRORS: list[tuple[str, Error]] = [
    *((f"SET k v {options}", SYNTAX) for options in (
        "NX XX", "XX NX", "NX IFEQ old", "IFEQ old XX", "IFEQ", "IFEQ old IFEQ old", "EX", "PX", "EXAT", "PXAT",
        "EX 10 PX 10", "EX 10 EXAT 10", "EXAT 10 PXAT 10", "EX 10 KEEPTTL", "KEEPTTL PX 10", "PERSIST",
        "KEEPTTL PERSIST", "FOO", "NXX", "N", "EX 10 FOO", "EX x FOO", "EX x NX XX", "EX -1 XX NX", "GET FOO", "''",
        "NX EX",
    )),
    *((f"SET k v {options}", NOT_INTEGER) for options in (
        "EX x", "EX 1.5", "EX ''", "EX ' 10'", "EX '10 '", "EX +10", "EX 010", "PX 9223372036854775808", "EX NX",
        "EXAT x", "PXAT 1e9", "EX 10 EX x", "NX EX x",
    )),
    *((f"SET k v {options}", WRONG_EXPIRE["set"]) for options in (
        "EX 0", "EX -1", "PX 0", "PX -5", "EXAT 0", "EXAT -1", "PXAT 0", "PXAT -1", f"EX {LATEST}", f"PX {LATEST}",
        f"EX {LATEST // 1000}", f"EX {LATEST // 1000 + 1}", f"EXAT {LATEST}", f"EXAT {LATEST // 1000 + 1}",
        "EX -9223372036854775808", "GET EX -1", "NX EX 0", "EX 10 EX 0",
    )),
    *((f"SETEX k {seconds} v", WRONG_EXPIRE["setex"]) for seconds in ("0", "-1", str(LATEST), str(LATEST // 1000 + 1))),
    *((f"PSETEX k {ms} v", WRONG_EXPIRE["psetex"]) for ms in ("0", "-1", str(LATEST))),
    *((f"SETEX k {seconds} v", NOT_INTEGER) for seconds in ("x", "1.0", "''", "9223372036854775808")),
    ("PSETEX k x v", NOT_INTEGER),
    *((f"GETEX k {options}", SYNTAX) for options in (
        "FOO", "EX", "PXAT", "NX", "XX", "GET", "KEEPTTL", "IFEQ old", "PERSIST EX 10", "EX 10 PERSIST", "EX 10 PX 10",
        "EX x FOO",
    )),
    *((f"GETEX k {options}", NOT_INTEGER) for options in ("EX x", "PX 1.0", "PXAT ''", "EX 1 EX x")),
    *((f"GETEX k {options}", WRONG_EXPIRE["getex"]) for options in (
        "EX 0", "PX -1", "EXAT 0", "PXAT -1", f"EX {LATEST}", f"PX {LATEST}", f"EXAT {LATEST}",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("command", "error"), ERRORS)
def test_errors_leave_everything_as_it_was(r: Connection, command: str, error: Error) -> None:
    run(r, f"SET k old PXAT {FAR}000")
    assert run(r, command) == error
    assert r("GET", "k") == b"old"
    assert r("PEXPIRETIME", "k") == FAR * 1000


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("GETEX k FOO", SYNTAX),
        ("GETEX k EX x", NOT_INTEGER),
        ("GETEX k EX -1", WRONG_EXPIRE["getex"]),
        ("SET k v XX EX 0", WRONG_EXPIRE["set"]),
    ],
)
def test_options_are_checked_though_the_key_is_missing(r: Connection, command: str, error: Error) -> None:
    assert run(r, command) == error


# --- the relatives ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "command", "reply", "after"),
    [
        ("", "SETNX k v", 1, b"v"),
        ("SET k old", "SETNX k v", 0, b"old"),
        ("", "SETEX k 100 v", OK, b"v"),
        ("SET k old", "SETEX k 100 12", OK, b"12"),
        ("SET k old", "PSETEX k 100000 v", OK, b"v"),
        ("", "GETSET k v", None, b"v"),
        ("SET k old", "GETSET k v", b"old", b"v"),
        ("SET k 5", "GETSET k 6", b"5", b"6"),
        ("", "GETDEL k", None, None),
        ("SET k old", "GETDEL k", b"old", None),
        ("SET k 5 EX 100", "GETDEL k", b"5", None),
        ("", "GETEX k", None, None),
        ("SET k old", "GETEX k", b"old", b"old"),
        ("SET k 5", "GETEX k EX 100", b"5", b"5"),
        ("", "GETEX k EX 100", None, None),
        ("", "GETEX k PXAT 1", None, None),
        ("", "DELIFEQ k old", 0, None),
        ("SET k old", "DELIFEQ k old", 1, None),
        ("SET k old", "DELIFEQ k Old", 0, b"old"),
        ("SET k old", "DELIFEQ k ''", 0, b"old"),
        ("SET k 10", "DELIFEQ k 10", 1, None),
        ("SET k 10", "DELIFEQ k 010", 0, b"10"),
        ("SET k old EX 100", "DELIFEQ k old", 1, None),
    ],
)
def test_relatives(r: Connection, before: str, command: str, reply: Any, after: bytes | None) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert r("GET", "k") == after


def test_a_short_time_to_live_ends(r: Connection) -> None:
    assert r("PSETEX", "k", 1, "v") == OK
    eventually(lambda: r("GET", "k") is None)
    assert r("SET", "k", "new", "NX") == OK
