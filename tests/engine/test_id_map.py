"""Ordered maps of stream IDs: against a sorted list, also while they grow, shrink, and when memory is short."""

from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.engine.heap_probe import HeapProbe
from tests.engine.id_map_probe import SLOTS, IdMapProbe

MAX = (1 << 64) - 1
FIRST, LAST = (0, 0), (MAX, MAX)
NUMBERS = st.one_of(st.integers(0, 3), st.integers(MAX - 2, MAX), st.integers(0, MAX))
IDS = st.one_of(st.tuples(st.integers(0, 40), st.integers(0, 3)), st.tuples(NUMBERS, NUMBERS))
ID = tuple[int, int]


def filled(ids: list[ID], heap: HeapProbe | None = None) -> IdMapProbe:
    ids_map = IdMapProbe(heap or HeapProbe())
    for i, each in enumerate(ids):
        assert ids_map.insert(each, i + 1)
    return ids_map


def test_an_empty_map() -> None:
    ids = IdMapProbe(HeapProbe())
    assert ids.find(FIRST) is None
    assert ids.remove(LAST) == 0
    assert ids.walk(FIRST, False) == ids.walk(LAST, True) == []
    assert ids.edges() == ()
    ids.free()


@pytest.mark.parametrize("count", [1, 2, SLOTS, SLOTS + 1, SLOTS * SLOTS, SLOTS * SLOTS + 1, 70_000])
def test_ascending_ids_fill_their_leaves(count: int) -> None:
    heap = HeapProbe()
    ids = filled([(i, i) for i in range(count)], heap)
    leaves = ids.check()
    assert leaves == [SLOTS] * (count // SLOTS) + [count % SLOTS] * (count % SLOTS > 0)
    assert ids.height == (count > SLOTS) + (count > SLOTS**2) + (count > SLOTS**3)
    assert ids.walk(FIRST, False) == [(i, i) for i in range(count)]
    assert ids.walk(LAST, True) == [(i, i) for i in reversed(range(count))]
    ids.free()
    assert heap.used == 0


@pytest.mark.parametrize("order", ["descending", "random"])
def test_ids_in_any_order(order: str) -> None:
    heap = HeapProbe()
    numbers = list(range(20_000))
    if order == "random":
        random.Random(7).shuffle(numbers)
    else:
        numbers.reverse()
    ids = filled([(i, 0) for i in numbers], heap)
    leaves = ids.check()
    assert sum(leaves) / len(leaves) >= SLOTS / 2 - 1
    assert ids.walk(FIRST, False) == [(i, 0) for i in range(20_000)]
    random.Random(8).shuffle(numbers)
    for i in numbers:
        assert ids.remove((i, 0)) > 0
    assert ids.check() == []
    assert heap.used == 0


def test_a_queue_keeps_little_memory() -> None:
    """Added at the end, taken from the start: as pending entries come and go."""
    heap = HeapProbe()
    ids = IdMapProbe(heap)
    most = 0
    for i in range(50_000):
        assert ids.insert((i, 0), 1)
        if i >= 100:
            assert ids.remove((i - 100, 0)) == 1
            most = max(most, ids.bytes)
    assert most <= 6 * 1008
    ids.check()
    for i in range(49_900, 50_000):
        assert ids.remove((i, 0)) == 1
    assert heap.used == 0


def test_few_that_are_left_take_little_memory() -> None:
    ids = filled([(i, 0) for i in range(100_000)])
    before = ids.bytes
    for i in range(100_000):
        if i % 100:
            assert ids.remove((i, 0)) > 0
    ids.check()
    assert ids.bytes < before / 15
    for i in range(100, 100_000, 100):
        assert ids.remove((i, 0)) > 0
    assert ids.walk(FIRST, False) == [(0, 0)]
    assert ids.bytes <= 24 + 5 * 24


def test_without_memory_nothing_changes() -> None:
    """At each point of growth, from the first leaf to the third level."""
    heap = HeapProbe()
    ids = IdMapProbe(heap)
    numbers = [(i * 7919) % 10_007 for i in range(10_007)]
    refused = 0
    for i in numbers:
        heap.limit = heap.used + 1
        if not ids.insert((i, 1), i + 1):
            refused += 1
            if refused % 50 == 0:
                ids.check()
            assert ids.find((i, 1)) is None
            heap.limit = 0
            assert ids.insert((i, 1), i + 1)
        heap.limit = 0
    assert refused > 300
    ids.check()
    assert ids.walk(FIRST, False) == [(i, 1) for i in range(10_007)]
    heap.limit = 1
    for i in numbers:
        assert ids.remove((i, 1)) == i + 1
    assert heap.used == 0


def test_freed_on_another_thread() -> None:
    heap = HeapProbe()
    ids = filled([(i, 0) for i in range(10_000)], heap)
    ids.free(True)
    while heap.collect_remote(1000):
        pass
    assert heap.used == 0


class Model(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.heap = HeapProbe()
        self.ids = IdMapProbe(self.heap)
        self.model: dict[ID, int] = {}
        self.next = 1

    def put(self, id: ID) -> None:
        if id not in self.model:
            assert self.ids.insert(id, self.next)
            self.model[id] = self.next
            self.next += 1

    @rule(id=IDS)
    def insert(self, id: ID) -> None:
        self.put(id)

    @rule(start=IDS, count=st.integers(1, 200), step=st.integers(1, 3))
    def insert_many(self, start: ID, count: int, step: int) -> None:
        for i in range(count):
            self.put((min(start[0] + i * step, MAX), start[1]))

    @rule(id=IDS)
    def remove(self, id: ID) -> None:
        assert self.ids.remove(id) == self.model.pop(id, 0)

    @rule(start=st.integers(0, 300), count=st.integers(1, 200), step=st.integers(1, 4))
    def remove_many(self, start: int, count: int, step: int) -> None:
        for id in sorted(self.model)[start : start + count * step : step]:
            assert self.ids.remove(id) == self.model.pop(id)

    @rule(id=IDS, backwards=st.booleans())
    def walk(self, id: ID, backwards: bool) -> None:
        expected = sorted(each for each in self.model if (each <= id if backwards else each >= id))
        if backwards:
            expected.reverse()
        assert self.ids.walk(id, backwards) == expected

    @rule(id=IDS)
    def find(self, id: ID) -> None:
        assert self.ids.find(id) == self.model.get(id)

    @invariant()
    def in_order(self) -> None:
        self.ids.check()
        assert self.ids.count == len(self.model)
        assert self.ids.edges() == ((min(self.model), max(self.model)) if self.model else ())

    def teardown(self) -> None:
        self.ids.free()
        assert self.heap.used == 0


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
