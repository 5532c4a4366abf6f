"""Subscriptions: which client subscribes to which channels, patterns and shard channels. The drawing is in the header.

A channel is there as long as somebody subscribes to it. Its members stand in one array, so that a message passes them
one after the other; who leaves is replaced by the last one. `links` finds the subscription of a client to a channel by
the two addresses. Subscribing and unsubscribing are O(1). What is published is in publish.py.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import entry_bytes, entry_free, entry_new, entry_set_word
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.table import table_find, table_free, table_init, table_insert, table_remove
from cython.cimports.kvik.wire.client import CLIENT_PUBSUB
from cython.cimports.libc.stdint import uint32_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memset


def subscriptions_init(s, heap, key):
    """False when memory is short."""
    i: cython.int
    memset(s, 0, sizeof(Subscriptions))
    s.heap = heap
    for i in range(SUBSCRIBE_KINDS):
        if not table_init(address(s.channels[i]), heap, key):
            return False
    return table_init(address(s.links), heap, key)


def subscriptions_free(s):
    """When nobody subscribes any more."""
    i: cython.int
    for i in range(SUBSCRIBE_KINDS):
        table_free(address(s.channels[i]))
    table_free(address(s.links))
    if s.patterns != NULL:
        heap_free(s.heap, s.patterns, s.pattern_capacity * sizeof(ChannelPtr))
        s.patterns = NULL


# --- what clients do -------------------------------------------------------------------------------------------------


def subscribe(s, c, kind, name, n):
    """Let c subscribe to a channel; see SUBSCRIBED and its like. O(1)."""
    of: SubscriberPtr = subscriber_of(s, c)
    channel: ChannelPtr = NULL
    sub: SubscriptionPtr = NULL
    if of != NULL:
        channel = channel_of(s, kind, name, n)
    if channel == NULL:
        return NOT_SUBSCRIBED
    if subscription_find(s, c, channel) != NULL:
        return SUBSCRIBED_BEFORE
    sub = cast(SubscriptionPtr, heap_alloc(s.heap, sizeof(Subscription)))
    if sub == NULL:
        channel_drop_empty(s, channel)
        return NOT_SUBSCRIBED
    sub.channel = channel
    sub.client = c
    if not subscription_link(s, sub):
        heap_free(s.heap, sub, sizeof(Subscription))
        channel_drop_empty(s, channel)
        return NOT_SUBSCRIBED
    sub.previous = NULL
    sub.next = of.first[kind]
    if sub.next != NULL:
        sub.next.previous = sub
    of.first[kind] = sub
    of.counts[kind] += 1
    c.subscriber_bytes += sizeof(Subscription) + sizeof(Member) + entry_bytes(sub.link)
    if not c.flags & CLIENT_PUBSUB:
        c.flags |= CLIENT_PUBSUB
        s.clients += 1
    return SUBSCRIBED


def unsubscribe(s, c, kind, name, n):
    """c subscribes to the channel no more. Did it? O(1)."""
    channel: ChannelPtr = channel_find(s, kind, name, n)
    sub: SubscriptionPtr = NULL
    if channel != NULL:
        sub = subscription_find(s, c, channel)
    if sub == NULL:
        return False
    subscription_drop(s, sub)
    return True


def unsubscribe_all(s, c):
    """c subscribes to nothing any more. O(subscriptions)."""
    kind: cython.int
    for kind in range(SUBSCRIBE_KINDS):
        while c.subscriber != NULL and subscriber(c).first[kind] != NULL:
            subscription_drop(s, subscriber(c).first[kind])
    if c.subscriber != NULL:
        heap_free(s.heap, c.subscriber, sizeof(Subscriber))
        c.subscriber = NULL
    c.subscriber_bytes = 0


def subscriber_of(s, c):
    """The record of what c subscribes to, made if there is none; it stays until unsubscribe_all. NULL without memory."""
    if c.subscriber == NULL:
        c.subscriber = heap_alloc(s.heap, sizeof(Subscriber))
        if c.subscriber != NULL:
            memset(c.subscriber, 0, sizeof(Subscriber))
            c.subscriber_bytes += sizeof(Subscriber)
    return subscriber(c)


# --- channels --------------------------------------------------------------------------------------------------------


def channel_find(s, kind, name, n):
    """The channel, if somebody subscribes to it, or NULL. O(1)."""
    slot: Slot
    if s.channels[kind].count == 0:
        return NULL
    slot = table_find(address(s.channels[kind]), name, n, hash_bytes(s.channels[kind].key, name, n))
    return NULL if slot == NULL else channel_at(slot[0])


def channel_of(s, kind, name, n):
    """The channel, made if there is none. NULL without memory."""
    h: uint64_t = hash_bytes(s.channels[kind].key, name, n)
    channel: ChannelPtr = channel_find(s, kind, name, n)
    if channel != NULL:
        return channel
    channel = cast(ChannelPtr, heap_alloc(s.heap, sizeof(Channel)))
    if channel == NULL:
        return NULL
    memset(channel, 0, sizeof(Channel))
    channel.kind = kind
    channel.entry = entry_new(s.heap, name, n, -1, True, 0)
    if channel.entry != NULL:
        entry_set_word(channel.entry, cast(uint64_t, cast(uintptr_t, channel)))
        if table_insert(address(s.channels[kind]), channel.entry, h):
            if kind != SUBSCRIBE_PATTERN or pattern_add(s, channel):
                return channel
            table_remove(address(s.channels[kind]), name, n, h)
        entry_free(s.heap, channel.entry)
    heap_free(s.heap, channel, sizeof(Channel))
    return NULL


def pattern_add(s, pattern):
    """Among those that every message is compared with. False when memory is short."""
    grown: ChannelPtrPtr
    if s.pattern_count == s.pattern_capacity:
        grown = cast(ChannelPtrPtr, heap_double(s.heap, s.patterns, s.pattern_capacity, 8, sizeof(ChannelPtr)))
        if grown == NULL:
            return False
        s.patterns = grown
        s.pattern_capacity = cast(uint32_t, doubled(s.pattern_capacity, 8))
    pattern.place = s.pattern_count
    s.patterns[pattern.place] = pattern
    s.pattern_count += 1
    return True


def member_add(s, channel, sub):
    """At the end of the channel's members. False when memory is short."""
    grown: MemberPtr
    if channel.count == channel.capacity:
        grown = cast(MemberPtr, heap_double(s.heap, channel.members, channel.capacity, 1, sizeof(Member)))
        if grown == NULL:
            return False
        channel.members = grown
        channel.capacity = cast(uint32_t, doubled(channel.capacity, 1))
    sub.place = channel.count
    channel.members[sub.place].client = sub.client
    channel.members[sub.place].subscription = sub
    channel.count += 1
    return True


def channel_drop_empty(s, channel):
    """Forget the channel, if nobody subscribes to it."""
    e: EntryPtr = channel.entry
    last: ChannelPtr
    if channel.count > 0:
        return
    table_remove(address(s.channels[channel.kind]), entry_key(e), entry_key_length(e),
                 hash_bytes(s.channels[channel.kind].key, entry_key(e), entry_key_length(e)))
    entry_free(s.heap, e)
    if channel.kind == SUBSCRIBE_PATTERN:
        s.pattern_count -= 1
        last = s.patterns[s.pattern_count]
        s.patterns[channel.place] = last
        last.place = channel.place
    if channel.members != NULL:
        heap_free(s.heap, channel.members, channel.capacity * sizeof(Member))
    heap_free(s.heap, channel, sizeof(Channel))


# --- subscriptions ---------------------------------------------------------------------------------------------------


def link_hash(s, link):
    return hash_bytes(s.links.key, cast(cython.p_char, link), sizeof(Link))


def subscription_find(s, c, channel):
    """The subscription of c to the channel, or NULL. O(1)."""
    link: Link
    slot: Slot
    link.client = cast(ClientPtr, c)
    link.channel = cast(ChannelPtr, channel)
    slot = table_find(address(s.links), cast(cython.p_char, address(link)), sizeof(Link), link_hash(s, address(link)))
    return NULL if slot == NULL else cast(SubscriptionPtr, entry_pointer(slot[0]))


def subscription_link(s, sub):
    """Let the subscription be found from both ends. False when memory is short."""
    link: Link
    link.client = sub.client
    link.channel = sub.channel
    sub.link = entry_new(s.heap, cast(cython.p_char, address(link)), sizeof(Link), -1, True, 0)
    if sub.link == NULL:
        return False
    entry_set_word(sub.link, cast(uint64_t, cast(uintptr_t, sub)))
    if not table_insert(address(s.links), sub.link, link_hash(s, address(link))):
        entry_free(s.heap, sub.link)
        return False
    if not member_add(s, sub.channel, sub):
        table_remove(address(s.links), cast(cython.p_char, address(link)), sizeof(Link), link_hash(s, address(link)))
        entry_free(s.heap, sub.link)
        return False
    return True


def subscription_drop(s, sub):
    """End the subscription, and the channel with its last one."""
    c: ClientPtr = sub.client
    of: SubscriberPtr = subscriber(c)
    channel: ChannelPtr = sub.channel
    link: Link
    link.client = c
    link.channel = channel
    c.subscriber_bytes -= sizeof(Subscription) + sizeof(Member) + entry_bytes(sub.link)
    table_remove(address(s.links), cast(cython.p_char, address(link)), sizeof(Link), link_hash(s, address(link)))
    entry_free(s.heap, sub.link)
    channel.count -= 1
    channel.members[sub.place] = channel.members[channel.count]
    channel.members[sub.place].subscription.place = sub.place
    if sub.next != NULL:
        sub.next.previous = sub.previous
    if sub.previous != NULL:
        sub.previous.next = sub.next
    else:
        of.first[channel.kind] = sub.next
    of.counts[channel.kind] -= 1
    if of.counts[0] + of.counts[1] + of.counts[2] == 0:
        c.flags &= ~cast(uint32_t, CLIENT_PUBSUB)
        s.clients -= 1
    heap_free(s.heap, sub, sizeof(Subscription))
    channel_drop_empty(s, channel)
