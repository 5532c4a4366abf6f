"""Who subscribes to what. See subscriptions.py.

    channels[kind]   name ──▶ Channel: members[]  client, client, client
                                         │
                                         ▼
    client.subscriber ──▶ first[kind] ─▶ Subscription ⇄ Subscription      what this client subscribes to
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot, entry_key, entry_key_length, entry_pointer
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Table
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop

cdef enum:                      # kinds of channels
    SUBSCRIBE_CHANNEL = 0
    SUBSCRIBE_PATTERN = 1
    SUBSCRIBE_SHARD = 2
    SUBSCRIBE_KINDS = 3

cdef enum:                      # what came of subscribing
    SUBSCRIBED = 0
    SUBSCRIBED_BEFORE = 1
    NOT_SUBSCRIBED = 2          # memory is short

cdef struct Member:
    Client *client
    Subscription *subscription

cdef struct Channel:            # or a pattern
    Entry *entry                # of its name, in the table of its kind; its word is the channel
    Member *members
    uint32_t count
    uint32_t capacity
    uint32_t place              # of a pattern, among the patterns
    int kind

cdef struct Subscription:       # of one client to one channel
    Subscription *next          # of the same client and kind
    Subscription *previous
    Channel *channel
    Client *client
    uint32_t place              # among the members of the channel
    Entry *link                 # in Subscriptions.links; its word is this subscription

cdef struct Subscriber:         # what a client subscribes to, by kind; the newest first
    Subscription *first[3]
    uint32_t counts[3]

ctypedef Channel *ChannelPtr
ctypedef ChannelPtr *ChannelPtrPtr
ctypedef Member *MemberPtr
ctypedef Subscription *SubscriptionPtr
ctypedef Subscriber *SubscriberPtr

cdef struct Link:               # what a subscription is found by
    Client *client
    Channel *channel

cdef struct Subscriptions:
    Heap *heap
    Loop *loop                  # which delivers messages
    Table channels[3]           # by kind
    Table links
    Channel **patterns          # in order of their first subscription, but for gaps that the last one has filled
    uint32_t pattern_count
    uint32_t pattern_capacity
    uint64_t clients            # that subscribe to anything

ctypedef Subscriptions *SubscriptionsPtr

cdef bint subscriptions_init(Subscriptions *s, Heap *heap, const HashKey *key) noexcept nogil
cdef void subscriptions_free(Subscriptions *s) noexcept nogil
cdef int subscribe(Subscriptions *s, Client *c, int kind, const char *name, size_t n) noexcept nogil
cdef bint unsubscribe(Subscriptions *s, Client *c, int kind, const char *name, size_t n) noexcept nogil
cdef void unsubscribe_all(Subscriptions *s, Client *c) noexcept nogil
cdef Channel *channel_find(Subscriptions *s, int kind, const char *name, size_t n) noexcept nogil
cdef Subscriber *subscriber_of(Subscriptions *s, Client *c) noexcept nogil
cdef Channel *channel_of(Subscriptions *s, int kind, const char *name, size_t n) noexcept nogil
cdef bint member_add(Subscriptions *s, Channel *channel, Subscription *sub) noexcept nogil
cdef bint pattern_add(Subscriptions *s, Channel *pattern) noexcept nogil
cdef void channel_drop_empty(Subscriptions *s, Channel *channel) noexcept nogil
cdef Subscription *subscription_find(Subscriptions *s, const Client *c, const Channel *channel) noexcept nogil
cdef bint subscription_link(Subscriptions *s, Subscription *sub) noexcept nogil
cdef void subscription_drop(Subscriptions *s, Subscription *sub) noexcept nogil
cdef uint64_t link_hash(const Subscriptions *s, const Link *link) noexcept nogil

cdef inline Subscriber *subscriber(const Client *c) noexcept nogil:
    """What c subscribes to; NULL: nothing."""
    return <Subscriber *>c.subscriber

cdef inline uint32_t subscription_count(const Client *c, int kind) noexcept nogil:
    return 0 if c.subscriber == NULL else subscriber(c).counts[kind]

cdef inline Channel *channel_at(const Entry *e) noexcept nogil:
    return <Channel *>entry_pointer(e)
