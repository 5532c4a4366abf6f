"""The value of a set: against a Python set, in every form, with limits that change, and when memory is short."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe
from tests.keyspace.set_probe import SetProbe

USUAL = (512, 128, 64)
ENCODINGS = ("intset", "listpack", "hashtable")
INTEGERS = st.one_of(
    st.integers(-30, 30),
    st.sampled_from([-(1 << 63), (1 << 63) - 1, -32769, -32768, 32767, 32768, -(1 << 31) - 1, 1 << 31, -1, 0]),
)
TEXTS = st.one_of(
    INTEGERS.map(lambda i: b"%d" % i),
    st.integers(0, 40).map(lambda i: b"member:%d" % i),
    st.sampled_from([b"", b"01", b"-0", b"+1", b" 1", b"9223372036854775808", b"\0", b"x" * 64, b"x" * 65, b"y" * 300]),
)


def filled(texts: list[bytes], heap: HeapProbe | None = None, limits: tuple[int, int, int] = USUAL) -> SetProbe:
    probe = SetProbe(heap or HeapProbe(), texts[0], 1, limits)
    for text in texts:
        assert probe.add(text) is True
    return probe


def of_encoding(encoding: str, count: int, heap: HeapProbe | None = None) -> SetProbe:
    """The integers 0 to count - 1 in this form."""
    limits = {"intset": (1 << 20, 0, 64), "listpack": (0, 1 << 20, 64), "hashtable": (0, 0, 64)}[encoding]
    probe = filled([b"%d" % i for i in range(count)], heap, limits)
    assert probe.encoding == encoding
    return probe


def is_integer(text: bytes) -> bool:
    try:
        return b"%d" % int(text) == text and -(1 << 63) <= int(text) < 1 << 63
    except ValueError:
        return False


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "expected", "limits", "encoding"),
    [
        (b"1", 1, USUAL, "intset"),
        (b"1", 512, USUAL, "intset"),
        (b"1", 513, USUAL, "hashtable"),
        (b"1", 3, (2, 5, 64), "listpack"),
        (b"a", 1, USUAL, "listpack"),
        (b"a", 128, USUAL, "listpack"),
        (b"a", 129, USUAL, "hashtable"),
        (b"01", 1, USUAL, "listpack"),
        (b"x" * 65, 1, USUAL, "listpack"),      # it changes with the first member
        (b"1", 1, (0, 0, 64), "hashtable"),
    ],
)
def test_the_form_of_a_new_set(first: bytes, expected: int, limits: tuple[int, int, int], encoding: str):
    assert SetProbe(HeapProbe(), first, expected, limits).encoding == encoding


@pytest.mark.parametrize(
    ("texts", "limits", "encoding"),
    [
        ([b"1", b"2", b"3"], (3, 0, 64), "intset"),
        ([b"1", b"2", b"3", b"4"], (3, 10, 64), "hashtable"),
        ([b"1", b"2", b"a"], (3, 3, 64), "listpack"),
        ([b"1", b"2", b"3", b"a"], (3, 3, 64), "hashtable"),
        ([b"1", b"2", b"a"], (3, 3, 0), "hashtable"),
        ([b"12345", b"a"], (3, 3, 4), "hashtable"),     # the integer would be too long in writing
        ([b"1234", b"a"], (3, 3, 4), "listpack"),
        ([b"1", b"-123", b"7", b"a"], (9, 9, 3), "hashtable"),
        ([b"1", b"abcd"], (3, 3, 4), "listpack"),
        ([b"1", b"abcde"], (3, 3, 4), "hashtable"),
        ([b"a", b"b", b"c"], (3, 3, 4), "listpack"),
        ([b"a", b"b", b"c", b"d"], (3, 3, 4), "hashtable"),
        ([b"a", b"1", b"12345"], (9, 9, 4), "hashtable"),
        ([b"a", b"abcde"], (9, 9, 4), "hashtable"),
    ],
)
def test_where_a_set_changes_its_form(texts: list[bytes], limits: tuple[int, int, int], encoding: str):
    probe = filled(texts, limits=limits)
    assert probe.encoding == encoding
    assert sorted(probe.members()) == sorted(texts)
    for text in texts[1:]:
        probe.remove(text)
    assert probe.encoding == encoding       # and never back


@pytest.mark.parametrize(
    ("start", "expected", "encoding"),
    [("intset", 512, "intset"), ("intset", 513, "hashtable"), ("listpack", 128, "listpack"),
     ("listpack", 129, "hashtable"), ("hashtable", 1, "hashtable")],
)  # fmt: skip
def test_a_set_that_many_will_be_added_to(start: str, expected: int, encoding: str):
    probe = of_encoding(start, 20)
    probe.limit(USUAL)
    assert probe.expect(expected)
    assert probe.encoding == encoding
    assert sorted(map(int, probe.members())) == list(range(20))


@pytest.mark.parametrize("start", ENCODINGS)
@pytest.mark.parametrize(("limit", "fits"), [(20, True), (19, False)])
def test_a_set_of_integers_becomes_an_intset_if_it_fits(start: str, limit: int, fits: bool):
    heap = HeapProbe()
    probe = of_encoding(start, 20, heap)
    probe.limit((limit, 0, 64))
    probe.to_intset()
    assert probe.encoding == ("intset" if fits else start)
    assert sorted(map(int, probe.members())) == list(range(20))
    probe.free()
    assert heap.used == 0


def test_walks_keep_the_order_of_small_forms():
    assert filled([b"5", b"-1", b"3"]).members() == [b"-1", b"3", b"5"]
    assert filled([b"5", b"b", b"-1", b"a"]).members() == [b"5", b"b", b"-1", b"a"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("count", [1, 31, 32, 33, 2000])
def test_walks_copies_and_freeing(encoding: str, count: int):
    heap = HeapProbe()
    probe = of_encoding(encoding, count, heap)
    assert probe.count == count
    assert probe.effort == (count if encoding == "hashtable" else 1)
    used = heap.used
    entry = 24              # 16 and its key
    copy = probe.copy()
    assert copy.encoding == encoding
    assert sorted(copy.members()) == sorted(probe.members()) == sorted(b"%d" % i for i in range(count))
    assert 0.9 < (copy.bytes + entry) / (heap.used - used) <= 1.01
    probe.remove(b"0")
    assert copy.has(b"0")
    copy.free()
    probe.free(remote=True)
    while heap.collect_remote(10):
        pass
    assert heap.used == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_copy_without_memory(encoding: str):
    heap = HeapProbe()
    probe = of_encoding(encoding, 100, heap)
    used = heap.used
    for room in (1, 100, 1000, 3000):
        heap.limit = used + room
        copy = probe.copy()
        assert (copy is None) == (heap.used == used)
        heap.limit = 0
        if copy is not None:
            copy.free()
    assert heap.used == used
    assert sorted(map(int, probe.members())) == list(range(100))


@pytest.mark.parametrize("mine", ENCODINGS)
@pytest.mark.parametrize("theirs", ENCODINGS)
def test_members_of_one_set_are_looked_for_in_another(mine: str, theirs: str):
    one = of_encoding(mine, 100)
    other = of_encoding(theirs, 150)
    for i in range(0, 150, 3):
        other.remove(b"%d" % i)
    assert sorted(map(int, one.filtered(other, True))) == [i for i in range(100) if i % 3]
    assert sorted(map(int, one.filtered(other, False))) == list(range(0, 100, 3))


# --- random members --------------------------------------------------------------------------------------------------


def check_even(counts: dict, expected: float) -> None:
    """Chi-square: are all as frequent as is likely when they are equally likely?"""
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    freedom = len(counts) - 1
    assert abs(chi_square - freedom) <= 6 * math.sqrt(2 * freedom), (chi_square, freedom)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("count", [2, 20, 300])
def test_every_member_is_as_likely(encoding: str, count: int):
    probe = of_encoding(encoding, count)
    one = dict.fromkeys(range(count), 0)
    drawn = dict.fromkeys(range(count), 0)
    for _ in range(100 * count):
        one[int(probe.random())] += 1
    while sum(drawn.values()) < 100 * count:
        for text in probe.draw(20):
            drawn[int(text)] += 1
    check_even(one, 100)
    check_even(drawn, 100)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("wanted", [1, 2, 3, 5])
def test_every_choice_of_different_members_is_as_likely(encoding: str, wanted: int):
    """Of six; of few of many the seventh to twentieth stand for the rest."""
    for size in (6, 20):
        probe = of_encoding(encoding, size)
        choices = list(itertools.combinations(range(6), min(wanted, 2)))
        counts = dict.fromkeys(choices, 0)
        for _ in range(6000):
            found = probe.sample(wanted)
            assert len(set(found)) == len(found) == wanted
            for pair in itertools.combinations(sorted(map(int, found)), min(wanted, 2)):
                if pair in counts:
                    counts[pair] += 1
        inside = math.comb(size - len(choices[0]), wanted - len(choices[0])) / math.comb(size, wanted)
        assert abs(sum(counts.values()) / len(counts) - 6000 * inside) < 200
        # Pairs of one sample are not independent of each other: only those of whole samples are put to the test.
        if wanted <= 2:
            check_even(counts, sum(counts.values()) / len(counts))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("taken", [1, 3, 7])
def test_what_is_taken_is_as_likely(encoding: str, taken: int):
    counts = dict.fromkeys(range(8), 0)
    probe = of_encoding(encoding, 8)
    for _ in range(2000):
        found = probe.take_many(taken) if taken > 1 else [probe.take()]
        assert len(set(found)) == taken
        assert probe.count == 8 - taken
        for text in found:
            counts[int(text)] += 1
            assert probe.add(text) is True
    expected = 2000 * taken / 8
    assert all(abs(count - expected) < 6 * math.sqrt(2000 * taken / 8 * (1 - taken / 8)) for count in counts.values())


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [30, 1000])
@pytest.mark.parametrize("part", [0.01, 0.1, 0.3, 0.5, 0.99])
def test_taking_many_leaves_the_others(encoding: str, size: int, part: float):
    heap = HeapProbe()
    probe = of_encoding(encoding, size, heap)
    wanted = max(1, int(size * part))
    sample = probe.sample(wanted)
    assert len(set(sample)) == wanted
    assert set(sample) <= set(probe.members())
    before = probe.members()
    found = probe.take_many(wanted)
    assert len(found) == wanted
    assert sorted(found + probe.members()) == sorted(before)
    assert probe.encoding == encoding
    if encoding != "hashtable":
        assert probe.members() == [text for text in before if text not in found]
    for text in before:
        assert probe.has(text) == (text not in found)
    probe.free()
    assert heap.used == 0


def test_a_table_gives_memory_back_when_most_is_taken():
    heap = HeapProbe()
    probe = of_encoding("hashtable", 50_000, heap)
    used = heap.used
    assert len(probe.take_many(49_000)) == 49_000
    assert heap.used < used / 10
    while probe.count > 1:
        probe.take()
    assert heap.used < 1000
    probe.free()


@pytest.mark.parametrize("encoding", ["intset", "listpack"])
def test_nothing_is_taken_without_memory(encoding: str):
    heap = HeapProbe()
    probe = of_encoding(encoding, 300, heap)
    before = probe.members()
    for room in (1, 300, 700):
        heap.limit = heap.used + room
        found = probe.take_many(40)
        assert found is None
        assert probe.members() == before
    heap.limit = 0
    assert len(probe.take_many(40)) == 40


def test_no_sample_without_memory():
    heap = HeapProbe()
    probe = of_encoding("hashtable", 300, heap)
    heap.limit = heap.used + 1
    assert probe.sample(20) is None
    assert len(probe.sample(200)) == 200        # a walk needs none


# --- everything in any order -----------------------------------------------------------------------------------------


class SetMachine(RuleBasedStateMachine):
    """Against a Python set."""

    def __init__(self):
        super().__init__()
        self.heap = HeapProbe()
        self.limits = (8, 6, 64)
        self.probe = SetProbe(self.heap, b"1", 1, self.limits)
        self.model: set[bytes] = set()

    def short(self, outcome: object) -> bool:
        if outcome is None:
            assert self.heap.limit
        return outcome is None

    @rule(text=TEXTS)
    def add(self, text: bytes):
        added = self.probe.add(text)
        if not self.short(added):
            assert added == (text not in self.model)
            self.model.add(text)

    @rule(text=TEXTS)
    def add_new(self, text: bytes):
        if text not in self.model and not self.short(self.probe.add(text, True)):
            self.model.add(text)

    @rule(first=st.integers(-100, 100), count=st.integers(1, 300), text=st.booleans())
    def add_many(self, first: int, count: int, text: bool):
        for i in range(first, first + count):
            self.add(b"m%d" % i if text else b"%d" % i)

    @rule(text=TEXTS)
    def remove(self, text: bytes):
        removed = self.probe.remove(text)
        if not self.short(removed):
            assert removed == (text in self.model)
            self.model.discard(text)

    @rule(text=TEXTS)
    def has(self, text: bytes):
        assert self.probe.has(text) == (text in self.model)

    @precondition(lambda self: self.model)
    @rule()
    def take(self):
        assert self.probe.random() in self.model
        taken = self.probe.take()
        if not self.short(taken):
            self.model.remove(taken)

    @precondition(lambda self: len(self.model) > 1)
    @rule(part=st.floats(0, 1))
    def take_many(self, part: float):
        wanted = max(1, int((len(self.model) - 1) * part))
        taken = self.probe.take_many(wanted)
        if not self.short(taken):
            assert len(taken) == len(set(taken)) == wanted
            assert set(taken) <= self.model
            self.model -= set(taken)

    @precondition(lambda self: len(self.model) > 1)
    @rule(part=st.floats(0, 1))
    def sample(self, part: float):
        wanted = max(1, int((len(self.model) - 1) * part))
        found = self.probe.sample(wanted)
        if not self.short(found):
            assert len(found) == len(set(found)) == wanted
            assert set(found) <= self.model

    @rule(limits=st.sampled_from([(8, 6, 64), (0, 0, 0), (100, 100, 64), (100, 4, 2), (3, 100, 64)]))
    def limit(self, limits: tuple[int, int, int]):
        self.limits = limits
        self.probe.limit(limits)

    @rule(expected=st.integers(0, 200))
    def expect(self, expected: int):
        self.short(self.probe.expect(expected))

    @rule()
    def to_intset(self):
        if all(map(is_integer, self.model)):
            self.short(self.probe.to_intset())

    @rule()
    def replace_by_copy(self):
        copy = self.probe.copy()
        if not self.short(copy):
            assert sorted(copy.members()) == sorted(self.model)
            copy.free()

    @rule(room=st.integers(0, 3000))
    def run_short_of_memory(self, room: int):
        self.heap.limit = self.heap.used + room + 1

    @rule()
    def have_memory_again(self):
        self.heap.limit = 0

    @invariant()
    def is_the_model(self):
        assert self.probe.count == len(self.model)
        assert sorted(self.probe.members()) == sorted(self.model)
        if self.probe.encoding == "intset":
            assert all(map(is_integer, self.model))

    def teardown(self):
        self.heap.limit = 0
        self.probe.free()
        assert self.heap.used == 0


TestSetMachine = SetMachine.TestCase
TestSetMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
