"""The order of a sorted set: against a sorted list, at every size, with equal scores, and when memory is short."""

from __future__ import annotations

import math
import random
import struct
from bisect import bisect_left, bisect_right, insort

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe, sanitized
from tests.engine.ordered_set_probe import OrderedSetProbe, bits_of, compared

LEAF = 64
INF = math.inf
Pair = tuple[bytes, float]

SCORES = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(allow_nan=False),
    st.sampled_from([INF, -INF, -0.0, 0.0, 2.0**36, 2.0**36 + 1, 2.0**52, 2.0**52 + 1, 5e-324, -5e-324]),
)
TEXTS = st.one_of(st.binary(max_size=2), st.binary(max_size=20), st.integers(255, 260).map(lambda n: b"x" * n))


def order(pair: Pair) -> tuple[float, bytes]:
    return pair[1], pair[0]


def name(i: int) -> bytes:
    return b"member:%06d" % i


class Model:
    """A set and the sorted list that it ought to be."""

    def __init__(self) -> None:
        self.heap = HeapProbe()
        self.set = OrderedSetProbe(self.heap)
        self.rows: list[tuple[float, bytes]] = []
        self.scores: dict[bytes, float] = {}

    def insert(self, text: bytes, score: float) -> bool:
        done = self.set.insert(text, score)
        if done:
            insort(self.rows, (score, text))
            self.scores[text] = score
        return done

    def remove(self, text: bytes) -> None:
        self.set.remove(text)
        del self.rows[bisect_left(self.rows, (self.scores.pop(text), text))]

    def move(self, text: bytes, score: float) -> bool:
        done = self.set.move(text, score)
        if done:
            del self.rows[bisect_left(self.rows, (self.scores[text], text))]
            insort(self.rows, (score, text))
            self.scores[text] = score
        return done

    def take(self, rank: int, count: int) -> None:
        taken = [text for _, text in self.rows[rank : rank + count]]
        assert self.set.take(rank, count) == taken
        del self.rows[rank : rank + count]
        for text in taken:
            del self.scores[text]

    def check(self) -> list[int]:
        """Everything that can be seen is as it ought to be. Returns the members of each leaf."""
        leaves = self.set.check()
        assert self.set.count == len(self.rows)
        assert [(score, text) for text, score in self.set.items()] == self.rows
        return leaves

    def end(self) -> None:
        self.set.free()
        assert self.heap.used == 0


def filled(pairs: list[Pair]) -> Model:
    model = Model()
    for text, score in pairs:
        assert model.insert(text, score)
    return model


# --- one after another -----------------------------------------------------------------------------------------------


def test_an_empty_set():
    s = OrderedSetProbe(HeapProbe())
    assert s.check() == []
    assert s.items() == []
    assert s.items(None, back=True) == []
    assert s.at(0) is None
    assert s.rank(0.0, None) == 0
    assert s.rank(1.0, b"x") == 0
    assert s.rank(None, b"x") == 0
    assert s.bytes == 0
    assert s.take(0, 0) == []


@given(SCORES, SCORES)
def test_bits_order_as_scores_do(a: float, b: float):
    assert (bits_of(a) < bits_of(b)) == (a < b)
    assert (bits_of(a) == bits_of(b)) == (a == b)


@given(TEXTS, TEXTS)
def test_bytes_order_as_bytes_do(a: bytes, b: bytes):
    assert (compared(a, b) > 0) - (compared(a, b) < 0) == (a > b) - (a < b)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, SCORES, max_size=200))
def test_order_ranks_and_places(scores: dict[bytes, float]):
    model = filled(list(scores.items()))
    model.check()
    rows = model.rows
    for rank, (_, text) in enumerate(rows):
        assert model.set.rank_of(text) == rank
        assert model.set.at(rank) == text
    assert model.set.at(len(rows)) is None
    assert [(score, text) for text, score in model.set.items(None, back=True)] == rows[::-1]
    for score in {*scores.values(), 0.5, INF, -INF}:
        assert model.set.rank(score, None) == bisect_left([s for s, _ in rows], score)
        assert model.set.rank(score, None, after=True) == bisect_right([s for s, _ in rows], score)
        for text in [b"", b"\xff" * 30, *list(scores)[:5]]:
            assert model.set.rank(score, text) == bisect_left(rows, (score, text))
    model.end()


@pytest.mark.parametrize("count", [1, 63, 64, 65, 2000, 20_000])
def test_bytes_are_found_where_all_scores_are_the_same(count: int):
    model = filled([(name(i), 1.0) for i in random.Random(count).sample(range(count), count)])
    model.check()
    texts = [text for _, text in model.rows]
    for text in [b"", b"member:", b"z", *random.Random(1).sample(texts, min(count, 200))]:
        for each in (text, text + b"\0", text[:-1]):
            assert model.set.rank(None, each) == bisect_left(texts, each)
            assert model.set.rank(None, each, after=True) == bisect_right(texts, each)
    model.end()


@pytest.mark.parametrize("count", [1, 64, 65, 5000])
def test_from_any_place_both_ways(count: int):
    model = filled([(name(i), float(i // 7)) for i in range(count)])
    names = [text for _, text in model.rows]
    for rank in {0, count // 3, count // 2, count - 1}:
        assert [text for text, _ in model.set.items(rank)] == names[rank:]
        assert [text for text, _ in model.set.items(rank, back=True)] == names[rank::-1]
    model.end()


CLOSE = [1e12, 1e15, 2.0**52, 1.0, 1e300]


@pytest.mark.parametrize("base", CLOSE)
def test_scores_that_differ_in_their_last_bits_only(base: float):
    """The leaf does not know those bits: it has to read the members."""
    chain = [base]
    for _ in range(3000):
        chain.append(math.nextafter(chain[-1], INF))
    pairs = [(name(i), chain[i]) for i in random.Random(1).sample(range(3000), 3000)]
    model = filled(pairs)
    model.check()
    for i in range(0, 3000, 7):
        assert model.set.rank(chain[i], None) == i
        assert model.set.rank(chain[i], None, after=True) == i + 1
        assert model.set.rank_of(name(i)) == i
    for i in range(3000):
        model.remove(name(i))
    model.end()


# --- how full leaves are, and how high the tree is -------------------------------------------------------------------


@pytest.mark.parametrize("count", [64, 65, 1000, 50_000])
@pytest.mark.parametrize("direction", [1, -1])
def test_inserts_in_order_fill_leaves_to_the_brim(count: int, direction: int):
    model = filled([(name(i), float(direction * i)) for i in range(count)])
    leaves = model.check()
    full = leaves[:-1] if direction == 1 else leaves[1:]
    assert full == [LEAF] * len(full)
    assert len(leaves) == -(-count // LEAF)
    model.end()


def test_inserts_in_random_order_leave_little_room():
    numbers = list(range(60_000))
    random.Random(3).shuffle(numbers)
    model = filled([(name(i), float(i)) for i in numbers])
    assert sum(model.check()) / len(model.check()) > 0.8 * LEAF
    assert model.set.bytes < 17 * len(numbers)
    assert model.set.height == 3
    if not sanitized():
        assert model.heap.used == model.set.bytes + model.set.member_bytes
    model.end()


def test_removals_in_random_order_leave_no_small_leaves():
    numbers = list(range(30_000))
    random.Random(4).shuffle(numbers)
    model = filled([(name(i), float(i)) for i in numbers])
    random.Random(5).shuffle(numbers)
    for k, i in enumerate(numbers, 1):
        model.remove(name(i))
        if k % 1000 == 0:
            leaves = model.check()
            assert sum(n < 24 for n in leaves) <= 2     # at the ends, they may run empty
    assert model.set.height == 0
    model.end()


@pytest.mark.parametrize("end", [0, -1])
def test_popping_to_the_last(end: int):
    model = filled([(name(i), float(i)) for i in range(10_000)])
    while model.rows:
        model.remove(model.rows[end][1])
        if len(model.rows) % 500 == 0:
            model.check()
    assert model.check() == []
    model.end()


def test_a_queue_moves_through_the_tree():
    """What is added at one end and taken at the other leaves nothing behind."""
    model = filled([(name(i), float(i)) for i in range(500)])
    for i in range(500, 30_000):
        assert model.insert(name(i), float(i))
        model.take(0, 1)
    assert sum(model.check()) == 500
    assert len(model.check()) <= 10
    assert model.set.height == 1
    model.end()


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 64, 121, 3000, 100_000])
def test_loading_sorted_members(count: int):
    model = Model()
    pairs = [(name(i), float(i // 5)) for i in range(count)]
    assert model.set.load(pairs)
    model.rows = [(score, text) for text, score in pairs]
    model.scores = dict(pairs)
    leaves = model.check()
    assert all(30 <= n <= 60 for n in leaves) or count < 60
    for i in range(0, count, 997):
        model.remove(name(i))
        assert model.insert(name(i), float(count - i))
    model.check()
    model.end()


@pytest.mark.parametrize("count", [1, 64, 65, 4000])
@pytest.mark.parametrize("remotely", [False, True])
def test_every_byte_comes_back(count: int, remotely: bool):
    model = filled([(name(i), float(i)) for i in range(count)])
    model.set.free(remotely)
    while model.heap.collect_remote(100):
        pass
    assert model.heap.used == 0
    assert model.set.check() == []


# --- ranges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 64, 65, 200, 5000, 20_000])
def test_taking_ranges(count: int):
    choice = random.Random(count)
    half, third = count // 2, count // 3
    for first, n in [(0, count), (0, half), (half, count - half), (third, third), (count - 1, 1)]:
        model = filled([(name(i), float(i // 3)) for i in choice.sample(range(count), count)])
        model.take(first, n)
        model.check()
        for i in range(0, count, 3):
            if name(i) not in model.scores:
                assert model.insert(name(i), float(i // 3))
        model.check()
        model.end()


# --- another score ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 64, 65, 129, 3000])
def test_moving(count: int):
    choice = random.Random(count)
    model = filled([(name(i), float(i)) for i in range(count)])
    for k in range(3000):
        text = name(choice.randrange(count))
        score = choice.choice([model.scores[text] + 0.25, choice.uniform(-1, count + 1), -1.0 - k, count + 1.0 + k])
        assert model.move(text, score)
        if k % 100 == 0:
            model.check()
    model.check()
    model.end()


def test_minus_zero_is_zero():
    model = filled([(b"b", -0.0), (b"a", 0.0), (b"c", 0.0)])
    assert [text for text, _ in model.set.items()] == [b"a", b"b", b"c"]
    assert math.copysign(1, model.set.items()[1][1]) == -1
    assert model.set.rank(-0.0, None) == 0
    assert model.set.rank(0.0, None, after=True) == 3
    assert model.move(b"b", 0.0)
    assert math.copysign(1, model.set.items()[1][1]) == 1
    model.check()
    model.end()


# --- memory runs out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["random", "up", "down", "same"])
def test_refused_inserts_leave_the_set_whole(kind: str):
    """Whichever allocation fails: the insert is refused or done, nothing in between."""
    choice = random.Random(kind)
    model = Model()
    refused = 0
    for i in range(6000):
        score = {"random": choice.uniform(0, 1000), "up": float(i), "down": float(-i), "same": 1.0}[kind]
        text = name(choice.randrange(10**6)) if kind == "same" else name(i)
        if text in model.scores:
            continue
        model.heap.limit = model.heap.used + choice.choice([8, 40, 900, 1100, 1900, 2000, 2900, 3000, 100_000])
        refused += not model.insert(text, score)
        if i % 500 == 0:
            model.check()
    model.heap.limit = 0
    assert refused > 500
    model.check()
    model.end()


@pytest.mark.parametrize("count", [64, 128, 5000, 12_000])
def test_refused_moves_leave_the_set_whole(count: int):
    choice = random.Random(count)
    model = Model()
    assert model.set.load([(name(i), float(i)) for i in range(count)])
    model.rows = [(float(i), name(i)) for i in range(count)]
    model.scores = {name(i): float(i) for i in range(count)}
    refused = 0
    for k in range(4000):
        text = name(choice.randrange(count))
        model.heap.limit = model.heap.used + choice.choice([0, 0, 0, 900, 1100, 3000])
        refused += not model.move(text, choice.choice([float(count + k), -1.0 - k, choice.uniform(100, 120)]))
        if k % 500 == 0:
            model.check()
    model.heap.limit = 0
    assert refused > 10 or count <= 128
    model.check()
    model.end()


def test_removing_needs_no_memory():
    model = filled([(name(i), float(i % 100)) for i in range(5000)])
    model.heap.limit = 1
    for i in range(0, 5000, 2):
        model.remove(name(i))
    model.take(100, 1000)
    model.take(0, len(model.rows))
    model.heap.limit = 0
    assert model.check() == []
    model.end()


@pytest.mark.parametrize("room", [0, 800, 2000, 10_000, 60_000])
def test_refused_loading_leaves_nothing(room: int):
    heap = HeapProbe()
    members = OrderedSetProbe(heap)
    pairs = [(name(i), float(i)) for i in range(5000)]
    heap.limit = 24 * len(pairs) + room
    assert not members.load(pairs)
    assert members.check() == []
    heap.limit = 0
    assert heap.used == 0
    assert members.load(pairs)
    members.free()
    assert heap.used == 0


# --- everything together ---------------------------------------------------------------------------------------------

FEW = st.integers(0, 400)
KINDS = st.sampled_from(["up", "down", "random", "same"])


class Machine(RuleBasedStateMachine):
    """Single and many steps of every kind, so that the tree grows to several levels and back."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    @rule(text=TEXTS, score=SCORES)
    def put(self, text: bytes, score: float) -> None:
        if text in self.model.scores:
            assert self.model.move(text, score)
        else:
            assert self.model.insert(text, score)

    @rule(seed=FEW, count=st.sampled_from([10, 100, 1000, 3000]), kind=KINDS)
    def put_many(self, seed: int, count: int, kind: str) -> None:
        choice = random.Random(seed)
        for i in range(count):
            score = {"up": float(i), "down": float(-i), "random": choice.uniform(-9, 9), "same": 0.0}[kind]
            text = name(choice.randrange(20_000))
            if text in self.model.scores:
                assert self.model.move(text, score)
            else:
                assert self.model.insert(text, score)

    @precondition(lambda self: self.model.rows)
    @rule(seed=FEW, share=st.sampled_from([0.1, 0.5, 0.9, 1.0]))
    def remove_many(self, seed: int, share: float) -> None:
        texts = sorted(self.model.scores)
        for text in random.Random(seed).sample(texts, int(share * len(texts))):
            self.model.remove(text)

    @precondition(lambda self: self.model.rows)
    @rule(first=st.floats(0, 1), share=st.floats(0, 1))
    def take(self, first: float, share: float) -> None:
        rank = int(first * len(self.model.rows))
        self.model.take(rank, int(share * (len(self.model.rows) - rank)))

    @precondition(lambda self: self.model.rows)
    @rule(seed=FEW, room=st.integers(0, 3000))
    def put_without_memory(self, seed: int, room: int) -> None:
        choice = random.Random(seed)
        self.model.heap.limit = self.model.heap.used + room
        for _ in range(50):
            text = name(choice.randrange(20_000))
            if text in self.model.scores:
                self.model.move(text, choice.uniform(-9, 9))
            else:
                self.model.insert(text, choice.uniform(-9, 9))
        self.model.heap.limit = 0

    @precondition(lambda self: self.model.rows)
    @rule(part=st.floats(0, 1))
    def ranks(self, part: float) -> None:
        rank = int(part * (len(self.model.rows) - 1))
        score, text = self.model.rows[rank]
        assert self.model.set.rank_of(text) == rank
        assert self.model.set.at(rank) == text
        assert self.model.set.rank(score, None) == bisect_left(self.model.rows, (score, b""))

    @invariant()
    def is_whole(self) -> None:
        self.model.check()

    def teardown(self) -> None:
        self.model.end()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_scores_have_their_whole_range():
    ends = [struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in (1, 2, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000)]
    scores = sorted([*ends, *(-each for each in ends), 0.0])
    model = filled([(name(i), score) for i, score in enumerate(scores)])
    assert [text for text, _ in model.set.items()] == [name(i) for i in range(len(scores))]
    model.check()
    model.end()
