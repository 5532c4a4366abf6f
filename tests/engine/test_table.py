"""The hash table: against a dict, also while it grows, shrinks, is scanned, and when memory is short."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe, bytes_of_class, class_of
from tests.engine.table_probe import TableProbe

WORDS = (0x9AE16A3B2F90404F, 0xC949D7C7509E6557, 0x1B873593CC9E2D51, 0x85EBCA6BC2B2AE35)
LOAD = 5
SEGMENT = 65536
KEYS = st.one_of(st.binary(max_size=1), st.binary(max_size=40))
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def name(i: int) -> bytes:
    return b"key:%d" % i


def filled(count: int, heap: HeapProbe | None = None) -> TableProbe:
    """A table of name(0) to name(count - 1)."""
    table = TableProbe(heap or HeapProbe(), WORDS)
    for i in range(count):
        assert table.insert(name(i), i)
    return table


def scanned(table: TableProbe, buckets: int = 1) -> list[bytes]:
    """What one scan from start to end returns."""
    keys: list[bytes] = []
    cursor = 0
    while True:
        cursor, some = table.scan(cursor, buckets)
        keys += some
        if cursor == 0:
            return keys


def buckets_in_use(table: TableProbe) -> float:
    """How many buckets there are, counting each part of the hash space where it stands now."""
    if table.coming == 0:
        return table.buckets
    return table.buckets - table.moved + table.moved * table.coming / table.buckets


def moves(table: TableProbe, before: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """Where the table's resize stands, and how many buckets have moved since it stood at `before`."""
    buckets, moved = before
    now = (table.buckets, table.moved)
    return now, now[1] - moved if now[0] == buckets else buckets - moved + now[1]


# --- one after another --------------------------------------------------------------------------------------


def test_an_empty_table():
    table = TableProbe(HeapProbe(), WORDS)
    assert table.count == 0
    assert table.find(b"") is None
    assert table.find(b"x") is None
    assert table.remove(b"x") is None
    assert table.random() is None
    assert table.prefetched(b"x") is None
    assert table.scan(0, 10) == (0, [])


def test_insert_find_overwrite_remove():
    table = TableProbe(HeapProbe(), WORDS)
    keys = [b"", b"\0", b"a", b"b", b"a\0", bytes(range(256)), b"long" * 10_000]
    for i, key in enumerate(keys):
        assert table.insert(key, i)
    for i, key in enumerate(keys):
        assert table.find(key) == i
        assert table.overwrite(key, i + 100)
        assert table.find(key) == i + 100
    for i, key in enumerate(keys):
        assert table.remove(key) == i + 100
        assert table.find(key) is None
        assert table.count == len(keys) - i - 1


def test_what_is_prefetched_is_the_entry():
    table = filled(1000)
    right = sum(table.prefetched(name(i)) == i for i in range(1000))
    assert right > 850      # a tag collides now and then, and some entries stand in further buckets


@pytest.mark.parametrize("count", [1, 7, 8, 100, 5000, 70_000])
def test_every_byte_comes_back(count: int):
    heap = HeapProbe()
    table = filled(count, heap)
    assert table.count == count
    table.free()
    assert heap.used == 0


@pytest.mark.parametrize("count", [10, 3000, 70_000])
def test_table_size_is_what_the_heap_says(count: int):
    """`size` counts the buckets in use; half-empty and half-filled segments of a resize come on top."""
    heap = HeapProbe()
    table = filled(count, heap)
    entries = sum(bytes_of_class(class_of(16 + len(name(i)))) for i in range(count))
    assert 0 <= heap.used - entries - table.size <= 2 * SEGMENT
    table.free()


# --- growing and shrinking ----------------------------------------------------------------------------------


def test_growth_keeps_the_load_in_bounded_steps():
    table = TableProbe(HeapProbe(), WORDS)
    before = (table.buckets, table.moved)
    for i in range(30_000):
        assert table.insert(name(i), i)
        assert table.count <= LOAD * buckets_in_use(table) + LOAD
        before, moved = moves(table, before)
        assert moved <= 2, i
    assert table.count > 3 * buckets_in_use(table)      # and no more buckets than it needs


def test_shrinking_gives_memory_back_in_bounded_steps():
    heap = HeapProbe()
    table = filled(60_000, heap)
    order = list(range(60_000))
    random.Random(1).shuffle(order)
    before = (table.buckets, table.moved)
    for removed, i in enumerate(order, 1):
        assert table.remove(name(i)) == i
        before, moved = moves(table, before)
        assert moved <= 4, removed
        assert table.count == 60_000 - removed
        assert table.count >= buckets_in_use(table) - 2
    assert table.buckets == 1
    table.free()
    assert heap.used == 0


def test_growth_that_had_to_wait_for_shrinking_is_made_up_for_in_bounded_steps():
    """A table that has begun to shrink is filled again: no insert pays for all of it."""
    table = filled(60_000)
    i = 0
    while table.coming == 0 or table.coming > table.buckets:
        table.remove(name(i))
        i += 1
    before = (table.buckets, table.moved)
    for j in range(150_000):
        assert table.insert(b"more:%d" % j, j)
        before, moved = moves(table, before)
        assert moved <= 4, j
    assert table.count <= LOAD * buckets_in_use(table) + LOAD
    for j in range(150_000):
        assert table.find(b"more:%d" % j) == j


def test_growth_that_had_to_wait_for_memory_is_made_up_for_in_bounded_steps():
    heap = HeapProbe()
    table = filled(6, heap)
    pinched = 0
    for i in range(6, 3000):
        entry = bytes_of_class(class_of(16 + len(name(i))))
        heap.limit = heap.used + entry + 64     # an entry and a further bucket, but no array
        if not table.insert(name(i), i):
            heap.limit = 0
            assert table.insert(name(i), i)
        pinched += table.count > 2 * LOAD * buckets_in_use(table)
    heap.limit = 0
    assert pinched > 1000
    before = (table.buckets, table.moved)
    for i in range(3000, 6000):
        assert table.insert(name(i), i)
        before, moved = moves(table, before)
        assert moved <= 4, i
    assert table.count <= LOAD * buckets_in_use(table) + LOAD
    assert sorted(scanned(table)) == sorted(map(name, range(6000)))
    table.free()
    assert heap.used == 0


def test_chains_hold_whatever_their_bucket_does_not():
    """Without memory to grow, everything hangs on one bucket."""
    heap = HeapProbe()
    table = TableProbe(heap, WORDS)
    for i in range(300):
        entry = bytes_of_class(class_of(16 + len(name(i))))
        heap.limit = heap.used + entry if i % 6 else heap.used + entry + 64
        if not table.insert(name(i), i):
            heap.limit = 0
            assert table.insert(name(i), i)
    heap.limit = 0
    assert table.chained > 10
    assert table.longest <= 300
    assert all(table.find(name(i)) == i for i in range(300))
    assert sorted(scanned(table)) == sorted(map(name, range(300)))
    order = list(range(300))
    random.Random(2).shuffle(order)
    for left, i in enumerate(order):
        assert table.remove(name(i)) == i
        assert table.remove(name(i)) is None
        if left % 20 == 0:
            assert sorted(scanned(table)) == sorted(map(name, order[left + 1 :]))
    assert table.chained == 0
    table.free()
    assert heap.used == 0


# --- memory runs out ----------------------------------------------------------------------------------------


def test_no_table_without_memory():
    heap = HeapProbe()
    heap.limit = 1
    with pytest.raises(MemoryError):
        TableProbe(heap, WORDS)


@pytest.mark.parametrize("count", [0, 7, 20, 500, 8000])
def test_failed_inserts_leave_the_table_whole(count: int):
    """Whichever allocation of an insert fails: it is refused, or done; nothing in between."""
    heap = HeapProbe()
    table = filled(count, heap)
    there = set(map(name, range(count)))
    for i in range(count, count + 400):
        heap.limit = heap.used + (i * 37) % 200
        if table.insert(name(i), i):
            there.add(name(i))
        else:
            assert table.find(name(i)) is None
        assert table.count == len(there)
    heap.limit = 0
    assert sorted(scanned(table, 7)) == sorted(there)
    assert all(table.find(key) is not None for key in there)
    table.free()
    assert heap.used == 0


def test_removing_needs_no_memory():
    heap = HeapProbe()
    table = filled(5000, heap)
    heap.limit = 1
    for i in range(5000):
        assert table.remove(name(i)) == i
    assert table.count == 0
    heap.limit = 0
    table.free()
    assert heap.used == 0


# --- scan ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 6, 7, 36, 100, 5000])
@pytest.mark.parametrize("buckets", [0, 1, 3, 1000])
def test_scan_returns_each_once(count: int, buckets: int):
    assert sorted(scanned(filled(count), buckets)) == sorted(map(name, range(count)))


def test_cursors_are_exact_in_a_double():
    table = filled(20_000)
    cursor = 0
    while True:
        cursor, _ = table.scan(cursor, 1)
        if cursor == 0:
            break
        assert cursor < 1 << 52


@pytest.mark.parametrize("cursor", [1, 12345, (1 << 52) - 1, 1 << 52, 1 << 63, (1 << 64) - 1])
def test_any_cursor_is_taken(cursor: int):
    table = filled(100)
    for _ in range(1000):
        cursor, _ = table.scan(cursor, 1)
        if cursor == 0:
            return
    pytest.fail("the scan does not end")


@pytest.mark.parametrize("change", ["grow", "shrink", "grow and shrink"])
@pytest.mark.parametrize("steps", [1, 10, 200])
def test_scan_returns_what_was_there_throughout(change: str, steps: int):
    """`steps` inserts or removals of other keys between two calls."""
    table = filled(2000)
    others = [b"other:%d" % i for i in range(60_000 if change == "grow" else 20_000)]
    if change != "grow":
        for key in others:
            table.insert(key, 1)
    pending = iter(others)
    seen: list[bytes] = []
    cursor = 0
    while True:
        cursor, keys = table.scan(cursor, 1)
        seen += [key for key in keys if key.startswith(b"key:")]
        if cursor == 0:
            break
        for _ in range(steps):
            key = next(pending, None)
            if key is None:
                break
            if change == "grow":
                table.insert(key, 1)
            else:
                table.remove(key)
                if change == "grow and shrink" and seen:
                    table.insert(b"late:" + key, 1)
                    table.remove(b"late:" + key)
    assert sorted(seen) == sorted(map(name, range(2000)))


# --- random elements ----------------------------------------------------------------------------------------


def resizing(count: int, grow: bool) -> TableProbe:
    """A table of `count` keys in the middle of a resize."""
    table = filled(count if grow else count * 4)
    for i in range(count, count * 4):
        if not grow:
            table.remove(name(i))
    i = 0
    while table.coming == 0 or (table.coming > table.buckets) != grow or not table.moved * 2 >= table.buckets:
        if grow:
            table.insert(b"more:%d" % i, 0)
        else:
            table.remove(name(i))
        i += 1
    return table


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(lambda: filled(1), id="one"),
        pytest.param(lambda: filled(7), id="a full bucket"),
        pytest.param(lambda: filled(8), id="a chain"),
        pytest.param(lambda: filled(300), id="many"),
        pytest.param(lambda: resizing(200, True), id="growing"),
        pytest.param(lambda: resizing(400, False), id="shrinking"),
    ],
)
def test_random_elements_are_equally_likely(table):
    table = table()
    draws = 100 * table.count
    counts = dict.fromkeys(scanned(table), 0)
    for _ in range(draws):
        counts[table.random()] += 1
    chi_square = sum((count - 100) ** 2 / 100 for count in counts.values())
    freedom = len(counts) - 1
    assert chi_square <= freedom + 6 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("make", [lambda: filled(300), lambda: resizing(200, True), lambda: resizing(400, False)])
def test_sampled_elements_are_about_equally_likely(make: Callable[[], TableProbe]):
    """Who stands behind a long chain comes a little more rarely; nobody is left out, nobody comes twice at once."""
    table = make()
    counts = dict.fromkeys(scanned(table), 0)
    for _ in range(100 * table.count):
        found = table.sample(5)
        assert len(set(found)) == len(found) == 5
        for key in found:
            counts[key] += 1
    assert min(counts.values()) > 100
    assert max(counts.values()) < 2000


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_a_sample_of_more_than_there_are(count: int):
    table = filled(count)
    found = table.sample(64)
    assert (len(found) > 0) == (count > 0)
    assert set(found) <= set(map(name, range(count)))


def test_a_sample_of_a_nearly_empty_table():
    table = filled(20_000)
    for i in range(3, 20_000):
        table.remove(name(i))
    assert {key for _ in range(500) for key in table.sample(5)} == set(map(name, range(3)))


@pytest.mark.parametrize("count", [1, 8, 3000])
def test_taking_at_random_empties_the_table(count: int):
    heap = HeapProbe()
    table = filled(count, heap)
    heap.limit = 1          # taking needs no memory
    taken = [table.take() for _ in range(count)]
    heap.limit = 0
    assert sorted(taken) == sorted(map(name, range(count)))
    assert table.take() is None
    table.free()
    assert heap.used == 0


def test_what_is_taken_first_is_equally_likely():
    counts = dict.fromkeys(map(name, range(20)), 0)
    table = filled(20)
    for _ in range(4000):
        key = table.take()
        counts[key] += 1
        table.insert(key, 0)
    chi_square = sum((count - 200) ** 2 / 200 for count in counts.values())
    assert chi_square <= 19 + 6 * (2 * 19) ** 0.5


def test_a_table_forgets_how_long_its_chains_were():
    """Else a random choice would go on looking at places that there are no longer."""
    heap = HeapProbe()
    table = filled(6, heap)
    for i in range(6, 300):
        heap.limit = heap.used + 100        # no memory to grow: everything hangs on one bucket
        if not table.insert(name(i), i):
            heap.limit = 0
            table.insert(name(i), i)
    heap.limit = 0
    assert table.longest > 100
    for i in range(300, 3000):
        table.insert(name(i), i)
    assert table.longest < 30


# --- walking, sweeping, reserving ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 7, 8, 100, 5000])
@pytest.mark.parametrize("room", [1, 7, 32, 64])
def test_a_walk_returns_each_once(count: int, room: int):
    batches = filled(count).walk(room)
    assert sorted(key for batch in batches for key in batch) == sorted(map(name, range(count)))
    assert all(len(batch) == room for batch in batches[:-1])


@pytest.mark.parametrize("grow", [True, False])
def test_a_walk_through_a_table_that_is_being_resized(grow: bool):
    table = resizing(2000, grow)
    assert [key for batch in table.walk(32) for key in batch] == scanned(table)


@pytest.mark.parametrize("count", [1, 7, 8, 300, 20_000])
@pytest.mark.parametrize("parts", [1, 2, 10])
def test_a_sweep_takes_out_what_it_is_told(count: int, parts: int):
    """All but every `parts`-th key, or all."""
    heap = HeapProbe()
    table = filled(count, heap)
    kept = set(map(name, range(0, count, parts))) if parts > 1 else set()
    asked = table.sweep(set(map(name, range(count))) - kept)
    assert sorted(asked) == sorted(map(name, range(count)))
    assert table.count == len(kept)
    assert sorted(scanned(table)) == sorted(kept)
    assert all(table.find(key) is not None for key in kept)
    assert table.buckets <= max(1, table.count // 2 + 1)    # and it has the size that suits what is left
    table.free()
    assert heap.used == 0


@pytest.mark.parametrize("grow", [True, False])
def test_a_sweep_of_a_table_that_is_being_resized(grow: bool):
    table = resizing(2000, grow)
    there = set(scanned(table))
    doomed = {key for key in there if hash(key) % 3}
    assert sorted(table.sweep(doomed)) == sorted(there)
    assert sorted(scanned(table)) == sorted(there - doomed)


def test_a_sweep_through_long_chains():
    heap = HeapProbe()
    table = filled(6, heap)
    for i in range(6, 200):
        heap.limit = heap.used + 100
        if not table.insert(name(i), i):
            heap.limit = 0
            table.insert(name(i), i)
    assert table.chained > 10
    heap.limit = 1          # and without memory
    doomed = {name(i) for i in range(200) if i % 7}
    table.sweep(doomed)
    heap.limit = 0
    assert sorted(scanned(table)) == sorted(set(map(name, range(200))) - doomed)
    table.sweep(set(scanned(table)))
    assert (table.count, table.chained) == (0, 0)
    table.free()
    assert heap.used == 0


@pytest.mark.parametrize("count", [1, 5, 100, 20_000])
def test_a_table_with_room_does_not_grow(count: int):
    heap = HeapProbe()
    table = TableProbe(heap, WORDS)
    assert table.reserve(count) == (count >= LOAD)
    buckets = table.buckets
    for i in range(count):
        assert table.insert(name(i), i)
    assert (table.buckets, table.coming) == (buckets, 0)
    assert not table.reserve(10 * count)        # not when there is something in it
    assert all(table.find(name(i)) == i for i in range(count))
    table.free()
    assert heap.used == 0


@pytest.mark.parametrize("room", [1, 200, 70_000])
def test_no_room_without_memory(room: int):
    heap = HeapProbe()
    table = TableProbe(heap, WORDS)
    used = heap.used
    heap.limit = used + room
    assert not table.reserve(10_000)
    assert heap.used == used
    heap.limit = 0
    assert table.insert(b"key", 1)
    assert table.find(b"key") == 1


# --- freeing on another thread ------------------------------------------------------------------------------


def test_a_thread_frees_a_table():
    """As FLUSHALL ASYNC does: entries and chains remotely, then segments, then the rest."""
    heap = HeapProbe()
    table = filled(30_000, heap)
    kept = filled(3000, heap)
    entries_freed = threading.Thread(target=table.free_entries)
    entries_freed.start()
    entries_freed.join()
    table.free_chains(True)
    while heap.collect_remote(100):
        pass
    for s in range(table.segments()):
        table.free_segment(s)
    table.free_shell()
    assert sorted(scanned(kept)) == sorted(map(name, range(3000)))
    kept.free()
    assert heap.used == 0


# --- everything in any order --------------------------------------------------------------------------------


class Walk:
    """A scan in progress."""

    def __init__(self, there: set[bytes]) -> None:
        self.cursor = 0
        self.owed = there           # there since the start, still to come
        self.returned: set[bytes] = set()


class TableMachine(RuleBasedStateMachine):
    """Against a dict."""

    def __init__(self):
        super().__init__()
        self.heap = HeapProbe()
        self.table = TableProbe(self.heap, WORDS)
        self.model: dict[bytes, int] = {}
        self.walks: list[Walk] = []
        self.fresh = 0

    def forget(self, key: bytes) -> None:
        """The key has gone from the table."""
        del self.model[key]
        for walk in self.walks:
            walk.owed.discard(key)
            walk.returned.discard(key)      # it may come back, and be returned again

    def remove_key(self, key: bytes) -> None:
        assert self.table.remove(key) == self.model[key]
        self.forget(key)

    def insert_key(self, key: bytes, value: int) -> None:
        if self.table.insert(key, value):
            self.model[key] = value
        else:
            assert self.heap.limit
            assert self.table.find(key) is None

    @rule(key=KEYS, value=INT64)
    def set(self, key: bytes, value: int):
        if key in self.model:
            if self.table.overwrite(key, value):
                self.model[key] = value
            else:
                assert self.heap.limit
        else:
            self.insert_key(key, value)

    @rule(key=KEYS)
    def find(self, key: bytes):
        assert self.table.find(key) == self.model.get(key)

    @rule(key=KEYS)
    def remove_perhaps(self, key: bytes):
        if key in self.model:
            self.remove_key(key)
        else:
            assert self.table.remove(key) is None

    @precondition(lambda self: self.model)
    @rule(at=st.integers(0, 10_000))
    def remove(self, at: int):
        self.remove_key(sorted(self.model)[at % len(self.model)])

    @rule(count=st.integers(1, 400))
    def insert_many(self, count: int):
        for _ in range(count):
            self.fresh += 1
            self.insert_key(b"n%d" % self.fresh, self.fresh)

    @rule(parts=st.integers(1, 20), kept=st.integers(0, 19))
    def remove_many(self, parts: int, kept: int):
        """All but every `parts`-th key."""
        for i, key in enumerate(sorted(self.model)):
            if i % parts != kept % parts or parts == 1:
                self.remove_key(key)

    @rule(parts=st.integers(1, 20), kept=st.integers(0, 19))
    def sweep(self, parts: int, kept: int):
        keys = sorted(self.model)
        doomed = {key for i, key in enumerate(keys) if i % parts != kept % parts or parts == 1}
        assert sorted(self.table.sweep(doomed)) == keys
        for key in doomed:
            self.forget(key)

    @precondition(lambda self: self.model)
    @rule()
    def take(self):
        self.forget(self.table.take())

    @rule(room=st.integers(0, 3000))
    def run_short_of_memory(self, room: int):
        self.heap.limit = self.heap.used + room + 1

    @rule()
    def have_memory_again(self):
        self.heap.limit = 0

    @rule()
    def random(self):
        if self.model:
            assert self.table.random() in self.model
        else:
            assert self.table.random() is None

    @rule()
    def start_walk(self):
        self.walks = [*self.walks[-2:], Walk(set(self.model))]

    @precondition(lambda self: self.walks)
    @rule(which=st.integers(0, 2), buckets=st.integers(0, 50))
    def walk_on(self, which: int, buckets: int):
        walk = self.walks[which % len(self.walks)]
        walk.cursor, keys = self.table.scan(walk.cursor, buckets)
        assert set(keys) <= set(self.model)
        assert len(set(keys)) == len(keys)
        assert walk.returned.isdisjoint(keys)
        walk.returned.update(keys)
        walk.owed.difference_update(keys)
        if walk.cursor == 0:
            assert not walk.owed
            self.walks.remove(walk)

    @rule()
    def check_all(self):
        for key, value in self.model.items():
            assert self.table.find(key) == value
        assert sorted(scanned(self.table, 3)) == sorted(self.model)
        assert sorted(key for batch in self.table.walk(5) for key in batch) == sorted(self.model)

    @invariant()
    def counts(self):
        assert self.table.count == len(self.model)

    def teardown(self):
        self.heap.limit = 0
        while self.walks:
            self.walk_on(0, 10)
        self.check_all()
        self.table.free()
        assert self.heap.used == 0


TestTableMachine = TableMachine.TestCase
TestTableMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
