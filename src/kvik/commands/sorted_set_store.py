"""Storing sorted sets that a command has built apart from the database; and ZRANGESTORE."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.collections import delete_destination, read_collection, store_collection
from cython.cimports.kvik.commands.sorted_set import sorted_set_rules
from cython.cimports.kvik.commands.sorted_set_range import (
    ORDER_ANY,
    ORDER_DOWN,
    RANGE_ANY,
    RANGE_RANK,
    RangeOptions,
    find_range,
    read_range,
)
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_SORTED_SET, entry_new, entry_set_kind, entry_set_word
from cython.cimports.kvik.engine.text import Slice
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.sorted_set_builder import builder_add, builder_finish, builder_free, builder_init
from cython.cimports.kvik.keyspace.sorted_set_listpack import RankRange
from cython.cimports.kvik.keyspace.sorted_set_value import (
    SortedSetCursor,
    SortedSetRules,
    cursor_next,
    cursor_prefetch,
    cursor_previous,
    cursor_score,
    cursor_text,
    sorted_set_free,
    sorted_set_is_small,
    sorted_set_seek,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SORTED_SET
from cython.cimports.kvik.wire.reply import reply_integer
from cython.cimports.libc.stdint import uint64_t, uintptr_t


def store_result(call, result, event):
    """Let argv[1] be the sorted set that was built, or nothing if that is empty, and answer its size.

    The builder is still the caller's to free.
    """
    rules: SortedSetRules = sorted_set_rules(call)
    count: cython.size_t = result.count
    encoding: cython.int = 0
    value: cython.p_void
    e: EntryPtr = NULL
    if result.failed:
        reply_memory(call)
        return
    if count == 0:
        delete_destination(call)
        return
    value = builder_finish(result, address(rules), address(encoding))
    if value != NULL:
        e = entry_new(call.keyspace.heap, call.argv[1].p, call.argv[1].n, -1, True, 0)
    if e == NULL:
        if value != NULL:
            sorted_set_free(call.keyspace.heap, value, encoding, False)
        reply_memory(call)
        return
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_SORTED_SET, encoding)
    if store_collection(call, 1, call_hash(call, 1), e, EVENT_SORTED_SET, event):
        reply_integer(call.client, count)


def zrangestore_command(call):
    options: RangeOptions
    rules: SortedSetRules = sorted_set_rules(call)
    result: SortedSetBuilder
    small: cython.bint
    back: cython.bint
    score: cython.double
    cursor: SortedSetCursor
    found: RankRange
    scratch: cython.char[24]
    text: Slice
    e: EntryPtr = NULL
    if not read_range(call, 3, RANGE_ANY, ORDER_ANY, True, address(options)) \
            or not read_collection(call, 2, call_hash(call, 2), TYPE_SORTED_SET, address(e)):
        return
    builder_init(address(result), call.keyspace.heap, address(call.keyspace.hash_key))
    back = options.order == ORDER_DOWN
    found.count = 0
    if e != NULL:
        found = find_range(e, address(options))
    if found.count > 0:
        sorted_set_seek(e, found.first + found.count - 1 if back else found.first, address(cursor))
    small = options.by != RANGE_RANK or sorted_set_is_small(address(rules), found.count, 0)
    while found.count > 0 and not result.failed:
        cursor_prefetch(address(cursor), back)
        text = cursor_text(address(cursor), scratch)
        score = cursor_score(address(cursor))
        small = small and sorted_set_is_small(address(rules), result.count + 1, text.n)
        if small:
            score += 0.0        # Valkey begins with a listpack where it can, and what has been in one has no -0
        builder_add(address(result), address(text), 0, score)
        if back:
            cursor_previous(address(cursor))
        else:
            cursor_next(address(cursor))
        found.count -= 1
    store_result(call, address(result), "zrangestore")
    builder_free(address(result))
