"""Messages between clients. See pubsub.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.engine.entry cimport Entry
from kvik.engine.text cimport Slice, SlicePtr
from kvik.engine.table cimport Table, TablePtr
from kvik.keyspace.call cimport Call, CommandPtr
from kvik.keyspace.subscriptions cimport Channel, ChannelPtr, SubscriberPtr, Subscriptions, SubscriptionsPtr
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.reply cimport Later

cdef struct Listing:            # the channels that match a pattern
    Client *client
    const Slice *pattern        # NULL: all
    int64_t count

ctypedef Listing *ListingPtr

cdef void subscribe_command(Call *call) noexcept nogil
cdef void unsubscribe_command(Call *call) noexcept nogil
cdef void psubscribe_command(Call *call) noexcept nogil
cdef void punsubscribe_command(Call *call) noexcept nogil
cdef void ssubscribe_command(Call *call) noexcept nogil
cdef void sunsubscribe_command(Call *call) noexcept nogil
cdef void publish_command(Call *call) noexcept nogil
cdef void spublish_command(Call *call) noexcept nogil
cdef void channels_command(Call *call) noexcept nogil
cdef void numsub_command(Call *call) noexcept nogil
cdef void numpat_command(Call *call) noexcept nogil
cdef void shardchannels_command(Call *call) noexcept nogil
cdef void shardnumsub_command(Call *call) noexcept nogil

cdef void subscribe_to(Call *call, int kind) noexcept nogil
cdef void unsubscribe_from(Call *call, int kind) noexcept nogil
cdef void unsubscribe_each(Call *call, int kind) noexcept nogil
cdef void answer(Call *call, int kind, int i) noexcept nogil
cdef void begin_push(Call *call, int kind) noexcept nogil
cdef void end_push(Call *call, int kind) noexcept nogil
cdef void list_channels(Call *call, int kind) noexcept nogil
cdef void list_channel(void *context, Entry *e) noexcept nogil
cdef void count_subscribers(Call *call, int kind) noexcept nogil
