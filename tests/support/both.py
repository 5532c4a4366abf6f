"""The same commands to Kvik and to the real server (the fixture `both`), whose replies must be the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.resp import Argument, Connection

Both = tuple[Connection, Connection]
Commands = Sequence[Sequence[Argument]]


def same(both: Both, commands: Commands) -> list[Any]:
    """Send them to both, some hundreds at a time, and compare. Returns the replies."""
    replies: list[Any] = []
    for at in range(0, len(commands), 500):
        part = commands[at : at + 500]
        ours, theirs = (each.many(part) for each in both)
        for i, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert our == their, [short(command) for command in commands[max(0, at + i - 5) : at + i + 1]]
        replies += theirs
    return replies


def short(command: Sequence[Argument]) -> list[Argument]:
    """A command for a message."""
    return [word[:60] if isinstance(word, str | bytes) else word for word in command[:30]]
