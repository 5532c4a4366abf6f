"""XCLAIM and XAUTOCLAIM: a consumer takes over what another one has not acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import INVALID_ID, MAX, entries, group_names, mapping, pending
from tests.support.resp import SYNTAX, WRONGTYPE, Connection, Error, arity

ENTRIES = "XADD k 1-1 a 1 ; XADD k 2-1 a 2 ; XADD k 3-1 b 3 ; XADD k 4-1 b 4"
GROUP = ENTRIES + " ; XGROUP CREATE k g 0 ; " \
    "XREADGROUP GROUP g c COUNT 2 STREAMS k > ; XREADGROUP GROUP g d COUNT 1 STREAMS k >"
START = "1-1 c 1, 2-1 c 1, 3-1 d 1"
OLD = "XCLAIM k g c 0 1-1 IDLE 100000 JUSTID ; XCLAIM k g d 0 3-1 IDLE 100000 JUSTID"


def no_group(key: str, group: str) -> Error:
    return Error(f"NOGROUP No such key '{key}' or consumer group '{group}'")


def unrecognized(option: str) -> Error:
    return Error(f"ERR Unrecognized XCLAIM option '{option}'")


def bad(option: str) -> Error:
    return Error(f"ERR Invalid {option} option argument for XCLAIM")


MIN_IDLE = Error("ERR Invalid min-idle-time argument for XCLAIM")
AUTO_MIN_IDLE = Error("ERR Invalid min-idle-time argument for XAUTOCLAIM")

# --- XCLAIM: before, arguments, reply, what is pending then, changes -------------------------------------------------

CLAIMS: list[tuple[str, str, Any, str, int]] = [
    ("", "k g d 0 1-1", "1-1 a=1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 2-1 3-1", "1-1 a=1, 2-1 a=2, 3-1 b=3", "1-1 d 2, 2-1 d 2, 3-1 d 2", 3),
    ("", "k g c 0 1-1", "1-1 a=1", "1-1 c 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g new 0 2-1", "2-1 a=2", "1-1 c 1, 2-1 new 2, 3-1 d 1", 2),
    ("", "k g d 0 1-1 1-1", "1-1 a=1, 1-1 a=1", "1-1 d 3, 2-1 c 1, 3-1 d 1", 2),
    ("", "k g d -5 1-1", "1-1 a=1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 50000 1-1", "", START, 0),
    (OLD, "k g e 50000 1-1 2-1 3-1", "1-1 a=1, 3-1 b=3", "1-1 e 2, 2-1 c 1, 3-1 e 2", 3),
    ("", "k g d 9223372036854775807 1-1", "", START, 0),
    ("", "k g d 0 4-1", "", START, 0),
    ("", "k g d 0 9-9", "", START, 0),
    ("", "k g d 0 1", "", START, 0),
    ("", "k g d 0 4-1 FORCE", "4-1 b=4", START + ", 4-1 d 2", 1),
    ("", "k g d 0 4-1 force justid", "4-1", START + ", 4-1 d 1", 1),
    ("", "k g d 0 9-9 FORCE", "", START, 0),
    ("", "k g new 0 9-9", "", START, 1),
    ("", "k g d 0 1-1 JUSTID", "1-1", "1-1 d 1, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 JUSTID RETRYCOUNT 7", "1-1", "1-1 d 7, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 RETRYCOUNT 0", "1-1 a=1", "1-1 d 0, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 retrycount 3 retrycount 9", "1-1 a=1", "1-1 d 9, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 RETRYCOUNT -1", "1-1 a=1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 IDLE 5000 TIME 1 LASTID 2-2 FORCE JUSTID RETRYCOUNT 2", "1-1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 TIME 9223372036854775807", "1-1 a=1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 1-1 IDLE -9223372036854775808", "1-1 a=1", "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("XDEL k 1-1", "k g d 0 1-1 2-1", "2-1 a=2", "2-1 d 2, 3-1 d 1", 2),
    ("XDEL k 1-1", "k g d 50000 1-1", "", "2-1 c 1, 3-1 d 1", 1),
    ("XDEL k 1-1", "k g d 0 1-1 FORCE JUSTID", "", "2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0", arity("xclaim"), START, 0),
    ("", "k g d x 1-1", MIN_IDLE, START, 0),
    ("", "k g d 1.5 1-1", MIN_IDLE, START, 0),
    ("", "k g d 0 x", unrecognized("x"), START, 0),
    ("", "k g d 0 1-1 x", unrecognized("x"), START, 0),
    ("", "k g d 0 1-1 JUSTID 2-1", unrecognized("2-1"), START, 0),
    ("", "k g d 0 1-1 -", unrecognized("-"), START, 0),
    ("", "k g d 0 FORCE", "", START, 0),
    ("", "k g d 0 1-1 IDLE", unrecognized("IDLE"), START, 0),
    ("", "k g d 0 1-1 IDLE x", bad("IDLE"), START, 0),
    ("", "k g d 0 1-1 TIME x", bad("TIME"), START, 0),
    ("", "k g d 0 1-1 RETRYCOUNT x", bad("RETRYCOUNT"), START, 0),
    ("", "k g d 0 1-1 LASTID x", INVALID_ID, START, 0),
    ("", "k g d 0 1-1 LASTID", unrecognized("LASTID"), START, 0),
    ("", "k nope d 0 1-1", no_group("k", "nope"), START, 0),
    ("", "k nope d x 1-1", no_group("k", "nope"), START, 0),
    ("", "missing g d 0 1-1", no_group("missing", "g"), START, 0),
    ("SET s v", "s g d 0 1-1", WRONGTYPE, START, 0),
]


@pytest.mark.parametrize(("before", "arguments", "reply", "left", "changes"), CLAIMS)
def test_xclaim(r: Connection, before: str, arguments: str, reply: Any, left: str, changes: int) -> None:
    run(r, GROUP)
    run(r, before)
    dirty = r.dirty()
    assert entries(run(r, f"XCLAIM {arguments}")) == reply
    assert r.dirty() - dirty == changes
    assert pending(r("XPENDING", "k", "g", "-", "+", 10)) == left


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        ("", 0, 20_000),
        ("IDLE 0", 0, 20_000),
        ("IDLE 100000", 100_000, 120_000),
        ("IDLE -5", 0, 20_000),                     # a moment to come is now
        ("TIME 5000", 1 << 40, MAX),
        ("TIME 0", 1 << 40, MAX),
        ("TIME -1", 0, 20_000),
        ("TIME 99999999999999", 0, 20_000),
        ("IDLE 100000 TIME 5000", 1 << 40, MAX),
        ("TIME 5000 IDLE 100000", 100_000, 120_000),
        ("IDLE 9223372036854775807", 0, 20_000),
    ],
)
def test_when_it_counts_as_delivered(r: Connection, options: str, least: int, most: int) -> None:
    run(r, GROUP + f" ; XCLAIM k g d 0 1-1 {options}")
    ((_, _, idle, _),) = r("XPENDING", "k", "g", "1-1", "1-1", 1)
    assert least <= idle <= most


def test_lastid_moves_the_group_but_not_back(r: Connection) -> None:
    run(r, GROUP)
    assert group_names(r) == "g 3-1 3"
    run(r, "XCLAIM k g c 0 1-1 LASTID 2-1")
    assert group_names(r) == "g 3-1 3"
    run(r, "XCLAIM k g c 50000 1-1 LASTID 9-1 JUSTID")
    assert group_names(r) == "g 9-1 3"


# --- XAUTOCLAIM: before, arguments, [where to go on, claimed, deleted], what is pending then, changes ---------------

AUTO: list[tuple[str, str, Any, str, int]] = [
    ("", "k g e 0 0", ["0-0", "1-1 a=1, 2-1 a=2, 3-1 b=3", ""], "1-1 e 2, 2-1 e 2, 3-1 e 2", 4),
    ("", "k g d 0 -", ["0-0", "1-1 a=1, 2-1 a=2, 3-1 b=3", ""], "1-1 d 2, 2-1 d 2, 3-1 d 2", 3),
    ("", "k g d 0 2", ["0-0", "2-1 a=2, 3-1 b=3", ""], "1-1 c 1, 2-1 d 2, 3-1 d 2", 2),
    ("", "k g d 0 (2-1", ["0-0", "3-1 b=3", ""], "1-1 c 1, 2-1 c 1, 3-1 d 2", 1),
    ("", "k g d 0 4", ["0-0", "", ""], START, 0),
    ("", f"k g d 0 {MAX}-{MAX}", ["0-0", "", ""], START, 0),
    ("", "k g d 0 0 COUNT 1", ["2-1", "1-1 a=1", ""], "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("", "k g d 0 0 COUNT 2", ["3-1", "1-1 a=1, 2-1 a=2", ""], "1-1 d 2, 2-1 d 2, 3-1 d 1", 2),
    ("", "k g d 0 0 COUNT 3", ["0-0", "1-1 a=1, 2-1 a=2, 3-1 b=3", ""], "1-1 d 2, 2-1 d 2, 3-1 d 2", 3),
    ("", "k g d 0 0 COUNT 1 COUNT 2", ["3-1", "1-1 a=1, 2-1 a=2", ""], "1-1 d 2, 2-1 d 2, 3-1 d 1", 2),
    ("", "k g d 0 0 JUSTID", ["0-0", "1-1, 2-1, 3-1", ""], "1-1 d 1, 2-1 d 1, 3-1 d 1", 3),
    ("", "k g d 0 2-1 justid count 1", ["3-1", "2-1", ""], "1-1 c 1, 2-1 d 1, 3-1 d 1", 1),
    ("", "k g d 50000 0", ["0-0", "", ""], START, 0),
    ("", "k g e 50000 0", ["0-0", "", ""], START, 1),
    (OLD, "k g e 50000 0", ["0-0", "1-1 a=1, 3-1 b=3", ""], "1-1 e 2, 2-1 c 1, 3-1 e 2", 3),
    (OLD, "k g e 50000 0 COUNT 1", ["2-1", "1-1 a=1", ""], "1-1 e 2, 2-1 c 1, 3-1 d 1", 2),
    ("", "k g d -1 0 COUNT 1", ["2-1", "1-1 a=1", ""], "1-1 d 2, 2-1 c 1, 3-1 d 1", 1),
    ("XDEL k 1-1", "k g d 0 0", ["0-0", "2-1 a=2, 3-1 b=3", "1-1"], "2-1 d 2, 3-1 d 2", 3),
    ("XDEL k 1-1 2-1 3-1", "k g d 0 0", ["0-0", "", "1-1, 2-1, 3-1"], "", 3),
    ("XDEL k 1-1 3-1", "k g d 50000 0 JUSTID", ["0-0", "", "1-1, 3-1"], "2-1 c 1", 2),
    ("XDEL k 1-1", "k g d 0 0 COUNT 1", ["2-1", "", "1-1"], "2-1 c 1, 3-1 d 1", 1),
    ("XDEL k 1-1 2-1", "k g d 0 0 COUNT 2", ["3-1", "", "1-1, 2-1"], "3-1 d 1", 2),
    ("XDEL k 2-1", "k g d 0 0 COUNT 2", ["3-1", "1-1 a=1", "2-1"], "1-1 d 2, 3-1 d 1", 2),
    ("XTRIM k MAXLEN 1", "k g d 0 0 JUSTID", ["0-0", "", "1-1, 2-1, 3-1"], "", 3),
    ("XACK k g 1-1 2-1 3-1", "k g d 0 0", ["0-0", "", ""], "", 0),
    ("", "k g d 0", arity("xautoclaim"), START, 0),
    ("", "k g d x 0", AUTO_MIN_IDLE, START, 0),
    ("", "k g d 0 x", INVALID_ID, START, 0),
    ("", f"k g d 0 ({MAX}-{MAX}", Error("ERR invalid start ID for the interval"), START, 0),
    ("", "k g d 0 0 COUNT 0", Error("ERR COUNT must be > 0"), START, 0),
    ("", "k g d 0 0 COUNT -1", Error("ERR COUNT must be > 0"), START, 0),
    ("", "k g d 0 0 COUNT x", Error("ERR COUNT must be > 0"), START, 0),
    ("", "k g d 0 0 COUNT 9223372036854775807", Error("ERR COUNT must be > 0"), START, 0),
    ("", "k g d 0 0 COUNT", SYNTAX, START, 0),
    ("", "k g d 0 0 FORCE", SYNTAX, START, 0),
    ("", "k nope d 0 0", no_group("k", "nope"), START, 0),
    ("", "k nope d x 0", AUTO_MIN_IDLE, START, 0),
    ("", "missing g d 0 0", no_group("missing", "g"), START, 0),
    ("SET s v", "s g d 0 0", WRONGTYPE, START, 0),
]


@pytest.mark.parametrize(("before", "arguments", "reply", "left", "changes"), AUTO)
def test_xautoclaim(r: Connection, before: str, arguments: str, reply: Any, left: str, changes: int) -> None:
    run(r, GROUP)
    run(r, before)
    dirty = r.dirty()
    answer = run(r, f"XAUTOCLAIM {arguments}")
    if isinstance(answer, list):
        answer = [answer[0].decode(), entries(answer[1]), entries(answer[2])]
    assert answer == reply
    assert r.dirty() - dirty == changes
    assert pending(r("XPENDING", "k", "g", "-", "+", 10)) == left


def test_xautoclaim_looks_at_a_hundred_without_a_count(r: Connection) -> None:
    r.many([("XADD", "k", f"{i}-1", "n", i) for i in range(1, 251)])
    run(r, "XGROUP CREATE k g 0 ; XREADGROUP GROUP g c STREAMS k >")
    start, sizes = b"0-0", []
    while not sizes or start != b"0-0":
        start, some, deleted = r("XAUTOCLAIM", "k", "g", "d", 0, start)
        sizes.append(len(some))
        assert deleted == []
    assert sizes == [100, 100, 50]


def test_xautoclaim_goes_over_ten_times_its_count(r: Connection) -> None:
    """Entries that are not old enough count as looked at: ten for each that was asked for."""
    r.many([("XADD", "k", f"{i}-1", "n", i) for i in range(1, 101)])
    run(r, "XGROUP CREATE k g 0 ; XREADGROUP GROUP g c STREAMS k > ; XCLAIM k g c 0 15-1 25-1 IDLE 100000 JUSTID")
    assert r("XAUTOCLAIM", "k", "g", "d", 50_000, 0, "COUNT", 1) == [b"11-1", [], []]
    assert r("XAUTOCLAIM", "k", "g", "d", 50_000, "11-1", "COUNT", 1, "JUSTID") == [b"16-1", [b"15-1"], []]
    assert r("XAUTOCLAIM", "k", "g", "d", 50_000, "16-1", "COUNT", 2, "JUSTID") == [b"36-1", [b"25-1"], []]
    assert r("XAUTOCLAIM", "k", "g", "d", 50_000, "96-1", "COUNT", 2, "JUSTID") == [b"0-0", [], []]


def test_many_entries_change_hands(r: Connection) -> None:
    some = [f"{i}-1" for i in range(1, 2001)]
    r.many([("XADD", "k", id, "n", i) for i, id in enumerate(some)])
    run(r, "XGROUP CREATE k g 0 ; XREADGROUP GROUP g c STREAMS k >")
    assert r("XCLAIM", "k", "g", "d", 0, *some[::2], "JUSTID") == [id.encode() for id in some[::2]]
    assert r("XPENDING", "k", "g")[3] == [[b"c", b"1000"], [b"d", b"1000"]]
    assert r("XDEL", "k", *some[::4]) == 500
    following, claimed, deleted = r("XAUTOCLAIM", "k", "g", "e", 0, 0, "COUNT", 1500, "JUSTID")
    assert following == b"1501-1"
    assert claimed == [id.encode() for i, id in enumerate(some[:1500]) if i % 4]
    assert deleted == [id.encode() for id in some[:1500:4]]
    assert r("XGROUP", "DELCONSUMER", "k", "g", "e") == 1125
    assert r("XPENDING", "k", "g")[0] == 500


def test_who_claims_was_seen_and_is_active(r: Connection) -> None:
    run(r, GROUP + " ; XCLAIM k g e 50000 1-1 ; XAUTOCLAIM k g f 0 0 COUNT 1 ; XAUTOCLAIM k g h 50000 0")
    found = {each["name"]: each["inactive"] for each in mapping(r, r("XINFO", "CONSUMERS", "k", "g"))}
    assert found["e"] == found["h"] == -1
    assert 0 <= found["f"] < 20_000
