"""Streams: entries of fields and values in order of their IDs. See stream.py.

    Stream.blocks (id_map)    1700-0            1700-93           1701-5
                                 │                 │                 │
                                 ▼                 ▼                 ▼
                              listpack          listpack          listpack, with room to grow

    listpack      | master entry | entry | entry | ...

    master entry  | count | deleted | number of fields | field | field ... | 0 |
    entry         | flags | ms - master ms | seq - master seq | value | value ...                         | elements |
               or | flags | ms - master ms | seq - master seq | number of fields | field | value ...       | elements |

The ID under which a block stands is that of its first entry, whose fields are those of the master entry. An entry with
the same fields says so in its flags and has values only. `count` and `deleted` are how many entries there are and how
many are marked as deleted; `elements` is how many elements the entry has before that one, to walk backwards.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.id_map cimport IdCursor, IdMap, IdSlot, IdSlotPtr
from kvik.engine.listpack cimport Element, Item, Listpack, ListpackPtr, listpack_bytes, listpack_item, listpack_next, \
    listpack_skip
from kvik.engine.stream_group cimport GroupPtr, Roster
from kvik.engine.stream_id cimport StreamID, id_less
from kvik.engine.text cimport Slice, SlicePtr

cdef enum:
    ENTRY_DELETED = 1           # flags of an entry
    ENTRY_SAME_FIELDS = 2

    BLOCK_LIMIT = 1073741824    # no block, and no entry, is larger than this
    ENTRY_OVERHEAD = 64         # bytes that an entry takes beside its texts, or a little more
    STEPS_BACK = 8              # entries that a search looks at from the end of the last block, before it starts in front

cdef enum:                      # what stream_trim goes by
    TRIM_NOTHING = 0
    TRIM_MAXLEN = 1
    TRIM_MINID = 2

cdef struct Stream:
    IdMap blocks                # listpacks
    uint64_t length             # entries that are not deleted
    StreamID last_id            # the largest that was ever given
    StreamID first_id           # of the first entry, 0-0 when there is none
    StreamID max_deleted_id     # the largest that XDEL took away, 0-0: none
    uint64_t entries_added      # ever
    uint32_t tail_capacity      # bytes of the last listpack's block; the others are just as long as they need to be
    uint32_t skip               # where in the first block the first entry stands that is not deleted; 0: look for it
    Roster groups

ctypedef Stream *StreamPtr

cdef struct BlockLimits:        # when a new block begins: stream-node-max-bytes, stream-node-max-entries; 0: no limit
    int64_t bytes
    int64_t entries

ctypedef BlockLimits *BlockLimitsPtr

cdef struct Trim:
    int by
    bint approximate            # whole blocks only
    uint64_t maxlen
    StreamID minid
    int64_t limit               # of entries to remove, 0: none

ctypedef Trim *TrimPtr

cdef struct StreamCursor:       # walks a range of entries; good until the stream changes
    const Stream *stream
    StreamID first              # the range, both ends included
    StreamID last
    bint backwards
    IdCursor block
    Listpack lp                 # NULL: there is no more
    StreamID master
    int64_t master_fields
    char *master_field          # the first one
    char *entries               # the first entry of the block
    char *at                    # forwards: so many elements before the next entry. backwards: the end of the next one
    int64_t unread
    # The entry that stream_next has found:
    StreamID id
    int flags
    char *entry                 # its first element
    int64_t fields
    char *data                  # its first value (ENTRY_SAME_FIELDS) or field

ctypedef StreamCursor *StreamCursorPtr

cdef Stream *stream_new(Heap *heap) noexcept nogil
cdef void stream_free(Heap *heap, Stream *s, bint remote) noexcept nogil
cdef Stream *stream_copy(Heap *heap, const Stream *s) noexcept nogil
cdef size_t stream_effort(const Stream *s) noexcept nogil
cdef size_t stream_bytes(const Stream *s) noexcept nogil
cdef bint stream_append(
    Heap *heap, Stream *s, StreamID id, const Slice *pairs, int64_t fields, const BlockLimits *limits) noexcept nogil
cdef bint stream_next_id(const Stream *s, uint64_t now_ms, StreamID *id) noexcept nogil
cdef void stream_seek(StreamCursor *c, const Stream *s, StreamID first, StreamID last, bint backwards) noexcept nogil
cdef bint stream_next(StreamCursor *c) noexcept nogil
cdef bint stream_find(StreamCursor *c, const Stream *s, StreamID id) noexcept nogil
cdef bint stream_find_on(StreamCursor *c, const Stream *s, StreamID id) noexcept nogil
cdef bint stream_remove(Heap *heap, Stream *s, StreamID id) noexcept nogil
cdef uint64_t stream_trim(Heap *heap, Stream *s, const Trim *trim) noexcept nogil
cdef StreamID stream_edge(const Stream *s, bint last) noexcept nogil
cdef bint block_is_sound(Listpack lp, StreamID master, int64_t *live, StreamID *last) noexcept nogil
cdef bint stream_take_block(Heap *heap, Stream *s, StreamID master, Listpack lp) noexcept nogil

cdef bint read_integer(char **at, int64_t *value) noexcept nogil
cdef bint has_elements(char **at, int64_t n) noexcept nogil
cdef bint entry_is_sound(char **at, StreamID master, int64_t fields, StreamID *id, int64_t *live) noexcept nogil
cdef char *put_integer(char *p, int64_t value) noexcept nogil
cdef char *put_text(char *p, const Slice *s) noexcept nogil
cdef size_t text_room(size_t n) noexcept nogil
cdef bint block_is_full(Listpack lp, size_t text, const BlockLimits *limits) noexcept nogil
cdef bint has_fields(Listpack lp, const Slice *pairs, int64_t fields) noexcept nogil
cdef bint item_is(const Item *item, const Slice *s) noexcept nogil
cdef size_t block_capacity(const Stream *s, const IdSlot *slot) noexcept nogil
cdef bint tail_fit(Heap *heap, Stream *s) noexcept nogil
cdef Listpack tail_reserve(Heap *heap, Stream *s, size_t n, const BlockLimits *limits) noexcept nogil
cdef bint block_add(Heap *heap, Stream *s, StreamID id, const Slice *pairs, int64_t fields, size_t room) noexcept nogil
cdef void block_drop(Heap *heap, Stream *s, StreamID id, Listpack lp) noexcept nogil
cdef void entry_append(
    Listpack lp, StreamID master, StreamID id, const Slice *pairs, int64_t fields, bint same) noexcept nogil
cdef void listpack_grown(Listpack lp, char *end, int64_t elements) noexcept nogil
cdef Listpack set_integer(Heap *heap, Stream *s, IdSlot *slot, char *p, int64_t value) noexcept nogil
cdef void enter_block(StreamCursor *c) noexcept nogil
cdef bint next_forwards(StreamCursor *c) noexcept nogil
cdef bint next_backwards(StreamCursor *c) noexcept nogil
cdef char *read_entry(StreamCursor *c, char *p) noexcept nogil
cdef bint count_deleted(Heap *heap, Stream *s, IdSlot *slot, int64_t count, int64_t n) noexcept nogil
cdef bint block_goes(const Stream *s, const Trim *trim, IdSlot *slot, int64_t count) noexcept nogil
cdef uint64_t trim_block(Heap *heap, Stream *s, const Trim *trim, IdSlot *slot, int64_t count) noexcept nogil
cdef uint64_t entries_before(const Stream *s, StreamID id) noexcept nogil
cdef void settle_first(Stream *s) noexcept nogil
cdef void seek_near_end(StreamCursor *c) noexcept nogil
cdef char *entry_before(Listpack lp, char *end) noexcept nogil
cdef StreamID entry_id(StreamID master, const char *entry) noexcept nogil
cdef size_t most_bytes(const BlockLimits *limits) noexcept nogil

cdef inline int64_t block_integer(const char *p) noexcept nogil:
    """The element at p, which the layout says is an integer."""
    return listpack_item(p).integer

cdef inline char *skip_elements(char *p, int64_t n) noexcept nogil:
    while n > 0:
        p = listpack_skip(p)
        n -= 1
    return p
