"""A quicklist for tests. See quicklist_probe.py."""

from kvik.engine.entry cimport Raw, RawPtr
from kvik.engine.listpack cimport Item, Sought
from kvik.engine.quicklist cimport ListCursor, Quicklist
from kvik.engine.quicklist_node cimport Node
from kvik.engine.text cimport Slice
from tests.engine.heap_probe cimport HeapProbe

cdef class QuicklistProbe:
    cdef HeapProbe owner
    cdef Quicklist *list

cdef object item_bytes(const Item *item)
