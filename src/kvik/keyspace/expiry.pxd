"""Expiry: removing keys whose time is up. See expiry.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.wire.parser cimport CharPtr
from kvik.keyspace.database cimport Database, DatabasePtr, Keyspace, KeyspacePtr

cdef enum:
    EXPIRED_MAX = 512           # keys collected from one stretch of the table
    SLICE_US = 500              # that a cycle takes at once
    AGAIN_US = 20000            # between the end of the work and a fast cycle, while keys expire one after another
    ENOUGH_DEAD = 500           # it stays while more than 10 (with the least effort) in so many keys are dead
    STRETCH_BUCKETS = 8         # buckets looked at between two looks at the time

cdef struct ExpireScan:
    int64_t now
    uint64_t seen
    uint64_t expired
    int64_t ttl_total           # of those still alive
    uint64_t alive
    int count
    Entry *found[512]

ctypedef ExpireScan *ExpireScanPtr

cdef void expire_key(Keyspace *ks, Database *db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef void expire_long_key(Keyspace *ks, Database *db, const Entry *e, size_t n) noexcept nogil
cdef void expire_begin(Keyspace *ks, int hz) noexcept nogil
cdef bint expire_slice(Keyspace *ks) noexcept nogil
cdef uint64_t expire_stretch(Keyspace *ks, Database *db, uint64_t cursor, ExpireScan *scan) noexcept nogil
cdef void expire_due(Keyspace *ks) noexcept nogil
cdef bint is_time_for_more(Keyspace *ks, int64_t now) noexcept nogil
cdef void account_slice(Keyspace *ks, int64_t us) noexcept nogil
cdef void collect_expired(void *context, Entry *e) noexcept nogil
cdef bint expire_database(Keyspace *ks, Database *db, int64_t deadline_us, ExpireScan *scan) noexcept nogil
cdef void update_estimates(Keyspace *ks, Database *db, const ExpireScan *scan) noexcept nogil
