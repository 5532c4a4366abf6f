"""Commands on keys of any type: deleting, renaming, copying, and what OBJECT tells of them."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_database, reply_syntax_error
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import (
    ENCODING_EMBSTR,
    TYPE_STRING,
    entry_clock,
    entry_copy,
    entry_encoding,
    entry_expiry,
    entry_free,
    entry_key,
    entry_key_length,
    entry_set_kind,
    entry_type,
)
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_add, db_find, db_remove, db_supersede, expiry_now
from cython.cimports.kvik.keyspace.effects import effect_bytes, effect_close, effect_command, effect_open, effect_slice
from cython.cimports.kvik.keyspace.hash_value import has_fields, hash_drop_past
from cython.cimports.kvik.keyspace.lazy_free import free_entry_here
from cython.cimports.kvik.keyspace.lookup import (
    delete_key,
    drop_if_expired,
    lfu_decayed,
    lookup_look,
    lookup_peek,
    lookup_read,
    mark_used,
    missed,
    prefetch_keys,
)
from cython.cimports.kvik.keyspace.tail import (
    EVENT_GENERIC,
    also,
    changed,
    is_logged,
    key_changed,
    key_event,
    signal_key,
)
from cython.cimports.kvik.keyspace.values import encoding_name, text_encoding, type_name, value_duplicate
from cython.cimports.kvik.wire.reply import (
    reply_error,
    reply_integer,
    reply_null,
    reply_ok,
    reply_status,
    reply_text,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcmp


def del_command(call):
    delete_all(call, call.keyspace.lazy_user_del)


def unlink_command(call):
    delete_all(call, True)


def delete_all(call, lazy):
    ahead: Prefetched
    i: cython.int
    at: cython.int = 1
    deleted: int64_t = 0
    while at < call.argc:
        prefetch_keys(call, address(ahead), at, 1, call.argc)
        for i in range(ahead.count):
            if lookup_peek(call, at + i, ahead.hashes[i]) != NULL and delete_key(call, at + i, ahead.hashes[i], lazy):
                deleted += 1
        at += ahead.count
    reply_integer(call.client, deleted)


def exists_command(call):
    count_present(call, False)


def touch_command(call):
    count_present(call, True)


def count_present(call, use):
    """How many of the keys are there, counted as often as they are named; `use`: mark them as used."""
    ahead: Prefetched
    i: cython.int
    at: cython.int = 1
    present: int64_t = 0
    e: EntryPtr
    while at < call.argc:
        prefetch_keys(call, address(ahead), at, 1, call.argc)
        for i in range(ahead.count):
            e = lookup_peek(call, at + i, ahead.hashes[i])
            if e == NULL:
                missed(call, call.argv[at + i].p, call.argv[at + i].n)
                continue
            call.keyspace.stats.hits += 1
            present += 1
            if use:
                mark_used(call.keyspace, e)
        at += ahead.count
    reply_integer(call.client, present)


def type_command(call):
    e: EntryPtr = lookup_look(call, 1, call.hash)
    if e == NULL:
        reply_status(call.client, "none")
    else:
        reply_status(call.client, type_name(entry_type(e)))


# --- renaming and copying --------------------------------------------------------------------------------------------


def rename_command(call):
    rename_generic(call, False)


def renamenx_command(call):
    rename_generic(call, True)


def rename_generic(call, only_new):
    h: uint64_t = call_hash(call, 1)
    to: uint64_t = call_hash(call, 2)
    e: EntryPtr = lookup_peek(call, 1, h)
    fresh: EntryPtr
    if e == NULL:
        reply_error(call.client, "ERR no such key")
        return
    if call.argv[1].n == call.argv[2].n and memcmp(call.argv[1].p, call.argv[2].p, call.argv[1].n) == 0:
        if only_new:
            reply_integer(call.client, 0)
        else:
            reply_ok(call.client)
        return
    if only_new and lookup_peek(call, 2, to) != NULL:
        reply_integer(call.client, 0)
        return
    fresh = entry_copy(call.keyspace.heap, e, call.argv[2].p, call.argv[2].n, entry_expiry(e))
    if fresh == NULL or not put_copy(call, call.db, 2, fresh, to):
        if fresh != NULL:
            entry_free(call.keyspace.heap, fresh)
        reply_memory(call)
        return
    # The value now belongs to the new entry: of the old one only its block goes.
    entry_free(call.keyspace.heap, db_remove(call.keyspace, call.db, call.argv[1].p, call.argv[1].n, h))
    changed(call, 1, EVENT_GENERIC, "rename_from")
    signal_key(call.keyspace, call.db, call.argv[2].p, call.argv[2].n, True)
    also(call, 2, EVENT_GENERIC, "rename_to")
    if only_new:
        reply_integer(call.client, 1)
    else:
        reply_ok(call.client)


def put_copy(call, db, key, e, h):
    """Let the entry e be what argv[key] has in db, in place of what it had. False: no memory, e is not taken."""
    slot: Slot = db_find(call.keyspace, db, call.argv[key].p, call.argv[key].n, h)
    if entry_encoding(e) == ENCODING_EMBSTR:
        entry_set_kind(e, TYPE_STRING, text_encoding(call.argv[key].n, e.vlen, False))
    if slot != NULL:
        return db_supersede(call.keyspace, db, slot, e, h)
    return db_add(call.keyspace, db, e, h)


def read_copy_options(call, db, replace):
    i: cython.int = 3
    id: cython.int = 0
    replace[0] = False
    db[0] = call.db
    while i < call.argc:
        if is_word(address(call.argv[i]), "replace"):
            replace[0] = True
        elif is_word(address(call.argv[i]), "db") and i + 1 < call.argc:
            i += 1
            if not read_database(call, i, address(id)):
                return False
            db[0] = address(call.keyspace.databases[id])
        else:
            reply_syntax_error(call)
            return False
        i += 1
    return True


def copy_command(call):
    h: uint64_t = call_hash(call, 1)
    to: uint64_t = call_hash(call, 2)
    db: DatabasePtr = NULL
    replace: cython.bint = False
    e: EntryPtr
    slot: Slot
    if not read_copy_options(call, address(db), address(replace)):
        return
    if db == call.db and call.argv[1].n == call.argv[2].n \
            and memcmp(call.argv[1].p, call.argv[2].p, call.argv[1].n) == 0:
        reply_error(call.client, "ERR source and destination objects are the same")
        return
    e = lookup_read(call, 1, h)
    slot = db_find(call.keyspace, db, call.argv[2].p, call.argv[2].n, to)
    if slot != NULL and drop_if_expired(call.keyspace, db, slot, call.argv[2].p, call.argv[2].n, to):
        slot = NULL
    if e == NULL or (slot != NULL and not replace):
        reply_integer(call.client, 0)
        return
    e = value_duplicate(call.keyspace.heap, e, call.argv[2].p, call.argv[2].n, entry_expiry(e))
    if e != NULL and has_fields(e):
        drop_past_fields(call, db, e)
    if e == NULL or not put_copy(call, db, 2, e, to):
        if e != NULL:
            free_entry_here(call.keyspace.heap, e)
        reply_memory(call)
        return
    key_changed(call.keyspace, db, call.argv[2].p, call.argv[2].n, EVENT_GENERIC, "copy_to")
    reply_integer(call.client, 1)


def drop_past_fields(call, db, e):
    """A copy has none of the fields whose time is up; those the log says to remove from it."""
    f: EffectsPtr = address(call.keyspace.effects)
    if not is_logged(call):
        hash_drop_past(call.keyspace.heap, e, expiry_now(call.keyspace), NULL, NULL)
        return
    effect_open(f, db.id, "HDEL")
    effect_slice(f, address(call.argv[2]))
    hash_drop_past(call.keyspace.heap, e, expiry_now(call.keyspace), log_field, f)
    if f.draft.count > 2:
        f.replaced = True
        effect_command(f, call.db.id, call.argv, call.argc)
        effect_close(f)


def log_field(context, field):
    effect_bytes(cast(EffectsPtr, context), entry_key(field), entry_key_length(field))


def move_command(call):
    h: uint64_t = call.hash
    id: cython.int = 0
    to: DatabasePtr
    e: EntryPtr
    slot: Slot
    if not read_database(call, 2, address(id)):
        return
    to = address(call.keyspace.databases[id])
    if to == call.db:
        reply_error(call.client, "ERR source and destination objects are the same")
        return
    e = lookup_peek(call, 1, h)
    slot = db_find(call.keyspace, to, call.argv[1].p, call.argv[1].n, h)
    if slot != NULL and drop_if_expired(call.keyspace, to, slot, call.argv[1].p, call.argv[1].n, h):
        slot = NULL
    if e == NULL or slot != NULL:
        reply_integer(call.client, 0)
        return
    if not db_add(call.keyspace, to, e, h):
        reply_memory(call)
        return
    db_remove(call.keyspace, call.db, call.argv[1].p, call.argv[1].n, h)
    changed(call, 1, EVENT_GENERIC, "move_from")
    key_event(call.keyspace, to, call.argv[1].p, call.argv[1].n, EVENT_GENERIC, "move_to")
    signal_key(call.keyspace, to, call.argv[1].p, call.argv[1].n, True)
    reply_integer(call.client, 1)


# --- OBJECT ----------------------------------------------------------------------------------------------------------


def object_entry(call):
    """The entry of argv[2]; NULL, and null was answered, if there is none."""
    e: EntryPtr = lookup_peek(call, 2, call_hash(call, 2))
    if e == NULL:
        call.keyspace.stats.misses += 1     # and is no event
        reply_null(call.client)
    else:
        call.keyspace.stats.hits += 1
    return e


def object_encoding_command(call):
    e: EntryPtr = object_entry(call)
    if e != NULL:
        reply_text(call.client, encoding_name(entry_encoding(e)))


def object_refcount_command(call):
    """Always 1: values are never shared."""
    if object_entry(call) != NULL:
        reply_integer(call.client, 1)


def object_idletime_command(call):
    e: EntryPtr = object_entry(call)
    if e == NULL:
        return
    if call.keyspace.lfu:
        reply_error(call.client, "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that "
                    "when switching between policies at runtime LRU and LFU data will take some time to adjust.")
        return
    reply_integer(call.client, (call.keyspace.lru_clock - entry_clock(e)) & 0xFFFFFF)


def object_freq_command(call):
    e: EntryPtr = object_entry(call)
    if e == NULL:
        return
    if not call.keyspace.lfu:
        reply_error(call.client, "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
                    "note that when switching between policies at runtime LRU and LFU data will take some time to "
                    "adjust.")
        return
    reply_integer(call.client, lfu_decayed(call.keyspace, entry_clock(e)))
