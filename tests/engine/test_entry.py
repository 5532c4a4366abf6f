"""Entries: every layout holds what was put into it, in a block of just its size."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.entry_probe import RawProbe, new_entry
from tests.engine.heap_probe import HeapProbe, bytes_of_class, class_of

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
EXPIRIES = st.one_of(st.just(-1), st.integers(0, (1 << 63) - 1))
KEYS = st.one_of(st.binary(max_size=40), st.integers(200, 600).map(lambda n: b"k" * n))


def header(key: bytes, expiry: int, word: int | None) -> int:
    return 8 + 8 * (expiry != -1) + 8 * (word is not None) + 8 * (len(key) > 255)


@settings(max_examples=300, deadline=None)
@given(KEYS, EXPIRIES, st.none() | INT64, st.binary(max_size=2048))
def test_entry_holds_what_was_put_in(key: bytes, expiry: int, word: int | None, value: bytes):
    heap = HeapProbe()
    e = new_entry(heap, key, expiry, word, value)
    assert (e.key, e.expiry, e.word, e.value) == (key, expiry, word, value)
    assert (e.kind, e.clock) == ((0, 0), 0)
    assert e.size == header(key, expiry, word) + len(key) + len(value)
    assert heap.used == bytes_of_class(class_of(e.size))
    e.free()
    assert heap.used == 0


@pytest.mark.parametrize("n", [0, 1, 254, 255, 256, 257, 65_535, 65_536, 1_000_000])
@pytest.mark.parametrize("expiry", [-1, 0, 1 << 62])
@pytest.mark.parametrize("word", [None, -1])
def test_key_lengths(n: int, expiry: int, word: int | None):
    heap = HeapProbe()
    key = b"%d" % n + b"x" * n
    e = new_entry(heap, key[:n], expiry, word, b"value")
    assert (e.key, e.expiry, e.word, e.value) == (key[:n], expiry, word, b"value")
    assert e.size == header(key[:n], expiry, word) + n + 5
    e.free()
    assert heap.used == 0


@settings(max_examples=200, deadline=None)
@given(
    KEYS, EXPIRIES, st.none() | INT64, st.binary(max_size=100),
    st.integers(0, 15), st.integers(0, 15), st.integers(0, (1 << 24) - 1), KEYS, EXPIRIES,
)  # fmt: skip
def test_copy_takes_over_value_and_kind(
    key, expiry, word, value, kind, encoding, clock, other_key, other_expiry
):
    heap = HeapProbe()
    e = new_entry(heap, key, expiry, word, value)
    e.kind = (kind, encoding)
    e.clock = clock
    copy = e.copy(other_key, other_expiry)
    assert (copy.key, copy.expiry) == (other_key, other_expiry)
    for each in (e, copy):
        assert (each.word, each.value, each.kind, each.clock) == (word, value, (kind, encoding), clock)
    assert (e.key, e.expiry) == (key, expiry)
    e.free()
    copy.free()
    assert heap.used == 0


def test_kind_and_clock_do_not_disturb_each_other():
    heap = HeapProbe()
    e = new_entry(heap, b"key", 5, 6, b"value")
    for kind, encoding, clock in itertools.product((0, 7, 15), (0, 8, 15), (0, 1, 0xABCDEF, 0xFFFFFF)):
        e.kind = (kind, encoding)
        e.clock = clock
        assert (e.kind, e.clock) == ((kind, encoding), clock)
        e.kind = (kind ^ 15, encoding)
        assert (e.kind, e.clock) == ((kind ^ 15, encoding), clock)
    assert (e.key, e.expiry, e.word, e.value) == (b"key", 5, 6, b"value")
    e.free()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, (1 << 63) - 1), INT64)
def test_expiry_and_word_change_in_place(expiry: int, word: int):
    heap = HeapProbe()
    e = new_entry(heap, b"key", 1, 2, b"value")
    e.expiry = expiry
    e.word = word
    assert (e.key, e.expiry, e.word, e.value) == (b"key", expiry, word, b"value")
    e.free()


def test_no_entry_without_memory():
    heap = HeapProbe()
    heap.limit = 30
    assert new_entry(heap, b"key", 1, 2, b"value") is None
    e = new_entry(heap, b"key", -1, None, b"")
    assert e.copy(b"a longer key", -1) is None
    assert e.key == b"key"
    e.free()
    assert heap.used == 0


# --- blocks for long values ---------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 100_000), st.lists(st.integers(0, 200_000), max_size=8))
def test_raw_grows_and_keeps_its_data(capacity: int, reserves: list[int]):
    heap = HeapProbe()
    raw = RawProbe(heap, capacity)
    assert (raw.data, raw.capacity) == (b"", capacity)
    data = (b"0123456789" * (capacity // 10 + 1))[:capacity]
    raw.data = data
    for more in reserves:
        capacity = max(capacity, more)
        assert raw.reserve(more)
        assert raw.capacity == capacity
        assert raw.data == data
    raw.data = b"z" * capacity
    raw.free()
    assert heap.used == 0


def test_raw_without_memory_stays_as_it_was():
    heap = HeapProbe()
    raw = RawProbe(heap, 100)
    raw.data = b"y" * 100
    heap.limit = heap.used
    assert not raw.reserve(5000)
    assert (raw.data, raw.capacity) == (b"y" * 100, 100)
    with pytest.raises(MemoryError):
        RawProbe(heap, 10)
    raw.free()
    assert heap.used == 0
