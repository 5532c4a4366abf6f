"""The code of function libraries, as data to be saved with the keys.

What runs it is far above (scripting/). Snapshots and append-only files only need the texts, in memory that a forked child
can read without Python: a list that is made anew whenever a library comes or goes.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_resize
from cython.cimports.libc.string import memcpy


def libraries_add(heap, libraries, p, n):
    """False when memory is short."""
    room: SlicePtr = libraries.codes
    text: cython.p_char
    capacity: cython.int
    if libraries.count == libraries.capacity:
        capacity = libraries.capacity * 2 if libraries.capacity > 0 else 8
        room = cast(SlicePtr, heap_resize(
            heap, libraries.codes, libraries.capacity * sizeof(Slice), capacity * sizeof(Slice)))
        if room == NULL:
            return False
        libraries.codes = room
        libraries.capacity = capacity
    text = cast(cython.p_char, heap_alloc(heap, n + 1))
    if text == NULL:
        return False
    memcpy(text, p, n)
    libraries.codes[libraries.count].p = text
    libraries.codes[libraries.count].n = n
    libraries.count += 1
    return True


def libraries_clear(heap, libraries):
    i: cython.int
    for i in range(libraries.count):
        heap_free(heap, libraries.codes[i].p, libraries.codes[i].n + 1)
    if libraries.codes != NULL:
        heap_free(heap, libraries.codes, libraries.capacity * sizeof(Slice))
    libraries.codes = NULL
    libraries.count = 0
    libraries.capacity = 0
