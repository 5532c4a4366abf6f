"""SORT and SORT_RO: the elements of a list, set or sorted set in order of numbers or texts, theirs or other keys'.

    collect   the elements, as slices of the value         only those that LIMIT wants, where nothing is sorted
    weigh     what each is sorted by: itself, or the key that BY makes of it
    sort      merging runs: equal elements stay in order
    answer    the elements or what GET makes of them, or a list at STORE's key
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.sorted_set import sorted_set_rules
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import (
    ENCODING_LISTPACK,
    ENCODING_QUICKLIST,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STRING,
    entry_encoding,
    entry_free,
    entry_new,
    entry_pointer,
    entry_set_clock,
    entry_set_kind,
    entry_set_word,
    entry_type,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.listpack import Listpack, listpack_count
from cython.cimports.kvik.engine.ordered_set import compare_bytes
from cython.cimports.kvik.engine.quicklist import (
    list_close,
    list_item,
    list_next,
    list_previous,
    listpack_seek,
    quicklist_new,
    quicklist_push,
    quicklist_seek,
    quicklist_smallest,
)
from cython.cimports.kvik.engine.table import table_find
from cython.cimports.kvik.engine.text import MINUS, STAR, format_integer, is_word, parse_double
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_add, db_overwrite, expiry_now
from cython.cimports.kvik.keyspace.hash_value import hash_locate, place_value
from cython.cimports.kvik.keyspace.lookup import (
    check_type,
    delete_key,
    drop_if_expired,
    lookup_read,
    lookup_write,
    missed,
    touch,
)
from cython.cimports.kvik.keyspace.set_value import MEMBERS, member_text, set_count, set_walk, set_walk_next
from cython.cimports.kvik.keyspace.sorted_set_value import (
    cursor_member,
    sorted_set_count,
    sorted_set_enlarge,
    sorted_set_seek,
)
from cython.cimports.kvik.keyspace.sorted_set_value import cursor_next as zset_next
from cython.cimports.kvik.keyspace.sorted_set_value import cursor_previous as zset_previous
from cython.cimports.kvik.keyspace.tail import EVENT_LIST, changed_by
from cython.cimports.kvik.keyspace.values import string_value, value_free
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_error, reply_integer, reply_null
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memchr, memcpy, memset

# --- the command -----------------------------------------------------------------------------------------------------


def sort_command(call):
    sort_generic(call, True)


def sort_ro_command(call):
    sort_generic(call, False)


def sort_generic(call, may_store):
    sort: Sort
    rules: SortedSetRules
    e: EntryPtr
    n: cython.size_t
    memset(address(sort), 0, sizeof(Sort))
    sort.call = call
    sort.count = -1
    if not read_sort_options(address(sort), may_store):
        return
    e = lookup_read(call, 1, call.hash)
    if e != NULL and entry_type(e) != TYPE_LIST and entry_type(e) != TYPE_SET and entry_type(e) != TYPE_SORTED_SET:
        check_type(call, e, TYPE_LIST)
        return
    if e != NULL and entry_type(e) == TYPE_SORTED_SET and entry_encoding(e) == ENCODING_LISTPACK:
        # Valkey sorts the large form only, and leaves it behind.
        rules = sorted_set_rules(call)
        if not sorted_set_enlarge(address(rules), e):
            reply_memory(call)
            return
    if e != NULL and entry_type(e) == TYPE_SET and sort.unsorted and sort.store:
        # A set has no order that could be kept: it gets one that is always the same.
        sort.unsorted = False
        sort.alpha = True
        sort.by = NULL
    n = 0 if e == NULL else element_count(e)
    set_limits(address(sort), n)
    if not sort_reserve(address(sort), n):
        reply_memory(call)
        return
    if e != NULL and not collect(address(sort), e):
        sort_release(address(sort))
        reply_memory(call)
        return
    if sort.unsorted or weigh(address(sort)):
        if not sort.unsorted:
            merge_sort(address(sort))
        if sort.store:
            store_sorted(address(sort))
        else:
            reply_sorted(address(sort))
    else:
        reply_error(call.client, "ERR One or more scores can't be converted into double")
    sort_release(address(sort))


def read_sort_options(sort, may_store):
    call: CallPtr = sort.call
    a: SlicePtr
    i: cython.int = 2
    left: cython.int
    while i < call.argc:
        a = address(call.argv[i])
        left = call.argc - i - 1
        if is_word(a, "asc"):
            sort.descending = False
        elif is_word(a, "desc"):
            sort.descending = True
        elif is_word(a, "alpha"):
            sort.alpha = True
        elif is_word(a, "limit") and left >= 2:
            if not read_integer(call, i + 1, address(sort.offset)) or not read_integer(call, i + 2, address(sort.count)):
                return False
            i += 2
        elif may_store and is_word(a, "store") and left >= 1:
            sort.store = i + 1
            i += 1
        elif is_word(a, "by") and left >= 1:
            sort.by = address(call.argv[i + 1])
            sort.unsorted = memchr(sort.by.p, STAR, sort.by.n) == NULL
            i += 1
        elif is_word(a, "get") and left >= 1:
            sort.gets += 1
            i += 1
        else:
            reply_syntax_error(call)
            return False
        i += 1
    if sort.unsorted:
        sort.by = NULL
    return True


def next_get(call, i):
    """Where the next pattern of GET stands behind argv[i]. (The options have been found to be right.)"""
    while True:
        i += 1
        if is_word(address(call.argv[i]), "get"):
            return i + 1
        if is_word(address(call.argv[i]), "limit"):
            i += 2
        elif is_word(address(call.argv[i]), "store") or is_word(address(call.argv[i]), "by"):
            i += 1


def set_limits(sort, n):
    """Which of the n elements are wanted."""
    start: uint64_t = cast(uint64_t, sort.offset) if sort.offset > 0 else 0
    sort.first = start if start < n else n
    sort.end = n
    if sort.count >= 0 and cast(uint64_t, sort.count) < n - sort.first:
        sort.end = sort.first + cast(uint64_t, sort.count)


def sort_reserve(sort, n):
    """Room for n items. False when memory is short."""
    heap: HeapPtr = sort.call.keyspace.heap
    if n == 0:
        return True
    sort.capacity = n
    sort.items = cast(SortItemPtr, heap_alloc(heap, n * sizeof(SortItem)))
    sort.order = cast(SortItemPtrPtr, heap_alloc(heap, n * sizeof(SortItemPtr)))
    sort.spare = cast(SortItemPtrPtr, heap_alloc(heap, n * sizeof(SortItemPtr)))
    if sort.items != NULL and sort.order != NULL and sort.spare != NULL:
        return True
    sort_release(sort)
    return False


def sort_release(sort):
    heap: HeapPtr = sort.call.keyspace.heap
    i: cython.size_t
    for i in range(sort.length):
        if sort.items[i].copied:
            heap_free(heap, sort.items[i].text.p, sort.items[i].text.n + 1)
    if sort.items != NULL:
        heap_free(heap, sort.items, sort.capacity * sizeof(SortItem))
    if sort.order != NULL:
        heap_free(heap, sort.order, sort.capacity * sizeof(SortItemPtr))
    if sort.spare != NULL:
        heap_free(heap, sort.spare, sort.capacity * sizeof(SortItemPtr))


# --- collecting ------------------------------------------------------------------------------------------------------


def element_count(e):
    if entry_type(e) == TYPE_SET:
        return set_count(e)
    if entry_type(e) == TYPE_SORTED_SET:
        return sorted_set_count(e)
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_count(cast(Listpack, entry_pointer(e)))
    return cast(QuicklistPtr, entry_pointer(e)).count


def collect(sort, e):
    """The elements; of a list or sorted set whose order is kept, from its end if DESC. False: memory is short."""
    backwards: cython.bint = sort.unsorted and sort.descending
    if entry_type(e) == TYPE_LIST:
        return collect_list(sort, e, backwards)
    if entry_type(e) == TYPE_SET:
        collect_set(sort, e)
    else:
        collect_sorted_set(sort, e, backwards)
    return True


def new_item(sort):
    item: SortItemPtr = address(sort.items[sort.length])
    item.by.p = NULL
    item.by.n = 0
    item.score = 0
    item.copied = False
    sort.order[sort.length] = item
    sort.length += 1
    return item


def add_text(sort, item):
    fresh: SortItemPtr = new_item(sort)
    fresh.text.p = item.p
    fresh.text.n = item.n
    if item.p == NULL:
        fresh.text.p = fresh.number
        fresh.text.n = format_integer(fresh.number, item.integer)


def collect_list(sort, e, backwards):
    heap: HeapPtr = sort.call.keyspace.heap
    c: ListCursor
    item: Item
    at: uint64_t = sort.capacity - 1 if backwards else 0
    more: cython.bint = True
    compressed: cython.bint = False         # nodes are uncompressed into scratch, where their texts do not last
    if entry_encoding(e) == ENCODING_LISTPACK:
        listpack_seek(cast(Listpack, entry_pointer(e)), at, address(c))
    else:
        compressed = cast(QuicklistPtr, entry_pointer(e)).depth > 0
        if not quicklist_seek(heap, cast(QuicklistPtr, entry_pointer(e)), at, address(c)):
            return False
    while more:
        item = list_item(address(c))
        add_text(sort, address(item))
        if compressed and not copy_text(sort):
            break
        more = list_previous(address(c)) if backwards else list_next(address(c))
    list_close(address(c))
    return sort.length == sort.capacity and not more


def copy_text(sort):
    """Give the last item a text of its own."""
    item: SortItemPtr = sort.order[sort.length - 1]
    p: cython.p_char
    if item.text.p == item.number:
        return True
    p = cast(cython.p_char, heap_alloc(sort.call.keyspace.heap, item.text.n + 1))
    if p == NULL:
        return False
    memcpy(p, item.text.p, item.text.n)
    item.text.p = p
    item.copied = True
    return True


def collect_set(sort, e):
    walk: SetWalk
    members: Member[MEMBERS]
    n: cython.int
    i: cython.int
    fresh: SortItemPtr
    set_walk(address(walk), e)
    while True:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        for i in range(n):
            fresh = new_item(sort)
            fresh.text = member_text(address(members[i]), fresh.number)


def collect_sorted_set(sort, e, backwards):
    cursor: SortedSetCursor
    item: Item
    sorted_set_seek(e, sort.capacity - 1 if backwards else 0, address(cursor))
    while not cursor.ended:
        item = cursor_member(address(cursor))
        add_text(sort, address(item))
        if backwards:
            zset_previous(address(cursor))
        else:
            zset_next(address(cursor))


# --- weighing --------------------------------------------------------------------------------------------------------


def weigh(sort):
    """Find what each element is sorted by. False: it should be a number and is none."""
    i: cython.size_t
    item: SortItemPtr
    s: Slice
    cut: cython.p_char
    for i in range(sort.length):
        item = address(sort.items[i])
        s = item.text
        if sort.by != NULL and not look_up(sort, sort.by, address(item.text), item.by_number, address(s)):
            continue                        # nothing there: 0, or before all texts
        if sort.alpha:
            item.by = s
            continue
        cut = cast(cython.p_char, memchr(s.p, 0, s.n))
        if not parse_double(s.p, s.n if cut == NULL else cut - s.p, address(item.score)):
            return False
    return True


def look_up(sort, pattern, element, scratch, found):
    """What a pattern of BY or GET finds for the element: its key is the pattern with the element for the first *.

    `scratch`: 24 bytes, for a value that is an integer. False: nothing.
    """
    heap: HeapPtr = sort.call.keyspace.heap
    star: cython.p_char
    key: Slice
    field: Slice
    good: cython.bint
    n: cython.size_t
    head: cython.size_t
    if pattern.n == 1 and pattern.p[0] == HASH_SIGN:
        found[0] = element[0]
        return True
    star = cast(cython.p_char, memchr(pattern.p, STAR, pattern.n))
    if star == NULL:
        return False
    head = star - pattern.p
    field.n = 0
    n = pattern.n
    good = find_arrow(pattern, head + 1, address(field))
    if good:
        n = field.p - pattern.p - 2
    key.n = n - 1 + element.n
    key.p = cast(cython.p_char, heap_alloc(heap, key.n + 1))
    if key.p == NULL:
        return False
    memcpy(key.p, pattern.p, head)
    memcpy(key.p + head, element.p, element.n)
    memcpy(key.p + head + element.n, star + 1, n - head - 1)
    good = look_up_key(sort, address(key), address(field), scratch, found)
    heap_free(heap, key.p, key.n + 1)
    return good


def find_arrow(pattern, start, field):
    """The name of a field behind the first -> from `start` on. False: no arrow, or nothing behind it."""
    i: cython.size_t = start
    while i + 2 < pattern.n:
        if pattern.p[i] == MINUS and pattern.p[i + 1] == GREATER:
            field.p = pattern.p + i + 2
            field.n = pattern.n - i - 2
            return True
        i += 1
    return False


def look_up_key(sort, key, field, scratch, found):
    call: CallPtr = sort.call
    h: uint64_t = hash_bytes(address(call.keyspace.hash_key), key.p, key.n)
    slot: Slot = table_find(address(call.db.keys), key.p, key.n, h)
    if slot == NULL or drop_if_expired(call.keyspace, call.db, slot, key.p, key.n, h):
        missed(call, key.p, key.n)
        return False
    call.keyspace.stats.hits += 1
    touch(call, slot[0])
    if field.n > 0:
        return read_field(slot[0], field, expiry_now(call.keyspace), scratch, found)
    if entry_type(slot[0]) != TYPE_STRING:
        return False
    found[0] = string_value(slot[0], scratch)
    return True


def read_field(e, field, now, scratch, found):
    place: FieldPlace
    if entry_type(e) != TYPE_HASH or not hash_locate(e, field, now, address(place)):
        return False
    found[0] = place_value(address(place), scratch)
    return True


# --- sorting ---------------------------------------------------------------------------------------------------------


def compare_items(sort, a, b):
    if not sort.alpha:
        if a.score != b.score:
            return -1 if a.score < b.score else 1
        return compare_bytes(a.text.p, a.text.n, b.text.p, b.text.n)
    if a.by.p == NULL or b.by.p == NULL:
        return cast(cython.int, a.by.p != NULL) - cast(cython.int, b.by.p != NULL)
    return compare_bytes(a.by.p, a.by.n, b.by.p, b.by.n)


def comes_before(sort, a, b):
    """Must a stand before b?"""
    order: cython.int = compare_items(sort, a, b)
    return order > 0 if sort.descending else order < 0


def merge_sort(sort):
    width: cython.size_t = 1
    low: cython.size_t
    middle: cython.size_t
    high: cython.size_t
    swapped: SortItemPtrPtr
    while width < sort.length:
        low = 0
        while low < sort.length:
            middle = low + width if low + width < sort.length else sort.length
            high = middle + width if middle + width < sort.length else sort.length
            merge_runs(sort, sort.order, sort.spare, low, middle, high)
            low = high
        swapped = sort.order
        sort.order = sort.spare
        sort.spare = swapped
        width *= 2


def merge_runs(sort, source, to, low, middle, high):
    """The sorted runs source[low:middle] and source[middle:high] as one, at the same place of `to`."""
    a: cython.size_t = low
    b: cython.size_t = middle
    i: cython.size_t
    for i in range(low, high):
        if a < middle and (b == high or not comes_before(sort, source[b], source[a])):
            to[i] = source[a]
            a += 1
        else:
            to[i] = source[b]
            b += 1


# --- answering -------------------------------------------------------------------------------------------------------


def reply_sorted(sort):
    scratch: cython.char[24]
    i: cython.size_t
    _: cython.int
    at: cython.int
    found: Slice
    wanted: int64_t = sort.end - sort.first
    reply_array(sort.call.client, wanted * sort.gets if sort.gets > 0 else wanted)
    for i in range(sort.first, sort.end):
        if sort.gets == 0:
            reply_bulk(sort.call.client, sort.order[i].text.p, sort.order[i].text.n)
        at = 1
        for _ in range(sort.gets):
            at = next_get(sort.call, at)
            if look_up(sort, address(sort.call.argv[at]), address(sort.order[i].text), scratch, address(found)):
                reply_bulk(sort.call.client, found.p, found.n)
            else:
                reply_null(sort.call.client)


def store_sorted(sort):
    """A list of the result in place of whatever STORE's key holds."""
    call: CallPtr = sort.call
    heap: HeapPtr = call.keyspace.heap
    h: uint64_t = call_hash(call, sort.store)
    slot: Slot
    e: EntryPtr
    count: uint64_t = 0
    if sort.first == sort.end:
        if lookup_write(call, sort.store, h) != NULL:
            delete_key(call, sort.store, h, call.keyspace.lazy_server_del)
        reply_integer(call.client, 0)
        return
    e = new_result(sort, address(count))
    if e == NULL:
        reply_memory(call)
        return
    slot = lookup_write(call, sort.store, h)
    if not (db_add(call.keyspace, call.db, e, h) if slot == NULL
            else db_overwrite(call.keyspace, call.db, slot, e, h)):
        value_free(heap, e, False)
        entry_free(heap, e)
        reply_memory(call)
        return
    changed_by(call, sort.store, EVENT_LIST, "sortstore", count)
    reply_integer(call.client, cast(int64_t, count))


def new_result(sort, count):
    """An entry for STORE's key with the list of the result. NULL when memory is short."""
    call: CallPtr = sort.call
    heap: HeapPtr = call.keyspace.heap
    i: cython.size_t
    q: QuicklistPtr
    value: cython.p_void
    encoding: cython.int = ENCODING_QUICKLIST
    good: cython.bint = True
    e: EntryPtr = entry_new(heap, call.argv[sort.store].p, call.argv[sort.store].n, -1, True, 0)
    if e == NULL:
        return NULL
    q = quicklist_new(heap, call.keyspace.limits.list_max_listpack_size, call.keyspace.limits.list_compress_depth)
    if q == NULL:
        entry_free(heap, e)
        return NULL
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, q)))
    entry_set_kind(e, TYPE_LIST, encoding)
    entry_set_clock(e, call.keyspace.lru_clock)
    for i in range(sort.first, sort.end):
        good = good and push_result(sort, q, sort.order[i])
    count[0] = q.count
    value = quicklist_smallest(heap, q, address(encoding)) if good else NULL
    if value == NULL:
        value_free(heap, e, False)
        entry_free(heap, e)
        return NULL
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_LIST, encoding)
    return e


def push_result(sort, q, item):
    """The element, or what each GET finds for it (an empty text for nothing)."""
    scratch: cython.char[24]
    found: Slice
    _: cython.int
    at: cython.int = 1
    if sort.gets == 0:
        return quicklist_push(sort.call.keyspace.heap, q, address(item.text), False)
    for _ in range(sort.gets):
        at = next_get(sort.call, at)
        if not look_up(sort, address(sort.call.argv[at]), address(item.text), scratch, address(found)):
            found.p = scratch
            found.n = 0
        if not quicklist_push(sort.call.keyspace.heap, q, address(found), False):
            return False
    return True
