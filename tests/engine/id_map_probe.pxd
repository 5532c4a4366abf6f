"""Ordered maps of stream IDs for tests. See id_map_probe.py."""

from kvik.engine.id_map cimport IdMap, IdNode
from tests.engine.heap_probe cimport HeapProbe

cdef class IdMapProbe:
    cdef HeapProbe owner
    cdef IdMap map

    cdef check_node(self, IdNode *node, int height, list leaves)
