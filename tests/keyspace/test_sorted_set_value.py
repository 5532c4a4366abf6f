"""Values of sorted sets: against a dict, in both forms and across their border, and when memory is short."""

from __future__ import annotations

import contextlib
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe, sanitized
from tests.keyspace.sorted_set_probe import SortedSetProbe

INF = math.inf
NX, XX, GT, LT, INCR = 1, 2, 4, 8, 16
NOTHING, MEMBER, SCORE, SAME, NAN, FAILED = range(6)
LOWEST, INCLUDED, EXCLUDED, HIGHEST = range(4)

TEXTS = st.one_of(
    st.binary(max_size=3), st.integers(-300, 300).map(lambda n: b"%d" % n), st.sampled_from([b"x" * 16, b"y" * 17])
)
SCORES = st.one_of(
    st.integers(-4, 4).map(float),
    st.floats(allow_nan=False).map(lambda x: x + 0.0),
    st.sampled_from([INF, -INF, 0.1, 2.0**62, 2.0**63, 1e17, 4712345678901234176.0]),
)
FLAGS = st.sampled_from([0, 0, 0, NX, XX, GT, LT, XX | GT, XX | LT, INCR, INCR | GT, INCR | LT, INCR | NX, INCR | XX])


def rows_of(scores: dict[bytes, float]) -> list[tuple[bytes, float]]:
    return sorted(scores.items(), key=lambda pair: (pair[1], pair[0]))


def expected(old: float | None, score: float, flags: int) -> tuple[int, float | None]:
    """What adding does, and the score afterwards (None: not there)."""
    if old is None:
        return (NOTHING, None) if flags & XX else (MEMBER, score)
    if flags & NX:
        return NOTHING, old
    if flags & INCR:
        score += old
        if math.isnan(score):
            return NAN, old
    if (flags & GT and score <= old) or (flags & LT and score >= old):
        return NOTHING, old
    return (SAME if score == old else SCORE), score


class Model:
    def __init__(self, max_entries: int = 4) -> None:
        self.heap = HeapProbe()
        self.max_entries = max_entries
        self.set = SortedSetProbe(self.heap, max_entries)
        self.scores: dict[bytes, float] = {}
        self.large = max_entries < 1

    def add(self, text: bytes, score: float, flags: int = 0) -> int:
        outcome, after = expected(self.scores.get(text), score, flags)
        told, result = self.set.add(text, score, flags)
        if told == FAILED:
            return FAILED
        assert told == outcome
        if outcome == MEMBER and (len(self.scores) >= self.max_entries or len(text) > 16):
            self.large = True
        if after is not None:
            self.scores[text] = after
            if outcome in (MEMBER, SCORE, SAME):
                assert result == after
        return told

    def check(self) -> None:
        rows = rows_of(self.scores)
        assert self.set.rows() == rows
        assert self.set.rows(back=True) == rows[::-1]
        assert self.set.count == len(rows)
        assert self.set.small == (not self.large)
        assert self.set.effort >= (1 if self.set.small else len(rows))

    def end(self) -> None:
        self.set.free()
        assert self.heap.used == 0


# --- both forms ------------------------------------------------------------------------------------------------------


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    @rule(text=TEXTS, score=SCORES, flags=FLAGS)
    def add(self, text: bytes, score: float, flags: int) -> None:
        assert self.model.add(text, score, flags) != FAILED

    @rule(text=TEXTS)
    def remove(self, text: bytes) -> None:
        assert self.model.set.remove(text) == (self.model.scores.pop(text, None) is not None)

    @rule(text=TEXTS)
    def look(self, text: bytes) -> None:
        rows = rows_of(self.model.scores)
        score = self.model.scores.get(text)
        assert self.model.set.score(text) == score
        assert self.model.set.rank(text) == (None if score is None else (rows.index((text, score)), score))

    @precondition(lambda self: self.model.scores)
    @rule(low=SCORES, high=SCORES, not_low=st.booleans(), not_high=st.booleans())
    def by_score(self, low: float, high: float, not_low: bool, not_high: bool) -> None:
        found = [
            text
            for text, score in rows_of(self.model.scores)
            if (score > low if not_low else score >= low) and (score < high if not_high else score <= high)
        ]
        first, count = self.model.set.by_score(low, high, not_low, not_high)
        assert [text for text, _ in self.model.set.rows()[first : first + count]] == found

    @precondition(lambda self: self.model.scores)
    @rule(first=st.floats(0, 1), share=st.floats(0, 1))
    def remove_range(self, first: float, share: float) -> None:
        rows = rows_of(self.model.scores)
        rank = int(first * len(rows))
        count = int(share * (len(rows) - rank))
        self.model.set.remove_range(rank, count)
        for text, _ in rows[rank : rank + count]:
            del self.model.scores[text]

    @precondition(lambda self: self.model.scores)
    @rule(part=st.floats(0, 1))
    def from_rank(self, part: float) -> None:
        rows = rows_of(self.model.scores)
        rank = int(part * len(rows))
        assert self.model.set.from_rank(rank) == (rows[rank] if rank < len(rows) else None)
        self.model.set.fetch_ends()

    @rule()
    def copy(self) -> None:
        assert self.model.set.copy() == rows_of(self.model.scores)

    @precondition(lambda self: self.model.set.small)
    @rule()
    def enlarge(self) -> None:
        assert self.model.set.enlarge()
        self.model.large = True

    @invariant()
    def is_whole(self) -> None:
        self.model.check()

    def teardown(self) -> None:
        self.model.end()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("max_entries", [0, 1000])
@settings(deadline=None)
@given(texts=st.sets(TEXTS, min_size=1), low=TEXTS, high=TEXTS, kinds=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_by_text(max_entries: int, texts: set[bytes], low: bytes, high: bytes, kinds: tuple[int, int]) -> None:
    model = Model(max_entries)
    for text in texts:
        model.add(text, 1.5)

    def inside(text: bytes) -> bool:
        above = {LOWEST: True, INCLUDED: text >= low, EXCLUDED: text > low, HIGHEST: False}
        below = {LOWEST: False, INCLUDED: text <= high, EXCLUDED: text < high, HIGHEST: True}
        return above[kinds[0]] and below[kinds[1]]

    first, count = model.set.by_text(low, kinds[0], high, kinds[1])
    found = [text for text, _ in model.set.rows()[first : first + count]]
    assert found == sorted(filter(inside, texts))
    model.end()


def test_minus_zero() -> None:
    small, large = Model(4), Model(0)
    assert small.set.add(b"m", -0.0) == (MEMBER, 0.0)
    assert large.set.add(b"m", -0.0) == (MEMBER, 0.0)
    assert math.copysign(1, small.set.score(b"m")) == 1
    assert math.copysign(1, large.set.score(b"m")) == -1
    small.end()
    large.end()


@pytest.mark.parametrize("count", [1, 4, 5, 3000])
@pytest.mark.parametrize("remotely", [False, True])
def test_every_byte_comes_back(count: int, remotely: bool) -> None:
    model = Model()
    for i in range(count):
        model.add(b"member:%d" % i, float(i % 7))
    model.set.free(remotely)
    while model.heap.collect_remote(100):
        pass
    assert model.heap.used == 0


@pytest.mark.parametrize("count", [3, 200, 5000])
def test_size_is_what_the_heap_says(count: int) -> None:
    model = Model()
    for i in range(count):
        model.add(b"member:%06d" % i, float(i % 7))
    if not sanitized():
        assert abs(model.heap.used - model.set.bytes) <= 65536 * 2 + 64
    model.end()


# --- building many at once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("order", ["sorted", "reversed", "random", "runs"])
@pytest.mark.parametrize("count", [1, 4, 5, 13, 64, 65, 1000, 5000])
def test_building(count: int, order: str, indexed: bool) -> None:
    choice = random.Random(count)
    scores = {b"member:%05d" % i: float(choice.randrange(count)) for i in range(count)}
    rows = rows_of(scores)
    pairs = {
        "sorted": rows,
        "reversed": rows[::-1],
        "random": choice.sample(rows, count),
        "runs": rows[::2] + rows[1::2],
    }[order]
    model = Model()
    assert model.set.build(pairs, indexed)
    model.scores = scores
    model.large = count > 4
    model.check()
    for text in list(scores)[::7]:
        assert model.set.rank(text) == (rows.index((text, scores[text])), scores[text])
    for i in range(0, count, 3):
        model.add(b"member:%05d" % i, float(choice.randrange(count)))
    model.check()
    model.end()


def test_building_of_long_members() -> None:
    model = Model()
    assert model.set.build([(b"y" * 17, 1.0), (b"a", 0.5)], False)
    assert not model.set.small
    assert model.set.rows() == [(b"a", 0.5), (b"y" * 17, 1.0)]
    assert model.set.build([(b"x" * 16, 1.0), (b"7", 0.5)], True)
    assert model.set.small
    assert model.set.rows() == [(b"7", 0.5), (b"x" * 16, 1.0)]
    model.end()


# --- memory runs out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_entries", [0, 4, 60])
def test_refused_changes_leave_the_set_whole(max_entries: int) -> None:
    choice = random.Random(max_entries)
    model = Model(max_entries)
    failed = 0
    for i in range(4000):
        text = b"m%d" % choice.randrange(300)
        before = dict(model.scores)
        model.heap.limit = model.heap.used + choice.choice([0, 0, 24, 100, 900, 2000, 100_000])
        if choice.random() < 0.7:
            if model.add(text, choice.choice([1.0, 2.5, choice.uniform(-9, 9)]), choice.choice([0, 0, INCR])) == FAILED:
                failed += 1
                assert model.scores == before
                model.large = model.large or not model.set.small
        else:
            assert model.set.remove(text) == (model.scores.pop(text, None) is not None)
        model.heap.limit = 0
        if i % 200 == 0:
            model.check()
    assert failed > 200
    model.check()
    model.end()


@pytest.mark.parametrize("max_entries", [0, 1000])
def test_refused_copies_leave_nothing(max_entries: int) -> None:
    model = Model(max_entries)
    for i in range(500):
        model.add(b"member:%d" % i, float(i))
    used = model.heap.used
    made = 0
    for room in [0, 50, 200, 1000, 5000, 10_000, 15_000, 20_000, 30_000, 100_000, 1_000_000]:
        model.heap.limit = model.heap.used + room
        made += model.set.copy() is not None
        model.heap.limit = 0
        assert model.heap.used == used
    assert 0 < made < 11
    model.end()


@pytest.mark.parametrize("count", [3, 500])
@pytest.mark.parametrize("indexed", [False, True])
def test_refused_building_leaves_nothing(count: int, indexed: bool) -> None:
    choice = random.Random(count)
    pairs = [(b"member:%d" % i, choice.uniform(0, 9)) for i in range(count)]
    model = Model()
    model.add(b"old", 1.0)
    used = model.heap.used
    refused = 0
    for room in range(0, 3000 if count == 3 else 60_000, 97 if count == 3 else 1009):
        model.heap.limit = model.heap.used + room
        if model.set.build(pairs, indexed):
            break
        refused += 1
        model.heap.limit = 0
        assert model.heap.used == used
        assert model.set.rows() == [(b"old", 1.0)]
    model.heap.limit = 0
    assert refused > 1
    assert sorted(model.set.rows()) == sorted(pairs)
    model.end()


def test_no_set_without_memory() -> None:
    for max_entries in (0, 4):
        for room in (1, 100, 200, 300):
            heap = HeapProbe()
            heap.limit = room
            with contextlib.suppress(MemoryError):
                SortedSetProbe(heap, max_entries).free()
            assert heap.used == 0
