"""Messages from a channel to its subscribers. See publish.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t

from kvik.keyspace.database cimport Database, Keyspace
from kvik.keyspace.subscriptions cimport Channel, ChannelPtr, Subscriptions, SubscriptionsPtr
from kvik.wire.broadcast cimport Broadcast
from kvik.wire.parser cimport CharPtr

cdef enum:
    EVENT_KEYSPACE = 1          # of notify-keyspace-events: K; the other classes are in tail.pxd
    EVENT_KEYEVENT = 2          # E
    EVENT_NAME_MAX = 32         # of an event
    EVENT_PREFIX_MAX = 32       # `__keyspace@<db>__:`

cdef int64_t publish(
    Subscriptions *s, const char *channel, size_t cn, const char *message, size_t n) noexcept nogil
cdef int64_t publish_to_shard(
    Subscriptions *s, const char *channel, size_t cn, const char *message, size_t n) noexcept nogil
cdef void tell_event(
    Keyspace *ks, Database *db, const char *key, size_t n, int event_class, const char *event) noexcept nogil
cdef void publish_event(
    Keyspace *ks, Database *db, const char *key, size_t n, const char *event) noexcept nogil
cdef void broadcast_to_all(Broadcast *b, const Channel *channel) noexcept nogil
cdef int64_t publish_to_patterns(
    Subscriptions *s, const char *channel, size_t cn, const char *message, size_t n) noexcept nogil
cdef void publish_to_key(Keyspace *ks, Database *db, const char *key, size_t n, const char *event) noexcept nogil
