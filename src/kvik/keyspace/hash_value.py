"""The value of a hash in both its forms: looking up, setting, expiring, removing, walking and copying fields.

A small hash is a listpack of fields and values. It becomes a table when it has more than hash-max-listpack-entries
fields, one longer than hash-max-listpack-value, or one that expires; and a table it stays. The functions `hash_...`
take the entry of the hash's key and know both forms; `fields_...` is about tables only.

A field whose time is up is still there, and counted, until active expiry comes for it (field_expiry.py) or a new value
is set; but who looks for it (`hash_locate`, `hash_each`) is told that it is not. The expiring fields of a hash stand in
its table and, by deadline, in `Fields.expiring`; all changes go through `fields_add`, `fields_put` and `hash_remove`,
which keep the two in step. The database keeps such hashes by deadline in turn: whoever gives or takes expiries calls
`list_hash` (database.py) when done.
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
    entry_set_kind,
    entry_set_word,
    raw_bytes,
    raw_new,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_free, heap_release, same_block
from cython.cimports.kvik.engine.listpack import (
    element_bytes,
    element_of,
    element_write,
    listpack_bytes,
    listpack_copy,
    listpack_count,
    listpack_delete,
    listpack_find,
    listpack_first,
    listpack_free,
    listpack_new,
    listpack_next,
    listpack_skip,
    listpack_splice,
    listpack_text,
)
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
from cython.cimports.libc.stdint import INT64_MIN, int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy

# --- life ------------------------------------------------------------------------------------------------------------


def hash_new(heap):
    """The value of a new hash: an empty listpack, the entry's encoding ENCODING_LISTPACK. NULL when memory is short."""
    return listpack_new(heap)


def hash_free(heap, e, remote):
    """Free the value. `remote`: on a thread that does not own the heap."""
    lp: Listpack
    if hash_is_listpack(e):
        lp = hash_listpack(e)
        heap_release(heap, lp, listpack_bytes(lp), remote)
    else:
        fields_free(heap, hash_fields(e), remote)


def hash_effort(e):
    """How many blocks freeing the value takes."""
    return 1 if hash_is_listpack(e) else hash_fields(e).table.count


def hash_memory(e):
    """What the value takes beside its entry; of large hashes, fields are taken to be like the first WEIGHED_MAX."""
    fields: FieldsPtr
    weighed: Weighed
    n: cython.size_t
    cursor: uint64_t = 0
    if hash_is_listpack(e):
        return heap_block_bytes(hash_listpack(e), listpack_bytes(hash_listpack(e)))
    fields = hash_fields(e)
    n = heap_block_bytes(fields, sizeof(Fields)) + table_bytes(address(fields.table))
    if fields.expiring != NULL:
        n += heap_block_bytes(fields.expiring, sizeof(Deadlines)) + deadlines_bytes(fields.expiring)
    weighed.count = 0
    weighed.total = 0
    while True:
        cursor = table_scan(address(fields.table), cursor, 1, weigh_field, address(weighed))
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


def hash_copy(heap, e):
    """A copy of the hash's value, NULL when memory is short."""
    fields: FieldsPtr
    if hash_is_listpack(e):
        return listpack_copy(heap, hash_listpack(e))
    fields = fields_new(heap, hash_fields(e).table.key)
    if fields == NULL:
        return NULL
    if not hash_each(e, INT64_MIN, copy_field, fields):
        fields_free(heap, fields, False)
        return NULL
    fields.listed = fields_deadline(fields)
    return fields


def copy_field(context, field, value, expiry):
    fields: FieldsPtr = cast(FieldsPtr, context)
    return fields_add(
        fields.table.heap, fields, field, value, expiry, hash_bytes(fields.table.key, field.p, field.n))


def hash_convert(heap, key, e):
    """Make a table of the listpack. False: no memory, it is still a listpack. O(n)."""
    fields: FieldsPtr = fields_new(heap, key)
    lp: Listpack = hash_listpack(e)
    if fields == NULL:
        return False
    if not hash_each(e, INT64_MIN, copy_field, fields):
        fields_free(heap, fields, False)
        return False
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, fields)))
    entry_set_kind(e, TYPE_HASH, ENCODING_HASHTABLE)
    listpack_free(heap, lp)
    return True


# --- both forms ------------------------------------------------------------------------------------------------------


def hash_count(e):
    """How many fields there are, those whose time is up among them. O(1) (a huge listpack is counted)."""
    return listpack_count(hash_listpack(e)) >> 1 if hash_is_listpack(e) else hash_fields(e).table.count


def hash_live_count(e, now):
    """How many fields there are whose time is not up. O(1) and what is past."""
    fields: FieldsPtr
    if hash_is_listpack(e):
        return listpack_count(hash_listpack(e)) >> 1
    fields = hash_fields(e)
    return fields.table.count - (deadlines_passed(fields.expiring, now) if any_past(fields, now) else 0)


def hash_locate(e, field, now, place):
    """Where the field stands. False: nowhere, or its time is up. O(1), in a listpack O(n)."""
    fields: FieldsPtr
    if hash_is_listpack(e):
        place.slot = NULL
        place.p = listpack_field(e, field)
        return place.p != NULL
    fields = hash_fields(e)
    place.hash = hash_bytes(fields.table.key, field.p, field.n)
    place.slot = table_find(address(fields.table), field.p, field.n, place.hash)
    return place.slot != NULL and not field_is_past(place.slot[0], now)


def place_value(place, scratch):
    """The value; an integer in a listpack is written to `scratch` (INTEGER_MAX bytes)."""
    if place.slot != NULL:
        return field_value(place.slot[0])
    return listpack_text(listpack_skip(place.p), scratch)


def place_expiry(place):
    return entry_expiry(place.slot[0]) if place.slot != NULL else EXPIRY_NONE


def hash_set(settings, e, field, value, expiry):
    """Let the field have the value, and an expiry: a moment, EXPIRY_NONE or EXPIRY_KEEP. HASH_SET, _ADDED, ...

    HASH_NO_MEMORY: nothing has changed. `field` and `value` must not lie in the hash.
    """
    result: cython.int
    if hash_is_listpack(e):
        if expiry < 0 and field.n <= settings.max_value and value.n <= settings.max_value:
            result = listpack_set(settings.heap, e, field, value)
            if result == HASH_ADDED and cast(int64_t, hash_count(e)) > settings.max_entries:
                hash_convert(settings.heap, settings.key, e)    # if there is no memory for that, let it be
            if result != HASH_NO_MEMORY:
                return result
        if not hash_convert(settings.heap, settings.key, e):
            return HASH_NO_MEMORY
    return fields_set(settings.heap, hash_fields(e), field, value, expiry, settings.now)


def hash_expire(settings, e, field, place, when):
    """Let the field at `place` expire at `when`, or never (EXPIRY_NONE). False: no memory, nothing has changed."""
    old: EntryPtr
    fresh: EntryPtr
    heap: HeapPtr = settings.heap
    if hash_is_listpack(e):
        if when == EXPIRY_NONE:
            return True
        if not hash_convert(heap, settings.key, e):
            return False
        hash_locate(e, field, settings.now, place)
    old = place.slot[0]
    fresh = entry_copy(heap, old, entry_key(old), entry_key_length(old), when)
    if fresh == NULL:
        return False
    if not fields_put(heap, hash_fields(e), place.slot, fresh):
        entry_free(heap, fresh)
        return False
    entry_free(heap, old)
    return True


def hash_remove(heap, e, place):
    """Remove the field at `place`. An empty hash is the caller's to drop."""
    fields: FieldsPtr
    field: EntryPtr
    lp: Listpack
    if place.slot == NULL:
        lp = listpack_delete(heap, hash_listpack(e), place.p, 2)
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
        return
    fields = hash_fields(e)
    field = place.slot[0]
    if field.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, field)
    table_remove(address(fields.table), entry_key(field), entry_key_length(field), place.hash)
    field_free(heap, field, False)


def hash_each(e, now, each, context):
    """Call each(context, field, value, expiry) for every field that is not past, until it returns False.

    Integers in a listpack are texts on the stack. Did all calls return True? `each` must not change the hash.
    """
    scratch: cython.char[48]
    field: Slice
    value: Slice
    walk: Walk
    p: cython.p_char
    if not hash_is_listpack(e):
        walk.each = each
        walk.context = context
        walk.now = now
        walk.stopped = False
        table_each(address(hash_fields(e).table), walk_field, address(walk))
        return not walk.stopped
    p = listpack_first(hash_listpack(e))
    while p != NULL:
        field = listpack_text(p, scratch)
        p = listpack_skip(p)
        value = listpack_text(p, cast(cython.p_char, scratch) + 24)
        p = listpack_next(p)
        if not each(context, address(field), address(value), EXPIRY_NONE):
            return False
    return True


def walk_field(context, field):
    walk: WalkPtr = cast(WalkPtr, context)
    name: Slice
    value: Slice
    if walk.stopped or field_is_past(field, walk.now):
        return
    name.p = entry_key(field)
    name.n = entry_key_length(field)
    value = field_value(field)
    walk.stopped = not walk.each(walk.context, address(name), address(value), entry_expiry(field))


# --- listpacks -------------------------------------------------------------------------------------------------------


def listpack_field(e, field):
    return listpack_find(hash_listpack(e), listpack_first(hash_listpack(e)), field, 1)


def listpack_set(heap, e, field, value):
    elements: Element[2]
    lp: Listpack = hash_listpack(e)
    p: cython.p_char = listpack_field(e, field)
    old: cython.size_t
    if p == NULL:
        element_of(address(elements[0]), field)
        element_of(address(elements[1]), value)
        return HASH_ADDED if splice(heap, e, listpack_bytes(lp) - 1, 0, elements, 2) else HASH_NO_MEMORY
    p = listpack_skip(p)
    old = listpack_skip(p) - p
    element_of(address(elements[0]), value)
    if element_bytes(address(elements[0])) == old:
        element_write(p, address(elements[0]))
        return HASH_SET
    return HASH_SET if splice(heap, e, p - lp, old, elements, 1) else HASH_NO_MEMORY


def splice(heap, e, at, removed_bytes, elements, count):
    """Put `count` elements in place of the one at offset `at`, or of none. False: no memory, nothing has changed."""
    lp: Listpack = listpack_splice(
        heap, hash_listpack(e), at, removed_bytes, 1 if removed_bytes > 0 else 0, elements, count)
    if lp == NULL:
        return False
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
    return True


# --- tables ----------------------------------------------------------------------------------------------------------


def fields_new(heap, key):
    """An empty table of fields. NULL when memory is short."""
    fields: FieldsPtr = cast(FieldsPtr, heap_alloc(heap, sizeof(Fields)))
    if fields == NULL:
        return NULL
    fields.expiring = NULL
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


def fields_set(heap, fields, field, value, expiry, now):
    """`hash_set` for a table."""
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
    if fresh.layout & LAYOUT_EXPIRY and not note_deadline(heap, fields, fresh):
        field_free(heap, fresh, False)
        return False
    if table_insert(address(fields.table), fresh, h):
        return True
    if fresh.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, fresh)
    field_free(heap, fresh, False)
    return False


def fields_put(heap, fields, slot, fresh):
    """Put `fresh` in place of the entry in `slot`, then the caller's. False: no memory, nothing has changed."""
    old: EntryPtr = slot[0]
    if fresh.layout & LAYOUT_EXPIRY and not note_deadline(heap, fields, fresh):
        return False
    if old.layout & LAYOUT_EXPIRY:
        forget_deadline(heap, fields, old)
    slot[0] = fresh
    return True


# --- deadlines -------------------------------------------------------------------------------------------------------


def field_deadline(field):
    return entry_expiry(field)


def note_deadline(heap, fields, field):
    """The field, which expires, is one of this table's. False when memory is short."""
    if fields.expiring == NULL:
        fields.expiring = cast(FieldDeadlines, heap_alloc(heap, sizeof(Deadlines)))
        if fields.expiring == NULL:
            return False
        deadlines_init(fields.expiring, heap, field_deadline)
    if deadlines_insert(fields.expiring, field):
        return True
    if fields.expiring.count == 0:
        drop_deadlines(heap, fields, False)
    return False


def forget_deadline(heap, fields, field):
    deadlines_remove(fields.expiring, field)
    if fields.expiring.count == 0:
        drop_deadlines(heap, fields, False)


def drop_deadlines(heap, fields, remote):
    if fields.expiring != NULL:
        deadlines_free(fields.expiring, remote)
        heap_release(heap, fields.expiring, sizeof(Deadlines), remote)
        fields.expiring = NULL


def fields_deadline(fields):
    """No field's time is up before this moment; -1: none expires."""
    return deadlines_first(fields.expiring) if fields.expiring != NULL else -1


def hash_listed(e):
    """The deadline under which the database keeps the hash."""
    return hash_fields(e).listed


def fields_reap(heap, fields, now):
    """Remove fields whose time is up, REAP_MAX at most. How many."""
    past: EntryPtr[64]
    hashes: uint64_t[64]
    i: cython.int
    n: cython.int
    if fields.expiring == NULL:
        return 0
    n = deadlines_take(fields.expiring, now, past, REAP_MAX)
    for i in range(n):
        hashes[i] = hash_bytes(fields.table.key, entry_key(past[i]), entry_key_length(past[i]))
        table_prefetch_bucket(address(fields.table), hashes[i])
    for i in range(n):
        table_remove(address(fields.table), entry_key(past[i]), entry_key_length(past[i]), hashes[i])
        field_free(heap, past[i], False)
    if fields.expiring.count == 0:
        drop_deadlines(heap, fields, False)
    return n


def hash_drop_past(heap, e, now):
    """Remove all fields whose time is up, unless there are no others, from a hash that no database has yet."""
    fields: FieldsPtr = hash_fields(e)
    if hash_live_count(e, now) == 0:
        return
    while fields_reap(heap, fields, now) == REAP_MAX:
        pass
    fields.listed = fields_deadline(fields)


# --- one field of a table --------------------------------------------------------------------------------------------


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
        heap_free(heap, raw, raw_bytes(raw.capacity))
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
