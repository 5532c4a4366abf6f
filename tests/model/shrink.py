"""From a mismatch at the end of hundreds of commands to the few that it takes.

Chunks of commands are left out, half of them first and single ones last, as long as the same command is still answered
differently behind the rest; then arguments. What remains is printed as a row for a table of cases in tests/commands.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from tests.commands.script import line
from tests.model.compare import Words
from tests.model.pair import DEFAULT_ENCODINGS, Mismatch, NoReply, Pair

SECONDS: Final = 30.0
WIDTH: Final = 110


def shrink(pair: Pair, mismatch: Mismatch, seconds: float = SECONDS) -> Mismatch:
    """The shortest that is found in that time."""
    end = time.monotonic() + seconds
    size = max(1, len(mismatch.before) // 2)
    while time.monotonic() < end:
        found = _without_chunks(pair, mismatch, size, end)
        if size == 1 and len(found.before) == len(mismatch.before):
            break
        mismatch, size = found, max(1, min(size // 2, len(found.before) // 2))
    for width in (2, 1):
        mismatch = _without_arguments(pair, mismatch, width, end)
    return mismatch


def _without_chunks(pair: Pair, mismatch: Mismatch, size: int, end: float) -> Mismatch:
    """Leave out each chunk of that size without which the mismatch is still there, the last ones first."""
    at = len(mismatch.before) - size
    while at > -size and time.monotonic() < end:
        before = [*mismatch.before[: max(at, 0)], *mismatch.before[at + size :]]
        found = pair.ask(before, mismatch.words, in_order=mismatch.in_order)
        if found and is_alike(found, mismatch):
            mismatch = found
            at = min(at, len(mismatch.before))
        at -= size
    return mismatch


def _without_arguments(pair: Pair, mismatch: Mismatch, width: int, end: float) -> Mismatch:
    """Leave out so many arguments at a time, of all commands, the last ones first."""
    for place in reversed(range(len(mismatch.before) + (not mismatch.in_order))):
        commands = [*mismatch.before, mismatch.words]
        for at in range(len(commands[place]) - width, 0, -1):
            if time.monotonic() > end or at + width > len(commands[place]):
                continue
            shorter = [*commands]
            shorter[place] = commands[place][:at] + commands[place][at + width :]
            found = pair.ask(shorter[:-1], shorter[-1], in_order=mismatch.in_order)
            if found and is_alike(found, mismatch) and len(found.before) == len(mismatch.before):
                mismatch, commands = found, shorter
    return mismatch


def is_alike(one: Mismatch, other: Mismatch) -> bool:
    """Whether they are about the same thing, as far as can be told."""
    if isinstance(one.ours, NoReply) or isinstance(other.ours, NoReply):
        return isinstance(one.ours, NoReply) and isinstance(other.ours, NoReply)
    return one.words[0].upper() == other.words[0].upper()


def report(mismatch: Mismatch, pair: Pair) -> str:
    """What a test prints."""
    return "\n".join(
        [
            f"RESP{pair.ours.resp}{'' if pair.encodings is DEFAULT_ENCODINGS else ', small encodings'}"
            f"{', in this order' if mismatch.in_order else ''}",
            f"  {pair.ours.server.name + ':':<8} {mismatch.ours!r}",
            f"  {pair.theirs.server.name + ':':<8} {mismatch.theirs!r}",
            "",
            row(mismatch),
        ]
    )


def row(mismatch: Mismatch) -> str:
    """(commands before, command, the oracle's reply)"""
    last = f'r"{line(mismatch.words)}"'
    whole = f'(r"{script(mismatch.before)}", {last}, {mismatch.theirs!r}),'
    if len(whole) <= WIDTH:
        return whole
    lines = [f'    r"{line(words)} ; "' for words in mismatch.before]
    if lines:
        lines[-1] = lines[-1].removesuffix(' ; "') + '",'
    else:
        lines = ['    "",']
    return "\n".join(["(", *lines, f"    {last},", f"    {mismatch.theirs!r},", "),"])


def script(commands: Sequence[Words]) -> str:
    return " ; ".join(map(line, commands))
