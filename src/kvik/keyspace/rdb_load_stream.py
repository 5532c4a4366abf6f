"""Reading streams as RDB files and DUMP payloads hold them: blocks, counts, groups with what is pending in them.

A block is taken over as it is, once engine/stream_check.py has found it sound.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.id_map import id_map_insert
from cython.cimports.kvik.engine.intrinsics import load64, swap64
from cython.cimports.kvik.engine.rdb_format import (
    RDB_STREAM,
    RDB_STREAM_3,
    rdb_get_int64,
    rdb_get_length,
    rdb_get_string,
)
from cython.cimports.kvik.engine.source import source_fail, source_take
from cython.cimports.kvik.engine.stream import stream_edge, stream_free, stream_new
from cython.cimports.kvik.engine.stream_check import block_is_valid
from cython.cimports.kvik.engine.stream_group import (
    READ_UNKNOWN,
    consumer_add,
    consumer_find,
    group_add,
    group_find,
    pending_find,
)
from cython.cimports.kvik.engine.stream_id import id_less, stream_id
from cython.cimports.libc.stdint import int64_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy


def load_stream(heap, source, scratch, kind):
    """The stream that the source holds, NULL if there is none: the source has failed."""
    r: StreamLoader
    n: uint64_t = 0
    i: uint64_t
    good: cython.bint
    s: StreamPtr = stream_new(heap)
    if s == NULL:
        source_fail(source, "out of memory")
        return NULL
    r.heap = heap
    r.source = source
    r.scratch = scratch
    r.kind = kind
    good = load_blocks(address(r), s) and load_counts(address(r), s) and rdb_get_length(source, address(n))
    i = 0
    while good and i < n:
        good = load_group(address(r), s)
        i += 1
    if good:
        return s
    source_fail(source, "a damaged stream")
    stream_free(heap, s, False)
    return NULL


def load_blocks(r, s):
    n: uint64_t = 0
    i: uint64_t
    live: uint64_t = 0
    key: Slice
    block: Slice
    master: StreamID
    last: StreamID = stream_id(0, 0)
    lp: Listpack
    if not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not rdb_get_string(r.source, r.scratch, address(key)):
            return False
        if key.n != 16:
            return source_fail(r.source, "a block of a stream without an ID")
        master = stream_id(swap64(load64(key.p)), swap64(load64(key.p + 8)))
        if not rdb_get_string(r.source, r.scratch, address(block)):
            return False
        if (i > 0 and not id_less(last, master)) or not block_is_valid(address(block), master, address(last), address(live)):
            return source_fail(r.source, "a damaged block of a stream")
        lp = cast(Listpack, heap_alloc(r.heap, block.n))
        if lp == NULL:
            return source_fail(r.source, "out of memory")
        memcpy(lp, block.p, block.n)
        s.tail_capacity = cast(uint32_t, block.n)
        if not id_map_insert(r.heap, address(s.blocks), master, lp):
            heap_free(r.heap, lp, block.n)
            return source_fail(r.source, "out of memory")
    s.length = live
    return True


def load_counts(r, s):
    """What the stream counts; files of the first form know less, and the rest follows from the entries."""
    length: uint64_t = 0
    if not rdb_get_length(r.source, address(length)) or not get_id(r, address(s.last_id)):
        return False
    if length != s.length:
        return source_fail(r.source, "a stream of another length than it says")
    s.first_id = stream_edge(s, False)
    s.entries_added = length
    if r.kind == RDB_STREAM:
        return True
    # The first ID is what the entries say.
    if not get_id(r, address(s.max_deleted_id)) or not get_id(r, address(s.max_deleted_id)):
        return False
    return rdb_get_length(r.source, address(s.entries_added))


def get_id(r, id):
    """An ID as two lengths."""
    return rdb_get_length(r.source, address(id.ms)) and rdb_get_length(r.source, address(id.seq))


def take_id(r, id):
    """An ID as 16 bytes."""
    p: cython.p_const_char = source_take(r.source, 16)
    if p == NULL:
        return False
    id[0] = stream_id(swap64(load64(p)), swap64(load64(p + 8)))
    return True


# --- groups ----------------------------------------------------------------------------------------------------------


def load_group(r, s):
    name: Slice
    id: StreamID
    read: uint64_t = 0
    n: uint64_t = 0
    i: uint64_t
    group: GroupPtr
    if not rdb_get_string(r.source, r.scratch, address(name)):
        return False
    if group_find(address(s.groups), address(name)) != NULL:
        return source_fail(r.source, "a consumer group stands there twice")
    group = group_add(r.heap, address(s.groups), address(name), stream_id(0, 0), READ_UNKNOWN)
    if group == NULL:
        return source_fail(r.source, "out of memory")
    if not get_id(r, address(id)):
        return False
    group.last_id = id
    if r.kind != RDB_STREAM:
        if not rdb_get_length(r.source, address(read)):
            return False
        group.entries_read = cast(int64_t, read)
        if group.entries_read < READ_UNKNOWN:
            return source_fail(r.source, "an impossible count of entries read")
    if not load_pending(r, group) or not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not load_consumer(r, group):
            return False
    return owners_known(r, group)


def load_pending(r, group):
    """The pending entries of the group; who owns them comes with the consumers."""
    n: uint64_t = 0
    i: uint64_t
    id: StreamID
    pending: PendingPtr
    if not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not take_id(r, address(id)):
            return False
        if pending_find(group, id) != NULL:
            return source_fail(r.source, "a pending entry stands there twice")
        pending = cast(PendingPtr, heap_alloc(r.heap, sizeof(Pending)))
        if pending == NULL:
            return source_fail(r.source, "out of memory")
        pending.consumer = NULL
        if not id_map_insert(r.heap, address(group.pending), id, pending):
            heap_free(r.heap, pending, sizeof(Pending))
            return source_fail(r.source, "out of memory")
        if not rdb_get_int64(r.source, address(pending.delivered_ms)) \
                or not rdb_get_length(r.source, address(pending.deliveries)):
            return False
    return True


def load_consumer(r, group):
    name: Slice
    n: uint64_t = 0
    i: uint64_t
    id: StreamID
    pending: PendingPtr
    consumer: ConsumerPtr
    if not rdb_get_string(r.source, r.scratch, address(name)):
        return False
    if consumer_find(group, address(name)) != NULL:
        return source_fail(r.source, "a consumer stands there twice")
    consumer = consumer_add(r.heap, group, address(name), 0)
    if consumer == NULL:
        return source_fail(r.source, "out of memory")
    if not rdb_get_int64(r.source, address(consumer.seen_ms)):
        return False
    consumer.active_ms = consumer.seen_ms
    if r.kind == RDB_STREAM_3 and not rdb_get_int64(r.source, address(consumer.active_ms)):
        return False
    if not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not take_id(r, address(id)):
            return False
        pending = pending_find(group, id)
        if pending == NULL or pending.consumer != NULL:
            return source_fail(r.source, "a consumer's pending entry that is not the group's, or somebody else's")
        if not id_map_insert(r.heap, address(consumer.pending), id, pending):
            return source_fail(r.source, "out of memory")
        pending.consumer = consumer
    return True


def owners_known(r, group):
    """Has every pending entry an owner?"""
    owned: uint64_t = 0
    i: uint32_t
    for i in range(group.consumers.count):
        owned += cast(ConsumerPtr, group.consumers.items[i]).pending.count
    return owned == group.pending.count or source_fail(r.source, "a pending entry without an owner")
