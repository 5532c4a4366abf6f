"""Intsets: the form of a small set of integers. The layout is drawn in intset.pxd.

The integers stand in ascending order, all in the width that the widest of them has ever needed, so a look-up is a binary
search and a walk is in order. The block is always just as long as the set: whoever holds the set knows the block's size,
and a change may move it. It is the form that Redis keeps in memory and in its files, so saving one is copying it;
`intset_is_valid` checks what comes from outside.

Costs: find O(log n), at O(1), add and remove O(n) (one memmove).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.heap import heap_alloc, heap_release, heap_resize
from cython.cimports.kvik.engine.intrinsics import store32, store64
from cython.cimports.kvik.engine.listpack import store16
from cython.cimports.libc.stdint import int64_t, uint16_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy, memmove


def intset_new(heap):
    """An empty intset, NULL when memory is short."""
    s: Intset = cast(Intset, heap_alloc(heap, INTSET_HEADER))
    if s != NULL:
        store32(s, 2)
        store32(s + 4, 0)
    return s


def intset_copy(heap, s):
    n: cython.size_t = intset_bytes(s)
    fresh: Intset = cast(Intset, heap_alloc(heap, n))
    if fresh != NULL:
        memcpy(fresh, s, n)
    return fresh


def intset_free(heap, s, remote):
    """`remote`: on a thread that does not own the heap."""
    heap_release(heap, s, intset_bytes(s), remote)


def intset_find(s, value, at):
    """Is the value there? `at` says where, or where it would have to go."""
    low: uint32_t = 0
    high: uint32_t = intset_count(s)
    middle: uint32_t
    if high > 0 and value > intset_at(s, high - 1):     # whoever adds ascending integers has the place at once
        low = high
    while low < high:
        middle = low + ((high - low) >> 1)
        if intset_at(s, middle) < value:
            low = middle + 1
        else:
            high = middle
    at[0] = low
    return low < intset_count(s) and intset_at(s, low) == value


def intset_put(s, i, value):
    """Write the i-th integer."""
    width: uint32_t = intset_width(s)
    p: cython.p_char = s + INTSET_HEADER + cast(cython.size_t, width) * i
    if width == 2:
        store16(p, cast(uint16_t, value))
    elif width == 4:
        store32(p, cast(uint32_t, value))
    else:
        store64(p, cast(uint64_t, value))


def intset_widen(heap, s, value, width):
    """Add a value that needs more bytes than the others: it is less than all of them, or greater."""
    old: uint32_t = intset_width(s)
    count: uint32_t = intset_count(s)
    first: uint32_t = 1 if value < 0 else 0
    i: uint32_t = count
    held: int64_t
    s = cast(Intset, heap_resize(heap, s, intset_bytes(s), INTSET_HEADER + (cast(cython.size_t, count) + 1) * width))
    if s == NULL:
        return NULL
    while i > 0:                    # from the last one on, so that none is written over before it is read
        i -= 1
        store32(s, old)
        held = intset_at(s, i)
        store32(s, width)
        intset_put(s, i + first, held)
    store32(s, width)
    store32(s + 4, count + 1)
    intset_put(s, 0 if first else count, value)
    return s


def intset_add(heap, s, value, added):
    """Add the value unless it is there. NULL when memory is short: then nothing has changed."""
    width: uint32_t = intset_width(s)
    count: uint32_t = intset_count(s)
    at: uint32_t = 0
    n: cython.size_t
    p: cython.p_char
    added[0] = False
    if width_of(value) <= width and intset_find(s, value, address(at)):
        return s
    if count >= INTSET_COUNT_MAX:
        return NULL
    if width_of(value) > width:
        s = intset_widen(heap, s, value, width_of(value))
        added[0] = s != NULL
        return s
    n = intset_bytes(s)
    s = cast(Intset, heap_resize(heap, s, n, n + width))
    if s == NULL:
        return NULL
    p = s + INTSET_HEADER + cast(cython.size_t, width) * at
    memmove(p + width, p, cast(cython.size_t, count - at) * width)
    store32(s + 4, count + 1)
    intset_put(s, at, value)
    added[0] = True
    return s


def intset_remove(heap, s, at):
    """Take out the integer number `at`. NULL when memory is short: then nothing has changed."""
    width: uint32_t = intset_width(s)
    count: uint32_t = intset_count(s)
    removed: int64_t = intset_at(s, at)
    p: cython.p_char = s + INTSET_HEADER + cast(cython.size_t, width) * at
    fresh: Intset
    memmove(p, p + width, cast(cython.size_t, count - 1 - at) * width)
    fresh = intset_truncate(heap, s, count - 1)
    if fresh == NULL:
        memmove(p + width, p, cast(cython.size_t, count - 1 - at) * width)
        intset_put(s, at, removed)
    return fresh


def intset_truncate(heap, s, count):
    """Keep the first `count` integers. NULL when memory is short: then nothing has changed."""
    fresh: Intset = cast(Intset, heap_resize(
        heap, s, intset_bytes(s), INTSET_HEADER + cast(cython.size_t, intset_width(s)) * count))
    if fresh != NULL:
        store32(fresh + 4, count)
    return fresh


def intset_is_valid(s, n):
    """Is s[:n] a whole intset, with its integers in order?"""
    count: uint32_t
    i: uint32_t
    if n < INTSET_HEADER or (intset_width(s) != 2 and intset_width(s) != 4 and intset_width(s) != 8):
        return False
    count = intset_count(s)
    if count > INTSET_COUNT_MAX or intset_bytes(s) != n:
        return False
    for i in range(1, count):
        if intset_at(s, i - 1) >= intset_at(s, i):
            return False
    return True
