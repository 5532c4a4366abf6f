"""Finding the key a command names. See lookup.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot, entry_set_clock, entry_clock, entry_type
from kvik.engine.table cimport table_prefetch_bucket, table_prefetch_entry
from kvik.keyspace.call cimport Call
from kvik.keyspace.database cimport Database, Keyspace, KeyspacePtr

cdef enum:
    PREFETCH_MAX = 64           # keys of one command that are prefetched together

cdef struct Prefetched:         # hashes of the next keys of a command, their buckets and entries on the way
    uint64_t hashes[64]
    int first                   # argv index of the first
    int step
    int count

ctypedef Prefetched *PrefetchedPtr

cdef Entry *lookup_read(Call *call, int i, uint64_t h) noexcept nogil
cdef void missed(Call *call, const char *key, size_t n) noexcept nogil
cdef Entry *lookup_look(Call *call, int i, uint64_t h) noexcept nogil
cdef void count_look(Call *call, int i, const Entry *e) noexcept nogil
cdef Entry *lookup_peek(Call *call, int i, uint64_t h) noexcept nogil
cdef Slot lookup_write(Call *call, int i, uint64_t h) noexcept nogil
cdef bint delete_key(Call *call, int i, uint64_t h, bint lazy) noexcept nogil
cdef void delete_past(Call *call, int i, uint64_t h) noexcept nogil
cdef bint drop_if_expired(
    Keyspace *ks, Database *db, Slot slot, const char *key, size_t n, uint64_t h) noexcept nogil
cdef void touch(Call *call, Entry *e) noexcept nogil
cdef void mark_used(Keyspace *ks, Entry *e) noexcept nogil
cdef uint32_t lfu_touched(const Keyspace *ks, uint32_t clock, uint64_t *seed) noexcept nogil
cdef uint32_t lfu_decayed(const Keyspace *ks, uint32_t clock) noexcept nogil
cdef bint check_type(Call *call, const Entry *e, int kind) noexcept nogil
cdef void prefetch_keys(Call *call, Prefetched *ahead, int first, int step, int end) noexcept nogil
