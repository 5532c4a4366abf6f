"""The hash table. See table.py for how it works.

    bucket, 64 bytes
    | 7 tags | chained | slot 0 | slot 1 | ...                    | slot 6 |
      7 x 1 B   1 B      8 B                                        8 B, the next bucket when `chained`

A tag is the low byte of the entry's hash, 1 for 0. An empty slot has tag 0 and holds NULL; a link has tag 0 too, so
that no lookup takes it for an entry.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from kvik.engine.entry cimport (
    ENCODING_INT, LAYOUT_WORD, Entry, EntryPtr, Slot, entry_bytes, entry_encoding, entry_pointer)
from kvik.engine.hashing cimport HashKey, Text
from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport BYTES_01, BYTES_7F, SIX_TAG_BYTES, TAG_BYTES, load64, low_byte, mul_high, prefetch

cdef enum:
    SLOTS = 7
    BUCKET_BYTES = 64
    SEGMENT_BUCKETS = 1024      # 64 KiB, a span of the heap
    SEGMENT_SHIFT = 10
    LOAD = 5                    # entries a bucket that growth keeps to
    MOVES_MAX = 4               # buckets that one insert or removal moves at most
    RANDOM_TRIES = 4            # places that a random choice fetches at once
    LINE = 64                   # of the cache
    PREFETCH_FIRST = 120        # in the first line of an entry that table_prefetch_entry leaves out
    PREFETCH_MOST = 1152        # bytes of an entry that are prefetched; the rest is the hardware's
    SAMPLE_BUCKETS = 10         # that table_sample looks into for each entry it wants, at most
    CURSOR_SHIFT = 12           # scan cursors are the top 52 bits of a hash: exact in a double too

cdef struct Bucket:
    uint8_t tags[7]
    uint8_t chained
    EntryPtr slots[7]

ctypedef Bucket *BucketPtr
ctypedef BucketPtr *BucketPtrPtr

cdef struct Buckets:
    uint64_t count              # 0: none
    Bucket **segments           # of SEGMENT_BUCKETS each, the last as long as it needs to be; NULL: not there

ctypedef Buckets *BucketsPtr

cdef struct Table:
    Heap *heap
    const HashKey *key
    uint64_t count              # entries
    Buckets now
    Buckets coming              # count 0 unless the table is being resized
    uint64_t moved              # the first `moved` buckets of `now` have gone into `coming`
    uint64_t chained            # buckets beyond the first in their chain
    uint64_t longest            # no chain has more entries than this
    uint64_t longest_coming     # likewise none of `coming`

ctypedef Table *TablePtr

cdef struct TableWalk:          # a walk through a table that does not change meanwhile, in order of hash by buckets
    Table *table
    uint64_t next               # the bucket to go on with: those of `coming` count first, then the rest of `now`
    uint64_t reached            # buckets of `coming` in use
    Bucket *bucket              # where the walk stands, NULL: before `next`
    int slot

ctypedef TableWalk *TableWalkPtr

cdef struct Spot:               # where an entry stands: good until the table changes
    Bucket *first               # of its chain
    Bucket *bucket
    int slot

ctypedef Spot *SpotPtr
ctypedef void (*FreeFunction)(Heap *heap, void *p, size_t n) noexcept nogil
ctypedef void (*ScanFunction)(void *context, Entry *e) noexcept nogil
ctypedef bint (*SweepFunction)(void *context, Entry *e) noexcept nogil

cdef inline uint8_t tag_of(uint64_t h) noexcept nogil:
    return <uint8_t>(h & 255) if (h & 255) != 0 else 1

cdef inline uint64_t tag_matches(const Bucket *b, uint64_t pattern) noexcept nogil:
    """One bit (the top of its byte) for each slot whose tag is the one repeated in `pattern`. Exact."""
    cdef uint64_t x = load64(b) ^ pattern
    return ~(((x & BYTES_7F) + BYTES_7F) | x | BYTES_7F) & TAG_BYTES

cdef inline uint64_t slots_empty(const Bucket *b) noexcept nogil:
    return tag_matches(b, 0) & (SIX_TAG_BYTES if b.chained else TAG_BYTES)

cdef inline Bucket *next_in_chain(const Bucket *b) noexcept nogil:
    """The bucket behind b, or NULL."""
    return <Bucket *><void *>b.slots[SLOTS - 1] if b.chained else NULL

cdef inline Bucket *bucket_at(const Buckets *buckets, uint64_t i) noexcept nogil:
    return buckets.segments[i >> SEGMENT_SHIFT] + (i & (SEGMENT_BUCKETS - 1))

cdef inline Bucket *bucket_of(const Table *t, uint64_t h) noexcept nogil:
    """The first bucket of the chain where hash h lives."""
    cdef uint64_t i = mul_high(h, t.now.count)
    if i < t.moved:
        return bucket_at(&t.coming, mul_high(h, t.coming.count))
    return bucket_at(&t.now, i)

cdef inline void table_prefetch_bucket(const Table *t, uint64_t h) noexcept nogil:
    prefetch(bucket_of(t, h))

cdef inline Entry *table_prefetch_entry(const Table *t, uint64_t h) noexcept nogil:
    """Prefetch the entry that h probably belongs to, and say which (for its value), or NULL."""
    cdef Bucket *b = bucket_of(t, h)
    cdef uint64_t found = tag_matches(b, BYTES_01 * tag_of(h))
    cdef Entry *e
    if found == 0:
        if b.chained:
            prefetch(b.slots[SLOTS - 1])
        return NULL
    e = b.slots[low_byte(found)]
    prefetch(e)
    prefetch(<char *>e + 56)
    return e

cdef inline void table_prefetch_value(const Table *t, uint64_t h) noexcept nogil:
    """In a table of keys, prefetch what the entry of table_prefetch_entry, which has come by now, holds beyond its first
    lines: a block of its own, or the lines of a long value. (The table may have changed: the entry is looked for anew.)
    """
    cdef Bucket *b = bucket_of(t, h)
    cdef uint64_t found = tag_matches(b, BYTES_01 * tag_of(h))
    cdef Entry *e
    cdef size_t n
    cdef size_t at = PREFETCH_FIRST
    if found == 0:
        return
    e = b.slots[low_byte(found)]
    if e.layout & LAYOUT_WORD:
        if entry_encoding(e) != ENCODING_INT:
            prefetch(entry_pointer(e))
        return
    n = entry_bytes(e)
    n = n if n < PREFETCH_MOST else PREFETCH_MOST
    while at < n:
        prefetch(<char *>e + at)
        at += LINE

cdef bint table_init(Table *t, Heap *heap, const HashKey *key) noexcept nogil
cdef void table_free(Table *t) noexcept nogil
cdef void table_release(Table *t, bint remote) noexcept nogil
cdef void buckets_release(Heap *heap, Buckets *buckets, bint remote) noexcept nogil
cdef void table_free_chains(Table *t, FreeFunction release) noexcept nogil
cdef uint64_t table_segments(const Table *t) noexcept nogil
cdef void table_free_segment(Table *t, uint64_t s) noexcept nogil
cdef void table_free_shell(Table *t) noexcept nogil
cdef void free_here(Heap *heap, void *p, size_t n) noexcept nogil
cdef void free_links(Table *t, Bucket *b, FreeFunction release) noexcept nogil
cdef Slot table_find(Table *t, const char *key, size_t n, uint64_t h) noexcept nogil
cdef Slot table_find_entry(Table *t, const Entry *e, uint64_t h) noexcept nogil
cdef bint table_insert(Table *t, Entry *e, uint64_t h) noexcept nogil
cdef Entry *table_remove(Table *t, const char *key, size_t n, uint64_t h) noexcept nogil
cdef bint table_reserve(Table *t, uint64_t count) noexcept nogil
cdef Entry *table_random(Table *t, uint64_t *seed) noexcept nogil
cdef Entry *table_random_spot(Table *t, uint64_t *seed, Spot *spot) noexcept nogil
cdef int table_sample(Table *t, uint64_t *seed, Entry **found, int count) noexcept nogil
cdef int chain_collect(Bucket *b, uint64_t passed, Entry **found, int n, int count) noexcept nogil
cdef Entry *table_take(Table *t, const Spot *spot) noexcept nogil
cdef void table_walk(TableWalk *walk, Table *t) noexcept nogil
cdef int table_walk_next(TableWalk *walk, Entry **entries, int room) noexcept nogil
cdef void table_sweep(Table *t, SweepFunction goes, void *context) noexcept nogil
cdef uint64_t table_scan(
    Table *t, uint64_t cursor, uint64_t buckets, ScanFunction each, void *context) noexcept nogil
cdef void table_each(Table *t, ScanFunction each, void *context) noexcept nogil
cdef size_t table_bytes(const Table *t) noexcept nogil
cdef uint64_t random_next(uint64_t *seed) noexcept nogil

cdef uint64_t segment_count(const Buckets *buckets) noexcept nogil
cdef size_t segment_bytes(const Buckets *buckets, uint64_t s) noexcept nogil
cdef bint buckets_init(Heap *heap, Buckets *buckets, uint64_t count) noexcept nogil
cdef bint buckets_need(Heap *heap, Buckets *buckets, uint64_t i) noexcept nogil
cdef void buckets_drop_segment(Heap *heap, Buckets *buckets, uint64_t s) noexcept nogil
cdef void buckets_free(Heap *heap, Buckets *buckets) noexcept nogil
cdef bint chain_add(Table *t, Bucket *b, Entry *e, uint8_t tag) noexcept nogil
cdef void chain_remove(Table *t, Bucket *first, Bucket *b, int i) noexcept nogil
cdef void chain_free(Table *t, Bucket *b) noexcept nogil
cdef bint chain_nth(Bucket *first, uint64_t n, Spot *spot) noexcept nogil
cdef uint64_t buckets_reached(const Table *t) noexcept nogil
cdef Bucket *bucket_in_order(const Table *t, uint64_t reached, uint64_t i) noexcept nogil
cdef bint resize_start(Table *t, uint64_t count) noexcept nogil
cdef void resize_finish(Table *t) noexcept nogil
cdef bint move_bucket(Table *t) noexcept nogil
cdef bint move_entries(Table *t, Bucket *first) noexcept nogil
cdef void move_back(Table *t, Bucket *first) noexcept nogil
cdef void resize_step(Table *t, int steps) noexcept nogil
cdef void grow_step(Table *t) noexcept nogil
cdef void shrink_step(Table *t) noexcept nogil
cdef void table_fit(Table *t) noexcept nogil
cdef void sweep_chain(Table *t, Bucket *first, SweepFunction goes, void *context) noexcept nogil
cdef void scan_chain(Table *t, Bucket *b, uint64_t start, ScanFunction each, void *context) noexcept nogil
