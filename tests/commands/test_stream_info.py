"""XINFO: what a stream, its groups and their consumers say of themselves.

How lags follow drawn steps is in test_stream_groups.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import MAX, mapping
from tests.support.resp import NOT_INTEGER, WRONGTYPE, Connection, Error, arity
from tests.support.servers import eventually

NO_KEY = Error("ERR no such key")
USAGE = Error("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.")
THREE = "XADD k 1-1 a 1 ; XADD k 2-1 a 2 ; XADD k 3-1 b 3"
GROUP = THREE + " ; XGROUP CREATE k g 0"
READ = " ; XREADGROUP GROUP g c"
PENDING = GROUP + READ + " COUNT 2 STREAMS k > ; XREADGROUP GROUP g d STREAMS k > ; XGROUP CREATECONSUMER k g b"
LISTED = [["1-1", ["a", "1"]], ["2-1", ["a", "2"]], ["3-1", ["b", "3"]]]
CLOCK = range(1_600_000_000_000, 10**14)
"""Moments of today, in milliseconds."""


def no_group(group: str) -> Error:
    return Error(f"NOGROUP No such consumer group '{group}' for key name 'k'")


def info(r: Connection, command: str) -> Any:
    """What XINFO answers, with names and texts as texts."""
    return mapping(r, run(r, f"XINFO {command}"))


# --- errors and HELP --------------------------------------------------------------------------------------------------

ERRORS: list[tuple[str, Error]] = [
    # of a stream k with a group g and a string s
    ("XINFO", arity("xinfo")),
    ("XINFO what k", Error("ERR unknown subcommand 'what'. Try XINFO HELP.")),
    ("XINFO HELP k", arity("xinfo|help")),
    ("XINFO STREAM", arity("xinfo|stream")),
    ("XINFO STREAM missing", NO_KEY),
    ("XINFO STREAM missing FULL", NO_KEY),
    ("XINFO STREAM missing what", NO_KEY),
    ("XINFO STREAM missing FULL COUNT x", NO_KEY),
    ("XINFO STREAM s", WRONGTYPE),
    ("XINFO STREAM s what", WRONGTYPE),
    ("XINFO STREAM k what", USAGE),
    ("XINFO STREAM k COUNT 1", USAGE),
    ("XINFO STREAM k FULL COUNT", USAGE),
    ("XINFO STREAM k FULL what 1", USAGE),
    ("XINFO STREAM k FULL COUNT 1 2", USAGE),
    ("XINFO STREAM k FULL COUNT 1 COUNT 2", USAGE),
    ("XINFO STREAM k FULL COUNT x", NOT_INTEGER),
    ("XINFO STREAM k FULL COUNT 1.5", NOT_INTEGER),
    ("XINFO STREAM k FULL COUNT ''", NOT_INTEGER),
    ("XINFO STREAM k FULL COUNT 9223372036854775808", NOT_INTEGER),
    ("XINFO GROUPS", arity("xinfo|groups")),
    ("XINFO GROUPS k g", arity("xinfo|groups")),
    ("XINFO GROUPS missing", NO_KEY),
    ("XINFO GROUPS s", WRONGTYPE),
    ("XINFO CONSUMERS k", arity("xinfo|consumers")),
    ("XINFO CONSUMERS k g c", arity("xinfo|consumers")),
    ("XINFO CONSUMERS missing g", NO_KEY),
    ("XINFO CONSUMERS s g", WRONGTYPE),
    ("XINFO CONSUMERS k nope", no_group("nope")),
    ("XINFO CONSUMERS k ''", no_group("")),
    ("XINFO CONSUMERS k G", no_group("G")),
]


@pytest.mark.parametrize(("command", "reply"), ERRORS)
def test_errors(r: Connection, command: str, reply: Error) -> None:
    run(r, GROUP + " ; SET s v")
    assert run(r, command) == reply


def test_help(r: Connection) -> None:
    lines = r("XINFO", "HELP")
    assert lines[0] == "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert lines[1::2] == ["CONSUMERS <key> <groupname>", "GROUPS <key>", "STREAM <key> [FULL [COUNT <count>]", "HELP"]
    assert lines[2:7:2] == ["    Show consumers of <groupname>.", "    Show the stream consumer groups.",
                            "    Show information about the stream."]  # fmt: skip
    assert lines[8] == "    Print this help."


# --- STREAM ----------------------------------------------------------------------------------------------------------


def stream(length: int, last: str, added: int, first: str = "1-1", deleted: str = "0-0") -> dict[str, Any]:
    """What both forms of XINFO STREAM begin with, of a stream that is one node."""
    return {
        "length": length, "radix-tree-keys": 1 if length else 0, "radix-tree-nodes": 2 if length else 1,
        "last-generated-id": last, "max-deleted-entry-id": deleted, "entries-added": added,
        "recorded-first-entry-id": first,
    }  # fmt: skip


STREAMS: list[tuple[str, dict[str, Any], list[Any]]] = [
    # before, what it says, the entries
    (THREE, stream(3, "3-1", 3), LISTED),
    ("XADD k 5-5 a 1", stream(1, "5-5", 1, "5-5"), [["5-5", ["a", "1"]]]),
    ("XADD k 5-5 a 1 ; XDEL k 5-5", stream(0, "5-5", 1, "0-0", "5-5"), []),
    (THREE + " ; XDEL k 2-1", stream(2, "3-1", 3, "1-1", "2-1"), [LISTED[0], LISTED[2]]),
    (THREE + " ; XDEL k 3-1 1-1", stream(1, "3-1", 3, "2-1", "3-1"), LISTED[1:2]),
    (THREE + " ; XDEL k 3-1 ; XDEL k 1-1", stream(1, "3-1", 3, "2-1", "3-1"), LISTED[1:2]),
    (THREE + " ; XDEL k 2-2", stream(3, "3-1", 3), LISTED),
    (THREE + " ; XDEL k 1-1 2-1 3-1", stream(0, "3-1", 3, "0-0", "3-1"), []),
    (THREE + " ; XTRIM k MAXLEN 1", stream(1, "3-1", 3, "3-1"), LISTED[2:]),
    (THREE + " ; XTRIM k MINID 2", stream(2, "3-1", 3, "2-1"), LISTED[1:]),
    (THREE + " ; XTRIM k MAXLEN 0", stream(0, "3-1", 3, "0-0"), []),
    (THREE + " ; XTRIM k MAXLEN 0 ; XADD k 4-1 c 4", stream(1, "4-1", 4, "4-1"), [["4-1", ["c", "4"]]]),
    (THREE + " ; XSETID k 9-9", stream(3, "9-9", 3), LISTED),
    (THREE + " ; XSETID k 9-9 ENTRIESADDED 77 MAXDELETEDID 8-8", stream(3, "9-9", 77, deleted="8-8"), LISTED),
    (THREE + f" ; XSETID k {MAX}-{MAX} ENTRIESADDED 9223372036854775807",
     stream(3, f"{MAX}-{MAX}", 9223372036854775807), LISTED),
    ("XADD k 1-1 a 1 ; XDEL k 1-1 ; XSETID k 4-4", stream(0, "4-4", 1, "0-0", "1-1"), []),
    ("XGROUP CREATE k g 7 MKSTREAM", stream(0, "0-0", 0, "0-0"), []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "said", "listed"), STREAMS)
def test_stream(r: Connection, before: str, said: dict[str, Any], listed: list[Any]) -> None:
    run(r, before)
    dirty = r.dirty()
    groups = len(info(r, "GROUPS k"))
    ends = {"first-entry": listed[0] if listed else None, "last-entry": listed[-1] if listed else None}
    reply = info(r, "STREAM k")
    assert reply == {**said, "groups": groups, **ends}
    assert list(reply) == [*said, "groups", *ends]
    full = info(r, "STREAM k FULL")
    assert {name: value for name, value in full.items() if name != "groups"} == {**said, "entries": listed}
    assert list(full) == [*said, "entries", "groups"]
    assert len(full["groups"]) == groups
    assert r.dirty() == dirty


def test_the_number_of_groups(r: Connection) -> None:
    run(r, GROUP + " ; XGROUP CREATE k h 0 ; XGROUP CREATE k i 0 ; XGROUP DESTROY k h")
    assert info(r, "stream k")["groups"] == 2


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        ("", 10),
        (" COUNT 1", 1), (" count 11", 11), (" COUNT 12", 12), (" COUNT 13", 12), (" COUNT 9223372036854775807", 12),
        (" COUNT 0", 12),                                    # all
        (" COUNT -1", 10), (" COUNT -9223372036854775808", 10),
    ],
)  # fmt: skip
def test_count_bounds_entries_and_what_is_pending(r: Connection, count: str, shown: int) -> None:
    run(r, " ; ".join(f"XADD k {i}-1 n {i}" for i in range(1, 13)) + " ; XGROUP CREATE k g 0")
    run(r, "XREADGROUP GROUP g c STREAMS k >")
    full = info(r, f"STREAM k FULL{count}")
    ids = [f"{i}-1" for i in range(1, shown + 1)]
    assert full["length"] == 12
    assert [id for id, _ in full["entries"]] == ids
    (group,) = full["groups"]
    assert group["pel-count"] == 12
    assert [id for id, *_ in group["pending"]] == ids
    (consumer,) = group["consumers"]
    assert consumer["pel-count"] == 12
    assert [id for id, *_ in consumer["pending"]] == ids


def test_count_bounds_neither_groups_nor_consumers(r: Connection) -> None:
    run(r, THREE)
    run(r, " ; ".join(f"XGROUP CREATE k g{i:02} 0" for i in range(15)))
    run(r, " ; ".join(f"XGROUP CREATECONSUMER k g00 c{i:02}" for i in range(15)))
    groups = info(r, "STREAM k FULL COUNT 1")["groups"]
    assert [each["name"] for each in groups] == [f"g{i:02}" for i in range(15)]
    assert [each["name"] for each in groups[0]["consumers"]] == [f"c{i:02}" for i in range(15)]
    assert {len(each["consumers"]) for each in groups[1:]} == {0}


def moments(reply: Any) -> Any:
    """The reply, with "now" for each moment of today."""
    if isinstance(reply, dict):
        return {name: moments(value) for name, value in reply.items()}
    if isinstance(reply, list):
        return [moments(each) for each in reply]
    return "now" if isinstance(reply, int) and reply in CLOCK else reply


def test_full_shows_groups_consumers_and_what_is_pending(r: Connection) -> None:
    run(r, PENDING + " ; XCLAIM k g d 0 1-1 TIME 1000 RETRYCOUNT 4 ; XGROUP CREATE k h 1 ; XDEL k 2-1")
    ours, theirs = moments(info(r, "STREAM k FULL")["groups"])
    assert ours == {
        "name": "g", "last-delivered-id": "3-1", "entries-read": 3, "lag": 0, "pel-count": 3,
        "pending": [["1-1", "d", 1000, 4], ["2-1", "c", "now", 1], ["3-1", "d", "now", 1]],
        "consumers": [
            {"name": "b", "seen-time": "now", "active-time": -1, "pel-count": 0, "pending": []},
            {"name": "c", "seen-time": "now", "active-time": "now", "pel-count": 1, "pending": [["2-1", "now", 1]]},
            {"name": "d", "seen-time": "now", "active-time": "now", "pel-count": 2,
             "pending": [["1-1", 1000, 4], ["3-1", "now", 1]]},
        ],
    }  # fmt: skip
    assert list(ours) == ["name", "last-delivered-id", "entries-read", "lag", "pel-count", "pending", "consumers"]
    assert list(ours["consumers"][0]) == ["name", "seen-time", "active-time", "pel-count", "pending"]
    assert theirs == {
        "name": "h", "last-delivered-id": "1-0", "entries-read": None, "lag": None, "pel-count": 0, "pending": [],
        "consumers": [],
    }  # fmt: skip


def test_count_bounds_the_list_of_each_consumer(r: Connection) -> None:
    run(r, PENDING)
    (group,) = moments(info(r, "STREAM k FULL COUNT 1")["groups"])
    assert group["pel-count"] == 3
    assert group["pending"] == [["1-1", "c", "now", 1]]
    assert [(each["name"], each["pel-count"], each["pending"]) for each in group["consumers"]] == [
        ("b", 0, []), ("c", 2, [["1-1", "now", 1]]), ("d", 1, [["3-1", "now", 1]]),
    ]  # fmt: skip


# --- GROUPS ----------------------------------------------------------------------------------------------------------


def test_groups(r: Connection) -> None:
    run(r, THREE)
    assert info(r, "GROUPS k") == []
    run(r, PENDING.removeprefix(THREE + " ; ") + " ; XGROUP CREATE k a 1-1")
    assert (groups := info(r, "groups k")) == [
        {"name": "a", "consumers": 0, "pending": 0, "last-delivered-id": "1-1", "entries-read": None, "lag": 2},
        {"name": "g", "consumers": 3, "pending": 3, "last-delivered-id": "3-1", "entries-read": 3, "lag": 0},
    ]
    assert list(groups[0]) == ["name", "consumers", "pending", "last-delivered-id", "entries-read", "lag"]
    run(r, "XACK k g 1-1 ; XGROUP DELCONSUMER k g d ; XDEL k 2-1")
    assert [(each["consumers"], each["pending"]) for each in info(r, "GROUPS k")] == [(0, 0), (2, 1)]


LAGS: list[tuple[str, int | None, int | None]] = [
    # before, entries-read, lag of the group g
    # as created
    (GROUP, None, 3),
    (THREE + " ; XGROUP CREATE k g $", None, 0),
    (THREE + " ; XGROUP CREATE k g 2-1", None, None),
    (THREE + " ; XGROUP CREATE k g 1-1", None, 2),
    (THREE + " ; XGROUP CREATE k g 0-5", None, 3),
    (THREE + " ; XGROUP CREATE k g 3", None, None),
    (THREE + " ; XGROUP CREATE k g 9-9", None, None),
    (THREE + " ; XGROUP CREATE k g 2-1 ENTRIESREAD 2", 2, 1),
    (THREE + " ; XGROUP CREATE k g 2-1 ENTRIESREAD 1", 1, 2),
    (THREE + " ; XGROUP CREATE k g 0 ENTRIESREAD 0", 0, 3),
    (THREE + " ; XGROUP CREATE k g 0 ENTRIESREAD 3", 3, 0),
    (THREE + " ; XGROUP CREATE k g 0 ENTRIESREAD 100", 100, -97),
    (THREE + " ; XGROUP CREATE k g $ ENTRIESREAD 1", 1, 2),
    (THREE + " ; XGROUP CREATE k g 2-1 ENTRIESREAD -1", None, None),
    # reading with >
    (GROUP + READ + " COUNT 1 STREAMS k >", 1, 2),
    (GROUP + READ + " STREAMS k >", 3, 0),
    (GROUP + READ + " NOACK COUNT 2 STREAMS k >", 2, 1),
    (GROUP + READ + " COUNT 2 STREAMS k >" + READ + " STREAMS k 0", 2, 1),
    (THREE + " ; XGROUP CREATE k g 2-1" + READ + " COUNT 1 STREAMS k >", 3, 0),
    (THREE + " ; XGROUP CREATE k g 1-1" + READ + " COUNT 1 STREAMS k >", None, None),
    (THREE + " ; XGROUP CREATE k g 1-1" + READ + " STREAMS k > ; XADD k 4-1 c 4", 3, 1),
    (THREE + " ; XGROUP CREATE k g 1-1 ENTRIESREAD 1" + READ + " COUNT 1 STREAMS k >", 2, 1),
    # XDEL leaves tombstones
    (GROUP + " ; XDEL k 2-1", None, None),
    (GROUP + " ; XDEL k 1-1", None, 2),
    (GROUP + " ; XDEL k 3-1", None, None),
    (GROUP + " ; XDEL k 1-1 2-1 3-1", None, 0),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XDEL k 2-1", 1, None),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XDEL k 1-1", 1, 2),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XDEL k 3-1", 1, None),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XDEL k 1-1", 2, 1),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XDEL k 2-1", 2, None),
    (GROUP + " ; XDEL k 2-1" + READ + " COUNT 1 STREAMS k >", None, None),
    (GROUP + " ; XDEL k 2-1" + READ + " STREAMS k >", 3, 0),
    (GROUP + " ; XDEL k 2-1" + READ + " STREAMS k > ; XADD k 4-1 c 4", 3, 1),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XDEL k 2-1" + READ + " COUNT 1 STREAMS k >", 3, 0),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XDEL k 2-1 ; XADD k 4-1 c 4" + READ + " COUNT 1 STREAMS k >", None, None),
    # XTRIM leaves none
    (GROUP + " ; XTRIM k MAXLEN 1", None, 1),
    (GROUP + " ; XTRIM k MAXLEN 0", None, 0),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XTRIM k MAXLEN 2", 1, 2),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XTRIM k MAXLEN 1", 1, 2),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XTRIM k MAXLEN 1" + READ + " STREAMS k >", 3, 0),
    (GROUP + " ; XTRIM k MAXLEN 1" + READ + " STREAMS k >", 3, 0),
    (THREE + " ; XTRIM k MAXLEN 2 ; XGROUP CREATE k g 1-1", None, 2),
    (THREE + " ; XTRIM k MAXLEN 2 ; XGROUP CREATE k g 2-1", None, 1),
    (THREE + " ; XTRIM k MINID 3 ; XGROUP CREATE k g 0", None, 1),
    # XSETID
    (GROUP + " ; XSETID k 9-9 ENTRIESADDED 10", None, 3),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XSETID k 9-9 ENTRIESADDED 10", 1, 9),
    (GROUP + READ + " STREAMS k > ; XSETID k 9-9 ENTRIESADDED 10", 3, 7),
    (THREE + " ; XGROUP CREATE k g 2-1 ; XSETID k 9-9 ENTRIESADDED 10", None, None),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XSETID k 9-9 ENTRIESADDED 10 MAXDELETEDID 2-5", 1, None),
    (GROUP + READ + " COUNT 1 STREAMS k > ; XSETID k 9-9 ENTRIESADDED 10 MAXDELETEDID 0-5", 1, 9),
    (THREE + " ; XSETID k 9-9 ENTRIESADDED 10 ; XGROUP CREATE k g 9-9", None, 0),
    (THREE + " ; XSETID k 9-9 ; XGROUP CREATE k g 3-1", None, None),
    # empty streams
    ("XGROUP CREATE k g $ MKSTREAM", None, 0),
    ("XGROUP CREATE k g 5-5 MKSTREAM", None, 0),
    ("XGROUP CREATE k g 5-5 MKSTREAM ENTRIESREAD 9", 9, 0),
    ("XGROUP CREATE k g $ MKSTREAM ; XADD k 1-1 a 1", None, 1),
    ("XGROUP CREATE k g $ MKSTREAM ; XADD k 1-1 a 1" + READ + " STREAMS k >", 1, 0),
    # XGROUP SETID and XCLAIM
    (GROUP + READ + " COUNT 2 STREAMS k > ; XGROUP SETID k g 1-1", None, 2),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XGROUP SETID k g 0", None, 3),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XGROUP SETID k g $", None, 0),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XGROUP SETID k g 1-1 ENTRIESREAD 1", 1, 2),
    (GROUP + READ + " COUNT 2 STREAMS k > ; XGROUP SETID k g 1-1 ENTRIESREAD 3", 3, 0),
    (GROUP + " ; XCLAIM k g c 0 1-1 LASTID 2-1", None, None),
]


@pytest.mark.parametrize(("before", "entries_read", "lag"), LAGS)
def test_lag(r: Connection, before: str, entries_read: int | None, lag: int | None) -> None:
    run(r, before)
    (group,) = info(r, "GROUPS k")
    assert (group["entries-read"], group["lag"]) == (entries_read, lag)
    (group,) = info(r, "STREAM k FULL")["groups"]
    assert (group["entries-read"], group["lag"]) == (entries_read, lag)


# --- CONSUMERS -------------------------------------------------------------------------------------------------------

CONSUMERS: list[tuple[str, str]] = [
    # after the group: the consumers with what each has pending, "-" behind those that never were active
    ("", ""),
    ("XGROUP CREATECONSUMER k g c", "c 0 -"),
    ("XREADGROUP GROUP g c STREAMS k >", "c 3"),
    ("XREADGROUP GROUP g c COUNT 1 STREAMS k > ; XREADGROUP GROUP g a STREAMS k >", "a 2, c 1"),
    ("XREADGROUP GROUP g c COUNT 1 NOACK STREAMS k >", "c 0 -"),
    ("XREADGROUP GROUP g c STREAMS k 0", "c 0 -"),
    ("XREADGROUP GROUP g c STREAMS k > ; XREADGROUP GROUP g d STREAMS k >", "c 3, d 0 -"),
    ("XREADGROUP GROUP g c STREAMS k > ; XREADGROUP GROUP g c STREAMS k >", "c 3"),
    ("XREADGROUP GROUP g c STREAMS k > ; XACK k g 1-1 2-1 3-1", "c 0"),
    ("XREADGROUP GROUP g c STREAMS k > ; XDEL k 1-1", "c 3"),
    ("XREADGROUP GROUP g c STREAMS k > ; XCLAIM k g d 0 1-1", "c 2, d 1"),
    ("XREADGROUP GROUP g c STREAMS k > ; XCLAIM k g d 0 1-1 JUSTID", "c 2, d 1"),
    ("XREADGROUP GROUP g c STREAMS k > ; XCLAIM k g d 3600000 1-1", "c 3, d 0 -"),
    ("XCLAIM k g d 0 1-1", "d 0 -"),
    ("XCLAIM k g d 0 1-1 FORCE", "d 1"),
    ("XREADGROUP GROUP g c STREAMS k > ; XAUTOCLAIM k g d 0 0 COUNT 2", "c 1, d 2"),
    ("XREADGROUP GROUP g c STREAMS k > ; XAUTOCLAIM k g d 3600000 0", "c 3, d 0 -"),
    ("XREADGROUP GROUP g c STREAMS k > ; XDEL k 1-1 2-1 3-1 ; XAUTOCLAIM k g d 0 0", "c 0, d 0 -"),
    ("XREADGROUP GROUP g c STREAMS k > ; XGROUP DELCONSUMER k g c", ""),
]


@pytest.mark.parametrize(("before", "said"), CONSUMERS)
def test_consumers(r: Connection, before: str, said: str) -> None:
    run(r, GROUP)
    run(r, before)
    consumers = info(r, "CONSUMERS k g")
    assert all(list(each) == ["name", "pending", "idle", "inactive"] for each in consumers)
    assert all(0 <= each["idle"] < 20_000 and -1 <= each["inactive"] < 20_000 for each in consumers)
    assert said == ", ".join(
        f"{each['name']} {each['pending']}{' -' if each['inactive'] == -1 else ''}" for each in consumers
    )
    (group,) = info(r, "STREAM k FULL")["groups"]
    assert [each["active-time"] == -1 for each in group["consumers"]] == [each["inactive"] == -1 for each in consumers]


def seen_and_active(r: Connection) -> tuple[int, int]:
    """Of the first consumer of the first group."""
    consumer = info(r, "STREAM k FULL")["groups"][0]["consumers"][0]
    return consumer["seen-time"], consumer["active-time"]


@pytest.mark.parametrize("asks", ["XREADGROUP GROUP g c STREAMS k >", "XCLAIM k g c 0 9-9",
                                  "XAUTOCLAIM k g c 3600000 0"])  # fmt: skip
def test_a_consumer_that_asks_and_gets_nothing_is_seen_but_not_active(r: Connection, asks: str) -> None:
    run(r, GROUP + READ + " STREAMS k >")
    _, active = seen_and_active(r)
    assert active in CLOCK

    def seen_later() -> bool:
        run(r, asks)
        seen, still = seen_and_active(r)
        assert still == active
        return seen > active

    eventually(seen_later)
    (consumer,) = info(r, "CONSUMERS k g")
    assert consumer["inactive"] > consumer["idle"] >= 0


@pytest.mark.parametrize("gets", ["XADD k * a 1 ; XREADGROUP GROUP g c STREAMS k >", "XCLAIM k g c 0 1-1",
                                  "XAUTOCLAIM k g c 0 0"])  # fmt: skip
def test_a_consumer_that_gets_something_is_active(r: Connection, gets: str) -> None:
    run(r, GROUP + READ + " STREAMS k >")
    _, before = seen_and_active(r)

    def active_later() -> bool:
        run(r, gets)
        seen, active = seen_and_active(r)
        assert seen == active
        return active > before

    eventually(active_later)


def test_times_of_consumers_grow(r: Connection) -> None:
    run(r, GROUP + READ + " STREAMS k >")

    def grown() -> bool:
        (consumer,) = info(r, "CONSUMERS k g")
        return consumer["idle"] >= 5 and bool(consumer["inactive"] >= 5)

    eventually(grown)
