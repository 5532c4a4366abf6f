from kvik.engine.entry cimport Entry
from kvik.engine.hashing cimport HashKey
from kvik.engine.text cimport Slice
from kvik.keyspace.sorted_set_value cimport SortedSetRules
from tests.engine.heap_probe cimport HeapProbe

cdef class SortedSetProbe:
    cdef HeapProbe owner
    cdef HashKey key
    cdef SortedSetRules rules
    cdef Entry *entry
    cdef void put(self, void *value, int encoding)

cdef Slice slice_of(bytes text)
cdef list rows_of(const Entry *e, bint back)
