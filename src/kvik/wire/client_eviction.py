"""`maxmemory-clients`: when the buffers of all clients together are over the limit, the largest clients are closed.

Each client is counted anew whenever the loop has received from it or sent to it, so the sum is right at the end of
every tick without a walk over all clients. Only when it is over the limit they are walked once, into classes of like
size, and the largest are closed first:

    class 2^20   ▶ c7
    class 2^16   ▶ c3 ▶ c9          closed from the top until the rest is within the limit
    class 2^10   ▶ c1 ▶ c2 ▶ c4

As in Redis, who said CLIENT NO-EVICT ON counts, but is not closed.
"""

# ruff: noqa: F821
import cython
from cython import NULL, sizeof
from cython.cimports.kvik.engine.intrinsics import high_bit
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_NO_EVICT, ClientPtr, client_memory
from cython.cimports.kvik.wire.loop import loop_close_soon
from cython.cimports.libc.string import memset


def limit_clients(loop, limit):
    """Hold all clients to so many bytes (0: no limit)."""
    c: ClientPtr = loop.clients
    loop.clients_limit = limit
    while c != NULL:
        count_client(loop, c)
        c = c.next


def recount_client(loop, c):
    loop.clients_bytes -= c.counted_bytes
    c.counted_bytes = client_memory(c)
    loop.clients_bytes += c.counted_bytes


def evict_clients(loop):
    """Close the largest clients until the rest is within the limit. O(clients)."""
    classes: ClientPtr[SIZE_CLASSES]
    c: ClientPtr = loop.clients
    left: cython.size_t = loop.clients_bytes
    i: cython.int
    memset(classes, 0, sizeof(classes))
    while c != NULL:
        if c.flags & CLIENT_CLOSE_NOW:
            left -= c.counted_bytes
        elif c.counted_bytes > 0 and not c.flags & CLIENT_NO_EVICT:     # 0: it has not sent anything yet
            i = high_bit(c.counted_bytes)
            c.linked = classes[i]
            classes[i] = c
        c = c.next
    for i in range(SIZE_CLASSES - 1, -1, -1):
        c = classes[i]
        while c != NULL and left > loop.clients_limit:
            left -= c.counted_bytes
            loop.stats.evicted_clients += 1
            loop.note(loop.owner, 1, "Evicting client:", c)
            loop_close_soon(loop, c)
            c = c.linked
