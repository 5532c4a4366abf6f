"""List commands: pushing, reading, and changing inside. What takes elements from the ends is in list_pop.py."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import (
    read_count,
    read_integer,
    read_signed_count,
    reply_syntax_error,
)
from cython.cimports.kvik.commands.collections import (
    drop_emptied,
    new_collection,
    read_collection,
    reply_item,
    write_collection,
)
from cython.cimports.kvik.commands.elements import reply_elements
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_LIST
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.listpack import sought_of
from cython.cimports.kvik.engine.quicklist import (
    list_close,
    list_item,
    list_item_is,
    list_next,
    list_next_node,
    list_previous,
    list_reserve,
)
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.list_value import (
    list_count,
    list_free,
    list_grow,
    list_insert,
    list_new,
    list_open_at,
    list_push,
    list_remove_equal,
    list_remove_range,
    list_replace,
    list_seek,
)
from cython.cimports.kvik.keyspace.tail import EVENT_LIST, changed, changed_by
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_error,
    reply_integer,
    reply_null,
    reply_ok,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcpy

# --- for all list commands -------------------------------------------------------------------------------------------


def push_to_list(call, i, h, e, elements, count, at_head):
    """Push to the list argv[i], whose entry is e[0]; NULL: it is made. False: no memory, answered."""
    rules: ListRules = list_rules(call)
    encoding: cython.int = 0
    value: cython.p_void
    if e[0] != NULL:
        if list_push(address(rules), e[0], elements, count, at_head):
            return True
        reply_memory(call)
        return False
    value = list_new(address(rules), elements, count, at_head, address(encoding))
    if value == NULL:
        reply_memory(call)
        return False
    e[0] = new_collection(call, i, h, TYPE_LIST, encoding, value)
    if e[0] == NULL:
        list_free(rules.heap, value, encoding, False)
    return e[0] != NULL


def reply_heading(call, count, key):
    """The head of an array of `count` elements; with a key (argv[key]), of an array of that and the elements."""
    if key > 0:
        reply_array(call.client, 2)
        reply_bulk(call.client, call.argv[key].p, call.argv[key].n)
    reply_array(call.client, count)


def reply_range(call, e, first, count, key):
    """`count` elements (1 at least; there are so many) from number `first` on. False: no memory, answered.

    `key` 0, or which argument is to stand before them (reply_heading).
    """
    c: ListCursor
    item: Item
    n: uint64_t
    if not list_seek(call.keyspace.heap, e, first, address(c)):
        reply_memory(call)
        return False
    if not list_reserve(address(c), count, True):
        list_close(address(c))
        reply_memory(call)
        return False
    reply_heading(call, count, key)
    while True:
        if c.p != NULL:
            n = (c.node.count if c.node != NULL else list_count(e)) - c.at
            if n > count:
                n = count
            reply_elements(call.client, c.p, n)
        else:
            n = 1
            item = list_item(address(c))
            reply_item(call.client, address(item))
        count -= n
        if count == 0 or not list_next_node(address(c)):
            break
    list_close(address(c))
    return True


# --- pushing ---------------------------------------------------------------------------------------------------------


def lpush_command(call):
    push_command(call, True, False)


def rpush_command(call):
    push_command(call, False, False)


def lpushx_command(call):
    push_command(call, True, True)


def rpushx_command(call):
    push_command(call, False, True)


def push_command(call, at_head, only_if_there):
    e: EntryPtr = NULL
    count: cython.int = call.argc - 2
    if not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL and only_if_there:
        reply_integer(call.client, 0)
        return
    if push_to_list(call, 1, call.hash, address(e), address(call.argv[2]), count, at_head):
        changed_by(call, 1, EVENT_LIST, "lpush" if at_head else "rpush", count)
        reply_integer(call.client, list_count(e))


# --- one element -----------------------------------------------------------------------------------------------------


def llen_command(call):
    e: EntryPtr = NULL
    if read_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        reply_integer(call.client, 0 if e == NULL else list_count(e))


def read_index(call, i, e, index, within):
    """argv[i] as the number of an element, from the end when negative; `within`: there is one. False: answered."""
    value: int64_t = 0
    count: int64_t = list_count(e)
    if not read_integer(call, i, address(value)):
        return False
    if value < 0:
        value += count
    within[0] = 0 <= value < count
    index[0] = cast(uint64_t, value)
    return True


def lindex_command(call):
    e: EntryPtr = NULL
    c: ListCursor
    item: Item
    index: uint64_t = 0
    within: cython.bint = False
    if not read_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL:
        reply_null(call.client)
        return
    if not read_index(call, 2, e, address(index), address(within)):
        return
    if not within:
        reply_null(call.client)
    elif list_seek(call.keyspace.heap, e, index, address(c)):
        item = list_item(address(c))
        reply_item(call.client, address(item))
        list_close(address(c))
    else:
        reply_memory(call)


def lset_command(call):
    rules: ListRules = list_rules(call)
    e: EntryPtr = NULL
    index: uint64_t = 0
    within: cython.bint = False
    if not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL:
        reply_error(call.client, "ERR no such key")
        return
    if not read_index(call, 2, e, address(index), address(within)):
        return
    # As in Redis, the list gets its larger form though the index may be out of range.
    if not list_grow(address(rules), e, address(call.argv[3]), 1):
        reply_memory(call)
    elif not within:
        reply_error(call.client, "ERR index out of range")
    elif list_replace(address(rules), e, index, address(call.argv[3])):
        changed(call, 1, EVENT_LIST, "lset")
        reply_ok(call.client)
    else:
        reply_memory(call)


def linsert_command(call):
    rules: ListRules = list_rules(call)
    e: EntryPtr = NULL
    index: int64_t = 0
    after: cython.bint = is_word(address(call.argv[2]), "after")
    if not after and not is_word(address(call.argv[2]), "before"):
        reply_syntax_error(call)
        return
    if not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL:
        reply_integer(call.client, 0)
        return
    # As in Redis, the list gets its larger form though the pivot may be missing.
    if not list_grow(address(rules), e, address(call.argv[4]), 1) or not find_pivot(call, e, address(index)):
        reply_memory(call)
    elif index < 0:
        reply_integer(call.client, -1)
    elif list_insert(address(rules), e, cast(uint64_t, index), address(call.argv[4]), after):
        changed(call, 1, EVENT_LIST, "linsert")
        reply_integer(call.client, list_count(e))
    else:
        reply_memory(call)


def find_pivot(call, e, index):
    """The number of the first element equal to argv[3], -1 if there is none. False: memory is short."""
    sought: Sought
    c: ListCursor
    at: int64_t = 0
    sought_of(address(sought), address(call.argv[3]))
    if not list_seek(call.keyspace.heap, e, 0, address(c)):
        return False
    while not list_item_is(address(c), address(sought)):
        at += 1
        if not list_next(address(c)):
            at = -1
            break
    list_close(address(c))
    index[0] = at
    return not c.failed


# --- many elements ---------------------------------------------------------------------------------------------------


def clip_range(start, end, count, first):
    """The elements from `start` to `end`, from the end when negative, of a list of `count`: how many, from `first` on.
    """
    size: int64_t = cast(int64_t, count)
    if start < 0:
        start += size
    if end < 0:
        end += size
    if start < 0:
        start = 0
    if end >= size:
        end = size - 1
    if start > end or start >= size:
        first[0] = count
        return 0
    first[0] = cast(uint64_t, start)
    return cast(uint64_t, end - start + 1)


def lrange_command(call):
    e: EntryPtr = NULL
    start: int64_t = 0
    end: int64_t = 0
    first: uint64_t = 0
    count: uint64_t = 0
    if not read_integer(call, 2, address(start)) or not read_integer(call, 3, address(end)) \
            or not read_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e != NULL:
        count = clip_range(start, end, list_count(e), address(first))
    if count == 0:
        reply_array(call.client, 0)
    else:
        reply_range(call, e, first, count, 0)


def ltrim_command(call):
    e: EntryPtr = NULL
    start: int64_t = 0
    end: int64_t = 0
    first: uint64_t = 0
    count: uint64_t
    if not read_integer(call, 2, address(start)) or not read_integer(call, 3, address(end)) \
            or not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL:
        reply_ok(call.client)
        return
    count = clip_range(start, end, list_count(e), address(first))
    if count > 0:
        trim(call, e, first, count)
        return
    changed_by(call, 1, EVENT_LIST, "ltrim", list_count(e))
    drop_emptied(call, 1, call.hash)
    reply_ok(call.client)


def trim(call, e, first, kept):
    """Leave only `kept` elements (1 at least) from number `first` on."""
    rules: ListRules = list_rules(call)
    heap: HeapPtr = rules.heap
    count: uint64_t = list_count(e)
    behind: uint64_t = count - first - kept
    # What cannot be refused any more then: the nodes in which the list will begin and end, and its ends now.
    if (first > 0 and not (list_open_at(heap, e, 0) and list_open_at(heap, e, first - 1))) \
            or (behind > 0 and not (list_open_at(heap, e, count - 1) and list_open_at(heap, e, count - behind))):
        reply_memory(call)
        return
    if list_remove_range(address(rules), e, count - behind, behind):
        list_remove_range(address(rules), e, 0, first)
    count -= list_count(e)
    changed_by(call, 1, EVENT_LIST, "ltrim", count)
    if count == first + behind:
        reply_ok(call.client)
    else:
        reply_memory(call)


def lrem_command(call):
    rules: ListRules = list_rules(call)
    e: EntryPtr = NULL
    count: int64_t = 0
    limit: uint64_t
    removed: uint64_t
    failed: cython.bint = False
    if not read_signed_count(call, 2, address(count)) \
            or not write_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e == NULL:
        reply_integer(call.client, 0)
        return
    limit = cast(uint64_t, count if count > 0 else -count)
    if limit == 0:
        limit = list_count(e)
    removed = list_remove_equal(address(rules), e, address(call.argv[3]), limit, count < 0, address(failed))
    if removed > 0:
        changed_by(call, 1, EVENT_LIST, "lrem", removed)
        if list_count(e) == 0:
            drop_emptied(call, 1, call.hash)
    if failed:
        reply_memory(call)
    else:
        reply_integer(call.client, cast(int64_t, removed))


# --- LPOS ------------------------------------------------------------------------------------------------------------


def read_position_options(call, options):
    i: cython.int = 3
    a: SlicePtr
    options.rank = 1
    options.count = 1
    options.counted = False
    options.most = 0
    while i < call.argc:
        a = address(call.argv[i])
        if i + 1 == call.argc:
            reply_syntax_error(call)
            return False
        if is_word(a, "rank"):
            if not read_signed_count(call, i + 1, address(options.rank)):
                return False
            if options.rank == 0:
                reply_error(call.client, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                            "second ... or use negative to start from the end of the list")
                return False
        elif is_word(a, "count"):
            options.counted = True
            if not read_count(call, i + 1, 0, "ERR COUNT can't be negative", address(options.count)):
                return False
        elif is_word(a, "maxlen"):
            if not read_count(call, i + 1, 0, "ERR MAXLEN can't be negative", address(options.most)):
                return False
        else:
            reply_syntax_error(call)
            return False
        i += 2
    return True


def lpos_command(call):
    options: PositionOptions
    places: Places
    e: EntryPtr = NULL
    i: cython.size_t
    places.heap = call.keyspace.heap
    places.at = places.kept
    places.count = 0
    places.capacity = PLACES_KEPT
    if not read_position_options(call, address(options)) \
            or not read_collection(call, 1, call.hash, TYPE_LIST, address(e)):
        return
    if e != NULL and not find_places(e, address(call.argv[2]), address(options), address(places)):
        reply_memory(call)
    elif options.counted:
        reply_array(call.client, places.count)
        for i in range(places.count):
            reply_integer(call.client, places.at[i])
    elif places.count > 0:
        reply_integer(call.client, places.at[0])
    else:
        reply_null(call.client)
    free_places(address(places))


def find_places(e, s, options, places):
    """Where the list has elements equal to s. False: memory is short."""
    sought: Sought
    c: ListCursor
    count: int64_t = list_count(e)
    forward: cython.bint = options.rank > 0
    skip: int64_t = (options.rank if forward else -options.rank) - 1
    step: int64_t = 1 if forward else -1
    at: int64_t = 0 if forward else count - 1
    left: uint64_t = count              # elements to look at
    done: cython.bint = True
    if 0 < options.most < left:
        left = options.most
    sought_of(address(sought), s)
    if not list_seek(places.heap, e, cast(uint64_t, at), address(c)):
        return False
    while True:
        if list_item_is(address(c), address(sought)):
            if skip > 0:
                skip -= 1
            else:
                done = add_place(places, at)
                if not done or places.count == options.count:
                    break
        at += step
        left -= 1
        if left == 0 or not (list_next(address(c)) if forward else list_previous(address(c))):
            break
    list_close(address(c))
    return done and not c.failed


def add_place(places, at):
    """False: memory is short."""
    grown: PlacePtr
    if places.count == places.capacity:
        grown = cast(PlacePtr, heap_alloc(places.heap, 2 * places.capacity * sizeof(int64_t)))
        if grown == NULL:
            return False
        memcpy(grown, places.at, places.count * sizeof(int64_t))
        free_places(places)
        places.at = grown
        places.capacity *= 2
    places.at[places.count] = at
    places.count += 1
    return True


def free_places(places):
    if places.capacity > PLACES_KEPT:
        heap_free(places.heap, places.at, places.capacity * sizeof(int64_t))
