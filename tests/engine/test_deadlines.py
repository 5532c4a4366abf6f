"""Deadlines against a dict of moments: joining, leaving, what is past; also with equal moments and without memory."""

from __future__ import annotations

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.deadlines_probe import DeadlinesProbe
from tests.engine.heap_probe import HeapProbe

LEAF_MAX = 128
FIRST, LAST = -(1 << 63), (1 << 63) - 1


def filled(moments: list[int], heap: HeapProbe | None = None) -> DeadlinesProbe:
    deadlines = DeadlinesProbe(heap or HeapProbe())
    for name, when in enumerate(moments):
        assert deadlines.insert(name, when)
    return deadlines


def test_empty():
    heap = HeapProbe()
    deadlines = DeadlinesProbe(heap)
    assert (deadlines.count, deadlines.size, deadlines.leaves()) == (0, 0, [])
    assert deadlines.take(LAST, 10) == []
    assert deadlines.passed(LAST) == 0
    deadlines.free()
    assert heap.used == 0


def test_a_deadline_is_past_from_the_next_moment_on():
    deadlines = filled([5])
    assert deadlines.passed(5) == 0
    assert deadlines.take(5, 10) == []
    assert deadlines.passed(6) == 1
    assert deadlines.take(6, 10) == [0]
    assert deadlines.count == 0


def test_everything_given_back():
    heap = HeapProbe()
    deadlines = filled(random.Random(1).choices(range(10_000), k=5000), heap)
    for name in range(0, 5000, 2):
        deadlines.remove(name)
    assert len(deadlines.take(5000, 512)) == 512
    deadlines.free()
    assert heap.used == 0


def test_the_extremes_of_time():
    deadlines = filled([LAST, FIRST, 0])
    assert deadlines.first == FIRST
    assert deadlines.take(FIRST, 10) == []
    assert sorted(deadlines.take(LAST, 10)) == [1, 2]
    assert deadlines.first == LAST


def test_deadlines_that_only_grow_leave_full_leaves_behind():
    deadlines = filled(list(range(10 * LEAF_MAX)))
    assert [count for _, count, _ in deadlines.leaves()] == [LEAF_MAX] * 10
    assert [capacity for _, _, capacity in deadlines.leaves()] == [LEAF_MAX] * 10


def test_they_cost_little_more_than_a_pointer():
    for moments in (random.Random(1).choices(range(1 << 40), k=100_000), [7] * 100_000):
        deadlines = filled(moments)
        assert deadlines.size < 13 * 100_000
        deadlines.free()


def test_a_million_with_the_same_deadline_are_many_leaves():
    deadlines = filled([7] * 20_000)
    assert len(deadlines.leaves()) > 100
    assert deadlines.take(7, 512) == []
    taken: list[int] = []
    while some := deadlines.take(8, 500):
        taken += some
    assert sorted(taken) == list(range(20_000))


def test_the_past_comes_in_order_leaf_by_leaf():
    moments = random.Random(2).sample(range(100_000), 10_000)
    deadlines = filled(moments)
    for now in range(0, 101_000, 1000):
        taken: list[int] = []
        passed = deadlines.passed(now)
        while some := deadlines.take(now, 100):
            taken += some
        assert len(taken) == passed
        assert all(now - 1000 <= moments[name] < now for name in taken)
    assert deadlines.count == 0


def test_the_bound_follows_what_is_left():
    deadlines = filled([5, 100, 90])
    deadlines.take(50, 10)
    assert deadlines.first == 90
    deadlines.insert(9, 60)
    assert deadlines.first == 60


def test_sparse_leaves_are_joined_and_the_directory_shrinks():
    moments = random.Random(3).choices(range(1 << 30), k=20_000)
    deadlines = filled(moments)
    size = deadlines.size
    for name in random.Random(4).sample(range(20_000), 19_900):
        deadlines.remove(name)
    assert len(deadlines.leaves()) < 40
    assert deadlines.size < size // 20


class DeadlinesMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.heap = HeapProbe()
        self.deadlines = DeadlinesProbe(self.heap)
        self.model: dict[int, int] = {}
        self.next = 0

    @rule(moments=st.lists(st.integers(0, 40), max_size=200))
    def insert_some(self, moments: list[int]) -> None:
        for when in moments:
            assert self.deadlines.insert(self.next, when)
            self.model[self.next] = when
            self.next += 1

    @rule(start=st.integers(0, 1000), step=st.integers(-3, 3), count=st.integers(1, 400))
    def insert_many(self, start: int, step: int, count: int) -> None:
        for i in range(count):
            assert self.deadlines.insert(self.next, start + step * i)
            self.model[self.next] = start + step * i
            self.next += 1

    @rule(start=st.integers(0, 1000), allowed=st.integers(0, 400))
    def insert_without_memory(self, start: int, allowed: int) -> None:
        self.heap.limit = max(1, self.heap.used + allowed)
        for i in range(150):
            if self.deadlines.insert(self.next, start + i % 7):
                self.model[self.next] = start + i % 7
                self.next += 1
        self.heap.limit = 0

    @precondition(lambda self: self.model)
    @rule(data=st.data(), share=st.integers(1, 10))
    def remove_some(self, data: st.DataObject, share: int) -> None:
        seed = data.draw(st.integers(0, 1000))
        for name in random.Random(seed).sample(sorted(self.model), (len(self.model) * share + 9) // 10):
            self.deadlines.remove(name)
            del self.model[name]

    @rule(now=st.integers(-1200, 2300), most=st.integers(1, 300))
    def take_some(self, now: int, most: int) -> None:
        past = {name for name, when in self.model.items() if when < now}
        taken = self.deadlines.take(now, most)
        assert len(taken) == len(set(taken)) == min(most, len(past))
        assert set(taken) <= past
        for name in taken:
            del self.model[name]

    @rule(now=st.integers(-1200, 2300))
    def count_past(self, now: int) -> None:
        assert self.deadlines.passed(now) == sum(when < now for when in self.model.values())

    @invariant()
    def the_same(self) -> None:
        leaves = self.deadlines.leaves()
        assert self.deadlines.count == len(self.model) == sum(count for _, count, _ in leaves)
        assert all(0 < count <= capacity <= LEAF_MAX for _, count, capacity in leaves)
        bounds = [when for when, _, _ in leaves]
        assert bounds == sorted(bounds)
        if self.model:
            assert self.deadlines.first <= min(self.model.values())

    def teardown(self) -> None:
        self.deadlines.free()
        assert self.heap.used == 0


TestDeadlines = DeadlinesMachine.TestCase
TestDeadlines.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
