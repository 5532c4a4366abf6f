"""Intsets: against a sorted list, byte for byte, also when memory is short and for bytes from outside."""

from __future__ import annotations

import bisect
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe
from tests.engine.intset_probe import IntsetProbe, is_valid

EDGES = sorted(sign * (1 << bits) + more for bits in (0, 7, 15, 31) for sign in (1, -1) for more in (-1, 0, 1))
EDGES += [-(1 << 63), (1 << 63) - 1]
VALUES = st.one_of(st.integers(-40, 40), st.sampled_from(EDGES), st.integers(-(1 << 63), (1 << 63) - 1))
FORMATS = {2: "h", 4: "i", 8: "q"}


def width_of(value: int) -> int:
    return 2 if -(1 << 15) <= value < 1 << 15 else 4 if -(1 << 31) <= value < 1 << 31 else 8


def encoded(values: list[int], width: int) -> bytes:
    return struct.pack(f"<II{len(values)}{FORMATS[width]}", width, len(values), *values)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=200))
def test_bytes_are_those_of_the_format(values: list[int]):
    heap = HeapProbe()
    probe = IntsetProbe(heap)
    for i, value in enumerate(values):
        assert probe.add(value) == (value not in values[:i])
    assert probe.data == encoded(sorted(set(values)), max(map(width_of, values), default=2))
    assert probe.values() == sorted(set(values))
    assert probe.copy() == probe.data
    assert is_valid(probe.data)
    probe.free()
    assert heap.used == 0


@pytest.mark.parametrize("value", EDGES)
def test_a_wider_value_goes_to_the_end_where_it_belongs(value: int):
    probe = IntsetProbe(HeapProbe())
    for each in (1, -1, 0, 5):
        probe.add(each)
    known = value in (1, -1, 0, 5)
    assert probe.add(value) == (not known)
    assert probe.values() == sorted({1, -1, 0, 5, value})
    assert probe.find(value) == (True, probe.values().index(value))


def test_no_set_and_no_copy_without_memory():
    heap = HeapProbe()
    probe = IntsetProbe(heap)
    heap.limit = heap.used
    assert probe.copy() is None
    with pytest.raises(MemoryError):
        IntsetProbe(heap)


def test_shrinking_needs_no_memory():
    """From a large block to a small one there is a copy to be made, which the heap's limit does not refuse."""
    heap = HeapProbe()
    probe = IntsetProbe(heap)
    for i in range(600):
        probe.add(i << 33)
    heap.limit = 1
    left = list(range(600))
    while len(left) > 20:
        assert probe.remove(3)
        del left[3]
    assert probe.values() == [i << 33 for i in left]
    assert probe.truncate(10)
    assert probe.values() == [i << 33 for i in left[:10]]
    heap.limit = 0
    probe.free()
    assert heap.used == 0


def test_another_thread_may_free_it():
    heap = HeapProbe()
    probe = IntsetProbe(heap)
    for i in range(100):
        probe.add(i)
    probe.free(remote=True)
    heap.collect_remote(10)
    assert heap.used == 0


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        (encoded([], 2), True),
        (encoded([1], 2), True),
        (encoded([-3, 1, 2], 4), True),
        (encoded([-(1 << 63), 0, (1 << 63) - 1], 8), True),
        (b"", False),
        (encoded([], 2)[:-1], False),
        (encoded([1, 2], 2)[:-1], False),
        (encoded([1, 2], 2) + b"\0", False),
        (encoded([2, 1], 2), False),
        (encoded([1, 1], 2), False),
        (encoded([0, 5, 4, 9], 8), False),
        (struct.pack("<IIh", 3, 1, 1), False),
        (struct.pack("<II", 0, 0), False),
        (struct.pack("<IIq", 16, 1, 1), False),
        (struct.pack("<IIq", 8, 0xFFFFFFFF, 1), False),
        (struct.pack("<IIi", 2, 0x80000001, 1), False),
    ],
)
def test_what_comes_from_outside_is_looked_at(data: bytes, valid: bool):
    assert is_valid(data) == valid


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40), st.sampled_from([0, 1, 2, 4, 8]), st.integers(0, 8))
def test_any_bytes_are_refused_or_right(rest: bytes, width: int, count: int):
    data = struct.pack("<II", width, count) + rest
    right = width in FORMATS and len(rest) == width * count
    if right:
        values = list(struct.unpack(f"<{count}{FORMATS[width]}", rest))
        right = values == sorted(set(values))
    assert is_valid(data) == right


class IntsetMachine(RuleBasedStateMachine):
    """Against a sorted list."""

    def __init__(self):
        super().__init__()
        self.heap = HeapProbe()
        self.probe = IntsetProbe(self.heap)
        self.model: list[int] = []

    @rule(value=VALUES)
    def add(self, value: int):
        added = self.probe.add(value)
        if added is None:
            assert self.heap.limit
        else:
            assert added == (value not in self.model)
            if added:
                bisect.insort(self.model, value)

    @rule(value=VALUES)
    def find(self, value: int):
        assert self.probe.find(value)[0] == (value in self.model)
        if value in self.model:
            assert self.probe.find(value)[1] == self.model.index(value)

    @rule(first=st.integers(-1000, 1000), count=st.integers(1, 700))
    def add_many(self, first: int, count: int):
        for value in range(first, first + count):
            self.add(value)

    @precondition(lambda self: self.model)
    @rule(at=st.integers(0, 10_000))
    def remove(self, at: int):
        if self.probe.remove(at % len(self.model)) is None:
            assert self.heap.limit
        else:
            del self.model[at % len(self.model)]

    @precondition(lambda self: self.model)
    @rule(count=st.integers(0, 100))
    def truncate(self, count: int):
        count = min(count, len(self.model))
        if self.probe.truncate(count) is None:
            assert self.heap.limit
        else:
            del self.model[count:]

    @rule(room=st.integers(0, 3000))
    def run_short_of_memory(self, room: int):
        self.heap.limit = self.heap.used + room + 1

    @rule()
    def have_memory_again(self):
        self.heap.limit = 0

    @invariant()
    def is_the_model(self):
        assert self.probe.values() == self.model
        assert self.probe.data == encoded(self.model, self.probe.width)

    def teardown(self):
        self.heap.limit = 0
        self.probe.free()
        assert self.heap.used == 0


TestIntsetMachine = IntsetMachine.TestCase
TestIntsetMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
