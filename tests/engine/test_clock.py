"""The clock: it is the system's, moved by its offset, and stands still within a tick."""

from __future__ import annotations

import time

from tests.engine.clock_probe import ClockProbe, count_cycles, monotonic, system
from tests.support.servers import eventually


def test_the_clock_is_the_system_s():
    before = time.time_ns() // 1000
    clock = ClockProbe()
    assert before <= clock.now_us <= time.time_ns() // 1000
    assert clock.now_ms == clock.now_us // 1000
    assert before <= system()


def test_monotonic_is_the_system_s():
    before = time.monotonic_ns() // 1000
    now = monotonic()
    assert before <= now <= time.monotonic_ns() // 1000


def test_time_passes_by_ticks_only():
    clock = ClockProbe()
    moment = (clock.now_us, clock.now_ms, clock.monotonic_ms)
    eventually(lambda: monotonic() // 1000 > moment[2] + 1)
    assert (clock.now_us, clock.now_ms, clock.monotonic_ms) == moment
    clock.tick()
    assert clock.now_us > moment[0]
    assert clock.now_ms > moment[1]
    assert clock.monotonic_ms > moment[2]


def test_a_test_moves_the_clock():
    clock = ClockProbe()
    offset = ahead_ms = 0
    for us in (3_600_000_000, -7_200_000_000, 10**15, 0):
        before_ms = clock.monotonic_ms
        clock.move(us)
        offset += us
        ahead_ms += max(us, 0) // 1000
        before = time.time_ns() // 1000
        clock.tick()
        assert before <= clock.now_us - offset <= time.time_ns() // 1000
        assert clock.now_ms == clock.now_us // 1000
        assert before_ms <= clock.monotonic_ms <= time.monotonic_ns() // 1_000_000 + ahead_ms, "timers never go back"


def test_cycles_measure_durations():
    clock = ClockProbe()
    assert clock.cycles_per_us > 0
    assert clock.duration_us(0) == 0

    def measured_well() -> bool:
        """Not if the thread was held up between the two clocks."""
        begin, first = time.monotonic_ns(), count_cycles()
        eventually(lambda: time.monotonic_ns() - begin > 5_000_000)
        end, last = time.monotonic_ns(), count_cycles()
        took = (end - begin) / 1000
        return 0.95 * took < clock.duration_us(last - first) < 1.05 * took

    eventually(measured_well)


def test_cycles_begin_with_the_clock():
    before = count_cycles()
    clock = ClockProbe()
    assert before <= clock.start_cycles <= count_cycles()
