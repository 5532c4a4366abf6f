"""Receiving: from a readable socket to requests in the batch.

Three ways in, by what the client is in the middle of:

* *arena*: the usual one. What is held from last time is copied into the arena, the socket is read behind it, and all
  complete commands become requests where they lie.
* *held*: a command longer than HELD_MAX (`partial`). The socket is read behind what is held; parsing goes on where it
  stopped.
* *big*: an argument of at least BIG_ARGUMENT bytes. The socket is read into its block, which doubles as it fills, so
  that no length is believed before the bytes are there.

A client that is waiting (CLIENT PAUSE) or had its share of the tick is read only until READ_MAX is held.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import RawPtr, raw_new, raw_reserve
from cython.cimports.kvik.engine.intrinsics import unlikely
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_CLOSE_NOW,
    CLIENT_IN_GROUP,
    CLIENT_READ_OFF,
    CLIENT_STOPPED,
    CLIENT_WAITING,
    CLIENT_WANTS_WRITE,
    CLIENT_YIELDS,
    client_add_big,
    client_drop_big,
    client_hold,
    client_input_bytes,
    client_reserve,
    client_unhold,
)
from cython.cimports.kvik.wire.client_eviction import count_client
from cython.cimports.kvik.wire.client_list import client_list_add
from cython.cimports.kvik.wire.detached import detached_read
from cython.cimports.kvik.wire.loop import (
    ARENA_BYTES,
    BATCH,
    BIG_READ_MAX,
    HELD_MAX,
    OBSERVE_LARGE,
    READ_MAX,
    RECEIVE_MIN,
    SCRATCH_BYTES,
    end_group,
    loop_again,
    loop_close_soon,
    loop_switch,
    out_of_memory,
)
from cython.cimports.kvik.wire.parser import (
    PARSE_BIG,
    PARSE_COMMAND,
    PARSE_EMPTY,
    PARSE_ERROR,
    PARSE_FULL,
    ParseResult,
    arguments_add,
    arguments_free,
    bad_crlf,
    is_crlf,
    parse_begin,
    parse_command,
)
from cython.cimports.kvik.wire.poller import POLL_WRITE, poller_change
from cython.cimports.kvik.wire.reply import reply_error_slice
from cython.cimports.libc.errno import EAGAIN, EINTR, errno
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memcpy, memmove, strlen


def receive(loop, c, readable):
    """c's socket is readable, or (not `readable`) c may go on with what it sent before."""
    if not c.flags & CLIENT_STOPPED and c.receiving == NULL and not c.partial:
        receive_into_arena(loop, c, readable)
        return
    if c.flags & CLIENT_STOPPED:
        if c.flags & (CLIENT_WAITING | CLIENT_YIELDS) and readable:
            receive_waiting(loop, c)
        elif c.flags & CLIENT_CLOSE_AFTER_REPLY and readable:
            read_some(loop, c, loop.tick.scratch, SCRATCH_BYTES)     # nobody wants it; sees the end of the connection
    elif c.receiving != NULL:
        if readable:
            receive_big(loop, c)
    elif readable:
        receive_held(loop, c)
    else:
        parse_held(loop, c)
    count_client(loop, c)


def read_some(loop, c, into, room):
    """Read once. How many bytes came; 0 when none did, or when the connection ended and c is going to be closed."""
    n: cython.Py_ssize_t
    if unlikely(c.detached != NULL):
        n = detached_read(c, into, room)
    else:
        n = recv(c.fd, into, room, 0)       # on a socket read(2) is a longer way to the same
    loop.stats.reads += 1
    if n > 0:
        loop.stats.bytes_in += n
        c.bytes_in += n
        if c.active_ms < loop.heard_since_ms:
            loop.heard_clients += 1
        c.active_ms = loop.clock.now_ms
        return n
    if c.detached == NULL and (n == 0 or (errno != EAGAIN and errno != EINTR)):
        loop_close_soon(loop, c)
    return 0


def receive_into_arena(loop, c, readable):
    got: cython.Py_ssize_t = 0
    if c.flags & CLIENT_IN_GROUP or ARENA_BYTES - loop.tick.input_used < c.held_bytes + READ_MAX:
        end_group(loop)
        if c.flags & CLIENT_STOPPED or c.partial or c.held_bytes + READ_MAX > ARENA_BYTES:
            return                  # what ran meanwhile changed what c is in the middle of
    c.start = loop.tick.input + loop.tick.input_used
    if c.held_bytes > 0:
        memcpy(c.start, c.held, c.held_bytes)
    if readable:
        got = read_some(loop, c, c.start + c.held_bytes, READ_MAX)
        if got == 0:
            c.start = NULL
            return
    c.stop = c.start + c.held_bytes + got
    if c.held_bytes + got > c.peak_input:
        c.peak_input = c.held_bytes + got
    c.held_bytes = 0
    loop.tick.input_used += c.stop - c.start
    c.flags |= CLIENT_IN_GROUP
    if not client_list_add(loop.heap, address(loop.tick.group), c):
        c.flags &= ~cast(uint32_t, CLIENT_IN_GROUP)
        out_of_memory(loop, c)
        return
    parse_arena(loop, c)


def parse_arena(loop, c):
    """Make requests of all complete commands between c.start and c.stop."""
    state: ParseState
    result: ParseResult
    base: cython.p_char = c.start
    length: cython.size_t = c.stop - base
    first: cython.size_t
    begin: cython.size_t = 0
    own: cython.bint = False        # the last request of the batch is c's
    loop.tick.parsing = c
    while begin < length and not c.flags & CLIENT_STOPPED:
        first = loop.tick.arguments.count
        parse_begin(address(state), begin)
        loop.limits.authenticated = (c.flags & CLIENT_AUTHENTICATED) != 0
        result = parse_command(loop.heap, address(state), address(loop.limits), address(loop.tick.arguments), base, length)
        if result == PARSE_COMMAND:
            add_request(loop, c, first, base + state.position)
            own = True
            begin = state.position
            if loop.tick.request_count == BATCH or not loop.limits.authenticated:
                run_batch(loop)
                own = False
            continue
        loop.tick.arguments.count = first
        if result == PARSE_EMPTY:
            begin = state.position
            if own:
                loop.tick.requests[loop.tick.request_count - 1].end = base + begin
            else:
                c.start = base + begin
        elif result == PARSE_FULL:
            run_batch(loop)
            own = False
        elif result == PARSE_ERROR:
            run_batch(loop)
            protocol_error(loop, c, address(state))
        else:
            if result == PARSE_BIG or length - begin > HELD_MAX:
                run_batch(loop)
                c.partial = not c.flags & CLIENT_STOPPED
            break
    loop.tick.parsing = NULL


def add_request(loop, c, first, end):
    r: RequestPtr = address(loop.tick.requests[loop.tick.request_count])
    r.client = c
    r.end = end
    r.first = first
    r.count = cast(cython.int, loop.tick.arguments.count - first)
    loop.tick.request_count += 1


def run_batch(loop):
    if loop.tick.request_count > 0:
        loop.execute(loop.owner, loop.tick.requests, loop.tick.request_count)
        loop.tick.request_count = 0
    loop.tick.arguments.count = 0
    loop.limits.scratch = loop.tick.scratch
    loop.limits.scratch_left = SCRATCH_BYTES


def keep_rest(loop, c):
    """At the end of its group: keep what c sent beyond its last command."""
    c.flags &= ~cast(uint32_t, CLIENT_IN_GROUP)
    if c.partial:
        parse_begin(address(c.parse), 0)
    if c.start < c.stop and not c.flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY):
        if not client_hold(loop.heap, c, c.start, c.stop - c.start):
            out_of_memory(loop, c)
        check_query_limit(loop, c)
    elif c.held != NULL:
        client_unhold(loop.heap, c)
    c.start = NULL
    c.stop = NULL
    if c.partial:
        parse_held(loop, c)
    count_client(loop, c)


def check_query_limit(loop, c):
    """client-query-buffer-limit. As in Redis, it is for what is not parsed: complete arguments do not count."""
    n: cython.size_t = client_input_bytes(c)
    if n > c.peak_input:
        c.peak_input = n
    n = c.held_bytes
    if c.partial:
        n -= c.parse.position
    if c.receiving != NULL:
        n += c.receiving.length
    if n > loop.query_limit:
        loop.stats.query_limit_closes += 1
        loop.note(loop.owner, 3, "Closing client that reached max query buffer length", c)
        loop_close_soon(loop, c)


def protocol_error(loop, c, state):
    text: cython.char[128]
    n: cython.int
    if c.flags & CLIENT_STOPPED:
        return
    loop_switch(loop, c)
    n = snprintf(text, 64, "ERR Protocol error: ")
    snprintf(cast(CharPtr, text) + n, 64, state.error, cast(cython.int, state.unexpected))
    reply_error_slice(c, text, strlen(text))         # a NUL ends it, as in Redis
    snprintf(text, 128, "Protocol error (%s) from client:", state.error)
    loop.note(loop.owner, 1, text, c)
    c.flags |= CLIENT_CLOSE_AFTER_REPLY
    c.start = c.stop


# --- long commands ---------------------------------------------------------------------------------------------------


def receive_held(loop, c):
    got: cython.Py_ssize_t
    if not client_reserve(loop.heap, c, READ_MAX):
        out_of_memory(loop, c)
        return
    got = read_some(loop, c, c.held + c.held_bytes, READ_MAX)
    if got == 0:
        return
    c.held_bytes += got
    check_query_limit(loop, c)
    parse_held(loop, c)


def receive_waiting(loop, c):
    """c may not run commands now; take a little of what it sends, and notice when it goes."""
    got: cython.Py_ssize_t
    if c.receiving != NULL or c.partial or c.held_bytes >= READ_MAX:
        c.flags |= CLIENT_READ_OFF
        poller_change(address(loop.poller), c.fd, POLL_WRITE if c.flags & CLIENT_WANTS_WRITE else 0, c)
        return
    if not client_reserve(loop.heap, c, READ_MAX):
        out_of_memory(loop, c)
        return
    got = read_some(loop, c, c.held + c.held_bytes, READ_MAX)
    c.held_bytes += got


def parse_held(loop, c):
    """Go on with the long command that c.held begins with, and run it when it is complete."""
    result: ParseResult
    if c.flags & CLIENT_STOPPED:
        return
    loop.limits.authenticated = (c.flags & CLIENT_AUTHENTICATED) != 0
    if c.parse.remaining < 0 and c.held_bytes > 0 and c.held[0] != STAR:
        run_batch(loop)             # an inline command wants the scratch for itself
    result = parse_command(
        loop.heap, address(c.parse), address(loop.limits), address(c.arguments), c.held, c.held_bytes)
    if result == PARSE_COMMAND:
        run_held(loop, c)
    elif result == PARSE_EMPTY:
        drop_held(loop, c)
    elif result == PARSE_BIG:
        begin_big(loop, c)
    elif result == PARSE_ERROR:
        run_batch(loop)
        protocol_error(loop, c, address(c.parse))


def run_held(loop, c):
    i: cython.size_t
    first: cython.size_t
    run_batch(loop)
    first = loop.tick.arguments.count
    for i in range(c.arguments.count):
        if not arguments_add(loop.heap, address(loop.tick.arguments), c.arguments.items[i].p, c.arguments.items[i].n):
            out_of_memory(loop, c)
            return
    c.stop = NULL
    loop.observed |= OBSERVE_LARGE
    add_request(loop, c, first, c.held + c.parse.position)
    run_batch(loop)
    if c.start != NULL:             # else it has to wait, and is parsed again
        drop_held(loop, c)
    c.start = NULL


def drop_held(loop, c):
    """The long command has run: forget it, go on with what came behind it."""
    arguments_free(loop.heap, address(c.arguments))
    client_drop_big(loop.heap, c)
    c.partial = False
    c.held_bytes -= c.parse.position
    if c.held_bytes == 0:
        client_unhold(loop.heap, c)
        return
    memmove(c.held, c.held + c.parse.position, c.held_bytes)
    loop_again(loop, c)


# --- big arguments ---------------------------------------------------------------------------------------------------


def begin_big(loop, c):
    """The next argument is big: give it a block, and move there what has come of it."""
    have: cython.size_t = c.held_bytes - c.parse.position
    raw: RawPtr = raw_new(loop.heap, have if have > RECEIVE_MIN else RECEIVE_MIN)
    if raw == NULL:
        out_of_memory(loop, c)
        return
    memcpy(raw.data, c.held + c.parse.position, have)
    raw.length = have
    c.held_bytes = c.parse.position
    c.receiving = raw


def receive_big(loop, c):
    """Go on with the argument while the socket has more of it, up to BIG_READ_MAX bytes in a tick."""
    taken: cython.size_t = 0
    room: cython.size_t = 0
    got: cython.size_t = 0
    while got == room and taken < BIG_READ_MAX and not c.flags & CLIENT_CLOSE_NOW:
        room = big_room(loop, c)
        if room == 0:
            return
        got = read_some(loop, c, cast(CharPtr, c.receiving.data) + c.receiving.length, room)
        c.receiving.length += got
        taken += got
        check_query_limit(loop, c)
        if c.receiving.length == cast(cython.size_t, c.parse.bulk) + 2:
            complete_big(loop, c)
            return


def big_room(loop, c):
    """How many bytes may be read into the block of the big argument, which doubles when it is full. 0: no memory."""
    raw: RawPtr = c.receiving
    whole: cython.size_t = cast(cython.size_t, c.parse.bulk) + 2
    capacity: cython.size_t = raw.capacity
    if raw.length == capacity:
        capacity *= 2
        raw = raw_reserve(loop.heap, raw, capacity if capacity < whole else whole)
        if raw == NULL:
            out_of_memory(loop, c)
            return 0
        c.receiving = raw
        capacity = raw.capacity
    return (capacity if capacity < whole else whole) - raw.length


def complete_big(loop, c):
    raw: RawPtr = c.receiving
    raw.length = cast(cython.size_t, c.parse.bulk)
    if not is_crlf(cast(CharPtr, raw.data) + raw.length):
        bad_crlf(address(c.parse))
        run_batch(loop)
        protocol_error(loop, c, address(c.parse))
        return
    if not client_add_big(loop.heap, c, raw, c.arguments.count):
        out_of_memory(loop, c)
        return
    c.receiving = NULL
    if not arguments_add(loop.heap, address(c.arguments), raw.data, raw.length):
        out_of_memory(loop, c)
        return
    c.parse.bulk = -1
    c.parse.remaining -= 1
    parse_held(loop, c)
