"""An entry, and a block for a long value, for tests. See entry_probe.py."""

from kvik.engine.entry cimport Entry, Raw
from tests.engine.heap_probe cimport HeapProbe

cdef class EntryProbe:
    cdef HeapProbe owner
    cdef Entry *entry
    cdef EntryProbe hold(self, Entry *entry)

cdef class RawProbe:
    cdef HeapProbe owner
    cdef Raw *raw
