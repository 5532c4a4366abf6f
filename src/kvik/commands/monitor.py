"""MONITOR: a connection that sees every command that runs, as a line each.

    +1795625558.790479 [0 127.0.0.1:57954] "SET" "key" "a \\"value\\""

is the time, the database after the command, who sent it, and its arguments, written so that a line stays one. Commands
of administrators and passwords are not shown. A line is made once and appended to what each monitor is owed; while there
is no monitor, none of this costs anything (OBSERVE_MONITORS in `Loop.observed`).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.dispatch import DispatcherPtr
from cython.cimports.kvik.commands.observe import is_secret
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.text import QUOTE
from cython.cimports.kvik.keyspace.call import COMMAND_ADMIN, COMMAND_SKIP_MONITOR
from cython.cimports.kvik.wire.client import (
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_CLOSE_NOW,
    CLIENT_MONITOR,
    CLIENT_MULTI,
    CLIENT_REPLY_OFF,
    CLIENT_UNIX_SOCKET,
    is_inner,
)
from cython.cimports.kvik.wire.client_list import client_list_add, client_list_free, client_list_remove
from cython.cimports.kvik.wire.connections import AF_INET6, SockAddrPtr
from cython.cimports.kvik.wire.loop import OBSERVE_MONITORS, LoopPtr
from cython.cimports.kvik.wire.output import output_write
from cython.cimports.kvik.wire.reply import reply_error, reply_ok
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memcpy


def monitor_command(call):
    """Who is a monitor already gets no answer."""
    c: ClientPtr = call.client
    d: DispatcherPtr = cast(DispatcherPtr, call.server)
    if c.flags & CLIENT_MULTI:
        reply_error(c, "ERR MONITOR isn't allowed for DENY BLOCKING client")
    elif not c.flags & CLIENT_MONITOR:
        if not client_list_add(d.heap, address(d.observers.monitors), c):
            reply_memory(call)
            return
        c.flags |= CLIENT_MONITOR
        reply_ok(c)
        d.loop.observed |= OBSERVE_MONITORS


def monitor_leave(o, c):
    """c is going, or has said RESET."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    if not c.flags & CLIENT_MONITOR:
        return
    c.flags &= ~cast(uint32_t, CLIENT_MONITOR)
    client_list_remove(address(o.monitors), c)
    if o.monitors.count == 0:
        loop.observed &= ~cast(uint32_t, OBSERVE_MONITORS)
        client_list_free(loop.heap, address(o.monitors))


def monitor_feed(o, call):
    """Show the command to all monitors. When memory is short, they miss it."""
    loop: LoopPtr = cast(LoopPtr, call.client.loop)
    head: cython.char[HEAD_MAX]
    i: cython.int
    c: ClientPtr
    n: cython.size_t
    at: cython.size_t
    line: CharPtr
    if call.command.flags & (COMMAND_ADMIN | COMMAND_SKIP_MONITOR):
        return
    at = put_head(head, call)
    n = at + put_words(NULL, call, o.secrets) + 2
    line = cast(CharPtr, heap_alloc(loop.heap, n))
    if line == NULL:
        return
    memcpy(line, cast(CharPtr, head), at)
    put_words(line + at, call, o.secrets)
    memcpy(line + n - 2, "\r\n", 2)
    for i in range(o.monitors.count):
        c = o.monitors.items[i]
        if not c.flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY | CLIENT_REPLY_OFF):
            output_write(c, line, n)
    heap_free(loop.heap, line, n)


def put_head(to, call):
    """The beginning of a line, up to where its words begin."""
    loop: LoopPtr = cast(LoopPtr, call.client.loop)
    now: int64_t = loop.clock.now_us
    n: cython.size_t = snprintf(
        to, HEAD_MAX, "+%ld.%06ld [%d ", cast(cython.long, now // 1000000), cast(cython.long, now % 1000000),
        call.client.db)
    n += put_source(to + n, HEAD_MAX - n, call.client)
    memcpy(to + n, "]", 1)
    return n + 1


def put_source(to, room, c):
    """Where c sits: address and port, or its Unix socket."""
    host: cython.char[64]
    port: cython.int = c.peer[2] * 256 + c.peer[3]
    family: cython.int = cast(SockAddrPtr, cast(cython.p_void, c.peer)).sa_family
    if is_inner(c):
        if c.name != NULL:
            return snprintf(to, room, "%.*s", cast(cython.int, c.name.n), c.name.p)
        return snprintf(to, room, "lua")
    if c.flags & CLIENT_UNIX_SOCKET:
        return snprintf(to, room, "unix:%.108s", cast(CharPtr, cast(cython.p_void, c.local)) + 2)
    if family == AF_INET6:
        inet_ntop(family, cast(CharPtr, cast(cython.p_void, c.peer)) + 8, host, 64)
        return snprintf(to, room, "[%s]:%d", cast(CharPtr, host), port)
    inet_ntop(family, cast(CharPtr, cast(cython.p_void, c.peer)) + 4, host, 64)
    return snprintf(to, room, "%s:%d", cast(CharPtr, host), port)


def put_words(to, call, secrets):
    """The arguments, with a space in front of each; with `to` NULL, only how many bytes that is."""
    n: cython.size_t = 0
    i: cython.int
    for i in range(call.argc):
        if to != NULL:
            to[n] = 32
        n += 1
        if is_secret(call, secrets, i):
            n += put_quoted(NULL if to == NULL else to + n, "(redacted)", 10)
        else:
            n += put_quoted(NULL if to == NULL else to + n, call.argv[i].p, call.argv[i].n)
    return n


def put_quoted(to, p, n):
    """p in quotes, with what is not printable escaped; with `to` NULL, only how many bytes that is."""
    code: cython.char[8]
    used: cython.size_t = 1
    step: cython.int
    i: cython.size_t
    if to != NULL:
        to[0] = QUOTE
    for i in range(n):
        step = escape(code, cast(cython.uchar, p[i]))
        if to != NULL:
            memcpy(to + used, cast(CharPtr, code), step)
        used += step
    if to != NULL:
        to[used] = QUOTE
    return used + 1


def escape(to, c):
    """How a byte is written, and how many bytes that is."""
    letter: cython.char = 0
    if c == 92 or c == 34:
        letter = c
    elif c == 10:
        letter = 110
    elif c == 13:
        letter = 114
    elif c == 9:
        letter = 116
    elif c == 7:
        letter = 97
    elif c == 8:
        letter = 98
    if letter != 0:
        to[0] = 92
        to[1] = letter
        return 2
    if 32 <= c < 127:
        to[0] = c
        return 1
    return snprintf(to, 8, "\\x%02x", cast(cython.int, c))
