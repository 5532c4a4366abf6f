"""Hash commands on single fields: HSET, HGET and their relatives, HDEL, counters. Others: hash_walk.py, hash_expiry.py.

What a hash is made of, and what becomes of fields whose time is up, is keyspace/hash_value.py. Each command that
changes one ends in `finish_sets` or `finish_removals`, which report it, and keep the database's list of hashes with
expiring fields right.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import read_integer
from cython.cimports.kvik.commands.collections import (
    drop_emptied,
    new_collection,
    read_collection,
    write_collection,
)
from cython.cimports.kvik.commands.dispatch import reply_wrong_arity
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import ENCODING_LISTPACK, TYPE_HASH
from cython.cimports.kvik.engine.intrinsics import add_overflows
from cython.cimports.kvik.engine.listpack import listpack_free
from cython.cimports.kvik.engine.text import (
    format_integer,
    format_long_double,
    long_double_is_finite,
    parse_integer,
    parse_long_double,
)
from cython.cimports.kvik.keyspace.database import db_delete, expiry_now, list_hash
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_slice, effect_word
from cython.cimports.kvik.keyspace.fields import EXPIRY_KEEP, EXPIRY_NONE, HASH_NO_MEMORY, HASH_REVIVED, HASH_SET
from cython.cimports.kvik.keyspace.hash_value import (
    has_fields,
    hash_convert,
    hash_count,
    hash_is_listpack,
    hash_locate,
    hash_new,
    hash_remove,
    hash_set,
    place_value,
)
from cython.cimports.kvik.keyspace.tail import EVENT_HASH, also, changed_by, is_logged, replace_effect_on
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_error, reply_integer, reply_null, reply_ok
from cython.cimports.libc.stdint import int64_t

# --- finding and finishing -------------------------------------------------------------------------------------------


def read_hash(call, e):
    """The entry of the hash argv[1] for reading (NULL: no key). False: it has another type, and that was answered."""
    return read_collection(call, 1, call.hash, TYPE_HASH, e)


def write_hash(call, e):
    """The entry of the hash argv[1] for a change (NULL: no key). False: another type, answered."""
    return write_collection(call, 1, call.hash, TYPE_HASH, e)


def open_hash(call, e):
    """The hash e, or when that is NULL a new and empty one as argv[1]. NULL: no memory, answered."""
    lp: Listpack
    if e != NULL:
        return e
    lp = hash_new(call.keyspace.heap)
    if lp == NULL:
        reply_memory(call)
        return NULL
    e = new_collection(call, 1, call.hash, TYPE_HASH, ENCODING_LISTPACK, lp)
    if e == NULL:
        listpack_free(call.keyspace.heap, lp)
    return e


def hash_settings(call, settings):
    limits: EncodingLimitsPtr = address(call.keyspace.limits)
    settings.heap = call.keyspace.heap
    settings.key = address(call.keyspace.hash_key)
    settings.now = expiry_now(call.keyspace)
    settings.max_entries = limits.hash_max_listpack_entries
    settings.max_value = limits.hash_max_listpack_value


def set_pair(settings, e, field, value, expiry, sets):
    """hash_set, counted. False when memory is short."""
    result: cython.int = hash_set(settings, e, field, value, expiry)
    if result == HASH_NO_MEMORY:
        return False
    sets.done += 1
    if result != HASH_SET:
        sets.added += 1
    if result == HASH_REVIVED:
        sets.revived += 1
    return True


def finish_sets(call, e, sets, event):
    """Fields of e have been set: report it, or drop the hash again if it is new and there was no memory for any."""
    if has_fields(e):
        list_hash(call.keyspace, call.db, e)
    if sets.revived > 0:
        call.keyspace.stats.expired_fields += sets.revived
        also(call, 1, EVENT_HASH, "hexpired")
    if sets.done > 0:
        changed_by(call, 1, EVENT_HASH, event, sets.done)
    elif hash_count(e) == 0:
        db_delete(call.keyspace, call.db, call.argv[1].p, call.argv[1].n, call.hash, False)


def finish_removals(call, e, removed, event):
    """Fields of e have been removed: report it, and drop the hash with its last field."""
    if removed == 0:
        return
    if has_fields(e):
        list_hash(call.keyspace, call.db, e)
    changed_by(call, 1, EVENT_HASH, event, removed)
    if hash_count(e) == 0:
        drop_emptied(call, 1, call.hash)


def reply_place(call, place):
    """The value of the field that was located there."""
    scratch: cython.char[24]
    s: Slice = place_value(place, scratch)
    reply_bulk(call.client, s.p, s.n)


# --- setting ---------------------------------------------------------------------------------------------------------


def hset_command(call):
    sets: Sets
    if set_pairs(call, address(sets)):
        reply_integer(call.client, sets.added)


def hmset_command(call):
    sets: Sets
    if set_pairs(call, address(sets)):
        reply_ok(call.client)


def set_pairs(call, sets):
    """HSET: all fields from argv[2] on, each with its value. False: an error, answered."""
    settings: HashSettings
    e: EntryPtr = NULL
    i: cython.int = 2
    sets.done = 0
    sets.added = 0
    sets.revived = 0
    if call.argc % 2 == 1:
        reply_wrong_arity(call)
        return False
    if not write_hash(call, address(e)):
        return False
    e = open_hash(call, e)
    if e == NULL:
        return False
    hash_settings(call, address(settings))
    if convert_ahead(call, e) and not hash_convert(settings.heap, settings.key, e):
        i = call.argc
    while i < call.argc and set_pair(
            address(settings), e, address(call.argv[i]), address(call.argv[i + 1]), EXPIRY_NONE, sets):
        i += 2
    finish_sets(call, e, sets, "hset")
    if 2 * sets.done + 2 < call.argc:
        reply_memory(call)
        return False
    return True


def convert_ahead(call, e):
    """Are there more pairs in this HSET than a listpack may have? Then it becomes a table before the first is set."""
    return hash_is_listpack(e) and (call.argc - 2) // 2 > call.keyspace.limits.hash_max_listpack_entries


def hsetnx_command(call):
    e: EntryPtr = NULL
    place: Place
    sets: Sets
    if not write_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        reply_integer(call.client, 0)
        return
    set_one(call, e, address(call.argv[3]), EXPIRY_NONE, "hset", address(sets))
    if sets.done > 0:
        reply_integer(call.client, 1)


def set_one(call, e, value, expiry, event, sets):
    """Let the field argv[2] of e (NULL: make the key) have the value. Without memory `sets.done` stays 0; answered."""
    settings: HashSettings
    sets.done = 0
    sets.added = 0
    sets.revived = 0
    e = open_hash(call, e)
    if e == NULL:
        return
    hash_settings(call, address(settings))
    set_pair(address(settings), e, address(call.argv[2]), value, expiry, sets)
    finish_sets(call, e, sets, event)
    if sets.done == 0:
        reply_memory(call)
    elif is_logged(call) and sets.revived > 0:
        effect_field(call, value)       # since it may be there still when the log is run again


def effect_field(call, value):
    """The running command came to HSET of the field argv[2]. Only if is_logged."""
    f: EffectsPtr = replace_effect_on(call, "HSET", 1)
    effect_slice(f, address(call.argv[2]))
    effect_slice(f, value)
    effect_close(f)


def effect_field_kept(call, value):
    """Likewise, and it kept its expiry."""
    f: EffectsPtr = replace_effect_on(call, "HSETEX", 1)
    effect_word(f, "KEEPTTL")
    effect_word(f, "FIELDS")
    effect_integer(f, 1)
    effect_slice(f, address(call.argv[2]))
    effect_slice(f, value)
    effect_close(f)


# --- getting ---------------------------------------------------------------------------------------------------------


def hget_command(call):
    e: EntryPtr = NULL
    place: Place
    if not read_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        reply_place(call, address(place))
    else:
        reply_null(call.client)


def hmget_command(call):
    e: EntryPtr = NULL
    place: Place
    i: cython.int
    if not read_hash(call, address(e)):
        return
    reply_array(call.client, call.argc - 2)
    for i in range(2, call.argc):
        if e != NULL and hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place)):
            reply_place(call, address(place))
        else:
            reply_null(call.client)


def hexists_command(call):
    e: EntryPtr = NULL
    place: Place
    if not read_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        reply_integer(call.client, 1)
    else:
        reply_integer(call.client, 0)


def hstrlen_command(call):
    e: EntryPtr = NULL
    place: Place
    scratch: cython.char[24]
    if not read_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        reply_integer(call.client, place_value(address(place), scratch).n)
    else:
        reply_integer(call.client, 0)


def hlen_command(call):
    """Fields whose time is up count until they are removed."""
    e: EntryPtr = NULL
    if read_hash(call, address(e)):
        reply_integer(call.client, hash_count(e) if e != NULL else 0)


# --- removing --------------------------------------------------------------------------------------------------------


def hdel_command(call):
    e: EntryPtr = NULL
    place: Place
    i: cython.int
    removed: int64_t = 0
    if not write_hash(call, address(e)):
        return
    if e != NULL:
        for i in range(2, call.argc):
            if hash_locate(e, address(call.argv[i]), expiry_now(call.keyspace), address(place)):
                hash_remove(call.keyspace.heap, e, address(place))
                removed += 1
        finish_removals(call, e, removed, "hdel")
    reply_integer(call.client, removed)


# --- counters --------------------------------------------------------------------------------------------------------


def hincrby_command(call):
    e: EntryPtr = NULL
    place: Place
    sets: Sets
    step: int64_t = 0
    value: int64_t = 0
    scratch: cython.char[24]
    s: Slice
    if not read_integer(call, 3, address(step)) or not write_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        s = place_value(address(place), scratch)
        if not parse_integer(s.p, s.n, address(value)):
            reply_error(call.client, "ERR hash value is not an integer")
            return
    if add_overflows(value, step, address(value)):
        reply_error(call.client, "ERR increment or decrement would overflow")
        return
    s.p = scratch
    s.n = format_integer(scratch, value)
    set_one(call, e, address(s), EXPIRY_KEEP, "hincrby", address(sets))
    if sets.done > 0:
        reply_integer(call.client, value)


def hincrbyfloat_command(call):
    e: EntryPtr = NULL
    place: Place
    sets: Sets
    step: cython.longdouble = 0
    value: cython.longdouble = 0
    scratch: cython.char[24]
    text: cython.char[5120]
    s: Slice
    if not parse_long_double(call.argv[3].p, call.argv[3].n, address(step)):
        reply_error(call.client, "ERR value is not a valid float")
        return
    if not long_double_is_finite(step):
        reply_error(call.client, "ERR value is NaN or Infinity")
        return
    if not write_hash(call, address(e)):
        return
    if e != NULL and hash_locate(e, address(call.argv[2]), expiry_now(call.keyspace), address(place)):
        s = place_value(address(place), scratch)
        if not parse_long_double(s.p, s.n, address(value)):
            reply_error(call.client, "ERR hash value is not a float")
            return
    value += step
    if not long_double_is_finite(value):
        reply_error(call.client, "ERR increment would produce NaN or Infinity")
        return
    s.p = text
    s.n = format_long_double(text, value)
    set_one(call, e, address(s), EXPIRY_KEEP, "hincrbyfloat", address(sets))
    if is_logged(call) and sets.done > 0 and sets.revived == 0:
        if e != NULL and has_fields(e):
            effect_field_kept(call, address(s))
        else:
            effect_field(call, address(s))
    if sets.done > 0:
        reply_bulk(call.client, s.p, s.n)
