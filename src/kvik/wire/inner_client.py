"""A client without a connection: who runs commands from within the server, a script for example, and reads the replies.

Its replies are gathered in blocks like those of any client, of which the first one stays for the next command. It
stands in none of the loop's lists. CLIENT_CLOSE_NOW says of it that memory was short for a reply.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_CLOSE_NOW,
    CLIENT_IN_FLUSH,
    OUTPUT_BLOCK,
    client_free,
    client_new,
)
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.output import (
    goes_nowhere,
    output_add_block,
    output_discard,
    output_settle,
)
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.string import memcpy


def inner_client_new(loop):
    """NULL when memory is short."""
    c: cython.pointer(Client) = client_new(cast(LoopPtr, loop).heap, loop, -1, 0)
    if c != NULL:
        c.flags |= CLIENT_AUTHENTICATED | CLIENT_IN_FLUSH
    return c


def inner_client_free(c):
    output_discard(c)
    client_free(cast(LoopPtr, c.loop).heap, c)


def inner_begin(c):
    """Forget the last reply: the next command may run. False when memory is short."""
    block: OutputBlockPtr = c.out.first
    if c.flags & CLIENT_CLOSE_NOW or block == NULL or block.next != NULL or block.capacity > OUTPUT_BLOCK:
        output_discard(c)
        c.flags &= ~cast(uint32_t, CLIENT_CLOSE_NOW)
        block = output_add_block(c, OUTPUT_BLOCK)
        if block == NULL:
            return False
    block.used = 0
    c.out.queued = 0
    c.out.pos = block.data
    c.out.end = block.data + block.capacity
    return True


def inner_failed(c):
    """Is the reply not whole, since memory was short?"""
    return c.flags & CLIENT_CLOSE_NOW != 0


def inner_reply_bytes(c):
    """How long the reply is."""
    if goes_nowhere(c):
        return 0
    output_settle(c)
    return c.out.queued


def inner_reply(c):
    """The reply, after inner_reply_bytes; NULL: it is in several pieces, to be copied."""
    return c.out.first.data if c.out.first.next == NULL else NULL


def inner_copy_reply(c, to):
    block: OutputBlockPtr = c.out.first
    while block != NULL:
        memcpy(to, block.data, block.used)
        to += block.used
        block = block.next
