"""A hash for tests. See hash_probe.py."""

from libc.stdint cimport int64_t

from kvik.engine.entry cimport Entry
from kvik.engine.hashing cimport HashKey
from kvik.engine.text cimport Slice
from kvik.keyspace.hash_value cimport HashSettings
from tests.engine.heap_probe cimport HeapProbe

cdef class HashProbe:
    cdef HeapProbe owner
    cdef HashKey key
    cdef HashSettings settings
    cdef Entry *entry
    cdef object original        # of a copy: its table goes on using that one's key

cdef bint gather(void *context, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef Slice slice_of(bytes text) noexcept
