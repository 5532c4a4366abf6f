"""The code of function libraries, as data to be saved with the keys.

What runs it is far above (scripting/). Snapshots and append-only files only need the texts, in memory that a forked child
can read without Python: a list that is made anew whenever a library comes or goes.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.libc.string import memcpy


def libraries_add(heap, libraries, p, n):
    """False when memory is short."""
    room: SlicePtr = libraries.codes
    text: cython.p_char
    if libraries.count == libraries.capacity:
        room = cast(SlicePtr, heap_double(heap, libraries.codes, libraries.capacity, 8, sizeof(Slice)))
        if room == NULL:
            return False
        libraries.codes = room
        libraries.capacity = cast(cython.int, doubled(libraries.capacity, 8))
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
