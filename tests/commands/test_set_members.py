"""Set commands on single members: SADD, SREM, SMOVE, and asking for them; what they count as changes; encodings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.commands.sets import LIMITS, fill, members, numbers, plain
from tests.support.resp import OK, WRONGTYPE, Connection, arity
from tests.support.servers import eventually


@pytest.fixture(params=["listpack", "hashtable"])
def form(r: Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """Sets made in this test have this encoding."""
    with r.config(**LIMITS[request.param]):
        yield request.param


# --- before, command, reply, what the set is then, how many changes that was -----------------------------------------

CASES: list[tuple[str, str, Any, list[bytes], int]] = [
    ("", "SADD s a", 1, [b"a"], 1),
    ("", "SADD s a b c", 3, [b"a", b"b", b"c"], 3),
    ("", "SADD s a a a", 1, [b"a"], 1),
    ("SADD s a b", "SADD s b c a d", 2, [b"a", b"b", b"c", b"d"], 2),
    ("SADD s a", "SADD s a", 0, [b"a"], 0),
    ("SADD s a", "SADD s ''", 1, [b"", b"a"], 1),
    ("SADD s a", "SADD s A 'a ' ' a'", 3, [b" a", b"A", b"a", b"a "], 3),
    ("SADD s a\\x00b", "SADD s a\\x00c a\\xff", 2, [b"a\0b", b"a\0c", b"a\xff"], 2),
    ("SADD s 1 2", "SADD s 2 3 01 +1 -0 ' 1' 1.0", 6, [b" 1", b"+1", b"-0", b"01", b"1", b"1.0", b"2", b"3"], 6),
    ("SADD s a", "SADD s", arity("sadd"), [b"a"], 0),
    ("SADD s a b", "SREM s a", 1, [b"b"], 1),
    ("SADD s a b c d", "SREM s a x c a", 2, [b"b", b"d"], 2),
    ("SADD s a b", "SREM s x A ''", 0, [b"a", b"b"], 0),
    ("SADD s 1 2 a", "SREM s 01 2", 1, [b"1", b"a"], 1),
    ("SADD s a b", "SREM s b a", 2, [], 2),
    ("SADD s a b", "SREM s b a c d e", 2, [], 2),
    ("", "SREM s a", 0, [], 0),
    ("SADD s a", "SREM s", arity("srem"), [b"a"], 0),
    ("SADD s a b", "SISMEMBER s a", 1, [b"a", b"b"], 0),
    ("SADD s a b 1", "SISMEMBER s c", 0, [b"1", b"a", b"b"], 0),
    ("SADD s a 1", "SISMEMBER s 1", 1, [b"1", b"a"], 0),
    ("SADD s a 1", "SISMEMBER s 01", 0, [b"1", b"a"], 0),
    ("", "SISMEMBER s a", 0, [], 0),
    ("SADD s a", "SISMEMBER s", arity("sismember"), [b"a"], 0),
    ("SADD s a", "SISMEMBER s a b", arity("sismember"), [b"a"], 0),
    ("SADD s a b 7", "SMISMEMBER s b x a b 7 ''", [1, 0, 1, 1, 1, 0], [b"7", b"a", b"b"], 0),
    ("SADD s a", "SMISMEMBER s a", [1], [b"a"], 0),
    ("", "SMISMEMBER s a b", [0, 0], [], 0),
    ("SADD s a", "SMISMEMBER s", arity("smismember"), [b"a"], 0),
    ("SADD s a b c", "SCARD s", 3, [b"a", b"b", b"c"], 0),
    ("", "SCARD s", 0, [], 0),
    ("SADD s a", "SCARD s x", arity("scard"), [b"a"], 0),
    ("SADD s a", "SMEMBERS s x", arity("smembers"), [b"a"], 0),
]


@pytest.mark.parametrize(("before", "command", "reply", "after", "changes"), CASES)
def test_members(
    r: Connection, form: str, before: str, command: str, reply: Any, after: list[bytes], changes: int
) -> None:
    run(r, before)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() - dirty == changes
    assert members(r) == after
    assert r("EXISTS", "s") == (1 if after else 0)
    if after:
        assert r("OBJECT", "ENCODING", "s").decode() == form


@pytest.mark.parametrize("command", [
    "SADD k a", "SREM k a", "SISMEMBER k a", "SMISMEMBER k a b", "SCARD k", "SMEMBERS k", "SMOVE k s a", "SMOVE s k a",
])  # fmt: skip
@pytest.mark.parametrize("other", ["SET k v", "HSET k f v", "ZADD k 1 a"])
def test_wrong_types(r: Connection, command: str, other: str) -> None:
    run(r, f"{other} ; SADD s a")
    dirty = r.dirty()
    assert run(r, command) == WRONGTYPE
    assert r.dirty() == dirty
    assert members(r) == [b"a"]


# --- SMOVE: before, command, reply, source and destination then, changes ---------------------------------------------

MOVES: list[tuple[str, str, Any, list[bytes], list[bytes], int]] = [
    ("SADD s a b ; SADD d c", "SMOVE s d a", 1, [b"b"], [b"a", b"c"], 2),
    ("SADD s a b ; SADD d a", "SMOVE s d a", 1, [b"b"], [b"a"], 1),
    ("SADD s a b", "SMOVE s d a", 1, [b"b"], [b"a"], 2),
    ("SADD s a", "SMOVE s d a", 1, [], [b"a"], 2),
    ("SADD s a ; SADD d a b", "SMOVE s d a", 1, [], [b"a", b"b"], 1),
    ("SADD s a ; SADD d b", "SMOVE s d x", 0, [b"a"], [b"b"], 0),
    ("SADD s a", "SMOVE s d x", 0, [b"a"], [], 0),
    ("SADD d a", "SMOVE s d a", 0, [], [b"a"], 0),
    ("SET d v", "SMOVE s d a", 0, [], WRONGTYPE, 0),    # type: ignore[list-item]
    ("SADD s a b", "SMOVE s s a", 1, [b"a", b"b"], [], 0),
    ("SADD s a b", "SMOVE s s x", 0, [b"a", b"b"], [], 0),
    ("SADD s 1 2 ; SADD d 3", "SMOVE s d 2", 1, [b"1"], [b"2", b"3"], 2),
    ("SADD s 1 2 ; SADD d x", "SMOVE s d 2", 1, [b"1"], [b"2", b"x"], 2),
    ("SADD s x 1 ; SADD d 3", "SMOVE s d x", 1, [b"1"], [b"3", b"x"], 2),
    ("SADD s a", "SMOVE s d", arity("smove"), [b"a"], [], 0),
]


@pytest.mark.parametrize("encoding", ["usual", "hashtable"])
@pytest.mark.parametrize(("before", "command", "reply", "source", "destination", "changes"), MOVES)
def test_smove(
    r: Connection, encoding: str, before: str, command: str, reply: Any, source: list[bytes],
    destination: list[bytes], changes: int,
) -> None:  # fmt: skip
    with r.config(**LIMITS.get(encoding, {})):
        run(r, before)
        dirty = r.dirty()
        assert run(r, command) == reply
        assert r.dirty() - dirty == changes
        assert members(r, "s") == source
        assert members(r, "d") == destination
        assert r("EXISTS", "s", "d") == bool(source) + bool(destination)


def test_smove_makes_the_set_that_the_member_asks_for(r: Connection) -> None:
    run(r, "SADD s 5 a ; SMOVE s i 5 ; SMOVE s l a")
    assert (r("OBJECT", "ENCODING", "i"), r("OBJECT", "ENCODING", "l")) == (b"intset", b"listpack")


# --- the life of the key ---------------------------------------------------------------------------------------------


def test_adding_and_removing_keep_the_expiry(r: Connection) -> None:
    run(r, f"SADD s a b c ; EXPIREAT s {FAR} ; SADD s d ; SREM s a ; SADD t x ; SMOVE s t b")
    assert r("EXPIRETIME", "s") == FAR
    assert r("EXPIRETIME", "t") == -1


def test_an_expired_set_is_none(r: Connection) -> None:
    run(r, "SADD s a b ; PEXPIREAT s 1")
    assert run(r, "SISMEMBER s a") == 0
    run(r, "SADD s a b ; DEBUG SET-ACTIVE-EXPIRE 0 ; PEXPIRE s 1 ; DEBUG SLEEP 0.01")
    assert run(r, "SADD s c") == 1
    assert members(r) == [b"c"]
    assert r("TTL", "s") == -1
    assert r("DEBUG", "SET-ACTIVE-EXPIRE", 1) == OK


@pytest.mark.parametrize("encoding", ["intset", "listpack", "hashtable"])
@pytest.mark.parametrize("count", [1, 100, 3000])
def test_copies_and_renames(r: Connection, encoding: str, count: int) -> None:
    texts = numbers(count)
    with r.config(**LIMITS[encoding]):
        fill(r, "s", texts)
        assert run(r, "COPY s c") == 1
        assert run(r, "RENAME s t") == OK
        assert r("SREM", "t", 0) == 1
        assert members(r, "c") == sorted(texts)
        assert members(r, "t") == sorted(texts[1:])
        assert r("OBJECT", "ENCODING", "c").decode() == encoding


@pytest.mark.parametrize("encoding", ["intset", "listpack", "hashtable"])
def test_many_members_at_once(r: Connection, encoding: str) -> None:
    """More than one batch, with some of them twice."""
    texts = numbers(1000)
    with r.config(**LIMITS[encoding]):
        dirty = r.dirty()
        assert r("SADD", "s", *texts, *texts[:300]) == 1000
        assert r("SADD", "s", *numbers(1100)) == 100
        assert r.dirty() - dirty == 1100
        assert r("SMISMEMBER", "s", *numbers(1200)) == [1] * 1100 + [0] * 100
        assert r("SREM", "s", *[b"%d" % i for i in range(0, 3000, 2)]) == 550
        assert members(r) == sorted(b"%d" % i for i in range(1, 1100, 2))
        assert r("SREM", "s", *numbers(5000)) == 550
        assert r("EXISTS", "s") == 0


def test_members_of_every_length(r: Connection) -> None:
    lengths = [0, 1, 16, 63, 64, 65, 254, 255, 256, 4095, 4096, 70_000, 1_000_000]
    texts = [b"x" * n for n in lengths]
    assert r("SADD", "s", *texts) == len(texts)
    assert members(r) == sorted(texts)
    assert r("SMISMEMBER", "s", *texts) == [1] * len(texts)
    assert r("SREM", "s", *texts[::2]) == 7
    assert members(r) == sorted(texts[1::2])


# --- encodings -------------------------------------------------------------------------------------------------------


def encodings_while_added(r: Connection, adding: str) -> str:
    """The first letter of the encoding after each SADD, where it changes."""
    letters = ""
    for text in adding.split():
        r("SADD", "s", text)
        letter = r("OBJECT", "ENCODING", "s").decode()[0]
        letters += letter if not letters.endswith(letter) else ""
    return letters


@pytest.mark.parametrize(
    ("limits", "adding", "letters"),
    [
        ((4, 4, 8), "1 2 3 4", "i"),
        ((4, 4, 8), "1 2 3 4 5", "ih"),
        ((4, 8, 8), "1 2 3 4 5", "ih"),
        ((4, 4, 8), "a b c d", "l"),
        ((4, 4, 8), "a b c d e", "lh"),
        ((4, 4, 8), "1 2 3 a", "il"),
        ((4, 4, 8), "1 2 3 4 a", "ih"),
        ((4, 5, 8), "1 2 3 4 a b", "ilh"),
        ((4, 4, 8), "a 1 2 3 4", "lh"),
        ((4, 4, 8), "a 12345678", "l"),
        ((4, 4, 8), "a 123456789", "lh"),
        ((4, 4, 8), "12345678 a", "il"),
        ((4, 4, 8), "123456789 a", "ih"),
        ((4, 4, 8), "-12345678 1 a", "ih"),
        ((4, 4, 8), "1 abcdefgh", "il"),
        ((4, 4, 8), "1 abcdefghi", "ih"),
        ((4, 4, 8), "abcdefgh", "l"),
        ((4, 4, 8), "abcdefghi", "h"),
        ((4, 4, 8), "1 1 1 1 1 1", "i"),
        ((4, 4, 8), "1 2 3 4 4 4", "i"),
        ((4, 4, 8), "a b c d d a", "l"),
        ((4, 4, 8), "9223372036854775807 -9223372036854775808", "i"),
        ((4, 4, 30), "9223372036854775807 9223372036854775808", "il"),
        ((0, 4, 8), "1 2 3", "l"),
        ((0, 0, 8), "1", "h"),
        ((4, 0, 8), "1 2 a", "ih"),
        ((4, 4, 0), "a", "h"),
        ((1, 4, 8), "1 2", "ih"),
    ],
)
def test_where_a_set_that_grows_changes_its_encoding(
    r: Connection, limits: tuple[int, int, int], adding: str, letters: str
) -> None:
    with r.config(
        set_max_intset_entries=limits[0], set_max_listpack_entries=limits[1], set_max_listpack_value=limits[2]
    ):
        assert encodings_while_added(r, adding) == letters
        assert members(r) == sorted({text.encode() for text in adding.split()})


@pytest.mark.parametrize(
    ("before", "command", "encoding"),
    [
        ("", "SADD s 1 2 3 4", b"intset"),
        ("", "SADD s 1 2 3 4 4", b"listpack"),      # five arguments might be five members
        ("", "SADD s 1 2 3 4 5", b"listpack"),
        ("", "SADD s 1 1 1 1 1 1 1", b"hashtable"),
        ("", "SADD s 1 2 a", b"listpack"),
        ("", "SADD s a b c d e f", b"listpack"),
        ("", "SADD s a a a a a a a", b"hashtable"),
        ("SADD s 1", "SADD s 1 1 1 1 1", b"hashtable"),
        ("SADD s 1", "SADD s 1 1 1 1", b"intset"),
        ("SADD s a", "SADD s a a a a a a", b"listpack"),
        ("SADD s a", "SADD s a a a a a a a", b"hashtable"),
        ("SADD s 1 2 3", "SADD s a b c", b"listpack"),
        ("SADD s 1 2 3", "SADD s a b c d", b"hashtable"),
        ("SADD s 1 2 3 4 5 6 7", "SREM s 1 2 3 4 5 6", b"hashtable"),
        ("SADD s 1 a", "SREM s a", b"listpack"),
        ("SADD s a 1 ; SREM s a 1", "SADD s 1", b"intset"),
    ],
)
def test_encodings_of_several_at_once(r: Connection, before: str, command: str, encoding: bytes) -> None:
    with r.config(set_max_intset_entries=4, set_max_listpack_entries=6):
        run(r, before)
        run(r, command)
        assert r("OBJECT", "ENCODING", "s") == encoding


@pytest.mark.parametrize(("count", "encoding"), [(512, b"intset"), (513, b"hashtable")])
def test_the_usual_limit_of_intsets(r: Connection, count: int, encoding: bytes) -> None:
    for i in range(count):
        r("SADD", "s", i * 1000)
    assert r("OBJECT", "ENCODING", "s") == encoding


@pytest.mark.parametrize(("count", "encoding"), [(128, b"listpack"), (129, b"hashtable")])
def test_the_usual_limit_of_listpacks(r: Connection, count: int, encoding: bytes) -> None:
    for i in range(count):
        r("SADD", "s", f"m{i}")
    assert r("OBJECT", "ENCODING", "s") == encoding


@pytest.mark.parametrize(("n", "encoding"), [(64, b"listpack"), (65, b"hashtable")])
def test_the_usual_limit_of_members_of_listpacks(r: Connection, n: int, encoding: bytes) -> None:
    r("SADD", "s", "x" * n)
    assert r("OBJECT", "ENCODING", "s") == encoding


def test_a_lowered_limit_shows_with_the_next_member(r: Connection) -> None:
    run(r, "SADD i 1 2 3 ; SADD l a b c")
    with r.config(set_max_intset_entries=2, set_max_listpack_entries=2):
        run(r, "SADD i 3 ; SADD l c ; SREM i 1 ; SREM l a")
        assert (r("OBJECT", "ENCODING", "i"), r("OBJECT", "ENCODING", "l")) == (b"intset", b"listpack")
        run(r, "SADD i 7 ; SADD l g")
        assert (r("OBJECT", "ENCODING", "i"), r("OBJECT", "ENCODING", "l")) == (b"hashtable", b"hashtable")


def test_small_sets_are_answered_in_order(r: Connection) -> None:
    """Integers ascending, others as they came."""
    run(r, "SADD i 10 9 -1 32768 0 ; SADD l c 10 a 9 b")
    assert list(r("SMEMBERS", "i")) == [b"-1", b"0", b"9", b"10", b"32768"]
    assert list(r("SMEMBERS", "l")) == [b"c", b"10", b"a", b"9", b"b"]
    run(r, "SREM l 10 ; SADD l 10 ; SREM i 9")
    assert list(r("SMEMBERS", "i")) == [b"-1", b"0", b"10", b"32768"]
    assert list(r("SMEMBERS", "l")) == [b"c", b"a", b"9", b"b", b"10"]


def test_hits_and_misses(r: Connection) -> None:
    run(r, "SADD s a b c d e ; CONFIG RESETSTAT")
    for line in ("SCARD s", "SISMEMBER s a", "SMISMEMBER s a b", "SMEMBERS s", "SCARD x", "SMEMBERS x",
                 "SADD s f", "SREM s f", "SMOVE s t a", "SPOP s", "SPOP s 1", "SADD x a", "SREM y a"):  # fmt: skip
        run(r, line)
    stats = r.info("stats")
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("4", "2")


# --- freeing ---------------------------------------------------------------------------------------------------------


def used_memory(r: Connection) -> int:
    return int(r.info("memory")["used_memory"])


@pytest.mark.parametrize("command", ["UNLINK s", "DEL s", "FLUSHALL ASYNC", "FLUSHALL SYNC", "SET s v", "PEXPIREAT s 1"])
def test_large_sets_are_freed_one_way_or_another(r: Connection, command: str) -> None:
    fill(r, "s", numbers(20_000))
    before = used_memory(r)
    assert run(r, command) in (OK, 1)
    eventually(lambda: used_memory(r) < before - 20_000 * 16)
    fill(r, "t", numbers(2000))
    assert r("SCARD", "t") == 2000
    assert plain(r, r("SMEMBERS", "t")) == sorted(numbers(2000))


def freed(r: Connection) -> int:
    """How many have been, once nothing waits for it."""
    memory: dict[str, str] = {}

    def through() -> bool:
        memory.update(r.info("memory"))
        return memory["lazyfree_pending_objects"] == "0"

    eventually(through)
    return int(memory["lazyfreed_objects"])


@pytest.mark.parametrize("command", ["UNLINK s", "PEXPIREAT s 1", "RENAME t s", "SINTERSTORE s none"])
def test_a_large_set_is_freed_on_another_thread(r: Connection, command: str) -> None:
    fill(r, "s", numbers(3000))
    r("SADD", "t", "a")
    before = freed(r)
    with r.config(lazyfree_lazy_expire="yes", lazyfree_lazy_server_del="yes"):
        run(r, command)
        eventually(lambda: freed(r) == before + 1)
