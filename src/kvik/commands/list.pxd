"""List commands. See list.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item, Sought
from kvik.engine.quicklist cimport ListCursor
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.list_value cimport ListRules

cdef enum:
    PLACES_KEPT = 32            # matches of LPOS that need no block

cdef struct PositionOptions:    # of LPOS
    int64_t rank
    uint64_t count              # 0: all
    bint counted                # COUNT was given: the reply is an array
    uint64_t most               # elements to look at; 0: all

ctypedef PositionOptions *PositionOptionsPtr
ctypedef int64_t *PlacePtr

cdef struct Places:             # what LPOS found
    Heap *heap
    int64_t *at
    size_t count
    size_t capacity
    int64_t kept[PLACES_KEPT]

ctypedef Places *PlacesPtr

cdef void lpush_command(Call *call) noexcept nogil
cdef void rpush_command(Call *call) noexcept nogil
cdef void lpushx_command(Call *call) noexcept nogil
cdef void rpushx_command(Call *call) noexcept nogil
cdef void llen_command(Call *call) noexcept nogil
cdef void lindex_command(Call *call) noexcept nogil
cdef void lset_command(Call *call) noexcept nogil
cdef void linsert_command(Call *call) noexcept nogil
cdef void lrem_command(Call *call) noexcept nogil
cdef void ltrim_command(Call *call) noexcept nogil
cdef void lrange_command(Call *call) noexcept nogil
cdef void lpos_command(Call *call) noexcept nogil

cdef void push_command(Call *call, bint at_head, bint only_if_there) noexcept nogil
cdef bint read_index(Call *call, int i, const Entry *e, uint64_t *index, bint *within) noexcept nogil
cdef uint64_t clip_range(int64_t start, int64_t end, uint64_t count, uint64_t *first) noexcept nogil
cdef bint find_pivot(Call *call, const Entry *e, int64_t *index) noexcept nogil
cdef void trim(Call *call, Entry *e, uint64_t first, uint64_t kept) noexcept nogil
cdef bint read_position_options(Call *call, PositionOptions *options) noexcept nogil
cdef bint find_places(
    const Entry *e, const Slice *s, const PositionOptions *options, Places *places) noexcept nogil
cdef bint add_place(Places *places, int64_t at) noexcept nogil
cdef void free_places(Places *places) noexcept nogil

# For all list commands.
cdef bint push_to_list(
    Call *call, int i, uint64_t h, EntryPtr *e, const Slice *elements, int count, bint at_head) noexcept nogil
cdef void reply_heading(Call *call, uint64_t count, int key) noexcept nogil
cdef bint reply_range(Call *call, const Entry *e, uint64_t first, uint64_t count, int key) noexcept nogil

cdef inline ListRules list_rules(const Call *call) noexcept nogil:
    cdef ListRules rules
    rules.heap = call.keyspace.heap
    rules.fill = call.keyspace.limits.list_max_listpack_size
    rules.depth = call.keyspace.limits.list_compress_depth
    return rules

