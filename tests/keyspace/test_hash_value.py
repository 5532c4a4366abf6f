"""The value of a hash against a dict: both forms, expiries, copies, and what is left when memory is short."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.heap_probe import HeapProbe
from tests.keyspace.hash_probe import HashProbe

SET, ADDED, REVIVED, NO_MEMORY = 0, 1, 2, -1
NONE, KEEP = -1, -2
EMBEDDED_MAX = 2048


@pytest.fixture
def heap() -> HeapProbe:
    return HeapProbe()


def filled(heap: HeapProbe, count: int, value: bytes = b"value", expiry: int = NONE) -> HashProbe:
    probe = HashProbe(heap)
    for i in range(count):
        assert probe.set(b"field%d" % i, value, expiry, 0) == ADDED
    return probe


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_small_hash_is_a_listpack_and_a_table_for_good(heap: HeapProbe) -> None:
    probe = filled(heap, 4)
    assert (probe.encoding, probe.count) == ("listpack", 4)
    probe.set(b"one more", b"", NONE, 0)
    assert (probe.encoding, probe.count) == ("hashtable", 5)
    for i in range(4):
        probe.remove(b"field%d" % i, 0)
    assert (probe.encoding, probe.items(0)) == ("hashtable", {b"one more": (b"", NONE)})


@pytest.mark.parametrize(
    ("field", "value", "expiry"), [(b"f" * 17, b"", NONE), (b"f", b"v" * 17, NONE), (b"f", b"v", 5), (b"f", b"v", 0)]
)
def test_what_makes_a_table_of_it(heap: HeapProbe, field: bytes, value: bytes, expiry: int) -> None:
    probe = filled(heap, 3)
    probe.set(b"f" * 16, b"v" * 16, NONE, 0)
    probe.set(b"f" * 16, b"v" * 15, KEEP, 0)
    assert probe.encoding == "listpack"
    probe.remove(b"f" * 16, 0)
    assert probe.set(field, value, expiry, 0) == ADDED
    assert probe.encoding == "hashtable"
    assert probe.get(field, 0) == (value, expiry)
    assert probe.get(b"field2", 0) == (b"value", NONE)


def test_an_expiry_makes_a_table_and_its_end_none(heap: HeapProbe) -> None:
    probe = filled(heap, 2)
    assert probe.expire(b"field0", NONE, 0) is True
    assert probe.encoding == "listpack"
    assert probe.expire(b"nope", 5, 0) is None
    assert probe.encoding == "listpack"
    assert probe.expire(b"field0", 5, 0) is True
    assert probe.encoding == "hashtable"
    assert probe.expire(b"field0", NONE, 0) is True
    assert (probe.encoding, probe.deadline) == ("hashtable", -1)


@pytest.mark.parametrize("form", ["listpack", "hashtable"])
def test_fields_and_values_are_bytes(heap: HeapProbe, form: str) -> None:
    probe = HashProbe(heap, 512 if form == "listpack" else 0, 1 << 20)
    texts = [b"", b"\0", b"0", b"00", b"-1", b"+1", b"12345", b"9223372036854775807", b"x" * 63, b"x" * 64, b"x" * 5000]
    for text in texts:
        assert probe.set(text, text[::-1], NONE, 0) == ADDED
    assert probe.items(0) == {text: (text[::-1], NONE) for text in texts}
    for text in texts:
        assert probe.get(text, 0) == (text[::-1], NONE)
    assert probe.encoding == form


# --- values in place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["listpack", "hashtable"])
@pytest.mark.parametrize(("before", "after"), [(b"abcd", b"wxyz"), (b"1234", b"2345"), (b"x" * 3000, b"y" * 3000)])
def test_a_value_of_the_same_size_is_written_over(heap: HeapProbe, form: str, before: bytes, after: bytes) -> None:
    probe = HashProbe(heap, 512 if form == "listpack" else 0, 1 << 20)
    probe.set(b"f", before, NONE, 0)
    heap.limit = heap.used
    assert probe.set(b"f", after, NONE, 0) == SET
    heap.limit = 0
    assert probe.get(b"f", 0) == (after, NONE)


@pytest.mark.parametrize("size", [EMBEDDED_MAX - 1, EMBEDDED_MAX, EMBEDDED_MAX + 1, 100_000])
@pytest.mark.parametrize("other", [0, 10, EMBEDDED_MAX, EMBEDDED_MAX + 1, 99_999, 100_001, 200_000])
def test_values_of_all_sizes_replace_each_other(heap: HeapProbe, size: int, other: int) -> None:
    probe = filled(heap, 5)
    for n in (size, other, size):
        probe.set(b"f", b"v" * n, NONE, 0)
        assert probe.get(b"f", 0) == (b"v" * n, NONE)
    probe.free()
    assert heap.used == 0


# --- expiry ----------------------------------------------------------------------------------------------------------


def test_a_field_is_there_until_its_moment_has_passed(heap: HeapProbe) -> None:
    probe = filled(heap, 1)
    probe.expire(b"field0", 100, 0)
    assert probe.get(b"field0", 100) == (b"value", 100)
    assert (probe.get(b"field0", 101), probe.items(101), probe.count, probe.live(101)) == (None, {}, 1, 0)
    assert probe.remove(b"field0", 101) is False
    assert probe.expire(b"field0", 200, 101) is None


@pytest.mark.parametrize(
    ("expiry", "now", "result", "left"),
    [
        (NONE, 0, SET, NONE),
        (KEEP, 0, SET, 100),
        (KEEP, 100, SET, 100),
        (200, 0, SET, 200),
        (NONE, 101, REVIVED, NONE),
        (KEEP, 101, REVIVED, NONE),
        (200, 101, REVIVED, 200),
    ],
)
@pytest.mark.parametrize("value", [b"other", b"longer than before"])
def test_setting_a_field_that_expires(
    heap: HeapProbe, expiry: int, now: int, result: int, left: int, value: bytes
) -> None:
    probe = filled(heap, 1, expiry=100)
    assert probe.set(b"field0", value, expiry, now) == result
    assert probe.get(b"field0", now) == (value, left)
    assert probe.deadline == left
    assert probe.count == 1


def test_a_new_field_has_nothing_to_keep(heap: HeapProbe) -> None:
    probe = filled(heap, 5)
    assert probe.set(b"f", b"v", KEEP, 0) == ADDED
    assert probe.get(b"f", 0) == (b"v", NONE)


def test_deadlines_are_ordered_once_the_table_is_large(heap: HeapProbe) -> None:
    probe = filled(heap, 5, expiry=100)
    assert probe.by_deadline is False
    for i in range(20):
        probe.set(b"more%d" % i, b"", NONE, 0)
    assert probe.by_deadline is True
    assert (probe.deadline, probe.live(101)) == (100, 20)
    for i in range(5):
        probe.expire(b"field%d" % i, NONE, 0)
    assert (probe.by_deadline, probe.deadline) == (False, -1)
    probe.expire(b"more7", 50, 0)
    assert (probe.by_deadline, probe.deadline) == (True, 50)


@pytest.mark.parametrize("count", [10, 64, 1000])
def test_reaping(heap: HeapProbe, count: int) -> None:
    probe = filled(heap, count, expiry=100)
    probe.set(b"stays", b"", NONE, 0)
    assert probe.reap(100) == 0
    reaped = 0
    while some := probe.reap(101):
        assert some <= 64
        reaped += some
    assert (reaped, probe.count, probe.deadline) == (count, 1, -1)
    probe.free()
    assert heap.used == 0


# --- copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "value", "expiry"), [(3, b"v", NONE), (50, b"v", NONE), (50, b"v" * 5000, 100)])
def test_a_copy_is_its_own(heap: HeapProbe, count: int, value: bytes, expiry: int) -> None:
    probe = filled(heap, count, value, expiry)
    items = probe.items(0)
    copy = probe.duplicate()
    assert copy.items(0) == items
    probe.free()
    assert copy.items(0) == items
    assert copy.deadline == expiry
    if count > 4:
        assert copy.listed == expiry
    copy.free()
    assert heap.used == 0


def test_a_copy_goes_without_what_is_past_unless_that_is_all(heap: HeapProbe) -> None:
    probe = filled(heap, 3, expiry=100)
    copy = probe.duplicate()
    copy.drop_past(101)
    assert copy.count == 3
    probe.set(b"f", b"", 200, 0)
    copy = probe.duplicate()
    copy.drop_past(101)
    assert (copy.count, copy.items(0), copy.listed) == (1, {b"f": (b"", 200)}, 200)


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 4, 50, 20_000])
def test_memory_is_about_what_the_heap_has_given(heap: HeapProbe, count: int) -> None:
    probe = HashProbe(heap)
    key = heap.used - probe.memory
    for i in range(count):
        probe.set(b"field%d" % i, b"v" * (300 + i % 2 * 2700), NONE if count < 5 else 100, 0)
    assert abs(probe.memory + key - heap.used) < heap.used // (10 if count <= 64 else 4)
    assert probe.effort == count


# --- anything --------------------------------------------------------------------------------------------------------

FIELDS = st.one_of(st.binary(max_size=2), st.integers(-50, 50).map(lambda n: b"%d" % n), st.binary(max_size=20))
VALUES = st.one_of(st.binary(max_size=20), st.integers().map(lambda n: b"%d" % n), st.just(b"x" * 3000))
MOMENTS = st.integers(0, 100)


class HashMachine(RuleBasedStateMachine):
    """`now` only grows, as a clock does."""

    def __init__(self) -> None:
        super().__init__()
        self.heap = HeapProbe()
        self.probe = HashProbe(self.heap)
        self.model: dict[bytes, tuple[bytes, int]] = {}
        self.now = 0

    def past(self, field: bytes) -> bool:
        return field in self.model and 0 <= self.model[field][1] < self.now

    def there(self, field: bytes) -> bool:
        return field in self.model and not self.past(field)

    @rule(field=FIELDS, value=VALUES, expiry=st.one_of(st.sampled_from([NONE, KEEP]), MOMENTS), limited=st.booleans())
    def set(self, field: bytes, value: bytes, expiry: int, limited: bool) -> None:
        if limited:
            self.heap.limit = self.heap.used + len(value) % 40
        result = self.probe.set(field, value, expiry, self.now)
        self.heap.limit = 0
        if result == NO_MEMORY:
            assert limited
            return
        assert result == (SET if self.there(field) else REVIVED if self.past(field) else ADDED)
        if expiry == KEEP:
            expiry = self.model[field][1] if self.there(field) else NONE
        self.model[field] = (value, expiry)

    @rule(start=st.integers(0, 1000), count=st.integers(1, 100), expiry=st.one_of(st.just(NONE), MOMENTS))
    def set_many(self, start: int, count: int, expiry: int) -> None:
        for i in range(start, start + count):
            self.set(b"n%d" % i, b"%d" % i, expiry if expiry < 0 else expiry + i % 50, False)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), when=st.one_of(st.just(NONE), MOMENTS), limited=st.booleans())
    def expire(self, data: st.DataObject, when: int, limited: bool) -> None:
        field = data.draw(st.sampled_from(sorted(self.model)))
        if limited:
            self.heap.limit = self.heap.used + when
        done = self.probe.expire(field, when, self.now)
        self.heap.limit = 0
        assert done is not False or limited
        assert (done is not None) == self.there(field)
        if done:
            self.model[field] = (self.model[field][0], when)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        field = data.draw(st.sampled_from(sorted(self.model)))
        assert self.probe.remove(field, self.now) == self.there(field)
        if self.there(field):
            del self.model[field]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), share=st.integers(1, 4))
    def remove_many(self, data: st.DataObject, share: int) -> None:
        offset = data.draw(st.integers(0, share))
        for field in sorted(self.model)[offset::share]:
            if self.probe.remove(field, self.now):
                del self.model[field]

    @rule(field=FIELDS)
    def get(self, field: bytes) -> None:
        assert self.probe.get(field, self.now) == (self.model[field] if self.there(field) else None)

    @rule(by=st.integers(1, 20))
    def time_passes(self, by: int) -> None:
        self.now += by

    @rule()
    def reap(self) -> None:
        past = sum(map(self.past, self.model))
        reaped = self.probe.reap(self.now)
        assert reaped == min(64, past)
        if reaped == past:
            self.model = {field: found for field, found in self.model.items() if not self.past(field)}
        else:
            left = self.probe.items(-1)
            assert all(self.past(field) for field in self.model.keys() - left.keys())
            self.model = {field: found for field, found in self.model.items() if field in left}

    @rule(limited=st.booleans(), allowed=st.integers(0, 5000))
    def copy(self, limited: bool, allowed: int) -> None:
        if limited:
            self.heap.limit = self.heap.used + allowed
        used = self.heap.used
        copy = self.probe.duplicate()
        self.heap.limit = 0
        if copy is None:
            assert limited
            assert self.heap.used == used
            return
        self.probe.free()
        self.probe = copy

    @invariant()
    def the_same(self) -> None:
        assert self.probe.count == len(self.model)
        assert self.probe.items(-1) == self.model
        live = {field: found for field, found in self.model.items() if not self.past(field)}
        assert self.probe.items(self.now) == live
        assert self.probe.live(self.now) == len(live)
        moments = [expiry for _, expiry in self.model.values() if expiry >= 0]
        assert self.probe.deadline <= min(moments) if moments else self.probe.deadline == -1

    def teardown(self) -> None:
        self.probe.free()
        assert self.heap.used == 0


TestHash = HashMachine.TestCase
TestHash.settings = settings(deadline=None, max_examples=50, stateful_step_count=40)
