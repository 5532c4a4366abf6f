"""Storing string values: which form a value takes, and how it grows.

    a canonical 64-bit integer    in the entry's word                  int
    up to EMBED_MAX bytes         behind the key, in the entry         embstr up to about 110 with the key, else raw
    longer                        a block of its own (Raw)             raw
    changed in place              a Raw with room to grow              raw

A value that replaces one of the same form and size class is written over it: no block is freed or made.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    EMBED_MAX,
    ENCODING_INT,
    ENCODING_RAW,
    KEY_OFFSET,
    LAYOUT_EXPIRY,
    LAYOUT_WORD,
    TYPE_STRING,
    entry_bytes,
    entry_embedded,
    entry_encoding,
    entry_expiry,
    entry_free,
    entry_key_length,
    entry_new,
    entry_set_clock,
    entry_set_expiry,
    entry_set_kind,
    entry_set_word,
    raw_bytes,
    raw_free,
    raw_new,
    raw_reserve,
)
from cython.cimports.kvik.engine.heap import heap_resize, same_block
from cython.cimports.kvik.engine.intrinsics import likely
from cython.cimports.kvik.engine.text import parse_integer
from cython.cimports.kvik.keyspace.database import db_add, db_overwrite, db_replace
from cython.cimports.kvik.keyspace.tail import is_logged
from cython.cimports.kvik.keyspace.values import entry_raw, string_value, text_encoding, value_free
from cython.cimports.kvik.wire.client import client_take_big
from cython.cimports.kvik.wire.parser import BIG_ARGUMENT
from cython.cimports.kvik.wire.reply import reply_bulk, reply_error
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy, memset


def store_string(call, i, h, slot, p, n, expiry):
    """Let the key argv[i] have the value p[:n] and that expiry (-1: none).

    `slot` is where the key's entry stands, NULL if there is none. False: no memory, and that was answered.
    """
    value: int64_t = 0
    if n <= 20 and parse_integer(p, n, address(value)):
        return store_integer(call, i, h, slot, value, expiry)
    return store_text(call, i, h, slot, p, n, expiry)


def store_text(call, i, h, slot, p, n, expiry):
    """store_string for bytes that are to stay bytes, though they may be those of an integer."""
    layout: cython.int
    encoding: cython.int
    size: cython.size_t
    e: EntryPtr
    if n > EMBED_MAX:
        return store_large(call, i, h, slot, p, n, expiry)
    encoding = text_encoding(call.argv[i].n, n, slot != NULL and slot[0].layout & LAYOUT_EXPIRY)
    if slot != NULL:
        e = slot[0]
        layout = e.layout & ~LAYOUT_EXPIRY
        if expiry != -1:
            layout |= LAYOUT_EXPIRY
        size = KEY_OFFSET[layout] + entry_key_length(e) + n
        if likely(layout == e.layout and not layout & LAYOUT_WORD and same_block(entry_bytes(e), size)):
            # The value it has is embedded too (other types are never embedded): write over it.
            e.vlen = n
            memcpy(entry_embedded(e), p, n)
            if expiry != -1:
                entry_set_expiry(e, expiry)
            entry_set_kind(e, TYPE_STRING, encoding)
            entry_set_clock(e, call.keyspace.lru_clock)
            return True
    e = entry_new(call.keyspace.heap, call.argv[i].p, call.argv[i].n, expiry, False, n)
    if e == NULL:
        reply_memory(call)
        return False
    memcpy(entry_embedded(e), p, n)
    entry_set_kind(e, TYPE_STRING, encoding)
    return store_entry(call, h, slot, e)


def store_integer(call, i, h, slot, value, expiry):
    """store_string for an integer."""
    e: EntryPtr
    if slot != NULL:
        e = slot[0]
        if entry_encoding(e) == ENCODING_INT and (expiry != -1) == ((e.layout & LAYOUT_EXPIRY) != 0):
            entry_set_word(e, cast(uint64_t, value))
            if expiry != -1:
                entry_set_expiry(e, expiry)
            entry_set_clock(e, call.keyspace.lru_clock)
            return True
    e = entry_new(call.keyspace.heap, call.argv[i].p, call.argv[i].n, expiry, True, 0)
    if e == NULL:
        reply_memory(call)
        return False
    entry_set_word(e, cast(uint64_t, value))
    entry_set_kind(e, TYPE_STRING, ENCODING_INT)
    return store_entry(call, h, slot, e)


def store_large(call, i, h, slot, p, n, expiry):
    """store_string for a value with a block of its own."""
    raw: RawPtr = raw_from(call, p, n)
    if raw == NULL:
        reply_memory(call)
        return False
    return store_raw(call, i, h, slot, raw, expiry)


def store_raw(call, i, h, slot, raw, expiry):
    """Let the key argv[i] have the value in the block `raw`. Owns it. False: no memory, answered."""
    e: EntryPtr = new_raw_entry(call, i, raw, expiry)
    if e == NULL:
        raw_free(call.keyspace.heap, raw)
        reply_memory(call)
        return False
    return store_entry(call, h, slot, e)


def new_raw_entry(call, i, raw, expiry):
    """A string entry for the key argv[i], still in no table, with the block `raw` as its value. NULL: no memory."""
    e: EntryPtr = entry_new(call.keyspace.heap, call.argv[i].p, call.argv[i].n, expiry, True, 0)
    if e != NULL:
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, raw)))
        entry_set_kind(e, TYPE_STRING, ENCODING_RAW)
    return e


def new_bytes(call, i, n, expiry, p):
    """A string entry for the key argv[i], still in no table, its n bytes to be written to p. NULL: no memory.

    OBJECT ENCODING says raw of it, however short it is: so it does of what BITOP and PFADD make.
    """
    raw: RawPtr = NULL
    e: EntryPtr
    if n > EMBED_MAX:
        raw = raw_new(call.keyspace.heap, n)
        if raw == NULL:
            return NULL
        raw.length = n
        p[0] = raw.data
        e = new_raw_entry(call, i, raw, expiry)
        if e == NULL:
            raw_free(call.keyspace.heap, raw)
        return e
    e = entry_new(call.keyspace.heap, call.argv[i].p, call.argv[i].n, expiry, False, n)
    if e != NULL:
        entry_set_kind(e, TYPE_STRING, ENCODING_RAW)
        p[0] = entry_embedded(e)
    return e


def raw_from(call, p, n):
    """p[:n] as a block: the one it was received in, if there is one, else a copy. NULL when memory is short."""
    raw: RawPtr = NULL
    smaller: RawPtr
    if n >= BIG_ARGUMENT and not is_logged(call):       # the log is to find it where argv says
        raw = client_take_big(call.client, p)
    if raw == NULL:
        raw = raw_new(call.keyspace.heap, n)
        if raw != NULL:
            memcpy(raw.data, p, n)
            raw.length = n
    elif raw.capacity - n > n // 8:
        smaller = raw_shrink(call.keyspace.heap, raw, n)
        raw = smaller
    return raw


def raw_shrink(heap, raw, capacity):
    """Give back what the block has beyond `capacity`."""
    smaller: RawPtr = cast(RawPtr, heap_resize(heap, raw, raw_bytes(raw.capacity), raw_bytes(capacity)))
    if smaller == NULL:
        return raw
    smaller.capacity = capacity
    return smaller


def store_entry(call, h, slot, e):
    """Put a complete entry in place of what `slot` has, or add it. Owns e. False: no memory, answered."""
    done: cython.bint
    entry_set_clock(e, call.keyspace.lru_clock)
    if slot != NULL:
        done = db_overwrite(call.keyspace, call.db, slot, e, h)
    else:
        done = db_add(call.keyspace, call.db, e, h)
    if not done:
        value_free(call.keyspace.heap, e, False)
        entry_free(call.keyspace.heap, e)
        reply_memory(call)
    return done


def reply_memory(call):
    reply_error(call.client, "OOM command not allowed: out of memory")


def reply_string(call, e):
    """The value of a string entry as bulk string."""
    scratch: cython.char[24]
    s: Slice = string_value(e, scratch)
    reply_bulk(call.client, s.p, s.n)


# --- values that change in place -------------------------------------------------------------------------------------


def growth_capacity(length):
    """Spare room for a string that grows to `length`: as much again, at most GROWTH_MAX."""
    return length + (length if length < GROWTH_MAX else GROWTH_MAX)


def make_raw(call, i, h, slot, length):
    """The string value in `slot` as a Raw of at least `length` bytes, those beyond its old end zero.

    NULL: no memory, and that was answered. O(1) amortized when it grows by small steps.
    """
    heap: HeapPtr = call.keyspace.heap
    e: EntryPtr = slot[0]
    raw: RawPtr = entry_raw(e)
    fresh: EntryPtr
    scratch: cython.char[24]
    s: Slice
    if raw == NULL:
        s = string_value(e, scratch)
        raw = raw_new(heap, growth_capacity(length if length > s.n else s.n))
        fresh = entry_new(heap, call.argv[i].p, call.argv[i].n, entry_expiry(e), True, 0)
        if raw == NULL or fresh == NULL:
            if raw != NULL:
                raw_free(heap, raw)
            if fresh != NULL:
                entry_free(heap, fresh)
            reply_memory(call)
            return NULL
        memcpy(raw.data, s.p, s.n)
        raw.length = s.n
        fresh.kind_clock = e.kind_clock
        if not db_replace(call.keyspace, call.db, slot, fresh, h):
            raw_free(heap, raw)
            entry_free(heap, fresh)
            reply_memory(call)
            return NULL
        e = fresh
    elif raw.capacity < length:
        raw = raw_reserve(heap, raw, growth_capacity(length))
        if raw == NULL:
            reply_memory(call)
            return NULL
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, raw)))
    entry_set_kind(e, TYPE_STRING, ENCODING_RAW)
    if raw.length < length:
        memset(cast(CharPtr, raw.data) + raw.length, 0, length - raw.length)
        raw.length = length
    return raw


def new_raw_value(call, i, h, length):
    """A key that was not there, with a value of `length` zeros to be filled in. NULL: no memory, answered."""
    raw: RawPtr = raw_new(call.keyspace.heap, length)
    if raw == NULL:
        reply_memory(call)
        return NULL
    memset(raw.data, 0, length)
    raw.length = length
    return raw if store_raw(call, i, h, NULL, raw, -1) else NULL
