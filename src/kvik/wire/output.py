"""What a client is owed, and sending it.

Replies of the client whose commands run go to the *region*: a stretch of the loop's output arena that every client of a
tick uses in turn, so replies stay in the cache until they are sent, and an idle client owns no buffer. Whatever does
not fit there (a large reply, a reader that is slower than its replies) goes to a list of *blocks*. Blocks are always
older than the region. Messages to subscribers are written once (broadcast.py): a short one is the region of each of
them, a long one a block that shows the same bytes.

    client ──▶ block ──▶ block ──▶ region (in the arena)
               sent▲     used▲     ▲pos

`output_reserve` and `output_write` (output.pxd) are the only ways in. They never fail: a client that memory is short
for is closed, and what it is owed then goes nowhere.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import unlikely
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_STOPPED, OUTPUT_BLOCK
from cython.cimports.kvik.wire.detached import detached_write
from cython.cimports.kvik.wire.loop import (
    ARENA_BYTES,
    OBSERVE_LARGE,
    SEND_MAX,
    SHARE_BYTES,
    LoopPtr,
    loop_close_soon,
    loop_owes,
    loop_yield,
    over_output_limit,
)
from cython.cimports.libc.errno import EAGAIN, EINTR, errno
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.string import memcpy, memmove


def output_room(c, n):
    """The slow way of output_reserve: opens the region, spills it when it is full, or adds a block."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    block: OutputBlockPtr
    if c.flags & (CLIENT_MUTED | CLIENT_CLOSE_NOW):
        return output_nowhere(c)
    loop_owes(loop, c)
    if c.out.pos == NULL and c.out.first == NULL and c.out.region == NULL and loop.tick.executing == c \
            and ARENA_BYTES - loop.tick.output_used >= n:
        c.out.region = loop.tick.output + loop.tick.output_used
        c.out.pos = c.out.region
        c.out.end = loop.tick.output + ARENA_BYTES
        return c.out.pos
    output_settle(c)
    if c.out.region != NULL and not output_spill_region(c):
        return output_nowhere(c)
    if c.out.pos != NULL and cast(cython.size_t, c.out.end - c.out.pos) >= n:
        return c.out.pos
    block = output_add_block(c, n)
    if block == NULL:
        return output_nowhere(c)
    c.out.pos = block.data
    c.out.end = c.out.pos + block.capacity
    return c.out.pos


def output_nowhere(c):
    """A place for bytes that nobody is to get."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    c.out.pos = cast(CharPtr, loop.nowhere)
    c.out.end = c.out.pos + OUTPUT_BLOCK
    return c.out.pos


def goes_nowhere(c):
    return c.out.end == cast(CharPtr, cast(LoopPtr, c.loop).nowhere) + OUTPUT_BLOCK


def output_mute(c):
    """What is replied from here on goes nowhere."""
    output_close_region(c)
    c.out.pos = NULL
    c.out.end = NULL
    c.flags |= CLIENT_MUTED


def output_unmute(c):
    c.flags &= ~cast(uint32_t, CLIENT_MUTED)
    output_close_region(c)
    if c.out.last != NULL:
        c.out.pos = c.out.last.data + c.out.last.used
        c.out.end = c.out.last.data + c.out.last.capacity


def output_write_long(c, p, n):
    """Append n bytes, more than fits where the last ones went."""
    room: cython.p_char = output_room(c, n)
    if goes_nowhere(c):
        return
    memcpy(room, p, n)
    c.out.pos += n


def output_add_block(c, n):
    """A further block with room for n bytes; NULL (and the client closed) when memory is short or its limit reached."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    capacity: cython.size_t = OUTPUT_BLOCK
    block: OutputBlockPtr
    if c.out.first == NULL and loop.tick.executing != c:
        capacity = OUTPUT_BLOCK // 8        # for the few messages of a tick, mostly, and there may be many such clients
    if capacity < n:
        capacity = n
    block = cast(OutputBlockPtr, heap_alloc(loop.heap, sizeof(OutputBlock) + capacity))
    if block == NULL:
        loop_close_soon(loop, c)
        return NULL
    block.shared = NULL
    block.capacity = capacity
    block.used = 0
    block.data = cast(CharPtr, block) + sizeof(OutputBlock)
    output_append(c, block)
    if over_output_limit(loop, c):
        return NULL
    if loop.tick.executing == c:
        loop.observed |= OBSERVE_LARGE
        loop.tick.share_used += capacity
        if loop.tick.share_used > SHARE_BYTES and not c.flags & CLIENT_STOPPED:
            loop_yield(loop, c)
    return block


def output_append(c, block):
    """Owe c what stands in the block, too."""
    block.next = NULL
    block.sent = 0
    if c.out.last != NULL:
        c.out.last.next = block
    else:
        c.out.first = block
    c.out.last = block
    c.out.queued += block.used
    c.out.queued_blocks += sizeof(OutputBlock) + block.capacity


def output_share(c, shared):
    """Append bytes that others are owed as well, without copying them. They count as if c had them alone."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    block: OutputBlockPtr
    if c.flags & CLIENT_CLOSE_NOW:
        return
    output_settle(c)
    if c.out.region != NULL and not output_spill_region(c):
        return
    block = cast(OutputBlockPtr, heap_alloc(loop.heap, sizeof(OutputBlock)))
    if block == NULL:
        loop_close_soon(loop, c)
        return
    shared.references += 1
    block.shared = shared
    block.capacity = shared.n
    block.used = shared.n
    block.data = cast(CharPtr, shared.data)
    output_append(c, block)
    c.out.pos = block.data + block.used
    c.out.end = c.out.pos
    over_output_limit(loop, c)


def output_free_block(heap, block):
    if block.shared != NULL:
        shared_release(heap, block.shared)
        heap_free(heap, block, sizeof(OutputBlock))
    else:
        heap_free(heap, block, sizeof(OutputBlock) + block.capacity)


def shared_release(heap, shared):
    """One less is owed these bytes; they go with the last one."""
    shared.references -= 1
    if shared.references == 0:
        heap_free(heap, shared, sizeof(Shared) + shared.n)


def output_settle(c):
    """Count what has been written into the last block."""
    used: cython.size_t
    if c.out.pos != NULL and c.out.region == NULL and not goes_nowhere(c):
        used = c.out.pos - c.out.last.data
        c.out.queued += used - c.out.last.used
        c.out.last.used = used


def output_spill_region(c):
    """Move what stands in the region to a block: the region cannot grow any further."""
    region: cython.p_char = c.out.region
    n: cython.size_t
    block: OutputBlockPtr
    n = c.out.region_bytes if c.out.pos == NULL else cast(cython.size_t, c.out.pos - region)
    c.out.region = NULL
    c.out.region_bytes = 0
    c.out.pos = NULL
    c.out.end = NULL
    block = output_add_block(c, n)
    if block == NULL:
        return False
    memcpy(block.data, region, n)
    c.out.pos = block.data + n
    c.out.end = block.data + block.capacity
    output_settle(c)
    return True


def output_mark(c):
    """Where the next byte goes, now that something is open (after output_reserve): to come back there."""
    mark: Mark
    mark.block = NULL
    if c.out.region != NULL or goes_nowhere(c):
        mark.offset = c.out.pos - c.out.region
    else:
        mark.block = c.out.last
        mark.offset = c.out.pos - c.out.last.data
    return mark


def output_at(c, mark):
    """What stands at the mark; NULL when it went nowhere."""
    if goes_nowhere(c):
        return NULL
    if mark.block != NULL:
        return mark.block.data + mark.offset
    if c.out.region != NULL:
        return c.out.region + mark.offset
    return c.out.first.data + mark.offset


def output_cut(c, mark, n):
    """Take out the n bytes at the mark."""
    block: OutputBlockPtr = mark.block
    p: cython.p_char = output_at(c, mark)
    if p == NULL or n == 0:
        return
    if block == NULL and c.out.region == NULL:
        block = c.out.first
    output_settle(c)
    if block == NULL or block == c.out.last:
        memmove(p, p + n, c.out.pos - p - n)
        c.out.pos -= n
    else:
        memmove(p, p + n, block.data + block.used - p - n)
    if block != NULL:
        block.used -= n
        c.out.queued -= n


def output_close_region(c):
    """Another client's turn: the arena goes on behind this client's replies."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    if c.out.pos == NULL:
        return
    if goes_nowhere(c):
        c.out.pos = NULL
        c.out.end = NULL
    elif c.out.region != NULL:
        c.out.region_bytes = c.out.pos - c.out.region
        loop.tick.output_used += c.out.region_bytes
        c.out.pos = NULL
        c.out.end = NULL
    else:
        output_settle(c)


def output_queued(c):
    """Bytes the client is owed."""
    n: cython.size_t = c.out.queued
    if goes_nowhere(c):
        return n
    if c.out.region != NULL:
        n += c.out.region_bytes if c.out.pos == NULL else cast(cython.size_t, c.out.pos - c.out.region)
    elif c.out.pos != NULL:
        n += c.out.pos - c.out.last.data - c.out.last.used
    return n


def output_send(c):
    """Send what the socket takes; the rest of the region moves to a block, for the arena is used anew."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    sent: cython.Py_ssize_t
    n: cython.size_t
    if c.out.first != NULL:
        return output_send_blocks(c)
    if c.out.region == NULL:
        return SENT
    n = c.out.region_bytes
    sent = transmit(c, c.out.region, n)
    loop.stats.writes += 1
    if sent < 0:
        if errno != EAGAIN and errno != EINTR:
            return SEND_FAILED
        sent = 0
    loop.stats.bytes_out += sent
    c.bytes_out += sent
    if cast(cython.size_t, sent) == n:
        c.out.region = NULL
        c.out.region_bytes = 0
        return SENT
    c.out.region += sent
    c.out.region_bytes -= sent
    return SENT_PART if output_spill_region(c) else SEND_FAILED


def transmit(c, p, n):
    """send(2), to clients that have a socket."""
    if unlikely(c.detached != NULL):
        return detached_write(c, p, n)
    return send(c.fd, p, n, MSG_NOSIGNAL)


def output_send_blocks(c):
    """Send from the blocks, at most SEND_MAX bytes: a client that reads as fast as we write must not hold up others."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    block: OutputBlockPtr
    sent: cython.Py_ssize_t
    n: cython.size_t
    left: cython.size_t = SEND_MAX
    if c.out.region != NULL and not output_spill_region(c):
        return SEND_FAILED
    output_settle(c)
    while c.out.first != NULL:
        block = c.out.first
        if block.used > block.sent:
            n = block.used - block.sent
            n = n if n < left else left
            sent = transmit(c, block.data + block.sent, n)
            loop.stats.writes += 1
            if sent < 0:
                if errno in (EAGAIN, EINTR):
                    return SENT_PART
                return SEND_FAILED
            block.sent += sent
            left -= sent
            c.out.queued -= sent
            loop.stats.bytes_out += sent
            c.bytes_out += sent
            if block.sent < block.used or left == 0:
                return SENT_PART
        c.out.first = block.next
        if block.next == NULL:
            c.out.last = NULL
            c.out.pos = NULL
            c.out.end = NULL
        c.out.queued_blocks -= sizeof(OutputBlock) + block.capacity
        output_free_block(loop.heap, block)
    return SENT


def output_discard(c):
    """Forget all the client is owed."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    block: OutputBlockPtr = c.out.first
    following: OutputBlockPtr
    while block != NULL:
        following = block.next
        output_free_block(loop.heap, block)
        block = following
    c.out.first = NULL
    c.out.last = NULL
    c.out.region = NULL
    c.out.region_bytes = 0
    c.out.pos = NULL
    c.out.end = NULL
    c.out.queued = 0
    c.out.queued_blocks = 0
