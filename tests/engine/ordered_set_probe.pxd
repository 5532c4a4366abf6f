from kvik.engine.entry cimport EntryPtr
from kvik.engine.ordered_set cimport OrderedSet, Target
from libc.stdint cimport int64_t, uint64_t
from tests.engine.heap_probe cimport HeapProbe

cdef class OrderedSetProbe:
    cdef HeapProbe owner
    cdef OrderedSet order
    cdef dict members
    cdef EntryPtr member(self, bytes text) except NULL
    cdef EntryPtr make(self, bytes text, double score)
    cdef void target(self, Target *t, object score, object text, bint after)
    cdef uint64_t check_node(self, void *node, int height, list leaves, bint edge) except? 0

cdef void taken(void *context, EntryPtr *members, int count) noexcept nogil
