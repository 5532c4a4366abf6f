"""XINFO: what there is to know about a stream, its groups and their consumers."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_error_about
from cython.cimports.kvik.commands.stream_arguments import read_stream, reply_two
from cython.cimports.kvik.commands.stream_group import reply_name
from cython.cimports.kvik.commands.stream_reply import at_most, reply_entries, reply_entry, reply_id
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_first
from cython.cimports.kvik.engine.intrinsics import high_bit
from cython.cimports.kvik.engine.stream import stream_next, stream_seek
from cython.cimports.kvik.engine.stream_group import NEVER, READ_UNKNOWN, group_find
from cython.cimports.kvik.engine.stream_id import stream_id, stream_id_last
from cython.cimports.kvik.engine.stream_lag import group_lag
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_error,
    reply_integer,
    reply_map,
    reply_null,
    reply_text,
)
from cython.cimports.libc.stdint import int64_t, uint32_t


def need_key(call, s):
    """The stream argv[2]. False: there is none, answered."""
    if not read_stream(call, 2, call.hash, s):
        return False
    if s[0] == NULL:
        reply_error(call.client, "ERR no such key")
    return s[0] != NULL


# --- XINFO STREAM ----------------------------------------------------------------------------------------------------


def xinfo_stream_command(call):
    s: StreamPtr = NULL
    count: int64_t = FULL_COUNT
    if not need_key(call, address(s)):
        return
    if call.argc == 3:
        describe(call, s, False)
        reply_edge(call.client, s, False)
        reply_edge(call.client, s, True)
        return
    if not is_word(address(call.argv[3]), "full") or (call.argc != 4 and call.argc != 6) \
            or (call.argc == 6 and not is_word(address(call.argv[4]), "count")):
        reply_error_about(
            call, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XINFO HELP.",
            address(call.argv[1]))
        return
    if call.argc == 6 and not read_integer(call, 5, address(count)):
        return
    if count < 0:
        count = FULL_COUNT
    describe_full(call, s, count if count > 0 else -1)


def describe(call, s, full):
    """The fields that both forms begin with; the map is announced whole."""
    c: cython.pointer(Client) = call.client
    reply_map(c, 9 if full else 10)
    reply_text(c, "length")
    reply_integer(c, s.length)
    reply_text(c, "radix-tree-keys")
    reply_integer(c, s.blocks.count)
    reply_text(c, "radix-tree-nodes")
    reply_integer(c, tree_nodes(address(s.blocks)))
    reply_text(c, "last-generated-id")
    reply_id(c, s.last_id)
    reply_text(c, "max-deleted-entry-id")
    reply_id(c, s.max_deleted_id)
    reply_text(c, "entries-added")
    reply_integer(c, cast(int64_t, s.entries_added))
    reply_text(c, "recorded-first-entry-id")
    reply_id(c, s.first_id)
    if not full:
        reply_text(c, "groups")
        reply_integer(c, s.groups.count)


def reply_edge(c, s, last):
    """The first or last entry, null if there is none."""
    cursor: StreamCursor
    reply_text(c, "last-entry" if last else "first-entry")
    stream_seek(address(cursor), s, stream_id(0, 0), stream_id_last(), last)
    if stream_next(address(cursor)):
        reply_entry(c, address(cursor))
    else:
        reply_null(c)


def describe_full(call, s, count):
    """With `count` entries (-1: all), and as many pending ones of each group and consumer."""
    cursor: StreamCursor
    i: uint32_t
    describe(call, s, True)
    reply_text(call.client, "entries")
    stream_seek(address(cursor), s, stream_id(0, 0), stream_id_last(), False)
    reply_entries(call.client, address(cursor), s, count)
    reply_text(call.client, "groups")
    reply_array(call.client, s.groups.count)
    for i in range(s.groups.count):
        group_full(call, s, cast(GroupPtr, s.groups.items[i]), count)


def group_full(call, s, group, count):
    c: cython.pointer(Client) = call.client
    i: uint32_t
    reply_map(c, 7)
    reply_text(c, "name")
    reply_name(c, group)
    reply_text(c, "last-delivered-id")
    reply_id(c, group.last_id)
    reply_read_and_lag(c, s, group)
    reply_text(c, "pel-count")
    reply_integer(c, group.pending.count)
    reply_text(c, "pending")
    reply_pending(c, address(group.pending), count, True)
    reply_text(c, "consumers")
    reply_array(c, group.consumers.count)
    for i in range(group.consumers.count):
        consumer_full(call, cast(ConsumerPtr, group.consumers.items[i]), count)


def consumer_full(call, consumer, count):
    c: cython.pointer(Client) = call.client
    reply_map(c, 5)
    reply_text(c, "name")
    reply_name(c, consumer)
    reply_text(c, "seen-time")
    reply_integer(c, consumer.seen_ms)
    reply_text(c, "active-time")
    reply_integer(c, consumer.active_ms)
    reply_text(c, "pel-count")
    reply_integer(c, consumer.pending.count)
    reply_text(c, "pending")
    reply_pending(c, address(consumer.pending), count, False)


def reply_pending(c, map, count, with_consumer):
    """ID, consumer, when it was delivered and how often, of the first `count` (-1: all)."""
    at: IdCursor = id_map_first(map)
    pending: PendingPtr
    n: int64_t = at_most(map.count, count)
    reply_array(c, n)
    while n > 0:
        pending = cast(PendingPtr, cursor_slot(address(at)).value)
        reply_array(c, 4 if with_consumer else 3)
        reply_id(c, cursor_slot(address(at)).id)
        if with_consumer:
            reply_name(c, pending.consumer)
        reply_integer(c, pending.delivered_ms)
        reply_integer(c, cast(int64_t, pending.deliveries))
        cursor_next(address(at))
        n -= 1


# --- XINFO GROUPS and CONSUMERS --------------------------------------------------------------------------------------


def reply_read_and_lag(c, s, group):
    lag: int64_t = 0
    reply_text(c, "entries-read")
    if group.entries_read == READ_UNKNOWN:
        reply_null(c)
    else:
        reply_integer(c, group.entries_read)
    reply_text(c, "lag")
    if group_lag(s, group, address(lag)):
        reply_integer(c, lag)
    else:
        reply_null(c)


def xinfo_groups_command(call):
    c: cython.pointer(Client) = call.client
    s: StreamPtr = NULL
    group: GroupPtr
    i: uint32_t
    if not need_key(call, address(s)):
        return
    reply_array(c, s.groups.count)
    for i in range(s.groups.count):
        group = cast(GroupPtr, s.groups.items[i])
        reply_map(c, 6)
        reply_text(c, "name")
        reply_name(c, group)
        reply_text(c, "consumers")
        reply_integer(c, group.consumers.count)
        reply_text(c, "pending")
        reply_integer(c, group.pending.count)
        reply_text(c, "last-delivered-id")
        reply_id(c, group.last_id)
        reply_read_and_lag(c, s, group)


def xinfo_consumers_command(call):
    c: cython.pointer(Client) = call.client
    s: StreamPtr = NULL
    group: GroupPtr
    consumer: ConsumerPtr
    now_ms: int64_t = call.keyspace.clock.now_ms
    i: uint32_t
    if not need_key(call, address(s)):
        return
    group = group_find(address(s.groups), address(call.argv[3]))
    if group == NULL:
        reply_two(call, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                  address(call.argv[3]), address(call.argv[2]))
        return
    reply_array(c, group.consumers.count)
    for i in range(group.consumers.count):
        consumer = cast(ConsumerPtr, group.consumers.items[i])
        reply_map(c, 4)
        reply_text(c, "name")
        reply_name(c, consumer)
        reply_text(c, "pending")
        reply_integer(c, consumer.pending.count)
        reply_text(c, "idle")
        reply_integer(c, now_ms - consumer.seen_ms if now_ms > consumer.seen_ms else 0)
        reply_text(c, "inactive")
        reply_integer(c, NEVER if consumer.active_ms == NEVER else now_ms - consumer.active_ms)


# --- radix-tree-nodes ------------------------------------------------------------------------------------------------
#
# Redis keeps blocks in a radix tree over the 16 bytes of their IDs, and tells how many nodes it has. Here there is no
# such tree, but its shape follows from the IDs: a node for each of them, one for each place where some part, and one for
# each stretch of bytes in between that all those behind it have in common.


def same_bytes(a, b):
    """How many bytes, the highest first, the two different IDs have in common."""
    if a.ms != b.ms:
        return (63 - high_bit(a.ms ^ b.ms)) >> 3
    return 8 + ((63 - high_bit(a.seq ^ b.seq)) >> 3)


def branches_close(b, depth):
    """All branches deeper than this are complete: count the stretch above each, up to the branch before it."""
    top: cython.int
    above: cython.int
    while b.count > 0 and b.depth[b.count - 1] > depth:
        top = b.depth[b.count - 1]
        b.count -= 1
        above = depth
        if b.count > 0 and b.depth[b.count - 1] > depth:
            above = b.depth[b.count - 1]
        if top - above > 1:
            b.nodes += 1


def tree_nodes(blocks):
    """How many nodes the tree would have. O(blocks)."""
    at: IdCursor = id_map_first(blocks)
    b: Branches
    id: StreamID
    before: cython.int = -1         # where the ID parts from the one before it, and from the next
    behind: cython.int
    b.count = 0
    b.nodes = 0
    while at.leaf != NULL:
        id = cursor_slot(address(at)).id
        cursor_next(address(at))
        behind = -1
        if at.leaf != NULL:
            behind = same_bytes(id, cursor_slot(address(at)).id)
        b.nodes += 1
        if ID_BYTES - (before if before > behind else behind) > 1:
            b.nodes += 1
        branches_close(address(b), behind)
        if behind >= 0 and (b.count == 0 or b.depth[b.count - 1] < behind):
            b.depth[b.count] = behind
            b.count += 1
            b.nodes += 1
        before = behind
    return b.nodes if b.nodes > 0 else 1
