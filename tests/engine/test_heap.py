"""The heap: blocks keep what is written into them, and every byte handed out is counted and comes back."""

from __future__ import annotations

import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe, bytes_of_class, class_of, is_same_block, sanitized

SMALL_MAX = 4096
SPAN = 65536
CHUNK = 4 << 20
IDLE_MAX = 32 * SPAN
CLASSES = 145

only_spans = pytest.mark.skipif(sanitized(), reason="every block is a malloc block in the sanitizer build")


def rounded(n: int) -> int:
    """What a small block of n bytes takes: steps of 8 bytes, then 16, then 64, and at least two words."""
    step = 8 if n <= 512 else 16 if n <= 1024 else 64
    return max(16, -(-n // step) * step)


def pattern(n: int, salt: int) -> bytes:
    """n bytes that differ from those of any other block."""
    unit = b"%d/" % salt
    return (unit * (n // len(unit) + 1))[:n]


# --- size classes -------------------------------------------------------------------------------------------


def test_size_classes_waste_little():
    for n in range(1, SMALL_MAX + 1):
        assert class_of(n) < CLASSES
        assert bytes_of_class(class_of(n)) == rounded(n), n


def test_size_classes_are_in_order():
    sizes = [bytes_of_class(c) for c in range(2, CLASSES)]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == SMALL_MAX


@only_spans
def test_same_block_is_the_same_size_class():
    for old in (1, 16, 17, 24, 25, 512, 513, 1024, 1025, 4095, 4096):
        for n in range(max(1, old - 70), old + 70):
            expected = max(old, n) <= SMALL_MAX and rounded(old) == rounded(n)
            assert is_same_block(old, n) == expected, (old, n)


def test_same_block_is_never_a_large_one():
    assert not is_same_block(5000, 5001)
    assert not is_same_block(4096, 4097)


# --- blocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 8, 16, 17, 100, 512, 513, 1024, 1025, 4096, 4097, 70_000, 1 << 20])
def test_blocks_of_one_size_do_not_overlap(n: int):
    heap = HeapProbe()
    count = min(3000, (8 << 20) // n)
    blocks = [heap.alloc(n) for _ in range(count)]
    for i, p in enumerate(blocks):
        assert p % 8 == 0
        heap.write(p, pattern(n, i))
    assert heap.used == sum(heap.block_bytes(p, n) for p in blocks)
    for i, p in enumerate(blocks):
        assert heap.read(p, n) == pattern(n, i)
        heap.free(p, n)
    assert heap.used == 0


@pytest.mark.parametrize("n", [64, 128, 1024, 4096, 8192, SPAN])
def test_aligned_blocks_are_zeroed_and_aligned(n: int):
    heap = HeapProbe()
    for _ in range(2):      # the second time, blocks come that were written to
        blocks = [heap.alloc_aligned(n) for _ in range(40)]
        assert len(set(blocks)) == 40
        for p in blocks:
            assert p % 64 == 0
            assert heap.read(p, n) == bytes(n)
        for p in blocks:
            heap.write(p, b"\xff" * n)
            heap.free_aligned(p, n)
    assert heap.used == 0


@pytest.mark.parametrize(
    ("old", "n"),
    [(10, 200), (200, 10), (4096, 4097), (4097, 4096), (5000, 50_000), (50_000, 5000), (400, 1 << 20)],
)
def test_resize_keeps_what_fits(old: int, n: int):
    heap = HeapProbe()
    p = heap.alloc(old)
    heap.write(p, pattern(old, 1))
    q = heap.resize(p, old, n)
    kept = min(old, n)
    assert heap.read(q, kept) == pattern(old, 1)[:kept]
    assert heap.used == heap.block_bytes(q, n)
    heap.free(q, n)
    assert heap.used == 0


@only_spans
def test_resize_of_nothing_is_a_new_block():
    heap = HeapProbe()
    for n in (1, 16, 5000):
        p = heap.resize(0, 0, n)
        assert p != 0
        heap.free(p, n)
    assert heap.used == 0


@only_spans
def test_resize_within_a_size_class_does_not_move():
    heap = HeapProbe()
    p = heap.alloc(497)
    assert heap.resize(p, 497, 504) == p
    heap.free(p, 504)
    assert heap.used == 0


def test_peak_is_the_most_that_was_used():
    heap = HeapProbe()
    p = heap.alloc(1 << 20)
    most = heap.used
    heap.free(p, 1 << 20)
    heap.free(heap.alloc(10), 10)
    assert heap.peak == most


# --- the limit: how tests run out of memory -----------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 100, 4096, 5000, 1 << 20])
def test_no_block_beyond_the_limit(n: int):
    heap = HeapProbe()
    heap.limit = n - 1 if n > 1 else 0
    if n > 1:
        assert heap.alloc(n) == 0
        assert heap.used == 0
    heap.limit = n
    p = heap.alloc(n)
    assert p != 0
    assert heap.alloc(n) == 0
    heap.limit = 0
    heap.free(p, n)
    assert heap.used == 0


@pytest.mark.parametrize(("old", "n"), [(100, 200), (100, 5000), (5000, 50_000)])
def test_a_refused_resize_leaves_the_block_alone(old: int, n: int):
    heap = HeapProbe()
    p = heap.alloc(old)
    heap.write(p, pattern(old, 7))
    before = heap.used
    heap.limit = before + 1
    assert heap.resize(p, old, n) == 0
    assert heap.used == before
    assert heap.read(p, old) == pattern(old, 7)
    heap.free(p, old)


@pytest.mark.parametrize("n", [64, 4096, 8192, SPAN])
def test_aligned_blocks_keep_to_the_limit(n: int):
    heap = HeapProbe()
    heap.limit = n - 1
    assert heap.alloc_aligned(n) == 0
    assert heap.used == 0


# --- giving memory back -------------------------------------------------------------------------------------


@only_spans
@pytest.mark.parametrize("order", ["first to last", "last to first", "every third first"])
def test_freed_memory_goes_back_to_the_system(order: str):
    heap = HeapProbe()
    blocks = [heap.alloc(100) for _ in range(300_000)]
    assert heap.mapped >= 300_000 * 104
    if order == "last to first":
        blocks.reverse()
    elif order == "every third first":
        blocks = blocks[::3] + blocks[1::3] + blocks[2::3]
    for p in blocks:
        heap.free(p, 100)
    assert heap.used == 0
    assert heap.mapped <= 2 * CHUNK
    assert heap.idle <= IDLE_MAX
    heap.trim()
    assert heap.idle == 0
    heap.free(heap.alloc(100), 100)     # and it still serves


@only_spans
def test_idle_spans_are_used_again_before_others():
    heap = HeapProbe()
    spans = [heap.alloc_aligned(SPAN) for _ in range(10)]
    for p in spans:
        heap.free_aligned(p, SPAN)
    assert heap.idle == 10 * SPAN
    assert {heap.alloc_aligned(SPAN) for _ in range(10)} == set(spans)
    assert heap.idle == 0


@only_spans
def test_a_span_serves_one_size_only_while_it_has_blocks():
    """Memory freed in one size serves another."""
    heap = HeapProbe()
    for n in (40, 400, 4000):
        blocks = [heap.alloc(n) for _ in range((6 << 20) // n)]
        for p in blocks:
            heap.free(p, n)
        assert heap.mapped <= 3 * CHUNK
    assert heap.used == 0


# --- blocks that another thread frees -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [16, 100, 4096, 20_000])
def test_remote_blocks_count_until_they_are_collected(n: int):
    heap = HeapProbe()
    blocks = [heap.alloc(n) for _ in range(1000)]
    used = heap.used
    kept, given = blocks[::2], blocks[1::2]
    for i, p in enumerate(kept):
        heap.write(p, pattern(n, i))
    heap.free_remote([(p, n) for p in given])
    assert heap.used == used
    rounds = 1
    while heap.collect_remote(3):
        rounds += 1
        assert rounds < 1000
    assert heap.used == sum(heap.block_bytes(p, n) for p in kept)
    for i, p in enumerate(kept):
        assert heap.read(p, n) == pattern(n, i)
        heap.free(p, n)
    assert heap.used == 0


@only_spans
def test_collecting_is_bounded_by_spans():
    heap = HeapProbe()
    blocks = [heap.alloc(4000) for _ in range(15 * 12)]     # 16 to a span of 64 KiB, less its header
    heap.free_remote([(p, 4000) for p in blocks])
    before = heap.used
    assert heap.collect_remote(1)
    assert before - heap.used <= SPAN
    while heap.collect_remote(1):
        pass
    assert heap.used == 0


def test_remote_blocks_are_handed_out_again():
    heap = HeapProbe()
    blocks = [heap.alloc(48) for _ in range(5000)]
    mapped = heap.mapped
    heap.free_remote([(p, 48) for p in blocks])
    while heap.collect_remote(1000):
        pass
    again = [heap.alloc(48) for _ in range(5000)]
    assert len(set(again)) == 5000
    assert heap.mapped == mapped
    for p in again:
        heap.free(p, 48)
    assert heap.used == 0


def test_a_thread_may_free_beside_the_owner():
    """The owner allocates, frees and collects while another thread, which does not hold the GIL, frees."""
    heap = HeapProbe()
    sizes = (16, 56, 300, 4096, 6000)
    shares = [[(heap.alloc(n), n) for _ in range(800) for n in sizes] for _ in range(4)]
    workers = [threading.Thread(target=heap.free_remote, args=(share,)) for share in shares]
    own: list[tuple[int, int]] = []
    for worker in workers:
        worker.start()
        for i in range(500):
            n = sizes[i % len(sizes)]
            p = heap.alloc(n)
            heap.write(p, pattern(n, i))
            own.append((p, n))
            if i % 3 == 0:
                heap.collect_remote(2)
            if i % 2 == 0:
                heap.free(*own.pop(0))
    for worker in workers:
        worker.join()
    while heap.collect_remote(100):
        pass
    assert len({p for p, _ in own}) == len(own)
    for p, n in own:
        heap.free(p, n)
    assert heap.used == 0


# --- everything in any order --------------------------------------------------------------------------------

SIZES = st.one_of(
    st.integers(1, 600), st.integers(1, SMALL_MAX), st.integers(4000, 4200), st.integers(SMALL_MAX, 200_000)
)


class HeapMachine(RuleBasedStateMachine):
    """Against a dict of blocks with what was written into each."""

    def __init__(self):
        super().__init__()
        self.heap = HeapProbe()
        self.blocks: dict[int, tuple[int, bytes]] = {}
        self.aligned: dict[int, int] = {}
        self.uncollected = 0
        self.salt = 0

    def put(self, p: int, n: int) -> None:
        assert p not in self.blocks
        assert p not in self.aligned
        self.salt += 1
        data = pattern(n, self.salt)
        self.heap.write(p, data)
        self.blocks[p] = (n, data)

    def take(self, at: int) -> tuple[int, int]:
        """Some block, whose contents must be as they were left."""
        p = sorted(self.blocks)[at % len(self.blocks)]
        n, data = self.blocks.pop(p)
        assert self.heap.read(p, n) == data
        return p, n

    @rule(n=SIZES, count=st.integers(1, 40))
    def alloc(self, n: int, count: int):
        for _ in range(count):
            p = self.heap.alloc(n)
            assert p != 0
            assert p % 8 == 0
            self.put(p, n)

    @rule(n=SIZES)
    def alloc_beyond_the_limit(self, n: int):
        self.heap.limit = self.heap.used + n - 1
        if self.heap.limit:
            assert self.heap.alloc(n) == 0
        self.heap.limit = 0

    @rule(n=st.sampled_from([64, 128, 4096, 6400, SPAN]))
    def alloc_aligned(self, n: int):
        p = self.heap.alloc_aligned(n)
        assert p % 64 == 0
        assert self.heap.read(p, n) == bytes(n)
        self.heap.write(p, b"\xee" * n)
        self.aligned[p] = n

    @precondition(lambda self: self.aligned)
    @rule()
    def free_aligned(self):
        p, n = self.aligned.popitem()
        assert self.heap.read(p, n) == b"\xee" * n
        self.heap.free_aligned(p, n)

    @precondition(lambda self: self.blocks)
    @rule(at=st.integers(0, 10_000), count=st.integers(1, 40))
    def free(self, at: int, count: int):
        for _ in range(min(count, len(self.blocks))):
            self.heap.free(*self.take(at))

    @precondition(lambda self: self.blocks)
    @rule(at=st.integers(0, 10_000), n=SIZES, refuse=st.booleans())
    def resize(self, at: int, n: int, refuse: bool):
        p, old = self.take(at)
        before = self.heap.read(p, old)
        if refuse and n > old and not is_same_block(old, n):
            self.heap.limit = self.heap.used
            assert self.heap.resize(p, old, n) == 0
            self.heap.limit = 0
            self.blocks[p] = (old, before)
            return
        q = self.heap.resize(p, old, n)
        assert self.heap.read(q, min(old, n)) == before[:n]
        self.put(q, n)

    @precondition(lambda self: self.blocks)
    @rule(at=st.integers(0, 10_000), count=st.integers(1, 40))
    def free_remote(self, at: int, count: int):
        given = [self.take(at) for _ in range(min(count, len(self.blocks)))]
        self.uncollected += sum(self.heap.block_bytes(p, n) for p, n in given)
        self.heap.free_remote(given)

    @rule(spans=st.integers(1, 4))
    def collect(self, spans: int):
        before = self.heap.used
        if not self.heap.collect_remote(spans):
            assert before - self.heap.used == self.uncollected
        self.uncollected -= before - self.heap.used
        assert self.uncollected >= 0

    @rule()
    def trim(self):
        self.heap.trim()
        assert self.heap.idle == 0

    @invariant()
    def every_byte_is_counted(self):
        used = sum(self.heap.block_bytes(p, n) for p, (n, _) in self.blocks.items())
        used += sum(n if n == SPAN else self.heap.block_bytes(p, n) for p, n in self.aligned.items())
        assert self.heap.used == used + self.uncollected
        assert self.heap.idle <= IDLE_MAX
        assert self.heap.mapped % CHUNK == 0

    def teardown(self):
        while self.heap.collect_remote(100):
            pass
        while self.blocks:
            self.heap.free(*self.take(0))
        for p, n in self.aligned.items():
            self.heap.free_aligned(p, n)
        assert self.heap.used == 0


TestHeapMachine = HeapMachine.TestCase
TestHeapMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
