"""Databases: keys, and which of them expire. See database.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.clock cimport Clock
from kvik.engine.crc64 cimport Crc64
from kvik.engine.deadlines cimport Deadlines
from kvik.engine.entry cimport LAYOUT_EXPIRY, Entry, EntryPtr, Raw, Slot, entry_expiry
from kvik.engine.hashing cimport HashKey, hash_bytes
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.table cimport Table
from kvik.keyspace.effects cimport Effects
from kvik.keyspace.fields cimport FieldsPtr
from kvik.keyspace.lazy_free cimport LazyFree
from kvik.keyspace.libraries cimport Libraries
from kvik.keyspace.subscriptions cimport Subscriptions
from kvik.keyspace.tracking cimport Tracking
from kvik.keyspace.wait_queues cimport WaitQueues
from kvik.keyspace.watches cimport Watches

cdef struct Database:
    int id
    Table keys
    Table expiries              # the entries among them that expire
    uint64_t expire_cursor      # where active expiry goes on
    int64_t average_ttl         # in ms, of the expiring keys that active expiry saw last
    Deadlines hashes            # the hashes with fields that expire, by the next of these

cdef struct EncodingLimits:     # up to where collections keep their small form: the directives of these names
    int64_t hash_max_listpack_entries
    int64_t hash_max_listpack_value
    int64_t list_max_listpack_size
    int64_t list_compress_depth
    int64_t set_max_intset_entries
    int64_t set_max_listpack_entries
    int64_t set_max_listpack_value
    int64_t zset_max_listpack_entries
    int64_t zset_max_listpack_value
    int64_t stream_node_max_bytes
    int64_t stream_node_max_entries
    int64_t hll_sparse_max_bytes

ctypedef EncodingLimits *EncodingLimitsPtr

cdef struct Candidate:          # for eviction
    Entry *entry                # which may be gone: only its address says something
    uint64_t hash
    uint64_t score              # the higher, the less useful
    int db

cdef struct Eviction:           # see eviction.py
    int policy                  # EVICT_...
    bint only_expiring          # the volatile policies
    int samples                 # keys looked at for each that goes
    int64_t limit_us            # time for one call; 0: as long as it takes
    bint behind                 # time ran out
    int next_db                 # the random policies take the databases in turn
    size_t promised             # bytes handed to another thread to free, which may count as used yet
    int64_t exceeded_since_us   # when the limit was exceeded and no eviction helped; 0: it is not
    int pooled
    Candidate pool[16]          # by score

cdef struct Defrag:             # see defrag.py
    bint enabled                # activedefrag
    bint held                   # a child shares the pages
    size_t ignore_bytes         # the directives active-defrag-...
    int lower
    int upper
    int cycle_min
    int cycle_max
    int64_t slice_us
    bint running                # a pass is under way
    int64_t allowance_us        # what it may still take of this interval
    int database                # where it is
    uint64_t cursor
    bint at_end                 # of that database's keys; large collections may be left
    Raw *large[8]               # keys of large collections that are to be walked over
    int large_count
    uint64_t large_cursor       # in the last of these
    size_t waste_before         # when the pass began
    size_t moved_bytes          # since then
    size_t given_up             # waste that the last pass could not do much about, 0: it could
    uint64_t hits               # blocks moved, and looked at and left
    uint64_t misses
    uint64_t key_hits
    uint64_t key_misses
    int64_t since_us
    int64_t total_us

ctypedef Defrag *DefragPtr

cdef struct KeyspaceStats:
    uint64_t hits
    uint64_t misses
    uint64_t expired
    uint64_t expired_fields
    uint64_t evicted
    uint64_t exceeded_us        # for how long the limit of memory was exceeded
    double stale_percent        # estimate of expired keys still in memory
    uint64_t expire_time_cap
    uint64_t expire_cycle_us

ctypedef KeyspaceStats *KeyspaceStatsPtr

cdef struct Keyspace:
    Heap *heap
    Clock *clock
    HashKey hash_key
    uint64_t seed               # of random choices
    Database *databases
    int count
    uint64_t dirty              # changes since the server started
    Effects effects             # what has changed, for the append-only file
    bint replaying              # that file is being run again: nothing expires, for it says what did
    uint32_t lru_clock          # of this tick: seconds, or minutes and a fresh counter for LFU
    bint lfu
    int lfu_log_factor
    int lfu_decay_time
    bint expire_actively
    bint lazy_expire            # free expired values off the loop thread
    bint lazy_user_del          # DEL frees like UNLINK
    bint lazy_user_flush        # FLUSHDB and FLUSHALL are ASYNC unless told otherwise
    bint lazy_server_del        # likewise values that a command overwrites
    bint lazy_evict             # likewise what is evicted
    size_t memory_limit         # of what the heap has handed out: `maxmemory` less what is not the heap's
    Eviction eviction
    Defrag defrag
    int expire_effort
    int expire_database         # where active expiry goes on
    bint expire_timed_out       # a slow cycle began, or the last slice ended before the work did
    int64_t expire_again_us     # when a fast cycle has to come all the same; 0: it has not
    int64_t expire_allowance_us # what the slow cycle may still take
    int64_t expire_slice_end_us # when the last slice of any cycle ended
    int field_database          # where active expiry of hash fields goes on
    bint fields_behind          # there is some left to do: its cycle began, or its last slice ran out of time
    bint unlisted_hashes        # there was once no memory to list one: `Database.hashes` may not be all
    int64_t fields_end_us       # when that ended
    int upkeep_turn             # which kind of work had its slice last: upkeep.pxd
    KeyspaceStats stats
    EncodingLimits limits
    LazyFree lazy
    Crc64 crc
    bint compress               # strings of snapshots and DUMP: rdbcompression
    WaitQueues waiting          # clients that wait for keys
    Watches watches             # keys that clients watch
    Tracking tracking           # keys that clients have in their caches
    Subscriptions subscriptions # clients that messages are published to
    Libraries libraries         # the code of function libraries
    uint32_t events             # which are told to somebody: classes in tail.pxd. 0: none
    uint32_t published          # to whoever subscribes to them
    uint32_t hooked             # to `hook`
    void (*hook)(void *owner, int db, const char *key, size_t n, const char *event) noexcept nogil
    void *hook_owner

ctypedef Keyspace *KeyspacePtr
ctypedef Database *DatabasePtr

cdef bint keyspace_init(Keyspace *ks, Heap *heap, Clock *clock, const HashKey *key, int databases) noexcept nogil
cdef void keyspace_free(Keyspace *ks) noexcept nogil
cdef void keyspace_tick(Keyspace *ks) noexcept nogil
cdef Slot db_find(Keyspace *ks, Database *db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef bint db_add(Keyspace *ks, Database *db, Entry *e, uint64_t h) noexcept nogil
cdef bint db_load(Keyspace *ks, Database *db, Entry *e, uint64_t h) noexcept nogil
cdef bint db_replace(Keyspace *ks, Database *db, Slot slot, Entry *e, uint64_t h) noexcept nogil
cdef bint db_overwrite(Keyspace *ks, Database *db, Slot slot, Entry *e, uint64_t h) noexcept nogil
cdef bint db_supersede(Keyspace *ks, Database *db, Slot slot, Entry *e, uint64_t h) noexcept nogil
cdef bint put_in_place(Keyspace *ks, Database *db, Slot slot, Entry *e, uint64_t h) noexcept nogil
cdef Entry *db_remove(Keyspace *ks, Database *db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef bint db_delete(Keyspace *ks, Database *db, const char *key, size_t n, uint64_t h, bint lazy) noexcept nogil
cdef bint db_set_expiry(Keyspace *ks, Database *db, Slot slot, uint64_t h, int64_t when) noexcept nogil
cdef void db_swap_expiry(Keyspace *ks, Database *db, Entry *old, Entry *fresh, uint64_t h) noexcept nogil
cdef bint list_hash(Keyspace *ks, Database *db, Entry *e) noexcept nogil
cdef bint is_listed(const Entry *e) noexcept nogil
cdef void db_empty(Keyspace *ks, Database *db, bint lazy) noexcept nogil
cdef bint db_init(Keyspace *ks, Database *db, int id) noexcept nogil
cdef void db_swap(Database *a, Database *b) noexcept nogil

cdef inline int64_t expiry_now(const Keyspace *ks) noexcept nogil:
    """Up to which moment keys and fields have expired."""
    return 0 if ks.replaying else ks.clock.now_ms

cdef inline bint is_expired(const Keyspace *ks, const Entry *e) noexcept nogil:
    return e.layout & LAYOUT_EXPIRY and expiry_now(ks) > entry_expiry(e)

cdef inline uint64_t key_hash(const Keyspace *ks, const char *key, size_t n) noexcept nogil:
    return hash_bytes(&ks.hash_key, key, n)
