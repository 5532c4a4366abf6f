"""Taking members from the ends of sorted sets: ZPOPMIN, ZPOPMAX, ZMPOP, and BZPOPMIN, BZPOPMAX, BZMPOP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.scored import FORMS, PAIRS, M, P, S, expected, form
from tests.commands.script import run
from tests.commands.test_blocking import Waiters, waiters  # noqa: F401 (a fixture)
from tests.support.resp import NULL_ARRAY, SYNTAX, WRONGTYPE, Connection, Error
from tests.support.servers import eventually

POSITIVE = Error("ERR value is out of range, must be positive")
NUMKEYS = Error("ERR numkeys should be greater than 0")
COUNT = Error("ERR count should be greater than 0")
NO_FLOAT = Error("ERR timeout is not a float or out of range")
NEGATIVE = Error("ERR timeout is negative")
TOO_LATE = Error("ERR timeout is out of range")
NOTHING = "nothing"  # a null array, null in RESP3
ABC = "ZADD k 1 a 2 b 3 c"


def answer(r: Connection, value: Any) -> Any:
    if value == NOTHING:
        return NULL_ARRAY if r.resp == 2 else None
    return expected(r, value)


POPS: list[tuple[str, Any, int, str]] = [
    # command, reply, changes, members left
    ("ZPOPMIN k", [b"a", S("1")], 1, "b c"),
    ("ZPOPMAX k", [b"c", S("3")], 1, "a b"),
    ("ZPOPMIN k 1", P("a 1"), 1, "b c"),
    ("ZPOPMIN k 2", P("a 1 b 2"), 2, "c"),
    ("ZPOPMAX k 2", P("c 3 b 2"), 2, "a"),
    ("ZPOPMIN k 3", P("a 1 b 2 c 3"), 3, ""),
    ("ZPOPMAX k 9223372036854775807", P("c 3 b 2 a 1"), 3, ""),
    ("ZPOPMIN k 0", [], 0, "a b c"),
    ("ZPOPMIN no", [], 0, "a b c"),
    ("ZPOPMAX no 5", [], 0, "a b c"),
    ("ZMPOP 1 k MIN", [b"k", PAIRS("a 1")], 1, "b c"),
    ("ZMPOP 1 k max", [b"k", PAIRS("c 3")], 1, "a b"),
    ("ZMPOP 2 no k MAX COUNT 2", [b"k", PAIRS("c 3 b 2")], 2, "a"),
    ("ZMPOP 3 k no k MIN count 9", [b"k", PAIRS("a 1 b 2 c 3")], 3, ""),
    ("ZMPOP 2 no nor MIN", NOTHING, 0, "a b c"),
    ("BZPOPMIN k 0", [b"k", b"a", S("1")], 1, "b c"),
    ("BZPOPMAX no k 0", [b"k", b"c", S("3")], 1, "a b"),
    ("BZMPOP 0 1 k MIN", [b"k", PAIRS("a 1")], 1, "b c"),
    ("BZMPOP 0 2 no k MAX COUNT 2", [b"k", PAIRS("c 3 b 2")], 2, "a"),
    ("BZMPOP 0 1 k MAX COUNT 5", [b"k", PAIRS("c 3 b 2 a 1")], 3, ""),
    ("BZPOPMIN no 0.001", NOTHING, 0, "a b c"),
    ("BZPOPMAX no nor 0.001", NOTHING, 0, "a b c"),
    ("BZMPOP 0.001 1 no MIN COUNT 3", NOTHING, 0, "a b c"),
]


@FORMS
@pytest.mark.parametrize(("command", "reply", "changes", "left"), POPS)
def test_pops(r: Connection, limit: int, command: str, reply: Any, changes: int, left: str) -> None:
    with form(r, limit):
        run(r, ABC)
        dirty = r.dirty()
        assert run(r, command) == answer(r, reply)
        assert r.dirty() == dirty + changes
        assert r("ZRANGE", "k", 0, -1) == M(left)
        assert r("EXISTS", "k") == (left != "")


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZPOPMIN k -1", POSITIVE),
        ("ZPOPMAX k x", POSITIVE),
        ("ZPOPMIN no -1", POSITIVE),
        ("ZPOPMIN s -1", POSITIVE),
        ("ZPOPMIN k 1 2", SYNTAX),
        ("ZPOPMIN s", WRONGTYPE),
        ("ZPOPMAX s 0", WRONGTYPE),
        ("ZMPOP 0 k MIN", NUMKEYS),
        ("ZMPOP x k MIN", NUMKEYS),
        ("ZMPOP -1 k MIN", NUMKEYS),
        ("ZMPOP 1 k FOO", SYNTAX),
        ("ZMPOP 2 k MIN", SYNTAX),
        ("ZMPOP 3 k l MIN", SYNTAX),
        ("ZMPOP 99999999999 k MIN", SYNTAX),
        ("ZMPOP 1 k MIN MAX", SYNTAX),
        ("ZMPOP 1 k MIN COUNT", SYNTAX),
        ("ZMPOP 1 k MIN COUNT 0", COUNT),
        ("ZMPOP 1 k MIN COUNT -1", COUNT),
        ("ZMPOP 1 k MIN COUNT x", COUNT),
        ("ZMPOP 1 k MIN COUNT 1 COUNT 2", SYNTAX),
        ("ZMPOP 1 k MIN FOO 1", SYNTAX),
        ("ZMPOP 1 s MIN", WRONGTYPE),
        ("ZMPOP 2 no s MIN", WRONGTYPE),
        ("ZMPOP 2 s k MIN", WRONGTYPE),
        ("ZMPOP 1 s MIN COUNT 0", COUNT),
        ("BZPOPMIN k x", NO_FLOAT),
        ("BZPOPMIN k nan", NO_FLOAT),
        ("BZPOPMIN k 0 k", NO_FLOAT),
        ("BZPOPMAX k -1", NEGATIVE),
        ("BZPOPMAX k 1e30", TOO_LATE),
        ("BZPOPMAX k inf", TOO_LATE),
        ("BZPOPMIN s 0", WRONGTYPE),
        ("BZPOPMIN s k 0", WRONGTYPE),
        ("BZPOPMIN no s k 0", WRONGTYPE),
        ("BZMPOP x 1 k MIN", NO_FLOAT),
        ("BZMPOP -1 1 k MIN", NEGATIVE),
        ("BZMPOP 1e30 1 k MIN", TOO_LATE),
        ("BZMPOP x 0 k FOO", NUMKEYS),
        ("BZMPOP 0 x k MIN", NUMKEYS),
        ("BZMPOP x 1 k FOO", SYNTAX),
        ("BZMPOP x 1 k MIN COUNT 0", COUNT),
        ("BZMPOP 0 2 k MIN", SYNTAX),
        ("BZMPOP 0 1 k MIN COUNT", SYNTAX),
        ("BZMPOP 0 1 k MIN COUNT 1 COUNT 1", SYNTAX),
        ("BZMPOP 0 1 s MIN", WRONGTYPE),
    ],
)
def test_refusals(r2: Connection, command: str, reply: Any) -> None:
    run(r2, ABC + " ; SET s v")
    dirty = r2.dirty()
    assert run(r2, command) == reply
    assert r2.dirty() == dirty


def test_the_first_key_with_members_is_enough(r: Connection) -> None:
    run(r, ABC + " ; SET s v")
    assert run(r, "ZMPOP 2 k s MIN") == expected(r, [b"k", PAIRS("a 1")])
    assert run(r, "BZPOPMIN k s 0") == expected(r, [b"k", b"b", S("2")])


@pytest.mark.parametrize("count", [1, 7, 64, 1000])
@pytest.mark.parametrize("end", ["ZPOPMIN", "ZPOPMAX"])
def test_popping_large_sets_empty(r2: Connection, end: str, count: int) -> None:
    rows = sorted((i * 7919 % 500, b"m%d" % i) for i in range(2000))
    r2("ZADD", "k", *[word for row in rows for word in row])
    if end == "ZPOPMAX":
        rows.reverse()
    popped: list[bytes] = []
    while r2("EXISTS", "k"):
        popped += r2(end, "k", count)
    assert popped == [word for score, member in rows for word in (member, b"%d" % score)]


# --- waiting ---------------------------------------------------------------------------------------------------------

WAITING: list[tuple[list[str | int], str, Any, str]] = [
    # command, what comes, reply, members left in k
    (["BZPOPMIN", "k", 0], "ZADD k 2 b 1 a", [b"k", b"a", S("1")], "b"),
    (["BZPOPMAX", "k", 0], "ZADD k 2 b 1 a", [b"k", b"b", S("2")], "a"),
    (["BZPOPMIN", "no", "k", 0], "ZADD k 1 a", [b"k", b"a", S("1")], ""),
    (["BZMPOP", 0, 1, "k", "MIN"], "ZADD k 2 b 1 a", [b"k", PAIRS("a 1")], "b"),
    (["BZMPOP", 0, 2, "no", "k", "MAX", "COUNT", 2], "ZADD k 2 b 1 a 3 c", [b"k", PAIRS("c 3 b 2")], "a"),
    (["BZMPOP", 0, 1, "k", "MAX", "COUNT", 9], "ZADD k 2 b 1 a", [b"k", PAIRS("b 2 a 1")], ""),
    (["BZPOPMIN", "k", 0], "ZINCRBY k 1 a", [b"k", b"a", S("1")], ""),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a 2 b ; ZUNIONSTORE k 1 x", [b"k", b"a", S("1")], "b"),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a 2 b ; ZINTERSTORE k 1 x", [b"k", b"a", S("1")], "b"),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a 2 b ; ZDIFFSTORE k 1 x", [b"k", b"a", S("1")], "b"),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a 2 b ; ZRANGESTORE k x 0 -1", [b"k", b"a", S("1")], "b"),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a 2 b ; RENAME x k", [b"k", b"a", S("1")], "b"),
    (["BZPOPMIN", "k", 0], "ZADD x 1 a ; COPY x k", [b"k", b"a", S("1")], ""),
]


@pytest.mark.parametrize(("command", "script", "reply", "left"), WAITING)
def test_waiting(
    r: Connection, waiters: Waiters, command: list[str | int], script: str, reply: Any, left: str  # noqa: F811
) -> None:
    client = waiters.send(*command)
    dirty = r.dirty()
    run(r, script)
    assert client.read() == expected(r, reply)
    assert r("ZRANGE", "k", 0, -1) == M(left)
    assert r("EXISTS", "k") == (left != "")
    assert r.dirty() > dirty + 1


def test_served_in_order_of_arrival(r: Connection, waiters: Waiters) -> None:  # noqa: F811
    first, second = waiters.send("BZPOPMIN", "k", 0), waiters.send("BZPOPMAX", "k", 0)
    third = waiters.send("BZMPOP", 0, 1, "k", "MIN")
    assert r("ZADD", "k", 1, "a", 2, "b", 3, "c", 4, "d") == 4
    assert first.read() == expected(r, [b"k", b"a", S("1")])
    assert second.read() == expected(r, [b"k", b"d", S("4")])
    assert third.read() == expected(r, [b"k", PAIRS("b 2")])
    assert r("ZRANGE", "k", 0, -1) == M("c")


def test_only_a_sorted_set_wakes(r: Connection, waiters: Waiters) -> None:  # noqa: F811
    client = waiters.send("BZPOPMIN", "k", "l", 0)
    assert run(r, "SET k v ; ZADD m 1 a ; DEL k") == 1
    assert waiters.blocked() == 1
    assert r("ZADD", "l", 1, "a") == 1
    assert client.read() == expected(r, [b"l", b"a", S("1")])


def test_what_nobody_waits_for_stays(r: Connection, waiters: Waiters) -> None:  # noqa: F811
    client = waiters.send("BZPOPMIN", "k", 0)
    client.close()
    eventually(lambda: waiters.blocked() == 0, what="the client is gone")
    assert r("ZADD", "k", 1, "a") == 1
    assert r("ZRANGE", "k", 0, -1) == M("a")
