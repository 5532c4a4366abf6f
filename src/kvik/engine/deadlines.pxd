"""Entries in the order of their deadlines. See deadlines.py.

    directory   |  gap  | leaf | leaf | leaf | ...        | room |
                          | when | from | entries | count | capacity |
                             8 B    8 B      8 B     4 B      4 B

A leaf holds the entries from its bound (`when`, `from`) up to that of the next leaf, in no order.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap

cdef enum:
    LEAF_MAX = 128              # entries; a leaf is 1 KiB then
    LEAF_HALF = 64
    LEAF_STEP = 16
    LEAF_MIN = 2                # what a new leaf has room for

ctypedef Entry **Entries
ctypedef int64_t (*WhenFunction)(const Entry *e) noexcept nogil

cdef struct Moment:             # a place in the order
    int64_t when
    Entry *entry                # of entries with the same deadline: by address

ctypedef Moment *MomentPtr

cdef struct Leaf:
    Moment start                # no entry of this leaf is before it
    Entry **entries
    uint32_t count
    uint32_t capacity

ctypedef Leaf *LeafPtr

cdef struct Deadlines:
    Heap *heap
    WhenFunction when           # the deadline of an entry
    uint64_t count              # entries
    Leaf *directory
    uint32_t first              # leaves directory[first : first + leaves], those before have been used up
    uint32_t leaves
    uint32_t room

ctypedef Deadlines *DeadlinesPtr

cdef inline bint moment_before(const Moment *a, const Moment *b) noexcept nogil:
    return a.when < b.when or (a.when == b.when and <uintptr_t>a.entry < <uintptr_t>b.entry)

cdef inline int64_t deadlines_first(const Deadlines *d) noexcept nogil:
    """No entry's deadline is before this, and one is likely to be near it. There must be entries. O(1)."""
    return d.directory[d.first].start.when

cdef void deadlines_init(Deadlines *d, Heap *heap, WhenFunction when) noexcept nogil
cdef void deadlines_free(Deadlines *d, bint remote) noexcept nogil
cdef bint deadlines_insert(Deadlines *d, Entry *e) noexcept nogil
cdef void deadlines_remove(Deadlines *d, Entry *e) noexcept nogil
cdef int deadlines_take(Deadlines *d, int64_t now, Entry **out, int most) noexcept nogil
cdef uint64_t deadlines_passed(const Deadlines *d, int64_t now) noexcept nogil
cdef size_t deadlines_bytes(const Deadlines *d) noexcept nogil

cdef Leaf *leaf_at(const Deadlines *d, uint32_t i) noexcept nogil
cdef uint32_t leaf_of(const Deadlines *d, const Moment *m) noexcept nogil
cdef Leaf *directory_insert(Deadlines *d, uint32_t i, const Moment *start) noexcept nogil
cdef bint directory_grow(Deadlines *d) noexcept nogil
cdef bint directory_resize(Deadlines *d, uint32_t room) noexcept nogil
cdef void directory_remove(Deadlines *d, uint32_t i) noexcept nogil
cdef uint32_t leaf_capacity(uint32_t n) noexcept nogil
cdef bint leaf_resize(Deadlines *d, Leaf *leaf, uint32_t capacity) noexcept nogil
cdef bint leaf_split(Deadlines *d, uint32_t i, const Moment *m) noexcept nogil
cdef void leaf_merge(Deadlines *d, uint32_t i) noexcept nogil
cdef void select_half(Moment *moments) noexcept nogil
cdef int leaf_take(Deadlines *d, Leaf *leaf, int64_t now, Entry **out, int most, Moment *earliest) noexcept nogil
