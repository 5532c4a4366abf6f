"""A set for tests. See set_probe.py."""

from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry
from kvik.engine.hashing cimport HashKey
from kvik.keyspace.database cimport EncodingLimits
from kvik.keyspace.set_value cimport Member, SetContext
from tests.engine.heap_probe cimport HeapProbe

cdef class SetProbe:
    cdef HeapProbe owner
    cdef HashKey key
    cdef EncodingLimits limits
    cdef SetContext context
    cdef Entry *entry
    cdef uint64_t seed
    cdef object original        # of a copy: its table goes on using that one's key
    cdef outcome(self, bint done)

cdef void gather(void *context, const Member *m) noexcept nogil
