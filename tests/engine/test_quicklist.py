"""Quicklists against a list: every operation, every size of nodes, with compression, and when memory runs out."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe, sanitized
from tests.engine.quicklist_probe import QuicklistProbe

ALL = 1 << 40
NODE_BYTES = {-1: 4096, -2: 8192, -3: 16384, -4: 32768, -5: 65536}
FILLS = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 10, 128, 1000, 40_000]
BUILT = -2


def made(elements: list[bytes], fill: int = BUILT, depth: int = 0, heap: HeapProbe | None = None) -> QuicklistProbe:
    q = QuicklistProbe(heap or HeapProbe(), fill, depth)
    for each in elements:
        assert q.push(each, False)
    return q


def elements_of(q: QuicklistProbe) -> list[bytes]:
    return q.walk(0, True, ALL) if q.count else []


def mixed(count: int) -> list[bytes]:
    """Integers of every size, short texts, and here and there a long one."""
    return [
        b"%d" % (-(3 ** (i % 40)) if i % 2 else 7 ** (i % 22)) if i % 3 == 0
        else b"x" * (i * 37 % 5000) if i % 41 == 0
        else b"element %d" % i
        for i in range(count)
    ]  # fmt: skip


# --- which node takes what -------------------------------------------------------------------------------------------

# As the oracle's DUMP shows them after RPUSH of these lengths.
NODES: list[tuple[int, list[int], list[tuple[object, int]]]] = [
    (-2, [4000, 1], [(4014, 2)]),
    (-2, [8181, 1], [(8195, 1), (10, 1)]),
    (-2, [1, 8184], [(10, 1), (8198, 1)]),
    (-2, [8192, 1], [(8206, 1), (10, 1)]),
    (-2, [8193, 1], [("plain", 8193), (10, 1)]),
    (-1, [4096, 1], [(4110, 1), (10, 1)]),
    (-1, [4097, 1], [("plain", 4097), (10, 1)]),
    (-5, [65536, 1], [(65551, 1), (10, 1)]),
    (-5, [65537, 1], [("plain", 65537), (10, 1)]),
    (3, [1, 1, 1, 1], [(16, 3), (10, 1)]),
    (3, [8170, 1, 1], [(8184, 1), (13, 2)]),
    (3, [8181, 1, 1], [(8195, 1), (13, 2)]),
    (3, [8193, 1, 1], [("plain", 8193), (13, 2)]),
    (0, [1, 1], [(10, 1), (10, 1)]),
    (1, [1, 1], [(10, 1), (10, 1)]),
]


@pytest.mark.parametrize(("fill", "lengths", "nodes"), NODES)
def test_nodes(fill: int, lengths: list[int], nodes: list[tuple[object, int]]) -> None:
    elements = [b"x" * n for n in lengths]
    q = made(elements, fill)
    assert q.nodes() == nodes
    assert elements_of(q) == elements
    backwards = QuicklistProbe(HeapProbe(), fill)
    for each in reversed(elements):
        assert backwards.push(each, True)
    assert elements_of(backwards) == elements


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("at_head", [False, True])
def test_nodes_are_filled(fill: int, at_head: bool) -> None:
    q = QuicklistProbe(HeapProbe(), fill)
    for _ in range(20_000 if fill not in (0, 1) else 500):
        assert q.push(b"ten bytes.", at_head)
    *full, _ = q.nodes() if not at_head else reversed(q.nodes())
    if fill < 0:
        assert all(NODE_BYTES[fill] - 19 < size <= NODE_BYTES[fill] for size, _ in full)
    else:
        assert all(count == max(1, min(fill, 8176 // 12)) for _, count in full)


@pytest.mark.parametrize("at_head", [False, True])
def test_nodes_inside_have_no_spare_room(at_head: bool) -> None:
    q = QuicklistProbe(HeapProbe())
    for i in range(10_000):
        assert q.push(b"element %d" % i, at_head)
    room = q.spare()
    assert len(room) > 10
    assert all(before + behind < 64 for before, behind in room[1:-1])
    q.insert(5000, b"x", False)
    q.replace(3000, b"y" * 100)
    q.remove_range(4000, 1)
    assert all(before + behind < 64 for before, behind in q.spare()[1:-1])


@pytest.mark.parametrize("depth", [0, 1])
def test_memory_is_next_to_nothing_beside_the_elements(depth: int) -> None:
    heap = HeapProbe()
    q = QuicklistProbe(heap, -2, depth)
    for i in range(100_000):
        assert q.push(b"%016d" % i, False)
    assert heap.used < 100_000 * (18 * 1.01 if depth == 0 else 9) + 8192
    assert q.memory == pytest.approx(heap.used, rel=0.05)


@pytest.mark.skipif(sanitized(), reason="every block is as long as it was asked for")
def test_pushing_at_either_end_moves_little() -> None:
    """The elements stay where they are: most pushes and pops touch neither block nor the room at the other end."""
    q = made([b"%05d" % i for i in range(600)])
    moved = 0
    for i in range(500):
        before = q.spare()
        assert q.push(b"x%03d" % i, True)
        moved += q.spare() != [(before[0][0] - 6, before[0][1])]
    assert moved < 10


def test_a_queue_in_one_node_reuses_its_room() -> None:
    """Pushed at one end, popped at the other, for ever."""
    heap = HeapProbe()
    q = made([b"%05d" % i for i in range(300)], heap=heap)
    most = 0
    for i in range(20_000):
        assert q.push(b"%05d" % i, False)
        q.pop(True)
        most = max(most, heap.used)
    assert elements_of(q) == [b"%05d" % i for i in range(19_700, 20_000)]
    assert most < 300 * 7 * 3
    for i in range(20_000):
        assert q.push(b"%05d" % i, i % 2 == 0)
        q.pop(i % 3 == 0)
        most = max(most, heap.used)
    assert most < 300 * 7 * 3


def test_an_emptied_node_gives_memory_back() -> None:
    heap = HeapProbe()
    q = made([b"%05d" % i for i in range(1000)], heap=heap)
    assert len(q.nodes()) == 1
    for _ in range(990):
        q.pop(True)
    assert elements_of(q) == [b"%05d" % i for i in range(990, 1000)]
    assert heap.used < 500


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("depth", [0, 2])
def test_every_place_can_be_found(fill: int, depth: int) -> None:
    elements = mixed(700)
    q = made(elements, fill, depth)
    assert [q.walk(i, True, 1)[0] for i in range(700)] == elements
    assert q.walk(699, False, ALL) == elements[::-1]
    for start, count in ((0, 10), (5, 300), (350, 350), (690, 100), (699, 1)):
        assert q.walk(start, True, count, True) == elements[start : start + count]
        assert q.walk(start, False, count, True) == elements[: start + 1][::-1][:count]


# --- compression -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_all_but_the_ends_are_compressed(depth: int) -> None:
    q = QuicklistProbe(HeapProbe(), 50, depth)
    for i in range(2000):
        assert q.push(b"an element that can be compressed %d" % i, i % 3 == 0)
        state = q.compressed()
        if i % 100 == 0:
            assert all(size == 0 for _, size in state[:depth] + state[-depth:])
            assert all(0 < size < length // 2 for length, size in state[depth:-depth])
    while q.count > 50 * 2 * depth:
        assert q.open_at(0)
        q.pop(True)
        state = q.compressed()
        assert all(size == 0 for _, size in state[:depth] + state[-depth:])
        assert all(size > 0 for _, size in state[depth:-depth])


def test_what_gains_nothing_is_not_compressed() -> None:
    noise = bytes((i * i * 7919 >> 3) & 255 for i in range(9000))
    q = made([b"a", noise[:100], b"bb", b"z" * 47, b"z" * 48, b"c" * 9000, noise, b"e"], 1, 1)
    sizes = [size for _, size in q.compressed()]
    assert [size > 0 for size in sizes] == [False, False, False, True, True, True, sizes[6] > 0, False]


def test_long_elements_are_compressed_too() -> None:
    heap = HeapProbe()
    q = made([b"a", b"long" * 25_000, b"b"], depth=1, heap=heap)
    assert heap.used < 5000
    assert elements_of(q) == [b"a", b"long" * 25_000, b"b"]
    assert q.replace(1, b"other" * 25_000)
    assert heap.used < 5000
    assert q.remove_equal(b"long" * 25_000, ALL, False) == (0, False)
    assert q.remove_equal(b"other" * 25_000, ALL, False) == (1, False)
    assert elements_of(q) == [b"a", b"b"]


def test_changes_inside_are_compressed_again() -> None:
    elements = [b"an element that can be compressed %d" % i for i in range(500)]
    q = made(elements, 20, 1)
    for change in (
        lambda: q.insert(250, b"new " * 20, True),
        lambda: q.replace(251, b"old " * 30),
        lambda: q.remove_range(200, 30),
        lambda: q.remove_equal(elements[300], ALL, False),
        lambda: q.replace(100, b"long " * 3000),
        lambda: q.insert(60, b"long " * 3000, False),
    ):
        change()
        state = q.compressed()
        assert all(size > 0 for _, size in state[1:-1]), state


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elements", [[], [b"a"], mixed(30)])
def test_made_of_a_listpack_and_back(elements: list[bytes]) -> None:
    heap = HeapProbe()
    q = QuicklistProbe(heap, -2, 0, elements)
    assert q.count == len(elements)
    assert elements_of(q) == elements
    if elements:
        size, count = q.nodes()[0]
        listpack = q.to_listpack()
        assert (len(listpack), count) == (size, len(elements))
    else:
        q.free()
    assert heap.used == 0


@pytest.mark.parametrize("end", [False, True])
def test_back_to_a_listpack_with_spare_room(end: bool) -> None:
    heap = HeapProbe()
    q = made([b"%05d" % i for i in range(1000)], heap=heap)
    for _ in range(800):
        q.pop(end)
    first = 0 if not end else 800
    assert elements_of(q) == [b"%05d" % i for i in range(first, first + 200)]
    heap.limit = 1
    if (listpack := q.to_listpack()) is None:       # it may need no memory at all
        heap.limit = 0
        assert len(elements_of(q)) == 200
        listpack = q.to_listpack()
    assert listpack.count(b"0") > 100
    assert heap.used == 0


@pytest.mark.parametrize("depth", [0, 1])
def test_a_copy_is_independent(depth: int) -> None:
    heap = HeapProbe()
    elements = mixed(2000)
    q = made(elements, -1, depth, heap)
    copy = q.copy()
    assert copy.nodes() == q.nodes()
    assert copy.remove_range(0, 1000)
    assert elements_of(q) == elements
    assert elements_of(copy) == elements[1000:]
    q.free()
    assert elements_of(copy) == elements[1000:]
    copy.free(remote=True)
    heap.collect_remote(1000)
    assert heap.used == 0


# --- memory runs out -------------------------------------------------------------------------------------------------


def test_no_list_without_memory() -> None:
    heap = HeapProbe()
    heap.limit = 1
    with pytest.raises(MemoryError):
        QuicklistProbe(heap)
    heap.limit = 60
    with pytest.raises(MemoryError):
        QuicklistProbe(heap, -2, 0, [b"a"])
    heap.limit = 0
    assert heap.used == 0


@pytest.mark.parametrize("depth", [0, 1])
def test_no_copy_without_memory(depth: int) -> None:
    heap = HeapProbe()
    q = made(mixed(300), -1, depth, heap)
    used = heap.used
    for room in range(1, used, 97):
        heap.limit = used + room
        copy = q.copy()
        heap.limit = 0
        if copy is not None:
            copy.free()
        assert heap.used == used
    assert elements_of(q) == mixed(300)


# --- everything in any order -----------------------------------------------------------------------------------------

SHORT = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: b"%d" % n),
    st.integers(-130, 130).map(lambda n: b"%d" % n),
    st.binary(max_size=80),
)
VALUES = st.one_of(
    SHORT,
    SHORT,
    st.tuples(st.sampled_from([62, 63, 64, 100, 1000, 4080, 4087, 4088, 4089, 4096, 4097, 8192, 8193, 20_000, 65_537]),
              st.sampled_from([b"a", b"b"])).map(lambda pair: pair[1] * pair[0]),
)  # fmt: skip


class QuicklistMachine(RuleBasedStateMachine):
    """Against a list."""

    @initialize(fill=st.sampled_from(FILLS), depth=st.sampled_from([0, 0, 1, 2]), listpack=st.booleans())
    def begin(self, fill: int, depth: int, listpack: bool) -> None:
        self.heap = HeapProbe()
        self.model: list[bytes] = [b"%d" % i for i in range(20)] if listpack else []
        self.list = QuicklistProbe(self.heap, fill, depth, self.model if listpack else None)

    def refused(self) -> None:
        assert self.heap.limit

    @rule(value=VALUES, at_head=st.booleans())
    def push(self, value: bytes, at_head: bool) -> None:
        if self.list.push(value, at_head):
            self.model.insert(0 if at_head else len(self.model), value)
        else:
            self.refused()

    @rule(value=SHORT, count=st.integers(1, 300), at_head=st.booleans())
    def push_many(self, value: bytes, count: int, at_head: bool) -> None:
        for i in range(count):
            self.push(value + b"%d" % i if i % 2 else value, at_head)

    @precondition(lambda self: self.model)
    @rule(at_head=st.booleans(), count=st.integers(1, 150))
    def pop(self, at_head: bool, count: int) -> None:
        for _ in range(min(count, len(self.model))):
            at = 0 if at_head else len(self.model) - 1
            if not self.list.open_at(at):
                self.refused()
                return
            assert self.list.walk(at, True, 1) == [self.model[at]]
            self.list.pop(at_head)
            del self.model[at]

    @precondition(lambda self: self.model)
    @rule(at=st.integers(0, 10_000), value=VALUES, after=st.booleans())
    def insert(self, at: int, value: bytes, after: bool) -> None:
        at %= len(self.model)
        if self.list.insert(at, value, after):
            self.model.insert(at + after, value)
        else:
            self.refused()

    @precondition(lambda self: self.model)
    @rule(at=st.integers(0, 10_000), value=VALUES)
    def replace(self, at: int, value: bytes) -> None:
        at %= len(self.model)
        if self.list.replace(at, value):
            self.model[at] = value
        else:
            self.refused()

    @precondition(lambda self: self.model)
    @rule(start=st.integers(0, 10_000), count=st.integers(0, 400))
    def remove_range(self, start: int, count: int) -> None:
        start %= len(self.model)
        count = min(count, len(self.model) - start)
        if self.list.remove_range(start, count):
            del self.model[start : start + count]
        else:
            self.refused()

    @precondition(lambda self: self.model)
    @rule(at=st.integers(0, 10_000), limit=st.integers(1, 40) | st.just(ALL), from_tail=st.booleans())
    def remove_equal(self, at: int, limit: int, from_tail: bool) -> None:
        value = self.model[at % len(self.model)]
        places = [i for i, each in enumerate(self.model) if each == value]
        if from_tail:
            places.reverse()
        removed, failed = self.list.remove_equal(value, limit, from_tail)
        if failed:
            self.refused()
            assert removed <= min(limit, len(places))
        else:
            assert removed == min(limit, len(places))
        for i in sorted(places[:removed], reverse=True):
            del self.model[i]

    @precondition(lambda self: self.model)
    @rule(start=st.integers(0, 10_000), count=st.integers(1, 500), forward=st.booleans(), reserve=st.booleans())
    def walk(self, start: int, count: int, forward: bool, reserve: bool) -> None:
        start %= len(self.model)
        expected = self.model[start:] if forward else self.model[: start + 1][::-1]
        found = self.list.walk(start, forward, count, reserve)
        if found is None:
            self.refused()
        else:
            assert found == expected[:count]

    @rule()
    def copy(self) -> None:
        copy = self.list.copy()
        if copy is None:
            self.refused()
            return
        self.list.free()
        self.list = copy

    @rule(room=st.integers(0, 6000))
    def run_short_of_memory(self, room: int) -> None:
        self.heap.limit = self.heap.used + room + 1

    @rule()
    def have_memory_again(self) -> None:
        self.heap.limit = 0

    @invariant()
    def sound(self) -> None:
        assert self.list.count == len(self.model)
        nodes = self.list.nodes()
        assert sum(1 if size == "plain" else count for size, count in nodes) == len(self.model)

    def teardown(self) -> None:
        self.heap.limit = 0
        assert elements_of(self.list) == self.model
        self.list.free()
        assert self.heap.used == 0


TestQuicklistMachine = QuicklistMachine.TestCase
TestQuicklistMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
