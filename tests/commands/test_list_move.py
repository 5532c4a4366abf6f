"""LMOVE, RPOPLPUSH and LMPOP, and the forms of them that wait, where they need not wait or wait in vain."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.lists import FORMS, LIMITS, elements
from tests.commands.script import FAR, run
from tests.commands.test_blocking import Waiters, waiters
from tests.support.resp import NULL_ARRAY, SYNTAX, Connection, Error, arity

__all__ = ["waiters"]

NUMKEYS = Error("ERR numkeys should be greater than 0")
COUNT = Error("ERR count should be greater than 0")
BAD_TIMEOUT = Error("ERR timeout is not a float or out of range")

# --- from one to another: before, command, reply, l and m then, changes ----------------------------------------------

Move = tuple[str, str, Any, str, str, int]

MOVES: list[Move] = [
    ("RPUSH l a b c ; RPUSH m x y", "LMOVE l m LEFT LEFT", b"a", "b c", "a x y", 1),
    ("RPUSH l a b c ; RPUSH m x y", "LMOVE l m LEFT RIGHT", b"a", "b c", "x y a", 1),
    ("RPUSH l a b c ; RPUSH m x y", "LMOVE l m RIGHT LEFT", b"c", "a b", "c x y", 1),
    ("RPUSH l a b c ; RPUSH m x y", "lmove l m right Right", b"c", "a b", "x y c", 1),
    ("RPUSH l a b c ; RPUSH m x y", "RPOPLPUSH l m", b"c", "a b", "c x y", 1),
    ("RPUSH l a b c ; RPUSH m x y", "BLMOVE l m LEFT LEFT 0", b"a", "b c", "a x y", 1),
    ("RPUSH l a b c ; RPUSH m x y", "BRPOPLPUSH l m 0", b"c", "a b", "c x y", 1),
    ("RPUSH l a b c", "LMOVE l m LEFT LEFT", b"a", "b c", "a", 1),
    ("RPUSH l a b c", "RPOPLPUSH l m", b"c", "a b", "c", 1),
    ("RPUSH l a", "LMOVE l m LEFT RIGHT", b"a", "", "a", 1),
    ("RPUSH l a", "RPOPLPUSH l m", b"a", "", "a", 1),
    ("RPUSH l -5 a", "LMOVE l m LEFT LEFT", b"-5", "a", "-5", 1),
    ("RPUSH l a b c", "LMOVE l l LEFT LEFT", b"a", "a b c", "", 1),
    ("RPUSH l a b c", "LMOVE l l LEFT RIGHT", b"a", "b c a", "", 1),
    ("RPUSH l a b c", "LMOVE l l RIGHT LEFT", b"c", "c a b", "", 1),
    ("RPUSH l a b c", "LMOVE l l RIGHT RIGHT", b"c", "a b c", "", 1),
    ("RPUSH l a b c", "RPOPLPUSH l l", b"c", "c a b", "", 1),
    ("RPUSH l 1 2 3", "RPOPLPUSH l l", b"3", "3 1 2", "", 1),
    ("RPUSH l a", "RPOPLPUSH l l", b"a", "a", "", 1),
    ("RPUSH l a", "LMOVE l l LEFT LEFT", b"a", "a", "", 1),
    ("RPUSH m x", "LMOVE l m LEFT LEFT", None, "", "x", 0),
    ("RPUSH m x", "RPOPLPUSH l m", None, "", "x", 0),
    ("SET m x", "LMOVE l m LEFT LEFT", None, "", "WRONGTYPE", 0),
    ("SET m x", "RPOPLPUSH l m", None, "", "WRONGTYPE", 0),
    ("RPUSH l a", "LMOVE l m LEFT middle", SYNTAX, "a", "", 0),
    ("RPUSH l a", "LMOVE l m '' LEFT", SYNTAX, "a", "", 0),
    ("SET m x ; RPUSH l a", "LMOVE l m up LEFT", SYNTAX, "a", "WRONGTYPE", 0),
    ("RPUSH l a", "LMOVE l m LEFT", arity("lmove"), "a", "", 0),
    ("RPUSH l a", "LMOVE l m LEFT LEFT 0", arity("lmove"), "a", "", 0),
    ("RPUSH l a", "RPOPLPUSH l", arity("rpoplpush"), "a", "", 0),
    ("RPUSH l a", "BLMOVE l m LEFT up 0", SYNTAX, "a", "", 0),
    ("RPUSH l a", "BLMOVE l m LEFT up x", SYNTAX, "a", "", 0),
    ("RPUSH l a", "BLMOVE l m LEFT LEFT x", BAD_TIMEOUT, "a", "", 0),
    ("RPUSH l a", "BLMOVE l m LEFT LEFT -1", Error("ERR timeout is negative"), "a", "", 0),
    ("RPUSH l a", "BRPOPLPUSH l m x", BAD_TIMEOUT, "a", "", 0),
    ("RPUSH l a", "BLMOVE l m LEFT LEFT", arity("blmove"), "a", "", 0),
    ("RPUSH l a", "BRPOPLPUSH l m", arity("brpoplpush"), "a", "", 0),
]  # fmt: skip


@FORMS
@pytest.mark.parametrize("case", MOVES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_moves(r: Connection, form: str, case: Move) -> None:
    before, command, reply, source, target, changes = case
    with r.config(**LIMITS[form]):
        run(r, before)
        dirty = r.dirty()
        answer = run(r, command)
        assert answer == reply
        assert type(answer) is type(reply)
        assert r.dirty() - dirty == changes
        assert elements(r, "l") == source.encode().split()
        assert r("EXISTS", "l", "m") == bool(source) + bool(target)
        if target != "WRONGTYPE":
            assert elements(r, "m") == target.encode().split()


@FORMS
def test_turning_a_list(r: Connection, form: str) -> None:
    """Elements of all sizes come around, and nothing is lost."""
    texts = [b"a", b"12", b"x" * 100, b"y" * 1000, b"", b"z" * 10_000, b"-1", b"b"]
    with r.config(**LIMITS[form]):
        r("RPUSH", "l", *texts)
        for _ in range(3):
            assert [r("RPOPLPUSH", "l", "l") for _ in texts] == texts[::-1]
            assert elements(r) == texts
            assert [r("LMOVE", "l", "l", "LEFT", "RIGHT") for _ in texts] == texts
            assert elements(r) == texts
        assert [r("LMOVE", "l", "m", "LEFT", "LEFT") for _ in texts] == texts
        assert elements(r, "m") == texts[::-1]
        assert r("EXISTS", "l") == 0


@FORMS
def test_expiry_of_source_and_target_stays(r: Connection, form: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, f"RPUSH l a b ; EXPIREAT l {FAR} ; RPUSH m x ; EXPIREAT m {FAR + 1} ; LMOVE l m LEFT LEFT ; RPOPLPUSH l n")
        assert [r("EXPIRETIME", key) for key in "lmn"] == [-2, FAR + 1, -1]
        run(r, "RPOPLPUSH m m")
        assert r("EXPIRETIME", "m") == FAR + 1


# --- LMPOP: before, command, reply, l then, changes ------------------------------------------------------------------

Pop = tuple[str, str, Any, str, int]
FIVE = "RPUSH l a b c d e"

POPS: list[Pop] = [
    (FIVE, "1 l LEFT", [b"l", [b"a"]], "b c d e", 1),
    (FIVE, "1 l RIGHT", [b"l", [b"e"]], "a b c d", 1),
    (FIVE, "1 l left count 2", [b"l", [b"a", b"b"]], "c d e", 2),
    (FIVE, "1 l RIGHT COUNT 3", [b"l", [b"e", b"d", b"c"]], "a b", 3),
    (FIVE, "1 l LEFT COUNT 5", [b"l", [b"a", b"b", b"c", b"d", b"e"]], "", 5),
    (FIVE, "1 l RIGHT COUNT 9223372036854775807", [b"l", [b"e", b"d", b"c", b"b", b"a"]], "", 5),
    (FIVE, "3 x y l LEFT", [b"l", [b"a"]], "b c d e", 1),
    (FIVE + " ; RPUSH m 1 2", "3 x m l RIGHT COUNT 5", [b"m", [b"2", b"1"]], "a b c d e", 2),
    (FIVE + " ; RPUSH m 1 2", "2 l m LEFT", [b"l", [b"a"]], "b c d e", 1),
    ("RPUSH l a", "2 l l RIGHT", [b"l", [b"a"]], "", 1),
    (FIVE, "1 x LEFT", NULL_ARRAY, "a b c d e", 0),
    (FIVE, "2 x y RIGHT COUNT 3", NULL_ARRAY, "a b c d e", 0),
    (FIVE, "0 l LEFT", NUMKEYS, "a b c d e", 0),
    (FIVE, "-1 l LEFT", NUMKEYS, "a b c d e", 0),
    (FIVE, "x l LEFT", NUMKEYS, "a b c d e", 0),
    (FIVE, "9223372036854775808 l LEFT", NUMKEYS, "a b c d e", 0),
    (FIVE, "9223372036854775807 l LEFT", SYNTAX, "a b c d e", 0),
    (FIVE, "2 l LEFT", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l m LEFT", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l up", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l LEFT COUNT 0", COUNT, "a b c d e", 0),
    (FIVE, "1 l LEFT COUNT -1", COUNT, "a b c d e", 0),
    (FIVE, "1 l LEFT COUNT x", COUNT, "a b c d e", 0),
    (FIVE, "1 l LEFT COUNT", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l LEFT COUNT 1 COUNT 1", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l LEFT many 1", SYNTAX, "a b c d e", 0),
    (FIVE, "1 l LEFT RIGHT", SYNTAX, "a b c d e", 0),
]  # fmt: skip


@FORMS
@pytest.mark.parametrize("name", ["LMPOP", "BLMPOP 0.001"])
@pytest.mark.parametrize("case", POPS, ids=lambda case: f"{case[0]}: {case[1]}")
def test_lmpop(r: Connection, form: str, name: str, case: Pop) -> None:
    before, arguments, reply, after, changes = case
    if reply is NULL_ARRAY and r.resp == 3:
        reply = None
    with r.config(**LIMITS[form]):
        run(r, before)
        dirty = r.dirty()
        assert run(r, f"{name} {arguments}") == reply
        assert r.dirty() - dirty == changes
        assert elements(r) == after.encode().split()


def test_too_few_arguments(r: Connection) -> None:
    for name in ("LMPOP 1 l", "BLMPOP 0 1 l", "BLPOP l", "BRPOP 0"):
        assert run(r, name) == arity(name.split()[0].lower())


@pytest.mark.parametrize(
    ("command", "reply", "left"),
    [
        ("BLPOP l 0", [b"l", b"a"], "b c"),
        ("BRPOP l 0", [b"l", b"c"], "a b"),
        ("BLPOP x y l m 0", [b"l", b"a"], "b c"),
        ("BRPOP m l 0", [b"m", b"1"], "a b c"),
        ("BLPOP l x", BAD_TIMEOUT, "a b c"),
        ("BRPOP l ''", BAD_TIMEOUT, "a b c"),
    ],
)
@FORMS
def test_blocking_pops_that_need_not_wait(r: Connection, form: str, command: str, reply: Any, left: str) -> None:
    with r.config(**LIMITS[form]):
        run(r, "RPUSH l a b c ; RPUSH m 1")
        dirty = r.dirty()
        assert run(r, command) == reply
        assert r.dirty() - dirty == (0 if isinstance(reply, Error) else 1)
        assert elements(r) == left.encode().split()


# --- what waits ------------------------------------------------------------------------------------------------------

WAITS: list[tuple[str, str, Any, str, str, int]] = [
    # what waits, what comes, reply, l and m then, changes beside those of what comes
    ("BLPOP l 0", "RPUSH l a b c", [b"l", b"a"], "b c", "", 1),
    ("BRPOP l 0", "RPUSH l a b c", [b"l", b"c"], "a b", "", 1),
    ("BRPOP x l 0", "LPUSH l a b c", [b"l", b"a"], "c b", "", 1),
    ("BLMPOP 0 1 l LEFT", "RPUSH l a b c", [b"l", [b"a"]], "b c", "", 1),
    ("BLMPOP 0 2 x l RIGHT COUNT 2", "RPUSH l a b c", [b"l", [b"c", b"b"]], "a", "", 2),
    ("BLMPOP 0 2 x l LEFT COUNT 9", "RPUSH l a b c", [b"l", [b"a", b"b", b"c"]], "", "", 3),
    ("BLMOVE l m RIGHT LEFT 0", "RPUSH l a b c", b"c", "a b", "c", 1),
    ("BLMOVE l l LEFT RIGHT 0", "RPUSH l a b c", b"a", "b c a", "", 1),
    ("BLMOVE l l LEFT LEFT 0", "RPUSH l a", b"a", "a", "", 1),
    ("BRPOPLPUSH l m 0", "RPUSH l a b c", b"c", "a b", "c", 1),
]


@FORMS
@pytest.mark.parametrize(("command", "comes", "reply", "source", "target", "changes"), WAITS)
def test_waiting(
    r: Connection, waiters: Waiters, form: str, command: str, comes: str, reply: Any, source: str, target: str,
    changes: int,
) -> None:  # fmt: skip
    with r.config(**LIMITS[form]):
        client = waiters.send(*command.split())
        dirty = r.dirty()
        pushed = run(r, comes)
        assert client.read() == reply
        assert r.dirty() - dirty == pushed + changes
        assert elements(r, "l") == source.encode().split()
        assert elements(r, "m") == target.encode().split()


def test_a_target_of_another_type_when_the_element_comes(r: Connection, waiters: Waiters) -> None:
    """The one whose target is wrong gets the error, and the element stays for the next."""
    run(r, "SET m x")
    first = waiters.send("BLMOVE", "l", "m", "LEFT", "LEFT", 0)
    second = waiters.send("BLMOVE", "l", "n", "LEFT", "LEFT", 0)
    assert r("RPUSH", "l", "a") == 1
    assert first.read().startswith("WRONGTYPE")
    assert second.read() == b"a"
    assert elements(r, "n") == [b"a"]
