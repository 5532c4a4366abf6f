"""Streams for tests: IDs are pairs, entries (ID, [field, value, ...]), names bytes."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.id_map import IdCursor, cursor_next, cursor_slot, id_map_first
from cython.cimports.kvik.engine.listpack import (
    Listpack,
    listpack_bytes,
    listpack_copy,
    listpack_first,
    listpack_is_valid,
    listpack_next,
    listpack_skip,
    listpack_text,
)
from cython.cimports.kvik.engine.stream import (
    ENTRY_SAME_FIELDS,
    TRIM_MAXLEN,
    TRIM_MINID,
    Trim,
    block_is_sound,
    stream_append,
    stream_bytes,
    stream_copy,
    stream_edge,
    stream_find,
    stream_free,
    stream_new,
    stream_next,
    stream_next_id,
    stream_remove,
    stream_seek,
    stream_take_block,
    stream_trim,
)
from cython.cimports.kvik.engine.stream_group import (
    PendingPtr,
    consumer_add,
    consumer_drop,
    consumer_find,
    group_add,
    group_drop,
    group_find,
    name_of,
    pending_add,
    pending_assign,
    pending_drop,
    pending_find,
)
from cython.cimports.kvik.engine.stream_id import (
    StreamID,
    stream_id,
    stream_id_format,
    stream_id_next,
    stream_id_parse,
    stream_id_previous,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.tests.engine.exact import exact_copy, exact_free
from cython.cimports.tests.engine.heap_probe import HeapProbe


def slice_of(text):
    s: Slice
    s.p = cast(cython.p_char, text)
    s.n = len(text)
    return s


def entry_of(c):
    """What the cursor has found."""
    scratch: cython.char[24]
    text: Slice
    p: cython.p_char = c.data
    field: cython.p_char = c.master_field
    parts: list = []
    for _ in range(c.fields):
        if c.flags & ENTRY_SAME_FIELDS:
            text = listpack_text(field, scratch)
            field = listpack_skip(field)
            parts.append(text.p[:text.n])
        else:
            text = listpack_text(p, scratch)
            p = listpack_skip(p)
            parts.append(text.p[:text.n])
        text = listpack_text(p, scratch)
        p = listpack_skip(p)
        parts.append(text.p[:text.n])
    return (c.id.ms, c.id.seq), parts


def pending_of(map):
    at: IdCursor = id_map_first(map)
    found: dict = {}
    while at.leaf != NULL:
        pending: PendingPtr = cast(PendingPtr, cursor_slot(address(at)).value)
        name: Slice = name_of(pending.consumer)
        id: StreamID = cursor_slot(address(at)).id
        found[id.ms, id.seq] = (name.p[:name.n], pending.delivered_ms, pending.deliveries)
        cursor_next(address(at))
    return found


def parse_id(text: bytes, allowed: cython.int, missing: uint64_t):
    """(ms, seq, auto) or None."""
    id: StreamID
    auto: cython.bint = False
    p: cython.p_char = exact_copy(text)
    ok: cython.bint = stream_id_parse(p, len(text), allowed, missing, address(id), address(auto))
    exact_free(p)
    return (id.ms, id.seq, auto) if ok else None


def format_id(ms: uint64_t, seq: uint64_t) -> bytes:
    out: cython.char[48]
    n: cython.int = stream_id_format(out, stream_id(ms, seq))
    return out[:n]


def neighbours(ms: uint64_t, seq: uint64_t) -> tuple:
    before: StreamID = stream_id_previous(stream_id(ms, seq))
    behind: StreamID = stream_id_next(stream_id(ms, seq))
    return (before.ms, before.seq), (behind.ms, behind.seq)


class StreamProbe:
    def __init__(self, owner: HeapProbe, max_bytes: cython.longlong = 4096, max_entries: cython.longlong = 100):
        self.owner = owner
        self.limits.bytes = max_bytes
        self.limits.entries = max_entries
        self.stream = stream_new(address(owner.heap))
        if self.stream == NULL:
            raise MemoryError

    def set_limits(self, max_bytes: cython.longlong, max_entries: cython.longlong) -> None:
        self.limits.bytes = max_bytes
        self.limits.entries = max_entries

    def append(self, id: tuple, parts: list) -> bool:
        i: cython.Py_ssize_t
        n: cython.Py_ssize_t = len(parts)
        key: StreamID = stream_id(id[0], id[1])
        slices: SlicePtr = cast(SlicePtr, malloc((n + 1) * cython.sizeof(Slice)))
        for i in range(n):
            slices[i] = slice_of(parts[i])
        ok: cython.bint = stream_append(
            address(self.owner.heap), self.stream, key, slices, n // 2, address(self.limits))
        free(slices)
        return ok

    def next_id(self, now_ms: uint64_t):
        id: StreamID
        return (id.ms, id.seq) if stream_next_id(self.stream, now_ms, address(id)) else None

    def range(self, first: tuple, last: tuple, backwards: cython.bint, most: cython.int = -1) -> list:
        c: StreamCursor
        found: list = []
        stream_seek(address(c), self.stream, stream_id(first[0], first[1]), stream_id(last[0], last[1]), backwards)
        while len(found) != most and stream_next(address(c)):
            found.append(entry_of(address(c)))
        return found

    def find(self, id: tuple):
        c: StreamCursor
        return entry_of(address(c)) if stream_find(address(c), self.stream, stream_id(id[0], id[1])) else None

    def remove(self, id: tuple) -> bool:
        return stream_remove(address(self.owner.heap), self.stream, stream_id(id[0], id[1]))

    def trim(self, maxlen=None, minid=None, approximate: cython.bint = False, limit: cython.longlong = 0) -> int:
        trim: Trim
        trim.by = TRIM_MAXLEN if maxlen is not None else TRIM_MINID
        trim.approximate = approximate
        trim.limit = limit
        trim.maxlen = maxlen or 0
        trim.minid = stream_id(minid[0], minid[1]) if minid is not None else stream_id(0, 0)
        return stream_trim(address(self.owner.heap), self.stream, address(trim))

    def edges(self) -> tuple:
        first: StreamID = stream_edge(self.stream, False)
        last: StreamID = stream_edge(self.stream, True)
        return (first.ms, first.seq), (last.ms, last.seq)

    def blocks(self) -> list:
        """[(master ID, [element, ...])], after checking each."""
        at: IdCursor = id_map_first(address(self.stream.blocks))
        found: list = []
        count: cython.size_t = 0
        live: int64_t = 0
        last: StreamID
        scratch: cython.char[24]
        while at.leaf != NULL:
            lp: Listpack = cast(Listpack, cursor_slot(address(at)).value)
            assert listpack_is_valid(lp, listpack_bytes(lp), address(count))
            assert block_is_sound(lp, cursor_slot(address(at)).id, address(live), address(last))
            elements: list = []
            p: cython.p_char = listpack_first(lp)
            while p != NULL:
                text: Slice = listpack_text(p, scratch)
                elements.append(text.p[:text.n])
                p = listpack_next(p)
            id: StreamID = cursor_slot(address(at)).id
            found.append(((id.ms, id.seq), elements))
            cursor_next(address(at))
        return found

    def is_sound(self, listpack: bytes, master: tuple):
        """(live entries, last ID), None if it is no block."""
        count: cython.size_t = 0
        live: int64_t = 0
        last: StreamID
        lp: Listpack = exact_copy(listpack)
        ok: cython.bint = listpack_is_valid(lp, len(listpack), address(count)) and block_is_sound(
            lp, stream_id(master[0], master[1]), address(live), address(last))
        exact_free(lp)
        return (live, (last.ms, last.seq)) if ok else None

    def take(self, listpack: bytes, master: tuple, found: tuple) -> bool:
        """Make it a block of the stream, as loading does; `found` by is_sound."""
        p: cython.p_char = listpack
        lp: Listpack = listpack_copy(address(self.owner.heap), p)
        self.stream.length += found[0]
        self.stream.last_id = stream_id(found[1][0], found[1][1])
        return stream_take_block(address(self.owner.heap), self.stream, stream_id(master[0], master[1]), lp)

    def listpacks(self) -> list:
        """The bytes of the blocks."""
        at: IdCursor = id_map_first(address(self.stream.blocks))
        found: list = []
        while at.leaf != NULL:
            lp: Listpack = cast(Listpack, cursor_slot(address(at)).value)
            found.append(lp[:listpack_bytes(lp)])
            cursor_next(address(at))
        return found

    def copy(self):
        """An equal stream, None without memory."""
        fresh: StreamProbe = StreamProbe.__new__(StreamProbe)
        fresh.owner = self.owner
        fresh.limits = self.limits
        fresh.stream = stream_copy(address(self.owner.heap), self.stream)
        return None if fresh.stream == NULL else fresh

    def free(self, remote: cython.bint = False) -> None:
        stream_free(address(self.owner.heap), self.stream, remote)
        self.stream = NULL

    # Groups

    def group(self, name):
        text: Slice = slice_of(name)
        group = group_find(address(self.stream.groups), address(text))
        if group == NULL:
            raise KeyError(name)
        return group

    def consumer(self, group, name):
        text: Slice = slice_of(name)
        consumer = consumer_find(self.group(group), address(text))
        if consumer == NULL:
            raise KeyError(name)
        return consumer

    def has_group(self, name: bytes) -> bool:
        text: Slice = slice_of(name)
        return group_find(address(self.stream.groups), address(text)) != NULL

    def add_group(self, name: bytes) -> bool:
        text: Slice = slice_of(name)
        return group_add(
            address(self.owner.heap), address(self.stream.groups), address(text), stream_id(0, 0), 0) != NULL

    def drop_group(self, name: bytes) -> None:
        group_drop(address(self.owner.heap), address(self.stream.groups), self.group(name))

    def add_consumer(self, group: bytes, name: bytes) -> bool:
        text: Slice = slice_of(name)
        return consumer_add(address(self.owner.heap), self.group(group), address(text), 0) != NULL

    def drop_consumer(self, group: bytes, name: bytes) -> None:
        consumer_drop(address(self.owner.heap), self.group(group), self.consumer(group, name))

    def add_pending(self, group: bytes, consumer: bytes, id: tuple, now_ms: cython.longlong) -> bool:
        return pending_add(address(self.owner.heap), self.group(group), stream_id(id[0], id[1]),
                           self.consumer(group, consumer), now_ms) != NULL

    def assign_pending(self, group: bytes, consumer: bytes, id: tuple) -> bool:
        key: StreamID = stream_id(id[0], id[1])
        return pending_assign(
            address(self.owner.heap), key, pending_find(self.group(group), key), self.consumer(group, consumer))

    def drop_pending(self, group: bytes, id: tuple) -> bool:
        return pending_drop(address(self.owner.heap), self.group(group), stream_id(id[0], id[1]))

    def groups(self) -> dict:
        """{group: (its pending entries, {consumer: its pending entries})}, in the order of the stream."""
        i: cython.uint
        k: cython.uint
        found: dict = {}
        for i in range(self.stream.groups.count):
            group = cast(cython.pointer(Group), self.stream.groups.items[i])
            consumers: dict = {}
            for k in range(group.consumers.count):
                consumer = cast(cython.pointer(Consumer), group.consumers.items[k])
                name: Slice = name_of(consumer)
                consumers[name.p[:name.n]] = pending_of(address(consumer.pending))
            name = name_of(group)
            found[name.p[:name.n]] = (pending_of(address(group.pending)), consumers)
        return found

    @property
    def length(self) -> int:
        return self.stream.length

    @property
    def added(self) -> int:
        return self.stream.entries_added

    @property
    def ids(self) -> tuple:
        """First, last, largest deleted."""
        s = self.stream
        return (s.first_id.ms, s.first_id.seq), (s.last_id.ms, s.last_id.seq), \
            (s.max_deleted_id.ms, s.max_deleted_id.seq)

    @property
    def bytes(self) -> int:
        return stream_bytes(self.stream)

    @property
    def room(self) -> int:
        """Bytes of the last block's memory."""
        return self.stream.tail_capacity
