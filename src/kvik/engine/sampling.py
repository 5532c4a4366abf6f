"""Choosing some of many at random, each with the same probability and none twice.

Two ways, for the commands that answer random elements. With a `Draw`, one walks over all of them once and asks for each
whether it is taken: right when a large part is wanted. Otherwise one draws single ones (`table_random`) and throws away
those that have come before: `Seen` is the set of them, by a number that is not 0, such as an address.

Costs: Draw O(all), Seen O(wanted) time and 16 to 32 bytes for each.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memset


def seen_init(seen, heap, most):
    """An empty set with room for `most` numbers (under 2**60). False when memory is short."""
    seen.heap = heap
    seen.count = 4
    seen.shift = 62
    while seen.count < 2 * most:
        seen.count *= 2
        seen.shift -= 1
    seen.slots = cast(Numbers, heap_alloc(heap, seen.count * sizeof(uint64_t)))
    if seen.slots == NULL:
        return False
    memset(seen.slots, 0, seen.count * sizeof(uint64_t))
    return True


def seen_add(seen, number):
    """Is the number new? From now on it is not."""
    i: cython.size_t = (number * GOLDEN_RATIO) >> seen.shift
    while seen.slots[i] != 0:
        if seen.slots[i] == number:
            return False
        i = (i + 1) & (seen.count - 1)
    seen.slots[i] = number
    return True


def seen_free(seen):
    heap_free(seen.heap, seen.slots, seen.count * sizeof(uint64_t))
