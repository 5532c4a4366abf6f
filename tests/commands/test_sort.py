"""SORT and SORT_RO: order by numbers and texts, by other keys and hash fields, GET, LIMIT, STORE."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import OK, Connection, Error

NO_NUMBER = Error("ERR One or more scores can't be converted into double")
NOT_INTEGER = Error("ERR value is not an integer or out of range")
SYNTAX = Error("ERR syntax error")
WRONG_TYPE = Error("WRONGTYPE Operation against a key holding the wrong kind of value")

SETUP = (
    "RPUSH l 3 1 2 10 ; SADD s 3 1 2 10 ; ZADD z 1 c 2 b 3 a ; MSET w_1 30 w_2 20 w_3 10 ; "
    "HSET h_1 f 5 ; HSET h_2 f 4 ; HSET h_3 f 3 ; SET str x ; "
)

CASES: list[tuple[str, Any]] = [
    ("SORT l", [b"1", b"2", b"3", b"10"]),
    ("SORT l ASC", [b"1", b"2", b"3", b"10"]),
    ("SORT l DESC", [b"10", b"3", b"2", b"1"]),
    ("SORT l DESC ASC", [b"1", b"2", b"3", b"10"]),
    ("SORT l ALPHA", [b"1", b"10", b"2", b"3"]),
    ("SORT l ALPHA DESC", [b"3", b"2", b"10", b"1"]),
    ("SORT s", [b"1", b"2", b"3", b"10"]),
    ("SORT z", NO_NUMBER),
    ("SORT z ALPHA", [b"a", b"b", b"c"]),
    ("SORT missing", []),
    ("SORT str", WRONG_TYPE),
    ("SORT str BY nosort", WRONG_TYPE),
    ("SORT h_1", WRONG_TYPE),
    # Not sorted at all
    ("SORT l BY nosort", [b"3", b"1", b"2", b"10"]),
    ("SORT l BY nosort DESC", [b"10", b"2", b"1", b"3"]),
    ("SORT l BY nosort LIMIT 1 2", [b"1", b"2"]),
    ("SORT l BY nosort DESC LIMIT 1 2", [b"2", b"1"]),
    ("SORT s BY nosort LIMIT 0 2", [b"1", b"2"]),
    ("SORT z BY nosort", [b"c", b"b", b"a"]),
    ("SORT z BY nosort DESC LIMIT 0 2", [b"a", b"b"]),
    ("SORT z BY nosort LIMIT 1 -1", [b"b", b"a"]),
    # LIMIT
    ("SORT l LIMIT 1 2", [b"2", b"3"]),
    ("SORT l LIMIT -1 2", [b"1", b"2"]),
    ("SORT l LIMIT 1 -5", [b"2", b"3", b"10"]),
    ("SORT l LIMIT 10 2", []),
    ("SORT l LIMIT 3 9223372036854775807", [b"10"]),
    ("SORT l LIMIT 9223372036854775807 9223372036854775807", []),
    ("SORT l LIMIT 0 0", []),
    ("SORT l LIMIT x 1", NOT_INTEGER),
    ("SORT l LIMIT 1 x", NOT_INTEGER),
    ("SORT l LIMIT 1", SYNTAX),
    # BY and GET
    ("SORT l BY w_*", [b"10", b"3", b"2", b"1"]),
    ("SORT l BY w_* DESC", [b"1", b"2", b"3", b"10"]),
    ("SET w_1 x ; SORT l BY w_*", NO_NUMBER),
    ("SET w_1 x ; SORT l BY w_* ALPHA", [b"10", b"3", b"2", b"1"]),
    ("SORT l BY w_* BY nosort", [b"3", b"1", b"2", b"10"]),
    ("SORT l BY h_*->f", [b"10", b"3", b"2", b"1"]),
    ("SORT l BY h_*->f LIMIT 1 2 GET h_*->f GET h_*-> GET h_*->g GET #", [b"3", None, None, b"3", b"4", None, None, b"2"]),
    ("SORT l LIMIT 0 2 GET w_* GET nope GET nope_* GET #", [b"30", None, None, b"1", b"20", None, None, b"2"]),
    ("SORT l GET h_* LIMIT 0 1", [None]),
    ("SORT l BY * GET * LIMIT 0 1", [None]),
    ("SORT l GET ##", [None, None, None, None]),
    ("SET x3-> y ; SORT l BY nosort LIMIT 0 1 GET x*->", [b"y"]),
    ("SET x3y 1 ; SORT l BY nosort LIMIT 0 1 GET x*y", [b"1"]),
    ("SET w_1 123456 ; SORT l LIMIT 0 1 GET w_*", [b"123456"]),
    # Wrong options
    ("SORT l FOO", SYNTAX),
    ("SORT l BY", SYNTAX),
    ("SORT l GET", SYNTAX),
    ("SORT l STORE", SYNTAX),
    ("SORT_RO l STORE x", SYNTAX),
    ("SORT_RO l BY nosort GET # LIMIT 0 2", [b"3", b"1"]),
    ("SORT str LIMIT x y", NOT_INTEGER),
    # STORE
    ("SORT l STORE d", 4),
    ("SORT l STORE d ; LRANGE d 0 -1", [b"1", b"2", b"3", b"10"]),
    ("SORT s BY nosort STORE d ; LRANGE d 0 -1", [b"1", b"10", b"2", b"3"]),
    ("SORT l GET w_* STORE d ; LRANGE d 0 -1", [b"30", b"20", b"10", b""]),
    ("SORT l STORE d GET w_* GET # LIMIT 0 1 ; LRANGE d 0 -1", [b"30", b"1"]),
    ("SORT l STORE d ; OBJECT ENCODING d", b"listpack"),
    ("SORT l STORE l ; LRANGE l 0 -1", [b"1", b"2", b"3", b"10"]),
    ("SORT l BY w_* LIMIT 0 2 GET # STORE l ; LRANGE l 0 -1", [b"10", b"3"]),
    ("SORT l STORE a STORE b ; EXISTS a b", 1),
    ("SORT missing STORE str", 0),
    ("SORT missing STORE str ; EXISTS str", 0),
    ("SORT l LIMIT 0 0 STORE str ; EXISTS str", 0),
    ("SORT l STORE str ; TYPE str", "list"),
    ("PEXPIRE str 100000 ; SORT l STORE str ; TTL str", -1),
]


@pytest.mark.parametrize(("script", "reply"), CASES)
def test_sort(r: Connection, script: str, reply: Any) -> None:
    assert run(r, SETUP + script) == reply


@pytest.mark.parametrize(
    ("element", "is_number"),
    [
        ("5", True), ("+5", True), ("-5", True), (".5", True), ("5.", True), ("1e3", True), ("1E+3", True),
        ("inf", True), ("-inf", True), ("INFINITY", True), ("5\\x00x", True),
        ("", False), ("-", False), (" 5", False), ("5 ", False), ("nan", False), ("0x10", False), ("1e400", False),
        ("1_0", False), ("infin", False),
    ],
)  # fmt: skip
def test_what_is_a_number(r: Connection, element: str, is_number: bool) -> None:
    reply = run(r, f"RPUSH k '{element}' ; SORT k")
    assert (reply == NO_NUMBER) is not is_number


def test_equal_numbers_are_sorted_by_their_text(r: Connection) -> None:
    assert r("RPUSH", "k", "1", "1.0", "01", "+1") == 4
    assert r("SORT", "k") == [b"+1", b"01", b"1", b"1.0"]
    assert r("SORT", "k", "DESC") == [b"1.0", b"1", b"01", b"+1"]
    assert r("SORT", "k", "BY", "nothing_*") == [b"+1", b"01", b"1", b"1.0"]


@pytest.mark.parametrize("n", [1, 2, 3, 127, 128, 129, 1000, 5000])
@pytest.mark.parametrize("kind", ["RPUSH", "SADD", "ZADD"])
def test_many_elements(r: Connection, kind: str, n: int) -> None:
    numbers = [number * 7919 % n for number in range(n)]
    elements = [word for number in numbers for word in (([number] if kind == "ZADD" else []) + [f"{number}.5"])]
    for at in range(0, len(elements), 1000):
        assert not isinstance(r(kind, "k", *elements[at : at + 1000]), Error)
    distinct = numbers if kind == "RPUSH" else set(numbers)
    assert r("SORT", "k") == [b"%d.5" % number for number in sorted(distinct)]
    assert r("SORT", "k", "DESC", "STORE", "d") == len(distinct)
    assert r("LRANGE", "d", 0, -1) == [b"%d.5" % number for number in sorted(distinct, reverse=True)]


def test_expired_keys_are_not_found(r: Connection) -> None:
    assert run(r, "RPUSH k 1 2 ; MSET w_1 2 w_2 1 ; SORT k BY w_*") == [b"2", b"1"]
    assert r("PEXPIREAT", "w_1", 1) == 1
    assert r("SORT", "k", "BY", "w_*", "GET", "w_*") == [None, b"1"]


def test_changes(r: Connection) -> None:
    before = r.dirty()
    assert run(r, "RPUSH k 1 2 ; SORT k STORE d") == 2
    assert r.dirty() - before == 4
    assert r("SORT", "missing", "STORE", "d") == 0
    assert r.dirty() - before == 5
    assert r("SORT", "missing", "STORE", "d") == 0
    assert r.dirty() - before == 5
    assert r("FLUSHALL") == OK
