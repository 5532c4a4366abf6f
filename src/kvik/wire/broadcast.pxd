"""Messages to many clients, each of them written once. See broadcast.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.engine.heap cimport HeapPtr
from kvik.engine.text cimport Slice
from kvik.wire.client cimport Client, ClientPtr, Shared, SharedPtr
from kvik.wire.loop cimport Loop, LoopPtr, Messages, MessagesPtr
from kvik.wire.parser cimport CharPtr

cdef enum:
    MESSAGE_MAX = 16384         # longer messages are blocks of their own
    MESSAGES_EARLY = 131072     # messages of one protocol that are delivered before the group is through
    DELIVERY_US = 250           # of delivering in a tick; then it is the others' turn
    DELIVERY_FIRST_US = 2000    # likewise when replies wait for it
    DELIVERY_CHECK = 16         # the clock is read once in so many clients
    DEFERRED_KEPT = 65536

cdef struct Message:            # in one protocol
    char *data
    size_t n                    # 0: not written yet
    Shared *shared              # what it stands in; NULL: in the room for messages,
    bint lasting                # and there until it is delivered

ctypedef Message *MessagePtr

cdef struct Broadcast:          # a message on its way to those who shall get it
    Loop *loop
    Message forms[2]            # RESP2, RESP3
    Slice parts[4]
    bint ready[4]               # written as it is; else a bulk string of it
    int count
    int items                   # of the array: its parts, but for heads

cdef void broadcast_begin(Broadcast *b, Loop *loop) noexcept nogil
cdef void broadcast_part(Broadcast *b, const char *p, size_t n) noexcept nogil
cdef void broadcast_raw(Broadcast *b, const char *p, size_t n) noexcept nogil
cdef void broadcast_head(Broadcast *b, const char *p, size_t n) noexcept nogil
cdef void broadcast_to(Broadcast *b, Client *c) noexcept nogil
cdef void broadcast_end(Broadcast *b) noexcept nogil
cdef void broadcast_deferred(Loop *loop) noexcept nogil
cdef void deliver(Loop *loop, int us) noexcept nogil
cdef bint messages_press(const Loop *loop) noexcept nogil
cdef void broadcast_free(Loop *loop) noexcept nogil
cdef bint write_message(Broadcast *b, Message *m, int resp) noexcept nogil
cdef char *message_room(Broadcast *b, Message *m, int resp, size_t n) noexcept nogil
cdef void show_message(Loop *loop, Client *c, const Message *m) noexcept nogil
cdef void defer(Loop *loop, const Message *m) noexcept nogil
