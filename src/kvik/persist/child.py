"""The one child that a server may have at a time: saving a snapshot, or rewriting the append-only file.

Whoever needs a child hands over how it begins, and is told when it has ended; `poll`, called at every timer, finds out
without waiting:

    slot.start("RDB", lambda fork: worker.save_in_child(fork, directory, name), on_end)
    ...
    slot.poll()    ──▶  on_end(child)       child.succeeded, child.was_cancelled, child.fork.failure, child.seconds
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kvik.persist.fork import Fork

if TYPE_CHECKING:
    from kvik.server.latency import LatencyMonitor
    from kvik.server.server_log import ServerLog

CANCEL_SIGNAL: Final = signal.SIGUSR1


class Child:
    def __init__(self, kind: str, on_end: Callable[[Child], None], keys: int = 0) -> None:
        """`kind`: what it does, as log lines say it: RDB, AOF. `keys`: how many it will write, if that is known."""
        self.kind = kind
        self.on_end = on_end
        self.keys = keys
        self.fork = Fork()
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        return self.fork.pid

    @property
    def seconds(self) -> int:
        """How long it has been working."""
        return int(time.monotonic() - self.started)

    @property
    def succeeded(self) -> bool:
        """Once it has ended."""
        return self.fork.exit_code == 0

    @property
    def was_cancelled(self) -> bool:
        """Once it has ended: because this server, or somebody who knows what he does, wanted it to."""
        return self.fork.signal == CANCEL_SIGNAL


class ChildSlot:
    def __init__(self, log: ServerLog, latency: LatencyMonitor) -> None:
        self._log = log
        self._latency = latency
        self.active: Child | None = None
        self.latest_fork_us = 0
        self.forks = 0

    def is_active(self, kind: str) -> bool:
        return self.active is not None and self.active.kind == kind

    def start(
        self, kind: str, begin: Callable[[Fork], None], on_end: Callable[[Child], None], keys: int = 0
    ) -> Child:
        """Start the child; OSError if there can be none. There must be none yet."""
        if self.active is not None:
            raise RuntimeError("there is a child already")
        child = Child(kind, on_end, keys)
        begin(child.fork)
        self.active = child
        self.latest_fork_us = child.fork.fork_us
        self.forks += 1
        self._latency.add("fork", self.latest_fork_us)
        return child

    def poll(self) -> None:
        """Hear what the child has to say, and look whether it has ended."""
        if self.active is not None and self.active.fork.poll():
            self._ended(self.active)

    def kill(self, kind: str | None = None) -> bool:
        """End the child (of that kind, if one is named) now. Its `on_end` is called. False: there is none."""
        child = self.active
        if child is None or (kind is not None and child.kind != kind):
            return False
        self._log.notice(f"Killing running {child.kind} child: {child.pid}")
        child.fork.kill()
        self._ended(child)
        return True

    def _ended(self, child: Child) -> None:
        self.active = None
        child.on_end(child)

    def log_copied(self, child: Child) -> None:
        """What the child's copy of the memory cost in the end."""
        now, most, mean = (size / 1048576 for size in child.fork.copied)
        self._log.notice(
            f"Fork CoW for {child.kind}: current {now:.0f} MB, peak {most:.0f} MB, average {mean:.0f} MB"
        )
