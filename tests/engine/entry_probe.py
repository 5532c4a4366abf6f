"""Entries for tests: one object is one entry in the heap of a HeapProbe. They live until `free`."""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.engine.entry import (
    LAYOUT_WORD,
    entry_bytes,
    entry_clock,
    entry_copy,
    entry_embedded,
    entry_encoding,
    entry_expiry,
    entry_free,
    entry_integer,
    entry_key,
    entry_key_length,
    entry_new,
    entry_set_clock,
    entry_set_expiry,
    entry_set_kind,
    entry_set_word,
    entry_type,
    raw_free,
    raw_new,
    raw_reserve,
)
from cython.cimports.libc.stdint import int64_t, uintptr_t
from cython.cimports.libc.string import memcpy
from cython.cimports.tests.engine.exact import exact_copy, exact_free
from cython.cimports.tests.engine.heap_probe import HeapProbe


def new_entry(owner: HeapProbe, key: bytes, expiry: int64_t, word: object, value: bytes):
    """An entry with the integer `word` (None: no slot for one) and `value` embedded; None without memory."""
    text: cython.p_char = exact_copy(key)
    e: cython.pointer(Entry) = entry_new(
        cython.address(owner.heap), text, len(key), expiry, word is not None, len(value))
    exact_free(text)
    if e == NULL:
        return None
    if word is not None:
        entry_set_word(e, cast(cython.ulonglong, cast(cython.longlong, word)))
    memcpy(entry_embedded(e), cast(cython.p_char, value), len(value))
    probe: EntryProbe = EntryProbe(owner)
    return probe.hold(e)


class EntryProbe:
    def __init__(self, owner: HeapProbe):
        self.owner = owner

    def hold(self, entry):
        self.entry = entry
        return self

    def copy(self, key: bytes, expiry: int64_t):
        text: cython.p_char = exact_copy(key)
        e: cython.pointer(Entry) = entry_copy(
            cython.address(self.owner.heap), self.entry, text, len(key), expiry)
        exact_free(text)
        if e == NULL:
            return None
        probe: EntryProbe = EntryProbe(self.owner)
        return probe.hold(e)

    def free(self) -> None:
        entry_free(cython.address(self.owner.heap), self.entry)
        self.entry = NULL

    @property
    def address(self) -> int:
        return cast(uintptr_t, self.entry)

    @property
    def key(self) -> bytes:
        return entry_key(self.entry)[:entry_key_length(self.entry)]

    @property
    def value(self) -> bytes:
        return entry_embedded(self.entry)[:self.entry.vlen]

    @property
    def size(self) -> int:
        return entry_bytes(self.entry)

    @property
    def expiry(self) -> int:
        return entry_expiry(self.entry)

    @expiry.setter
    def expiry(self, when: int64_t):
        entry_set_expiry(self.entry, when)

    @property
    def word(self) -> object:
        return entry_integer(self.entry) if self.entry.layout & LAYOUT_WORD else None

    @word.setter
    def word(self, value: cython.longlong):
        entry_set_word(self.entry, cast(cython.ulonglong, value))

    @property
    def kind(self) -> tuple:
        return entry_type(self.entry), entry_encoding(self.entry)

    @kind.setter
    def kind(self, value: tuple):
        entry_set_kind(self.entry, value[0], value[1])

    @property
    def clock(self) -> int:
        return entry_clock(self.entry)

    @clock.setter
    def clock(self, value: cython.uint):
        entry_set_clock(self.entry, value)


class RawProbe:
    def __init__(self, owner: HeapProbe, capacity: cython.size_t):
        self.owner = owner
        self.raw = raw_new(cython.address(owner.heap), capacity)
        if self.raw == NULL:
            raise MemoryError

    def reserve(self, capacity: cython.size_t) -> bool:
        raw: cython.pointer(Raw) = raw_reserve(cython.address(self.owner.heap), self.raw, capacity)
        if raw == NULL:
            return False
        self.raw = raw
        return True

    def free(self) -> None:
        raw_free(cython.address(self.owner.heap), self.raw)
        self.raw = NULL

    @property
    def capacity(self) -> int:
        return self.raw.capacity

    @property
    def data(self) -> bytes:
        return cast(cython.p_char, self.raw.data)[:self.raw.length]

    @data.setter
    def data(self, value: bytes):
        memcpy(self.raw.data, cast(cython.p_char, value), len(value))
        self.raw.length = len(value)
