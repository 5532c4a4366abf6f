"""SORT and SORT_RO. See sort.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item
from kvik.engine.quicklist cimport ListCursor, Quicklist, QuicklistPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call, CallPtr
from kvik.keyspace.hash_value cimport Place as FieldPlace
from kvik.keyspace.set_value cimport Member, SetWalk
from kvik.keyspace.sorted_set_value cimport SortedSetCursor, SortedSetRules

cdef enum:
    HASH_SIGN = 35              # GET #: the element itself
    GREATER = 62

cdef struct SortItem:
    Slice text                  # the element
    Slice by                    # what it is sorted by as text; p NULL: there is none
    double score                # or as a number
    char number[24]             # the text of an element that is an integer
    char by_number[24]
    bint copied                 # `text` is a block of its own

ctypedef SortItem *SortItemPtr
ctypedef SortItemPtr *SortItemPtrPtr

cdef struct Sort:
    Call *call
    Slice *by                   # the pattern of BY, NULL: the element itself
    bint unsorted               # BY a pattern without *
    bint alpha
    bint descending
    int64_t offset
    int64_t count               # negative: all
    int store                   # argument that names the destination, 0: none
    int gets                    # how many GET
    SortItem *items
    SortItem **order
    SortItem **spare            # as many again, for merging
    size_t length
    size_t capacity
    size_t first                # of the items that are wanted
    size_t end

ctypedef Sort *SortPtr

cdef void sort_command(Call *call) noexcept nogil
cdef void sort_ro_command(Call *call) noexcept nogil
cdef void sort_generic(Call *call, bint may_store) noexcept nogil
cdef bint read_sort_options(Sort *sort, bint may_store) noexcept nogil
cdef int next_get(const Call *call, int i) noexcept nogil
cdef size_t element_count(const Entry *e) noexcept nogil
cdef bint sort_reserve(Sort *sort, size_t n) noexcept nogil
cdef void sort_release(Sort *sort) noexcept nogil
cdef void set_limits(Sort *sort, size_t n) noexcept nogil
cdef bint collect(Sort *sort, const Entry *e) noexcept nogil
cdef bint collect_list(Sort *sort, const Entry *e, bint backwards) noexcept nogil
cdef bint copy_text(Sort *sort) noexcept nogil
cdef void collect_set(Sort *sort, const Entry *e) noexcept nogil
cdef void collect_sorted_set(Sort *sort, const Entry *e, bint backwards) noexcept nogil
cdef SortItem *new_item(Sort *sort) noexcept nogil
cdef void add_text(Sort *sort, const Item *item) noexcept nogil
cdef bint weigh(Sort *sort) noexcept nogil
cdef bint look_up(Sort *sort, const Slice *pattern, const Slice *element, char *scratch, Slice *found) noexcept nogil
cdef bint find_arrow(const Slice *pattern, size_t start, Slice *field) noexcept nogil
cdef bint look_up_key(Sort *sort, Slice *key, const Slice *field, char *scratch, Slice *found) noexcept nogil
cdef bint read_field(const Entry *e, const Slice *field, int64_t now, char *scratch, Slice *found) noexcept nogil
cdef bint comes_before(const Sort *sort, const SortItem *a, const SortItem *b) noexcept nogil
cdef int compare_items(const Sort *sort, const SortItem *a, const SortItem *b) noexcept nogil
cdef void merge_sort(Sort *sort) noexcept nogil
cdef void merge_runs(
    Sort *sort, SortItem **source, SortItem **to, size_t low, size_t middle, size_t high,
    ) noexcept nogil
cdef void reply_sorted(Sort *sort) noexcept nogil
cdef void store_sorted(Sort *sort) noexcept nogil
cdef Entry *new_result(Sort *sort, uint64_t *count) noexcept nogil
cdef bint push_result(Sort *sort, Quicklist *q, SortItem *item) noexcept nogil
