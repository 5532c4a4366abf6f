"""What changes entries: XADD, XTRIM, XDEL, XSETID; XLEN; the blocks that entries stand in."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import INVALID_ID, MAX, SMALL_ID, entries, mapping
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, WRONGTYPE, Connection, Error, arity

ZERO_ID = Error("ERR The ID specified in XADD must be greater than 0-0")
EXHAUSTED = Error("ERR The stream has exhausted the last possible ID, unable to add more items")
XADD_ARITY = arity("xadd")
BOTH = Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
LIMIT_ALONE = Error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
LIMIT_EXACT = Error("ERR syntax error, LIMIT cannot be used without the special ~ option")
NEGATIVE_LIMIT = Error("ERR The LIMIT argument must be >= 0.")
NEGATIVE_MAXLEN = Error("ERR The MAXLEN argument must be >= 0.")

# --- XADD: before, command, reply ------------------------------------------------------------------------------------

IDS: list[tuple[str, str, Any]] = [
    ("", "XADD k 1-1 a b", b"1-1"),
    ("", "XADD k 1 a b", b"1-0"),
    ("", "XADD k 0-1 a b", b"0-1"),
    ("", "XADD k 007-01 a b", b"7-1"),
    ("", f"XADD k {MAX}-{MAX} a b", b"%d-%d" % (MAX, MAX)),
    ("", "XADD k 0-0 a b", ZERO_ID),
    ("", "XADD k 0 a b", ZERO_ID),
    ("SET k v", "XADD k 0-0 a b", ZERO_ID),
    ("SET k v", "XADD k 1-1 a b", WRONGTYPE),
    ("", "XADD k 0-* a b", b"0-1"),
    ("XADD k 0-1 a b", "XADD k 0-* a b", b"0-2"),
    ("XADD k 1-1 a b", "XADD k 0-* a b", SMALL_ID),
    ("XADD k 1-1 a b", "XADD k 1-* a b", b"1-2"),
    ("XADD k 1-1 a b", "XADD k 2-* a b", b"2-0"),
    (f"XADD k 1-{MAX} a b", "XADD k 1-* a b", SMALL_ID),
    (f"XADD k {MAX - 1}-{MAX} a b", "XADD k * a b", b"%d-0" % MAX),
    (f"XADD k {MAX}-5 a b", "XADD k * a b", b"%d-6" % MAX),
    (f"XADD k {MAX}-5 a b", f"XADD k {MAX}-* a b", b"%d-6" % MAX),
    (f"XADD k {MAX}-{MAX} a b", "XADD k * a b", EXHAUSTED),
    (f"XADD k {MAX}-{MAX} a b", f"XADD k {MAX}-* a b", EXHAUSTED),
    (f"XADD k {MAX}-{MAX} a b", "XADD k 1-1 a b", EXHAUSTED),
    ("XADD k 5-5 a b", "XADD k 5-5 a b", SMALL_ID),
    ("XADD k 5-5 a b", "XADD k 5-4 a b", SMALL_ID),
    ("XADD k 5-5 a b", "XADD k 5 a b", SMALL_ID),
    ("XADD k 5-5 a b", "XADD k 4-9 a b", SMALL_ID),
    ("XADD k 5-5 a b", "XADD k 5-6 a b", b"5-6"),
    ("XADD k 5-5 a b ; XDEL k 5-5", "XADD k 5-5 a b", SMALL_ID),
    *(("", f"XADD k {id} a b", INVALID_ID) for id in (
        "x", "-", "+", "-1", "1-", "1-x", "1-1-1", "1-**", "*-1", "''", "1--1", "(1", "$", ">",
        "18446744073709551616", "1-18446744073709551616", "0" * 127 + "1",
    )),
    ("", "XADD k ' 1' a b", b"1-0"),
    ("", "XADD k +1-+2 a b", b"1-2"),
    ("", "XADD k '1\\x00-5' a b", b"1-0"),
    ("", "XADD k 1-1 a", XADD_ARITY),
    ("", "XADD k 1-1 a b c", XADD_ARITY),
    ("", "XADD k x a b c", INVALID_ID),
    ("", "XADD k * a", XADD_ARITY),
]  # fmt: skip


@pytest.mark.parametrize(("before", "command", "reply"), IDS)
def test_xadd_ids(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    length = r("XLEN", "k")
    assert run(r, command) == reply
    if isinstance(length, int):
        assert r("XLEN", "k") == length + (not isinstance(reply, Error))
        assert r("EXISTS", "k") == (r("XLEN", "k") > 0 or "XDEL" in before)


OPTIONS: list[tuple[str, str, Any, Any]] = [
    # before, command, reply, IDs afterwards
    ("", "XADD k NOMKSTREAM 1-1 a b", None, ""),
    ("", "XADD k nomkstream maxlen 1 1-1 a b", None, ""),
    ("SET k v", "XADD k NOMKSTREAM 1-1 a b", WRONGTYPE, WRONGTYPE),
    ("XADD k 1-1 a b", "XADD k NOMKSTREAM NOMKSTREAM 2-1 a b", b"2-1", "1-1 2-1"),
    ("XADD k 1-1 a b", "XADD k MAXLEN 1 2-1 a b", b"2-1", "2-1"),
    ("XADD k 1-1 a b", "XADD k maxlen = 1 2-1 a b", b"2-1", "2-1"),
    ("XADD k 1-1 a b", "XADD k MAXLEN 0 2-1 a b", b"2-1", ""),
    ("XADD k 1-1 a b", "XADD k MAXLEN ~ 1 2-1 a b", b"2-1", "1-1 2-1"),
    ("XADD k 1-1 a b", "XADD k MAXLEN ~ 0 2-1 a b", b"2-1", ""),
    ("XADD k 1-1 a b", "XADD k MAXLEN ~ 0 LIMIT 1 2-1 a b", b"2-1", "1-1 2-1"),
    ("XADD k 1-1 a b", "XADD k LIMIT 2 MAXLEN ~ 0 2-1 a b", b"2-1", ""),
    ("XADD k 1-1 a b", "XADD k MINID 2 2-1 a b", b"2-1", "2-1"),
    ("XADD k 1-1 a b", "XADD k MINID = 2-1 NOMKSTREAM 2-1 a b", b"2-1", "2-1"),
    ("XADD k 1-1 a b", "XADD k MINID 9 2-1 a b", b"2-1", ""),
    ("XADD k 1-1 a b", "XADD k MINID ~ 2 2-1 a b", b"2-1", "1-1 2-1"),
    ("XADD k 1-1 a b", "XADD k MAXLEN -1 2-1 a b", NEGATIVE_MAXLEN, "1-1"),
    ("", "XADD k MAXLEN x 2-1 a b", NOT_INTEGER, ""),
    ("", "XADD k MAXLEN 9223372036854775808 2-1 a b", NOT_INTEGER, ""),
    ("", "XADD k MAXLEN = 2-1 a b", NOT_INTEGER, ""),
    ("", "XADD k MAXLEN ~ 3 LIMIT x 2-1 a b", NOT_INTEGER, ""),
    ("", "XADD k MAXLEN ~ 3 LIMIT -1 2-1 a b", NEGATIVE_LIMIT, ""),
    ("", "XADD k MAXLEN 3 LIMIT 1 2-1 a b", LIMIT_EXACT, ""),
    ("", "XADD k MAXLEN = 3 LIMIT 0 2-1 a b", LIMIT_EXACT, ""),
    ("", "XADD k LIMIT 1 2-1 a b", LIMIT_ALONE, ""),
    ("", "XADD k MAXLEN 3 MAXLEN 2 2-1 a b", BOTH, ""),
    ("", "XADD k MAXLEN 3 MINID 2 2-1 a b", BOTH, ""),
    ("", "XADD k MINID x 2-1 a b", INVALID_ID, ""),
    ("", "XADD k MINID - 2-1 a b", INVALID_ID, ""),
    ("", "XADD k MINID (1 2-1 a b", INVALID_ID, ""),
    ("", "XADD k MAXLEN 3 LIMIT", INVALID_ID, ""),
    ("", "XADD k MAXLEN 3 a", INVALID_ID, ""),
    ("", "XADD k MAXLEN 3 MAXLEN", INVALID_ID, ""),
    ("", "XADD k LIMIT 3 NOMKSTREAM", LIMIT_ALONE, ""),
    ("", "XADD k MAXLEN 3 NOMKSTREAM", XADD_ARITY, ""),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), OPTIONS)
def test_xadd_options(r: Connection, before: str, command: str, reply: Any, after: Any) -> None:
    run(r, before)
    assert run(r, command) == reply
    found = r("XRANGE", "k", "-", "+")
    assert (found if isinstance(found, Error) else " ".join(each[0].decode() for each in found)) == after


def test_the_clock_gives_ids(r: Connection) -> None:
    before = r("TIME")
    ids = [tuple(map(int, r("XADD", "k", "*", "a", "b").split(b"-"))) for _ in range(200)]
    after = r("TIME")
    assert ids == sorted(set(ids))
    start, end = (int(t[0]) * 1000 + int(t[1]) // 1000 for t in (before, after))
    assert all(start <= ms <= end for ms, _ in ids)
    assert all(seq == (previous[1] + 1 if ms == previous[0] else 0)
               for previous, (ms, seq) in itertools.pairwise(ids))  # fmt: skip


def test_a_clock_behind_the_stream(r: Connection) -> None:
    r("XADD", "k", "99999999999999-7", "a", "b")
    assert r("XADD", "k", "*", "a", "b") == b"99999999999999-8"


VALUES = [b"", b"0", b"-1", b"007", b"9223372036854775807", b"9223372036854775808", b"x" * 63, b"x" * 64, b"x" * 5000,
          b"\x00\xff", bytes(range(256)) * 300]  # fmt: skip


def test_fields_and_values_of_any_kind(r: Connection) -> None:
    expected = []
    for i, value in enumerate(VALUES):
        fields: list[str | bytes] = ["f", value, value, "v", "f", "again"] if i % 3 else ["f", value]
        assert r("XADD", "k", i + 1, *fields) == b"%d-0" % (i + 1)
        expected.append([b"%d-0" % (i + 1), [each.encode() if isinstance(each, str) else each for each in fields]])
    assert r("XRANGE", "k", "-", "+") == expected
    assert r("XREVRANGE", "k", "+", "-") == expected[::-1]


def test_an_entry_of_many_fields(r: Connection) -> None:
    parts = [b"%d" % i for i in range(20_000)]
    r("XADD", "k", "1-1", *parts)
    r("XADD", "k", "2-1", *parts)
    r("XADD", "k", "3-1", *parts[2:])
    assert [len(each[1]) for each in r("XRANGE", "k", "-", "+")] == [20_000, 20_000, 19_998]
    assert r("XRANGE", "k", "3", "+")[0][1] == parts[2:]
    assert r("XREVRANGE", "k", "2", "-")[0][1] == parts


# --- XTRIM -----------------------------------------------------------------------------------------------------------

TEN = " ; ".join(f"XADD k {i}-1 n {i}" for i in range(1, 11))
TRIMS: list[tuple[str, str, Any, str]] = [
    # before, command, reply, numbers afterwards
    (TEN, "XTRIM k MAXLEN 3", 7, "8 9 10"),
    (TEN, "XTRIM k MAXLEN = 3", 7, "8 9 10"),
    (TEN, "XTRIM k maxlen 0", 10, ""),
    (TEN, "XTRIM k MAXLEN 10", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MAXLEN 9223372036854775807", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MAXLEN ~ 3", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MAXLEN ~ 2", 8, "9 10"),
    (TEN, "XTRIM k MAXLEN ~ 0", 10, ""),
    (TEN, "XTRIM k MAXLEN ~ 0 LIMIT 7", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MAXLEN ~ 0 LIMIT 8", 8, "9 10"),
    (TEN, "XTRIM k MAXLEN ~ 0 LIMIT 3", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MAXLEN ~ 0 LIMIT 0", 10, ""),
    (TEN, "XTRIM k LIMIT 4 MAXLEN ~ 0", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID 4", 3, "4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID 4-1", 3, "4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID 4-2", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID 5-1", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID 99", 10, ""),
    (TEN, "XTRIM k MINID 0", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID ~ 4", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID ~ 7", 4, "5 6 7 8 9 10"),
    (TEN, "XTRIM k MINID ~ 99 LIMIT 5", 4, "5 6 7 8 9 10"),
    (TEN + " ; XDEL k 1-1 2-1 3-1", "XTRIM k MAXLEN ~ 6", 1, "5 6 7 8 9 10"),
    (TEN + " ; XDEL k 2-1 5-1", "XTRIM k MAXLEN 4", 4, "7 8 9 10"),
    (TEN + " ; XTRIM k MAXLEN 8 ; XTRIM k MAXLEN 7", "XTRIM k MAXLEN 5", 2, "6 7 8 9 10"),
    (TEN + " ; XDEL k 4-1", "XTRIM k MINID 4", 3, "5 6 7 8 9 10"),
    ("", "XTRIM k MAXLEN 3", 0, ""),
    ("", "XTRIM k MAXLEN -3", NEGATIVE_MAXLEN, ""),
    ("", "XTRIM k MAXLEN x", NOT_INTEGER, ""),
    ("", "XTRIM k MAXLEN = 1 x", SYNTAX, ""),
    ("", "XTRIM k MAXLEN 1 NOMKSTREAM", SYNTAX, ""),
    ("", "XTRIM k MAXLEN 1 *", SYNTAX, ""),
    ("", "XTRIM k FOO 1", SYNTAX, ""),
    ("", "XTRIM k LIMIT 1", LIMIT_ALONE, ""),
    ("", "XTRIM k MAXLEN 1 LIMIT 1", LIMIT_EXACT, ""),
    ("", "XTRIM k MAXLEN 1 MINID 1", BOTH, ""),
    ("", "XTRIM k MINID x", INVALID_ID, ""),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), TRIMS)
def test_xtrim(r: Connection, before: str, command: str, reply: Any, after: str) -> None:
    with r.config(stream_node_max_entries=4):
        run(r, before)
        assert run(r, command) == reply
        left = r("XRANGE", "k", "-", "+")
        assert " ".join(each[1][1].decode() for each in left) == after
        assert r("XREVRANGE", "k", "+", "-") == left[::-1]
        assert r("XLEN", "k") == len(left)


def test_xtrim_of_another_type(r: Connection) -> None:
    r("SET", "k", "v")
    assert r("XTRIM", "k", "MAXLEN", 1) == WRONGTYPE
    assert r("XTRIM", "k", "MAXLEN", -1) == NEGATIVE_MAXLEN


@pytest.mark.parametrize(("entries_a_block", "gone"), [(100, 10_000), (7, 700), (0, 10_000)])
def test_approximate_trimming_stops_after_a_while(r2: Connection, entries_a_block: int, gone: int) -> None:
    with r2.config(stream_node_max_entries=entries_a_block, stream_node_max_bytes=1000):
        r2.many([("XADD", "k", i, "a", "b") for i in range(1, 10_601)])
        first_blocks = r2("XINFO", "STREAM", "k")[3]
        removed = r2("XTRIM", "k", "MAXLEN", "~", 0)
        assert removed <= max(gone, 10_000)
        assert 10_600 - removed == r2("XLEN", "k")
        assert r2("XTRIM", "k", "MAXLEN", "~", 0, "LIMIT", 0) == 10_600 - removed
        assert first_blocks > 0
    if entries_a_block == 7:
        assert removed == gone


# --- XDEL ------------------------------------------------------------------------------------------------------------

DELETIONS: list[tuple[str, str, Any, str]] = [
    (TEN, "XDEL k 1-1", 1, "2 3 4 5 6 7 8 9 10"),
    (TEN, "XDEL k 10-1", 1, "1 2 3 4 5 6 7 8 9"),
    (TEN, "XDEL k 5-1 6-1 7-1", 3, "1 2 3 4 8 9 10"),
    (TEN, "XDEL k 5-1 5-1 5-2 50-1 0-0", 1, "1 2 3 4 6 7 8 9 10"),
    (TEN, "XDEL k 5", 0, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XDEL k 4-1 3-1 2-1 1-1", 4, "5 6 7 8 9 10"),
    (TEN, "XDEL k " + " ".join(f"{i}-1" for i in range(1, 11)), 10, ""),
    (TEN, "XDEL k x", INVALID_ID, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XDEL k 1-1 x", INVALID_ID, "1 2 3 4 5 6 7 8 9 10"),
    (TEN, "XDEL k -", INVALID_ID, "1 2 3 4 5 6 7 8 9 10"),
    ("", "XDEL k 1-1", 0, ""),
    ("", "XDEL k x", 0, ""),
]


@pytest.mark.parametrize("entries_a_block", [1, 4, 100])
@pytest.mark.parametrize(("before", "command", "reply", "after"), DELETIONS)
def test_xdel(r: Connection, before: str, command: str, reply: Any, after: str, entries_a_block: int) -> None:
    with r.config(stream_node_max_entries=entries_a_block):
        run(r, before)
        assert run(r, command) == reply
        left = r("XRANGE", "k", "-", "+")
        assert " ".join(each[1][1].decode() for each in left) == after
        assert r("XREVRANGE", "k", "+", "-") == left[::-1]
        assert r("XLEN", "k") == len(left)
        assert r("EXISTS", "k") == (before != "")


def test_wrong_types(r: Connection) -> None:
    r("SET", "k", "v")
    for command in ("XDEL k 1-1", "XDEL k x", "XLEN k", "XRANGE k - +", "XSETID k 1-1"):
        assert run(r, command) == WRONGTYPE
    assert r("XLEN", "missing") == 0


# --- XSETID ----------------------------------------------------------------------------------------------------------

TOP = Error("ERR The ID specified in XSETID is smaller than the target stream top item")
DELETED = Error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")
GIVEN = Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
ADDED = Error("ERR The entries_added specified in XSETID is smaller than the target stream length")
TWO = "XADD k 5-5 a b ; XADD k 6-6 a b"

XSETIDS: list[tuple[str, str, Any, tuple[str, str, int]]] = [
    # before, command, reply, last-generated-id, max-deleted-entry-id and entries-added afterwards
    (TWO, "XSETID k 7-7", OK, ("7-7", "0-0", 2)),
    (TWO, "XSETID k 6-6", OK, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7", OK, ("7-0", "0-0", 2)),
    (TWO, "XSETID k 6-5", TOP, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 ENTRIESADDED 2", OK, ("7-7", "0-0", 2)),
    (TWO, "XSETID k 7-7 entriesadded 200 maxdeletedid 3-3", OK, ("7-7", "3-3", 200)),
    (TWO, "XSETID k 7-7 MAXDELETEDID 7-7", OK, ("7-7", "7-7", 2)),
    (TWO, "XSETID k 7-7 MAXDELETEDID 7-8", GIVEN, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 MAXDELETEDID 3-3 MAXDELETEDID 2-2", OK, ("7-7", "2-2", 2)),
    (TWO, "XSETID k 7-7 ENTRIESADDED 1", ADDED, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 ENTRIESADDED -1", Error("ERR entries_added must be positive"), ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 ENTRIESADDED x", NOT_INTEGER, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 ENTRIESADDED", SYNTAX, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 FOO 1", SYNTAX, ("6-6", "0-0", 2)),
    (TWO, "XSETID k x", INVALID_ID, ("6-6", "0-0", 2)),
    (TWO, "XSETID k -", INVALID_ID, ("6-6", "0-0", 2)),
    (TWO, "XSETID k 7-7 MAXDELETEDID x", INVALID_ID, ("6-6", "0-0", 2)),
    (TWO + " ; XDEL k 6-6", "XSETID k 5-9", DELETED, ("6-6", "6-6", 2)),
    (TWO + " ; XDEL k 6-6", "XSETID k 6-6 MAXDELETEDID 0-0", OK, ("6-6", "6-6", 2)),
    (TWO + " ; XDEL k 5-5 6-6", "XSETID k 6-6 ENTRIESADDED 0", OK, ("6-6", "6-6", 0)),
    (TWO + " ; XTRIM k MAXLEN 0", "XSETID k 1-1", OK, ("1-1", "0-0", 2)),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), XSETIDS)
def test_xsetid(r: Connection, before: str, command: str, reply: Any, after: tuple[str, str, int]) -> None:
    run(r, before)
    assert run(r, command) == reply
    found = mapping(r, r("XINFO", "STREAM", "k"))
    assert (found["last-generated-id"], found["max-deleted-entry-id"], found["entries-added"]) == after


def test_xsetid_without_a_stream(r: Connection) -> None:
    assert r("XSETID", "k", "1-1") == Error("ERR no such key")
    assert r("XSETID", "k", "1-1", "FOO") == SYNTAX


# --- blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_bytes", [0, 1, 60, 100, 4096])
@pytest.mark.parametrize("max_entries", [0, 1, 3, 100])
def test_blocks_begin_where_the_oracle_begins_them(r2: Connection, max_bytes: int, max_entries: int) -> None:
    """How many blocks there are after each entry: `expected` is worked out from the rule."""
    with r2.config(stream_node_max_bytes=max_bytes, stream_node_max_entries=max_entries):
        sizes = [i * 37 % 50 for i in range(120)]
        blocks = []
        for i, size in enumerate(sizes):
            r2("XADD", "k", i + 1, "f", "x" * size)
            blocks.append(r2("XINFO", "STREAM", "k")[3])
    expected, count, used = 0, 0, 0
    for size, found in zip(sizes, blocks, strict=True):
        if not expected or used + size + 1 >= (max_bytes or 1 << 30) or (max_entries and count >= max_entries):
            expected, count, used = expected + 1, 0, 7 + 2 + 2 + 2 + 3 + 2
        count += 1
        used += 2 + 2 + 2 + (size + 2) + 2
        if count == 128:
            used += 1
        assert found == expected


def test_dump_is_what_the_oracle_dumps(r2: Connection) -> None:
    """Blocks are the same byte for byte: restored from each other's payloads, streams are equal."""
    with r2.config(stream_node_max_entries=4):
        run(r2, TEN + " ; XADD k 11-1 other fields ; XDEL k 3-1 9-1 ; XTRIM k MAXLEN 7")
        run(r2, "XGROUP CREATE k g 7-1 ENTRIESREAD 7 ; XREADGROUP GROUP g anna COUNT 1 STREAMS k >")
    payload = r2("DUMP", "k")
    assert r2("RESTORE", "copy", 0, payload) == OK
    assert r2("XRANGE", "copy", "-", "+") == r2("XRANGE", "k", "-", "+")
    assert r2("XINFO", "STREAM", "copy", "FULL") == r2("XINFO", "STREAM", "k", "FULL")


# --- what changes count for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ("", "XADD k 1-1 a b", 1),
        (TEN, "XADD k MAXLEN 1 11-1 a b", 1),
        ("", "XADD k NOMKSTREAM 1-1 a b", 0),
        (TEN, "XTRIM k MAXLEN 3", 7),
        (TEN, "XTRIM k MAXLEN 30", 0),
        (TEN, "XDEL k 1-1 2-1 2-1", 2),
        (TEN, "XDEL k 99-1", 0),
        (TEN, "XSETID k 99-1", 1),
        (TEN, "XRANGE k - +", 0),
    ],
)
def test_changes(r2: Connection, before: str, command: str, changes: int) -> None:
    run(r2, before)
    start = r2.dirty()
    assert not isinstance(run(r2, command), Error)
    assert r2.dirty() - start == changes


def test_type_encoding_copy_and_memory(r: Connection) -> None:
    run(r, TEN + " ; XGROUP CREATE k g 0 ; XREADGROUP GROUP g anna STREAMS k >")
    assert r("TYPE", "k") == "stream"
    assert r("OBJECT", "ENCODING", "k") == b"stream"
    assert r("MEMORY", "USAGE", "k") > 200
    assert r("COPY", "k", "twin") == 1
    assert mapping(r, r("XINFO", "STREAM", "twin", "FULL")) == mapping(r, r("XINFO", "STREAM", "k", "FULL"))
    run(r, "XADD k 11-1 a b ; XDEL k 1-1 ; XACK k g 5-1")
    assert entries(r("XRANGE", "twin", "-", "+")) == ", ".join(f"{i}-1 n={i}" for i in range(1, 11))
    assert r("XPENDING", "twin", "g")[0] == 10
    assert r("UNLINK", "k", "twin") == 2
