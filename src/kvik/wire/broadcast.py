"""Messages to many clients, each of them written once (PUBLISH to a thousand subscribers).

A message is an array, in RESP3 a push. It is written when the first client that speaks the protocol is
to get it, into a room of the loop's for the messages of the tick; who is owed nothing else gets these bytes as its
region (output.py), and no copy is made:

    messages[0]   | message 1 | message 2 | message 3 |              client ─▶ region: 1
    (RESP2)         ▲           ▲                                    client ─▶ region: 1 and 2
                    region of those who are owed it, and longer with the next one if that is theirs too

A long message is a block that is counted by those who are owed it. Whoever is owed something else already gets a copy
of a short one, which keeps the order. Messages to the client whose command runs wait until that has answered.

They leave with the replies of the tick, but only for DELIVERY_US at a time: ten thousand subscribers are served over
several ticks, and the commands of others are not kept waiting. The room is used anew when nobody is owed any of it. When
it is half full all of it is delivered at once, so that publishers cannot get ahead of the loop.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_resize
from cython.cimports.kvik.wire.client import (
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_CLOSE_NOW,
    CLIENT_DEFERRED,
    CLIENT_IN_DELIVERY,
    CLIENT_MUTED,
)
from cython.cimports.kvik.wire.client_list import client_list_add, client_list_skip
from cython.cimports.kvik.wire.loop import MESSAGES_BYTES, flush_client, out_of_memory
from cython.cimports.kvik.wire.output import output_mute, output_share, output_unmute, output_write, shared_release
from cython.cimports.kvik.wire.reply import ARRAY_KIND, PUSH_KIND, bulk_bytes, header_bytes, put_bulk, put_header
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.libc.string import memcpy, memset

# --- writing a message -----------------------------------------------------------------------------------------------


def broadcast_begin(b, loop):
    """A message; broadcast_part and broadcast_to follow, and broadcast_end."""
    memset(b, 0, sizeof(Broadcast))
    b.loop = loop


def broadcast_part(b, p, n):
    b.parts[b.count].p = cast(CharPtr, p)
    b.parts[b.count].n = n
    b.count += 1
    b.items += 1


def broadcast_raw(b, p, n):
    """An item that is written already, be it an array."""
    b.ready[b.count] = True
    broadcast_part(b, p, n)


def broadcast_head(b, p, n):
    """The head of an array, whose one item is the next part."""
    broadcast_raw(b, p, n)
    b.items -= 1


def broadcast_end(b):
    i: cython.int
    for i in range(2):
        if b.forms[i].shared != NULL:
            shared_release(b.loop.heap, b.forms[i].shared)


def write_message(b, m, resp):
    """Write the message in this protocol. False when memory is short."""
    i: cython.int
    p: cython.p_char
    n: cython.size_t = header_bytes(b.items)
    for i in range(b.count):
        n += b.parts[i].n if b.ready[i] else bulk_bytes(b.parts[i].n)
    m.data = message_room(b, m, resp, n)
    if m.data == NULL:
        return False
    p = put_header(m.data, ARRAY_KIND if resp == 2 else PUSH_KIND, b.items)
    for i in range(b.count):
        if b.ready[i]:
            memcpy(p, b.parts[i].p, b.parts[i].n)
            p += b.parts[i].n
        else:
            p = put_bulk(p, b.parts[i].p, b.parts[i].n)
    m.n = n
    return True


def message_room(b, m, resp, n):
    """Where to write a message of n bytes; NULL when memory is short."""
    heap: HeapPtr = b.loop.heap
    room: MessagesPtr = address(b.loop.messages[resp - 2])
    if n > MESSAGE_MAX:
        m.shared = cast(SharedPtr, heap_alloc(heap, sizeof(Shared) + n))
        if m.shared == NULL:
            return NULL
        m.shared.references = 1
        m.shared.n = n
        return cast(CharPtr, m.shared.data)
    if room.data == NULL:
        room.data = cast(CharPtr, heap_alloc(heap, MESSAGES_BYTES + MESSAGE_MAX))
        if room.data == NULL:
            return NULL
    m.lasting = room.used + n <= MESSAGES_BYTES
    if not m.lasting:
        return room.data + MESSAGES_BYTES       # to be copied from there
    room.used += n
    return room.data + room.used - n


# --- who gets it -----------------------------------------------------------------------------------------------------


def broadcast_to(b, c):
    """Owe c the message."""
    loop: LoopPtr = b.loop
    m: MessagePtr = address(b.forms[c.resp - 2])
    if c.flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY):
        return
    if m.n == 0 and not write_message(b, m, c.resp):
        out_of_memory(loop, c)
        return
    if c == loop.tick.executing:
        defer(loop, m)
        return
    show_message(loop, c, m)
    if not c.flags & CLIENT_IN_DELIVERY:
        c.flags |= CLIENT_IN_DELIVERY
        client_list_add(loop.heap, address(loop.delivery), c)


def show_message(loop, c, m):
    """Append the message to what c is owed, if it may be without a copy."""
    if m.shared != NULL:
        output_share(c, m.shared)
    elif not m.lasting or c.out.pos != NULL or c.out.first != NULL:
        output_write(c, m.data, m.n)
    elif c.out.region == NULL:
        c.out.region = m.data
        c.out.region_bytes = m.n
    elif c.out.region + c.out.region_bytes == m.data:
        c.out.region_bytes += m.n
    else:
        output_write(c, m.data, m.n)


def defer(loop, m):
    """A message to the client whose command runs: keep it until that has answered."""
    needed: cython.size_t = loop.tick.deferred_bytes + m.n
    capacity: cython.size_t = loop.tick.deferred_capacity * 2 if loop.tick.deferred_capacity * 2 > needed else needed
    grown: cython.p_char
    if needed > loop.tick.deferred_capacity:
        grown = cast(CharPtr, heap_resize(loop.heap, loop.tick.deferred, loop.tick.deferred_capacity, capacity))
        if grown == NULL:
            out_of_memory(loop, loop.tick.executing)
            return
        loop.tick.deferred = grown
        loop.tick.deferred_capacity = capacity
    memcpy(loop.tick.deferred + loop.tick.deferred_bytes, m.data, m.n)
    loop.tick.deferred_bytes = needed
    loop.tick.executing.flags |= CLIENT_DEFERRED


def broadcast_deferred(loop):
    """The client whose commands run has been answered: the messages to it follow, whatever CLIENT REPLY says."""
    c: ClientPtr = loop.tick.executing
    muted: cython.bint = c.flags & CLIENT_MUTED != 0
    n: cython.size_t = loop.tick.deferred_bytes
    loop.tick.deferred_bytes = 0
    c.flags &= ~cast(uint32_t, CLIENT_DEFERRED)
    if muted:
        output_unmute(c)
    output_write(c, loop.tick.deferred, n)
    if muted:
        output_mute(c)
    if loop.tick.deferred_capacity > DEFERRED_KEPT:
        heap_free(loop.heap, loop.tick.deferred, loop.tick.deferred_capacity)
        loop.tick.deferred = NULL
        loop.tick.deferred_capacity = 0


# --- sending ---------------------------------------------------------------------------------------------------------


def messages_press(loop):
    """Is the room for messages so full that they must go now?"""
    return loop.messages[0].used > MESSAGES_EARLY or loop.messages[1].used > MESSAGES_EARLY


def deliver(loop, us):
    """Send messages, to as many clients as so many microseconds suffice for. Who was there first gets its own first. When
    nobody is left (there may be nobody at all, if messages were deferred or clients have gone) the room is empty again.
    """
    i: cython.int = 0
    count: cython.int = loop.delivery.count
    c: ClientPtr
    end_us: int64_t = 0
    if count > DELIVERY_CHECK and not messages_press(loop):
        end_us = monotonic_us() + us
    while i < count:
        if end_us > 0 and i % DELIVERY_CHECK == 0 and i > 0 and monotonic_us() > end_us:
            break
        c = loop.delivery.items[i]
        c.flags &= ~cast(uint32_t, CLIENT_IN_DELIVERY)
        if not c.flags & CLIENT_CLOSE_NOW:
            flush_client(loop, c)
        i += 1
    client_list_skip(address(loop.delivery), i)
    if loop.delivery.count == 0:
        loop.messages[0].used = 0
        loop.messages[1].used = 0


def broadcast_free(loop):
    i: cython.int
    for i in range(2):
        if loop.messages[i].data != NULL:
            heap_free(loop.heap, loop.messages[i].data, MESSAGES_BYTES + MESSAGE_MAX)
    if loop.tick.deferred != NULL:
        heap_free(loop.heap, loop.tick.deferred, loop.tick.deferred_capacity)
