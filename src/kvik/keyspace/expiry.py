"""Expiry: removing keys whose time is up though nobody names them.

A *slow cycle* begins with the timers, `hz` times a second, and is allowed a quarter of the time between two of them
(more with `active-expire-effort`). It takes that in slices of half a millisecond, for which it has its turn before the
loop waits (upkeep.py). When all of it is used and there is more to do, *fast cycles* of a slice each go on, with pauses
twice as long. When it was not, but more than one key in ENOUGH_DEAD was dead, one comes after AGAIN_US, since more will be
by then. Both walk the table of expiring keys, a few buckets at a time, and stay with a database as long as more than a
fiftieth of what they see there is dead. So the work follows the need, and none of it is long enough to be felt.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.entry import entry_expiry, entry_key, entry_key_length
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.table import table_scan
from cython.cimports.kvik.keyspace.database import db_delete, key_hash
from cython.cimports.kvik.keyspace.tail import key_expired
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


def expire_key(ks, db, key, n, h):
    """Remove a key whose time is up. `key` must not be the entry's own."""
    ks.stats.expired += 1
    db_delete(ks, db, key, n, h, ks.lazy_expire)
    key_expired(ks, db, key, n)


def collect_expired(context, e):
    scan: ExpireScanPtr = cast(ExpireScanPtr, context)
    left: int64_t = entry_expiry(e) - scan.now
    scan.seen += 1
    if left >= 0:
        scan.ttl_total += left
        scan.alive += 1
    elif scan.count < EXPIRED_MAX:
        scan.found[scan.count] = e
        scan.count += 1


def expire_database(ks, db, deadline_us, scan):
    """Walk on through the expiring keys of db, while enough of them are dead. False when time ran out."""
    stretches: cython.int = 0
    stretch_seen: uint64_t = 0
    stretch_expired: uint64_t = 0
    while db.expiries.count > 0:
        db.expire_cursor = expire_stretch(ks, db, db.expire_cursor, scan)
        stretch_seen += scan.seen
        stretch_expired += scan.count
        if monotonic_us() > deadline_us:
            return False
        stretches += 1
        if stretches % 4 == 0 or db.expire_cursor == 0:
            if stretch_expired * ENOUGH_DEAD <= stretch_seen * (11 - ks.expire_effort):
                return True
            stretch_seen = 0
            stretch_expired = 0
    return True


def expire_stretch(ks, db, cursor, scan):
    """Remove what is dead in a few buckets; the cursor from which to go on, 0 at the end of the table."""
    key: cython.char[256]
    i: cython.int
    n: cython.size_t
    e: EntryPtr
    scan.count = 0
    scan.seen = 0
    cursor = table_scan(address(db.expiries), cursor, STRETCH_BUCKETS, collect_expired, scan)
    for i in range(scan.count):
        e = scan.found[i]
        n = entry_key_length(e)
        if n <= 256:
            memcpy(key, entry_key(e), n)
            expire_key(ks, db, key, n, key_hash(ks, key, n))
        else:
            expire_long_key(ks, db, e, n)
    scan.expired += scan.count
    return cursor


def expire_due(ks):
    """Remove every key whose time is up, however long it takes: a test has moved the clock."""
    scan: ExpireScan
    i: cython.int
    cursor: uint64_t
    if not ks.expire_actively:
        return
    for i in range(ks.count):
        memset(address(scan), 0, sizeof(ExpireScan))
        scan.now = ks.clock.now_ms
        cursor = 0
        while ks.databases[i].expiries.count > 0:
            cursor = expire_stretch(ks, address(ks.databases[i]), cursor, address(scan))
            if cursor == 0:
                break


def expire_long_key(ks, db, e, n):
    """The key is copied, since it goes away with its entry before the tail hears of it."""
    key: cython.p_char = cast(CharPtr, heap_alloc(ks.heap, n))
    if key == NULL:
        return
    memcpy(key, entry_key(e), n)
    expire_key(ks, db, key, n, key_hash(ks, key, n))
    heap_free(ks.heap, key, n)


def expire_begin(ks, hz):
    """A slow cycle begins: how much it may take, and that there is something to do."""
    ks.expire_timed_out = ks.expire_actively
    ks.expire_again_us = 0
    ks.expire_allowance_us = 1000000 * (25 + 2 * (ks.expire_effort - 1)) // 100 // hz if ks.expire_actively else 0


def expire_slice(ks):
    """A slice of the cycle over the databases, from where the last one stopped. False: there is none to do yet."""
    scan: ExpireScan
    start: int64_t
    budget: int64_t
    _: cython.int
    db: DatabasePtr
    if not ks.expire_actively or (not ks.expire_timed_out and ks.expire_again_us == 0):
        return False
    start = monotonic_us()
    if not is_time_for_more(ks, start):
        return False
    budget = ks.expire_allowance_us if 0 < ks.expire_allowance_us < SLICE_US else SLICE_US
    ks.expire_timed_out = False
    ks.expire_again_us = 0
    for _ in range(ks.count):
        db = address(ks.databases[ks.expire_database])
        if db.expiries.count > 0:
            memset(address(scan), 0, sizeof(ExpireScan))
            scan.now = ks.clock.now_ms
            if not expire_database(ks, db, start + budget, address(scan)):
                ks.expire_timed_out = True
            update_estimates(ks, db, address(scan))
            if scan.expired * ENOUGH_DEAD > scan.alive:
                ks.expire_again_us = start + AGAIN_US
            if ks.expire_timed_out:
                break
        ks.expire_database = (ks.expire_database + 1) % ks.count
    ks.expire_slice_end_us = monotonic_us()
    account_slice(ks, ks.expire_slice_end_us - start)
    return True


def is_time_for_more(ks, now):
    """May the slow cycle go on, or a fast one run?"""
    if not ks.expire_timed_out:
        return ks.expire_again_us != 0 and now >= ks.expire_again_us
    return ks.expire_allowance_us > 0 or now >= ks.expire_slice_end_us + 2 * SLICE_US


def account_slice(ks, us):
    """A slice took so long: what is left of the slow cycle's allowance?"""
    ks.stats.expire_cycle_us += us
    if ks.expire_allowance_us == 0:
        return
    ks.expire_allowance_us = ks.expire_allowance_us - us if us < ks.expire_allowance_us else 0
    if ks.expire_timed_out and ks.expire_allowance_us == 0:
        ks.stats.expire_time_cap += 1


def update_estimates(ks, db, scan):
    """Running averages: the TTL of the keys seen alive, and the share of dead ones."""
    total: uint64_t = scan.alive + scan.expired
    mean: int64_t
    if scan.alive > 0:
        mean = scan.ttl_total // cast(int64_t, scan.alive)
        db.average_ttl = mean if db.average_ttl == 0 else (db.average_ttl * 49 + mean) // 50
    if total > 0:
        ks.stats.stale_percent = ks.stats.stale_percent * 0.95 + 5.0 * scan.expired / total
