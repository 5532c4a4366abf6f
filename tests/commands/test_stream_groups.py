"""Consumer groups: XGROUP, XACK, XPENDING; and all commands on groups drawn at random, on both servers.

Reading with a group is in test_stream_read.py, taking over in test_stream_claim.py, XINFO in test_stream_info.py.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.streams import INVALID_ID, MAX, group_names, pending
from tests.support.both import Both, same
from tests.support.resp import NOT_INTEGER, NULL_ARRAY, OK, SYNTAX, WRONGTYPE, Argument, Connection, Error, arity

NEEDS_KEY = Error(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to create an empty stream automatically."
)
BUSY = Error("BUSYGROUP Consumer Group name already exists")
ENTRIES_READ = Error("ERR value for ENTRIESREAD must be positive or -1")
THREE = "XADD k 1-1 a 1 ; XADD k 2-1 a 2 ; XADD k 3-1 b 3"
GROUP = THREE + " ; XGROUP CREATE k g 0"
PENDING = GROUP + " ; XREADGROUP GROUP g c COUNT 2 STREAMS k > ; XREADGROUP GROUP g d STREAMS k >"


def no_group(group: str, key: str = "k") -> Error:
    return Error(f"NOGROUP No such consumer group '{group}' for key name '{key}'")


def no_key_or_group(key: str, group: str) -> Error:
    return Error(f"NOGROUP No such key '{key}' or consumer group '{group}'")


def unknown(subcommand: str) -> Error:
    return Error(f"ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try XGROUP HELP.")


# --- XGROUP: before, command, reply, the groups of k then, changes ---------------------------------------------------

GROUPS: list[tuple[str, str, Any, str | None, int]] = [
    (THREE, "XGROUP CREATE k g 0", OK, "g 0-0 -", 1),
    (THREE, "XGROUP CREATE k g $", OK, "g 3-1 -", 1),
    (THREE, "XGROUP CREATE k g 2", OK, "g 2-0 -", 1),
    (THREE, "XGROUP CREATE k g 2-7", OK, "g 2-7 -", 1),
    (THREE, f"XGROUP CREATE k g {MAX}-{MAX}", OK, f"g {MAX}-{MAX} -", 1),
    (THREE, "xgroup create k '' 0", OK, " 0-0 -", 1),
    (THREE, "XGROUP CREATE k g 0 MKSTREAM", OK, "g 0-0 -", 1),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD 2", OK, "g 0-0 2", 1),
    (THREE, "XGROUP CREATE k g 0 entriesread 0 mkstream", OK, "g 0-0 0", 1),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD -1", OK, "g 0-0 -", 1),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD 1 ENTRIESREAD 5", unknown("CREATE"), "", 0),
    (THREE, "XGROUP CREATE k g 0 MKSTREAM MKSTREAM", OK, "g 0-0 -", 1),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD -2", ENTRIES_READ, "", 0),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD x", NOT_INTEGER, "", 0),
    (THREE, "XGROUP CREATE k g 0 ENTRIESREAD", unknown("CREATE"), "", 0),
    (THREE, "XGROUP CREATE k g 0 what", unknown("CREATE"), "", 0),
    (THREE, "XGROUP CREATE k g x", INVALID_ID, "", 0),
    (THREE, "XGROUP CREATE k g -", INVALID_ID, "", 0),
    (THREE, "XGROUP CREATE k g >", INVALID_ID, "", 0),
    (GROUP, "XGROUP CREATE k g $", BUSY, "g 0-0 -", 0),
    (GROUP, "XGROUP CREATE k f 1", OK, "f 1-0 -, g 0-0 -", 1),
    ("", "XGROUP CREATE k g 0", NEEDS_KEY, None, 0),
    ("", "XGROUP CREATE k g x", NEEDS_KEY, None, 0),
    ("", "XGROUP CREATE k g $ MKSTREAM", OK, "g 0-0 -", 1),
    ("", "XGROUP CREATE k g 5-5 MKSTREAM ENTRIESREAD 9", OK, "g 5-5 9", 1),
    ("", "XGROUP CREATE k g x MKSTREAM", INVALID_ID, None, 0),
    (THREE, "XGROUP CREATE k g", arity("xgroup|create"), "", 0),
    (THREE, "XGROUP CREATE k g 0 1 2 3 4", unknown("CREATE"), "", 0),
    # SETID
    (GROUP, "XGROUP SETID k g 2", OK, "g 2-0 -", 1),
    (GROUP, "XGROUP SETID k g $", OK, "g 3-1 -", 1),
    (GROUP, "XGROUP SETID k g 0 ENTRIESREAD 2", OK, "g 0-0 2", 1),
    (GROUP, "XGROUP SETID k g 0 ENTRIESREAD -5", ENTRIES_READ, "g 0-0 -", 0),
    (GROUP, "XGROUP SETID k g 0 MKSTREAM", unknown("SETID"), "g 0-0 -", 0),
    (GROUP, "XGROUP SETID k g 0 ENTRIESREAD", unknown("SETID"), "g 0-0 -", 0),
    (GROUP, "XGROUP SETID k g x", INVALID_ID, "g 0-0 -", 0),
    (GROUP, "XGROUP SETID k g -", OK, "g 0-0 -", 1),
    (GROUP, "XGROUP SETID k g +", OK, f"g {MAX}-{MAX} -", 1),
    (GROUP, "XGROUP SETID k nope 0", no_group("nope"), "g 0-0 -", 0),
    ("", "XGROUP SETID k g 0", NEEDS_KEY, None, 0),
    (GROUP, "XGROUP SETID k g", arity("xgroup|setid"), "g 0-0 -", 0),
    # DESTROY
    (GROUP, "XGROUP DESTROY k g", 1, "", 1),
    (GROUP, "XGROUP DESTROY k nope", 0, "g 0-0 -", 0),
    (PENDING + " ; XGROUP CREATE k h 0", "XGROUP DESTROY k g", 1, "h 0-0 -", 1),
    ("", "XGROUP DESTROY k g", NEEDS_KEY, None, 0),
    (GROUP, "XGROUP DESTROY k", arity("xgroup|destroy"), "g 0-0 -", 0),
    (GROUP, "XGROUP DESTROY k g h", arity("xgroup|destroy"), "g 0-0 -", 0),
    # CREATECONSUMER and DELCONSUMER
    (GROUP, "XGROUP CREATECONSUMER k g c", 1, "g 0-0 -", 1),
    (PENDING, "XGROUP CREATECONSUMER k g c", 0, "g 3-1 3", 0),
    (GROUP, "XGROUP CREATECONSUMER k nope c", no_group("nope"), "g 0-0 -", 0),
    ("", "XGROUP CREATECONSUMER k g c", NEEDS_KEY, None, 0),
    (GROUP, "XGROUP CREATECONSUMER k g", arity("xgroup|createconsumer"), "g 0-0 -", 0),
    (PENDING, "XGROUP DELCONSUMER k g c", 2, "g 3-1 3", 1),
    (PENDING, "XGROUP DELCONSUMER k g nope", 0, "g 3-1 3", 0),
    (GROUP + " ; XGROUP CREATECONSUMER k g c", "XGROUP DELCONSUMER k g c", 0, "g 0-0 -", 1),
    (GROUP, "XGROUP DELCONSUMER k nope c", no_group("nope"), "g 0-0 -", 0),
    ("", "XGROUP DELCONSUMER k g c", NEEDS_KEY, None, 0),
    # none of them
    (GROUP, "XGROUP", arity("xgroup"), "g 0-0 -", 0),
    (GROUP, "XGROUP what k g", Error("ERR unknown subcommand 'what'. Try XGROUP HELP."), "g 0-0 -", 0),
]


@pytest.mark.parametrize(("before", "command", "reply", "groups", "changes"), GROUPS)
def test_xgroup(r: Connection, before: str, command: str, reply: Any, groups: str | None, changes: int) -> None:
    run(r, before)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() - dirty == changes
    assert r("EXISTS", "k") == (0 if groups is None else 1)
    if groups is not None:
        assert group_names(r) == groups


def test_an_empty_stream_stays_for_its_groups(r: Connection) -> None:
    run(r, "XGROUP CREATE k g $ MKSTREAM")
    assert r("TYPE", "k") == "stream"
    assert r("XLEN", "k") == 0
    run(r, "XGROUP DESTROY k g")
    assert r("EXISTS", "k") == 1


def test_many_groups_stand_in_the_order_of_their_names(r: Connection) -> None:
    r("XADD", "k", "1-1", "a", 1)
    names = [f"group {i * 7919 % 500}" for i in range(500)] + ["", "g\0a", "g"]
    assert r.many([("XGROUP", "CREATE", "k", name, f"{i + 1}") for i, name in enumerate(names)]) == [OK] * len(names)
    ids = {name: f"{i + 1}-0" for i, name in enumerate(names)}
    assert group_names(r) == ", ".join(f"{name} {ids[name]} -" for name in sorted(names))
    assert r.many([("XGROUP", "DESTROY", "k", name) for name in names[::2]]) == [1] * len(names[::2])
    assert group_names(r) == ", ".join(f"{name} {ids[name]} -" for name in sorted(names[1::2]))


# --- XACK ------------------------------------------------------------------------------------------------------------

ACKS: list[tuple[str, Any, str]] = [
    # command, reply, what is pending then
    ("XACK k g 1-1", 1, "2-1 c 1, 3-1 d 1"),
    ("XACK k g 1-1 3-1", 2, "2-1 c 1"),
    ("XACK k g 1-1 1-1 1-1", 1, "2-1 c 1, 3-1 d 1"),
    ("XACK k g 1-1 2-1 3-1 4-1", 3, ""),
    ("XACK k g 1 9-9 0-0", 0, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k g x", INVALID_ID, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k g 1-1 x", INVALID_ID, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k g -", INVALID_ID, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k nope 1-1", 0, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k nope x", 0, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK missing g 1-1", 0, "1-1 c 1, 2-1 c 1, 3-1 d 1"),
    ("XACK k g", arity("xack"), "1-1 c 1, 2-1 c 1, 3-1 d 1"),
]


@pytest.mark.parametrize(("command", "reply", "left"), ACKS)
def test_xack(r: Connection, command: str, reply: Any, left: str) -> None:
    run(r, PENDING)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() - dirty == (reply if isinstance(reply, int) else 0)
    assert pending(r("XPENDING", "k", "g", "-", "+", 10)) == left


# --- XPENDING --------------------------------------------------------------------------------------------------------

LISTS: list[tuple[str, Any]] = [
    # of 1-1 c (old), 2-1 c, 3-1 d, 4-1 e (old)
    ("k g - + 10", "1-1 c 5, 2-1 c 1, 3-1 d 1, 4-1 e 1"),
    ("k g - + 2", "1-1 c 5, 2-1 c 1"),
    ("k g - + 0", ""),
    ("k g - + -1", ""),
    ("k g - + 9223372036854775807", "1-1 c 5, 2-1 c 1, 3-1 d 1, 4-1 e 1"),
    ("k g 2 3 10", "2-1 c 1, 3-1 d 1"),
    ("k g 2-1 3-0 10", "2-1 c 1"),
    ("k g (2-1 (4-1 10", "3-1 d 1"),
    ("k g 3 2 10", ""),
    ("k g + - 10", ""),
    ("k g - + 10 c", "1-1 c 5, 2-1 c 1"),
    ("k g - + 1 c", "1-1 c 5"),
    ("k g 2 + 10 c", "2-1 c 1"),
    ("k g - + 10 f", ""),
    ("k g - + 10 nope", ""),
    ("k g IDLE 0 - + 10", "1-1 c 5, 2-1 c 1, 3-1 d 1, 4-1 e 1"),
    ("k g IDLE 50000 - + 10", "1-1 c 5, 4-1 e 1"),
    ("k g idle 50000 - + 1", "1-1 c 5"),
    ("k g IDLE 50000 2 + 10", "4-1 e 1"),
    ("k g IDLE 50000 - + 10 c", "1-1 c 5"),
    ("k g IDLE -5 - + 10 d", "3-1 d 1"),
    ("k g IDLE 9223372036854775807 - + 10", ""),
    ("k g IDLE x - + 10", NOT_INTEGER),
    ("k g - + x", NOT_INTEGER),
    ("k g - x 1", INVALID_ID),
    ("k g x + 1", INVALID_ID),
    ("k g ( + 1", INVALID_ID),
    (f"k g ({MAX}-{MAX} + 1", Error("ERR invalid start ID for the interval")),
    ("k g - (0-0 1", Error("ERR invalid end ID for the interval")),
    ("k g -", SYNTAX),
    ("k g - +", SYNTAX),
    ("k g IDLE 5 - +", SYNTAX),
    ("k g IDLE 5 -", SYNTAX),
    ("k g - + 10 c d", "1-1 c 5, 2-1 c 1"),
    ("k g IDLE 5 - + 10 c d", SYNTAX),
    ("k nope - + 10", no_key_or_group("k", "nope")),
    ("missing g - + 10", no_key_or_group("missing", "g")),
    ("missing g - + x", NOT_INTEGER),
    ("k nope", no_key_or_group("k", "nope")),
    ("missing g", no_key_or_group("missing", "g")),
    ("s g", WRONGTYPE),
    ("k", arity("xpending")),
]


@pytest.mark.parametrize(("arguments", "reply"), LISTS)
def test_xpending(r: Connection, arguments: str, reply: Any) -> None:
    run(r, PENDING + " ; XADD k 4-1 c 4 ; XREADGROUP GROUP g e STREAMS k > ; XGROUP CREATECONSUMER k g f ; SET s v")
    run(r, "XCLAIM k g c 0 1-1 IDLE 100000 RETRYCOUNT 5 ; XCLAIM k g e 0 4-1 IDLE 60000 JUSTID")
    dirty = r.dirty()
    assert pending(run(r, f"XPENDING {arguments}")) == reply
    assert r.dirty() == dirty


def test_the_summary_of_xpending(r: Connection) -> None:
    nothing = NULL_ARRAY if r.resp == 2 else None
    run(r, GROUP)
    assert r("XPENDING", "k", "g") == [0, None, None, nothing]
    run(r, "XREADGROUP GROUP g z COUNT 2 STREAMS k > ; XREADGROUP GROUP g a STREAMS k > ; XGROUP CREATECONSUMER k g m")
    assert r("XPENDING", "k", "g") == [3, b"1-1", b"3-1", [[b"a", b"1"], [b"z", b"2"]]]
    run(r, "XACK k g 1-1 ; XDEL k 2-1")
    assert r("XPENDING", "k", "g") == [2, b"2-1", b"3-1", [[b"a", b"1"], [b"z", b"1"]]]
    run(r, "XGROUP DELCONSUMER k g z")
    assert r("XPENDING", "k", "g") == [1, b"3-1", b"3-1", [[b"a", b"1"]]]
    run(r, "XACK k g 3-1")
    assert r("XPENDING", "k", "g") == [0, None, None, nothing]


def test_idle_times_grow_from_what_was_set(r: Connection) -> None:
    run(r, PENDING + " ; XCLAIM k g c 0 1-1 IDLE 100000 JUSTID ; XCLAIM k g c 0 2-1 TIME 1000 JUSTID")
    idle = {each[0]: each[2] for each in r("XPENDING", "k", "g", "-", "+", 10)}
    assert 100_000 <= idle[b"1-1"] < 120_000
    assert idle[b"2-1"] > 1_600_000_000_000
    assert 0 <= idle[b"3-1"] < 20_000


# --- all of them, drawn ----------------------------------------------------------------------------------------------


def drawn_id(rng: random.Random, last: int) -> str:
    return rng.choice([f"{rng.randrange(1, last + 3)}-1"] * 6 + [f"{rng.randrange(last + 2)}", "0", "5-0", "9-9"])


def drawn_step(rng: random.Random, last: int) -> list[Argument]:
    group, consumer = rng.choice("gggh"), rng.choice("abc")
    some = [drawn_id(rng, last) for _ in range(rng.choice([1, 1, 2, 4]))]
    match rng.randrange(16):
        case 0 | 1 | 2:
            bounds: list[Argument] = rng.choice([["BLOCK", 1], ["NOACK"], [], [], []])
            return ["XREADGROUP", "GROUP", group, consumer, "COUNT", rng.choice([1, 2, 5]), *bounds, "STREAMS", "k", ">"]
        case 3:
            return ["XREADGROUP", "GROUP", group, consumer, "COUNT", rng.choice([1, 3]), "STREAMS", "k", some[0]]
        case 4 | 5:
            return ["XACK", "k", group, *some]
        case 6:
            return ["XDEL", "k", *some]
        case 7:
            options = rng.choice([[], ["JUSTID"], ["FORCE"], ["FORCE", "JUSTID"], ["RETRYCOUNT", 3], ["LASTID", some[0]],
                                  ["TIME", 5000], ["TIME", 7000, "FORCE", "RETRYCOUNT", 0]])  # fmt: skip
            return ["XCLAIM", "k", group, consumer, rng.choice([0, 0, 3_600_000]), *some, *options]
        case 8 | 9:
            options = rng.choice([[], ["JUSTID"], ["COUNT", 1], ["COUNT", 2, "JUSTID"], ["COUNT", 7]])
            return ["XAUTOCLAIM", "k", group, consumer, rng.choice([0, 0, 3_600_000]), some[0], *options]
        case 10:
            return rng.choice([["XTRIM", "k", "MAXLEN", rng.randrange(4, 12)], ["XTRIM", "k", "MINID", some[0]],
                               ["XTRIM", "k", "MAXLEN", "~", 5], ["XSETID", "k", f"{last}-{rng.randrange(1, 9)}"],
                               ["XSETID", "k", f"{last}-9", "ENTRIESADDED", last + 3, "MAXDELETEDID", some[0]]])  # fmt: skip
        case 11:
            more: list[Argument] = rng.choice([[], ["ENTRIESREAD", rng.randrange(last + 2)]])
            return ["XGROUP", "SETID", "k", group, rng.choice([*some, "$"]), *more]
        case 12:
            return rng.choice([["XGROUP", "DELCONSUMER", "k", group, consumer],
                               ["XGROUP", "CREATECONSUMER", "k", group, "d"],
                               ["XGROUP", "DESTROY", "k", "h"], ["XGROUP", "CREATE", "k", "h", some[0]],
                               ["XGROUP", "CREATE", "k", "h", "$", "ENTRIESREAD", last]])  # fmt: skip
        case 13:
            return rng.choice([["XPENDING", "k", group], ["XINFO", "GROUPS", "k"]])
        case _:
            return ["XADD", "k", f"{last + 1}-1", "n", last]


WITHOUT_TIMES: tuple[list[Argument], ...] = (["XINFO", "GROUPS", "k"], ["XINFO", "STREAM", "k"], ["XPENDING", "k", "g"],
                                             ["XRANGE", "k", "-", "+"])  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("node", [3, 100])
def test_drawn_steps(both: Both, seed: int, node: int) -> None:
    """Replies, lags and what is pending are the same after each step."""
    rng = random.Random(seed)
    last = 1
    commands: list[list[Argument]] = [["XGROUP", "CREATE", "k", "g", "0", "MKSTREAM"], ["XGROUP", "CREATE", "k", "h", "$"],
                                      ["XADD", "k", "1-1", "n", 1]]  # fmt: skip
    for i in range(600):
        command = drawn_step(rng, last)
        last += command[0] == "XADD"
        commands += [command, WITHOUT_TIMES[i % len(WITHOUT_TIMES)]]
        if command[0] == "XSETID":
            commands += [["XADD", "k", f"{last + 1}-1", "n", last]]
            last += 1
    with both[0].config(stream_node_max_entries=node), both[1].config(stream_node_max_entries=node):
        for at in range(0, len(commands), 50):
            same(both, commands[at : at + 50])
            lists = [pending(each("XPENDING", "k", "g", "-", "+", 1000)) for each in both]
            assert lists[0] == lists[1], commands[at : at + 50]
