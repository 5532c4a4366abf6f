"""WATCH: what counts as a change of a watched key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.resp import OK, Connection
from tests.support.servers import eventually


@pytest.fixture
def other(r: Connection) -> Iterator[Connection]:
    with r.another() as connection:
        yield connection


def outcome(r: Connection) -> bool:
    """Does EXEC run what is queued?"""
    assert r("MULTI") == OK
    r("PING")
    return isinstance(r("EXEC"), list) and True


def holds(r: Connection, *watched: object) -> None:
    assert r("WATCH", *watched) == OK


CHANGES: list[tuple[tuple[object, ...], bool]] = [
    (("SET", "a", 2), True), (("SET", "a", 1), True), (("APPEND", "a", ""), True), (("GET", "a"), False),
    (("DEL", "a"), True), (("UNLINK", "a"), True), (("DEL", "none"), False), (("EXPIRE", "a", 100), True),
    (("PERSIST", "a"), False), (("RENAME", "a", "b"), True), (("RENAME", "l", "a"), True), (("RENAME", "l", "b"), False),
    (("COPY", "l", "a", "REPLACE"), True), (("MOVE", "a", 1), True), (("FLUSHDB",), True), (("FLUSHALL",), True),
    (("SWAPDB", 0, 1), True), (("SWAPDB", 1, 2), False), (("SETNX", "a", 5), False), (("INCR", "a"), True),
    (("GETSET", "a", 1), True), (("GETDEL", "a"), True), (("GETEX", "a"), False), (("GETEX", "a", "EX", 9), True),
    (("SETBIT", "a", 5, 1), True), (("RPUSH", "l", 1), False), (("MSET", "b", 1, "a", 1), True),
    (("SORT", "l", "STORE", "a"), True), (("BITOP", "NOT", "a", "b"), True),
]  # fmt: skip


@pytest.mark.parametrize(("command", "changes"), CHANGES, ids=lambda value: str(value))
def test_what_changes_a_key(r: Connection, other: Connection, command: tuple[object, ...], changes: bool) -> None:
    r("SET", "a", 1)
    r("RPUSH", "l", 3, 1, 2)
    holds(r, "a")
    other(*command)
    assert outcome(r) != changes


COMES: list[tuple[tuple[object, ...], bool]] = [
    (("SET", "a", 1), True), (("RENAME", "l", "a"), True), (("RPUSH", "a", 1), True), (("FLUSHALL",), False),
    (("SWAPDB", 0, 1), False), (("DEL", "a"), False), (("SADD", "a", 1), True), (("ZADD", "a", 1, 1), True),
    (("HSET", "a", 1, 1), True), (("XADD", "a", "*", 1, 1), True), (("LPUSHX", "a", 1), False), (("GET", "a"), False),
]  # fmt: skip


@pytest.mark.parametrize(("command", "changes"), COMES, ids=lambda value: str(value))
def test_a_key_that_is_not_there(r: Connection, other: Connection, command: tuple[object, ...], changes: bool) -> None:
    r("RPUSH", "l", 3, 1, 2)
    holds(r, "a")
    other(*command)
    assert outcome(r) != changes


def test_own_changes_count(r: Connection) -> None:
    holds(r, "a")
    r("SET", "a", 1)
    assert not outcome(r)


def test_one_of_several(r: Connection, other: Connection) -> None:
    holds(r, "a", "b", "c")
    holds(r, "d")
    other("SET", "c", 1)
    assert not outcome(r)
    other("SET", "d", 1)
    assert outcome(r), "EXEC ends the watch"


def test_several_clients(r: Connection, other: Connection) -> None:
    holds(r, "a")
    holds(other, "a", "b")
    with r.another() as third:
        third("SET", "b", 1)
        assert not outcome(other)
        third("SET", "a", 1)
    assert not outcome(r)


@pytest.mark.parametrize("command", [("UNWATCH",), ("DISCARD",)])
def test_what_ends_a_watch(r: Connection, other: Connection, command: tuple[str]) -> None:
    holds(r, "a")
    if command == ("DISCARD",):
        r("MULTI")
    other("SET", "a", 1)
    assert r(*command) == OK
    assert outcome(r)


def test_databases_are_apart(r: Connection, other: Connection) -> None:
    holds(r, "a")
    other("SELECT", 1)
    other("SET", "a", 1)
    assert outcome(r)
    r("SELECT", 1)
    holds(r, "a")
    r("SELECT", 0)
    other("SET", "a", 2)
    assert not outcome(r)


def test_databases_that_are_swapped(r: Connection, other: Connection) -> None:
    """A key that comes from the other database is a change, as one that goes there."""
    other("SELECT", 1)
    other("SET", "a", 1)
    holds(r, "a", "none")
    other("SWAPDB", 0, 1)
    assert not outcome(r)
    holds(r, "none")
    other("SWAPDB", 0, 1)
    assert outcome(r)


def test_time_is_up_before_exec(r: Connection) -> None:
    r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    try:
        r("SET", "a", 1, "PX", 30)
        holds(r, "a")
        eventually(lambda: r("PTTL", "b") == -2 and r("EXISTS", "a") == 0)
        assert not outcome(r)
        r("SET", "a", 1, "PX", 30)
        holds(r, "a")
        assert r("MULTI") == OK
        with r.another() as clock:
            clock("SET", "later", 1, "PX", 60)
            eventually(lambda: clock("EXISTS", "later") == 0)
        r("PING")
        assert not isinstance(r("EXEC"), list), "nobody has looked at it"
    finally:
        r("DEBUG", "SET-ACTIVE-EXPIRE", 1)


def test_time_was_up_before_the_watch(r: Connection, other: Connection) -> None:
    r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    try:
        for change, expected in ((("GET", "a"), True), (("SET", "a", 2), False), (("DEL", "a"), True)):
            r("SET", "a", 1, "PX", 1)
            r("SET", "clock", 1, "PX", 20)
            eventually(lambda: r("EXISTS", "clock") == 0)
            holds(r, "a")
            other(*change)
            assert outcome(r) == expected, change
    finally:
        r("DEBUG", "SET-ACTIVE-EXPIRE", 1)


def test_a_key_is_evicted(r: Connection, other: Connection) -> None:
    try:
        r("SET", "a", "x" * 100_000)
        holds(r, "a")
        used = int(other.info("memory")["used_memory"])
        other("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", used - 50_000)
        other("SET", "b", "x")
        eventually(lambda: other("EXISTS", "a") == 0)
        other("CONFIG", "SET", "maxmemory", 0)
        assert not outcome(r)
    finally:
        other("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction")


def test_compare_and_set(r: Connection, other: Connection) -> None:
    """What it is for: of two who read and write, one has to try again."""
    r("SET", "balance", 100)
    for each in (r, other):
        each("WATCH", "balance")
        assert each("GET", "balance") == b"100"
    r("MULTI")
    r("DECRBY", "balance", 30)
    other("MULTI")
    other("DECRBY", "balance", 50)
    assert r("EXEC") == [70]
    assert not isinstance(other("EXEC"), list)
    assert r("GET", "balance") == b"70"


def test_destroying_a_group_is_no_change(r: Connection, other: Connection) -> None:
    r("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    holds(r, "s")
    assert other("XGROUP", "DESTROY", "s", "g") == 1
    assert outcome(r)
