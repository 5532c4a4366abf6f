"""Keys and values as Python sees them, for DEBUG: looking leaves no trace, neither in statistics nor in LRU clocks, and
what is added stands in no log.

    string  bytes                               list, set   [bytes, ...]
    hash    [(field, value), ...]               zset        [(member, score as text), ...]
    stream  [(b"ms.seq", [field, value, ...]), ...]
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.doubles import DOUBLE_TEXT_MAX, format_double
from cython.cimports.kvik.engine.entry import (
    LAYOUT_EXPIRY,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STRING,
    EntryPtr,
    Slot,
    entry_clock,
    entry_encoding,
    entry_expiry,
    entry_key,
    entry_key_length,
    entry_pointer,
    entry_set_clock,
    entry_type,
)
from cython.cimports.kvik.engine.listpack import item_text, listpack_item, listpack_next
from cython.cimports.kvik.engine.quicklist import ListCursor, list_close, list_item, list_next
from cython.cimports.kvik.engine.stream import ENTRY_SAME_FIELDS, StreamCursor, StreamPtr, stream_next, stream_seek
from cython.cimports.kvik.engine.stream_id import StreamID, stream_id_last
from cython.cimports.kvik.engine.table import TablePtr, TableWalk, table_bytes, table_walk, table_walk_next
from cython.cimports.kvik.keyspace.database import db_add, db_find, is_expired, key_hash
from cython.cimports.kvik.keyspace.hash_value import hash_each
from cython.cimports.kvik.keyspace.list_value import list_seek
from cython.cimports.kvik.keyspace.set_value import Member, SetWalk, member_text, set_walk, set_walk_next
from cython.cimports.kvik.keyspace.sorted_set_value import (
    SortedSetCursor,
    cursor_member,
    cursor_next,
    cursor_score,
    sorted_set_seek_end,
)
from cython.cimports.kvik.keyspace.tail import key_changed_silently
from cython.cimports.kvik.keyspace.values import (
    encoding_name,
    string_entry,
    string_length,
    string_value,
    type_name,
    value_bytes,
)
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t


class Inspector:
    def keys(self, db: cython.int):
        """All keys of the database, those that have expired and were not deleted yet among them."""
        walk: TableWalk
        found: EntryPtr[32]
        n: cython.int
        i: cython.int
        names: list = []
        table_walk(address(walk), address(self.keyspace.databases[db].keys))
        while True:
            n = table_walk_next(address(walk), found, 32)
            if n == 0:
                return names
            for i in range(n):
                names.append(entry_key(found[i])[: entry_key_length(found[i])])

    def value(self, db: cython.int, key: bytes):
        """Its type (as TYPE says), its value, and whether it expires; None if there is no such key."""
        e: EntryPtr = self.find(db, key)
        if e == NULL:
            return None
        return type_name(entry_type(e)).decode(), value_of(self.keyspace, e), (e.layout & LAYOUT_EXPIRY) != 0

    def key_info(self, db: cython.int, key: bytes):
        """What DEBUG OBJECT and MEMORY USAGE tell of a key, or None: they leave no trace of their look."""
        e: EntryPtr = self.find(db, key)
        if e == NULL or is_expired(self.keyspace, e):
            return None
        return {
            "type": type_name(entry_type(e)).decode(), "encoding": encoding_name(entry_encoding(e)).decode(),
            "length": string_length(e) if entry_type(e) == TYPE_STRING else value_bytes(e),
            "bytes": value_bytes(e) + 14, "lru": entry_clock(e),
            "idle": (self.keyspace.lru_clock - entry_clock(e)) & 0xFFFFFF, "expiry": entry_expiry(e),
            "address": cast(uintptr_t, e),
        }

    def table_shape(self, db: cython.int, expiries):
        """What DEBUG HTSTATS tells of a database's table."""
        t: TablePtr = address(self.keyspace.databases[db].keys)
        if expiries:
            t = address(self.keyspace.databases[db].expiries)
        return {
            "entries": t.count, "buckets": t.now.count, "coming": t.coming.count, "moved": t.moved,
            "chained": t.chained, "longest": t.longest, "bytes": table_bytes(t),
        }

    def add_string(self, db: cython.int, key: bytes, value: bytes):
        """A new key. False: there is one of that name."""
        ks = self.keyspace
        h: uint64_t = key_hash(ks, key, len(key))
        e: EntryPtr
        if self.find(db, key) != NULL:
            return False
        e = string_entry(ks.heap, key, len(key), -1, value, len(value))
        if e == NULL or not db_add(ks, address(ks.databases[db]), e, h):
            raise MemoryError("no memory for a key")
        entry_set_clock(e, ks.lru_clock)
        key_changed_silently(ks, address(ks.databases[db]), key, len(key))
        return True

    def find(self, db, key):
        h: uint64_t = key_hash(self.keyspace, key, len(key))
        slot: Slot = db_find(self.keyspace, address(self.keyspace.databases[db]), key, len(key), h)
        if slot == NULL:
            return NULL
        return slot[0]


def value_of(ks, e):
    scratch: cython.char[24]
    s: Slice
    kind: cython.int = entry_type(e)
    if kind == TYPE_STRING:
        s = string_value(e, scratch)
        return s.p[: s.n]
    if kind == TYPE_LIST:
        return list_of(ks, e)
    if kind == TYPE_SET:
        return set_of(e)
    if kind == TYPE_SORTED_SET:
        return sorted_set_of(e)
    if kind == TYPE_HASH:
        return hash_of(e)
    return stream_of(e)


def list_of(ks, e):
    c: ListCursor
    item: Item
    found: list = []
    if not list_seek(ks.heap, e, 0, address(c)):
        raise MemoryError("no memory to look into a list")
    while True:
        item = list_item(address(c))
        found.append(item_bytes(address(item)))
        if not list_next(address(c)):
            list_close(address(c))
            return found


def set_of(e):
    walk: SetWalk
    members: Member[32]
    scratch: cython.char[24]
    s: Slice
    n: cython.int
    i: cython.int
    found: list = []
    set_walk(address(walk), e)
    while True:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return found
        for i in range(n):
            s = member_text(address(members[i]), scratch)
            found.append(s.p[: s.n])


def sorted_set_of(e):
    cursor: SortedSetCursor
    item: Item
    score: cython.char[DOUBLE_TEXT_MAX]
    n: cython.int
    found: list = []
    sorted_set_seek_end(e, False, address(cursor))
    while not cursor.ended:
        item = cursor_member(address(cursor))
        n = format_double(score, cursor_score(address(cursor)))
        found.append((item_bytes(address(item)), score[:n]))
        cursor_next(address(cursor))
    return found


def hash_of(e):
    found: list = []
    hash_each(e, 0, add_field, cast(cython.p_void, found))
    return found


def add_field(context, field, value, expiry):
    add_pair(context, field, value)
    return True


def add_pair(context, field, value):
    found: list = cast(object, context)
    found.append((field.p[: field.n], value.p[: value.n]))


def stream_of(e):
    cursor: StreamCursor
    item: Item
    field: cython.p_char
    p: cython.p_char
    n: int64_t
    found: list = []
    first: StreamID
    first.ms = 0
    first.seq = 0
    stream_seek(address(cursor), cast(StreamPtr, entry_pointer(e)), first, stream_id_last(), False)
    while stream_next(address(cursor)):
        words: list = []
        field = cursor.master_field
        p = cursor.data
        n = cursor.fields
        while n > 0:
            if cursor.flags & ENTRY_SAME_FIELDS:
                item = listpack_item(field)
                field = listpack_next(field)
            else:
                item = listpack_item(p)
                p = listpack_next(p)
            words.append(item_bytes(address(item)))
            item = listpack_item(p)
            p = listpack_next(p)
            words.append(item_bytes(address(item)))
            n -= 1
        cursor.at = p
        cursor.unread = 1
        found.append((b"%d.%d" % (cursor.id.ms, cursor.id.seq), words))
    return found


def item_bytes(item):
    scratch: cython.char[24]
    s: Slice = item_text(item, scratch)
    return s.p[: s.n]
