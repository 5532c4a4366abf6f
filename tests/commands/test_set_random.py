"""SPOP and SRANDMEMBER: what they answer, that it is fair, what is left, what they count as changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.commands.sets import LIMITS, fill, members, numbers, plain
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error, Set, arity

NOT_POSITIVE = Error("ERR value is out of range, must be positive")
OUT_OF_RANGE = Error(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
)


@pytest.fixture(params=["intset", "listpack", "hashtable"])
def form(r: Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """Sets of integers made in this test have this encoding."""
    with r.config(**LIMITS[request.param]):
        yield request.param


def check_even(counts: Counter[bytes], keys: int, draws: int) -> None:
    """Chi-square: are all as frequent as is likely when they are equally likely? One in a million fair choices fails."""
    expected = draws / keys
    assert len(counts) == keys
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_square <= keys - 1 + 6 * math.sqrt(2 * (keys - 1)) + 16, chi_square


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("SPOP k", None),
        ("SPOP k 1 2", SYNTAX),
        ("SPOP k -1", NOT_POSITIVE),
        ("SPOP k x", NOT_POSITIVE),
        ("SPOP k ''", NOT_POSITIVE),
        ("SPOP k 1.0", NOT_POSITIVE),
        ("SPOP k 9223372036854775808", NOT_POSITIVE),
        ("SPOP", arity("spop")),
        ("SRANDMEMBER k", None),
        ("SRANDMEMBER k 0", []),
        ("SRANDMEMBER k 3", []),
        ("SRANDMEMBER k -3", []),
        ("SRANDMEMBER k 1 2", SYNTAX),
        ("SRANDMEMBER k x", NOT_INTEGER),
        ("SRANDMEMBER k 9223372036854775808", NOT_INTEGER),
        ("SRANDMEMBER k -9223372036854775808", OUT_OF_RANGE),
        ("SRANDMEMBER", arity("srandmember")),
        ("SET k v ; SPOP k", WRONGTYPE),
        ("SET k v ; SPOP k 0", WRONGTYPE),
        ("SET k v ; SPOP k 3", WRONGTYPE),
        ("SET k v ; SPOP k x", NOT_POSITIVE),
        ("SET k v ; SPOP k 1 2", SYNTAX),
        ("SET k v ; SRANDMEMBER k", WRONGTYPE),
        ("SET k v ; SRANDMEMBER k 0", WRONGTYPE),
        ("SET k v ; SRANDMEMBER k x", NOT_INTEGER),
        ("SET k v ; SRANDMEMBER k 1 2", SYNTAX),
        ("SADD k a ; SPOP k", b"a"),
        ("SADD k 7 ; SPOP k", b"7"),
        ("SADD k a ; SRANDMEMBER k", b"a"),
        ("SADD k -7 ; SRANDMEMBER k -3", [b"-7", b"-7", b"-7"]),
        ("SADD k a ; SRANDMEMBER k 9223372036854775807", [b"a"]),
    ],
)
def test_single_replies(r: Connection, command: str, reply: Any) -> None:
    answer = run(r, command)
    assert answer == reply
    assert type(answer) is type(reply)


@pytest.mark.parametrize("key", ["k", "none"])
def test_a_count_of_none_or_of_nothing_is_an_empty_set(r: Connection, key: str) -> None:
    r("SADD", "k", "a")
    dirty = r.dirty()
    for command in (("SPOP", key, 0), ("SPOP", "none", 5)):
        assert plain(r, r(*command)) == []
    assert r.dirty() == dirty


def test_types_of_replies(r: Connection) -> None:
    """SPOP with a count answers a set, SRANDMEMBER with a count an array, since that may hold the same one twice."""
    fill(r, "k", numbers(20))
    wanted = Set if r.resp == 3 else list
    for count in (1, 3, 100):
        assert type(r("SRANDMEMBER", "k", count)) is list
        assert type(r("SRANDMEMBER", "k", -count)) is list
    assert type(r("SPOP", "k", 1)) is wanted
    assert type(r("SPOP", "k", 5)) is wanted
    assert type(r("SPOP", "k", 100)) is wanted


# --- taking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 40, 500])
def test_popping_one_by_one_takes_each_once_and_the_key_at_last(r: Connection, form: str, size: int) -> None:
    fill(r, "k", numbers(size))
    dirty = r.dirty()
    popped = r.many([("SPOP", "k")] * size)
    assert sorted(popped) == sorted(numbers(size))
    assert r.dirty() - dirty == size
    assert r("EXISTS", "k") == 0
    assert r("SPOP", "k") is None


@pytest.mark.parametrize("size", [2, 40, 700, 5000])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.6, 0.999])
def test_popping_some_takes_just_those(r: Connection, form: str, size: int, part: float) -> None:
    fill(r, "k", numbers(size))
    count = max(1, int(size * part))
    dirty = r.dirty()
    popped = plain(r, r("SPOP", "k", count))
    assert len(set(popped)) == len(popped) == count
    assert r.dirty() - dirty == count
    left = members(r, "k")
    assert sorted(popped + left) == sorted(numbers(size))
    assert r("SCARD", "k") == len(left)
    assert r("SMISMEMBER", "k", *popped[:100], *left[:100]) == [0] * len(popped[:100]) + [1] * len(left[:100])
    assert r("OBJECT", "ENCODING", "k").decode() == form


@pytest.mark.parametrize("more", [0, 1, 1000, 9223372036854770000])
def test_popping_all_or_more_deletes_the_key(r: Connection, form: str, more: int) -> None:
    fill(r, "k", numbers(300))
    dirty = r.dirty()
    assert plain(r, r("SPOP", "k", 300 + more)) == sorted(numbers(300))
    assert r.dirty() - dirty == 300
    assert r("EXISTS", "k") == 0


def test_popping_keeps_the_expiry_and_the_encoding(r: Connection) -> None:
    for key, texts in (("i", "1 2 3"), ("l", "a b c 1"), ("h", "a b c " + "x" * 65)):
        run(r, f"SADD {key} {texts} ; EXPIREAT {key} {FAR}")
        encoding = r("OBJECT", "ENCODING", key)
        with r.config(set_max_intset_entries=0, set_max_listpack_entries=0):
            run(r, f"SPOP {key} ; SPOP {key} 1")
            assert r("OBJECT", "ENCODING", key) == encoding
        assert r("EXPIRETIME", key) == FAR


def test_long_and_short_members_and_integers_are_popped(r: Connection) -> None:
    texts = [b"", b"1", b"-5", b"a", b"x" * 64, b"9223372036854775807", b"01"]
    for long in ([], [b"y" * 300]):
        fill(r, "k", texts + long)
        popped = [*plain(r, r("SPOP", "k", 3)), r("SPOP", "k")]
        assert sorted(popped + members(r, "k")) == sorted(texts + long)
        r("DEL", "k")


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 40, 700, 5000])
def test_looking_at_random_changes_nothing(r: Connection, form: str, size: int) -> None:
    texts = numbers(size)
    fill(r, "k", texts)
    dirty = r.dirty()
    assert r("SRANDMEMBER", "k") in texts
    for count in (1, 2, size // 4, size // 2, size - 1, size, size + 1, 10 * size):
        found = r("SRANDMEMBER", "k", count)
        assert len(set(found)) == len(found) == min(count, size)
        assert set(found) <= set(texts)
        found = r("SRANDMEMBER", "k", -count)
        assert len(found) == count
        assert set(found) <= set(texts)
    assert r.dirty() == dirty
    assert members(r, "k") == sorted(texts)


# --- fairness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 60, 600])
def test_single_members_are_equally_likely(r: Connection, form: str, size: int) -> None:
    fill(r, "k", numbers(size))
    draws = max(3000, 25 * size)       # so many that none is missed by chance
    check_even(Counter(r.many([("SRANDMEMBER", "k")] * draws)), size, draws)


@pytest.mark.parametrize("size", [3, 60, 600])
def test_members_drawn_again_and_again_are_equally_likely(r: Connection, form: str, size: int) -> None:
    fill(r, "k", numbers(size))
    check_even(Counter(r("SRANDMEMBER", "k", -50 * size)), size, 50 * size)


@pytest.mark.parametrize(("size", "count"), [(10, 2), (10, 5), (10, 9), (200, 20), (200, 150)])
def test_different_members_are_equally_likely(r: Connection, form: str, size: int, count: int) -> None:
    fill(r, "k", numbers(size))
    rounds = max(300, 30 * size // count)
    counts: Counter[bytes] = Counter()
    for found in r.many([("SRANDMEMBER", "k", count)] * rounds):
        counts.update(found)
    check_even(counts, size, count * rounds)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_popped_members_are_equally_likely(r: Connection, form: str, count: int) -> None:
    """Ten members, made anew each time."""
    rounds = 600
    texts = numbers(10)
    fill(r, "k", texts)
    counts: Counter[bytes] = Counter()
    for _ in range(rounds // 100):
        for i, reply in enumerate(r.many([("SPOP", "k", count), ("SADD", "k", *texts)] * 100)):
            if i % 2 == 0:
                counts.update(reply)
    check_even(counts, 10, count * rounds)
