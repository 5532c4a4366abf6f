"""Unions, intersections and differences of sorted sets, answered, stored and counted; sets among them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.commands.scored import FORMS, M, P, S, expected, form
from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error

WEIGHT = Error("ERR weight value is not a float")
BELOW = Error("ERR LIMIT can't be negative")


def needs_a_key(command: str) -> Error:
    return Error(f"ERR at least 1 input key is needed for '{command}' command")


SETS = "ZADD k 1 a 2 b 3 c ; ZADD l 10 b 20 c 30 d ; ZADD m 5 c ; SADD s a c x ; SADD n 1 2 3 ; ZADD o 7 2 8 -0"

CASES: list[tuple[str, str]] = [
    # command without ZUNION's first words, result
    ("ZUNION 2 k l", "a 1 b 12 c 23 d 30"),
    ("ZUNION 2 l k", "a 1 b 12 c 23 d 30"),
    ("ZUNION 1 k", "a 1 b 2 c 3"),
    ("ZUNION 2 k k", "a 2 b 4 c 6"),
    ("ZUNION 3 k l m", "a 1 b 12 c 28 d 30"),
    ("ZUNION 2 k no", "a 1 b 2 c 3"),
    ("ZUNION 2 no nor", ""),
    ("ZUNION 2 k l WEIGHTS 2 3", "a 2 b 34 c 66 d 90"),
    ("ZUNION 2 k l AGGREGATE MIN", "a 1 b 2 c 3 d 30"),
    ("ZUNION 2 k l AGGREGATE max", "a 1 b 10 c 20 d 30"),
    ("ZUNION 2 k l AGGREGATE SUM", "a 1 b 12 c 23 d 30"),
    ("ZUNION 2 k l weights 1 -1 aggregate min", "d -30 c -20 b -10 a 1"),
    ("ZUNION 2 k l AGGREGATE MAX WEIGHTS 0.5 0", "d 0 a 0.5 b 1 c 1.5"),
    ("ZUNION 2 k l WEIGHTS 5 5 WEIGHTS 1 1", "a 1 b 12 c 23 d 30"),
    ("ZUNION 2 k l AGGREGATE MIN AGGREGATE MAX", "a 1 b 10 c 20 d 30"),
    ("ZUNION 1 k WEIGHTS -1", "c -3 b -2 a -1"),
    ("ZUNION 1 k WEIGHTS inf", "a inf b inf c inf"),
    ("ZUNION 2 k k WEIGHTS inf -inf", "a 0 b 0 c 0"),
    ("ZUNION 2 k s", "x 1 a 2 b 2 c 4"),
    ("ZUNION 1 s WEIGHTS 3", "a 3 c 3 x 3"),
    ("ZUNION 2 s n", "1 1 2 1 3 1 a 1 c 1 x 1"),
    ("ZUNION 2 n o", "1 1 3 1 -0 8 2 8"),
    ("ZUNION 2 s n AGGREGATE MAX WEIGHTS 2 1", "1 1 2 1 3 1 a 2 c 2 x 2"),
    ("ZINTER 2 k l", "b 12 c 23"),
    ("ZINTER 2 k l WEIGHTS 1 -1", "c -17 b -8"),
    ("ZINTER 3 k l m AGGREGATE MIN", "c 3"),
    ("ZINTER 3 k l m AGGREGATE MAX", "c 20"),
    ("ZINTER 3 k l m", "c 28"),
    ("ZINTER 2 k no", ""),
    ("ZINTER 1 k", "a 1 b 2 c 3"),
    ("ZINTER 2 k k", "a 2 b 4 c 6"),
    ("ZINTER 2 k k WEIGHTS inf -inf", "a 0 b 0 c 0"),
    ("ZINTER 2 k s", "a 2 c 4"),
    ("ZINTER 2 s k AGGREGATE MAX", "a 1 c 3"),
    ("ZINTER 2 n o", "2 8"),
    ("ZINTER 2 s n", ""),
    ("ZINTER 1 s", "a 1 c 1 x 1"),
    ("ZDIFF 2 k l", "a 1"),
    ("ZDIFF 2 l k", "d 30"),
    ("ZDIFF 3 k l m", "a 1"),
    ("ZDIFF 2 k m", "a 1 b 2"),
    ("ZDIFF 1 k", "a 1 b 2 c 3"),
    ("ZDIFF 2 k no", "a 1 b 2 c 3"),
    ("ZDIFF 2 no k", ""),
    ("ZDIFF 2 k k", ""),
    ("ZDIFF 2 k s", "b 2"),
    ("ZDIFF 2 s k", "x 1"),
    ("ZDIFF 2 n o", "1 1 3 1"),
]


@FORMS
@pytest.mark.parametrize(("command", "result"), CASES)
def test_answered(r: Connection, limit: int, command: str, result: str) -> None:
    with form(r, limit):
        run(r, SETS)
        dirty = r.dirty()
        assert run(r, command + " WITHSCORES") == expected(r, P(result))
        assert run(r, command) == M(result)[::2]
        assert r.dirty() == dirty


@FORMS
@pytest.mark.parametrize(("command", "result"), CASES)
def test_stored(r: Connection, limit: int, command: str, result: str) -> None:
    name, rest = command.split(" ", 1)
    with form(r, limit):
        run(r, SETS)
        dirty = r.dirty()
        assert run(r, f"{name}STORE d {rest}") == len(M(result)) // 2
        assert r.dirty() == dirty + (result != "")
        assert r("ZRANGE", "d", 0, -1, "WITHSCORES") == expected(r, P(result))
        if result:
            assert r("OBJECT", "ENCODING", "d") == (b"listpack" if limit else b"skiplist")
        assert run(r, f"{name}STORE k {rest}") == len(M(result)) // 2       # over one of the sources
        assert r("ZRANGE", "k", 0, -1, "WITHSCORES") == expected(r, P(result))


@FORMS
@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("ZINTERCARD 2 k l", 2),
        ("ZINTERCARD 2 k l LIMIT 1", 1),
        ("ZINTERCARD 2 k l LIMIT 0", 2),
        ("ZINTERCARD 2 k l limit 5", 2),
        ("ZINTERCARD 2 k l LIMIT 1 LIMIT 2", 2),
        ("ZINTERCARD 3 k l m", 1),
        ("ZINTERCARD 1 k", 3),
        ("ZINTERCARD 2 k k LIMIT 2", 2),
        ("ZINTERCARD 2 k no", 0),
        ("ZINTERCARD 2 k s", 2),
        ("ZINTERCARD 2 n o", 1),
        ("ZINTERCARD 1 s LIMIT 2", 2),
    ],
)
def test_zintercard(r: Connection, limit: int, command: str, count: int) -> None:
    with form(r, limit):
        run(r, SETS)
        assert run(r, command) == count


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("ZUNION 0 k", needs_a_key("zunion")),
        ("ZUNION -1 k", needs_a_key("zunion")),
        ("ZINTER 0 k", needs_a_key("zinter")),
        ("ZDIFF 0 k", needs_a_key("zdiff")),
        ("ZINTERCARD 0 k", needs_a_key("zintercard")),
        ("ZUNIONSTORE d 0 k", needs_a_key("zunionstore")),
        ("ZINTERSTORE d 0 k", needs_a_key("zinterstore")),
        ("ZDIFFSTORE d 0 k", needs_a_key("zdiffstore")),
        ("ZUNION x k", NOT_INTEGER),
        ("ZDIFF x k", NOT_INTEGER),
        ("ZINTERCARD x k", NOT_INTEGER),
        ("ZUNIONSTORE d x k", NOT_INTEGER),
        ("ZUNION 2 k", SYNTAX),
        ("ZUNION 99999999999999 k", SYNTAX),
        ("ZUNIONSTORE d 2 k", SYNTAX),
        ("ZINTERCARD 2 k", SYNTAX),
        ("ZUNION 1 k FOO", SYNTAX),
        ("ZUNION 1 k WEIGHTS", SYNTAX),
        ("ZUNION 2 k l WEIGHTS 1", SYNTAX),
        ("ZUNION 1 k WEIGHTS x", WEIGHT),
        ("ZUNION 1 k WEIGHTS nan", WEIGHT),
        ("ZUNION 1 k WEIGHTS ''", WEIGHT),
        ("ZUNION 1 k WEIGHTS 1e400", WEIGHT),
        ("ZINTERSTORE d 1 k WEIGHTS x", WEIGHT),
        ("ZUNION 1 k AGGREGATE", SYNTAX),
        ("ZUNION 1 k AGGREGATE FOO", SYNTAX),
        ("ZUNIONSTORE d 1 k WITHSCORES", SYNTAX),
        ("ZDIFFSTORE d 1 k WITHSCORES", SYNTAX),
        ("ZDIFF 1 k WEIGHTS 1", SYNTAX),
        ("ZDIFF 1 k AGGREGATE MAX", SYNTAX),
        ("ZDIFFSTORE d 1 k WEIGHTS 1", SYNTAX),
        ("ZINTERCARD 1 k WITHSCORES", SYNTAX),
        ("ZINTERCARD 1 k WEIGHTS 1", SYNTAX),
        ("ZINTERCARD 2 k l LIMIT -1", BELOW),
        ("ZINTERCARD 2 k l LIMIT x", BELOW),
        ("ZINTERCARD 2 k l LIMIT", SYNTAX),
        ("ZINTERCARD 2 k l FOO", SYNTAX),
        ("ZUNION 1 str", WRONGTYPE),
        ("ZUNION 2 no str", WRONGTYPE),
        ("ZINTER 2 no str", WRONGTYPE),
        ("ZDIFF 2 no str", WRONGTYPE),
        ("ZINTERCARD 2 no str", WRONGTYPE),
        ("ZUNIONSTORE d 2 k str", WRONGTYPE),
        ("ZUNION 1 str FOO", WRONGTYPE),
    ],
)
def test_refusals(r2: Connection, command: str, reply: Any) -> None:
    run(r2, SETS + " ; SET str v")
    dirty = r2.dirty()
    assert run(r2, command) == reply
    assert r2.dirty() == dirty
    assert r2("EXISTS", "d") == 0


@pytest.mark.parametrize(
    ("command", "there"),
    [("ZUNIONSTORE d 1 no", 0), ("ZINTERSTORE d 2 k no", 0), ("ZDIFFSTORE d 2 k k", 0), ("ZUNIONSTORE d 1 k", 1)],
)
def test_the_destination_is_replaced_whatever_it_was(r2: Connection, command: str, there: int) -> None:
    for before in ("SET d v", "SADD d x", "ZADD d 1 x", "HSET d f v"):
        run(r2, f"FLUSHALL ; {SETS} ; {before} ; EXPIRE d 1000")
        dirty = r2.dirty()
        run(r2, command)
        assert r2("EXISTS", "d") == there
        assert r2.dirty() == dirty + 1
        if there:
            assert r2("TTL", "d") == -1
            assert r2("TYPE", "d") == "zset"


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("ZUNIONSTORE d 1 k", b"listpack"),
        ("ZUNIONSTORE d 2 k l", b"skiplist"),
        ("ZINTERSTORE d 2 k l", b"listpack"),
        ("ZUNIONSTORE d 2 k long", b"skiplist"),
        ("ZDIFFSTORE d 2 long k", b"skiplist"),
        ("ZUNIONSTORE d 1 large", b"listpack"),
    ],
)
def test_form_of_what_is_stored(r2: Connection, command: str, encoding: bytes) -> None:
    run(r2, "ZADD k 1 a 2 b 3 c ; ZADD l 1 c 2 d 3 e ; ZADD long 1 123456789")
    with r2.config(zset_max_listpack_entries=0):
        run(r2, "ZADD large 1 a")
    with r2.config(zset_max_listpack_entries=4, zset_max_listpack_value=8):
        assert run(r2, command) > 0
        assert r2("OBJECT", "ENCODING", "d") == encoding


def test_scores_are_added_up_from_the_smallest_set_on(r: Connection) -> None:
    """In floating point the order of a sum matters."""
    run(r, "ZADD large 1e16 a 1 x 1 y 1 z ; ZADD middle 1 a 1 x 1 y ; ZADD small 1 a")
    assert run(r, "ZUNION 3 large middle small WITHSCORES")[-2 if r.resp == 2 else -1 :] == expected(
        r, P("a 10000000000000002")
    )
    run(r, "ZADD small 1 p 1 q 1 r 1 s ; ZADD large 1 a")
    run(r, "ZADD small 1e16 a ; ZADD large 1 a ; ZREM large x y z")
    assert run(r, "ZINTER 3 large middle small WITHSCORES") == expected(r, P("a 10000000000000002"))


@pytest.mark.parametrize("count", [100, 3000])
def test_many_members(r2: Connection, count: int) -> None:
    choice = random.Random(count)
    sources = {
        name: {b"m%d" % choice.randrange(count): float(choice.randrange(50)) for _ in range(size)}
        for name, size in (("k", count), ("l", count // 2), ("m", count // 3))
    }
    for name, members in sources.items():
        r2("ZADD", name, *[word for member, score in members.items() for word in (score, member)])
    plain = {b"m%d" % choice.randrange(count) for _ in range(count)}
    r2("SADD", "s", *plain)
    sources["s"] = dict.fromkeys(plain, 1.0)
    names = ["k", "l", "m", "s"]
    weights = [2.0, -1.0, 0.5, 10.0]
    for n in (1, 2, 3, 4):
        weighted = [{member: score * weights[i] for member, score in sources[names[i]].items()} for i in range(n)]
        union = {member: sum(each.get(member, 0.0) for each in weighted) for each in weighted for member in each}
        inter = {member: score for member, score in union.items() if all(member in each for each in weighted)}
        diff = {m: s for m, s in sources["k"].items() if not any(m in sources[name] for name in names[1:n])}
        for command, result, options in (
            ("ZUNION", union, ["WEIGHTS", *weights[:n]]),
            ("ZINTER", inter, ["WEIGHTS", *weights[:n]]),
            ("ZDIFF", diff, []),
        ):
            rows = sorted((score, member) for member, score in result.items())
            assert r2(command, n, *names[:n], *options) == [member for _, member in rows]
            assert r2(command + "STORE", "d", n, *names[:n], *options) == len(rows)
            stored = r2("ZRANGE", "d", 0, -1, "WITHSCORES")
            assert [(float(stored[i + 1]), stored[i]) for i in range(0, len(stored), 2)] == rows
            some = rows[:: max(len(rows) // 50, 1)]
            assert [r2("ZSCORE", "d", member) for _, member in some] == [
                S(f"{score:g}").text.encode() for score, _ in some
            ]
            for score, member in some[:10]:
                assert r2("ZADD", "d", score + 1, member) == 0
                assert r2("ZREM", "d", member) == 1
        assert r2("ZINTERCARD", n, *names[:n]) == len(inter)
