"""ZSCAN, and random members: ZRANDMEMBER."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.collections import is_read, read_collection, read_random_options, reply_item
from cython.cimports.kvik.commands.scan import (
    SCAN_SORTED_SET,
    found_free,
    found_init,
    read_cursor,
    read_scan_options,
    reply_cursor,
    scan_table,
)
from cython.cimports.kvik.commands.sorted_set import (
    REPLY_FLAT,
    REPLY_MEMBER,
    reply_form,
    reply_member,
    reply_stored_member,
)
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.doubles import double_integer
from cython.cimports.kvik.engine.entry import (
    ENCODING_LISTPACK,
    TYPE_SORTED_SET,
    entry_encoding,
    entry_key,
    entry_key_length,
)
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import mul_high, prefetch
from cython.cimports.kvik.engine.listpack import Item, listpack_item, listpack_next
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.sampling import draw_takes, seen_add, seen_free, seen_init
from cython.cimports.kvik.engine.table import random_next, table_random
from cython.cimports.kvik.engine.text import Slice, format_integer, glob_match
from cython.cimports.kvik.keyspace.sorted_set_value import (
    cursor_next,
    cursor_prefetch,
    cursor_previous,
    cursor_text,
    entry_sorted_set,
    sorted_set_count,
    sorted_set_seek,
    sorted_set_seek_end,
)
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_null
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t
from cython.cimports.libc.stdio import snprintf

# --- ZSCAN -----------------------------------------------------------------------------------------------------------


def zscan_command(call):
    e: EntryPtr = NULL
    options: ScanOptions
    found: Found
    cursor: uint64_t = 0
    if not read_cursor(call, 2, address(cursor)) \
            or not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if e == NULL:
        reply_cursor(call, 0)
        reply_array(call.client, 0)
        return
    if not read_scan_options(call, 3, SCAN_SORTED_SET, address(options)):
        return
    if entry_encoding(e) == ENCODING_LISTPACK:
        scan_small(call, e, address(options))
        return
    found_init(address(found), call, options.pattern, -1)
    cursor = scan_table(address(entry_sorted_set(e).members), cursor, options.count, address(found))
    if found.failed:
        reply_memory(call)
    else:
        reply_cursor(call, cursor)
        reply_found(call, address(found), options.bare)
    found_free(address(found))


def reply_score_text(call, score):
    """ZSCAN's scores are bulk strings in both protocols; those of the large form have 17 digits if they need them."""
    text: cython.char[32]
    integer: int64_t = 0
    if double_integer(score, address(integer)) and -SCORE_DIGITS < integer < SCORE_DIGITS and integer != 0:
        reply_bulk(call.client, text, format_integer(text, integer))
    else:
        reply_bulk(call.client, text, snprintf(text, 32, "%.17g", score))


def reply_found(call, found, bare):
    m: EntryPtr
    i: cython.size_t
    reply_array(call.client, found.count if bare else 2 * found.count)
    for i in range(found.count):
        m = found.entries[i]
        reply_bulk(call.client, entry_key(m), entry_key_length(m))
        if not bare:
            reply_score_text(call, member_score(m))


def cursor_matches(cursor, options):
    scratch: cython.char[24]
    text: Slice
    if options.pattern == NULL:
        return True
    text = cursor_text(cursor, scratch)
    return glob_match(options.pattern.p, options.pattern.n, text.p, text.n, False)


def scan_small(call, e, options):
    """All of it at once."""
    cursor: SortedSetCursor
    item: Item
    matching: uint64_t = 0
    sorted_set_seek_end(e, False, address(cursor))
    while not cursor.ended:
        if cursor_matches(address(cursor), options):
            matching += 1
        cursor_next(address(cursor))
    reply_cursor(call, 0)
    reply_array(call.client, matching if options.bare else 2 * matching)
    sorted_set_seek_end(e, False, address(cursor))
    while not cursor.ended:
        if cursor_matches(address(cursor), options):
            reply_member(call, address(cursor), REPLY_MEMBER)
            if not options.bare:
                item = listpack_item(listpack_next(cursor.p))
                reply_item(call.client, address(item))
        cursor_next(address(cursor))


# --- ZRANDMEMBER -----------------------------------------------------------------------------------------------------


def zrandmember_command(call):
    e: EntryPtr = NULL
    count: int64_t = 0
    with_scores: cython.bint = False
    if call.argc > 2 and not read_random_options(call, "withscores", address(count), address(with_scores)):
        return
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if call.argc == 2:
        random_member(call, e)
    elif e == NULL or count == 0:
        reply_array(call.client, 0)
    elif count < 0:
        random_again(call, e, cast(uint64_t, -count), reply_form(call, with_scores))
    else:
        random_distinct(call, e, cast(uint64_t, count), reply_form(call, with_scores))


def random_header(call, count, form):
    reply_array(call.client, count * 2 if form == REPLY_FLAT else count)


def random_member(call, e):
    """One member, or null."""
    cursor: SortedSetCursor
    if e == NULL:
        reply_null(call.client)
    elif entry_encoding(e) == ENCODING_LISTPACK:
        sorted_set_seek(e, mul_high(random_next(address(call.keyspace.seed)), sorted_set_count(e)), address(cursor))
        reply_member(call, address(cursor), REPLY_MEMBER)
    else:
        reply_stored_member(
            call, table_random(address(entry_sorted_set(e).members), address(call.keyspace.seed)), REPLY_MEMBER)


def random_again(call, e, count, form):
    """`count` members, each drawn from all of them."""
    if entry_encoding(e) == ENCODING_LISTPACK:
        random_again_small(call, e, count, form)
    else:
        random_again_large(call, entry_sorted_set(e), count, form)


def random_again_large(call, s, count, form):
    drawn: EntryPtr[DRAWN_TOGETHER]
    n: uint64_t
    i: uint64_t
    random_header(call, count, form)
    while count > 0 and is_read(call):
        n = count if count < DRAWN_TOGETHER else DRAWN_TOGETHER
        for i in range(n):
            drawn[i] = table_random(address(s.members), address(call.keyspace.seed))
            prefetch(drawn[i])
        for i in range(n):
            reply_stored_member(call, drawn[i], form)
        count -= n


def random_again_small(call, e, count, form):
    """The members' places in the listpack are written down once."""
    cursor: SortedSetCursor
    members: uint64_t = sorted_set_count(e)
    places: cython.pointer(uintptr_t) = cast(
        cython.pointer(uintptr_t), heap_alloc(call.keyspace.heap, members * sizeof(uintptr_t)))
    n: uint64_t = 0
    if places == NULL:
        reply_memory(call)
        return
    sorted_set_seek_end(e, False, address(cursor))
    while not cursor.ended:
        places[n] = cast(uintptr_t, cursor.p)
        n += 1
        cursor_next(address(cursor))
    random_header(call, count, form)
    while count > 0 and is_read(call):
        cursor.p = cast(cython.p_char, places[mul_high(random_next(address(call.keyspace.seed)), members)])
        reply_member(call, address(cursor), form)
        count -= 1
    heap_free(call.keyspace.heap, places, members * sizeof(uintptr_t))


def random_distinct(call, e, count, form):
    """`count` different members, or all if there are no more; those from the last to the first."""
    cursor: SortedSetCursor
    draw: Draw
    draw.left = sorted_set_count(e)
    draw.wanted = count if count < draw.left else draw.left
    if draw.wanted * 3 < draw.left and entry_encoding(e) != ENCODING_LISTPACK:
        random_few(call, entry_sorted_set(e), draw.wanted, form)
        return
    random_header(call, draw.wanted, form)
    sorted_set_seek_end(e, True, address(cursor))
    while draw.wanted > 0:
        cursor_prefetch(address(cursor), True)
        if draw_takes(address(draw), address(call.keyspace.seed)):
            reply_member(call, address(cursor), form)
        cursor_previous(address(cursor))


def random_few(call, s, count, form):
    """`count` different members, which are a small part of them."""
    seen: Seen
    m: EntryPtr
    if not seen_init(address(seen), call.keyspace.heap, count):
        reply_memory(call)
        return
    random_header(call, count, form)
    while count > 0:
        m = table_random(address(s.members), address(call.keyspace.seed))
        if seen_add(address(seen), cast(uintptr_t, m)):
            reply_stored_member(call, m, form)
            count -= 1
    seen_free(address(seen))
