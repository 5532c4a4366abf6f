"""A module with commands of every kind, for the tests beside it. Loaded as a file by servers, and imported by tests."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import Any

import kvik
from kvik import CommandError, Database, Status, command

VERSION = 7
kept: list[Database] = []


@dataclass
class Point:
    x: int
    y: float


@command(write=True, complexity="O(1)", since="1.2.3")
def take(db: Database, key: bytes, limit: int, seconds: float = 60.0) -> int:
    """Counts one more, and returns how many are left.

    The rest of the docstring is for who reads the source.
    """
    used = db.incr(key)
    if used == 1:
        db.expire(key, seconds)
    return limit - used


@command
def kinds(db: Database, a: bytes, b: str, c: int, d: float, e: bool) -> str:
    return repr((a, b, c, d, e))


@command(keys="all")
def sum_of(db: Database, *names: bytes) -> int:
    return sum(int(value or 0) for value in db.mget(*names))


@command("sample.optional")
def optional(db: Database, first: bytes, second: int | None = None, *rest: int) -> list[Any]:
    return [first, second, list(rest)]


@command(keys="first")
def with_options(db: Database, name: bytes, *, limit: int = 10, with_scores: bool = False, by: str | None = None) -> str:
    return repr((name, limit, with_scores, by))


@command
def nothing(db: Database) -> None:
    """Does nothing."""


@command
def maybe(db: Database, key: bytes) -> bytes | None:
    return db.get(key)


@command
def truth(db: Database, word: bool) -> bool:
    return word


@command
def real(db: Database, number: float) -> float:
    return number


@command
def value(db: Database, which: str):
    return VALUES[which]


@command
def record(db: Database) -> Point:
    return Point(1, 2.5)


@command
def records(db: Database) -> list[Point]:
    return [Point(1, 2.5)]


VALUES: dict[str, Any] = {
    "none": None, "bool": True, "int": -3, "float": 1.5, "str": "é", "bytes": b"\0\r\n", "list": [1, b"a", None],
    "tuple": (1, (2,)), "dict": {"a": 1, "b": [2.5]}, "set": {5}, "frozenset": frozenset({b"m"}), "status": Status("FINE"),
    "split status": Status("A\r\n+B"), "record": {"p": Point(1, 2.5)}, "empty": [],
}  # fmt: skip


class Odd:
    def __str__(self) -> str:
        raise ValueError("no text for you")


class OddError(Exception):
    def __str__(self) -> str:
        raise SystemExit(9)


class OddDict(dict[str, int]):
    """Shows something else each time."""

    shown = 0

    def items(self) -> Any:
        self.shown += 1
        return [("a", 1)] if self.shown == 1 else [("a", Odd())]


@command(write=True)
def wrong(db: Database, how: str, key: bytes = b"k") -> Any:
    """Does what a command should not do."""
    loop: list[Any] = []
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "code":
        raise CommandError("SORRY not today")
    if how == "no code":
        raise CommandError("no code here")
    if how == "lines":
        raise CommandError("ERR two\r\n+lines")
    if how == "divide":
        db.set(key, "written before")
        return 1 // 0
    if how == "forever":
        return wrong(db, how, key)  # all of them: for python/cpython#132744
    if how == "itself":
        loop.append(loop)
        return loop
    if how == "object":
        return object()
    if how == "surrogate":
        return "\ud800"
    if how == "huge":
        return [1 << 64]
    if how == "odd":
        raise OddError
    if how == "memory":
        raise MemoryError
    raise AssertionError(how)


@command
def odd_dict(db: Database) -> dict[str, int]:
    return OddDict(a=1)


@command
def not_an_int(db: Database) -> int:
    return "seven"  # type: ignore[return-value]


@command
def too_large(db: Database) -> int:
    return 1 << 63


@command
def peek(db: Database, *words: bytes) -> Any:
    """Calls a command, without being declared to write."""
    return db.call(*words)


@command(write=True)
def poke(db: Database, *words: bytes) -> Any:
    return db.call(*words)


@command(write=True, deny_oom=False)
def poke_anyway(db: Database, *words: bytes) -> Any:
    return db.call(*words)


@command(write=True)
def run(db: Database, code: str) -> str:
    """What a Python expression comes to, in which `db` is the database."""
    return repr(eval(code, {"db": db, "kvik": kvik}))


@command(write=True)
def keep(db: Database, key: bytes) -> str:
    """Keeps the database for later, which it should not."""
    kept.append(db)
    return "kept"


@command
def use_kept(db: Database) -> str:
    """Another depth has another one: this one is not in use now, or it is `db` itself."""
    return repr([each is db for each in kept])


@command
def in_a_thread(db: Database) -> str:
    failures: list[str] = []

    def use() -> None:
        try:
            db.get("k")
        except RuntimeError as error:
            failures.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return failures[0]


@command
def deeper(db: Database, depth: int) -> int:
    return depth if depth == 0 else int(db.call("DEEPER", depth - 1)) + 1


@command
def blocks(db: Database) -> int:
    """How much Python holds."""
    return sys.getallocatedblocks()


@command(write=True)
def where(db: Database, number: int) -> list[int]:
    before = db.number
    db.call("SELECT", number)
    return [before, db.number, db.client_id]
