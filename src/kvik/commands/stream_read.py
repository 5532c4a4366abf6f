"""XREAD and XREADGROUP: what is new in some streams, waiting for it if asked to.

The arguments are resolved to streams, groups and IDs first (`Asked`); nothing has changed until all of them are right.
Then the streams are served in order, each if it has something. If none has, the client may wait: the command is run anew
when one of the keys changes, so `$` and `+` are replaced by the IDs they stand for now.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_timeout_ms, reply_syntax_error
from cython.cimports.kvik.commands.stream_arguments import effect_id, is_sign, read_count, read_id, read_stream, reply_two
from cython.cimports.kvik.commands.stream_reply import at_most, reply_entries, reply_entry, reply_id
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_STREAM
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.id_map import cursor_next, cursor_slot, id_map_from
from cython.cimports.kvik.engine.stream import stream_edge, stream_find_on, stream_next, stream_seek
from cython.cimports.kvik.engine.stream_group import (
    READ_UNKNOWN,
    consumer_add,
    consumer_find,
    group_find,
    name_of,
    pending_deliver,
    pending_find,
)
from cython.cimports.kvik.engine.stream_id import (
    id_equal,
    id_less,
    stream_id,
    stream_id_format,
    stream_id_last,
    stream_id_next,
    stream_id_previous,
)
from cython.cimports.kvik.engine.stream_lag import group_advance
from cython.cimports.kvik.engine.text import DOLLAR, PLUS, is_word
from cython.cimports.kvik.keyspace.blocking import block_on_keys, block_on_keys_or_removal
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_slice, effect_word
from cython.cimports.kvik.keyspace.lookup import missed
from cython.cimports.kvik.keyspace.tail import EVENT_STREAM, counted, is_logged, noted, replace_effect, replace_effect_on
from cython.cimports.kvik.wire.reply import (
    ARRAY_KIND,
    MAP_KIND,
    Later,
    reply_array,
    reply_bulk,
    reply_error,
    reply_later,
    reply_null_array,
    reply_settle,
)
from cython.cimports.libc.stdint import int64_t


def xread_command(call):
    read_command(call, False)


def xreadgroup_command(call):
    read_command(call, True)


def read_command(call, grouped):
    options: ReadOptions
    few: Asked[8]
    asked: AskedPtr = few
    options.grouped = grouped
    if not read_options(call, address(options)):
        return
    if options.streams > ASKED_FEW:
        asked = cast(AskedPtr, heap_alloc(call.keyspace.heap, options.streams * sizeof(Asked)))
        if asked == NULL:
            reply_memory(call)
            return
    if resolve(call, address(options), asked):
        serve(call, address(options), asked)
    if options.streams > ASKED_FEW:
        heap_free(call.keyspace.heap, asked, options.streams * sizeof(Asked))


# --- arguments -------------------------------------------------------------------------------------------------------


def only_with_group(call, options, error):
    if not options.grouped:
        reply_error(call.client, error)
    return options.grouped


def read_options(call, options):
    """All arguments but the keys and IDs, which are found."""
    i: cython.int = 1
    more: cython.int
    a: SlicePtr
    options.group = 0
    options.no_ack = False
    options.timeout_ms = -1
    options.count = -1
    options.first = 0
    while i < call.argc and options.first == 0:
        a = address(call.argv[i])
        more = call.argc - i - 1
        if more > 0 and is_word(a, "block"):
            i += 1
            if not read_timeout_ms(call, i, address(options.timeout_ms)):
                return False
        elif more > 0 and is_word(a, "count"):
            i += 1
            if not read_count(call, i, address(options.count)):
                return False
            if options.count == 0:
                options.count = -1
        elif more > 0 and is_word(a, "streams"):
            options.first = i + 1
        elif more > 1 and is_word(a, "group"):
            if not only_with_group(
                    call, options, "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."):
                return False
            options.group = i + 1
            options.consumer = i + 2
            i += 2
        elif is_word(a, "noack"):
            if not only_with_group(
                    call, options, "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."):
                return False
            options.no_ack = True
        else:
            reply_syntax_error(call)
            return False
        i += 1
    return read_streams(call, options)


def read_streams(call, options):
    """Are there as many IDs as keys, and a group where one is needed?"""
    options.streams = (call.argc - options.first) // 2
    if options.first == 0:
        reply_syntax_error(call)
        return False
    if (call.argc - options.first) % 2 != 0:
        if options.grouped:
            reply_error(call.client, "ERR Unbalanced 'xreadgroup' list of streams: "
                                     "for each stream key an ID or '>' must be specified.")
        else:
            reply_error(call.client, "ERR Unbalanced 'xread' list of streams: "
                                     "for each stream key an ID or '$' must be specified.")
        return False
    if options.grouped and options.group == 0:
        reply_error(call.client, "ERR Missing GROUP option for XREADGROUP")
        return False
    return True


def resolve(call, options, asked):
    """Find the streams, groups and IDs. False: something is wrong with them, answered."""
    i: cython.int
    key: cython.int
    for i in range(options.streams):
        key = options.first + i
        asked[i].group = NULL
        if not read_stream(call, key, call_hash(call, key), address(asked[i].s)):
            return False
        if options.grouped:
            if asked[i].s != NULL:
                asked[i].group = group_find(address(asked[i].s.groups), address(call.argv[options.group]))
            if asked[i].group == NULL:
                reply_two(
                    call,
                    "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP option",
                    address(call.argv[key]), address(call.argv[options.group]))
                return False
        if not resolve_id(call, key + options.streams, options, address(asked[i])):
            return False
    return True


def resolve_id(call, i, options, a):
    """argv[i]: behind which entry of the stream to begin."""
    written: SlicePtr = address(call.argv[i])
    a.after = stream_id(0, 0)
    a.new_only = True
    if is_sign(written, DOLLAR) or is_sign(written, PLUS):
        if options.grouped:
            reply_two(
                call,
                "ERR The %.*s ID is meaningless in the context of XREADGROUP: you want to read the history of this "
                "consumer by specifying a proper ID, or use the > ID to get new messages. The %.*s ID would just "
                "return an empty result set.", written, written)
            return False
        if a.s != NULL:
            a.after = a.s.last_id
            if is_sign(written, PLUS) and a.s.length > 0:
                a.after = stream_id_previous(a.s.last_id)      # as in Valkey: nothing, if the last one is gone
        return True
    if is_sign(written, GREATER):
        if not options.grouped:
            reply_error(call.client, "ERR The > ID can be specified only when calling XREADGROUP using the "
                                     "GROUP <group> <consumer> option.")
            return False
        return True
    if not read_id(call, i, address(a.after)):
        return False
    a.new_only = not options.grouped or id_equal(a.after, stream_id_last())     # which Redis takes for >
    return True


# --- serving ---------------------------------------------------------------------------------------------------------


def has_more(s, after):
    """Is there an entry behind `after`?"""
    return s.length > 0 and id_less(after, s.last_id) and id_less(after, stream_edge(s, True))


def consumer_of(call, key, group, name):
    """The consumer argv[name] of a group of the stream argv[key], made if there is none, and seen now. NULL: no memory."""
    consumer: ConsumerPtr = consumer_find(group, address(call.argv[name]))
    now_ms: int64_t = call.keyspace.clock.now_ms
    if consumer == NULL:
        consumer = consumer_add(call.keyspace.heap, group, address(call.argv[name]), now_ms)
        if consumer != NULL:
            noted(call, key, EVENT_STREAM, "xgroup-createconsumer")
            if is_logged(call):
                effect_consumer(call, key, group, name)
    else:
        consumer.seen_ms = now_ms
    return consumer


# --- effects ---------------------------------------------------------------------------------------------------------


def effect_consumer(call, key, group, name):
    """The group has a new consumer."""
    group_name: Slice = name_of(group)
    f: EffectsPtr = replace_effect(call, "XGROUP")
    effect_word(f, "CREATECONSUMER")
    effect_slice(f, address(call.argv[key]))
    effect_slice(f, address(group_name))
    effect_slice(f, address(call.argv[name]))
    effect_close(f)


def effect_claim(call, key, group, id, pending):
    """The entry `id` is pending like that now."""
    group_name: Slice = name_of(group)
    consumer: Slice = name_of(pending.consumer)
    f: EffectsPtr = replace_effect_on(call, "XCLAIM", key)
    effect_slice(f, address(group_name))
    effect_slice(f, address(consumer))
    effect_word(f, "0")
    effect_id(f, id)
    effect_word(f, "TIME")
    effect_integer(f, pending.delivered_ms)
    effect_word(f, "RETRYCOUNT")
    effect_integer(f, pending.deliveries)
    effect_word(f, "FORCE")
    effect_word(f, "JUSTID")
    effect_word(f, "LASTID")
    effect_id(f, group.last_id)
    effect_close(f)


def effect_position(call, key, group):
    """The group has read up to where it stands."""
    group_name: Slice = name_of(group)
    f: EffectsPtr = replace_effect(call, "XGROUP")
    effect_word(f, "SETID")
    effect_slice(f, address(call.argv[key]))
    effect_slice(f, address(group_name))
    effect_id(f, group.last_id)
    effect_word(f, "ENTRIESREAD")
    effect_integer(f, group.entries_read if group.entries_read > READ_UNKNOWN else READ_UNKNOWN)  # it may have overflowed
    effect_close(f)


def serve(call, options, asked):
    """Reply what there is in all streams; if there is nothing, wait or say so."""
    i: cython.int
    served: cython.int = 0
    outer: Later
    a: AskedPtr
    consumer: ConsumerPtr = NULL
    for i in range(options.streams):
        a = address(asked[i])
        if a.s == NULL:
            missed(call, call.argv[options.first + i].p, call.argv[options.first + i].n)   # again, as in Valkey
            continue
        call.keyspace.stats.hits += 1
        if options.grouped:
            consumer = consumer_of(call, options.first + i, a.group, options.consumer)
            if consumer == NULL:
                break           # no memory for it
            if a.new_only:
                a.after = a.group.last_id
        if a.new_only and not has_more(a.s, a.after):
            continue
        if served == 0:
            outer = reply_later(call.client, ARRAY_KIND if call.client.resp == 2 else MAP_KIND, options.streams)
        served += 1
        reply_stream(call, options, a, options.first + i, consumer)
    if served > 0:
        reply_settle(call.client, address(outer), served)
    elif options.grouped and consumer == NULL:
        reply_memory(call)
    elif options.timeout_ms >= 0:
        wait(call, options, asked)
    else:
        reply_null_array(call.client)


def reply_stream(call, options, a, key, consumer):
    """The key and entries of a stream that has some."""
    cursor: StreamCursor
    if call.client.resp == 2:
        reply_array(call.client, 2)
    reply_bulk(call.client, call.argv[key].p, call.argv[key].n)
    if not options.grouped:
        stream_seek(address(cursor), a.s, stream_id_next(a.after), stream_id_last(), False)
        reply_entries(call.client, address(cursor), a.s, options.count)
        return
    if is_logged(call):
        call.keyspace.effects.replaced = True
    if a.new_only:
        reply_new(call, options, a, key, consumer)
        if is_logged(call):
            effect_position(call, key, a.group)
    else:
        reply_history(call, options, a, consumer)
    counted(call, 1)


def reply_new(call, options, a, key, consumer):
    """Deliver entries that the group has not read."""
    cursor: StreamCursor
    now_ms: int64_t = call.keyspace.clock.now_ms
    n: int64_t = 0
    later: Later = reply_later(call.client, ARRAY_KIND, at_most(a.s.length, options.count))
    stream_seek(address(cursor), a.s, stream_id_next(a.after), stream_id_last(), False)
    while n != options.count and stream_next(address(cursor)):
        if not options.no_ack:
            if not pending_deliver(call.keyspace.heap, a.group, cursor.id, consumer, now_ms):
                break           # no memory to remember it: it stays for later
            consumer.active_ms = now_ms
        group_advance(a.s, a.group, cursor.id)
        if is_logged(call) and not options.no_ack:
            effect_claim(call, key, a.group, cursor.id, pending_find(a.group, cursor.id))
        reply_entry(call.client, address(cursor))
        n += 1
    reply_settle(call.client, address(later), n)


def reply_history(call, options, a, consumer):
    """Deliver entries again that the consumer has not acknowledged; of deleted ones there is but the ID."""
    cursor: StreamCursor
    pending: PendingPtr
    at: IdCursor = id_map_from(address(consumer.pending), stream_id_next(a.after))
    id: StreamID
    n: int64_t = 0
    later: Later = reply_later(call.client, ARRAY_KIND, at_most(consumer.pending.count, options.count))
    cursor.lp = NULL
    while n != options.count and at.leaf != NULL:
        id = cursor_slot(address(at)).id
        if stream_find_on(address(cursor), a.s, id):
            reply_entry(call.client, address(cursor))
            pending = cast(PendingPtr, cursor_slot(address(at)).value)
            pending.delivered_ms = call.keyspace.clock.now_ms
            pending.deliveries += 1
        else:
            reply_array(call.client, 2)
            reply_id(call.client, id)
            reply_null_array(call.client)
        cursor_next(address(at))
        n += 1
    reply_settle(call.client, address(later), n)


# --- waiting ---------------------------------------------------------------------------------------------------------


def wait(call, options, asked):
    """Nothing yet: wait for it. The command will be run again with the IDs that $ and + mean now."""
    i: cython.int
    ids: SlicePtr = call.argv + options.first + options.streams
    resolved: ResolvedPtr
    if options.grouped:
        block_on_keys_or_removal(
            call, options.first, options.streams, 1, TYPE_STREAM, options.timeout_ms, read_timed_out)
        return
    resolved = cast(ResolvedPtr, heap_alloc(call.keyspace.heap, options.streams * sizeof(Resolved)))
    if resolved == NULL:
        reply_memory(call)
        return
    for i in range(options.streams):
        resolved[i].written = ids[i]
        ids[i].p = resolved[i].text
        ids[i].n = stream_id_format(resolved[i].text, asked[i].after)
    block_on_keys(call, options.first, options.streams, 1, TYPE_STREAM, options.timeout_ms, read_timed_out)
    for i in range(options.streams):
        ids[i] = resolved[i].written
    heap_free(call.keyspace.heap, resolved, options.streams * sizeof(Resolved))


def read_timed_out(c):
    reply_null_array(c)
