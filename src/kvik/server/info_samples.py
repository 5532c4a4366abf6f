"""The rates of INFO (`instantaneous_*`): counters sampled every 100 ms, averaged over the last 16 samples."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kvik.server.core import Core

_EVERY_SECONDS: Final = 0.1
_KEPT: Final = 16
_COUNTERS: Final = ("commands", "bytes_in", "bytes_out", "cycles", "busy_us")


class Samples:
    def __init__(self) -> None:
        self._samples: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=_KEPT + 1)

    def take(self, core: Core) -> None:
        """Sample the counters if it is time."""
        now = time.monotonic()
        if self._samples and now - self._samples[-1][0] < _EVERY_SECONDS:
            return
        counted = core.counters()
        self._samples.append((now, counted))

    def rate(self, counter: str) -> float:
        """How much a counter grew in a second, lately."""
        if len(self._samples) < 2:
            return 0.0
        place = _COUNTERS.index(counter)
        (first, before), (last, after) = self._samples[0], self._samples[-1]
        return max(0.0, (after[place] - before[place]) / (last - first))
