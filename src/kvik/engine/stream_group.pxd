"""Consumer groups of a stream. See stream_group.py.

    Stream.groups  ─▶ Group "jobs"
    (by name)           last_id, entries_read
                        pending (by ID)    5-0 ─▶ Pending: delivered when, how often, to whom
                                           7-1 ─▶ Pending                                   │
                        consumers ─▶ Consumer "anna"   ◀────────────────────────────────────┘
                        (by name)      seen, active
                                       pending (by ID) 7-1 ─▶ the same Pending
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.id_map cimport IdCursor, IdMap, IdSlot, IdSlotPtr
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice

cdef enum:
    READ_UNKNOWN = -1           # Group.entries_read: nobody can tell
    NEVER = -1                  # Consumer.active_ms

cdef struct Named:              # how a Group and a Consumer begin
    uint32_t name_length
    uint32_t bytes              # of the block: the name is its end

ctypedef Named *NamedPtr
ctypedef NamedPtr *NamedPtrPtr

cdef struct Roster:             # things by name, in the order of their bytes
    Named **items
    uint32_t count
    uint32_t capacity

ctypedef Roster *RosterPtr

cdef struct Consumer:
    Named head
    int64_t seen_ms             # when it last asked for something
    int64_t active_ms           # when it last got something, or NEVER
    IdMap pending

ctypedef Consumer *ConsumerPtr

cdef struct Group:
    Named head
    StreamID last_id            # the last one delivered
    int64_t entries_read        # how many of all that were ever added, up to last_id; or READ_UNKNOWN
    IdMap pending
    Roster consumers

ctypedef Group *GroupPtr

cdef struct Pending:            # an entry that was delivered and not acknowledged
    int64_t delivered_ms
    uint64_t deliveries
    Consumer *consumer

ctypedef Pending *PendingPtr

cdef inline Slice name_of(const void *named) noexcept nogil:
    """The name of a Group or Consumer."""
    cdef Slice name
    name.n = (<const Named *>named).name_length
    name.p = <char *>named + (<const Named *>named).bytes - name.n
    return name

cdef Group *group_find(const Roster *groups, const Slice *name) noexcept nogil
cdef Group *group_add(
    Heap *heap, Roster *groups, const Slice *name, StreamID last_id, int64_t entries_read) noexcept nogil
cdef void group_drop(Heap *heap, Roster *groups, Group *group) noexcept nogil
cdef void groups_free(Heap *heap, Roster *groups, bint remote) noexcept nogil
cdef bint groups_copy(Heap *heap, const Roster *groups, Roster *to) noexcept nogil
cdef size_t groups_bytes(const Roster *groups) noexcept nogil
cdef Consumer *consumer_find(const Group *group, const Slice *name) noexcept nogil
cdef Consumer *consumer_add(Heap *heap, Group *group, const Slice *name, int64_t now_ms) noexcept nogil
cdef void consumer_drop(Heap *heap, Group *group, Consumer *consumer) noexcept nogil
cdef Pending *pending_find(const Group *group, StreamID id) noexcept nogil
cdef Pending *pending_add(Heap *heap, Group *group, StreamID id, Consumer *consumer, int64_t now_ms) noexcept nogil
cdef bint pending_assign(Heap *heap, StreamID id, Pending *pending, Consumer *consumer) noexcept nogil
cdef bint pending_deliver(Heap *heap, Group *group, StreamID id, Consumer *consumer, int64_t now_ms) noexcept nogil
cdef bint pending_drop(Heap *heap, Group *group, StreamID id) noexcept nogil

cdef Named *named_new(Heap *heap, size_t bytes, const Slice *name) noexcept nogil
cdef int roster_place(const Roster *roster, const Slice *name, bint *found) noexcept nogil
cdef Named *roster_find(const Roster *roster, const Slice *name) noexcept nogil
cdef bint roster_add(Heap *heap, Roster *roster, Named *item) noexcept nogil
cdef void roster_remove(Heap *heap, Roster *roster, const Named *item) noexcept nogil
cdef size_t roster_bytes(const Roster *roster) noexcept nogil
cdef void group_free(Heap *heap, Group *group, bint remote) noexcept nogil
cdef void consumer_free(Heap *heap, Consumer *consumer, bint remote) noexcept nogil
cdef bint group_copy_into(Heap *heap, const Group *from_, Group *to) noexcept nogil
