"""Entries: building, copying and freeing them. Their layout is drawn in entry.pxd.

An entry never changes its layout in place: gaining or losing an expiry, or a value of another size class, makes
a new block, and the caller puts that into the table's slot. What an entry's `word` points to is not its own:
who frees an entry frees that first.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_resize
from cython.cimports.kvik.engine.intrinsics import store64
from cython.cimports.libc.string import memcpy


def entry_new(heap, key, n, expiry, word, vlen):
    """An entry with its key, header zeroed otherwise; `expiry` -1 for none. NULL when memory is short. O(n)."""
    layout: cython.int = 0
    e: EntryPtr
    if expiry != -1:
        layout |= LAYOUT_EXPIRY
    if word:
        layout |= LAYOUT_WORD
    if n > SHORT_KEY_MAX:
        layout |= LAYOUT_LONG_KEY
    e = cast(EntryPtr, heap_alloc(heap, KEY_OFFSET[layout] + n + vlen))
    if e == NULL:
        return NULL
    e.layout = layout
    e.klen = n if n <= SHORT_KEY_MAX else SHORT_KEY_MAX
    e.vlen = vlen
    e.kind_clock = 0
    if layout & LAYOUT_EXPIRY:
        entry_set_expiry(e, expiry)
    if layout & LAYOUT_LONG_KEY:
        store64(cast(cython.p_char, e) + KEY_OFFSET[layout] - 8, n)
    memcpy(entry_key(e), key, n)
    return e


def entry_copy(heap, e, key, n, expiry):
    """The same value and kind under another key or expiry. What `word` points to is shared: mind who frees it."""
    word: cython.bint = (e.layout & LAYOUT_WORD) != 0
    fresh: EntryPtr = entry_new(heap, key, n, expiry, word, e.vlen)
    if fresh == NULL:
        return NULL
    fresh.kind_clock = e.kind_clock
    if word:
        entry_set_word(fresh, cast(cython.ulonglong, entry_integer(e)))
    memcpy(entry_embedded(fresh), entry_embedded(e), e.vlen)
    return fresh


def entry_free(heap, e):
    heap_free(heap, e, entry_bytes(e))


def raw_new(heap, capacity):
    raw: RawPtr = cast(RawPtr, heap_alloc(heap, raw_bytes(capacity)))
    if raw != NULL:
        raw.length = 0
        raw.capacity = capacity
    return raw


def raw_reserve(heap, raw, capacity):
    """Room for at least `capacity` bytes; may move. NULL leaves the old one as it was."""
    grown: RawPtr
    if capacity <= raw.capacity:
        return raw
    grown = cast(RawPtr, heap_resize(heap, raw, raw_bytes(raw.capacity), raw_bytes(capacity)))
    if grown != NULL:
        grown.capacity = capacity
    return grown


def raw_free(heap, raw):
    heap_free(heap, raw, raw_bytes(raw.capacity))
