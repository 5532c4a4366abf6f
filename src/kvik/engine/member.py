"""Members of sets and sorted sets: the smallest form of an entry. Their layout is drawn in member.pxd."""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.engine.entry import SHORT_KEY_MAX
from cython.cimports.kvik.engine.heap import heap_alloc, heap_release
from cython.cimports.kvik.engine.intrinsics import store64
from cython.cimports.libc.string import memcpy


def member_new(heap, p, n, scored):
    """The member p[:n], with room for a score if `scored`. NULL when memory is short. O(n)."""
    layout: cython.int = LAYOUT_MEMBER
    m: EntryPtr
    if scored:
        layout |= LAYOUT_WORD
    if n > SHORT_KEY_MAX:
        layout |= LAYOUT_LONG_KEY
    m = cast(EntryPtr, heap_alloc(heap, KEY_OFFSET[layout] + n))
    if m == NULL:
        return NULL
    m.layout = layout
    m.klen = n if n <= SHORT_KEY_MAX else SHORT_KEY_MAX
    if scored:
        member_set_score(m, 0.0)
    if layout & LAYOUT_LONG_KEY:
        store64(cast(cython.p_char, m) + KEY_OFFSET[layout] - 8, n)
    memcpy(entry_key(m), p, n)
    return m


def member_free(heap, m, remote):
    """Give the member's block back; `remote`: on a thread that does not own the heap."""
    heap_release(heap, m, member_bytes(m), remote)
