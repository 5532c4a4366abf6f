"""Writing a data set as the commands that make it: the base of an append-only file without `aof-use-rdb-preamble`.

    FUNCTION LOAD code
    SELECT 0
    SET key value   RPUSH key element ...   SADD   ZADD   HSET      64 elements a command at most
    HPEXPIREAT key moment FIELDS 1 field
    XADD ...  XSETID ...  XGROUP CREATE ...  XCLAIM ...
    PEXPIREAT key moment

It can be read and edited, and any server of the family can run it. It is larger than an RDB file and takes longer to
load. The walk changes nothing, so that it can run in a forked child.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.child import REPORT_KEYS, reporter_tell
from cython.cimports.kvik.engine.doubles import format_double
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    LAYOUT_EXPIRY,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STRING,
    entry_encoding,
    entry_expiry,
    entry_key,
    entry_key_length,
    entry_pointer,
    entry_type,
)
from cython.cimports.kvik.engine.file_sink import file_sink_flush
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_first
from cython.cimports.kvik.engine.intset import intset_at, intset_count
from cython.cimports.kvik.engine.listpack import (
    item_text,
    listpack_count,
    listpack_first,
    listpack_next,
    listpack_text,
)
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.ordered_set import ordered_set_last, place_member, place_previous
from cython.cimports.kvik.engine.quicklist import list_close, list_item, list_next
from cython.cimports.kvik.engine.sink import sink_put, sink_put_byte
from cython.cimports.kvik.engine.stream import ENTRY_SAME_FIELDS, stream_next, stream_seek
from cython.cimports.kvik.engine.stream_group import READ_UNKNOWN, name_of
from cython.cimports.kvik.engine.stream_id import STREAM_ID_MAX, stream_id, stream_id_format, stream_id_last
from cython.cimports.kvik.engine.table import table_walk, table_walk_next
from cython.cimports.kvik.engine.text import CR, DOLLAR, LF, STAR, format_integer, format_unsigned
from cython.cimports.kvik.keyspace.fields import field_value
from cython.cimports.kvik.keyspace.list_value import list_count, list_seek
from cython.cimports.kvik.keyspace.snapshot import snapshot_begin, snapshot_next
from cython.cimports.kvik.keyspace.sorted_set_listpack import pair_score
from cython.cimports.kvik.keyspace.values import string_value
from cython.cimports.libc.stdint import uint32_t, uint64_t
from cython.cimports.libc.string import strlen
from cython.cimports.posix.unistd import usleep


def aof_base_write(f, ks, key_delay_us, reporter):
    """Write everything. False: it failed, see `f.error`. `reporter` (NULL: nobody) is told how far it is."""
    sink: SinkPtr = address(f.sink)
    s: Snapshot
    keys: uint64_t = 0
    written: cython.p_void = NULL
    i: cython.int
    for i in range(ks.libraries.count):
        put_command(sink, 3, "FUNCTION")
        put_word(sink, "LOAD")
        put_text(sink, ks.libraries.codes[i].p, ks.libraries.codes[i].n)
    snapshot_begin(address(s), ks)
    while snapshot_next(address(s)) and not sink.failed:
        if written != s.db:
            written = s.db
            put_command(sink, 2, "SELECT")
            put_integer(sink, s.db.id)
        for i in range(s.count):
            put_entry(sink, ks.heap, s.entries[i])
            if key_delay_us > 0:
                file_sink_flush(f)
                usleep(cast(cython.uint, key_delay_us))
        keys += s.count
        if reporter != NULL and keys % REPORT_KEYS < cast(uint64_t, s.count):
            reporter_tell(reporter, keys)
    return file_sink_flush(f)


def put_entry(sink, heap, e):
    kind: cython.int = entry_type(e)
    if kind == TYPE_STRING:
        put_string(sink, e)
    elif kind == TYPE_LIST:
        put_list(sink, heap, e)
    elif kind == TYPE_SET:
        put_set(sink, e)
    elif kind == TYPE_SORTED_SET:
        put_sorted_set(sink, e)
    elif kind == TYPE_HASH:
        put_hash(sink, e)
    else:
        put_stream(sink, e, cast(StreamPtr, entry_pointer(e)))
    if e.layout & LAYOUT_EXPIRY:
        put_expiry(sink, e)


def put_expiry(sink, e):
    put_on_key(sink, 3, "PEXPIREAT", e)
    put_integer(sink, entry_expiry(e))


# --- commands --------------------------------------------------------------------------------------------------------


def put_command(sink, count, name):
    """Begin a command of `count` arguments, its name included."""
    text: cython.char[24]
    sink_put_byte(sink, STAR)
    sink_put(sink, text, format_integer(text, count))
    sink_put(sink, "\r\n", 2)
    put_word(sink, name)


def put_on_key(sink, count, name, e):
    put_command(sink, count, name)
    put_text(sink, entry_key(e), entry_key_length(e))


def put_text(sink, p, n):
    header: cython.char[28]
    used: cython.int = format_unsigned(cast(cython.p_char, header) + 1, n) + 1
    header[0] = DOLLAR
    header[used] = CR
    header[used + 1] = LF
    sink_put(sink, header, used + 2)
    sink_put(sink, p, n)
    sink_put(sink, "\r\n", 2)


def put_word(sink, word):
    put_text(sink, word, strlen(word))


def put_integer(sink, value):
    text: cython.char[24]
    put_text(sink, text, format_integer(text, value))


def put_score(sink, score):
    text: cython.char[40]
    put_text(sink, text, format_double(text, score))


def put_id(sink, id):
    text: cython.char[STREAM_ID_MAX]
    put_text(sink, text, stream_id_format(text, id))


def put_element(sink, p):
    """An element of a listpack."""
    scratch: cython.char[24]
    s: Slice = listpack_text(p, scratch)
    put_text(sink, s.p, s.n)


def parts_of(sink, name, e, elements, arguments):
    """Many elements, of so many arguments each, by commands of this name."""
    parts: Parts
    parts.sink = sink
    parts.name = name
    parts.entry = e
    parts.left = elements
    parts.arguments = arguments
    parts.room = 0
    return parts


def put_next(parts):
    """Before each element: begin a command, if the last one is full."""
    if parts.room == 0:
        parts.room = ELEMENTS_MAX if parts.left > ELEMENTS_MAX else cast(cython.int, parts.left)
        put_on_key(parts.sink, 2 + parts.arguments * parts.room, parts.name, parts.entry)
    parts.room -= 1
    parts.left -= 1


# --- values ----------------------------------------------------------------------------------------------------------


def put_string(sink, e):
    scratch: cython.char[24]
    s: Slice = string_value(e, scratch)
    put_on_key(sink, 3, "SET", e)
    put_text(sink, s.p, s.n)


def put_list(sink, heap, e):
    c: ListCursor
    item: Item
    s: Slice
    scratch: cython.char[24]
    parts: Parts = parts_of(sink, "RPUSH", e, list_count(e), 1)
    if not list_seek(heap, e, 0, address(c)):
        sink.failed = True
        return
    while parts.left > 0:
        put_next(address(parts))
        item = list_item(address(c))
        s = item_text(address(item), scratch)
        put_text(sink, s.p, s.n)
        if not list_next(address(c)):
            break
    sink.failed = sink.failed or c.failed or parts.left > 0
    list_close(address(c))


def put_set(sink, e):
    walk: TableWalk
    members: EntryPtr[WALKED]
    value: cython.p_char = cast(cython.p_char, entry_pointer(e))
    p: cython.p_char
    parts: Parts
    found: cython.int
    i: cython.int
    at: uint32_t
    if entry_encoding(e) == ENCODING_INTSET:
        parts = parts_of(sink, "SADD", e, intset_count(value), 1)
        for at in range(intset_count(value)):
            put_next(address(parts))
            put_integer(sink, intset_at(value, at))
        return
    if entry_encoding(e) == ENCODING_LISTPACK:
        parts = parts_of(sink, "SADD", e, listpack_count(value), 1)
        p = listpack_first(value)
        while p != NULL:
            put_next(address(parts))
            put_element(sink, p)
            p = listpack_next(p)
        return
    table_walk(address(walk), cast(TablePtr, value))
    parts = parts_of(sink, "SADD", e, walk.table.count, 1)
    while True:
        found = table_walk_next(address(walk), members, WALKED)
        if found == 0:
            return
        for i in range(found):
            put_next(address(parts))
            put_text(sink, entry_key(members[i]), entry_key_length(members[i]))


def put_sorted_set(sink, e):
    s: SortedSetPtr
    place: Place
    m: EntryPtr
    p: cython.p_char
    parts: Parts
    if entry_encoding(e) == ENCODING_LISTPACK:
        p = cast(cython.p_char, entry_pointer(e))
        parts = parts_of(sink, "ZADD", e, listpack_count(p) // 2, 2)
        p = listpack_first(p)
        while p != NULL:
            put_next(address(parts))
            put_score(sink, pair_score(p))
            put_element(sink, p)
            p = listpack_next(listpack_next(p))
        return
    s = cast(SortedSetPtr, entry_pointer(e))
    parts = parts_of(sink, "ZADD", e, s.order.count, 2)
    place = ordered_set_last(address(s.order))
    while place.leaf != NULL:
        put_next(address(parts))
        m = place_member(address(place))
        put_score(sink, member_score(m))
        put_text(sink, entry_key(m), entry_key_length(m))
        place_previous(address(place))


def put_hash(sink, e):
    fields: FieldsPtr
    walk: TableWalk
    found: EntryPtr[WALKED]
    s: Slice
    p: cython.p_char
    parts: Parts
    count: cython.int
    i: cython.int
    if entry_encoding(e) != ENCODING_HASHTABLE:
        p = cast(cython.p_char, entry_pointer(e))
        parts = parts_of(sink, "HSET", e, listpack_count(p) // 2, 2)
        p = listpack_first(p)
        while p != NULL:
            put_next(address(parts))
            put_element(sink, p)
            p = listpack_next(p)
            put_element(sink, p)
            p = listpack_next(p)
        return
    fields = cast(FieldsPtr, entry_pointer(e))
    parts = parts_of(sink, "HSET", e, fields.table.count, 2)
    table_walk(address(walk), address(fields.table))
    while True:
        count = table_walk_next(address(walk), found, WALKED)
        if count == 0:
            break
        for i in range(count):
            put_next(address(parts))
            put_text(sink, entry_key(found[i]), entry_key_length(found[i]))
            s = field_value(found[i])
            put_text(sink, s.p, s.n)
    if fields.expiries == 0:
        return
    table_walk(address(walk), address(fields.table))
    while True:
        count = table_walk_next(address(walk), found, WALKED)
        if count == 0:
            return
        for i in range(count):
            if found[i].layout & LAYOUT_EXPIRY:
                put_field_expiry(sink, e, found[i])


def put_field_expiry(sink, e, field):
    put_on_key(sink, 6, "HPEXPIREAT", e)
    put_integer(sink, entry_expiry(field))
    put_word(sink, "FIELDS")
    put_integer(sink, 1)
    put_text(sink, entry_key(field), entry_key_length(field))


# --- streams ---------------------------------------------------------------------------------------------------------


def put_stream(sink, e, s):
    """Its entries; what it counts; its groups. An empty one is made by adding an entry that is trimmed at once."""
    c: StreamCursor
    i: uint32_t
    if s.length > 0:
        stream_seek(address(c), s, stream_id(0, 0), stream_id_last(), False)
        while stream_next(address(c)):
            put_stream_entry(sink, e, address(c))
    else:
        put_on_key(sink, 7, "XADD", e)
        put_word(sink, "MAXLEN")
        put_integer(sink, 0)
        put_id(sink, s.last_id if s.last_id.ms > 0 or s.last_id.seq > 0 else stream_id(0, 1))
        put_word(sink, "x")
        put_word(sink, "y")
    put_on_key(sink, 7, "XSETID", e)
    put_id(sink, s.last_id)
    put_word(sink, "ENTRIESADDED")
    put_integer(sink, s.entries_added)
    put_word(sink, "MAXDELETEDID")
    put_id(sink, s.max_deleted_id)
    for i in range(s.groups.count):
        put_group(sink, e, cast(GroupPtr, s.groups.items[i]))


def put_stream_entry(sink, e, c):
    field: cython.p_char = c.master_field
    p: cython.p_char = c.data
    i: cython.int
    count: cython.int = cast(cython.int, c.fields)
    put_on_key(sink, 3 + 2 * count, "XADD", e)
    put_id(sink, c.id)
    for i in range(count):
        if c.flags & ENTRY_SAME_FIELDS:
            put_element(sink, field)
            field = listpack_next(field)
        else:
            put_element(sink, p)
            p = listpack_next(p)
        put_element(sink, p)
        p = listpack_next(p)


def put_group(sink, e, group):
    i: uint32_t
    consumer: ConsumerPtr
    at: IdCursor
    name: Slice = name_of(group)
    put_command(sink, 7, "XGROUP")
    put_word(sink, "CREATE")
    put_text(sink, entry_key(e), entry_key_length(e))
    put_text(sink, name.p, name.n)
    put_id(sink, group.last_id)
    put_word(sink, "ENTRIESREAD")
    put_integer(sink, group.entries_read if group.entries_read > READ_UNKNOWN else READ_UNKNOWN)
    for i in range(group.consumers.count):
        consumer = cast(ConsumerPtr, group.consumers.items[i])
        put_command(sink, 5, "XGROUP")
        put_word(sink, "CREATECONSUMER")
        put_text(sink, entry_key(e), entry_key_length(e))
        put_text(sink, name.p, name.n)
        put_text(sink, name_of(consumer).p, name_of(consumer).n)
        at = id_map_first(address(consumer.pending))
        while at.leaf != NULL:
            put_pending(sink, e, group, consumer, cursor_slot(address(at)).id,
                        cast(PendingPtr, cursor_slot(address(at)).value))
            cursor_next(address(at))


def put_pending(sink, e, group, consumer, id, pending):
    name: Slice = name_of(group)
    put_on_key(sink, 12, "XCLAIM", e)
    put_text(sink, name.p, name.n)
    name = name_of(consumer)
    put_text(sink, name.p, name.n)
    put_integer(sink, 0)
    put_id(sink, id)
    put_word(sink, "TIME")
    put_integer(sink, pending.delivered_ms)
    put_word(sink, "RETRYCOUNT")
    put_integer(sink, pending.deliveries)
    put_word(sink, "JUSTID")
    put_word(sink, "FORCE")
