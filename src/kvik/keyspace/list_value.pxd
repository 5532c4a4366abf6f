"""Lists, whatever their form. See list_value.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport ENCODING_LISTPACK, Entry, EntryPtr, entry_encoding, entry_pointer
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Element, ElementPtr, Listpack, ListpackPtr, Sought, SoughtPtr, listpack_count
from kvik.engine.quicklist cimport ListCursor, ListCursorPtr, Quicklist, QuicklistPtr
from kvik.engine.quicklist_node cimport Node, NodePtr
from kvik.engine.text cimport Slice, SlicePtr

cdef enum:
    PUSHED_AT_ONCE = 16         # elements that go into a listpack in one step

cdef struct ListRules:          # what a list is made with
    Heap *heap
    int64_t fill                # list-max-listpack-size
    int64_t depth               # list-compress-depth

ctypedef ListRules *ListRulesPtr

# Life.
cdef void *list_new(
    const ListRules *rules, const Slice *elements, int count, bint at_head, int *encoding) noexcept nogil
cdef void list_free(Heap *heap, void *value, int encoding, bint remote) noexcept nogil
cdef size_t list_effort(const Entry *e) noexcept nogil
cdef void *list_copy(Heap *heap, const Entry *e) noexcept nogil
cdef size_t list_memory(const Entry *e) noexcept nogil

# Looking. What moves a cursor on and reads it is in engine/quicklist.pxd; list_close it.
cdef bint list_seek(Heap *heap, const Entry *e, uint64_t index, ListCursor *c) noexcept nogil

# Changing.
cdef bint list_grow(const ListRules *rules, Entry *e, const Slice *elements, int count) noexcept nogil
cdef void list_shrink(const ListRules *rules, Entry *e) noexcept nogil
cdef bint list_push(
    const ListRules *rules, Entry *e, const Slice *elements, int count, bint at_head) noexcept nogil
cdef bint list_open_at(Heap *heap, Entry *e, uint64_t index) noexcept nogil
cdef void list_pop(Heap *heap, Entry *e, bint at_head) noexcept nogil
cdef bint list_insert(const ListRules *rules, Entry *e, uint64_t index, const Slice *s, bint after) noexcept nogil
cdef bint list_replace(const ListRules *rules, Entry *e, uint64_t index, const Slice *s) noexcept nogil
cdef bint list_remove_range(const ListRules *rules, Entry *e, uint64_t start, uint64_t count) noexcept nogil
cdef uint64_t list_remove_equal(
    const ListRules *rules, Entry *e, const Slice *s, uint64_t limit, bint from_tail, bint *failed) noexcept nogil

cdef bint outgrows(const ListRules *rules, size_t n, uint64_t held, const Slice *elements, int count) noexcept nogil
cdef bint small_push(Heap *heap, Listpack *lp, const Slice *elements, int count, bint at_head) noexcept nogil
cdef bint small_put(Entry *e, Listpack lp) noexcept nogil
cdef bint large_push(
    Heap *heap, Quicklist *q, const Slice *elements, int count, bint at_head) noexcept nogil
cdef uint64_t small_remove_equal(
    Heap *heap, Entry *e, const Sought *sought, uint64_t limit, bint from_tail) noexcept nogil

cdef inline bint list_is_small(const Entry *e) noexcept nogil:
    """Is it in a listpack?"""
    return entry_encoding(e) == ENCODING_LISTPACK

cdef inline Listpack list_listpack(const Entry *e) noexcept nogil:
    return <Listpack>entry_pointer(e)

cdef inline Quicklist *list_quicklist(const Entry *e) noexcept nogil:
    return <Quicklist *>entry_pointer(e)

cdef inline uint64_t list_count(const Entry *e) noexcept nogil:
    """How many elements. O(1)."""
    return listpack_count(list_listpack(e)) if list_is_small(e) else list_quicklist(e).count
