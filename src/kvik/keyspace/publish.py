"""Messages from a channel to its subscribers: those of PUBLISH and SPUBLISH, and what happens to keys.

First the subscribers of the channel get a message, then those of every pattern that it matches: who subscribes to both
gets two. What happens to a key is told by `tell_event`: to hooks in Python, if they want its class (`Keyspace.hooked`), and
to subscribers, if `notify-keyspace-events` asks for it (`Keyspace.published`): first on the channel of the key, with the
event as message, then on that of the event, with the key.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.kvik.engine.text import glob_match
from cython.cimports.kvik.keyspace.subscriptions import (
    SUBSCRIBE_CHANNEL,
    SUBSCRIBE_SHARD,
    channel_find,
)
from cython.cimports.kvik.wire.broadcast import broadcast_begin, broadcast_end, broadcast_part, broadcast_to
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy, strlen


def publish(s, channel, cn, message, n):
    """How many got the message. O(subscribers of the channel + patterns)."""
    b: Broadcast
    found: ChannelPtr = channel_find(s, SUBSCRIBE_CHANNEL, channel, cn)
    got: int64_t = 0
    if found != NULL:
        got = found.count
        broadcast_begin(address(b), s.loop)
        broadcast_part(address(b), "message", 7)
        broadcast_part(address(b), channel, cn)
        broadcast_part(address(b), message, n)
        broadcast_to_all(address(b), found)
    if s.pattern_count > 0:
        got += publish_to_patterns(s, channel, cn, message, n)
    return got


def publish_to_patterns(s, channel, cn, message, n):
    i: uint32_t
    b: Broadcast
    pattern: ChannelPtr
    got: int64_t = 0
    for i in range(s.pattern_count):
        pattern = s.patterns[i]
        if glob_match(entry_key(pattern.entry), entry_key_length(pattern.entry), channel, cn, False):
            got += pattern.count
            broadcast_begin(address(b), s.loop)
            broadcast_part(address(b), "pmessage", 8)
            broadcast_part(address(b), entry_key(pattern.entry), entry_key_length(pattern.entry))
            broadcast_part(address(b), channel, cn)
            broadcast_part(address(b), message, n)
            broadcast_to_all(address(b), pattern)
    return got


def publish_to_shard(s, channel, cn, message, n):
    """Likewise of SPUBLISH: shard channels are a world of their own, without patterns."""
    b: Broadcast
    found: ChannelPtr = channel_find(s, SUBSCRIBE_SHARD, channel, cn)
    if found == NULL:
        return 0
    broadcast_begin(address(b), s.loop)
    broadcast_part(address(b), "smessage", 8)
    broadcast_part(address(b), channel, cn)
    broadcast_part(address(b), message, n)
    broadcast_to_all(address(b), found)
    return found.count


def broadcast_to_all(b, channel):
    """To every member. The clients lie anywhere in memory: the next ones are on their way."""
    i: uint32_t
    for i in range(channel.count):
        if i + 4 < channel.count:
            prefetch(channel.members[i + 4].client)
            prefetch(address(channel.members[i + 4].client.out))
        broadcast_to(b, channel.members[i].client)
    broadcast_end(b)


# --- what happens to keys --------------------------------------------------------------------------------------------


def tell_event(ks, db, key, n, event_class, event):
    """Something happened to the key that somebody wants to be told."""
    if ks.hooked & cast(uint32_t, event_class):
        ks.hook(ks.hook_owner, db.id, key, n, event)
    if ks.published & cast(uint32_t, event_class):
        publish_event(ks, db, key, n, event)


def publish_event(ks, db, key, n, event):
    """Something happened to the key that subscribers may want to be told."""
    name: cython.char[64]
    length: cython.int
    s: SubscriptionsPtr = address(ks.subscriptions)
    if s.pattern_count == 0 and s.channels[SUBSCRIBE_CHANNEL].count == 0:
        return
    if ks.published & EVENT_KEYSPACE:
        publish_to_key(ks, db, key, n, event)
    if ks.published & EVENT_KEYEVENT:
        length = snprintf(name, EVENT_PREFIX_MAX + EVENT_NAME_MAX, "__keyevent@%d__:%s", db.id, event)
        publish(s, name, length, key, n)


def publish_to_key(ks, db, key, n, event):
    """On the channel of the key. It is short of a name only where there is no memory for a long one."""
    short: cython.char[512]
    name: cython.p_char = short
    length: cython.size_t
    if n + EVENT_PREFIX_MAX > 512:
        name = cast(CharPtr, malloc(n + EVENT_PREFIX_MAX))
        if name == NULL:
            return
    length = snprintf(name, EVENT_PREFIX_MAX, "__keyspace@%d__:", db.id)
    memcpy(name + length, key, n)
    publish(address(ks.subscriptions), name, length + n, event, strlen(event))
    if n + EVENT_PREFIX_MAX > 512:
        free(name)
