"""The clock for tests."""

from cython import address
from cython.cimports.kvik.engine.clock import (
    clock_duration_us,
    clock_init,
    clock_move,
    clock_tick,
    monotonic_us,
    system_us,
)
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.libc.stdint import int64_t, uint64_t


def system() -> int:
    return system_us()


def monotonic() -> int:
    return monotonic_us()


def count_cycles() -> int:
    return cycles()


class ClockProbe:
    def __cinit__(self):
        clock_init(address(self.clock))

    def tick(self) -> None:
        clock_tick(address(self.clock))

    def move(self, us: int64_t) -> None:
        """Let so much time pass."""
        clock_move(address(self.clock), us)

    def duration_us(self, counted: uint64_t) -> int:
        return clock_duration_us(address(self.clock), counted)

    @property
    def now_us(self) -> int:
        return self.clock.now_us

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms

    @property
    def monotonic_ms(self) -> int:
        return self.clock.monotonic_ms

    @property
    def start_cycles(self) -> int:
        return self.clock.start_cycles

    @property
    def cycles_per_us(self) -> float:
        return self.clock.cycles_per_us
