"""The latency monitor: which kinds of events have held the server up lately, and for how long.

An event that took at least ``latency-monitor-threshold`` milliseconds leaves a sample. Of each kind the last 160 are
kept, one a second: the longest.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kvik.server.config import Config

SAMPLES_KEPT: Final = 160


class Event:
    """A kind of event. Samples are pairs of a time in seconds and milliseconds, the oldest first."""

    def __init__(self) -> None:
        self.samples: deque[tuple[int, int]] = deque(maxlen=SAMPLES_KEPT)
        self.longest = 0
        self.total = 0
        self.count = 0

    def add(self, now: int, milliseconds: int) -> None:
        self.longest = max(self.longest, milliseconds)
        self.total += milliseconds
        self.count += 1
        if self.samples and self.samples[-1][0] == now:
            milliseconds = max(milliseconds, self.samples.pop()[1])
        self.samples.append((now, milliseconds))


class LatencyMonitor:
    def __init__(self, config: Config) -> None:
        self._config = config
        self.events: dict[str, Event] = {}

    def add(self, event: str, microseconds: int) -> None:
        """Something has taken so long: remember it, if that is worth it."""
        threshold = self._config.get_int("latency-monitor-threshold")
        milliseconds = microseconds // 1000
        if threshold and milliseconds >= threshold:
            self.events.setdefault(event, Event()).add(int(time.time()), milliseconds)

    def reset(self, event: str) -> bool:
        """Forget the samples of an event. False: there are none."""
        return self.events.pop(event, None) is not None
