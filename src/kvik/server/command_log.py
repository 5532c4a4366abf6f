"""The command log: the last commands that were slow, came with a large request, or made a large reply.

Three lists, one a kind, each as long as its directive says and with numbers of its own. The compiled side decides what
belongs there (commands/observe.py) and cuts the arguments (insight.py).
"""

from __future__ import annotations

import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from kvik.server.config_text import encode

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.config import Config

SLOW, LARGE_REQUEST, LARGE_REPLY = range(3)
"""As in commands/observe.pxd."""

THRESHOLDS: Final = (
    "commandlog-execution-slower-than", "commandlog-request-larger-than", "commandlog-reply-larger-than",
)  # fmt: skip
LENGTHS: Final = (
    "commandlog-slow-execution-max-len", "commandlog-large-request-max-len", "commandlog-large-reply-max-len",
)  # fmt: skip
"""The directives, by kind."""


class Entry(NamedTuple):
    number: int
    time: int
    value: int
    """Microseconds, or bytes."""
    args: list[bytes]
    peer: bytes
    name: bytes


class CommandLog:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._entries: tuple[deque[Entry], ...] = (deque(), deque(), deque())
        self._next = [0, 0, 0]

    def add(self, kind: int, value: int, args: list[bytes], client: Client) -> None:
        """Log a command, if it is beyond the threshold of its kind."""
        most, threshold = self._config.get_int(LENGTHS[kind]), self._config.get_int(THRESHOLDS[kind])
        if most == 0 or threshold < 0 or value < threshold:
            return
        entries = self._entries[kind]
        entry = Entry(self._next[kind], int(time.time()), value, args, encode(client.peer), client.name)
        entries.appendleft(entry)
        self._next[kind] += 1
        while len(entries) > most:
            entries.pop()

    def latest(self, kind: int, count: int) -> list[Entry]:
        """The newest first; -1: all."""
        return list(self._entries[kind] if count < 0 else islice(self._entries[kind], count))

    def length(self, kind: int) -> int:
        return len(self._entries[kind])

    def clear(self, kind: int) -> None:
        self._entries[kind].clear()
