"""XINFO. See stream_info.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.id_map cimport IdCursor, IdMap
from kvik.engine.stream cimport Stream, StreamCursor, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr
from kvik.engine.stream_id cimport StreamID
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client

cdef enum:
    FULL_COUNT = 10             # entries that FULL shows, unless told otherwise
    ID_BYTES = 16

cdef struct Branches:           # where the IDs seen so far part, from the first one down: see tree_nodes
    int depth[17]
    int count
    uint64_t nodes

ctypedef Branches *BranchesPtr

cdef void xinfo_stream_command(Call *call) noexcept nogil
cdef void xinfo_groups_command(Call *call) noexcept nogil
cdef void xinfo_consumers_command(Call *call) noexcept nogil

cdef bint need_key(Call *call, StreamPtr *s) noexcept nogil
cdef void describe(Call *call, const Stream *s, bint full) noexcept nogil
cdef void reply_edge(Client *c, const Stream *s, bint last) noexcept nogil
cdef void describe_full(Call *call, const Stream *s, int64_t count) noexcept nogil
cdef void group_full(Call *call, const Stream *s, const Group *group, int64_t count) noexcept nogil
cdef void consumer_full(Call *call, const Consumer *consumer, int64_t count) noexcept nogil
cdef void reply_read_and_lag(Client *c, const Stream *s, const Group *group) noexcept nogil
cdef void reply_pending(Client *c, const IdMap *map, int64_t count, bint with_consumer) noexcept nogil
cdef int same_bytes(StreamID a, StreamID b) noexcept nogil
cdef void branches_close(Branches *b, int depth) noexcept nogil
cdef uint64_t tree_nodes(const IdMap *blocks) noexcept nogil
