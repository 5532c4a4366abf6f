from kvik.engine.intset cimport Intset
from tests.engine.heap_probe cimport HeapProbe

cdef class IntsetProbe:
    cdef HeapProbe owner
    cdef Intset s
