"""Hash commands on all fields and on random ones: HGETALL, HKEYS, HVALS, HSCAN, HRANDFIELD.

Fields whose time is up are passed over, so the head of a reply, which says how long it is, counts without them.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.collections import is_read, read_random_options, reply_item
from cython.cimports.kvik.commands.hash import read_hash
from cython.cimports.kvik.commands.scan import (
    SCAN_HASH,
    found_add,
    found_free,
    found_init,
    read_cursor,
    read_scan_options,
    reply_cursor,
    scan_table,
)
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import mul_high
from cython.cimports.kvik.engine.listpack import (
    listpack_at,
    listpack_count,
    listpack_first,
    listpack_item,
    listpack_next,
    listpack_skip,
    listpack_text,
)
from cython.cimports.kvik.engine.sampling import draw_takes, seen_add, seen_free, seen_init
from cython.cimports.kvik.engine.table import random_next, table_each, table_random
from cython.cimports.kvik.engine.text import glob_match
from cython.cimports.kvik.keyspace.database import expiry_now
from cython.cimports.kvik.keyspace.fields import field_is_past, field_value
from cython.cimports.kvik.keyspace.hash_value import (
    hash_count,
    hash_fields,
    hash_is_listpack,
    hash_listpack,
    hash_live_count,
)
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_map, reply_null
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t

# --- all fields ------------------------------------------------------------------------------------------------------


def hgetall_command(call):
    reply_all(call, WITH_FIELDS | WITH_VALUES)


def hkeys_command(call):
    reply_all(call, WITH_FIELDS)


def hvals_command(call):
    reply_all(call, WITH_VALUES)


def reply_all(call, parts):
    e: EntryPtr = NULL
    live: uint64_t = 0
    if not read_hash(call, address(e)):
        return
    if e != NULL:
        live = hash_live_count(e, expiry_now(call.keyspace))
    if parts == WITH_FIELDS | WITH_VALUES:
        reply_map(call.client, live)
    else:
        reply_array(call.client, live)
    if e != NULL:
        reply_fields(call, e, parts, NULL)


def reply_fields(call, e, parts, draw):
    """Reply all fields, or those that are drawn."""
    replies: FieldReplies
    if hash_is_listpack(e):
        reply_listpack(call, hash_listpack(e), parts, draw)
        return
    replies.call = call
    replies.parts = parts
    replies.draw = draw
    table_each(address(hash_fields(e).table), reply_entry, address(replies))


def reply_listpack(call, lp, parts, draw):
    p: cython.p_char = listpack_first(lp)
    while p != NULL:
        if draw == NULL or draw_takes(draw, address(call.keyspace.seed)):
            reply_element(call, p, parts)
        p = listpack_next(listpack_skip(p))


def reply_entry(context, field):
    replies: FieldRepliesPtr = cast(FieldRepliesPtr, context)
    call: CallPtr = replies.call
    name: Slice
    value: Slice
    if field_is_past(field, expiry_now(call.keyspace)):
        return
    if replies.draw != NULL and not draw_takes(replies.draw, address(call.keyspace.seed)):
        return
    name.p = entry_key(field)
    name.n = entry_key_length(field)
    value = field_value(field)
    reply_parts(call, address(name), address(value), replies.parts)


def reply_parts(call, field, value, parts):
    if parts & IN_PAIRS:
        reply_array(call.client, 2)
    if parts & WITH_FIELDS:
        reply_bulk(call.client, field.p, field.n)
    if parts & WITH_VALUES:
        reply_bulk(call.client, value.p, value.n)


def reply_element(call, p, parts):
    """`reply_parts` of the field at p of a listpack, with the value that stands behind it."""
    item: Item
    if parts & IN_PAIRS:
        reply_array(call.client, 2)
    if parts & WITH_FIELDS:
        item = listpack_item(p)
        reply_item(call.client, address(item))
    if parts & WITH_VALUES:
        item = listpack_item(listpack_skip(cast(cython.p_char, p)))
        reply_item(call.client, address(item))


# --- HSCAN -----------------------------------------------------------------------------------------------------------


def hscan_command(call):
    e: EntryPtr = NULL
    options: ScanOptions
    found: Found
    cursor: uint64_t = 0
    if not read_cursor(call, 2, address(cursor)) or not read_hash(call, address(e)):
        return
    if e == NULL:
        reply_cursor(call, 0)
        reply_array(call.client, 0)
        return
    if not read_scan_options(call, 3, SCAN_HASH, address(options)):
        return
    if hash_is_listpack(e):
        scan_listpack(call, hash_listpack(e), address(options))
        return
    found_init(address(found), call, options.pattern, -1)
    cursor = scan_table(address(hash_fields(e).table), cursor, options.count, address(found))
    if found.failed:
        reply_memory(call)
    else:
        reply_cursor(call, cursor)
        reply_found(call, address(found), WITH_FIELDS if options.bare else WITH_FIELDS | WITH_VALUES)
    found_free(address(found))


def reply_found(call, found, parts):
    replies: FieldReplies
    i: cython.size_t
    replies.call = call
    replies.parts = parts
    replies.draw = NULL
    reply_array(call.client, found.count * (2 if parts & WITH_VALUES else 1))
    for i in range(found.count):
        reply_entry(address(replies), found.entries[i])


def scan_listpack(call, lp, options):
    """All of it at once."""
    parts: cython.int = WITH_FIELDS if options.bare else WITH_FIELDS | WITH_VALUES
    matching: int64_t = 0
    p: cython.p_char = listpack_first(lp)
    while p != NULL:
        if element_matches(p, options.pattern):
            matching += 1
        p = listpack_next(listpack_skip(p))
    reply_cursor(call, 0)
    reply_array(call.client, matching if options.bare else 2 * matching)
    p = listpack_first(lp)
    while p != NULL:
        if element_matches(p, options.pattern):
            reply_element(call, p, parts)
        p = listpack_next(listpack_skip(p))


def element_matches(p, pattern):
    scratch: cython.char[24]
    s: Slice
    if pattern == NULL:
        return True
    s = listpack_text(p, scratch)
    return glob_match(pattern.p, pattern.n, s.p, s.n, False)


# --- HRANDFIELD ------------------------------------------------------------------------------------------------------


def hrandfield_command(call):
    e: EntryPtr = NULL
    count: int64_t = 0
    parts: cython.int = WITH_FIELDS
    with_values: cython.bint = False
    live: uint64_t = 0
    if call.argc == 2:
        random_field(call)
        return
    if not read_random_options(call, "withvalues", address(count), address(with_values)) \
            or not read_hash(call, address(e)):
        return
    if with_values:
        parts = WITH_FIELDS | WITH_VALUES if call.client.resp == 2 else WITH_FIELDS | WITH_VALUES | IN_PAIRS
    if e != NULL:
        live = hash_live_count(e, expiry_now(call.keyspace))
    if live == 0:
        reply_array(call.client, 0)
    elif count < 0:
        random_again(call, e, -count, live, parts)
    else:
        random_distinct(call, e, count, live, parts)


def random_header(call, count, parts):
    reply_array(call.client, 2 * count if parts & WITH_VALUES and not parts & IN_PAIRS else count)


def random_field(call):
    """HRANDFIELD without a count: one field, or null."""
    e: EntryPtr = NULL
    live: uint64_t = 0
    if not read_hash(call, address(e)):
        return
    if e != NULL:
        live = hash_live_count(e, expiry_now(call.keyspace))
    if live == 0:
        reply_null(call.client)
    else:
        random_again(call, e, 1, live, WITH_FIELDS)


def random_distinct(call, e, count, live, parts):
    """`count` different fields, or all if there are no more."""
    draw: Draw
    if count > live:
        count = live
    if count * 3 < live and not hash_is_listpack(e) and not is_sparse(e, live):
        random_few(call, hash_fields(e), count, parts)
        return
    draw.wanted = count
    draw.left = live
    random_header(call, count, parts)
    reply_fields(call, e, parts, address(draw))


def is_sparse(e, live):
    """Is the time of so many fields up that one taken at random will rarely do?"""
    return live * 2 < hash_count(e)


def random_few(call, fields, count, parts):
    """`count` different fields, which is a small part of them."""
    seen: Seen
    replies: FieldReplies
    field: EntryPtr
    if not seen_init(address(seen), call.keyspace.heap, count):
        reply_memory(call)
        return
    replies.call = call
    replies.parts = parts
    replies.draw = NULL
    random_header(call, count, parts)
    while count > 0:
        field = random_live(call, fields, NULL)
        if seen_add(address(seen), cast(uintptr_t, field)):
            reply_entry(address(replies), field)
            count -= 1
    seen_free(address(seen))


def random_again(call, e, count, live, parts):
    """`count` fields, each drawn from all of them. For one field without `IN_PAIRS`, no array around it."""
    found: Found
    replies: FieldReplies
    single: cython.bint = call.argc == 2
    if hash_is_listpack(e):
        random_elements(call, hash_listpack(e), count, parts)
        return
    found_init(address(found), call, NULL, -1)
    if is_sparse(e, live):
        table_each(address(hash_fields(e).table), found_add, address(found))
        if found.failed:
            found_free(address(found))
            reply_memory(call)
            return
    replies.call = call
    replies.parts = parts
    replies.draw = NULL
    if not single:
        random_header(call, count, parts)
    while count > 0 and is_read(call):
        reply_entry(address(replies), random_live(call, hash_fields(e), address(found)))
        count -= 1
    found_free(address(found))


def random_live(call, fields, all_live):
    """A random field whose time is not up: one of `all_live`, if they have been found, else one of all."""
    field: EntryPtr
    if all_live != NULL and all_live.count > 0:
        return all_live.entries[mul_high(random_next(address(call.keyspace.seed)), all_live.count)]
    while True:
        field = table_random(address(fields.table), address(call.keyspace.seed))
        if not field_is_past(field, expiry_now(call.keyspace)):
            return field


def random_elements(call, lp, count, parts):
    """`random_again` for a listpack: its fields' places are written down once, unless one is enough."""
    places: Elements
    p: cython.p_char
    n: uint64_t = 0
    all_fields: uint64_t = listpack_count(lp) >> 1
    if call.argc == 2:
        reply_element(
            call, listpack_at(lp, 2 * mul_high(random_next(address(call.keyspace.seed)), all_fields)), parts)
        return
    places = cast(Elements, heap_alloc(call.keyspace.heap, all_fields * sizeof(uintptr_t)))
    if places == NULL:
        reply_memory(call)
        return
    p = listpack_first(lp)
    while p != NULL:
        places[n] = p
        n += 1
        p = listpack_next(listpack_skip(p))
    random_header(call, count, parts)
    while count > 0 and is_read(call):
        reply_element(call, places[mul_high(random_next(address(call.keyspace.seed)), all_fields)], parts)
        count -= 1
    heap_free(call.keyspace.heap, places, all_fields * sizeof(uintptr_t))
