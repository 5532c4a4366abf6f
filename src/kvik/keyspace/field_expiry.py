"""Expiry of hash fields: removing those whose time is up though nobody sets them anew.

Nothing is searched: each database has its hashes with expiring fields by deadline, and each of these hashes its
expiring fields, so a cycle takes what is past, hash by hash, and ends. It begins with the timers, `hz` times a second, and
goes on in slices of half a millisecond, a few fields between two looks at the time, with twice as long between them as
they take.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.deadlines import deadlines_first, deadlines_take
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.intrinsics import unlikely
from cython.cimports.kvik.keyspace.database import db_remove, key_hash, list_hash
from cython.cimports.kvik.keyspace.effects import (
    effect_bytes,
    effect_close,
    effect_open,
    effect_removal,
    unit_begin,
    unit_end,
)
from cython.cimports.kvik.keyspace.fields import fields_reap
from cython.cimports.kvik.keyspace.hash_value import hash_fields
from cython.cimports.kvik.keyspace.lazy_free import lazy_release
from cython.cimports.kvik.keyspace.tail import EVENT_GENERIC, fields_expired, key_event
from cython.cimports.libc.stdint import int64_t


def fields_due(ks):
    """Is there something left to do, and was there a pause?"""
    return ks.fields_behind and monotonic_us() >= ks.fields_end_us + 2 * FIELDS_SLICE_US


def expire_fields(ks):
    """A slice of the cycle over the databases, from where the last one stopped."""
    start: int64_t = monotonic_us()
    ks.fields_behind = False
    if not ks.expire_actively:
        return
    for _ in range(ks.count):
        if not expire_fields_of(ks, address(ks.databases[ks.field_database]), start + FIELDS_SLICE_US):
            ks.fields_behind = True
            break
        ks.field_database = (ks.field_database + 1) % ks.count
    ks.fields_end_us = monotonic_us()
    ks.stats.expire_cycle_us += ks.fields_end_us - start


def expire_fields_of(ks, db, deadline_us):
    """Remove what is past from the hashes of db. False when time ran out."""
    found: EntryPtr[4]
    i: cython.int
    n: cython.int
    now: int64_t = ks.clock.now_ms
    while db.hashes.count > 0 and deadlines_first(address(db.hashes)) < now:
        n = deadlines_take(address(db.hashes), now, found, HASHES_MAX)
        for i in range(n):
            hash_fields(found[i]).listed = -1
        for i in range(n):
            reap_hash(ks, db, found[i])
        if monotonic_us() > deadline_us:
            return False
    return True


def reap_hash(ks, db, e):
    """Remove fields of the hash whose time is up, REAP_MAX at most, and the hash itself when none is left."""
    fields: FieldsPtr = hash_fields(e)
    reaped: cython.int
    each: FieldFunction = NULL
    if unlikely(ks.effects.on):
        each = log_field
        unit_begin(address(ks.effects))
        effect_open(address(ks.effects), db.id, "HDEL")
        effect_bytes(address(ks.effects), entry_key(e), entry_key_length(e))
    reaped = fields_reap(ks.heap, fields, ks.clock.now_ms, each, address(ks.effects))
    log_reaped(ks, db, e, reaped, fields.table.count == 0)
    ks.stats.expired_fields += reaped
    if fields.table.count > 0:
        list_hash(ks, db, e)
        if reaped > 0:
            fields_expired(ks, db, entry_key(e), entry_key_length(e))
        return
    db_remove(ks, db, entry_key(e), entry_key_length(e), key_hash(ks, entry_key(e), entry_key_length(e)))
    fields_expired(ks, db, entry_key(e), entry_key_length(e))
    key_event(ks, db, entry_key(e), entry_key_length(e), EVENT_GENERIC, "del")
    lazy_release(address(ks.lazy), e, ks.lazy_expire)


def log_field(context, field):
    effect_bytes(cast(EffectsPtr, context), entry_key(field), entry_key_length(field))


def log_reaped(ks, db, e, reaped, is_empty):
    """So many fields of e, which stand in the draft, were removed."""
    if not ks.effects.on:
        return
    if reaped > 0:
        effect_close(address(ks.effects))
    if is_empty:
        effect_removal(address(ks.effects), db.id, entry_key(e), entry_key_length(e), ks.lazy_expire)
    unit_end(address(ks.effects))
