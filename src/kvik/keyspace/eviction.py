"""Eviction: before a command runs with more memory in use than `maxmemory` allows, keys go until it does not.

Which ones, `maxmemory-policy` says. The random policies take any key. The others look at a few keys drawn at random
(`maxmemory-samples`) and remember the worst they ever saw in a pool, best last:

    sample ─▶ entry, hash, score ─▶ | worst of the pool ... | ... | ... | least useful | ─▶ evict

The score of a key is its idle time (LRU), how seldom it is used (LFU), or how soon it expires (TTL). What stands in the
pool may be gone meanwhile: so an entry is looked for at its place in the table, by its address, before it is touched; and
one that was used since has become more useful than its score says, and is passed over.

The work of one call is bounded in time (`maxmemory-eviction-tenacity`); what is left is done before the loop waits.
Values that take long to free are freed by another thread. What it has not given back yet does not count as used:
otherwise keys would have to go for memory that is on its way.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.entry import entry_clock, entry_expiry, entry_key, entry_key_length
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, prefetch, read_shared
from cython.cimports.kvik.engine.table import table_find_entry, table_random, table_sample
from cython.cimports.kvik.keyspace.database import db_remove, key_hash
from cython.cimports.kvik.keyspace.lazy_free import LAZY_EFFORT, lazy_collect, lazy_release
from cython.cimports.kvik.keyspace.lookup import lfu_decayed
from cython.cimports.kvik.keyspace.tail import key_evicted
from cython.cimports.kvik.keyspace.values import value_bytes, value_effort
from cython.cimports.libc.stdint import uint64_t


def evict(ks):
    """Make the memory in use fit into the limit. Does it? EVICTED_..."""
    x: EvictionPtr = address(ks.eviction)
    outcome: cython.int = EVICTED_ALL
    if not holds_too_much(ks):
        outcome = EVICTED_ENOUGH
    elif x.policy != EVICT_NOTHING:
        outcome = evict_until(ks, monotonic_us())
    x.behind = outcome == EVICTED_SOME
    eviction_account(ks, outcome != EVICTED_ENOUGH)
    return outcome


def evict_until(ks, start):
    x: EvictionPtr = address(ks.eviction)
    chosen: Candidate
    e: EntryPtr
    evicted: cython.int = 0
    while holds_too_much(ks):
        e = choose(ks, address(chosen))
        if e == NULL:
            return EVICTED_SOME if read_shared(address(ks.lazy.pending)) > 0 else EVICTED_ALL
        evict_entry(ks, address(ks.databases[chosen.db]), e, chosen.hash)
        evicted += 1
        if evicted % LOOK_EVERY == 0 and x.limit_us > 0 and monotonic_us() - start > x.limit_us:
            return EVICTED_SOME if holds_too_much(ks) else EVICTED_ENOUGH
    return EVICTED_ENOUGH


def holds_too_much(ks):
    """Is more in use than may be, not counting what another thread is freeing?"""
    x: EvictionPtr = address(ks.eviction)
    if ks.heap.used <= ks.memory_limit:
        return False
    if x.promised == 0:
        return True
    if read_shared(address(ks.lazy.pending)) == 0 and not lazy_collect(address(ks.lazy)):
        x.promised = 0
    return ks.heap.used > ks.memory_limit + x.promised


def eviction_account(ks, exceeded):
    """Note for how long the limit has been exceeded."""
    x: EvictionPtr = address(ks.eviction)
    if exceeded:
        if x.exceeded_since_us == 0:
            x.exceeded_since_us = monotonic_us()
    elif x.exceeded_since_us > 0:
        ks.stats.exceeded_us += cast(uint64_t, monotonic_us() - x.exceeded_since_us)
        x.exceeded_since_us = 0


def evict_entry(ks, db, e, h):
    """Remove this entry, which is in db."""
    lazily: cython.bint = ks.lazy_evict and value_effort(e) > LAZY_EFFORT
    if lazily:
        ks.eviction.promised += value_bytes(e)
    db_remove(ks, db, entry_key(e), entry_key_length(e), h)
    ks.stats.evicted += 1
    key_evicted(ks, db, entry_key(e), entry_key_length(e))
    lazy_release(address(ks.lazy), e, lazily)


# --- which one -------------------------------------------------------------------------------------------------------


def choose(ks, chosen):
    """What is to go next, and where it stands; NULL if there is nothing."""
    return choose_random(ks, chosen) if ks.eviction.policy == EVICT_RANDOM else choose_worst(ks, chosen)


def choose_random(ks, chosen):
    """Any key, of each database in turn."""
    x: EvictionPtr = address(ks.eviction)
    e: EntryPtr
    _: cython.int
    for _ in range(ks.count):
        x.next_db = (x.next_db + 1) % ks.count
        e = table_random(choices(ks, address(ks.databases[x.next_db])), address(ks.seed))
        if e != NULL:
            chosen.db = x.next_db
            chosen.hash = key_hash(ks, entry_key(e), entry_key_length(e))
            return e
    return NULL


def choose_worst(ks, chosen):
    """The best of the pool, after a new draw. When writes come faster than keys go, half a pool will do without one."""
    x: EvictionPtr = address(ks.eviction)
    slot: Slot
    while (x.behind and x.pooled > POOL // 2) or fill_pool(ks):
        while x.pooled > 0:
            x.pooled -= 1
            chosen[0] = x.pool[x.pooled]
            slot = table_find_entry(choices(ks, address(ks.databases[chosen.db])), chosen.entry, chosen.hash)
            if slot != NULL and uselessness(ks, slot[0]) >= chosen.score:
                return slot[0]
    return NULL


def fill_pool(ks):
    """Draw from every database. False: there is nothing in any."""
    db: DatabasePtr
    i: cython.int
    found: cython.bint = False
    for i in range(ks.count):
        db = address(ks.databases[i])
        if choices(ks, db).count > 0:
            sample(ks, db)
            found = True
    return found


def sample(ks, db):
    """Draw some keys, neighbours in the table, then look at them: their way from memory is the same for all."""
    drawn: EntryPtr[SAMPLES_MAX]
    candidate: Candidate
    e: EntryPtr
    i: cython.int
    count: cython.int = table_sample(choices(ks, db), address(ks.seed), drawn, ks.eviction.samples)
    for i in range(count):
        prefetch(drawn[i])
    for i in range(count):
        e = drawn[i]
        candidate.entry = e
        candidate.db = db.id
        candidate.score = uselessness(ks, e)
        if ks.eviction.pooled < POOL or candidate.score > ks.eviction.pool[0].score:
            candidate.hash = key_hash(ks, entry_key(e), entry_key_length(e))
            remember(address(ks.eviction), address(candidate))


def remember(x, candidate):
    """Put it in its place in the pool; if that is full, the most useful one falls out."""
    i: cython.int
    for i in range(x.pooled):
        if x.pool[i].entry == candidate.entry:
            return
    if x.pooled < POOL:
        i = x.pooled
        x.pooled += 1
        while i > 0 and x.pool[i - 1].score > candidate.score:
            x.pool[i] = x.pool[i - 1]
            i -= 1
    else:
        i = 0
        while i < POOL - 1 and x.pool[i + 1].score < candidate.score:
            x.pool[i] = x.pool[i + 1]
            i += 1
    x.pool[i] = candidate[0]


def uselessness(ks, e):
    """The score by which the policy chooses: who has the highest goes first."""
    if ks.eviction.policy == EVICT_LRU:
        return (ks.lru_clock - entry_clock(e)) & 0xFFFFFF
    if ks.eviction.policy == EVICT_LFU:
        return 255 - lfu_decayed(ks, entry_clock(e))
    return ALL_ONES - cast(uint64_t, entry_expiry(e))
