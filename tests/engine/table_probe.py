"""A hash table for tests: keys are bytes, values integers in the entry's word."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    entry_free,
    entry_integer,
    entry_key,
    entry_key_length,
    entry_new,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_free_remote
from cython.cimports.kvik.engine.table import (
    Slot,
    free_here,
    table_bytes,
    table_each,
    table_find,
    table_free,
    table_free_chains,
    table_free_segment,
    table_free_shell,
    table_init,
    table_insert,
    table_prefetch_entry,
    table_random,
    table_random_spot,
    table_remove,
    table_reserve,
    table_sample,
    table_scan,
    table_segments,
    table_sweep,
    table_take,
    table_walk,
    table_walk_next,
)
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.tests.engine.heap_probe import HeapProbe


def gather(context, e):
    with cython.gil:
        cast(list, context).append(entry_key(e)[:entry_key_length(e)])


def release(context, e):
    entry_free(cast(cython.pointer(Heap), context), e)


def goes(context, e):
    with cython.gil:
        heap, doomed, asked = cast(tuple, context)
        key: bytes = entry_key(e)[:entry_key_length(e)]
        asked.append(key)
        if key not in doomed:
            return False
        entry_free(address(cast(HeapProbe, heap).heap), e)
        return True


class TableProbe:
    def __init__(self, owner: HeapProbe, words: tuple, seed: uint64_t = 1):
        """MemoryError when table_init refuses."""
        i: cython.int
        self.owner = owner
        self.seed = seed
        for i in range(4):
            self.key.words[i] = words[i]
        if not table_init(address(self.table), address(owner.heap), address(self.key)):
            raise MemoryError

    def hash(self, key: bytes) -> int:
        return hash_bytes(address(self.key), cast(cython.p_char, key), len(key))

    def make(self, key, value):
        e: cython.pointer(Entry) = entry_new(
            address(self.owner.heap), cast(cython.p_char, key), len(key), -1, True, 0)
        if e != NULL:
            entry_set_word(e, cast(uint64_t, value))
        return e

    def insert(self, key: bytes, value: cython.longlong) -> bool:
        """Insert a key that is not there. False when memory is short."""
        e: cython.pointer(Entry) = self.make(key, value)
        if e == NULL:
            return False
        if not table_insert(
                address(self.table), e, hash_bytes(address(self.key), cast(cython.p_char, key), len(key))):
            entry_free(address(self.owner.heap), e)
            return False
        return True

    def find(self, key: bytes):
        slot: Slot = table_find(
            address(self.table), cast(cython.p_char, key), len(key),
            hash_bytes(address(self.key), cast(cython.p_char, key), len(key)))
        return None if slot == NULL else entry_integer(slot[0])

    def overwrite(self, key: bytes, value: cython.longlong) -> bool:
        """Put a new entry into the slot of a key that is there, as the server does."""
        slot: Slot = table_find(
            address(self.table), cast(cython.p_char, key), len(key),
            hash_bytes(address(self.key), cast(cython.p_char, key), len(key)))
        e: cython.pointer(Entry) = self.make(key, value)
        if e == NULL:
            return False
        entry_free(address(self.owner.heap), slot[0])
        slot[0] = e
        return True

    def remove(self, key: bytes):
        """The value that was removed, or None."""
        value: cython.longlong
        e: cython.pointer(Entry) = table_remove(
            address(self.table), cast(cython.p_char, key), len(key),
            hash_bytes(address(self.key), cast(cython.p_char, key), len(key)))
        if e == NULL:
            return None
        value = entry_integer(e)
        entry_free(address(self.owner.heap), e)
        return value

    def prefetched(self, key: bytes):
        """The value of the entry that table_prefetch_entry takes for this key's, or None."""
        e: cython.pointer(Entry) = table_prefetch_entry(
            address(self.table), hash_bytes(address(self.key), cast(cython.p_char, key), len(key)))
        return None if e == NULL else entry_integer(e)

    def random(self):
        e: cython.pointer(Entry) = table_random(address(self.table), address(self.seed))
        return None if e == NULL else entry_key(e)[:entry_key_length(e)]

    def sample(self, count: cython.int) -> list:
        """The keys that table_sample finds; at most 64."""
        found: cython.pointer(Entry)[64]
        n: cython.int = table_sample(address(self.table), address(self.seed), found, count)
        return [entry_key(found[i])[:entry_key_length(found[i])] for i in range(n)]

    def take(self):
        """Take a random key out, or None."""
        spot: Spot
        e: cython.pointer(Entry) = table_random_spot(address(self.table), address(self.seed), address(spot))
        if e == NULL or table_take(address(self.table), address(spot)) != e:
            return None
        key = entry_key(e)[:entry_key_length(e)]
        entry_free(address(self.owner.heap), e)
        return key

    def sweep(self, doomed: set) -> list:
        """Take these keys out in one go. All keys, in the order in which they were asked about."""
        asked: list = []
        context: tuple = (self.owner, doomed, asked)
        table_sweep(address(self.table), goes, cast(cython.p_void, context))
        return asked

    def reserve(self, count: uint64_t) -> bool:
        return table_reserve(address(self.table), count)

    def walk(self, room: cython.int) -> list:
        """All keys, in batches of up to `room` (at most 64)."""
        walk: TableWalk
        entries: EntryPtr[64]
        i: cython.int
        batches: list = []
        table_walk(address(walk), address(self.table))
        while True:
            n: cython.int = table_walk_next(address(walk), entries, room)
            if n == 0:
                return batches
            batches.append([entry_key(entries[i])[:entry_key_length(entries[i])] for i in range(n)])

    def scan(self, cursor: uint64_t, buckets: uint64_t) -> tuple:
        """(the cursor to go on with, keys)"""
        keys: list = []
        cursor = table_scan(address(self.table), cursor, buckets, gather, cast(cython.p_void, keys))
        return cursor, keys

    def free(self) -> None:
        self.free_entries()
        table_free(address(self.table))

    def free_entries(self) -> None:
        table_each(address(self.table), release, address(self.owner.heap))

    def free_chains(self, remotely: cython.bint) -> None:
        table_free_chains(address(self.table), heap_free_remote if remotely else free_here)

    def segments(self) -> int:
        return table_segments(address(self.table))

    def free_segment(self, s: uint64_t) -> None:
        table_free_segment(address(self.table), s)

    def free_shell(self) -> None:
        table_free_shell(address(self.table))

    @property
    def count(self) -> int:
        return self.table.count

    @property
    def buckets(self) -> int:
        return self.table.now.count

    @property
    def coming(self) -> int:
        return self.table.coming.count

    @property
    def moved(self) -> int:
        return self.table.moved

    @property
    def chained(self) -> int:
        return self.table.chained

    @property
    def longest(self) -> int:
        return self.table.longest

    @property
    def size(self) -> int:
        return table_bytes(address(self.table))
