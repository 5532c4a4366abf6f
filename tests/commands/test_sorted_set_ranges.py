"""Ranges of sorted sets: ZRANGE and its older relatives, ZCOUNT, ZLEXCOUNT, ZREMRANGEBY..., ZRANGESTORE."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.commands.scored import FORMS, MIN_MAX_FLOAT, MIN_MAX_TEXT, M, P, expected, form
from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error

LIMIT_NEEDS = Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
NO_SCORES = Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
FIRST, LAST = -9223372036854775808, 9223372036854775807

SET = "ZADD k 1 a 2 b 2 bb 3 c 4.5 d -inf low inf high"  # low a b bb c d high
TEXTS = "ZADD t 0 a 0 b 0 ba 0 c 0 '' 0 10"  # '' 10 a b ba c

# --- by rank ---------------------------------------------------------------------------------------------------------

RANKS: list[tuple[int, int, str]] = [
    (0, -1, "low a b bb c d high"),
    (0, 0, "low"),
    (1, 2, "a b"),
    (-2, -1, "d high"),
    (-1, 0, ""),
    (5, 3, ""),
    (6, 100, "high"),
    (7, 9, ""),
    (-100, 1, "low a"),
    (-100, -7, "low"),
    (-100, -8, ""),
    (FIRST, LAST, "low a b bb c d high"),
    (LAST, LAST, ""),
    (FIRST, FIRST, ""),
]


@FORMS
@pytest.mark.parametrize(("start", "stop", "members"), RANKS)
def test_by_rank(r: Connection, limit: int, start: int, stop: int, members: str) -> None:
    with form(r, limit):
        run(r, SET)
        assert r("ZRANGE", "k", start, stop) == M(members)
        downwards = M("low a b bb c d high")[::-1]
        begin, end = (7 + start if start < 0 else start), (7 + stop if stop < 0 else stop)
        downwards = downwards[max(begin, 0) : max(end + 1, 0)]
        assert r("ZREVRANGE", "k", start, stop) == downwards
        assert r("ZRANGE", "k", start, stop, "REV") == downwards


@FORMS
@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZRANGE k 1 2 WITHSCORES", P("a 1 b 2")),
        ("ZRANGE k -2 -1 REV WITHSCORES", P("a 1 low -inf")),
        ("ZRANGE k 5 4 WITHSCORES", []),
        ("ZREVRANGE k 0 1 WITHSCORES", P("high inf d 4.5")),
        ("ZRANGE no 0 -1 WITHSCORES", []),
        ("ZRANGE k 1 2 LIMIT 0 -1", M("a b")),
        ("ZRANGE k 1 2 LIMIT 5 -1 withscores", P("a 1 b 2")),
        ("ZRANGE k 1 4 BYSCORE WITHSCORES", P("a 1 b 2 bb 2 c 3")),
        ("ZRANGE k 4 1 REV BYSCORE WITHSCORES", P("c 3 bb 2 b 2 a 1")),
        ("ZRANGEBYSCORE k 1 2 WITHSCORES", P("a 1 b 2 bb 2")),
        ("ZRANGEBYSCORE k 1 3 WITHSCORES LIMIT 1 2", P("b 2 bb 2")),
        ("ZRANGEBYSCORE k 1 3 LIMIT 1 2 WITHSCORES", P("b 2 bb 2")),
        ("ZRANGEBYSCORE k 1 3 LIMIT 0 1 LIMIT 1 1", M("b")),
        ("ZREVRANGEBYSCORE k 3 1 WITHSCORES LIMIT 1 2", P("bb 2 b 2")),
        ("ZRANGE k 0 -1 WITHSCORES WITHSCORES", P("low -inf a 1 b 2 bb 2 c 3 d 4.5 high inf")),
    ],
)
def test_with_scores_and_options(r: Connection, limit: int, command: str, reply: Any) -> None:
    with form(r, limit):
        run(r, SET)
        assert run(r, command) == expected(r, reply)


# --- by score --------------------------------------------------------------------------------------------------------

SCORES: list[tuple[str, str, str]] = [
    ("-inf", "+inf", "low a b bb c d high"),
    ("(-inf", "(inf", "a b bb c d"),
    ("1", "3", "a b bb c"),
    ("(1", "3", "b bb c"),
    ("1", "(3", "a b bb"),
    ("(1", "(3", "b bb"),
    ("2", "2", "b bb"),
    ("(2", "2", ""),
    ("2", "(2", ""),
    ("3", "1", ""),
    ("inf", "-inf", ""),
    ("2.5", "4", "c"),
    ("4.5", "4.5", "d"),
    ("4.6", "1e300", ""),
    ("inf", "inf", "high"),
    ("-inf", "-inf", "low"),
    ("-inf", "(1", "low"),
    ("", "2", "a b bb"),
    ("(", "2", "a b bb"),
    ("(\\x00", "2", "a b bb"),
    ("1\\x00x", "2", "a b bb"),
    ("0", "1e400", "a b bb c d high"),
    ("-1e400", "0", "low"),
    ("1e-400", "1", "a"),
    ("+1", "+2", "a b bb"),
    ("-0", "1", "a"),
    ("Infinity", "+INF", "high"),
]


@FORMS
@pytest.mark.parametrize(("low", "high", "members"), SCORES)
def test_by_score(r: Connection, limit: int, low: str, high: str, members: str) -> None:
    found = M(members)
    with form(r, limit):
        run(r, SET)
        assert run(r, f"ZRANGEBYSCORE k '{low}' '{high}'") == found
        assert run(r, f"ZRANGE k '{low}' '{high}' BYSCORE") == found
        assert run(r, f"ZREVRANGEBYSCORE k '{high}' '{low}'") == found[::-1]
        assert run(r, f"ZRANGE k '{high}' '{low}' BYSCORE REV") == found[::-1]
        assert run(r, f"ZCOUNT k '{low}' '{high}'") == len(found)
        assert run(r, f"ZRANGESTORE d k '{low}' '{high}' BYSCORE") == len(found)
        assert r("ZRANGE", "d", 0, -1) == found
        dirty = r.dirty()
        assert run(r, f"ZREMRANGEBYSCORE k '{low}' '{high}'") == len(found)
        assert r.dirty() == dirty + len(found)
        assert r("ZRANGE", "k", 0, -1) == [each for each in M("low a b bb c d high") if each not in found]


@pytest.mark.parametrize("bound", ["x", "nan", "(nan", "((1", "( 1", " 1", "1 ", "0x1", "1e", "--1", ".", "[1", "1,5"])
def test_what_is_no_score_bound(r2: Connection, bound: str) -> None:
    run(r2, SET)
    for command in ("ZCOUNT k", "ZRANGEBYSCORE k", "ZREVRANGEBYSCORE k", "ZREMRANGEBYSCORE k", "ZCOUNT no"):
        assert run(r2, f"{command} '{bound}' 1") == MIN_MAX_FLOAT
        assert run(r2, f"{command} 1 '{bound}'") == MIN_MAX_FLOAT
    assert run(r2, f"ZRANGE k '{bound}' 1 BYSCORE") == MIN_MAX_FLOAT
    assert run(r2, f"ZRANGESTORE d k '{bound}' 1 BYSCORE") == MIN_MAX_FLOAT


# --- by text ---------------------------------------------------------------------------------------------------------

LEX: list[tuple[str, str, list[bytes]]] = [
    ("-", "+", [b"", *M("10 a b ba c")]),
    ("[a", "[b", M("a b")),
    ("(a", "[b", M("b")),
    ("[a", "(b", M("a")),
    ("(a", "(b", []),
    ("-", "[b", [b"", *M("10 a b")]),
    ("(b", "+", M("ba c")),
    ("[", "[", [b""]),
    ("(", "[a", M("10 a")),
    ("[1", "[2", M("10")),
    ("[10", "(10", []),
    ("[b", "[a", []),
    ("+", "-", []),
    ("+", "+", []),
    ("-", "-", []),
    ("[aa", "[az", []),
    ("[z", "+", []),
    ("[-", "[+", []),
    ("[b\\x00", "[b\\xff", M("ba")),
]


@FORMS
@pytest.mark.parametrize(("low", "high", "found"), LEX)
def test_by_text(r: Connection, limit: int, low: str, high: str, found: list[bytes]) -> None:
    with form(r, limit):
        run(r, TEXTS)
        assert run(r, f"ZRANGEBYLEX t '{low}' '{high}'") == found
        assert run(r, f"ZRANGE t '{low}' '{high}' BYLEX") == found
        assert run(r, f"ZREVRANGEBYLEX t '{high}' '{low}'") == found[::-1]
        assert run(r, f"ZRANGE t '{high}' '{low}' BYLEX REV") == found[::-1]
        assert run(r, f"ZLEXCOUNT t '{low}' '{high}'") == len(found)
        assert run(r, f"ZRANGESTORE d t '{low}' '{high}' BYLEX") == len(found)
        assert r("ZRANGE", "d", 0, -1) == found
        dirty = r.dirty()
        assert run(r, f"ZREMRANGEBYLEX t '{low}' '{high}'") == len(found)
        assert r.dirty() == dirty + len(found)
        assert r("ZRANGE", "t", 0, -1) == [each for each in [b"", *M("10 a b ba c")] if each not in found]


@pytest.mark.parametrize("bound", ["a", "", "-a", "++", "--", "]a", "0", "a["])
def test_what_is_no_text_bound(r2: Connection, bound: str) -> None:
    run(r2, TEXTS)
    for command in ("ZRANGEBYLEX t", "ZREVRANGEBYLEX t", "ZLEXCOUNT t", "ZREMRANGEBYLEX t", "ZLEXCOUNT no"):
        assert run(r2, f"{command} '{bound}' +") == MIN_MAX_TEXT
        assert run(r2, f"{command} - '{bound}'") == MIN_MAX_TEXT
    assert run(r2, f"ZRANGE t '{bound}' + BYLEX") == MIN_MAX_TEXT


# --- LIMIT -----------------------------------------------------------------------------------------------------------

LIMITS: list[tuple[int, int, str]] = [
    (0, 10, "a b bb c d"),
    (0, 0, ""),
    (0, 2, "a b"),
    (1, 2, "b bb"),
    (3, 100, "c d"),
    (4, 1, "d"),
    (5, 1, ""),
    (2, -1, "bb c d"),
    (2, -7, "bb c d"),
    (0, LAST, "a b bb c d"),
    (LAST, 1, ""),
    (LAST, LAST, ""),
]


@FORMS
@pytest.mark.parametrize(("offset", "count", "members"), LIMITS)
def test_limit(r: Connection, limit: int, offset: int, count: int, members: str) -> None:
    with form(r, limit):
        run(r, SET)
        assert r("ZRANGEBYSCORE", "k", 1, 5, "LIMIT", offset, count) == M(members)
        assert r("ZRANGE", "k", 1, 5, "LIMIT", offset, count, "BYSCORE") == M(members)
        assert r("ZRANGESTORE", "d", "k", 1, 5, "BYSCORE", "LIMIT", offset, count) == len(M(members))
        assert r("ZRANGE", "d", 0, -1) == M(members)
        downwards = M("a b bb c d")[::-1][offset:]
        downwards = downwards if count < 0 else downwards[:count]
        assert r("ZREVRANGEBYSCORE", "k", 5, 1, "LIMIT", offset, count) == downwards
        assert r("ZRANGE", "k", 5, 1, "BYSCORE", "REV", "LIMIT", offset, count) == downwards


@pytest.mark.parametrize(
    ("offset", "count", "members"),
    [(-1, 10, "d"), (-2, 10, "c d"), (-5, 2, "a b"), (-6, 9, ""), (-9, -1, ""), (FIRST, 1, ""), (-1, 0, "")],
)
def test_an_offset_below_zero_counts_from_the_end_of_the_large_form_only(
    r: Connection, offset: int, count: int, members: str
) -> None:
    with form(r, 0):
        run(r, SET)
        assert r("ZRANGEBYSCORE", "k", 1, 5, "LIMIT", offset, count) == M(members)
        downwards = M("a b bb c d")[::-1][offset if offset >= -5 else 5 :]
        downwards = downwards if count < 0 else downwards[:count]
        assert r("ZREVRANGEBYSCORE", "k", 5, 1, "LIMIT", offset, count) == downwards
    with form(r, 128):
        run(r, SET.replace(" k ", " small "))
        assert r("ZRANGEBYSCORE", "small", 1, 5, "LIMIT", offset, count) == []
        assert r("ZREVRANGEBYSCORE", "small", 5, 1, "LIMIT", offset, count) == []


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZRANGE k x 1", NOT_INTEGER),
        ("ZRANGE k 0 x", NOT_INTEGER),
        ("ZRANGE k 0 1.5", NOT_INTEGER),
        ("ZRANGE no x y", NOT_INTEGER),
        ("ZRANGE s x y", NOT_INTEGER),
        ("ZRANGE s 0 1", WRONGTYPE),
        ("ZRANGE k 0 9223372036854775808", NOT_INTEGER),
        ("ZRANGE k 0 1 foo", SYNTAX),
        ("ZRANGE k 0 1 LIMIT 1", SYNTAX),
        ("ZRANGE k 0 1 LIMIT 0 1", LIMIT_NEEDS),
        ("ZRANGE k 0 1 LIMIT 0 -2", LIMIT_NEEDS),
        ("ZRANGE k 0 1 BYSCORE LIMIT x 1", NOT_INTEGER),
        ("ZRANGE k 0 1 BYSCORE LIMIT 1 x", NOT_INTEGER),
        ("ZRANGE no 1 2 BYSCORE LIMIT 0 x", NOT_INTEGER),
        ("ZRANGE k 0 1 REV REV", SYNTAX),
        ("ZRANGE k 0 1 BYSCORE BYSCORE", SYNTAX),
        ("ZRANGE k 0 1 BYLEX BYLEX", SYNTAX),
        ("ZRANGE k [a [b BYLEX BYSCORE", SYNTAX),
        ("ZRANGE k [a [b BYLEX WITHSCORES", NO_SCORES),
        ("ZRANGE no [1 [2 BYLEX WITHSCORES LIMIT 0 1", NO_SCORES),
        ("ZRANGEBYLEX k [a [b WITHSCORES", NO_SCORES),
        ("ZREVRANGEBYLEX k [b [a WITHSCORES", NO_SCORES),
        ("ZREVRANGE k 0 -1 REV", SYNTAX),
        ("ZREVRANGE k 0 -1 BYSCORE", SYNTAX),
        ("ZREVRANGE k 0 -1 LIMIT 0 1", LIMIT_NEEDS),
        ("ZRANGEBYSCORE k 1 2 REV", SYNTAX),
        ("ZRANGEBYSCORE k 1 2 BYSCORE", SYNTAX),
        ("ZRANGEBYLEX k [a [b BYLEX", SYNTAX),
        ("ZREMRANGEBYRANK k x 1", NOT_INTEGER),
        ("ZREMRANGEBYRANK no 1 x", NOT_INTEGER),
        ("ZREMRANGEBYRANK s 0 1", WRONGTYPE),
        ("ZREMRANGEBYSCORE s 0 1", WRONGTYPE),
        ("ZREMRANGEBYLEX s - +", WRONGTYPE),
        ("ZCOUNT s 0 1", WRONGTYPE),
        ("ZCOUNT s x 1", MIN_MAX_FLOAT),
        ("ZLEXCOUNT s - +", WRONGTYPE),
        ("ZRANGEBYSCORE s 0 1", WRONGTYPE),
        ("ZRANGEBYLEX s - +", WRONGTYPE),
        ("ZRANGESTORE d s 0 1", WRONGTYPE),
        ("ZRANGESTORE d k x 1", NOT_INTEGER),
        ("ZRANGESTORE d k 0 1 WITHSCORES", SYNTAX),
        ("ZRANGESTORE d k 0 1 LIMIT 0 1", LIMIT_NEEDS),
    ],
)
def test_refusals(r2: Connection, command: str, reply: Any) -> None:
    run(r2, SET + " ; SET s v")
    dirty = r2.dirty()
    assert run(r2, command) == reply
    assert r2.dirty() == dirty
    assert r2("EXISTS", "d") == 0


# --- removing, storing -----------------------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(("start", "stop", "members"), RANKS)
def test_zremrangebyrank(r: Connection, limit: int, start: int, stop: int, members: str) -> None:
    found = M(members)
    with form(r, limit):
        run(r, SET)
        dirty = r.dirty()
        assert r("ZREMRANGEBYRANK", "k", start, stop) == len(found)
        assert r.dirty() == dirty + len(found)
        left = [each for each in M("low a b bb c d high") if each not in found]
        assert r("ZRANGE", "k", 0, -1) == left
        assert r("EXISTS", "k") == (len(left) > 0)
        assert r("ZREMRANGEBYRANK", "no", start, stop) == 0


@FORMS
@pytest.mark.parametrize(
    ("before", "command", "reply", "after"),
    [
        (SET, "ZRANGESTORE d k 1 2", 2, "a 1 b 2"),
        (SET, "ZRANGESTORE d k 0 1 REV", 2, "d 4.5 high inf"),
        (SET, "ZRANGESTORE d k 2 1 BYSCORE REV LIMIT 1 1", 1, "b 2"),
        (SET, "ZRANGESTORE k k 1 1", 1, None),
        (SET + " ; SET d v", "ZRANGESTORE d k 1 1", 1, "a 1"),
        (SET + " ; SET d v", "ZRANGESTORE d k 9 10", 0, ""),
        (SET + " ; SET d v", "ZRANGESTORE d no 0 -1", 0, ""),
        (SET, "ZRANGESTORE d no 0 -1", 0, ""),
        (SET + " ; ZADD d 1 x ; EXPIRE d 1000", "ZRANGESTORE d k 1 1", 1, "a 1"),
    ],
)
def test_zrangestore(r: Connection, limit: int, before: str, command: str, reply: int, after: str | None) -> None:
    with form(r, limit):
        run(r, before)
        existed = r("EXISTS", "d")
        dirty = r.dirty()
        assert run(r, command) == reply
        assert r.dirty() == dirty + (1 if reply or existed else 0)
        if after is not None:
            assert r("ZRANGE", "d", 0, -1, "WITHSCORES") == expected(r, P(after))
            assert r("EXISTS", "d") == (after != "")
            assert r("TTL", "d") == (-1 if after else -2)
        else:
            assert r("ZRANGE", "k", 0, -1) == M("a")


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("ZRANGESTORE d k 0 3", b"listpack"),
        ("ZRANGESTORE d k 0 4", b"skiplist"),
        ("ZRANGESTORE d k 0 9 BYSCORE LIMIT 0 4", b"listpack"),
        ("ZRANGESTORE d k 0 9 BYSCORE", b"skiplist"),
        ("ZRANGESTORE d l 0 -1", b"skiplist"),
    ],
)
def test_form_of_what_is_stored(r2: Connection, command: str, encoding: bytes) -> None:
    run(r2, "ZADD k 1 a 2 b 3 c 4 d 5 e 6 f ; ZADD l 1 123456789")
    with r2.config(zset_max_listpack_entries=4, zset_max_listpack_value=8):
        assert run(r2, command) > 0
        assert r2("OBJECT", "ENCODING", "d") == encoding


# --- large sets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [129, 3000])
def test_large_sets(r2: Connection, count: int) -> None:
    """Ranges across many leaves of the tree, with equal scores at their borders."""
    choice = random.Random(count)
    rows = [(float(choice.randrange(count // 5)), b"member:%05d" % i) for i in range(count)]
    for i in range(0, count, 300):
        r2("ZADD", "k", *[word for score, member in rows[i : i + 300] for word in (score, member)])
    rows.sort()
    names = [member for _, member in rows]
    assert r2("ZRANGE", "k", 0, -1) == names
    for _ in range(40):
        low, high = sorted((choice.randrange(count // 5), choice.randrange(count // 5)))
        inside = [member for score, member in rows if low <= score < high]
        assert r2("ZRANGEBYSCORE", "k", low, f"({high}") == inside
        assert r2("ZREVRANGEBYSCORE", "k", f"({high}", low, "LIMIT", 3, 50) == inside[::-1][3:53]
        assert r2("ZCOUNT", "k", low, f"({high}") == len(inside)
        rank = choice.randrange(count)
        assert r2("ZRANK", "k", names[rank]) == rank
        assert r2("ZREVRANK", "k", names[rank]) == count - 1 - rank
        assert r2("ZRANGE", "k", rank, rank + 100) == names[rank : rank + 101]
    while rows:
        first = choice.randrange(len(rows))
        gone = 1 + choice.randrange(len(rows) // 3 + 1)
        taken = rows[first : first + gone]
        assert r2("ZREMRANGEBYRANK", "k", first, first + gone - 1) == len(taken)
        del rows[first : first + gone]
        assert r2("ZRANGE", "k", 0, -1) == [member for _, member in rows]
    assert r2("EXISTS", "k") == 0
