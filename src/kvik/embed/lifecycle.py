"""What the process has of embedded servers, as it has of threads: ended at exit, and left behind by a forked child.

A server enters when its thread starts and leaves when that has ended. The hooks are set with the first one.
"""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kvik.embed.engine import Engine


class Lifecycle:
    def __init__(self) -> None:
        self._running: weakref.WeakSet[Engine] = weakref.WeakSet()
        self._held: list[Engine] = []
        self._hooked = False

    def enter(self, engine: Engine) -> None:
        self._running.add(engine)
        if not self._hooked:
            self._hooked = True
            atexit.register(self.stop_all)
            os.register_at_fork(
                before=self.before_fork, after_in_parent=self.after_fork, after_in_child=self.after_fork_in_child
            )

    def leave(self, engine: Engine) -> None:
        self._running.discard(engine)

    def stop_all(self) -> None:
        """At exit: of servers that nobody stopped."""
        for engine in list(self._running):
            engine.stop()

    def before_fork(self) -> None:
        """No engine is in the middle of something while memory is copied."""
        self._held = [engine for engine in list(self._running) if engine.hold()]

    def after_fork(self) -> None:
        held, self._held = self._held, []
        for engine in held:
            engine.release()

    def after_fork_in_child(self) -> None:
        self._held = []
        for engine in list(self._running):
            engine.abandon()
        self._running.clear()


LIFECYCLE = Lifecycle()
"""The one thing of the process's: there is one exit and one fork for all."""
