"""Histograms of durations: every step has its place, its end, and its width."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tests.engine import histogram_probe as probe

SECOND = 1_000_000_000


@given(st.integers(0, SECOND))
@example(0)
@example(63)
@example(64)
@example(SECOND)
def test_a_duration_is_within_its_step(ns: int) -> None:
    at = probe.step(ns)
    assert 0 <= at < probe.steps()
    assert ns <= probe.last(at) <= ns + ns // 32
    assert at == 0 or probe.last(at - 1) < ns


def test_steps_grow() -> None:
    ends = [probe.last(at) for at in range(probe.steps())]
    assert ends == sorted(set(ends))
    assert ends[-1] >= SECOND


def test_what_is_longer_counts_as_a_second() -> None:
    assert probe.step(SECOND + 1) == probe.step(1 << 60) == probe.step(SECOND)


def test_counting() -> None:
    assert probe.counted([5, 5, 100, 1 << 50]) == {5: 2, probe.step(100): 1, probe.step(SECOND): 1}
