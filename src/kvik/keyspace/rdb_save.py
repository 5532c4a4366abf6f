"""Writing values as RDB files and DUMP payloads hold them, in the oldest form that can carry them.

    string       its bytes                                             RDB_STRING
    list         listpacks, or long elements by themselves             RDB_LIST_QUICKLIST_2
    set          an intset; else its members                           RDB_SET_INTSET, RDB_SET
    sorted set   a listpack; else member and score, largest first      RDB_ZSET_LISTPACK, RDB_ZSET_2
    hash         a listpack; else field and value;                     RDB_HASH_LISTPACK, RDB_HASH
                 and when it expires, if any field does                RDB_HASH_2
    stream       its blocks, what it counts, its groups                RDB_STREAM_2

Listpacks, intsets and blocks of streams are in memory what they are in the file. The walk touches no Python object and
changes nothing, so it can run in a forked child.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INT,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STRING,
    entry_encoding,
    entry_expiry,
    entry_integer,
    entry_key,
    entry_key_length,
    entry_pointer,
    entry_type,
)
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_first
from cython.cimports.kvik.engine.intrinsics import store64, swap64
from cython.cimports.kvik.engine.intset import intset_bytes
from cython.cimports.kvik.engine.listpack import (
    listpack_bytes,
    listpack_count,
    listpack_first,
    listpack_next,
    listpack_text,
)
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.ordered_set import ordered_set_last, place_member, place_previous
from cython.cimports.kvik.engine.quicklist_node import NODE_COMPRESSED, NODE_PLAIN
from cython.cimports.kvik.engine.rdb_format import (
    RDB_HASH,
    RDB_HASH_2,
    RDB_HASH_LISTPACK,
    RDB_LIST_QUICKLIST_2,
    RDB_NODE_PACKED,
    RDB_NODE_PLAIN,
    RDB_SET,
    RDB_SET_INTSET,
    RDB_STREAM_2,
    RDB_STRING,
    RDB_VERSION_HASH_2,
    RDB_ZSET_2,
    RDB_ZSET_LISTPACK,
    rdb_put_double,
    rdb_put_int64,
    rdb_put_integer,
    rdb_put_length,
    rdb_put_lzf,
    rdb_put_string,
)
from cython.cimports.kvik.engine.sink import sink_put
from cython.cimports.kvik.engine.stream_group import name_of
from cython.cimports.kvik.engine.table import table_walk, table_walk_next
from cython.cimports.kvik.keyspace.fields import field_value
from cython.cimports.kvik.keyspace.values import string_value
from cython.cimports.libc.stdint import uint32_t, uint64_t


def rdb_type(e):
    """The type byte under which the entry's value is written."""
    kind: cython.int = entry_type(e)
    encoding: cython.int = entry_encoding(e)
    if kind == TYPE_STRING:
        return RDB_STRING
    if kind == TYPE_LIST:
        return RDB_LIST_QUICKLIST_2
    if kind == TYPE_SET:
        return RDB_SET_INTSET if encoding == ENCODING_INTSET else RDB_SET
    if kind == TYPE_SORTED_SET:
        return RDB_ZSET_LISTPACK if encoding == ENCODING_LISTPACK else RDB_ZSET_2
    if kind == TYPE_HASH:
        if encoding == ENCODING_LISTPACK:
            return RDB_HASH_LISTPACK
        return RDB_HASH_2 if cast(FieldsPtr, entry_pointer(e)).expiries > 0 else RDB_HASH
    return RDB_STREAM_2


def rdb_version(e):
    """The version of RDB that the value needs."""
    return RDB_VERSION_HASH_2 if rdb_type(e) == RDB_HASH_2 else RDB_VERSION_BASE


def rdb_save_value(sink, e, compress):
    """Write the entry's value; `compress` strings with LZF where that helps. O(value)."""
    kind: cython.int = entry_type(e)
    if kind == TYPE_STRING:
        save_string(sink, e, compress)
    elif kind == TYPE_LIST:
        save_list(sink, e, compress)
    elif kind == TYPE_SET:
        save_set(sink, e, compress)
    elif kind == TYPE_SORTED_SET:
        save_sorted_set(sink, e, compress)
    elif kind == TYPE_HASH:
        save_hash(sink, e, compress)
    else:
        save_stream(sink, cast(StreamPtr, entry_pointer(e)), compress)


def save_string(sink, e, compress):
    s: Slice
    if entry_encoding(e) == ENCODING_INT:
        rdb_put_integer(sink, entry_integer(e))
    else:
        s = string_value(e, NULL)
        rdb_put_string(sink, s.p, s.n, compress)


def save_listpack(sink, lp, compress):
    rdb_put_string(sink, lp, listpack_bytes(lp), compress)


def save_list(sink, e, compress):
    """As nodes: one in a small list."""
    q: QuicklistPtr
    node: NodePtr
    raw: RawPtr
    if entry_encoding(e) == ENCODING_LISTPACK:
        rdb_put_length(sink, 1)
        rdb_put_length(sink, RDB_NODE_PACKED)
        save_listpack(sink, cast(cython.p_char, entry_pointer(e)), compress)
        return
    q = cast(QuicklistPtr, entry_pointer(e))
    rdb_put_length(sink, q.nodes)
    node = q.head
    while node != NULL:
        rdb_put_length(sink, RDB_NODE_PLAIN if node.form & NODE_PLAIN else RDB_NODE_PACKED)
        if node.form & NODE_COMPRESSED:
            rdb_put_lzf(sink, node.data, node.capacity, node.bytes)
        elif node.form & NODE_PLAIN:
            raw = cast(RawPtr, node.data)
            rdb_put_string(sink, raw.data, raw.length, compress)
        else:
            save_listpack(sink, node.data, compress)
        node = node.next


def save_set(sink, e, compress):
    scratch: cython.char[24]
    walk: TableWalk
    members: EntryPtr[WALKED]
    n: cython.int
    i: cython.int
    s: Slice
    p: cython.p_char
    value: cython.p_char = cast(cython.p_char, entry_pointer(e))
    if entry_encoding(e) == ENCODING_INTSET:
        rdb_put_string(sink, value, intset_bytes(value), compress)
        return
    if entry_encoding(e) == ENCODING_LISTPACK:
        rdb_put_length(sink, listpack_count(value))
        p = listpack_first(value)
        while p != NULL:
            s = listpack_text(p, scratch)
            rdb_put_string(sink, s.p, s.n, compress)
            p = listpack_next(p)
        return
    table_walk(address(walk), cast(TablePtr, value))
    rdb_put_length(sink, walk.table.count)
    while True:
        n = table_walk_next(address(walk), members, WALKED)
        if n == 0:
            return
        for i in range(n):
            rdb_put_string(sink, entry_key(members[i]), entry_key_length(members[i]), compress)


def save_sorted_set(sink, e, compress):
    s: SortedSetPtr
    place: Place
    m: EntryPtr
    if entry_encoding(e) == ENCODING_LISTPACK:
        save_listpack(sink, cast(cython.p_char, entry_pointer(e)), compress)
        return
    s = cast(SortedSetPtr, entry_pointer(e))
    rdb_put_length(sink, s.order.count)
    place = ordered_set_last(address(s.order))
    while place.leaf != NULL:
        m = place_member(address(place))
        rdb_put_string(sink, entry_key(m), entry_key_length(m), compress)
        rdb_put_double(sink, member_score(m))
        place_previous(address(place))


def save_hash(sink, e, compress):
    fields: FieldsPtr
    walk: TableWalk
    found: EntryPtr[WALKED]
    n: cython.int
    i: cython.int
    s: Slice
    if entry_encoding(e) != ENCODING_HASHTABLE:
        save_listpack(sink, cast(cython.p_char, entry_pointer(e)), compress)
        return
    fields = cast(FieldsPtr, entry_pointer(e))
    rdb_put_length(sink, fields.table.count)
    table_walk(address(walk), address(fields.table))
    while True:
        n = table_walk_next(address(walk), found, WALKED)
        if n == 0:
            return
        for i in range(n):
            rdb_put_string(sink, entry_key(found[i]), entry_key_length(found[i]), compress)
            s = field_value(found[i])
            rdb_put_string(sink, s.p, s.n, compress)
            if fields.expiries > 0:
                rdb_put_int64(sink, entry_expiry(found[i]))


# --- streams ---------------------------------------------------------------------------------------------------------


def save_stream(sink, s, compress):
    i: uint32_t
    at: IdCursor = id_map_first(address(s.blocks))
    slot: IdSlotPtr
    rdb_put_length(sink, s.blocks.count)
    while at.leaf != NULL:
        slot = cursor_slot(address(at))
        rdb_put_length(sink, 16)
        save_id(sink, slot.id)
        save_listpack(sink, cast(cython.p_char, slot.value), compress)
        cursor_next(address(at))
    rdb_put_length(sink, s.length)
    put_id(sink, s.last_id)
    put_id(sink, s.first_id)
    put_id(sink, s.max_deleted_id)
    rdb_put_length(sink, s.entries_added)
    rdb_put_length(sink, s.groups.count)
    for i in range(s.groups.count):
        save_group(sink, cast(GroupPtr, s.groups.items[i]), compress)


def put_id(sink, id):
    """An ID as two lengths."""
    rdb_put_length(sink, id.ms)
    rdb_put_length(sink, id.seq)


def save_id(sink, id):
    """An ID as 16 bytes that order as IDs do."""
    key: cython.char[16]
    store64(key, swap64(id.ms))
    store64(address(key[8]), swap64(id.seq))
    sink_put(sink, key, 16)


def save_group(sink, group, compress):
    i: uint32_t
    consumer: ConsumerPtr
    pending: PendingPtr
    name: Slice = name_of(group)
    at: IdCursor = id_map_first(address(group.pending))
    rdb_put_string(sink, name.p, name.n, compress)
    put_id(sink, group.last_id)
    rdb_put_length(sink, cast(uint64_t, group.entries_read))
    rdb_put_length(sink, group.pending.count)
    while at.leaf != NULL:
        pending = cast(PendingPtr, cursor_slot(address(at)).value)
        save_id(sink, cursor_slot(address(at)).id)
        rdb_put_int64(sink, pending.delivered_ms)
        rdb_put_length(sink, pending.deliveries)
        cursor_next(address(at))
    rdb_put_length(sink, group.consumers.count)
    for i in range(group.consumers.count):
        consumer = cast(ConsumerPtr, group.consumers.items[i])
        name = name_of(consumer)
        rdb_put_string(sink, name.p, name.n, compress)
        rdb_put_int64(sink, consumer.seen_ms)
        rdb_put_length(sink, consumer.pending.count)
        at = id_map_first(address(consumer.pending))
        while at.leaf != NULL:
            save_id(sink, cursor_slot(address(at)).id)
            cursor_next(address(at))
