"""XCLAIM and XAUTOCLAIM: a consumer takes over what another one has not acknowledged.

What is pending and has been deleted from the stream meanwhile is pending no more when one of them meets it.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import reply_error_about, reply_syntax_error
from cython.cimports.kvik.commands.stream_arguments import effect_id, read_bound, read_id, reply_no_group, write_stream
from cython.cimports.kvik.commands.stream_read import consumer_of, effect_claim, effect_position
from cython.cimports.kvik.commands.stream_reply import reply_entry, reply_id
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_from
from cython.cimports.kvik.engine.stream import stream_find_on
from cython.cimports.kvik.engine.stream_group import group_find, pending_add, pending_assign, pending_drop, pending_find
from cython.cimports.kvik.engine.stream_id import ID_STRICT, id_less, stream_id, stream_id_parse
from cython.cimports.kvik.engine.text import is_word, parse_integer
from cython.cimports.kvik.keyspace.effects import effect_close, effect_slice
from cython.cimports.kvik.keyspace.tail import counted, is_logged, replace_effect_on
from cython.cimports.kvik.wire.reply import (
    ARRAY_KIND,
    Later,
    reply_array,
    reply_error,
    reply_later,
    reply_settle,
)
from cython.cimports.libc.stdint import int64_t, uint64_t


def find_group(call, s, group):
    """The stream argv[1] and its group argv[2]. False: there is none, answered."""
    group[0] = NULL
    if not write_stream(call, 1, call.hash, s):
        return False
    if s[0] != NULL:
        group[0] = group_find(address(s[0].groups), address(call.argv[2]))
    if group[0] == NULL:
        reply_no_group(call, 1, 2)
    return group[0] != NULL


def read_argument(call, i, value, error):
    if parse_integer(call.argv[i].p, call.argv[i].n, value):
        return True
    reply_error(call.client, error)
    return False


def read_min_idle(call, options, error):
    """argv[4]: only what was delivered at least so long ago."""
    if not read_argument(call, 4, address(options.min_idle_ms), error):
        return False
    if options.min_idle_ms < 0:
        options.min_idle_ms = 0
    return True


def claim(call, group, id, pending, consumer, options):
    """Give a pending entry to the consumer. False: no memory."""
    if not pending_assign(call.keyspace.heap, id, pending, consumer):
        return False
    pending.delivered_ms = options.delivered_ms
    if options.deliveries >= 0:
        pending.deliveries = cast(uint64_t, options.deliveries)
    elif not options.just_id:
        pending.deliveries += 1
    consumer.active_ms = call.keyspace.clock.now_ms
    counted(call, 1)
    if is_logged(call):
        effect_claim(call, 1, group, id, pending)
    return True


def drop_deleted(call, group, id):
    """The entry is there no more: nor is it pending."""
    f: EffectsPtr
    pending_drop(call.keyspace.heap, group, id)
    counted(call, 1)
    if is_logged(call):
        f = replace_effect_on(call, "XACK", 1)
        effect_slice(f, address(call.argv[2]))
        effect_id(f, id)
        effect_close(f)


# --- XCLAIM ----------------------------------------------------------------------------------------------------------


def xclaim_command(call):
    options: ClaimOptions
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    consumer: ConsumerPtr
    cursor: StreamCursor
    id: StreamID
    later: Later
    i: cython.int
    n: int64_t = 0
    if not find_group(call, address(s), address(group)) \
            or not read_min_idle(call, address(options), "ERR Invalid min-idle-time argument for XCLAIM") \
            or not read_claim_options(call, address(options)):
        return
    if id_less(group.last_id, options.last_id):
        group.last_id = options.last_id
        if is_logged(call):
            effect_position(call, 1, group)
    consumer = consumer_of(call, 1, group, 3)
    if consumer == NULL:
        reply_memory(call)
        return
    later = reply_later(call.client, ARRAY_KIND, options.end - 5)
    for i in range(5, options.end):
        read_id(call, i, address(id))
        cursor.lp = NULL
        if claim_one(call, s, group, id, consumer, address(options), address(cursor)):
            if options.just_id:
                reply_id(call.client, id)
            else:
                reply_entry(call.client, address(cursor))
            n += 1
    reply_settle(call.client, address(later), n)


def claim_one(call, s, group, id, consumer, options, cursor):
    """Claim the entry `id`, where the cursor stands then. False: it is not to be had."""
    pending: PendingPtr = pending_find(group, id)
    now_ms: int64_t = call.keyspace.clock.now_ms
    if not stream_find_on(cursor, s, id):
        if pending != NULL:
            drop_deleted(call, group, id)
        return False
    if pending == NULL:
        if not options.force:
            return False
        pending = pending_add(call.keyspace.heap, group, id, consumer, now_ms)
        if pending == NULL:
            return False
    elif options.min_idle_ms > 0 and now_ms - pending.delivered_ms < options.min_idle_ms:
        return False
    return claim(call, group, id, pending, consumer, options)


def read_claim_ids(call, options):
    """The IDs from argv[5] on: what can be read as one."""
    id: StreamID
    auto: cython.bint = False
    options.end = 5
    while options.end < call.argc and stream_id_parse(
            call.argv[options.end].p, call.argv[options.end].n, ID_STRICT, 0, address(id), address(auto)):
        options.end += 1


def read_claim_options(call, options):
    """The IDs from argv[5] on and the options behind them."""
    a: SlicePtr
    i: cython.int
    more: cython.bint
    now_ms: int64_t = call.keyspace.clock.now_ms
    options.delivered_ms = now_ms
    options.deliveries = -1
    options.force = False
    options.just_id = False
    options.last_id = stream_id(0, 0)
    read_claim_ids(call, options)
    i = options.end
    while i < call.argc:
        a = address(call.argv[i])
        more = i + 1 < call.argc
        if is_word(a, "force"):
            options.force = True
        elif is_word(a, "justid"):
            options.just_id = True
        elif more and is_word(a, "idle"):
            i += 1
            if not read_argument(
                    call, i, address(options.delivered_ms), "ERR Invalid IDLE option argument for XCLAIM"):
                return False
            options.delivered_ms = cast(int64_t, cast(uint64_t, now_ms) - cast(uint64_t, options.delivered_ms))
        elif more and is_word(a, "time"):
            i += 1
            if not read_argument(
                    call, i, address(options.delivered_ms), "ERR Invalid TIME option argument for XCLAIM"):
                return False
        elif more and is_word(a, "retrycount"):
            i += 1
            if not read_argument(
                    call, i, address(options.deliveries), "ERR Invalid RETRYCOUNT option argument for XCLAIM"):
                return False
        elif more and is_word(a, "lastid"):
            i += 1
            if not read_id(call, i, address(options.last_id)):
                return False
        else:
            reply_error_about(call, "ERR Unrecognized XCLAIM option '%.*s'", a)
            return False
        i += 1
    if options.delivered_ms < 0 or options.delivered_ms > now_ms:
        options.delivered_ms = now_ms
    return True


# --- XAUTOCLAIM ------------------------------------------------------------------------------------------------------


def xautoclaim_command(call):
    options: ClaimOptions
    found: Claimed
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    consumer: ConsumerPtr
    if not read_min_idle(call, address(options), "ERR Invalid min-idle-time argument for XAUTOCLAIM") \
            or not read_autoclaim_options(call, address(options)) \
            or not find_group(call, address(s), address(group)):
        return
    consumer = consumer_of(call, 1, group, 3)
    found.room = cast(int64_t, group.pending.count) if group.pending.count > 0 else 1
    if found.room > options.count:
        found.room = options.count
    found.ids = cast(StreamIDPtr, heap_alloc(call.keyspace.heap, found.room * sizeof(StreamID)))
    if consumer == NULL or found.ids == NULL:
        reply_memory(call)
    else:
        autoclaim(call, s, group, consumer, address(options), address(found))
        reply_claimed(call, s, address(options), address(found))
    if found.ids != NULL:
        heap_free(call.keyspace.heap, found.ids, found.room * sizeof(StreamID))


def read_autoclaim_options(call, options):
    """The start argv[5] and the options behind it."""
    i: cython.int = 6
    options.count = COUNT_DEFAULT
    options.just_id = False
    options.deliveries = -1
    options.delivered_ms = call.keyspace.clock.now_ms
    if not read_bound(call, 5, False, address(options.start)):
        return False
    while i < call.argc:
        if i + 1 < call.argc and is_word(address(call.argv[i]), "count"):
            i += 1
            options.count = 0
            parse_integer(call.argv[i].p, call.argv[i].n, address(options.count))
            if not 0 < options.count <= COUNT_MAX:
                reply_error(call.client, "ERR COUNT must be > 0")
                return False
        elif is_word(address(call.argv[i]), "justid"):
            options.just_id = True
        else:
            reply_syntax_error(call)
            return False
        i += 1
    return True


def autoclaim(call, s, group, consumer, options, found):
    """Claim what has been pending for long enough, and remember the IDs: the reply begins with where this ends."""
    at: IdCursor = id_map_from(address(group.pending), options.start)
    cursor: StreamCursor
    pending: PendingPtr
    id: StreamID
    tries: int64_t = options.count * TRIES
    cursor.lp = NULL
    found.claimed = 0
    found.deleted = 0
    while at.leaf != NULL and tries > 0 and found.claimed + found.deleted < found.room:
        id = cursor_slot(address(at)).id
        pending = cast(PendingPtr, cursor_slot(address(at)).value)
        tries -= 1
        if not stream_find_on(address(cursor), s, id):
            drop_deleted(call, group, id)
            found.deleted += 1
            found.ids[found.room - found.deleted] = id
            at = id_map_from(address(group.pending), id)
            continue
        if call.keyspace.clock.now_ms - pending.delivered_ms >= options.min_idle_ms \
                and claim(call, group, id, pending, consumer, options):
            found.ids[found.claimed] = id
            found.claimed += 1
        cursor_next(address(at))
    found.next = stream_id(0, 0)
    if at.leaf != NULL:
        found.next = cursor_slot(address(at)).id


def reply_claimed(call, s, options, found):
    """Where to go on, what was claimed, and what was found to be deleted."""
    cursor: StreamCursor
    i: int64_t
    cursor.lp = NULL
    reply_array(call.client, 3)
    reply_id(call.client, found.next)
    reply_array(call.client, found.claimed)
    for i in range(found.claimed):
        if options.just_id:
            reply_id(call.client, found.ids[i])
        elif stream_find_on(address(cursor), s, found.ids[i]):
            reply_entry(call.client, address(cursor))
    reply_array(call.client, found.deleted)
    for i in range(found.deleted):
        reply_id(call.client, found.ids[found.room - 1 - i])
