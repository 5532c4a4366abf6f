"""XRANGE and XREVRANGE."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import INVALID_ID, MAX, entries
from tests.support.resp import NOT_INTEGER, NULL_ARRAY, SYNTAX, Connection, Error

START = Error("ERR invalid start ID for the interval")
END = Error("ERR invalid end ID for the interval")
FIVE = "XADD k 1-1 a 1 ; XADD k 1-2 a 2 b 3 ; XADD k 2-0 b 4 ; XADD k 2-5 a 5 ; XADD k 7-7 a 6"

RANGES: list[tuple[str, str, Any]] = [
    # start, end, IDs
    ("-", "+", "1-1 1-2 2-0 2-5 7-7"),
    ("1", "1", "1-1 1-2"),
    ("1", "2", "1-1 1-2 2-0 2-5"),
    ("1-2", "2", "1-2 2-0 2-5"),
    ("1-2", "2-0", "1-2 2-0"),
    ("1-2", "1-2", "1-2"),
    ("1-3", "1-9", ""),
    ("(1-1", "+", "1-2 2-0 2-5 7-7"),
    ("(1", "+", "1-1 1-2 2-0 2-5 7-7"),
    ("-", "(2-5", "1-1 1-2 2-0"),
    ("-", "(2", "1-1 1-2 2-0 2-5"),
    ("(1-1", "(2-5", "1-2 2-0"),
    ("(1-1", "(1-2", ""),
    ("2", "1", ""),
    ("+", "-", ""),
    ("8", "+", ""),
    ("-", "0", ""),
    ("0", f"{MAX}", "1-1 1-2 2-0 2-5 7-7"),
    (f"(1-{MAX}", "(7-7", "2-0 2-5"),
    ("(0-0", "(7-8", "1-1 1-2 2-0 2-5 7-7"),
    (f"({MAX}", "+", ""),
    ("-", "(0", ""),
    (f"({MAX}-{MAX}", "+", START),
    ("-", "(0-0", END),
    ("(-", "+", INVALID_ID),
    ("-", "(+", INVALID_ID),
    ("(", "+", INVALID_ID),
    ("x", "+", INVALID_ID),
    ("-", "x", INVALID_ID),
    ("1-", "+", INVALID_ID),
    ("''", "+", INVALID_ID),
    ("1-*", "+", INVALID_ID),
    ("$", "+", INVALID_ID),
]


@pytest.mark.parametrize(("start", "end", "ids"), RANGES)
def test_ranges(r: Connection, start: str, end: str, ids: Any) -> None:
    run(r, FIVE)
    forward, backward = run(r, f"XRANGE k {start} {end}"), run(r, f"XREVRANGE k {end} {start}")
    if isinstance(ids, Error):
        assert forward == backward == ids
        return
    assert " ".join(each[0].decode() for each in forward) == ids
    assert backward == forward[::-1]


def test_an_entry_has_its_fields_in_their_order(r: Connection) -> None:
    run(r, FIVE)
    assert r("XRANGE", "k", "-", "+") == [
        [b"1-1", [b"a", b"1"]],
        [b"1-2", [b"a", b"2", b"b", b"3"]],
        [b"2-0", [b"b", b"4"]],
        [b"2-5", [b"a", b"5"]],
        [b"7-7", [b"a", b"6"]],
    ]


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("XRANGE k - + COUNT 2", "1-1 a=1, 1-2 a=2 b=3"),
        ("XRANGE k - + count 1", "1-1 a=1"),
        ("XRANGE k 2 + COUNT 1", "2-0 b=4"),
        ("XRANGE k - + COUNT 5", "1-1 a=1, 1-2 a=2 b=3, 2-0 b=4, 2-5 a=5, 7-7 a=6"),
        ("XRANGE k 2-5 + COUNT 999999999999", "2-5 a=5, 7-7 a=6"),
        ("XRANGE k 9 + COUNT 10", ""),
        ("XRANGE k - + COUNT 3 COUNT 1", "1-1 a=1"),
        ("XRANGE k - + COUNT 0", None),
        ("XRANGE k - + COUNT -1", None),
        ("XRANGE k - + COUNT x", NOT_INTEGER),
        ("XRANGE k - + COUNT", SYNTAX),
        ("XRANGE k - + COUNT 1 FOO", SYNTAX),
        ("XRANGE k - + FOO 1", SYNTAX),
        ("XREVRANGE k + - COUNT 2", "7-7 a=6, 2-5 a=5"),
        ("XREVRANGE k 2 - COUNT 2", "2-5 a=5, 2-0 b=4"),
        ("XREVRANGE k + - COUNT 0", None),
        ("XRANGE missing - +", ""),
        ("XRANGE missing - + COUNT 0", ""),
        ("XREVRANGE missing + -", ""),
        ("XRANGE missing x +", INVALID_ID),
        ("XRANGE missing - + FOO", SYNTAX),
    ],
)
def test_count(r: Connection, command: str, reply: Any) -> None:
    run(r, FIVE)
    found = run(r, command)
    assert (found in (None, NULL_ARRAY)) == (reply is None)
    assert entries(found) == reply


@pytest.mark.parametrize("entries_a_block", [1, 7, 100])
@pytest.mark.parametrize("deleted", [0, 3, 10])
def test_long_streams(r: Connection, entries_a_block: int, deleted: int) -> None:
    """From anywhere to anywhere, over blocks and deleted entries; announced numbers have fewer digits than expected."""
    ids = [(i // 4 + 1, i % 4 * 2) for i in range(300)]
    with r.config(stream_node_max_entries=entries_a_block):
        r.many([("XADD", "k", f"{ms}-{seq}", "n", i) for i, (ms, seq) in enumerate(ids)])
    if deleted:
        gone = [id for i, id in enumerate(ids) if i % deleted == 1 or i < 20]
        assert r("XDEL", "k", *(f"{ms}-{seq}" for ms, seq in gone)) == len(gone)
        ids = [id for id in ids if id not in gone]
    places = [(0, 0), (1, 3), *ids[::41], *((ms, seq + 1) for ms, seq in ids[5::67]), *ids[-9:], (99, 0)]
    commands, expected = [], []
    for first in places:
        for last in places:
            commands.append(("XRANGE", "k", f"{first[0]}-{first[1]}", f"{last[0]}-{last[1]}"))
            commands.append(("XREVRANGE", "k", f"{last[0]}-{last[1]}", f"{first[0]}-{first[1]}", "COUNT", 150))
            some = [b"%d-%d" % id for id in ids if first <= id <= last]
            expected += [some, some[::-1][:150]]
    assert [[each[0] for each in reply] for reply in r.many(commands)] == expected
