"""The fields of a large hash: a table of entries, and which of them expire.

Each entry has the field as key, the value behind it or in a Raw, and its expiry. A value that replaces one of the same
size class is written over it.

A field whose time is up is still there, and counted, until it is reaped or set anew. In a small table those are found
by looking at all entries; a larger one, if any field expires, keeps the expiring ones by deadline. Every change goes
through the functions here, so that the two are in step.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.deadlines import (
    deadlines_bytes,
    deadlines_free,
    deadlines_init,
    deadlines_insert,
    deadlines_passed,
    deadlines_remove,
    deadlines_take,
)
from cython.cimports.kvik.engine.entry import (
    EMBED_MAX,
    entry_bytes,
    entry_copy,
    entry_free,
    entry_key,
    entry_key_length,
    entry_new,
    entry_set_word,
    raw_bytes,
    raw_free,
    raw_new,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_free, heap_release, same_block
from cython.cimports.kvik.engine.table import (
    buckets_release,
    table_bytes,
    table_each,
    table_find,
    table_init,
    table_insert,
    table_prefetch_bucket,
    table_release,
    table_remove,
    table_scan,
)
from cython.cimports.libc.stdint import INT64_MAX, INT64_MIN, uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy

# --- life ------------------------------------------------------------------------------------------------------------


def fields_new(heap, key):
    """An empty table of fields. NULL when memory is short."""
    fields: FieldsPtr = cast(FieldsPtr, heap_alloc(heap, sizeof(Fields)))
    if fields == NULL:
        return NULL
    fields.by_deadline = NULL
    fields.expiries = 0
    fields.listed = -1
    if not table_init(address(fields.table), heap, key):
        buckets_release(heap, address(fields.table.now), False)
        heap_free(heap, fields, sizeof(Fields))
        return NULL
    return fields


def fields_free(heap, fields, remote):
    drop_deadlines(heap, fields, remote)
    table_each(address(fields.table), free_field_remote if remote else free_field_here, heap)
    table_release(address(fields.table), remote)
    heap_release(heap, fields, sizeof(Fields), remote)


def free_field_here(context, field):
    field_free(cast(HeapPtr, context), field, False)


def free_field_remote(context, field):
    field_free(cast(HeapPtr, context), field, True)


def fields_memory(fields):
    """What all of it takes; if there are many fields, those beyond WEIGHED_MAX are taken to be like the first."""
    weighed: Weighed
    cursor: uint64_t = 0
    n: cython.size_t = heap_block_bytes(cast(FieldsPtr, fields), sizeof(Fields)) + table_bytes(address(fields.table))
    if fields.by_deadline != NULL:
        n += heap_block_bytes(fields.by_deadline, sizeof(Deadlines)) + deadlines_bytes(fields.by_deadline)
    weighed.count = 0
    weighed.total = 0
    while True:
        cursor = table_scan(address(cast(FieldsPtr, fields).table), cursor, 1, weigh_field, address(weighed))
        if cursor == 0 or weighed.count >= WEIGHED_MAX:
            break
    if weighed.count > 0:
        n += weighed.total * fields.table.count // weighed.count
    return n


def weigh_field(context, field):
    weighed: WeighedPtr = cast(WeighedPtr, context)
    raw: RawPtr
    weighed.count += 1
    weighed.total += heap_block_bytes(field, entry_bytes(field))
    if field.layout & LAYOUT_WORD:
        raw = cast(RawPtr, entry_pointer(field))
        weighed.total += heap_block_bytes(raw, raw_bytes(raw.capacity))


def fields_set(heap, fields, field, value, expiry, now):
    """Let the field have the value, and an expiry: a moment, EXPIRY_NONE or EXPIRY_KEEP. HASH_SET, _ADDED, ... O(1).

    HASH_NO_MEMORY: nothing has changed.
    """
    h: uint64_t = hash_bytes(fields.table.key, field.p, field.n)
    slot: Slot = table_find(address(fields.table), field.p, field.n, h)
    old: EntryPtr
    fresh: EntryPtr
    result: cython.int = HASH_SET
    if slot == NULL:
        if expiry == EXPIRY_KEEP:
            expiry = EXPIRY_NONE
        return HASH_ADDED if fields_add(heap, fields, field, value, expiry, h) else HASH_NO_MEMORY
    old = slot[0]
    if field_is_past(old, now):
        result = HASH_REVIVED
        if expiry == EXPIRY_KEEP:
            expiry = EXPIRY_NONE
    elif expiry == EXPIRY_KEEP:
        expiry = entry_expiry(old)
    if expiry == entry_expiry(old) and write_over(old, value):
        return result
    fresh = field_new(heap, field, value, expiry)
    if fresh == NULL:
        return HASH_NO_MEMORY
    if not fields_put(heap, fields, slot, fresh):
        field_free(heap, fresh, False)
        return HASH_NO_MEMORY
    field_free(heap, old, False)
    return result


def write_over(field, value):
    """Write the value over the one that the field has, if its block is of the size class that would be made for it."""
    raw: RawPtr
    if field.layout & LAYOUT_WORD:
        raw = cast(RawPtr, entry_pointer(field))
        if value.n <= EMBED_MAX or value.n > raw.capacity or raw.capacity - value.n > value.n // 8:
            return False
        memcpy(raw.data, value.p, value.n)
        raw.length = value.n
        return True
    if value.n > EMBED_MAX or not same_block(entry_bytes(field), entry_bytes(field) - field.vlen + value.n):
        return False
    field.vlen = value.n
    memcpy(entry_embedded(field), value.p, value.n)
    return True


def fields_add(heap, fields, field, value, expiry, h):
    """Add a field that is not there. False: no memory, nothing has changed."""
    fresh: EntryPtr = field_new(heap, field, value, expiry)
    if fresh == NULL:
        return False
    if fresh.layout & LAYOUT_EXPIRY and not note_deadline(fields, fresh):
        field_free(heap, fresh, False)
        return False
    if table_insert(address(fields.table), fresh, h):
        order_deadlines(heap, fields)
        return True
    if fresh.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, fresh)
    field_free(heap, fresh, False)
    return False


def fields_put(heap, fields, slot, fresh):
    """Put `fresh` in place of the entry in `slot`, then the caller's. False: no memory, nothing has changed."""
    old: EntryPtr = slot[0]
    if fresh.layout & LAYOUT_EXPIRY and not note_deadline(fields, fresh):
        return False
    if old.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, old)
    slot[0] = fresh
    order_deadlines(heap, fields)
    return True


def fields_expire(heap, fields, slot, when):
    """Let the field in `slot` expire at `when`, or never (EXPIRY_NONE). False: no memory, nothing has changed. O(1)."""
    old: EntryPtr = slot[0]
    fresh: EntryPtr = entry_copy(heap, old, entry_key(old), entry_key_length(old), when)
    if fresh == NULL:
        return False
    if not fields_put(heap, fields, slot, fresh):
        entry_free(heap, fresh)
        return False
    entry_free(heap, old)
    return True


def fields_remove(heap, fields, field, h):
    """Remove the field, whose hash is h. O(1)."""
    if field.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, field)
    table_remove(address(fields.table), entry_key(field), entry_key_length(field), h)
    field_free(heap, field, False)


# --- deadlines -------------------------------------------------------------------------------------------------------


def field_deadline(field):
    return entry_expiry(field)


def note_deadline(fields, field):
    """An entry that expires is about to be one of these. False when memory is short."""
    if fields.by_deadline != NULL and not deadlines_insert(fields.by_deadline, field):
        return False
    fields.expiries += 1
    return True


def forget_deadline(heap, fields, field):
    """An entry that expires is about to leave."""
    fields.expiries -= 1
    if fields.by_deadline != NULL:
        deadlines_remove(fields.by_deadline, field)
    if fields.expiries == 0:
        drop_deadlines(heap, fields, False)


def drop_deadlines(heap, fields, remote):
    if fields.by_deadline != NULL:
        deadlines_free(fields.by_deadline, remote)
        heap_release(heap, fields.by_deadline, sizeof(Deadlines), remote)
        fields.by_deadline = NULL


def order_deadlines(heap, fields):
    """Keep the expiring entries by deadline from now on, if the table has become too large to be looked through.

    Without memory for that it stays as it is: only slower.
    """
    if fields.expiries == 0 or fields.by_deadline != NULL or fields.table.count <= SEARCHED_MAX:
        return
    fields.by_deadline = cast(FieldDeadlines, heap_alloc(heap, sizeof(Deadlines)))
    if fields.by_deadline == NULL:
        return
    deadlines_init(fields.by_deadline, heap, field_deadline)
    table_each(address(fields.table), order_field, fields)
    if fields.by_deadline.count < fields.expiries:
        drop_deadlines(heap, fields, False)


def order_field(context, field):
    fields: FieldsPtr = cast(FieldsPtr, context)
    if field.layout & LAYOUT_EXPIRY:
        deadlines_insert(fields.by_deadline, field)


def search_past(fields, past):
    """Look through the table for the earliest expiry, and those before past.now."""
    past.first = INT64_MAX
    past.count = 0
    table_each(address(cast(FieldsPtr, fields).table), search_field, past)


def search_field(context, field):
    past: PastPtr = cast(PastPtr, context)
    if not field.layout & LAYOUT_EXPIRY:
        return
    if entry_expiry(field) < past.first:
        past.first = entry_expiry(field)
    if field_is_past(field, past.now):
        if past.count < cast(uint64_t, past.most):
            past.out[past.count] = field
        past.count += 1


def fields_deadline(fields):
    """No field's time is up before this moment; -1: none expires. O(1)."""
    past: Past
    if fields.expiries == 0:
        return -1
    if fields.by_deadline != NULL:
        return deadlines_first(fields.by_deadline)
    past.now = INT64_MIN
    past.most = 0
    search_past(fields, address(past))
    return past.first


def fields_past(fields, now):
    """How many fields' time is up. O(1 + those)."""
    past: Past
    if fields.expiries == 0:
        return 0
    if fields.by_deadline != NULL:
        return deadlines_passed(fields.by_deadline, now)
    past.now = now
    past.most = 0
    search_past(fields, address(past))
    return past.count


def fields_reap(heap, fields, now, each, context):
    """Remove fields whose time is up, REAP_MAX at most; how many. `each` (unless it is NULL) hears of every one before.

    O(1 + those).
    """
    found: EntryPtr[64]
    hashes: uint64_t[64]
    past: Past
    i: cython.int
    n: cython.int
    if fields.expiries == 0:
        return 0
    if fields.by_deadline != NULL:
        n = deadlines_take(fields.by_deadline, now, found, REAP_MAX)
    else:
        past.now = now
        past.out = found
        past.most = REAP_MAX
        search_past(fields, address(past))
        n = cast(cython.int, past.count if past.count < REAP_MAX else REAP_MAX)
    for i in range(n):
        hashes[i] = hash_bytes(fields.table.key, entry_key(found[i]), entry_key_length(found[i]))
        table_prefetch_bucket(address(fields.table), hashes[i])
    for i in range(n):
        if each != NULL:
            each(context, found[i])
        table_remove(address(fields.table), entry_key(found[i]), entry_key_length(found[i]), hashes[i])
        field_free(heap, found[i], False)
    fields.expiries -= n
    if fields.expiries == 0:
        drop_deadlines(heap, fields, False)
    return n


# --- one field ------------------------------------------------------------------------------------------------------


def field_new(heap, field, value, expiry):
    """An entry of the field with its value; `expiry` EXPIRY_NONE for none. NULL when memory is short."""
    e: EntryPtr
    raw: RawPtr
    if value.n <= EMBED_MAX:
        e = entry_new(heap, field.p, field.n, expiry, False, value.n)
        if e != NULL:
            memcpy(entry_embedded(e), value.p, value.n)
        return e
    raw = raw_new(heap, value.n)
    if raw == NULL:
        return NULL
    e = entry_new(heap, field.p, field.n, expiry, True, 0)
    if e == NULL:
        raw_free(heap, raw)
        return NULL
    memcpy(raw.data, value.p, value.n)
    raw.length = value.n
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, raw)))
    return e


def field_free(heap, field, remote):
    """Free the entry and its value."""
    raw: RawPtr
    if field.layout & LAYOUT_WORD:
        raw = cast(RawPtr, entry_pointer(field))
        heap_release(heap, raw, raw_bytes(raw.capacity), remote)
    heap_release(heap, field, entry_bytes(field), remote)
