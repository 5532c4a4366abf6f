"""The server's one clock.

Time is read once a tick and kept here; expiry, idle times and stream IDs of one tick all see that moment. Nothing
else asks the system for the time, except to measure how long something took: that is what `cycles()` is for, a
processor counter that costs a third of a system clock read. How much it counts in a microsecond is measured here.
"""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.posix.time import CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec


def system_us():
    t: timespec
    clock_gettime(CLOCK_REALTIME, address(t))
    return cython.cast(int64_t, t.tv_sec) * 1000000 + t.tv_nsec // 1000


def monotonic_us():
    t: timespec
    clock_gettime(CLOCK_MONOTONIC, address(t))
    return cython.cast(int64_t, t.tv_sec) * 1000000 + t.tv_nsec // 1000


def cycles_at(us):
    """The counter, and into `us` when it stood there: read again if the thread was held up between the two."""
    counted: uint64_t = 0
    tries: cython.int = 0
    while tries < 100:
        us[0] = monotonic_us()
        counted = cycles()
        if monotonic_us() - us[0] <= 2:
            break
        tries += 1
    return counted


def clock_init(clock):
    """Start the clock and measure the counter over 2 ms."""
    begin: int64_t = 0
    now: int64_t = 0
    first: uint64_t = cycles_at(address(begin))
    while now < begin + 2000:
        now = monotonic_us()
    clock.start_cycles = first
    clock.cycles_per_us = cython.cast(cython.double, cycles_at(address(now)) - first)
    clock.cycles_per_us /= cython.cast(cython.double, now - begin)
    clock.offset_us = 0
    clock.ahead_us = 0
    clock_tick(clock)


def clock_tick(clock):
    """Read the time for the tick that begins."""
    clock.now_us = system_us() + clock.offset_us
    clock.now_ms = clock.now_us // 1000
    clock.monotonic_ms = clock_timer_ms(clock)


def clock_timer_ms(clock):
    """What `monotonic_ms` would be in a tick that began now."""
    return (monotonic_us() + clock.ahead_us) // 1000


def clock_move(clock, us):
    """Let so much time pass at once. Backwards it goes for the time of day only: timers never run back."""
    clock.offset_us += us
    if us > 0:
        clock.ahead_us += us
    clock_tick(clock)


def clock_duration_us(clock, counted):
    """How many microseconds a difference of two `cycles()` stands for."""
    return cython.cast(int64_t, cython.cast(cython.double, counted) / clock.cycles_per_us)
