"""Streams: entries of fields and values, found by ID. The layout, drawn in stream.pxd, is that of Redis in memory and in
its files.

Entries go to the end of the last block (a listpack), whose memory grows by doubling; it is cut to what it needs when
the next block begins. Deleting marks an entry; a block goes when all of its entries are marked. So nothing is ever moved
to keep order, and the most frequent reads, of what has just been added and of the oldest entries, need no search: the
former begins at the end of the last block (`seek_near_end`), the latter knows where the marked ones end (`Stream.skip`).

The flags of an entry are always a single byte, and no block is without a live entry: what comes from outside must be
checked for that. Costs: append O(entry), finding an ID O(log blocks + block), a step O(fields).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import (
    SMALL_MAX,
    class_bytes,
    heap_alloc,
    heap_block_bytes,
    heap_free,
    heap_release,
    heap_resize,
    size_class,
)
from cython.cimports.kvik.engine.id_map import (
    cursor_next,
    cursor_previous,
    cursor_slot,
    id_map_first,
    id_map_free,
    id_map_insert,
    id_map_last,
    id_map_remove,
    id_map_until,
)
from cython.cimports.kvik.engine.intrinsics import store32
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_COUNT_MAX,
    LISTPACK_END,
    LISTPACK_HEADER,
    element_bytes,
    element_of,
    element_of_integer,
    element_write,
    listpack_copy,
    listpack_first,
    listpack_free,
    listpack_last,
    listpack_previous,
    listpack_splice,
    load16,
    store16,
)
from cython.cimports.kvik.engine.stream_group import groups_bytes, groups_copy, groups_free
from cython.cimports.kvik.engine.stream_id import (
    id_equal,
    id_is_zero,
    stream_id,
    stream_id_last,
    stream_id_next,
    stream_id_previous,
)
from cython.cimports.kvik.engine.text import ZERO, parse_integer
from cython.cimports.libc.stdint import int64_t, uint16_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memmove, memset

# --- life ------------------------------------------------------------------------------------------------------------


def stream_new(heap):
    s: StreamPtr = cast(StreamPtr, heap_alloc(heap, sizeof(Stream)))
    if s != NULL:
        memset(s, 0, sizeof(Stream))
    return s


def stream_free(heap, s, remote):
    """`remote`: on a thread that does not own the heap. O(blocks + pending entries)."""
    at: IdCursor = id_map_first(address(s.blocks))
    slot: IdSlotPtr
    while at.leaf != NULL:
        slot = cursor_slot(address(at))
        heap_release(heap, slot.value, block_capacity(s, slot), remote)
        cursor_next(address(at))
    id_map_free(heap, address(s.blocks), remote)
    groups_free(heap, address(s.groups), remote)
    heap_release(heap, s, sizeof(Stream), remote)


def stream_copy(heap, s):
    """NULL when memory is short. O(bytes)."""
    at: IdCursor = id_map_first(address(s.blocks))
    lp: Listpack
    fresh: StreamPtr = cast(StreamPtr, heap_alloc(heap, sizeof(Stream)))
    if fresh == NULL:
        return NULL
    fresh[0] = s[0]
    fresh.tail_capacity = 0
    memset(address(fresh.blocks), 0, sizeof(IdMap))
    memset(address(fresh.groups), 0, sizeof(Roster))
    while at.leaf != NULL:
        lp = listpack_copy(heap, cast(Listpack, cursor_slot(address(at)).value))
        if lp == NULL or not id_map_insert(heap, address(fresh.blocks), cursor_slot(address(at)).id, lp):
            if lp != NULL:
                listpack_free(heap, lp)
            stream_free(heap, fresh, False)
            return NULL
        fresh.tail_capacity = listpack_bytes(lp)
        cursor_next(address(at))
    if not groups_copy(heap, address(s.groups), address(fresh.groups)):
        stream_free(heap, fresh, False)
        return NULL
    return fresh


def stream_bytes(s):
    """Memory of the stream and all it has. O(blocks + consumers)."""
    at: IdCursor = id_map_first(address(s.blocks))
    slot: IdSlotPtr
    n: cython.size_t = sizeof(Stream) + s.blocks.bytes + groups_bytes(address(s.groups))
    while at.leaf != NULL:
        slot = cursor_slot(address(at))
        n += heap_block_bytes(slot.value, block_capacity(s, slot))
        cursor_next(address(at))
    return n


def stream_effort(s):
    """How many blocks of memory freeing it takes, roughly."""
    i: uint32_t
    n: cython.size_t = s.blocks.count
    for i in range(s.groups.count):
        n += 1 + cast(GroupPtr, s.groups.items[i]).pending.count
    return n


# --- appending -------------------------------------------------------------------------------------------------------


def put_integer(p, value):
    """Write an element; behind it."""
    element: Element
    if 0 <= value <= 127:
        p[0] = cast(cython.char, value)
        p[1] = 1
        return p + 2
    element_of_integer(address(element), value)
    return element_write(p, address(element))


def put_text(p, s):
    """Likewise."""
    element: Element
    digits: cython.bint = s.n > 0 and s.n <= 20 and cast(cython.uchar, s.p[0]) <= ZERO + 9
    if s.n < 64 and not digits:
        p[0] = cast(cython.char, 128 | s.n)
        memcpy(p + 1, s.p, s.n)
        p[s.n + 1] = cast(cython.char, s.n + 1)
        return p + s.n + 2
    element_of(address(element), s)
    return element_write(p, address(element))


def text_room(n):
    """Bytes that a text takes at most."""
    if n < 64:
        return n + 2
    return n + 4 if n < 4096 else n + 10


def most_bytes(limits):
    """How long a block may get."""
    if 0 < limits.bytes < BLOCK_LIMIT:
        return cast(cython.size_t, limits.bytes)
    return BLOCK_LIMIT


def block_is_full(lp, text, limits):
    """Does an entry with so many bytes of text belong in a new block?"""
    p: cython.p_char = listpack_first(lp)
    if listpack_bytes(lp) + text >= most_bytes(limits):
        return True
    return limits.entries > 0 and block_integer(p) + block_integer(listpack_skip(p)) >= limits.entries


def item_is(item, s):
    """Does the element stand for this text?"""
    value: int64_t = 0
    if item.p != NULL:
        return item.n == s.n and memcmp(item.p, s.p, s.n) == 0
    return s.n <= 20 and parse_integer(s.p, s.n, address(value)) and value == item.integer


def has_fields(lp, pairs, fields):
    """Are the fields of these pairs those of the master entry?"""
    p: cython.p_char = skip_elements(listpack_first(lp), 2)
    item: Item
    i: int64_t
    if block_integer(p) != fields:
        return False
    for i in range(fields):
        p = listpack_skip(p)
        item = listpack_item(p)
        if not item_is(address(item), address(pairs[2 * i])):
            return False
    return True


def stream_append(heap, s, id, pairs, fields, limits):
    """Add an entry with `fields` pairs of field and value; `id` is larger than any before. False: no memory."""
    text: cython.size_t = 0
    room: cython.size_t = ENTRY_OVERHEAD
    i: int64_t
    lp: Listpack
    slot: IdSlotPtr = id_map_last(address(s.blocks))
    for i in range(2 * fields):
        text += pairs[i].n
        room += text_room(pairs[i].n)
    if slot == NULL or block_is_full(cast(Listpack, slot.value), text, limits):
        if not block_add(heap, s, id, pairs, fields, room):
            return False
    else:
        lp = tail_reserve(heap, s, room, limits)
        if lp == NULL:
            return False
        set_integer(heap, s, slot, listpack_first(lp), block_integer(listpack_first(lp)) + 1)
        entry_append(lp, slot.id, id, pairs, fields, has_fields(lp, pairs, fields))
    s.length += 1
    s.entries_added += 1
    s.last_id = id
    if s.length == 1:
        s.first_id = id
    return True


def stream_next_id(s, now_ms, id):
    """The ID that an entry gets now. False when the largest one has been given."""
    id[0] = stream_id(now_ms, 0)
    if not id_less(s.last_id, id[0]):
        id[0] = stream_id_next(s.last_id)
    return not id_is_zero(id[0])


def block_add(heap, s, id, pairs, fields, room):
    """A new block at the end, with an entry. `room`: what the entry takes; its master entry takes no more."""
    lp: Listpack
    fitted: Listpack
    p: cython.p_char
    i: int64_t
    n: cython.size_t = LISTPACK_HEADER + 1 + 2 * room
    if room > BLOCK_LIMIT + BLOCK_LIMIT // 4 or not tail_fit(heap, s):
        return False
    lp = cast(Listpack, heap_alloc(heap, n))
    if lp == NULL:
        return False
    p = lp + LISTPACK_HEADER
    store16(lp + 4, 0)
    p = put_integer(p, 1)
    p = put_integer(p, 0)
    p = put_integer(p, fields)
    for i in range(fields):
        p = put_text(p, address(pairs[2 * i]))
    p = put_integer(p, 0)
    listpack_grown(lp, p, 4 + fields)
    entry_append(lp, id, id, pairs, fields, True)
    fitted = cast(Listpack, heap_resize(heap, lp, n, listpack_bytes(lp)))
    if fitted == NULL:
        heap_free(heap, lp, n)
        return False
    if not id_map_insert(heap, address(s.blocks), id, fitted):
        listpack_free(heap, fitted)
        return False
    s.tail_capacity = listpack_bytes(fitted)
    return True


def entry_append(lp, master, id, pairs, fields, same):
    """Write an entry behind the last one. There is room."""
    p: cython.p_char = lp + listpack_bytes(lp) - 1
    i: int64_t
    elements: int64_t = fields + 3 if same else 2 * fields + 4
    p = put_integer(p, ENTRY_SAME_FIELDS if same else 0)
    p = put_integer(p, cast(int64_t, id.ms - master.ms))
    p = put_integer(p, cast(int64_t, id.seq - master.seq))
    if same:
        for i in range(fields):
            p = put_text(p, address(pairs[2 * i + 1]))
    else:
        p = put_integer(p, fields)
        for i in range(2 * fields):
            p = put_text(p, address(pairs[i]))
    p = put_integer(p, elements)
    listpack_grown(lp, p, elements + 1)


def listpack_grown(lp, end, elements):
    """So many elements have been written up to `end`: the end mark, and the header."""
    number: int64_t = load16(lp + 4)
    end[0] = cast(cython.char, LISTPACK_END)
    store32(lp, cast(uint32_t, end + 1 - lp))
    number = LISTPACK_COUNT_MAX if number + elements > LISTPACK_COUNT_MAX else number + elements
    store16(lp + 4, cast(uint16_t, number))


# --- the memory of blocks --------------------------------------------------------------------------------------------


def block_capacity(s, slot):
    """The size of a block's memory."""
    if slot == id_map_last(address(s.blocks)):
        return s.tail_capacity
    return listpack_bytes(cast(Listpack, slot.value))


def tail_fit(heap, s):
    """Cut the last block's memory to what it needs. False: no memory to move it to."""
    slot: IdSlotPtr = id_map_last(address(s.blocks))
    lp: Listpack
    if slot == NULL:
        return True
    lp = cast(Listpack, slot.value)
    lp = cast(Listpack, heap_resize(heap, lp, s.tail_capacity, listpack_bytes(lp)))
    if lp == NULL:
        return False
    slot.value = lp
    s.tail_capacity = listpack_bytes(lp)
    return True


def tail_reserve(heap, s, n, limits):
    """Make room for n more bytes in the last block. NULL when memory is short."""
    slot: IdSlotPtr = id_map_last(address(s.blocks))
    lp: Listpack = cast(Listpack, slot.value)
    need: cython.size_t = listpack_bytes(lp) + n
    capacity: cython.size_t = 2 * cast(cython.size_t, s.tail_capacity)
    if need <= s.tail_capacity:
        return lp
    if n > BLOCK_LIMIT + BLOCK_LIMIT // 4:
        return NULL
    if capacity > most_bytes(limits):
        capacity = most_bytes(limits)
    if capacity < need:
        capacity = need
    if capacity <= SMALL_MAX:
        capacity = class_bytes(size_class(capacity))
    lp = cast(Listpack, heap_resize(heap, lp, s.tail_capacity, capacity))
    if lp != NULL:
        slot.value = lp
        s.tail_capacity = cast(uint32_t, capacity)
    return lp


def block_drop(heap, s, id, lp):
    """Free a block and forget it."""
    slot: IdSlotPtr = id_map_last(address(s.blocks))
    tail: cython.bint = slot.value == lp
    if s.blocks.first.slots[0].value == lp:
        s.skip = 0
    if tail:
        heap_free(heap, lp, s.tail_capacity)
    else:
        heap_free(heap, lp, listpack_bytes(lp))
    id_map_remove(heap, address(s.blocks), id)
    slot = id_map_last(address(s.blocks))
    if tail and slot != NULL:
        s.tail_capacity = listpack_bytes(cast(Listpack, slot.value))


def set_integer(heap, s, slot, p, value):
    """Let the element at p, before the entries of the block in `slot`, be this integer. NULL: no memory to grow."""
    element: Element
    lp: Listpack = cast(Listpack, slot.value)
    bytes: cython.size_t = listpack_bytes(lp)
    at: cython.size_t = p - lp
    old: cython.size_t = listpack_skip(p) - p
    size: cython.size_t
    element_of_integer(address(element), value)
    size = element_bytes(address(element))
    if size == old:
        element_write(p, address(element))
        return lp
    if slot == id_map_last(address(s.blocks)):
        if bytes + size - old > s.tail_capacity:
            lp = cast(Listpack, heap_resize(heap, lp, s.tail_capacity, bytes + size))
            if lp == NULL:
                return NULL
            slot.value = lp
            s.tail_capacity = cast(uint32_t, bytes + size)
        memmove(lp + at + size, lp + at + old, bytes - at - old)
        element_write(lp + at, address(element))
        store32(lp, cast(uint32_t, bytes + size - old))
    else:
        lp = listpack_splice(heap, lp, at, old, 1, address(element), 1)
        if lp == NULL:
            return NULL
        slot.value = lp
    if s.skip != 0 and slot == address(s.blocks.first.slots[0]):
        s.skip += cast(uint32_t, size - old)
    return lp


# --- walking ---------------------------------------------------------------------------------------------------------


def stream_seek(c, s, first, last, backwards):
    """Walk the entries from `first` to `last`, both included, with stream_next: in that order or the other."""
    c.stream = s
    c.first = first
    c.last = last
    c.backwards = backwards
    c.lp = NULL
    if id_less(last, first):
        return
    c.block = id_map_until(address(s.blocks), last if backwards else first)
    if c.block.leaf == NULL and not backwards:
        c.block = id_map_first(address(s.blocks))
    enter_block(c)
    if not backwards and c.lp != NULL and id_less(s.first_id, first) \
            and cursor_slot(address(c.block)) == id_map_last(address(s.blocks)):
        seek_near_end(c)


def enter_block(c):
    """Begin with the block where the cursor stands."""
    slot: IdSlotPtr
    p: cython.p_char
    c.lp = NULL
    c.unread = 0
    if c.block.leaf == NULL:
        return
    slot = cursor_slot(address(c.block))
    if not c.backwards and id_less(c.last, slot.id):
        return
    c.lp = cast(Listpack, slot.value)
    c.master = slot.id
    p = skip_elements(listpack_first(c.lp), 2)
    c.master_fields = block_integer(p)
    c.master_field = listpack_skip(p)
    c.entries = skip_elements(c.master_field, c.master_fields + 1)
    if c.backwards:
        c.at = listpack_last(c.lp)
    elif c.stream.skip != 0 and c.block.leaf == c.stream.blocks.first and c.block.at == 0:
        c.at = c.lp + c.stream.skip
    else:
        c.at = c.entries


def entry_before(lp, end):
    """The first element of the entry whose last one is at `end`."""
    n: int64_t = block_integer(end)
    while n > 0:
        end = listpack_previous(lp, end)
        n -= 1
    return end


def entry_id(master, entry):
    """The ID of the entry at `entry`, in a block with this master ID."""
    p: cython.p_char = listpack_skip(cast(cython.p_char, entry))
    master.ms += cast(uint64_t, block_integer(p))
    master.seq += cast(uint64_t, block_integer(listpack_skip(p)))
    return master


def seek_near_end(c):
    """In the last block, mostly just a few entries are wanted, those added last: look for their start from behind."""
    end: cython.p_char = listpack_last(c.lp)
    entry: cython.p_char
    next_entry: cython.p_char = c.lp + listpack_bytes(c.lp) - 1
    steps: cython.int
    for steps in range(STEPS_BACK):
        if end < c.at:
            return
        entry = entry_before(c.lp, end)
        if id_less(entry_id(c.master, entry), c.first):
            c.at = next_entry
            return
        next_entry = entry
        end = listpack_previous(c.lp, entry)


def read_entry(c, p):
    """Take in the entry at p up to its first value or field; that place."""
    c.entry = p
    c.flags = cast(cython.int, block_integer(p))
    p = listpack_skip(p)
    c.id.ms = c.master.ms + cast(uint64_t, block_integer(p))
    p = listpack_skip(p)
    c.id.seq = c.master.seq + cast(uint64_t, block_integer(p))
    p = listpack_skip(p)
    c.fields = c.master_fields
    if not c.flags & ENTRY_SAME_FIELDS:
        c.fields = block_integer(p)
        p = listpack_skip(p)
    c.data = p
    return p


def stream_next(c):
    """The next entry of the range: its ID, fields and data are in the cursor. False: there is none."""
    return next_backwards(c) if c.backwards else next_forwards(c)


def next_forwards(c):
    elements: int64_t
    while c.lp != NULL:
        if c.unread > 0:
            c.at = skip_elements(c.at, c.unread)
            c.unread = 0
        if cast(cython.uchar, c.at[0]) == LISTPACK_END:
            cursor_next(address(c.block))
            enter_block(c)
            continue
        c.at = read_entry(c, c.at)
        elements = c.fields if c.flags & ENTRY_SAME_FIELDS else 2 * c.fields
        c.unread = elements + 1
        if id_less(c.last, c.id):
            c.lp = NULL
        elif not c.flags & ENTRY_DELETED and not id_less(c.id, c.first):
            return True
    return False


def next_backwards(c):
    while c.lp != NULL:
        if c.at < c.entries:
            cursor_previous(address(c.block))
            enter_block(c)
            continue
        read_entry(c, entry_before(c.lp, c.at))
        c.at = listpack_previous(c.lp, c.entry)
        if id_less(c.id, c.first):
            c.lp = NULL
        elif not c.flags & ENTRY_DELETED and not id_less(c.last, c.id):
            return True
    return False


def stream_find(c, s, id):
    """Put the cursor on the entry `id`. False: there is none."""
    stream_seek(c, s, id, id, False)
    return next_forwards(c)


def stream_find_on(c, s, id):
    """`stream_find` for one ID after the other, in ascending order: goes on from where the last one was found, when it
    is in the same block. The first time with a cursor whose `lp` is NULL.
    """
    next_block: IdCursor
    if c.lp != NULL:
        next_block = c.block
        cursor_next(address(next_block))
        if next_block.leaf == NULL or id_less(id, cursor_slot(address(next_block)).id):
            c.first = id
            c.last = id
            return next_forwards(c)
    return stream_find(c, s, id)


def stream_edge(s, last):
    """The ID of the first or the last entry, 0-0 when there is none."""
    c: StreamCursor
    if s.length == 0:
        return stream_id(0, 0)
    stream_seek(address(c), s, stream_id(0, 0), stream_id_last(), last)
    return c.id if stream_next(address(c)) else stream_id(0, 0)


# --- removing --------------------------------------------------------------------------------------------------------


def count_deleted(heap, s, slot, count, n):
    """n of the `count` live entries of a block are to be marked. False: no memory, nothing changed."""
    lp: Listpack = cast(Listpack, slot.value)
    p: cython.p_char = listpack_skip(listpack_first(lp))
    lp = set_integer(heap, s, slot, p, block_integer(p) + n)
    if lp == NULL:
        return False
    set_integer(heap, s, slot, listpack_first(lp), count - n)       # never longer than before
    return True


def settle_first(s):
    """The first entry may have gone: find the one that is first now."""
    c: StreamCursor
    s.first_id = stream_id(0, 0)
    if s.length == 0:
        return
    stream_seek(address(c), s, stream_id(0, 0), stream_id_last(), False)
    if stream_next(address(c)):
        s.first_id = c.id
        if c.block.leaf == s.blocks.first and c.block.at == 0:
            s.skip = cast(uint32_t, c.entry - c.lp)


def stream_remove(heap, s, id):
    """Delete an entry (XDEL). False: there is none, or (hardly ever) no memory to mark it."""
    c: StreamCursor
    slot: IdSlotPtr
    count: int64_t
    if not stream_find(address(c), s, id):
        return False
    count = block_integer(listpack_first(c.lp))
    if count == 1:
        block_drop(heap, s, c.master, c.lp)
    else:
        slot = cursor_slot(address(c.block))
        if not count_deleted(heap, s, slot, count, 1):
            return False
        stream_find(address(c), s, id)
        c.entry[0] = cast(cython.char, c.flags | ENTRY_DELETED)
    s.length -= 1
    if id_less(s.max_deleted_id, id):
        s.max_deleted_id = id
    if id_equal(s.first_id, id):
        settle_first(s)
    return True


def stream_trim(heap, s, trim):
    """Remove entries from the start until the stream is as `trim` says. How many were removed. O(removed)."""
    removed: uint64_t = 0
    count: int64_t
    slot: IdSlotPtr
    while s.length > 0 and (trim.by == TRIM_MINID or s.length > trim.maxlen):
        slot = address(s.blocks.first.slots[0])
        count = block_integer(listpack_first(cast(Listpack, slot.value)))
        if block_goes(s, trim, slot, count):
            if trim.limit > 0 and cast(int64_t, removed) + count > trim.limit:
                break
            block_drop(heap, s, slot.id, cast(Listpack, slot.value))
            s.length -= count
            removed += count
            continue
        if not trim.approximate:
            removed += trim_block(heap, s, trim, slot, count)
        break
    if removed > 0:
        settle_first(s)
    return removed


def block_goes(s, trim, slot, count):
    """May the whole block, with so many live entries, go?"""
    lp: Listpack = cast(Listpack, slot.value)
    if trim.by == TRIM_MAXLEN:
        return s.length - count >= trim.maxlen
    return id_less(entry_id(slot.id, entry_before(lp, listpack_last(lp))), trim.minid)


def entries_before(s, id):
    """How many entries of the first block have a smaller ID."""
    c: StreamCursor
    n: uint64_t = 0
    first: IdCursor = id_map_first(address(s.blocks))
    stream_seek(address(c), s, stream_id(0, 0), stream_id_last(), False)
    while next_forwards(address(c)) and id_less(c.id, id) and c.block.leaf == first.leaf and c.block.at == first.at:
        n += 1
    return n


def trim_block(heap, s, trim, slot, count):
    """Mark the entries of the first block that have to go. How many."""
    c: StreamCursor
    n: uint64_t = s.length - trim.maxlen if trim.by == TRIM_MAXLEN else entries_before(s, trim.minid)
    i: uint64_t
    if n == cast(uint64_t, count):
        block_drop(heap, s, slot.id, cast(Listpack, slot.value))
    elif n == 0 or not count_deleted(heap, s, slot, count, n):
        return 0
    else:
        stream_seek(address(c), s, stream_id(0, 0), stream_id_last(), False)
        for i in range(n):
            next_forwards(address(c))
            c.entry[0] = cast(cython.char, c.flags | ENTRY_DELETED)
        s.skip = cast(uint32_t, c.at - c.lp)
        if c.unread > 0:
            s.skip = cast(uint32_t, skip_elements(c.at, c.unread) - c.lp)
    s.length -= n
    return n


# --- what comes from outside -----------------------------------------------------------------------------------------


def read_integer(at, value):
    """The element at `at`, which moves behind it, as an integer. False: it is a string, or the end."""
    item: Item
    if cast(cython.uchar, at[0][0]) == LISTPACK_END:
        return False
    item = listpack_item(at[0])
    at[0] = listpack_skip(at[0])
    value[0] = item.integer
    return item.p == NULL


def has_elements(at, n):
    """Are there n more elements? Moves behind them."""
    while n > 0 and cast(cython.uchar, at[0][0]) != LISTPACK_END:
        at[0] = listpack_skip(at[0])
        n -= 1
    return n == 0


def entry_is_sound(at, master, fields, id, live):
    """Is there a whole entry at `at`, with an ID behind `id`? Moves behind it, sets `id`, counts it if it is live."""
    flags: int64_t = cast(cython.uchar, at[0][0])
    ms: int64_t = 0
    seq: int64_t = 0
    elements: int64_t = 0
    before: StreamID = id[0]
    if flags & ~(ENTRY_DELETED | ENTRY_SAME_FIELDS):
        return False
    if not read_integer(at, address(flags)) or not read_integer(at, address(ms)) or not read_integer(at, address(seq)):
        return False
    id[0] = stream_id(master.ms + cast(uint64_t, ms), master.seq + cast(uint64_t, seq))
    if not id_less(before, id[0]):
        return False
    if flags & ENTRY_SAME_FIELDS:
        if not has_elements(at, fields):
            return False
        fields += 3
    else:
        if not read_integer(at, address(fields)) or not 0 <= fields <= BLOCK_LIMIT or not has_elements(at, 2 * fields):
            return False
        fields = 2 * fields + 4
    live[0] += 0 if flags & ENTRY_DELETED else 1
    return read_integer(at, address(elements)) and elements == fields


def block_is_sound(lp, master, live, last):
    """Is lp, a valid listpack, a block with this master ID that everything above can walk? `live`: how many entries of
    it are not deleted (there must be one); `last`: the ID of its last one.
    """
    p: cython.p_char = lp + LISTPACK_HEADER
    count: int64_t = 0
    deleted: int64_t = 0
    fields: int64_t = 0
    end: int64_t = 0
    entries: int64_t = 0
    live[0] = 0
    last[0] = stream_id_previous(master)
    if not read_integer(address(p), address(count)) or not read_integer(address(p), address(deleted)) \
            or not read_integer(address(p), address(fields)) or not 0 <= fields <= BLOCK_LIMIT \
            or not has_elements(address(p), fields) or not read_integer(address(p), address(end)) or end != 0:
        return False
    if id_is_zero(master):
        last[0] = master            # nothing comes before it: its own entry must be behind
    while cast(cython.uchar, p[0]) != LISTPACK_END:
        if not entry_is_sound(address(p), master, fields, last, live):
            return False
        entries += 1
    return live[0] > 0 and live[0] == count and entries - live[0] == deleted


def stream_take_block(heap, s, master, lp):
    """A further block behind all others: the stream's own from then on. False when memory is short."""
    if not id_map_insert(heap, address(s.blocks), master, lp):
        return False
    s.tail_capacity = listpack_bytes(lp)
    return True
