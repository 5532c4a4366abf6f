"""Counters: INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT."""

from __future__ import annotations

import pytest

from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, OK, Connection, Error

OVERFLOW = Error("ERR increment or decrement would overflow")
DECREMENT = Error("ERR decrement would overflow")
NOT_FLOAT = Error("ERR value is not a valid float")
NOT_FINITE = Error("ERR increment would produce NaN or Infinity")
FIRST, LAST = -9223372036854775808, 9223372036854775807

# --- integers: value before (None: no key), command, reply -----------------------------------------------------------

COUNTS: list[tuple[str | int | None, str, int]] = [
    (None, "INCR k", 1),
    (None, "DECR k", -1),
    (None, "INCRBY k 5", 5),
    (None, "DECRBY k 5", -5),
    (None, "INCRBY k 0", 0),
    (5, "INCR k", 6),
    (0, "DECR k", -1),
    (-1, "INCR k", 0),
    (100, "INCRBY k -200", -100),
    (100, "DECRBY k -200", 300),
    (0, f"INCRBY k {LAST}", LAST),
    (0, f"INCRBY k {FIRST}", FIRST),
    (0, f"DECRBY k {LAST}", -LAST),
    (LAST - 1, "INCR k", LAST),
    (FIRST + 1, "DECR k", FIRST),
    (LAST, f"INCRBY k {FIRST}", -1),
    (LAST, f"DECRBY k {LAST}", 0),
    (FIRST, f"INCRBY k {LAST}", -1),
    (FIRST, f"DECRBY k -{LAST}", -1),
    (LAST, "INCRBY k 0", LAST),
]


@pytest.mark.parametrize(("before", "command", "reply"), COUNTS)
def test_counting(r: Connection, before: int | None, command: str, reply: int) -> None:
    if before is not None:
        r("SET", "k", before)
    assert run(r, command) == reply
    assert r("GET", "k") == str(reply).encode()


@pytest.mark.parametrize(
    ("before", "command", "error"),
    [
        (LAST, "INCR k", OVERFLOW),
        (FIRST, "DECR k", OVERFLOW),
        (LAST, "INCRBY k 1", OVERFLOW),
        (1, f"INCRBY k {LAST}", OVERFLOW),
        (-1, f"INCRBY k {FIRST}", OVERFLOW),
        (FIRST, "INCRBY k -1", OVERFLOW),
        (FIRST, "DECRBY k 1", OVERFLOW),
        (-2, f"DECRBY k {LAST}", OVERFLOW),
        (1, f"DECRBY k -{LAST}", OVERFLOW),
        (0, f"DECRBY k {FIRST}", DECREMENT),
        (-1, f"DECRBY k {FIRST}", DECREMENT),
        ("text", f"DECRBY k {FIRST}", DECREMENT),
        (0, f"INCRBY k {LAST + 1}", NOT_INTEGER),
        (0, f"DECRBY k {FIRST - 1}", NOT_INTEGER),
        *((5, f"INCRBY k {step}", NOT_INTEGER) for step in "x 1.0 '' +1 01 -0 - 1e3".split()),
        *((5, f"INCRBY k {step}", NOT_INTEGER) for step in ("' 1'", "'1 '")),
        *((5, f"DECRBY k {step}", NOT_INTEGER) for step in ("x", "1.0", "''", "-")),
        *((value, "INCR k", NOT_INTEGER) for value in ("", "x", " 1", "1 ", "01", "-0", "+1", "1.0", "0x1", LAST + 1)),
        ("1.5", "DECR k", NOT_INTEGER),
        ("text", "INCRBY k 0", NOT_INTEGER),
        ("text", "INCRBY k x", NOT_INTEGER),
    ],
)  # fmt: skip
def test_counting_refused(r: Connection, before: str | int, command: str, error: Error) -> None:
    r("SET", "k", before)
    assert run(r, command) == error
    assert r("GET", "k") == str(before).encode()


def test_counting_refused_makes_no_key(r: Connection) -> None:
    assert r("INCRBY", "k", "x") == NOT_INTEGER
    assert r("DECRBY", "k", FIRST) == DECREMENT
    assert r("INCRBYFLOAT", "k", "x") == NOT_FLOAT
    assert r("EXISTS", "k") == 0


@pytest.mark.parametrize("command", ["INCR k", "DECR k", "INCRBY k 10", "DECRBY k 10", "INCRBYFLOAT k 1.5"])
@pytest.mark.parametrize("before", ["SET k 10", "SET k 100 ; APPEND k 0", "SETRANGE k 0 10"])
def test_counters_keep_the_expiry(r: Connection, before: str, command: str) -> None:
    run(r, f"{before} ; PEXPIREAT k 32503680000123")
    assert not isinstance(run(r, command), Error)
    assert r("PEXPIRETIME", "k") == 32503680000123


def test_a_long_count(r: Connection) -> None:
    assert r.many([("INCR", "k")] * 5000) == list(range(1, 5001))
    assert r.many([("DECRBY", "k", 2)] * 2500) == list(range(4998, -1, -2))


# --- INCRBYFLOAT: value before, step, what comes out -----------------------------------------------------------------

FLOATS: list[tuple[str | None, str, bytes]] = [
    (None, "1.5", b"1.5"),
    (None, "0", b"0"),
    (None, "-0", b"0"),
    (None, "-0.0", b"0"),
    (None, "+1", b"1"),
    (None, "1.", b"1"),
    (None, ".5", b"0.5"),
    (None, "1e2", b"100"),
    (None, "1E2", b"100"),
    (None, "5.0e3", b"5000"),
    (None, "0x1p4", b"16"),
    (None, "0x.8", b"0.5"),
    (None, "1e-17", b"0.00000000000000001"),
    (None, "5e-18", b"0"),
    (None, "-1e-20", b"0"),
    (None, "1e-4950", b"0"),
    (None, "0e-9999", b"0"),
    (None, "3.0", b"3"),
    ("0", "0.1", b"0.1"),
    ("0.1", "0.2", b"0.3"),
    ("0.3", "1.1", b"1.4"),
    ("10.50", "0.1", b"10.6"),
    ("10.6", "-5", b"5.6"),
    ("5.0e3", "2.0e2", b"5200"),
    ("5.0", "-5", b"0"),
    ("1", "1", b"2"),
    ("1.0", "0", b"1"),
    ("1.23456789012345678901234567890", "0", b"1.23456789012345679"),
    ("17179869184", "1.5", b"17179869185.5"),
    ("9223372036854775807", "1", b"9223372036854775808"),
    ("-9223372036854775808", "-1", b"-9223372036854775809"),
    ("0", "1e17", b"100000000000000000"),
    ("0.6", "1e17", b"100000000000000000.6015625"),
    ("0", "1e20", b"100000000000000000000"),
    ("0" * 5118 + "7", "1", b"8"),
    ("1." + "0" * 5117, "1", b"2"),
]


@pytest.mark.parametrize(("before", "step", "after"), FLOATS, ids=lambda text: str(text)[:30])
def test_adding_floats(r: Connection, before: str | None, step: str, after: bytes) -> None:
    if before is not None:
        r("SET", "k", before)
    assert r("INCRBYFLOAT", "k", step) == after
    assert r("GET", "k") == after


def rounded(number: int) -> int:
    """The nearest number that has 64 significant bits, which is what a long double keeps; the even one of two."""
    spare = max(number.bit_length() - 64, 0)
    kept, rest = divmod(number, 1 << spare)
    return kept + (rest * 2 + (kept & 1) > 1 << spare) << spare


@pytest.mark.parametrize(
    "number",
    [2**63 - 1, *(2**64 + n for n in (1, 2, 3, 6)), 123456789012345678901234567890, 10**29, 10**254, 3**3000, 10**4299],
    ids=lambda number: f"{number:.5e}" if number < 1e308 else f"{number.bit_length()}bits",
)
def test_whole_numbers_have_64_bits(r: Connection, number: int) -> None:
    assert r("SET", "k", number) == OK
    assert r("INCRBYFLOAT", "k", "0") == b"%d" % rounded(number)
    assert r("INCRBYFLOAT", "k", f"-{number}") == b"0"


@pytest.mark.parametrize("power", [300, 308, 400, 1000, 4900, 4932])
def test_numbers_beyond_doubles(r: Connection, power: int) -> None:
    reply = r("INCRBYFLOAT", "k", f"1e{power}")
    assert abs(len(reply) - power) <= 1
    assert r("INCRBYFLOAT", "k", f"-1e{power}") == b"0"


@pytest.mark.parametrize(
    ("before", "step", "error"),
    [
        *(("1", step, NOT_FLOAT) for step in (
            "x", "", " 1", "1 ", "nan", "NaN", "nan(1)", "1e", "e1", ".", "0x", "1,5", "1d", "--1", "1.2.3", "1\0",
            "\x001", "1e5000", "-1e5000", "1.19e4932", "0x1p16384", "1e-5000", "1e-4951", "0" * 5120,
        )),
        *((value, "1", NOT_FLOAT) for value in (
            "x", "", " 1", "1 ", "nan", "1\0", "1e5000", "1e-5000", "-1e-5000", "0" * 5120, "1." + "3" * 5118,
        )),
        ("x", "y", NOT_FLOAT),
        *(("1", step, NOT_FINITE) for step in ("inf", "-inf", "+inf", "Infinity", "INF")),
        ("inf", "1", NOT_FINITE),
        ("-inf", "1", NOT_FINITE),
        ("inf", "-inf", NOT_FINITE),
        ("1e4932", "1e4932", NOT_FINITE),
        ("-1e4932", "-1e4932", NOT_FINITE),
    ],
    ids=lambda text: repr(text)[:30],
)  # fmt: skip
def test_adding_floats_refused(r: Connection, before: str, step: str, error: Error) -> None:
    r("SET", "k", before)
    assert r("INCRBYFLOAT", "k", step) == error
    assert r("GET", "k") == before.encode()


def test_integer_commands_take_what_incrbyfloat_left_if_it_is_whole(r: Connection) -> None:
    run(r, "SET k 1.5")
    assert r("INCRBYFLOAT", "k", "1.5") == b"3"
    assert r("INCR", "k") == 4
    assert r("INCRBYFLOAT", "k", "0.5") == b"4.5"
    assert r("INCR", "k") == NOT_INTEGER
