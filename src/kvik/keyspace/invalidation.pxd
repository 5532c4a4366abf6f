"""What changes mean for those who cache keys. See invalidation.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport HeapPtr
from kvik.engine.table cimport Spot, TableWalk
from kvik.keyspace.database cimport Database, Keyspace, KeyspacePtr
from kvik.keyspace.tracking cimport Prefix, PrefixPtr, Tracker, TrackerPtr, Tracking, TrackingPtr
from kvik.wire.broadcast cimport Broadcast
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop, LoopPtr
from kvik.wire.parser cimport CharPtr

cdef enum:
    TRIM_MAX = 1000             # keys that go in a tick when there are more than may be remembered

cdef struct Invalidation:       # a message on its way to those who shall get it
    Broadcast push              # to those who speak RESP3
    Broadcast message           # to subscribers that others redirect to
    Loop *loop
    char *names                 # what they are told, written: an array of `bytes` bytes; NULL: no array
    size_t bytes

cdef struct Changes:            # the keys that have changed, in order
    EntryPtr *keys
    uint32_t first              # those from here
    uint32_t last               # to here (not with it) are what a message is about

ctypedef EntryPtr *EntryPtrPtr
ctypedef Invalidation *InvalidationPtr
ctypedef Changes *ChangesPtr

cdef void invalidate_key(Keyspace *ks, const char *key, size_t n, bint own) noexcept nogil
cdef void invalidate_all(Keyspace *ks, bint lazy) noexcept nogil
cdef void invalidate_unremembered(Keyspace *ks, Tracker *of, const char *key, size_t n) noexcept nogil
cdef bint invalidation_tick(Keyspace *ks) noexcept nogil
cdef void tell_readers(Keyspace *ks, Entry *e) noexcept nogil
cdef void trim(Keyspace *ks) noexcept nogil
cdef void broadcast_changes(Keyspace *ks) noexcept nogil
cdef bint changes_in_order(Keyspace *ks, Changes *changes) noexcept nogil
cdef int by_name(const void *a, const void *b) noexcept nogil
cdef bint narrow(Changes *changes, uint32_t total, const Prefix *prefix) noexcept nogil
cdef void tell_members(Keyspace *ks, const Prefix *prefix, const Changes *changes) noexcept nogil
cdef void tell_others_changes(Keyspace *ks, Tracker *of, const Changes *changes) noexcept nogil
cdef uint32_t changes_by(const Changes *changes, uint64_t id) noexcept nogil
cdef void tell_all_members(Keyspace *ks) noexcept nogil
cdef void forget_change(void *context, Entry *e) noexcept nogil
cdef void tell_nothing_left(void *context, Entry *e) noexcept nogil

cdef void invalidation_begin(Invalidation *v, Loop *loop) noexcept nogil
cdef void invalidation_of_key(Invalidation *v, Loop *loop, const char *key, size_t n) noexcept nogil
cdef void invalidation_of_all(Invalidation *v, Loop *loop) noexcept nogil
cdef void invalidation_of_names(
    Invalidation *v, Keyspace *ks, const Changes *changes, uint64_t but) noexcept nogil
cdef void invalidation_to(Invalidation *v, Tracker *of) noexcept nogil
cdef void invalidation_end(Invalidation *v) noexcept nogil
cdef void tell_broken(Loop *loop, Tracker *of) noexcept nogil
