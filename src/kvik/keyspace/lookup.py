"""Finding the key a command names, and what a look at it entails.

A key whose time is up is removed when a command names it (the other half of expiry is expiry.py), so no command ever
sees one. A read counts as hit or miss and marks the entry as used.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.intrinsics import mul_high
from cython.cimports.kvik.engine.table import random_next, table_find
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_delete, is_expired
from cython.cimports.kvik.keyspace.expiry import expire_key
from cython.cimports.kvik.keyspace.tail import (
    EVENT_EXPIRED,
    EVENT_GENERIC,
    EVENT_MISS,
    changed,
    effect_gone,
    is_logged,
    key_event,
)
from cython.cimports.kvik.wire.client import CLIENT_NO_TOUCH
from cython.cimports.kvik.wire.reply import reply_error
from cython.cimports.libc.stdint import uint32_t


def lookup_read(call, i, h):
    """The entry of the key argv[i] (hash h), or NULL. Counts a hit or miss and marks it as used. O(1)."""
    e: EntryPtr = lookup_peek(call, i, h)
    count_look(call, i, e)
    if e != NULL:
        touch(call, e)
    return e


def lookup_look(call, i, h):
    """Likewise, though it is no use of the key (TTL, TYPE)."""
    e: EntryPtr = lookup_peek(call, i, h)
    count_look(call, i, e)
    return e


def count_look(call, i, e):
    """A read of the key argv[i] has found e, or (NULL) nothing."""
    if e == NULL:
        missed(call, call.argv[i].p, call.argv[i].n)
    else:
        call.keyspace.stats.hits += 1


def missed(call, key, n):
    """A read has not found the key."""
    call.keyspace.stats.misses += 1
    key_event(call.keyspace, call.db, key, n, EVENT_MISS, "keymiss")


def lookup_peek(call, i, h):
    """The entry of the key argv[i] or NULL, leaving no trace."""
    slot: Slot = table_find(address(call.db.keys), call.argv[i].p, call.argv[i].n, h)
    if slot == NULL or drop_if_expired(call.keyspace, call.db, slot, call.argv[i].p, call.argv[i].n, h):
        return NULL
    return slot[0]


def lookup_write(call, i, h):
    """The slot of the key argv[i], for a command that changes it, or NULL. Good until the next insert or remove."""
    slot: Slot = table_find(address(call.db.keys), call.argv[i].p, call.argv[i].n, h)
    if slot == NULL or drop_if_expired(call.keyspace, call.db, slot, call.argv[i].p, call.argv[i].n, h):
        return NULL
    touch(call, slot[0])
    return slot


def delete_key(call, i, h, lazy):
    """Delete the key argv[i] and report it. Was it there? (Look it up before: it might have expired.)"""
    if not db_delete(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, h, lazy):
        return False
    changed(call, i, EVENT_GENERIC, "del")
    return True


def delete_past(call, i, h):
    """Delete the key argv[i], to which the command gave a moment that is past: it is told as expired, yet is a change."""
    call.keyspace.stats.expired += 1
    db_delete(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, h, call.keyspace.lazy_expire)
    changed(call, i, EVENT_EXPIRED, "expired")
    if is_logged(call):
        effect_gone(call, i, call.keyspace.lazy_expire)


def drop_if_expired(ks, db, slot, key, n, h):
    """Remove the entry if its time is up."""
    if not is_expired(ks, slot[0]):
        return False
    expire_key(ks, db, key, n, h)
    return True


def touch(call, e):
    """Mark the entry as used now, unless the client asked for CLIENT NO-TOUCH."""
    if not call.client.flags & CLIENT_NO_TOUCH:
        mark_used(call.keyspace, e)


def mark_used(ks, e):
    """Mark the entry as used now, whatever the client asked for (TOUCH)."""
    if ks.lfu:
        entry_set_clock(e, lfu_touched(ks, entry_clock(e), address(ks.seed)))
    elif entry_clock(e) != ks.lru_clock:
        entry_set_clock(e, ks.lru_clock)


def lfu_decayed(ks, clock):
    """The access counter, less one for each lfu-decay-time minutes without access."""
    minutes: uint32_t = ((ks.lru_clock >> 8) - (clock >> 8)) & 0xFFFF
    periods: uint32_t = minutes // ks.lfu_decay_time if ks.lfu_decay_time > 0 else 0
    counter: uint32_t = clock & 255
    return counter - periods if counter > periods else 0


def lfu_touched(ks, clock, seed):
    """The LFU field after one more access: the higher the counter, the less likely it grows (lfu-log-factor)."""
    counter: uint32_t = lfu_decayed(ks, clock)
    above: uint32_t = counter - 5 if counter > 5 else 0
    if counter < 255 and mul_high(random_next(seed), 1 + above * ks.lfu_log_factor) == 0:
        counter += 1
    return (ks.lru_clock & 0xFFFF00) | counter


def check_type(call, e, kind):
    """Is the entry (not NULL) of this type? Answers the error if not."""
    if entry_type(e) == kind:
        return True
    reply_error(call.client, "WRONGTYPE Operation against a key holding the wrong kind of value")
    return False


def prefetch_keys(call, ahead, first, step, end):
    """Hash the keys argv[first], argv[first + step], ... before argv[end], PREFETCH_MAX at most, and fetch their
    entries.

    For commands of many keys: the cache misses of all of them run side by side instead of one after another.
    """
    i: cython.int
    ahead.first = first
    ahead.step = step
    ahead.count = 0
    i = first
    while i < end and ahead.count < PREFETCH_MAX:
        ahead.hashes[ahead.count] = call_hash(call, i)
        table_prefetch_bucket(address(call.db.keys), ahead.hashes[ahead.count])
        ahead.count += 1
        i += step
    for i in range(ahead.count):
        table_prefetch_entry(address(call.db.keys), ahead.hashes[i])
