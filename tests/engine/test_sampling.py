"""Choosing some of many: how many, how evenly, and knowing what has come before."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.heap_probe import HeapProbe
from tests.engine.sampling_probe import drawn, which_are_new


@pytest.mark.parametrize(("wanted", "of"), [(0, 0), (0, 5), (1, 1), (3, 10), (10, 10), (999, 1000)])
def test_as_many_as_are_wanted(wanted: int, of: int) -> None:
    for seed in range(50):
        taken = drawn(wanted, of, seed)
        assert len(taken) == wanted
        assert taken == sorted(set(taken))


def test_every_choice_is_equally_likely() -> None:
    choices = Counter(tuple(drawn(2, 5, seed * 7919)) for seed in range(20_000))
    assert len(choices) == 10
    assert all(1800 < times < 2200 for times in choices.values()), choices


@given(st.lists(st.integers(1, (1 << 64) - 1)), st.lists(st.integers(1, 30)))
def test_what_is_new(many: list[int], few: list[int]) -> None:
    heap = HeapProbe()
    numbers = many + few + many
    expected = [number not in numbers[:i] for i, number in enumerate(numbers)]
    assert which_are_new(heap, numbers, len(set(numbers))) == expected
    assert heap.used == 0


def test_without_memory() -> None:
    heap = HeapProbe()
    heap.limit = 1
    assert which_are_new(heap, [1], 1) is None
