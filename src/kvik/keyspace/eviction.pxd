"""Eviction: keeping to `maxmemory`. See eviction.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.table cimport Table, TablePtr
from kvik.keyspace.database cimport Candidate, Database, DatabasePtr, Eviction, Keyspace

ctypedef Eviction *EvictionPtr
ctypedef Candidate *CandidatePtr

cdef enum:                      # Eviction.policy
    EVICT_NOTHING = 0
    EVICT_LRU = 1
    EVICT_LFU = 2
    EVICT_RANDOM = 3
    EVICT_TTL = 4

cdef enum:                      # what `evict` came to
    EVICTED_ENOUGH = 0
    EVICTED_SOME = 1            # time ran out: it goes on before the loop waits
    EVICTED_ALL = 2             # there is nothing more that may go

cdef enum:
    POOL = 16                   # candidates that are remembered
    SAMPLES_MAX = 64
    LOOK_EVERY = 16             # keys evicted between two looks at the time

cdef int evict(Keyspace *ks) noexcept nogil
cdef int evict_until(Keyspace *ks, int64_t start) noexcept nogil
cdef void eviction_account(Keyspace *ks, bint exceeded) noexcept nogil
cdef bint holds_too_much(Keyspace *ks) noexcept nogil
cdef void evict_entry(Keyspace *ks, Database *db, Entry *e, uint64_t h) noexcept nogil
cdef Entry *choose(Keyspace *ks, Candidate *chosen) noexcept nogil
cdef Entry *choose_random(Keyspace *ks, Candidate *chosen) noexcept nogil
cdef Entry *choose_worst(Keyspace *ks, Candidate *chosen) noexcept nogil
cdef bint fill_pool(Keyspace *ks) noexcept nogil
cdef void sample(Keyspace *ks, Database *db) noexcept nogil
cdef void remember(Eviction *x, const Candidate *candidate) noexcept nogil
cdef uint64_t uselessness(const Keyspace *ks, const Entry *e) noexcept nogil

cdef inline Table *choices(const Keyspace *ks, Database *db) noexcept nogil:
    """What the policy chooses from."""
    return &db.expiries if ks.eviction.only_expiring else &db.keys
