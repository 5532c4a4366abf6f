"""SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites, PUBLISH, SPUBLISH, PUBSUB.

Each channel of a (UN)SUBSCRIBE is answered by itself, in RESP3 by a push that CLIENT REPLY does not silence. In RESP2 a
client that subscribes to anything may do little else (dispatch.py, `is_set_aside`).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.table import table_each
from cython.cimports.kvik.engine.text import glob_match
from cython.cimports.kvik.keyspace.publish import publish, publish_to_shard
from cython.cimports.kvik.keyspace.subscriptions import (
    NOT_SUBSCRIBED,
    SUBSCRIBE_CHANNEL,
    SUBSCRIBE_PATTERN,
    SUBSCRIBE_SHARD,
    channel_find,
    subscribe,
    subscriber,
    subscription_count,
    unsubscribe,
)
from cython.cimports.kvik.wire.client import CLIENT_MUTED
from cython.cimports.kvik.wire.output import output_mute, output_unmute
from cython.cimports.kvik.wire.reply import (
    ARRAY_KIND,
    reply_array,
    reply_bulk,
    reply_error_slice,
    reply_integer,
    reply_later,
    reply_null,
    reply_push,
    reply_settle,
    reply_text,
)
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.stdio import snprintf

# --- subscribing -----------------------------------------------------------------------------------------------------


def subscribe_command(call):
    subscribe_to(call, SUBSCRIBE_CHANNEL)


def psubscribe_command(call):
    subscribe_to(call, SUBSCRIBE_PATTERN)


def ssubscribe_command(call):
    subscribe_to(call, SUBSCRIBE_SHARD)


def unsubscribe_command(call):
    unsubscribe_from(call, SUBSCRIBE_CHANNEL)


def punsubscribe_command(call):
    unsubscribe_from(call, SUBSCRIBE_PATTERN)


def sunsubscribe_command(call):
    unsubscribe_from(call, SUBSCRIBE_SHARD)


def subscribe_to(call, kind):
    c: ClientPtr = call.client
    i: cython.int
    muted: cython.bint = c.flags & CLIENT_MUTED != 0
    if muted:
        output_unmute(c)
    for i in range(1, call.argc):
        if subscribe(address(call.keyspace.subscriptions), c, kind, call.argv[i].p, call.argv[i].n) == NOT_SUBSCRIBED:
            reply_memory(call)
            break
        answer(call, kind, i)
    if muted:
        output_mute(c)


def unsubscribe_from(call, kind):
    c: ClientPtr = call.client
    i: cython.int
    muted: cython.bint = c.flags & CLIENT_MUTED != 0
    if muted:
        output_unmute(c)
    for i in range(1, call.argc):
        unsubscribe(address(call.keyspace.subscriptions), c, kind, call.argv[i].p, call.argv[i].n)
        answer(call, kind, i)
    if call.argc == 1:
        unsubscribe_each(call, kind)
    if muted:
        output_mute(c)


def unsubscribe_each(call, kind):
    """From all of this kind: one answer each, or one that says that there was none."""
    c: ClientPtr = call.client
    channel: ChannelPtr
    name: cython.p_char
    n: cython.size_t
    if subscription_count(c, kind) == 0:
        begin_push(call, kind)
        reply_null(c)
        end_push(call, kind)
    while subscription_count(c, kind) > 0:
        channel = subscriber(c).first[kind].channel
        name = entry_key(channel.entry)
        n = entry_key_length(channel.entry)
        begin_push(call, kind)
        reply_bulk(c, name, n)
        unsubscribe(address(call.keyspace.subscriptions), c, kind, name, n)
        end_push(call, kind)


def answer(call, kind, i):
    """What was done about the channel argv[i], and how many are left."""
    begin_push(call, kind)
    reply_bulk(call.client, call.argv[i].p, call.argv[i].n)
    end_push(call, kind)


def begin_push(call, kind):
    """The answer about one channel, whose name follows: what was done, in the words of the command."""
    reply_push(call.client, 3)
    reply_text(call.client, call.command.name)


def end_push(call, kind):
    """How many channels are left: shard channels count by themselves."""
    c: ClientPtr = call.client
    if kind == SUBSCRIBE_SHARD:
        reply_integer(c, subscription_count(c, SUBSCRIBE_SHARD))
    else:
        reply_integer(c, subscription_count(c, SUBSCRIBE_CHANNEL) + subscription_count(c, SUBSCRIBE_PATTERN))


# --- publishing ------------------------------------------------------------------------------------------------------


def publish_command(call):
    reply_integer(call.client, publish(
        address(call.keyspace.subscriptions), call.argv[1].p, call.argv[1].n, call.argv[2].p, call.argv[2].n))


def spublish_command(call):
    reply_integer(call.client, publish_to_shard(
        address(call.keyspace.subscriptions), call.argv[1].p, call.argv[1].n, call.argv[2].p, call.argv[2].n))


# --- PUBSUB ----------------------------------------------------------------------------------------------------------


def channels_command(call):
    list_channels(call, SUBSCRIBE_CHANNEL)


def shardchannels_command(call):
    list_channels(call, SUBSCRIBE_SHARD)


def list_channels(call, kind):
    table: TablePtr = address(call.keyspace.subscriptions.channels[kind])
    listing: Listing
    later: Later
    text: cython.char[256]
    shown: cython.int = cast(cython.int, call.argv[1].n) if call.argv[1].n < 128 else 128
    if call.argc > 3:
        reply_error_slice(call.client, text, snprintf(
            text, 256, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try PUBSUB HELP.",
            shown, call.argv[1].p))
        return
    listing.client = call.client
    listing.pattern = NULL
    if call.argc == 3:
        listing.pattern = address(call.argv[2])
    listing.count = 0
    later = reply_later(call.client, ARRAY_KIND, cast(int64_t, table.count))
    table_each(table, list_channel, address(listing))
    reply_settle(call.client, address(later), listing.count)


def list_channel(context, e):
    listing: ListingPtr = cast(ListingPtr, context)
    if listing.pattern != NULL and not glob_match(
            listing.pattern.p, listing.pattern.n, entry_key(e), entry_key_length(e), False):
        return
    reply_bulk(listing.client, entry_key(e), entry_key_length(e))
    listing.count += 1


def numsub_command(call):
    count_subscribers(call, SUBSCRIBE_CHANNEL)


def shardnumsub_command(call):
    count_subscribers(call, SUBSCRIBE_SHARD)


def count_subscribers(call, kind):
    i: cython.int
    channel: ChannelPtr
    reply_array(call.client, 2 * (call.argc - 2))
    for i in range(2, call.argc):
        channel = channel_find(address(call.keyspace.subscriptions), kind, call.argv[i].p, call.argv[i].n)
        reply_bulk(call.client, call.argv[i].p, call.argv[i].n)
        reply_integer(call.client, 0 if channel == NULL else channel.count)


def numpat_command(call):
    reply_integer(call.client, call.keyspace.subscriptions.pattern_count)
