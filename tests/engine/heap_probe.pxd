"""A heap for tests. See heap_probe.py."""

from kvik.engine.heap cimport Heap

cdef class HeapProbe:
    cdef Heap heap
