"""Taking members from the ends of sorted sets: ZPOPMIN, ZPOPMAX, ZMPOP, and their forms that wait."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import read_count, read_timeout, reply_syntax_error
from cython.cimports.kvik.commands.collections import drop_emptied, write_collection
from cython.cimports.kvik.commands.pops import find_filled, read_pop_options, reply_timed_out
from cython.cimports.kvik.commands.sorted_set import REPLY_FLAT, REPLY_PAIR, reply_form, reply_member
from cython.cimports.kvik.engine.entry import TYPE_SORTED_SET
from cython.cimports.kvik.keyspace.blocking import block_on_keys
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer
from cython.cimports.kvik.keyspace.sorted_set_listpack import RankRange
from cython.cimports.kvik.keyspace.sorted_set_value import (
    SortedSetCursor,
    cursor_next,
    cursor_prefetch,
    cursor_previous,
    sorted_set_count,
    sorted_set_fetch_end,
    sorted_set_remove_range,
    sorted_set_seek_end,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SORTED_SET, changed_by, is_logged, replace_effect_on
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_null_array
from cython.cimports.libc.stdint import int64_t, uint64_t

# --- taking out ------------------------------------------------------------------------------------------------------


def pop_members(call, i, h, e, highest, count, form):
    """Take `count` members (1 at least; no more than there are) out of argv[i], and reply them."""
    size: uint64_t = sorted_set_count(e)
    left: uint64_t = count
    cursor: SortedSetCursor
    gone: RankRange
    gone.first = size - count if highest else 0
    gone.count = count
    sorted_set_seek_end(e, highest, address(cursor))
    sorted_set_fetch_end(e, highest)
    while left > 0:
        cursor_prefetch(address(cursor), highest)
        reply_member(call, address(cursor), form)
        left -= 1
        if highest:
            cursor_previous(address(cursor))
        else:
            cursor_next(address(cursor))
    sorted_set_remove_range(call.keyspace.heap, e, gone)
    changed_by(call, i, EVENT_SORTED_SET, "zpopmax" if highest else "zpopmin", count)
    if count == size:
        drop_emptied(call, i, h)


def at_most(e, count):
    """`count`, or how many members there are."""
    size: uint64_t = sorted_set_count(e)
    return count if count < size else size


# --- one key ---------------------------------------------------------------------------------------------------------


def zpopmin_command(call):
    pop_command(call, False)


def zpopmax_command(call):
    pop_command(call, True)


def pop_command(call, highest):
    e: EntryPtr = NULL
    count: uint64_t = 1
    form: cython.int = REPLY_FLAT
    if call.argc > 3:
        reply_syntax_error(call)
        return
    if call.argc == 3:
        if not read_count(call, 2, 0, "ERR value is out of range, must be positive", address(count)):
            return
        form = reply_form(call, True)
    if not write_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if e == NULL or count == 0:
        reply_array(call.client, 0)
        return
    count = at_most(e, count)
    reply_array(call.client, count * 2 if form == REPLY_FLAT else count)
    pop_members(call, 1, call.hash, e, highest, count, form)


# --- the first of many keys that has members -------------------------------------------------------------------------


def zmpop_command(call):
    options: PopOptions
    if read_pop_options(call, 1, "min", "max", address(options)) and not pop_from_any(call, address(options)):
        reply_null_array(call.client)


def pop_from_any(call, options):
    """ZMPOP's work. False: there are no members, and nothing was answered."""
    h: uint64_t = 0
    e: EntryPtr = NULL
    count: uint64_t
    i: cython.int = find_filled(call, TYPE_SORTED_SET, options.first, options.keys, address(h), address(e))
    if i <= 0:
        return i < 0
    count = at_most(e, options.count)
    reply_array(call.client, 2)
    reply_bulk(call.client, call.argv[i].p, call.argv[i].n)
    reply_array(call.client, count)
    pop_members(call, i, h, e, options.last, count, REPLY_PAIR)
    if is_logged(call):
        effect_pop(call, i, options.last, count)
    return True


def effect_pop(call, i, highest, count):
    """The command came to ZPOPMIN or ZPOPMAX of argv[i], of so many members (0: of one)."""
    f: EffectsPtr = replace_effect_on(call, "ZPOPMAX" if highest else "ZPOPMIN", i)
    if count > 0:
        effect_integer(f, count)
    effect_close(f)


# --- waiting ---------------------------------------------------------------------------------------------------------


def bzmpop_command(call):
    options: PopOptions
    timeout_ms: int64_t = 0
    if not read_pop_options(call, 2, "min", "max", address(options)) or not read_timeout(call, 1, address(timeout_ms)):
        return
    if not pop_from_any(call, address(options)):
        block_on_keys(call, options.first, options.keys, 1, TYPE_SORTED_SET, timeout_ms, reply_timed_out)


def bzpopmin_command(call):
    block_and_pop(call, False)


def bzpopmax_command(call):
    block_and_pop(call, True)


def block_and_pop(call, highest):
    keys: cython.int = call.argc - 2
    timeout_ms: int64_t = 0
    h: uint64_t = 0
    e: EntryPtr = NULL
    i: cython.int
    if not read_timeout(call, call.argc - 1, address(timeout_ms)):
        return
    i = find_filled(call, TYPE_SORTED_SET, 1, keys, address(h), address(e))
    if i == 0:
        block_on_keys(call, 1, keys, 1, TYPE_SORTED_SET, timeout_ms, reply_timed_out)
    elif i > 0:
        reply_array(call.client, 3)
        reply_bulk(call.client, call.argv[i].p, call.argv[i].n)
        pop_members(call, i, h, e, highest, 1, REPLY_FLAT)
        if is_logged(call):
            effect_pop(call, i, highest, 0)
