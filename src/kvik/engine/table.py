"""The hash table under keyspaces, hashes, sets and sorted sets.

**Where an entry lives.** A hash is read as a fraction of the whole hash space: of n buckets, hash h belongs to number
h * n / 2**64. So buckets stand in hash order, n can be any number, and a table grows by half at a time instead of
doubling. A bucket is one cache line: seven tags, seven pointers. A lookup reads the bucket, compares all tags at once,
and reads an entry whose tag fits: two cache misses, both of which can be prefetched. When a bucket is full, its last
slot points to a further bucket (chain).

**Growth in small steps.** A resize moves the buckets in order, so at any time the first `moved` buckets of `now` have
gone to `coming`, and the hash alone says which of the two arrays to look in: a lookup never looks in both. Each insert
moves just as many buckets as keeps the load at LOAD entries a bucket, so a growing table is always in some resize, and
its size follows its count closely: there is no moment when a doubled table stands half empty. Both arrays are made of
64 KiB segments; those of `now` are freed as soon as they are empty, those of `coming` made when they are reached.

        hash space   0 ------------------------- moved ---------------------------- 2**64
        now                (moved, freed)          | bucket | bucket | bucket | ...
        coming       | bucket | bucket | bucket |    (not yet made)

**Scan.** The cursor is a place in the hash space (its top 52 bits): everything below has been returned. It stays valid
whatever the table does meanwhile: an element that is there from start to end is returned, and by growth or shrinking
none twice.

**Random element.** A random place of a random chain is taken if an entry stands there, so that every entry is equally
likely.

**Walk.** What reads all entries at once goes through the buckets in their order, without a hash, and fetches the
entries some way ahead.

Costs: find, insert, remove, random O(1); scan O(buckets asked for).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import (
    heap_alloc,
    heap_alloc_aligned,
    heap_free,
    heap_free_aligned,
    heap_free_aligned_remote,
    heap_free_remote,
    heap_release,
)
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, GOLDEN_RATIO, mul_fold, part_start
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp, memset

# --- arrays of buckets -----------------------------------------------------------------------------------------------


def segment_bytes(buckets, s):
    left: uint64_t = buckets.count - (s << SEGMENT_SHIFT)
    return (left if left < SEGMENT_BUCKETS else SEGMENT_BUCKETS) * BUCKET_BYTES


def segment_count(buckets):
    return (buckets.count + SEGMENT_BUCKETS - 1) >> SEGMENT_SHIFT


def buckets_init(heap, buckets, count):
    """An array of `count` buckets, none of its segments there yet."""
    n: cython.size_t = ((count + SEGMENT_BUCKETS - 1) >> SEGMENT_SHIFT) * sizeof(BucketPtr)
    buckets.segments = cast(BucketPtrPtr, heap_alloc(heap, n))
    if buckets.segments == NULL:
        return False
    memset(buckets.segments, 0, n)
    buckets.count = count
    return True


def buckets_need(heap, buckets, i):
    """Make the segments up to that of bucket i that are not there."""
    s: uint64_t = i >> SEGMENT_SHIFT
    while buckets.segments[s] == NULL:
        buckets.segments[s] = cast(BucketPtr, heap_alloc_aligned(heap, segment_bytes(buckets, s)))
        if buckets.segments[s] == NULL:
            return False
        if s == 0:
            break
        s -= 1
        if buckets.segments[s] != NULL:
            break
    return True


def buckets_drop_segment(heap, buckets, s):
    if buckets.segments[s] != NULL:
        heap_free_aligned(heap, buckets.segments[s], segment_bytes(buckets, s))
        buckets.segments[s] = NULL


def buckets_free(heap, buckets):
    """Free the array with all its segments (not what they hold)."""
    s: uint64_t
    n: uint64_t = segment_count(buckets)
    if buckets.count == 0:
        return
    for s in range(n):
        buckets_drop_segment(heap, buckets, s)
    heap_free(heap, buckets.segments, n * sizeof(BucketPtr))
    buckets.count = 0
    buckets.segments = NULL


# --- chains ----------------------------------------------------------------------------------------------------------


def chain_add(t, b, e, tag):
    """Put e into the first empty slot of the chain that starts at b. False without memory for a further bucket."""
    empty: uint64_t = slots_empty(b)
    depth: uint64_t = 1
    i: cython.int
    more: BucketPtr
    while empty == 0 and b.chained:
        b = next_in_chain(b)
        empty = slots_empty(b)
        depth += SLOTS - 1
    if empty == 0:
        more = cast(BucketPtr, heap_alloc_aligned(t.heap, BUCKET_BYTES))
        if more == NULL:
            return False
        more.tags[0] = b.tags[SLOTS - 1]
        more.slots[0] = b.slots[SLOTS - 1]
        b.tags[SLOTS - 1] = 0
        b.slots[SLOTS - 1] = cast(EntryPtr, cast(cython.p_void, more))
        b.chained = 1
        t.chained += 1
        depth += SLOTS - 1
        b = more
        i = 1
    else:
        i = low_byte(empty)
    b.tags[i] = tag
    b.slots[i] = e
    if depth + i > t.longest_coming:
        t.longest_coming = depth + i
        if depth + i > t.longest:
            t.longest = depth + i
    return True


def chain_remove(t, first, b, i):
    """Take slot i of bucket b out of the chain that starts at `first`; the chain's last entry fills the hole."""
    before: BucketPtr = NULL
    last: BucketPtr = first
    j: cython.int = SLOTS - 1
    while last.chained:
        before = last
        last = next_in_chain(last)
    while last.tags[j] == 0:
        j -= 1
    b.tags[i] = last.tags[j]
    b.slots[i] = last.slots[j]
    last.tags[j] = 0
    last.slots[j] = NULL
    if j == 0 and before != NULL:
        before.chained = 0
        before.slots[SLOTS - 1] = NULL
        heap_free_aligned(t.heap, last, BUCKET_BYTES)
        t.chained -= 1


def chain_free(t, b):
    """Free the buckets behind b."""
    free_links(t, b, free_here)
    b.chained = 0
    b.slots[SLOTS - 1] = NULL


def chain_nth(first, n, spot):
    """The n-th place of the chain, from 0. False: it has no more than n. Chains have no holes but at their end."""
    b: BucketPtr = first
    while b.chained and n >= SLOTS - 1:
        b = next_in_chain(b)
        n -= SLOTS - 1
    if n >= SLOTS or b.tags[n] == 0:
        return False
    spot.first = first
    spot.bucket = b
    spot.slot = cast(cython.int, n)
    return True


# --- resizing --------------------------------------------------------------------------------------------------------


def resize_start(t, count):
    if not buckets_init(t.heap, address(t.coming), count):
        return False
    t.moved = 0
    t.longest_coming = 0
    return True


def resize_finish(t):
    buckets_free(t.heap, address(t.now))
    t.now = t.coming
    t.longest = t.longest_coming
    t.coming.count = 0
    t.coming.segments = NULL
    t.moved = 0


def move_bucket(t):
    """Move the next bucket of `now` into `coming`. False when memory is short: then nothing has changed."""
    i: uint64_t = t.moved
    first: BucketPtr = bucket_at(address(t.now), i)
    j: cython.int
    if not buckets_need(t.heap, address(t.coming), mul_high(part_start(i + 1, t.now.count) - 1, t.coming.count)):
        return False
    if i + 2 < t.now.count and ((i + 2) & (SEGMENT_BUCKETS - 1)) > 1:
        # What the next two steps will read: entries of the next bucket, then the bucket after that.
        for j in range(SLOTS):
            prefetch((first + 1).slots[j])
        prefetch(first + 2)
    if not move_entries(t, first):
        move_back(t, first)
        return False
    chain_free(t, first)
    t.moved = i + 1
    if (t.moved & (SEGMENT_BUCKETS - 1)) == 0:
        buckets_drop_segment(t.heap, address(t.now), i >> SEGMENT_SHIFT)
    if t.moved == t.now.count:
        resize_finish(t)
    return True


def move_entries(t, first):
    """Put the entries of a chain of `now` into `coming`; their tags in the old chain become 0."""
    b: BucketPtr = first
    e: EntryPtr
    h: uint64_t
    j: cython.int
    while b != NULL:
        for j in range(SLOTS):
            if b.tags[j] == 0:
                continue
            e = b.slots[j]
            h = hash_bytes(t.key, entry_key(e), entry_key_length(e))
            if not chain_add(t, bucket_at(address(t.coming), mul_high(h, t.coming.count)), e, b.tags[j]):
                return False
            b.tags[j] = 0
        b = next_in_chain(b)
    return True


def move_back(t, first):
    """Undo `move_entries`, which ran out of memory: slots with an entry but no tag are those that had been moved."""
    b: BucketPtr = first
    target: BucketPtr
    c: BucketPtr
    e: EntryPtr
    h: uint64_t
    j: cython.int
    k: cython.int
    while b != NULL:
        for j in range(SLOTS - 1 if b.chained else SLOTS):
            e = b.slots[j]
            if b.tags[j] != 0 or e == NULL:
                continue
            h = hash_bytes(t.key, entry_key(e), entry_key_length(e))
            b.tags[j] = tag_of(h)
            target = bucket_at(address(t.coming), mul_high(h, t.coming.count))
            c = target
            k = 0
            while c.slots[k] != e:
                k += 1
                if k == SLOTS:
                    c = next_in_chain(c)
                    k = 0
            chain_remove(t, target, c, k)
        b = next_in_chain(b)


def resize_step(t, steps):
    while steps > 0 and t.coming.count != 0 and move_bucket(t):
        steps -= 1


def grow_step(t):
    """After an insert: move as many buckets as keep the load at LOAD entries a bucket.

    That is one bucket at most, unless growth had to wait, for memory or for shrinking to end: then MOVES_MAX, until it
    has caught up.
    """
    excess: uint64_t
    _: cython.int
    if t.count <= LOAD * t.now.count:
        return
    if t.coming.count == 0:
        if not resize_start(t, t.now.count + (t.now.count >> 1) + 1):
            return
    if t.coming.count < t.now.count:
        resize_step(t, MOVES_MAX)   # it was shrinking: get that done first
        return
    excess = t.count - LOAD * t.now.count
    for _ in range(MOVES_MAX):
        if t.moved * LOAD * (t.coming.count - t.now.count) >= excess * t.now.count:
            return
        if not move_bucket(t) or t.coming.count == 0:
            return


def shrink_step(t):
    """After a removal: below 2 entries a bucket, go down to two thirds of the buckets.

    In that many moves a removal, the load rises from one shrinking to the next even if growth had to end first.
    """
    if t.count >= 2 * t.now.count or t.now.count == 1:
        return
    if t.coming.count == 0:
        if not resize_start(t, t.now.count - t.now.count // 3 if t.now.count > 2 else 1):
            return
    resize_step(t, MOVES_MAX)


def table_fit(t):
    """After many removals at once: take on the size that suits the count, in one go. It stays as it is without memory."""
    while t.coming.count != 0:
        if not move_bucket(t):
            return
    if t.count < 2 * t.now.count and t.now.count > 1 and resize_start(t, t.count // LOAD + 1):
        while t.coming.count != 0:
            if not move_bucket(t):
                return


# --- the table -------------------------------------------------------------------------------------------------------


def table_init(t, heap, key):
    """An empty table. `key` must stay where it is. False when memory is short."""
    memset(t, 0, sizeof(Table))
    t.heap = heap
    t.key = key
    if not buckets_init(heap, address(t.now), 1):
        return False
    if buckets_need(heap, address(t.now), 0):
        return True
    buckets_free(heap, address(t.now))
    return False


def table_free(t):
    """Free the table, not the entries (scan them first)."""
    s: uint64_t
    table_free_chains(t, free_here)
    for s in range(table_segments(t)):
        table_free_segment(t, s)
    table_free_shell(t)


def free_here(heap, p, n):
    heap_free_aligned(heap, p, n)


def table_release(t, remote):
    """`table_free`, also for a thread that does not own the heap (`remote`)."""
    table_free_chains(t, heap_free_remote if remote else free_here)
    buckets_release(t.heap, address(t.now), remote)
    buckets_release(t.heap, address(t.coming), remote)
    t.count = 0
    t.moved = 0


def buckets_release(heap, buckets, remote):
    s: uint64_t
    n: uint64_t = segment_count(buckets)
    if buckets.count == 0:
        return
    for s in range(n):
        if buckets.segments[s] == NULL:
            continue
        if remote:
            heap_free_aligned_remote(heap, buckets.segments[s], segment_bytes(buckets, s))
        else:
            heap_free_aligned(heap, buckets.segments[s], segment_bytes(buckets, s))
    heap_release(heap, buckets.segments, n * sizeof(BucketPtr), remote)
    buckets.count = 0
    buckets.segments = NULL


def table_free_chains(t, release):
    """Free the buckets beyond the first of each chain with `release`. (Freeing in parts: this, segments, shell.)"""
    i: uint64_t
    for i in range(t.moved, t.now.count):
        free_links(t, bucket_at(address(t.now), i), release)
    for i in range(t.coming.count):
        if t.coming.segments[i >> SEGMENT_SHIFT] == NULL:
            break
        free_links(t, bucket_at(address(t.coming), i), release)


def free_links(t, b, release):
    more: BucketPtr = next_in_chain(b)
    following: BucketPtr
    while more != NULL:
        following = next_in_chain(more)
        release(t.heap, more, BUCKET_BYTES)
        t.chained -= 1
        more = following


def table_segments(t):
    return segment_count(address(t.now)) + segment_count(address(t.coming))


def table_free_segment(t, s):
    """Free segment s of table_segments(t)."""
    n: uint64_t = segment_count(address(t.now))
    if s < n:
        buckets_drop_segment(t.heap, address(t.now), s)
    else:
        buckets_drop_segment(t.heap, address(t.coming), s - n)


def table_free_shell(t):
    """Free what is left of a table without chains and segments."""
    buckets_free(t.heap, address(t.now))
    buckets_free(t.heap, address(t.coming))
    t.count = 0
    t.moved = 0


def table_find(t, key, n, h):
    """The slot of the entry with this key, or NULL. Good until the next insert or remove."""
    pattern: uint64_t = BYTES_01 * tag_of(h)
    b: BucketPtr = bucket_of(t, h)
    found: uint64_t
    e: EntryPtr
    i: cython.int
    while b != NULL:
        found = tag_matches(b, pattern)
        while found != 0:
            i = low_byte(found)
            e = b.slots[i]
            if entry_key_length(e) == n and memcmp(entry_key(e), key, n) == 0:
                return address(b.slots[i])
            found &= found - 1
        b = next_in_chain(b)
    return NULL


def table_find_entry(t, e, h):
    """The slot in which this very entry stands, or NULL. `e` may have been freed: only its address is looked at."""
    b: BucketPtr = bucket_of(t, h)
    found: uint64_t
    while b != NULL:
        found = tag_matches(b, BYTES_01 * tag_of(h))
        while found != 0:
            if b.slots[low_byte(found)] == e:
                return address(b.slots[low_byte(found)])
            found &= found - 1
        b = next_in_chain(b)
    return NULL


def table_insert(t, e, h):
    """Add an entry whose key is not in the table. False when memory is short."""
    if not chain_add(t, bucket_of(t, h), e, tag_of(h)):
        return False
    t.count += 1
    grow_step(t)
    return True


def table_remove(t, key, n, h):
    """Take the entry with this key out and return it, or NULL. It is the caller's to free."""
    pattern: uint64_t = BYTES_01 * tag_of(h)
    first: BucketPtr = bucket_of(t, h)
    b: BucketPtr = first
    found: uint64_t
    e: EntryPtr
    i: cython.int
    while b != NULL:
        found = tag_matches(b, pattern)
        while found != 0:
            i = low_byte(found)
            e = b.slots[i]
            if entry_key_length(e) == n and memcmp(entry_key(e), key, n) == 0:
                chain_remove(t, first, b, i)
                t.count -= 1
                shrink_step(t)
                return e
            found &= found - 1
        b = next_in_chain(b)
    return NULL


def table_reserve(t, count):
    """Make room for `count` entries in an empty table, so that it need not grow to them. False: no memory, or not empty.

    It does not keep the room: a table that stays nearly empty shrinks with the next removal.
    """
    fresh: Buckets
    n: uint64_t = count // LOAD + 1
    if t.count != 0 or t.coming.count != 0 or n <= t.now.count:
        return False
    if not buckets_init(t.heap, address(fresh), n):
        return False
    if not buckets_need(t.heap, address(fresh), n - 1):
        buckets_free(t.heap, address(fresh))
        return False
    buckets_free(t.heap, address(t.now))
    t.now = fresh
    return True


def random_next(seed):
    """The next number of a splitmix64 sequence: quick and even, not secret."""
    seed[0] += GOLDEN_RATIO
    return mul_fold(seed[0] ^ (seed[0] >> 30), GOLDEN_RATIO)


def buckets_reached(t):
    """The buckets of `coming` that may hold entries: the first so many."""
    if t.moved == 0:
        return 0
    return mul_high(part_start(t.moved, t.now.count) - 1, t.coming.count) + 1


def bucket_in_order(t, reached, i):
    """The i-th bucket in use, in order of hash, where the first `reached` are those of `coming`."""
    if i < reached:
        return bucket_at(address(t.coming), i)
    return bucket_at(address(t.now), t.moved + i - reached)


def table_random(t, seed):
    """An entry, each with the same probability; NULL if there is none. O(1) on average."""
    spot: Spot
    return table_random_spot(t, seed, address(spot))


def table_random_spot(t, seed, spot):
    """`table_random`, and where the entry stands, for `table_take`.

    RANDOM_TRIES places are drawn and fetched at once, and the first of them where an entry stands is taken.
    """
    reached: uint64_t = buckets_reached(t)
    count: uint64_t = t.now.count - t.moved + reached
    firsts: BucketPtr[RANDOM_TRIES]
    depths: uint64_t[RANDOM_TRIES]
    drawn: uint64_t
    i: cython.int
    if t.count == 0:
        return NULL
    while True:
        for i in range(RANDOM_TRIES):
            drawn = random_next(seed)
            firsts[i] = bucket_in_order(t, reached, mul_high(drawn, count))
            prefetch(firsts[i])
            depths[i] = mul_high(drawn * count, t.longest)      # what is left of the number is random as well
        for i in range(RANDOM_TRIES):
            if chain_nth(firsts[i], depths[i], spot):
                return spot.bucket.slots[spot.slot]


def table_sample(t, seed, found, count):
    """Up to `count` entries that stand near each other, at a random place. Returns how many; 0 only if there is none.

    Each entry is about as likely as any other, but they are not drawn independently: that takes a way to memory for
    each, this one for all. Of a nearly empty table, fewer than `count` come.
    """
    reached: uint64_t = buckets_reached(t)
    total: uint64_t = t.now.count - t.moved + reached
    drawn: uint64_t
    at: uint64_t
    passed: uint64_t
    left: cython.int = SAMPLE_BUCKETS * count
    n: cython.int = 0
    if t.count == 0:
        return 0
    drawn = random_next(seed)
    at = mul_high(drawn, total)
    passed = mul_high(drawn * total, t.longest)     # of the first chain, or its end would never be reached
    while n < count and left > 0:
        n = chain_collect(bucket_in_order(t, reached, at), passed, found, n, count)
        passed = 0
        at = at + 1 if at + 1 < total else 0
        left -= 1
    if n == 0:
        found[0] = table_random(t, seed)
        return 1
    return n


def chain_collect(b, passed, found, n, count):
    """Put the chain's entries but the first `passed` behind the n of `found`, up to `count` in all. Returns how many
    are there then.
    """
    i: cython.int
    links: cython.int
    while True:
        links = 1 if b.chained else 0
        for i in range(SLOTS - links):
            if n == count or b.tags[i] == 0:
                return n
            if passed > 0:
                passed -= 1
                continue
            found[n] = b.slots[i]
            n += 1
        if links == 0:
            return n
        b = next_in_chain(b)


def table_take(t, spot):
    """Take out the entry at `spot` and return it: the caller's to free."""
    e: EntryPtr = spot.bucket.slots[spot.slot]
    chain_remove(t, spot.first, spot.bucket, spot.slot)
    t.count -= 1
    shrink_step(t)
    return e


# --- walking ---------------------------------------------------------------------------------------------------------


def table_walk(walk, t):
    """Begin a walk through all entries. The table must not change until it ends."""
    walk.table = t
    walk.next = 0
    walk.reached = buckets_reached(t)
    walk.bucket = NULL
    walk.slot = 0


def table_walk_next(walk, entries, room):
    """The next entries, `room` at most, on their way into the cache; how many, 0 at the end."""
    t: TablePtr = walk.table
    end: uint64_t = t.now.count - t.moved + walk.reached
    n: cython.int = 0
    while n < room:
        if walk.bucket == NULL:
            if walk.next == end:
                break
            walk.bucket = bucket_in_order(t, walk.reached, walk.next)
            walk.slot = 0
            walk.next += 1
        while walk.slot < SLOTS and walk.bucket.tags[walk.slot] != 0 and n < room:
            entries[n] = walk.bucket.slots[walk.slot]
            prefetch(entries[n])
            walk.slot += 1
            n += 1
        if walk.slot == SLOTS or walk.bucket.tags[walk.slot] == 0:
            walk.bucket = next_in_chain(walk.bucket)
            walk.slot = 0
    return n


def sweep_chain(t, first, goes, context):
    b: BucketPtr = first
    i: cython.int = 0
    is_last: cython.bint
    while b != NULL:
        if i == SLOTS or b.tags[i] == 0:
            b = next_in_chain(b)
            i = 0
        elif goes(context, b.slots[i]):
            is_last = b != first and not b.chained and i == 0 and b.tags[1] == 0
            chain_remove(t, first, b, i)    # the last of the chain, not asked about yet, stands here now
            t.count -= 1
            if is_last:
                return                      # its bucket is gone
        else:
            i += 1


def table_sweep(t, goes, context):
    """Take out every entry for which `goes` says so (it may free it). It is asked once for each. O(entries)."""
    reached: uint64_t = buckets_reached(t)
    end: uint64_t = t.now.count - t.moved + reached
    first: BucketPtr
    i: uint64_t
    j: cython.int
    for i in range(end):
        if i + 1 < end:
            first = bucket_in_order(t, reached, i + 1)
            for j in range(SLOTS):
                prefetch(first.slots[j])
        sweep_chain(t, bucket_in_order(t, reached, i), goes, context)
    table_fit(t)


def scan_chain(t, b, start, each, context):
    """Call each(entry) for the entries of the chain whose hash is at least `start` (0: all)."""
    e: EntryPtr
    j: cython.int
    while b != NULL:
        for j in range(SLOTS):
            if b.tags[j] != 0:
                e = b.slots[j]
                if start == 0 or hash_bytes(t.key, entry_key(e), entry_key_length(e)) >= start:
                    each(context, e)
        b = next_in_chain(b)


def table_scan(t, cursor, buckets, each, context):
    """Call `each` for the entries of the next `buckets` buckets from `cursor` on (0: the start).

    Returns the cursor to go on with, 0 at the end. `each` must not change the table or free entries: a cursor is
    coarser than a place in it, so the next call may look at entries of this one again.
    """
    start: uint64_t = cursor << CURSOR_SHIFT
    following: uint64_t
    first: uint64_t
    boundary: uint64_t = part_start(t.moved, t.now.count)
    i: uint64_t
    b: BucketPtr
    while buckets > 0 or (start >> CURSOR_SHIFT) <= cursor:
        i = mul_high(start, t.now.count)
        if i < t.moved:
            i = mul_high(start, t.coming.count)
            b = bucket_at(address(t.coming), i)
            first = part_start(i, t.coming.count)
            following = part_start(i + 1, t.coming.count)
            if following > boundary:
                following = boundary
        else:
            b = bucket_at(address(t.now), i)
            first = part_start(i, t.now.count)
            following = part_start(i + 1, t.now.count)
        scan_chain(t, b, start if start > first else 0, each, context)
        if following == ALL_ONES:
            return 0
        start = following
        if buckets > 0:
            buckets -= 1
    return start >> CURSOR_SHIFT


def table_each(t, each, context):
    """Call `each` for every entry, once. It may free the entry, if the table is freed next."""
    table_scan(t, 0, ALL_ONES, each, context)


def table_bytes(t):
    """What the table takes beside its entries."""
    n: cython.size_t = t.chained * BUCKET_BYTES + (segment_count(address(t.now)) + segment_count(address(t.coming))) * 8
    return n + (t.now.count - t.moved + buckets_reached(t)) * BUCKET_BYTES
