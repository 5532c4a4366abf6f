"""A client without a socket: the thread that sends runs the commands itself, and reads the replies from memory.

    sender's bytes ──▶ detached_read ──▶ receive, execute, as ever ──▶ detached_write ──▶ output ──▶ taken ──▶ reader
                       (for read(2))                                   (for send(2))       under the lock   without

The loop lets others in between its ticks (`Loop.turnstile`). What such a thread does then is a tick of one client: the
clock is read, what it sends is parsed and run from the arena, everybody is sent what they are owed, after the
append-only file was written. Only events and timers are left to the loop, which is woken when they cannot wait
(loop_nudge). Closing others is left to it too: it may hold events of theirs.

Replies that come later (a client that waited for a key, messages to a subscriber) are written by whoever runs the
command that causes them; the reader waits for `changed`. Who does not read gets UNREAD_MAX bytes; the rest is queued and
limited as for a socket that takes no more.

All of this is called inside the turnstile, without the GIL.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import clock_tick, monotonic_us
from cython.cimports.kvik.engine.threads import pthread_cond_broadcast, pthread_cond_destroy
from cython.cimports.kvik.engine.turnstile import (
    monotonic_cond_init,
    turnstile_enter,
    turnstile_leave,
    turnstile_wait,
)
from cython.cimports.kvik.wire.client import (
    CLIENT_CLOSE_NOW,
    CLIENT_IN_AGAIN,
    CLIENT_READ_OFF,
    CLIENT_WANTS_WRITE,
    CLIENT_YIELDS,
)
from cython.cimports.kvik.wire.client_list import client_list_remove
from cython.cimports.kvik.wire.connections import connection_close, connection_detached
from cython.cimports.kvik.wire.loop import (
    end_group,
    flush_client,
    loop_close_soon,
    loop_flush,
    loop_nudge,
    loop_read_on,
)
from cython.cimports.kvik.wire.receive import receive
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.stdlib import free, realloc
from cython.cimports.libc.string import memcpy, memmove, memset


def detached_open(d, loop):
    """A new client. False: there are too many, or memory is short."""
    memset(d, 0, sizeof(Detached))
    monotonic_cond_init(address(d.changed))
    if loop.client_count >= loop.max_clients:
        loop.stats.rejected += 1
        return False
    d.loop = loop
    clock_tick(loop.clock)
    d.client = connection_detached(loop, d)
    return d.client != NULL


def detached_free(d):
    """The client is closed, and nobody waits."""
    buffer_free(address(d.output))
    buffer_free(address(d.taken))
    pthread_cond_destroy(address(d.changed))


def detached_close(d, within):
    """The client goes; at the end of the tick, if the loop is closing it already or a command runs (`within`)."""
    c: ClientPtr = d.client
    if c == NULL:
        return
    if c.flags & CLIENT_CLOSE_NOW or within:
        loop_close_soon(d.loop, c)
        detached_closed(c)
        loop_nudge(d.loop)
    else:
        connection_close(d.loop, c)


def is_open(d):
    return d.client != NULL and d.loop.running and not d.client.flags & CLIENT_CLOSE_NOW


# --- sending ---------------------------------------------------------------------------------------------------------


def detached_send(d, p, n):
    """Run what is sent. It waits while the client may not run commands and has enough of them. False: it is closed, maybe
    before anything was run (`input_left`)."""
    d.input = p
    d.input_left = n
    d.eager = True
    while is_open(d):
        clock_tick(d.loop.clock)
        if step(d):
            turnstile_leave(d.loop.turnstile)       # a long pipeline starves nobody
            turnstile_enter(d.loop.turnstile)
        elif d.input_left == 0:
            break
        else:
            turnstile_wait(d.loop.turnstile, address(d.changed), monotonic_us() + WAIT_US)
    d.eager = False
    d.input = NULL
    return is_open(d)


def step(d):
    """A tick of this client. Can it go on at once?"""
    loop: LoopPtr = d.loop
    c: ClientPtr = d.client
    if c.flags & CLIENT_IN_AGAIN:
        go_on(loop, c)
    elif d.input_left > 0 and not c.flags & CLIENT_READ_OFF:
        receive(loop, c, True)
    else:
        return False
    end_group(loop)
    loop_flush(loop)
    take_all(d)
    loop_nudge(loop)
    return d.client != NULL and (c.flags & CLIENT_IN_AGAIN != 0 or (d.input_left > 0 and not c.flags & CLIENT_READ_OFF))


def go_on(loop, c):
    """As the loop does with all that have commands left from before."""
    client_list_remove(address(loop.tick.again), c)
    c.flags &= ~cast(uint32_t, CLIENT_IN_AGAIN | CLIENT_YIELDS)
    loop_read_on(loop, c)
    receive(loop, c, False)


def take_all(d):
    """What is queued for the client beyond what a socket would have taken."""
    c: ClientPtr = d.client
    while c != NULL and c.flags & CLIENT_WANTS_WRITE and not c.flags & CLIENT_CLOSE_NOW:
        flush_client(d.loop, c)


# --- reading ---------------------------------------------------------------------------------------------------------


def detached_fetch(d, until_us):
    """Wait until there is something to read, and take it. 0: there was nothing in time. -1: it is closed, which as with
    a socket means that the loop has forgotten the client."""
    other: Buffer
    while d.output.used == 0 and d.client != NULL:
        if monotonic_us() >= until_us:
            return 0
        turnstile_wait(d.loop.turnstile, address(d.changed), until_us)
    if d.output.used == 0:
        return -1
    d.eager = True
    take_all(d)
    d.eager = False
    if d.read == d.taken.used:
        if d.taken.capacity > BUFFER_KEPT:
            buffer_free(address(d.taken))
        other = d.taken
        d.taken = d.output
        d.output = other
    else:
        if d.read > 0:
            memmove(d.taken.data, d.taken.data + d.read, d.taken.used - d.read)
            d.taken.used -= d.read
        d.read = 0
        if not buffer_add(address(d.taken), d.output.data, d.output.used):
            return -1
    d.read = 0
    d.output.used = 0
    return 1


# --- in place of system calls ----------------------------------------------------------------------------------------


def detached_read(c, into, room):
    d: DetachedPtr = cast(DetachedPtr, c.detached)
    n: cython.size_t = d.input_left if d.input_left < room else room
    memcpy(into, d.input, n)
    d.input += n
    d.input_left -= n
    return n


def detached_write(c, p, n):
    """As send(2): how many bytes were taken, 0 for none now, -1 with errno for an error."""
    d: DetachedPtr = cast(DetachedPtr, c.detached)
    if d.output.used >= UNREAD_MAX and not d.eager:
        return 0
    if not buffer_add(address(d.output), p, n):
        return -1
    pthread_cond_broadcast(address(d.changed))
    return n


def detached_closed(c):
    """The client is gone, or as good as: nothing more will come."""
    d: DetachedPtr = cast(DetachedPtr, c.detached)
    c.detached = NULL
    d.client = NULL
    pthread_cond_broadcast(address(d.changed))


def buffer_add(b, p, n):
    grown: cython.p_char
    capacity: cython.size_t = b.capacity * 2
    if b.used + n > b.capacity:
        if capacity < b.used + n:
            capacity = b.used + n
        grown = cast(cython.p_char, realloc(b.data, capacity))
        if grown == NULL:
            return False
        b.data = grown
        b.capacity = capacity
    memcpy(b.data + b.used, p, n)
    b.used += n
    return True


def buffer_free(b):
    free(b.data)
    memset(b, 0, sizeof(Buffer))
