"""Making a sorted set of many members at once. See sorted_set_builder.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Element, Listpack
from kvik.engine.table cimport Table
from kvik.engine.text cimport Slice
from kvik.keyspace.sorted_set_value cimport SortedSet, SortedSetPtr, SortedSetRules

cdef enum:
    FEW_ROWS = 12               # as many are sorted by insertion
    INDEX_LEAD = 8              # members that are fetched ahead while an index is made

cdef struct Row:                # what members are sorted by
    uint64_t bits               # of the score
    Entry *member

ctypedef Row *RowPtr
ctypedef EntryPtr *EntryPtrPtr

cdef struct SortedSetBuilder:
    Heap *heap
    const HashKey *key
    SortedSet *set              # its table has the members, if they have to be found again; else NULL
    EntryPtr *members           # all of them
    size_t count
    size_t capacity
    size_t longest              # bytes of the longest one
    bint failed                 # memory was short: what has been added is not all
    bint distrusts              # somebody may have added a member twice: look for that
    bint repeats                # and it is so: there is no value

ctypedef SortedSetBuilder *SortedSetBuilderPtr

cdef void builder_init(SortedSetBuilder *b, Heap *heap, const HashKey *key) noexcept nogil
cdef bint builder_index(SortedSetBuilder *b, size_t expected) noexcept nogil
cdef void builder_add(SortedSetBuilder *b, const Slice *text, uint64_t h, double score) noexcept nogil
cdef void builder_reverse(SortedSetBuilder *b) noexcept nogil
cdef bint builder_sort(SortedSetBuilder *b) noexcept nogil
cdef void *builder_finish(SortedSetBuilder *b, const SortedSetRules *rules, int *encoding) noexcept nogil
cdef void builder_free(SortedSetBuilder *b) noexcept nogil

cdef bint builder_grow(SortedSetBuilder *b) noexcept nogil
cdef bint is_sorted(const SortedSetBuilder *b) noexcept nogil
cdef bint row_before(const Row *a, const Row *b) noexcept nogil
cdef void sort_rows(Row *rows, Row *spare, size_t n) noexcept nogil
cdef void sort_few(Row *rows, size_t n) noexcept nogil
cdef void merge_rows(Row *rows, Row *spare, size_t half, size_t n) noexcept nogil
cdef Listpack pairs_of(const SortedSetBuilder *b) noexcept nogil
cdef void pair_of(const Entry *m, Element *elements, char *scratch) noexcept nogil
cdef bint index_members(SortedSetBuilder *b) noexcept nogil
