"""The value of a hash for tests: the entry of a key that stands in no database."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    ENCODING_LISTPACK,
    TYPE_HASH,
    entry_copy,
    entry_encoding,
    entry_free,
    entry_new,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.intrinsics import GOLDEN_RATIO
from cython.cimports.kvik.keyspace.fields import fields_deadline, fields_reap
from cython.cimports.kvik.keyspace.hash_value import (
    Place,
    hash_copy,
    hash_count,
    hash_drop_past,
    hash_each,
    hash_effort,
    hash_expire,
    hash_fields,
    hash_free,
    hash_is_listpack,
    hash_live_count,
    hash_locate,
    hash_memory,
    hash_new,
    hash_remove,
    hash_set,
    place_expiry,
    place_value,
)
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t


def slice_of(text):
    s: Slice
    s.p = text
    s.n = len(text)
    return s


def gather(context, field, value, expiry):
    with cython.gil:
        found: dict = cast(dict, context)
        name: bytes = field.p[: field.n]
        if name in found:
            return False
        found[name] = (value.p[: value.n], expiry)
    return True


class HashProbe:
    def __init__(self, owner: HeapProbe, max_entries: cython.longlong = 4, max_value: cython.longlong = 16):
        """MemoryError when there is none for an empty hash."""
        i: cython.int
        self.owner = owner
        for i in range(4):
            self.key.words[i] = GOLDEN_RATIO * cast(uint64_t, i + 1)
        self.settings.heap = address(owner.heap)
        self.settings.key = address(self.key)
        self.settings.max_entries = max_entries
        self.settings.max_value = max_value
        self.settings.now = 0
        lp: cython.p_char = hash_new(address(owner.heap))
        if lp == NULL:
            raise MemoryError
        self.entry = entry_new(address(owner.heap), "key", 3, -1, True, 0)
        entry_set_word(self.entry, cast(uint64_t, cast(uintptr_t, lp)))
        entry_set_kind(self.entry, TYPE_HASH, ENCODING_LISTPACK)

    def free(self) -> None:
        hash_free(address(self.owner.heap), self.entry, False)
        entry_free(address(self.owner.heap), self.entry)
        self.entry = NULL

    def duplicate(self):
        """A copy, or None without memory."""
        e: cython.pointer(Entry) = entry_copy(address(self.owner.heap), self.entry, "key", 3, -1)
        if e == NULL:
            return None
        value: cython.p_void = hash_copy(address(self.owner.heap), self.entry)
        if value == NULL:
            entry_free(address(self.owner.heap), e)
            return None
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
        limit = self.owner.heap.limit
        self.owner.heap.limit = 0
        copy: HashProbe = HashProbe(self.owner, self.settings.max_entries, self.settings.max_value)
        self.owner.heap.limit = limit
        copy.free()
        copy.entry = e
        copy.original = self
        copy.settings.key = self.settings.key
        return copy

    def set(self, field: bytes, value: bytes, expiry: int64_t, now: int64_t) -> int:
        f: Slice = slice_of(field)
        v: Slice = slice_of(value)
        self.settings.now = now
        return hash_set(address(self.settings), self.entry, address(f), address(v), expiry)

    def get(self, field: bytes, now: int64_t):
        """(value, expiry), or None."""
        f: Slice = slice_of(field)
        place: Place
        scratch: cython.char[24]
        if not hash_locate(self.entry, address(f), now, address(place)):
            return None
        v: Slice = place_value(address(place), scratch)
        return v.p[: v.n], place_expiry(address(place))

    def remove(self, field: bytes, now: int64_t) -> bool:
        f: Slice = slice_of(field)
        place: Place
        if not hash_locate(self.entry, address(f), now, address(place)):
            return False
        hash_remove(address(self.owner.heap), self.entry, address(place))
        return True

    def expire(self, field: bytes, when: int64_t, now: int64_t):
        """None: no such field; False: no memory."""
        f: Slice = slice_of(field)
        place: Place
        self.settings.now = now
        if not hash_locate(self.entry, address(f), now, address(place)):
            return None
        return bool(hash_expire(address(self.settings), self.entry, address(f), address(place), when))

    def reap(self, now: int64_t) -> int:
        return 0 if hash_is_listpack(self.entry) else fields_reap(
            address(self.owner.heap), hash_fields(self.entry), now, NULL, NULL)  # fmt: skip

    def drop_past(self, now: int64_t) -> None:
        if not hash_is_listpack(self.entry):
            hash_drop_past(address(self.owner.heap), self.entry, now, NULL, NULL)

    def items(self, now: int64_t) -> dict:
        found: dict = {}
        assert hash_each(self.entry, now, gather, cast(cython.p_void, found)), "twice the same field"
        return found

    def live(self, now: int64_t) -> int:
        return hash_live_count(self.entry, now)

    @property
    def count(self) -> int:
        return hash_count(self.entry)

    @property
    def deadline(self) -> int:
        return -1 if hash_is_listpack(self.entry) else fields_deadline(hash_fields(self.entry))

    @property
    def listed(self) -> int:
        return hash_fields(self.entry).listed

    @property
    def by_deadline(self) -> bool:
        """Are the expiring fields kept in order?"""
        return hash_fields(self.entry).by_deadline != NULL

    @property
    def encoding(self) -> str:
        return "listpack" if entry_encoding(self.entry) == ENCODING_LISTPACK else "hashtable"

    @property
    def effort(self) -> int:
        return hash_effort(self.entry)

    @property
    def memory(self) -> int:
        return hash_memory(self.entry)
