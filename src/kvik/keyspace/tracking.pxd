"""Which clients keep which keys in caches of their own. See tracking.py.

    keys       key ──▶ ID of the client that has read it; of several, a sorted set of IDs
    trackers   ID ──▶ Tracker ──▶ target: who is told instead of it ──▶ first ─▶ Tracker ⇄ Tracker    who redirects there
    prefixes   Prefix, Prefix, ... in order ──▶ members[]  Tracker, Tracker
    changed    key ──▶ ID of the client that changed it last; 0: of another cause
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot, entry_integer, entry_pointer
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.intset cimport Intset
from kvik.engine.table cimport Spot, Table
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.parser cimport CharPtr

cdef enum:                      # Tracker.options
    TRACK_ON = 1                # else it is here only because others redirect to it
    TRACK_BROADCAST = 2
    TRACK_OPTIN = 4
    TRACK_OPTOUT = 8
    TRACK_NOLOOP = 16
    TRACK_BROKEN = 32           # a message could not be sent: the client to redirect to has gone

cdef struct Tracker:            # a client that tracks, or that others redirect to
    Client *client
    Entry *entry                # in the table of trackers; its word is this tracker
    uint32_t options
    uint64_t redirect           # ID of the client that is told instead; 0: none
    Tracker *target             # that one; NULL: it has gone, or there is none
    Tracker *next               # of those that redirect to the same one
    Tracker *previous
    Tracker *first              # of those that redirect here
    Prefix **prefixes           # with TRACK_BROADCAST: what it wants to be told of, in order
    uint32_t count
    uint32_t capacity

cdef struct Prefix:             # of keys that somebody wants to be told of
    Tracker **members
    uint32_t count
    uint32_t capacity
    size_t n
    char data[1]

ctypedef Tracker *TrackerPtr
ctypedef TrackerPtr *TrackerPtrPtr
ctypedef Prefix *PrefixPtr
ctypedef PrefixPtr *PrefixPtrPtr

cdef struct Tracking:
    Heap *heap
    Table keys                  # that clients have read since they changed, whatever the database
    uint64_t items              # IDs in that table
    uint64_t limit              # keys that it may hold: tracking-table-max-keys; 0: any number
    Table trackers
    uint64_t clients            # that track
    uint64_t readers            # of these, the ones whose reads are remembered
    Prefix **prefixes
    uint32_t prefix_count
    uint32_t prefix_capacity
    Table changed               # keys with such a prefix, since the last messages
    bint lost                   # there was no memory for all of them
    uint64_t seed

ctypedef Tracking *TrackingPtr

cdef bint tracking_init(Tracking *t, Heap *heap, const HashKey *key) noexcept nogil
cdef void tracking_free(Tracking *t) noexcept nogil
cdef Tracker *tracker_of(Tracking *t, Client *c) noexcept nogil
cdef Tracker *tracker_by_id(Tracking *t, uint64_t id) noexcept nogil
cdef void tracker_drop_idle(Tracking *t, Tracker *of) noexcept nogil
cdef bint tracking_start(Tracking *t, Client *c, uint32_t options, Client *target) noexcept nogil
cdef void tracking_stop(Tracking *t, Client *c) noexcept nogil
cdef void tracking_forget(Tracking *t, Client *c) noexcept nogil
cdef void redirect_to(Tracker *of, Tracker *target) noexcept nogil
cdef void redirect_from(Tracker *of) noexcept nogil
cdef void redirect_away(Tracking *t, Tracker *of) noexcept nogil
cdef bint tracking_remember(
    Tracking *t, const Tracker *of, const char *key, size_t n, uint64_t h) noexcept nogil
cdef bint tracked_add(Tracking *t, Entry *e, uint64_t id) noexcept nogil
cdef Intset both_ids(Tracking *t, Intset ids, int64_t a, int64_t b) noexcept nogil
cdef void tracked_free(Tracking *t, Entry *e) noexcept nogil
cdef bint prefix_add(Tracking *t, Tracker *of, const char *p, size_t n) noexcept nogil
cdef void prefix_leave(Tracking *t, Prefix *prefix, const Tracker *of) noexcept nogil
cdef Prefix *prefix_new(Tracking *t, uint32_t place, const char *p, size_t n) noexcept nogil
cdef void prefix_drop_empty(Tracking *t, Prefix *prefix) noexcept nogil
cdef uint32_t prefix_place(Prefix **prefixes, uint32_t count, const char *p, size_t n) noexcept nogil
cdef Prefix *prefix_at(Tracking *t, uint32_t place, const char *p, size_t n) noexcept nogil
cdef bint has_prefix(Tracking *t, const char *key, size_t n) noexcept nogil
cdef void change_note(Tracking *t, const char *key, size_t n, uint64_t by) noexcept nogil
cdef void *room_for_one(Heap *heap, void *items, uint32_t count, uint32_t *capacity) noexcept nogil
cdef uint32_t tracked_count(const Entry *e) noexcept nogil
cdef uint64_t tracked_id(const Entry *e, uint32_t i) noexcept nogil

cdef inline Tracker *tracker(const Client *c) noexcept nogil:
    """What is known of c as a tracker; NULL: it is none."""
    return <Tracker *>c.tracker

cdef inline bint is_tracking(const Client *c) noexcept nogil:
    return c.tracker != NULL and tracker(c).options & TRACK_ON != 0

cdef inline bint tracking_heeds(const Tracking *t) noexcept nogil:
    """Is there any key that somebody wants to be told of?"""
    return t.keys.count + t.prefix_count > 0

cdef inline Tracker *tracker_at(const Entry *e) noexcept nogil:
    return <Tracker *>entry_pointer(e)
