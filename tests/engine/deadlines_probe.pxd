"""Deadlines for tests. See deadlines_probe.py."""

from libc.stdint cimport int64_t

from kvik.engine.deadlines cimport Deadlines
from kvik.engine.entry cimport Entry
from tests.engine.heap_probe cimport HeapProbe

cdef class DeadlinesProbe:
    cdef HeapProbe owner
    cdef Deadlines deadlines
    cdef dict entries

cdef int64_t deadline(const Entry *e) noexcept nogil
