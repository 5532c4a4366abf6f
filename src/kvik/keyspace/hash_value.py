"""The value of a hash in both its forms: looking up, setting, expiring, removing, walking and copying fields.

A small hash is a listpack of fields and values. It becomes a table (fields.py) when it has more than
hash-max-listpack-entries fields, one longer than hash-max-listpack-value, or one that expires; and a table it stays.

Who looks for a field whose time is up (`hash_locate`, `hash_each`) is told that it is not there. The database keeps
hashes with expiring fields by their next deadline: whoever gives or takes expiries calls `list_hash` (database.py) when
done.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length, entry_set_kind, entry_set_word
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_block_bytes, heap_release
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
from cython.cimports.kvik.engine.table import table_each, table_find
from cython.cimports.kvik.keyspace.fields import (
    EXPIRY_NONE,
    HASH_ADDED,
    HASH_NO_MEMORY,
    HASH_SET,
    REAP_MAX,
    field_is_past,
    field_value,
    fields_add,
    fields_deadline,
    fields_expire,
    fields_free,
    fields_memory,
    fields_new,
    fields_past,
    fields_reap,
    fields_remove,
    fields_set,
)
from cython.cimports.libc.stdint import INT64_MIN, int64_t, uint64_t, uintptr_t

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
    """What the value takes beside its entry."""
    if hash_is_listpack(e):
        return heap_block_bytes(hash_listpack(e), listpack_bytes(hash_listpack(e)))
    return fields_memory(hash_fields(e))


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
    if hash_is_listpack(e):
        return listpack_count(hash_listpack(e)) >> 1
    return hash_fields(e).table.count - fields_past(hash_fields(e), now)


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
            if result != HASH_NO_MEMORY:
                if cast(int64_t, hash_count(e)) > settings.max_entries:
                    hash_convert(settings.heap, settings.key, e)    # if there is no memory for that, let it be
                return result
        if not hash_convert(settings.heap, settings.key, e):
            return HASH_NO_MEMORY
    return fields_set(settings.heap, hash_fields(e), field, value, expiry, settings.now)


def hash_expire(settings, e, field, place, when):
    """Let the field at `place` expire at `when`, or never (EXPIRY_NONE). False: no memory, nothing has changed."""
    if hash_is_listpack(e):
        if when == EXPIRY_NONE:
            return True
        if not hash_convert(settings.heap, settings.key, e):
            return False
        hash_locate(e, field, settings.now, place)
    return fields_expire(settings.heap, hash_fields(e), place.slot, when)


def hash_remove(heap, e, place):
    """Remove the field at `place`. An empty hash is the caller's to drop."""
    lp: Listpack
    if place.slot != NULL:
        fields_remove(heap, hash_fields(e), place.slot[0], place.hash)
        return
    lp = listpack_delete(heap, hash_listpack(e), place.p, 2)
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))


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


def hash_listed(e):
    """The deadline under which the database keeps the hash."""
    return hash_fields(e).listed


def hash_drop_past(heap, e, now, each, context):
    """Remove all fields whose time is up, unless there are no others, from a hash that no database has yet.

    `each` (unless it is NULL) hears of every one of them before.
    """
    fields: FieldsPtr = hash_fields(e)
    if hash_live_count(e, now) == 0:
        return
    while fields_reap(heap, fields, now, each, context) == REAP_MAX:
        pass
    fields.listed = fields_deadline(fields)
