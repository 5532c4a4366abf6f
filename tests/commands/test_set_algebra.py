"""SINTER, SUNION, SDIFF, their STORE forms, and SINTERCARD: in every combination of encodings, and with odd keys."""

from __future__ import annotations

import random
from functools import reduce
from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.commands.sets import LIMITS, fill, members, numbers, plain
from tests.support.resp import SYNTAX, WRONGTYPE, Connection, Error, arity

NUMKEYS = Error("ERR numkeys should be greater than 0")
TOO_MANY = Error("ERR Number of keys can't be greater than number of args")
LIMIT = Error("ERR LIMIT can't be negative")

SETS = "SADD a 1 2 3 4 ; SADD b 3 4 5 ; SADD c x y 3 ; SADD d x ; SADD e 9 10 ; SET k v"

# --- replies: command, members ---------------------------------------------------------------------------------------

CASES: list[tuple[str, Any]] = [
    ("SINTER a b", "3 4"),
    ("SINTER a b c", "3"),
    ("SINTER c b a", "3"),
    ("SINTER a", "1 2 3 4"),
    ("SINTER a a", "1 2 3 4"),
    ("SINTER c c d", "x"),
    ("SINTER a e", ""),
    ("SINTER a none", ""),
    ("SINTER none a", ""),
    ("SINTER none", ""),
    ("SINTER a k", WRONGTYPE),
    ("SINTER none k", WRONGTYPE),
    ("SINTER k none", WRONGTYPE),
    ("SINTER", arity("sinter")),
    ("SUNION a b", "1 2 3 4 5"),
    ("SUNION a b c", "1 2 3 4 5 x y"),
    ("SUNION a none", "1 2 3 4"),
    ("SUNION none d none", "x"),
    ("SUNION none none", ""),
    ("SUNION none", ""),
    ("SUNION a", "1 2 3 4"),
    ("SUNION a a", "1 2 3 4"),
    ("SUNION a k", WRONGTYPE),
    ("SUNION none k", WRONGTYPE),
    ("SUNION", arity("sunion")),
    ("SDIFF a b", "1 2"),
    ("SDIFF b a", "5"),
    ("SDIFF a b c", "1 2"),
    ("SDIFF c a b", "x y"),
    ("SDIFF c d a", "y"),
    ("SDIFF a", "1 2 3 4"),
    ("SDIFF a none", "1 2 3 4"),
    ("SDIFF a none b none", "1 2"),
    ("SDIFF none a", ""),
    ("SDIFF none", ""),
    ("SDIFF a a", ""),
    ("SDIFF a b a", ""),
    ("SDIFF a k", WRONGTYPE),
    ("SDIFF none k", WRONGTYPE),
    ("SDIFF", arity("sdiff")),
]


@pytest.mark.parametrize("encoding", ["usual", "listpack", "hashtable"])
@pytest.mark.parametrize(("command", "reply"), CASES)
def test_replies(r: Connection, encoding: str, command: str, reply: Any) -> None:
    with r.config(**LIMITS.get(encoding, {})):
        run(r, SETS)
        dirty = r.dirty()
        answer = plain(r, run(r, command))
        assert answer == (reply if isinstance(reply, Error) else sorted(reply.encode().split()))
        assert r.dirty() == dirty


@pytest.mark.parametrize("encoding", ["usual", "hashtable"])
@pytest.mark.parametrize(("command", "reply"), CASES)
@pytest.mark.parametrize("before", ["", "SADD dst old", "SET dst v", f"SADD dst 3 ; EXPIREAT dst {FAR}"])
def test_what_is_stored_is_what_would_be_answered(
    r: Connection, encoding: str, command: str, reply: Any, before: str
) -> None:
    name, _, keys = command.partition(" ")
    with r.config(**LIMITS.get(encoding, {})):
        run(r, SETS)
        run(r, before)
        dirty = r.dirty()
        answer = run(r, f"{name}STORE dst {keys}")
        if not keys:
            assert answer == arity(f"{name.lower()}store")
        elif isinstance(reply, Error):
            assert answer == reply
            assert r("EXISTS", "dst") == bool(before)
        else:
            stored = sorted(reply.encode().split())
            assert answer == len(stored)
            assert members(r, "dst") == stored
            assert r("TTL", "dst") == (-1 if stored else -2)
            assert r.dirty() - dirty == (1 if stored or before else 0)


@pytest.mark.parametrize(
    ("command", "stored"),
    [
        ("SINTERSTORE a a b", "3 4"),
        ("SINTERSTORE a b a c", "3"),
        ("SINTERSTORE a a e", ""),
        ("SINTERSTORE a none a", ""),
        ("SINTERSTORE a a", "1 2 3 4"),
        ("SUNIONSTORE a a c", "1 2 3 4 x y"),
        ("SUNIONSTORE a b c", "3 4 5 x y"),
        ("SUNIONSTORE a none a", "1 2 3 4"),
        ("SUNIONSTORE a none", ""),
        ("SDIFFSTORE a a b", "1 2"),
        ("SDIFFSTORE a b a", "5"),
        ("SDIFFSTORE a a a", ""),
        ("SDIFFSTORE a none a", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["usual", "hashtable"])
def test_a_source_may_be_the_destination(r: Connection, encoding: str, command: str, stored: str) -> None:
    with r.config(**LIMITS.get(encoding, {})):
        run(r, SETS)
        assert run(r, command) == len(stored.split())
        assert members(r, "a") == sorted(stored.encode().split())
        assert r("EXISTS", "a") == bool(stored)


def test_sets_of_integers_are_answered_in_order(r: Connection) -> None:
    run(r, "SADD a 10 9 -1 32768 5 ; SADD b 32768 9 5 70000")
    assert list(r("SINTER", "a", "b")) == [b"5", b"9", b"32768"]
    assert list(r("SUNION", "a", "b")) == [b"-1", b"5", b"9", b"10", b"32768", b"70000"]
    assert list(r("SDIFF", "a", "b")) == [b"-1", b"10"]


# --- SINTERCARD ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("SINTERCARD 1 a", 4),
        ("SINTERCARD 2 a b", 2),
        ("SINTERCARD 3 a b c", 1),
        ("SINTERCARD 2 a e", 0),
        ("SINTERCARD 2 a none", 0),
        ("SINTERCARD 1 none", 0),
        ("SINTERCARD 2 a b LIMIT 0", 2),
        ("SINTERCARD 2 a b LIMIT 1", 1),
        ("SINTERCARD 2 a b limit 2", 2),
        ("SINTERCARD 2 a b LIMIT 100", 2),
        ("SINTERCARD 2 a b LIMIT 9223372036854775807", 2),
        ("SINTERCARD 1 a LIMIT 3", 3),
        ("SINTERCARD 1 a LIMIT 1 LIMIT 2", 2),
        ("SINTERCARD 0 a", NUMKEYS),
        ("SINTERCARD -1 a", NUMKEYS),
        ("SINTERCARD x a", NUMKEYS),
        ("SINTERCARD 9223372036854775808 a", NUMKEYS),
        ("SINTERCARD 2 a", TOO_MANY),
        ("SINTERCARD 9223372036854775807 a", TOO_MANY),
        ("SINTERCARD 4294967297 a", TOO_MANY),
        ("SINTERCARD 1 a b", SYNTAX),
        ("SINTERCARD 1 a LIMIT", SYNTAX),
        ("SINTERCARD 1 a NONSENSE 1", SYNTAX),
        ("SINTERCARD 1 a LIMIT -1", LIMIT),
        ("SINTERCARD 1 a LIMIT x", LIMIT),
        ("SINTERCARD 1 k LIMIT -1", LIMIT),
        ("SINTERCARD 2 none k", WRONGTYPE),
        ("SINTERCARD 2 k none", WRONGTYPE),
        ("SINTERCARD 1", arity("sintercard")),
    ],
)
@pytest.mark.parametrize("encoding", ["usual", "hashtable"])
def test_sintercard(r: Connection, encoding: str, command: str, reply: Any) -> None:
    with r.config(**LIMITS.get(encoding, {})):
        run(r, SETS)
        assert run(r, command) == reply


@pytest.mark.parametrize("limit", [1, 31, 32, 33, 499, 500, 501])
def test_sintercard_counts_up_to_the_limit(r: Connection, limit: int) -> None:
    fill(r, "a", [b"m%d" % i for i in range(1000)])
    fill(r, "b", [b"m%d" % i for i in range(500, 2000)])
    assert r("SINTERCARD", 2, "a", "b", "LIMIT", limit) == min(limit, 500)


# --- many and large --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encodings", [
    ("intset", "intset"), ("intset", "hashtable"), ("hashtable", "intset"), ("listpack", "hashtable"),
    ("hashtable", "listpack"), ("hashtable", "hashtable"), ("intset", "listpack"), ("listpack", "listpack"),
])  # fmt: skip
@pytest.mark.parametrize("size", [20, 33, 1000])
def test_large_sets(r: Connection, encodings: tuple[str, str], size: int) -> None:
    """Integers, half of them common, in every form."""
    a, b = set(numbers(2 * size)[: size + size // 2]), set(numbers(2 * size)[size // 2 :])
    for key, texts, encoding in (("a", a, encodings[0]), ("b", b, encodings[1])):
        with r.config(**LIMITS[encoding]):
            fill(r, key, sorted(texts))
    assert plain(r, r("SINTER", "a", "b")) == sorted(a & b)
    assert plain(r, r("SUNION", "a", "b")) == sorted(a | b)
    assert plain(r, r("SDIFF", "a", "b")) == sorted(a - b)
    assert r("SINTERCARD", 2, "a", "b") == len(a & b)
    for name, result in (("SINTERSTORE", a & b), ("SUNIONSTORE", a | b), ("SDIFFSTORE", a - b)):
        assert r(name, "c", "a", "b") == len(result)
        assert members(r, "c") == sorted(result)


@pytest.mark.parametrize("count", [3, 17, 70, 200])
def test_many_sets(r: Connection, count: int) -> None:
    """More than their list has room for at first, and more than one batch of keys; of all sizes."""
    chance = random.Random(count)
    common = [b"c%d" % i for i in range(5)]
    sets = []
    for i in range(count):
        own = chance.sample(numbers(300), chance.randrange(1, 250))
        sets.append({*common, *own})
        fill(r, f"s{i}", sorted(sets[-1]))
    keys = [f"s{i}" for i in range(count)]
    assert plain(r, r("SINTER", *keys)) == sorted(reduce(set.intersection, sets))
    assert plain(r, r("SUNION", *keys)) == sorted(reduce(set.union, sets))
    assert plain(r, r("SDIFF", *keys)) == sorted(reduce(set.difference, sets))
    assert r("SINTERCARD", count, *keys) == len(reduce(set.intersection, sets))
    r("SET", "wrong", "v")
    assert r("SINTER", *keys, "wrong") == WRONGTYPE
    assert r("SUNION", *keys, "none", *keys) == r("SUNION", *keys) or r.resp == 2
    assert r("SDIFF", "none", *keys) == r("SINTER", *keys, "none")


def test_a_difference_of_little_from_much(r: Connection) -> None:
    """So many sets that the small ones are taken out of a copy of the large one."""
    fill(r, "a", [b"m%d" % i for i in range(2000)])
    for i in range(12):
        r("SADD", f"s{i}", f"m{i}", f"n{i}")
    left = sorted(b"m%d" % i for i in range(12, 2000))
    keys = [f"s{i}" for i in range(12)]
    assert plain(r, r("SDIFF", "a", *keys)) == left
    assert r("SDIFFSTORE", "c", "a", *keys) == len(left)
    assert members(r, "c") == left
    assert r("SCARD", "a") == 2000


# --- encodings of what is stored -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "command", "encoding"),
    [
        ("SADD a 1 2 3 ; SADD b 2 3 4", "SINTERSTORE c a b", b"intset"),
        ("SADD a 1 2 x ; SADD b 2 3 y", "SINTERSTORE c a b", b"intset"),
        ("SADD a 1 2 x ; SADD b 2 x y", "SINTERSTORE c a b", b"listpack"),
        ("SADD a x y z v w u t ; SADD b x y z v w u s", "SINTERSTORE c a b", b"listpack"),
        ("SADD a x y z v w u t ; SADD b x y z v w u t", "SINTERSTORE c a b", b"hashtable"),
        ("SADD a 1 2 3 4 5 6 x ; SADD b 1 2 3 4 y z v", "SINTERSTORE c a b", b"intset"),
        ("SADD a 1 2 3 4 5 6 x ; SADD b 1 2 3 4 5 z v", "SINTERSTORE c a b", b"listpack"),
        ("SADD a 1 2 3 4 5 6 7 ; SADD b 1 2 3 4 5 6 7", "SINTERSTORE c a b", b"hashtable"),
        ("SADD a 1 2 ; SADD b 3 4", "SUNIONSTORE c a b", b"intset"),
        ("SADD a 1 2 ; SADD b 3 4 5", "SUNIONSTORE c a b", b"hashtable"),
        ("SADD a 1 2 ; SADD b x y", "SUNIONSTORE c a b", b"listpack"),
        ("SADD a x y ; SADD b 1 2", "SUNIONSTORE c a b", b"listpack"),
        ("SADD a x y 1 2 ; SADD b 3 4 5", "SUNIONSTORE c a b", b"hashtable"),
        ("SADD a 1 2 3 4 ; SADD b x", "SUNIONSTORE c a b", b"listpack"),
        ("SADD a x y z v w u t", "SUNIONSTORE c a", b"hashtable"),
        ("SADD a x y z v w u t ; SREM a x y", "SUNIONSTORE c a", b"listpack"),
        ("SADD a 1 x ; SADD b x", "SDIFFSTORE c a b", b"intset"),
        ("SADD a 1 x y ; SADD b x", "SDIFFSTORE c a b", b"listpack"),
        ("SADD a x y z v w u t ; SADD b x y", "SDIFFSTORE c a b", b"listpack"),
        ("SADD a 1 2 3 4 5 ; SADD b 5", "SDIFFSTORE c a b", b"intset"),
        ("SADD a 1 2 3 4 5 6 ; SADD b 5 ; SADD d 4", "SDIFFSTORE c a b d", b"hashtable"),
        ("SADD a 1 2 3 4 5 ; SADD b 5 6 ; SADD d 4", "SDIFFSTORE c a b d", b"intset"),
    ],
)
def test_encodings_of_what_is_stored(r: Connection, before: str, command: str, encoding: bytes) -> None:
    with r.config(set_max_intset_entries=4, set_max_listpack_entries=6):
        run(r, before)
        run(r, command)
        assert r("OBJECT", "ENCODING", "c") == encoding


def test_long_members_make_a_table_of_what_is_stored(r: Connection) -> None:
    long = "x" * 65
    run(r, f"SADD a 1 {long} y ; SADD b 1 {long}")
    for name in ("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"):
        r(name, "c", *(("a", "b") if name != "SDIFFSTORE" else ("a", "none")))
        assert r("OBJECT", "ENCODING", "c") == b"hashtable"


def test_hits_and_misses(r: Connection) -> None:
    run(r, "SADD a 1 2 ; SADD b 2 ; CONFIG RESETSTAT")
    for line in ("SINTER a b none", "SUNION a", "SDIFF none a", "SINTERCARD 2 a b", "SINTERSTORE c a b",
                 "SUNIONSTORE c a none", "SDIFFSTORE a b"):  # fmt: skip
        run(r, line)
    stats = r.info("stats")
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("10", "3")
