"""Consumer groups: XGROUP, XACK, XPENDING. Reading as a consumer is in stream_read.py, taking over in stream_claim.py.

What a group does is no change to the stream for those who watch it or wait for it (`noted`), except that its end wakes
those who wait to read with it.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_error_about, reply_syntax_error
from cython.cimports.kvik.commands.collections import new_collection, reply_integer_bulk
from cython.cimports.kvik.commands.stream_arguments import (
    is_sign,
    read_all_ids,
    read_bound,
    read_count,
    read_id,
    read_id_or_edge,
    read_stream,
    reply_no_group,
    reply_two,
    write_stream,
)
from cython.cimports.kvik.commands.stream_reply import at_most, reply_id
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import ENCODING_STREAM, TYPE_STREAM
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_from, id_map_last
from cython.cimports.kvik.engine.stream import stream_free, stream_new
from cython.cimports.kvik.engine.stream_group import (
    READ_UNKNOWN,
    consumer_add,
    consumer_drop,
    consumer_find,
    group_add,
    group_drop,
    group_find,
    pending_drop,
)
from cython.cimports.kvik.engine.stream_id import id_less, stream_id
from cython.cimports.kvik.engine.text import DOLLAR, is_word
from cython.cimports.kvik.keyspace.tail import EVENT_STREAM, changed, counted, noted, wake_waiting
from cython.cimports.kvik.wire.reply import (
    ARRAY_KIND,
    Later,
    reply_array,
    reply_bulk,
    reply_error,
    reply_integer,
    reply_later,
    reply_null,
    reply_null_array,
    reply_ok,
    reply_settle,
)
from cython.cimports.libc.stdint import int64_t, uint32_t, uint64_t

# --- XGROUP ----------------------------------------------------------------------------------------------------------


def reply_bad_subcommand(call):
    reply_error_about(
        call, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XGROUP HELP.", address(call.argv[1]))
    return False


def read_create_options(call, creating, options):
    """The options of CREATE and SETID from argv[5] on."""
    i: cython.int = 5
    options.make_stream = False
    options.entries_read = READ_UNKNOWN
    while i < call.argc:
        if creating and is_word(address(call.argv[i]), "mkstream"):
            options.make_stream = True
        elif i + 1 < call.argc and is_word(address(call.argv[i]), "entriesread"):
            i += 1
            if not read_integer(call, i, address(options.entries_read)):
                return False
            if options.entries_read < READ_UNKNOWN:
                reply_error(call.client, "ERR value for ENTRIESREAD must be positive or -1")
                return False
        else:
            return reply_bad_subcommand(call)
        i += 1
    return True


def need_stream(call, s):
    """The stream argv[2]. False: there is none, or another type: answered."""
    if not write_stream(call, 2, call.hash, s):
        return False
    if s[0] != NULL:
        return True
    reply_error(
        call.client, "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
                     "the MKSTREAM option to create an empty stream automatically.")
    return False


def need_group(call, s, group):
    """The stream argv[2] and its group argv[3]. False: there is none, answered."""
    if not need_stream(call, s):
        return False
    group[0] = group_find(address(s[0].groups), address(call.argv[3]))
    if group[0] != NULL:
        return True
    reply_two(call, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
              address(call.argv[3]), address(call.argv[2]))
    return False


def create_stream(call, s):
    """An empty stream at argv[2], where there is no key. False: no memory, answered."""
    s[0] = stream_new(call.keyspace.heap)
    if s[0] == NULL:
        reply_memory(call)
        return False
    if new_collection(call, 2, call.hash, TYPE_STREAM, ENCODING_STREAM, s[0]) == NULL:
        stream_free(call.keyspace.heap, s[0], False)
        return False
    return True


def xgroup_create_command(call):
    options: CreateOptions
    id: StreamID = stream_id(0, 0)
    s: StreamPtr = NULL
    made: cython.bint = False
    if not read_create_options(call, True, address(options)):
        return
    if not options.make_stream:
        if not need_stream(call, address(s)):
            return
    elif not write_stream(call, 2, call.hash, address(s)):
        return
    if call.argc > 8:
        reply_bad_subcommand(call)
        return
    if not is_sign(address(call.argv[4]), DOLLAR):
        if not read_id(call, 4, address(id)):
            return
    elif s != NULL:
        id = s.last_id
    if s == NULL:
        if not create_stream(call, address(s)):
            return
        made = True
    if group_find(address(s.groups), address(call.argv[3])) != NULL:
        reply_error(call.client, "BUSYGROUP Consumer Group name already exists")
    elif group_add(call.keyspace.heap, address(s.groups), address(call.argv[3]), id, options.entries_read) == NULL:
        reply_memory(call)
    elif made:
        changed(call, 2, EVENT_STREAM, "xgroup-create")
        reply_ok(call.client)
    else:
        noted(call, 2, EVENT_STREAM, "xgroup-create")
        reply_ok(call.client)


def xgroup_setid_command(call):
    options: CreateOptions
    id: StreamID
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    if not read_create_options(call, False, address(options)) or not need_group(call, address(s), address(group)):
        return
    if call.argc != 5 and call.argc != 7:
        reply_bad_subcommand(call)
        return
    if is_sign(address(call.argv[4]), DOLLAR):
        id = s.last_id
    elif not read_id_or_edge(call, 4, address(id)):
        return
    group.last_id = id
    group.entries_read = options.entries_read
    noted(call, 2, EVENT_STREAM, "xgroup-setid")
    reply_ok(call.client)


def xgroup_destroy_command(call):
    s: StreamPtr = NULL
    group: GroupPtr
    if not need_stream(call, address(s)):
        return
    group = group_find(address(s.groups), address(call.argv[3]))
    if group == NULL:
        reply_integer(call.client, 0)
        return
    group_drop(call.keyspace.heap, address(s.groups), group)
    noted(call, 2, EVENT_STREAM, "xgroup-destroy")
    wake_waiting(call.keyspace, call.db, call.argv[2].p, call.argv[2].n)    # who waits to read with it waits in vain
    reply_integer(call.client, 1)


def xgroup_createconsumer_command(call):
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    if not need_group(call, address(s), address(group)):
        return
    if consumer_find(group, address(call.argv[4])) != NULL:
        reply_integer(call.client, 0)
    elif consumer_add(call.keyspace.heap, group, address(call.argv[4]), call.keyspace.clock.now_ms) == NULL:
        reply_memory(call)
    else:
        noted(call, 2, EVENT_STREAM, "xgroup-createconsumer")
        reply_integer(call.client, 1)


def xgroup_delconsumer_command(call):
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    consumer: ConsumerPtr
    pending: uint64_t
    if not need_group(call, address(s), address(group)):
        return
    consumer = consumer_find(group, address(call.argv[4]))
    if consumer == NULL:
        reply_integer(call.client, 0)
        return
    pending = consumer.pending.count
    consumer_drop(call.keyspace.heap, group, consumer)
    noted(call, 2, EVENT_STREAM, "xgroup-delconsumer")
    reply_integer(call.client, pending)


# --- XACK ------------------------------------------------------------------------------------------------------------


def xack_command(call):
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    id: StreamID
    i: cython.int
    acknowledged: uint64_t = 0
    if not write_stream(call, 1, call.hash, address(s)):
        return
    if s != NULL:
        group = group_find(address(s.groups), address(call.argv[2]))
    if group == NULL:
        reply_integer(call.client, 0)
        return
    if not read_all_ids(call, 3):
        return
    for i in range(3, call.argc):
        read_id(call, i, address(id))
        acknowledged += pending_drop(call.keyspace.heap, group, id)
    counted(call, acknowledged)
    reply_integer(call.client, acknowledged)


# --- XPENDING --------------------------------------------------------------------------------------------------------


def reply_name(c, named):
    """The name of a group or consumer."""
    name: Slice = name_of(named)
    reply_bulk(c, name.p, name.n)


def xpending_command(call):
    options: PendingOptions
    s: StreamPtr = NULL
    group: GroupPtr = NULL
    if call.argc > 3 and not read_pending_options(call, address(options)):
        return
    if not read_stream(call, 1, call.hash, address(s)):
        return
    if s != NULL:
        group = group_find(address(s.groups), address(call.argv[2]))
    if group == NULL:
        reply_no_group(call, 1, 2)
    elif call.argc == 3:
        pending_summary(call, group)
    else:
        pending_list(call, group, address(options))


def pending_summary(call, group):
    """How many, the first and the last ID, and how many each consumer has."""
    i: uint32_t
    n: int64_t = 0
    consumer: ConsumerPtr
    later: Later
    reply_array(call.client, 4)
    reply_integer(call.client, group.pending.count)
    if group.pending.count == 0:
        reply_null(call.client)
        reply_null(call.client)
        reply_null_array(call.client)
        return
    reply_id(call.client, group.pending.first.slots[0].id)
    reply_id(call.client, id_map_last(address(group.pending)).id)
    later = reply_later(call.client, ARRAY_KIND, group.consumers.count)
    for i in range(group.consumers.count):
        consumer = cast(ConsumerPtr, group.consumers.items[i])
        if consumer.pending.count > 0:
            reply_array(call.client, 2)
            reply_name(call.client, consumer)
            reply_integer_bulk(call.client, cast(int64_t, consumer.pending.count))
            n += 1
    reply_settle(call.client, address(later), n)


def read_pending_options(call, options):
    """[IDLE ms] start end count [consumer] from argv[3] on."""
    i: cython.int = 3
    options.idle_ms = 0
    if call.argc < 6 or call.argc > 9:
        reply_syntax_error(call)
        return False
    if is_word(address(call.argv[3]), "idle"):
        if not read_integer(call, 4, address(options.idle_ms)):
            return False
        if call.argc < 8:
            reply_syntax_error(call)
            return False
        i = 5
    options.consumer = i + 3 if i + 3 < call.argc else 0
    return read_count(call, i + 2, address(options.count)) \
        and read_bound(call, i, False, address(options.first)) \
        and read_bound(call, i + 1, True, address(options.last))


def pending_list(call, group, options):
    """ID, consumer, how long since it was delivered, how often: for each of the range, the first `count` of them."""
    pending_map: IdMapPtr = cast(IdMapPtr, address(group.pending))
    consumer: ConsumerPtr
    pending: PendingPtr
    at: IdCursor
    idle_ms: int64_t
    n: int64_t = 0
    later: Later
    if options.consumer > 0:
        consumer = consumer_find(group, address(call.argv[options.consumer]))
        if consumer == NULL:
            reply_array(call.client, 0)
            return
        pending_map = address(consumer.pending)
    at = id_map_from(pending_map, options.first)
    later = reply_later(call.client, ARRAY_KIND, at_most(pending_map.count, options.count))
    while n < options.count and at.leaf != NULL and not id_less(options.last, cursor_slot(address(at)).id):
        pending = cast(PendingPtr, cursor_slot(address(at)).value)
        idle_ms = call.keyspace.clock.now_ms - pending.delivered_ms
        if idle_ms >= options.idle_ms:
            reply_array(call.client, 4)
            reply_id(call.client, cursor_slot(address(at)).id)
            reply_name(call.client, pending.consumer)
            reply_integer(call.client, idle_ms if idle_ms > 0 else 0)
            reply_integer(call.client, cast(int64_t, pending.deliveries))
            n += 1
        cursor_next(address(at))
    reply_settle(call.client, address(later), n)
