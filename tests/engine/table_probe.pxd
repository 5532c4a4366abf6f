"""A hash table for tests. See table_probe.py."""

from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Spot, Table, TableWalk
from tests.engine.heap_probe cimport HeapProbe

cdef class TableProbe:
    cdef HeapProbe owner
    cdef HashKey key
    cdef Table table
    cdef uint64_t seed
    cdef Entry *make(self, bytes key, long long value)

cdef void gather(void *context, Entry *e) noexcept nogil
cdef void release(void *context, Entry *e) noexcept nogil
cdef bint goes(void *context, Entry *e) noexcept nogil
