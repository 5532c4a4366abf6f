"""Members for tests: built in the heap of a HeapProbe, read back and freed in one call."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.member import (
    member_bytes,
    member_free,
    member_new,
    member_score,
    member_set_score,
)
from cython.cimports.tests.engine.exact import exact_copy, exact_free
from cython.cimports.tests.engine.heap_probe import HeapProbe


def round_trip(owner: HeapProbe, text: bytes, score: object):
    """(text, score or None, bytes) as a member made of them tells; None without memory."""
    p: cython.p_char = exact_copy(text)
    m: cython.pointer(Entry) = member_new(address(owner.heap), p, len(text), score is not None)
    exact_free(p)
    if m == NULL:
        return None
    told: object = None
    if score is not None:
        member_set_score(m, score)
        told = member_score(m)
    result = (entry_key(m)[: entry_key_length(m)], told, member_bytes(m))
    member_free(address(owner.heap), m, False)
    return result
