"""Connection commands that are worth compiling; HELLO, AUTH and CLIENT are in client.py."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.dispatch import DispatcherPtr, reply_wrong_arity
from cython.cimports.kvik.commands.monitor import monitor_leave
from cython.cimports.kvik.engine.text import format_integer
from cython.cimports.kvik.keyspace.subscriptions import unsubscribe_all
from cython.cimports.kvik.keyspace.tracking import tracking_stop
from cython.cimports.kvik.keyspace.watching import unwatch
from cython.cimports.kvik.wire.client import (
    CLIENT_AUTHENTICATED,
    CLIENT_CACHING,
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_MUTED,
    CLIENT_NO_EVICT,
    CLIENT_NO_TOUCH,
    CLIENT_PUBSUB,
    CLIENT_REPLY_OFF,
    ClientPtr,
    client_set_text,
)
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.output import output_unmute, output_write
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_ok, reply_status, reply_text
from cython.cimports.kvik.wire.transaction import transaction_drop
from cython.cimports.libc.stdint import int64_t, uint32_t


def ping_command(call):
    if call.argc > 2:
        reply_wrong_arity(call)
    elif call.client.flags & CLIENT_PUBSUB and call.client.resp == 2:
        pong_message(call)
    elif call.argc == 2:
        reply_bulk(call.client, call.argv[1].p, call.argv[1].n)
    else:
        output_write(call.client, "+PONG\r\n", 7)


def pong_message(call):
    """A subscriber in RESP2 expects nothing but messages, so it gets one."""
    reply_array(call.client, 2)
    reply_text(call.client, "pong")
    if call.argc == 2:
        reply_bulk(call.client, call.argv[1].p, call.argv[1].n)
    else:
        reply_text(call.client, "")


def echo_command(call):
    reply_bulk(call.client, call.argv[1].p, call.argv[1].n)


def quit_command(call):
    reply_ok(call.client)
    call.client.flags |= CLIENT_CLOSE_AFTER_REPLY


def reset_command(call):
    """What a client has set about its connection, back to how it began; only what it told of itself stays."""
    c: ClientPtr = call.client
    loop: LoopPtr = cast(LoopPtr, c.loop)
    c.db = 0
    c.resp = 2
    if c.flags & CLIENT_REPLY_OFF and c.flags & CLIENT_MUTED:
        output_unmute(c)
    transaction_drop(loop.heap, c)
    unwatch(call.keyspace, c)
    monitor_leave(address(cast(DispatcherPtr, call.server).observers), c)
    unsubscribe_all(address(call.keyspace.subscriptions), c)
    tracking_stop(address(call.keyspace.tracking), c)
    c.flags &= ~cast(uint32_t, CLIENT_NO_EVICT | CLIENT_NO_TOUCH | CLIENT_REPLY_OFF | CLIENT_CACHING)
    if loop.password_required:
        c.flags &= ~cast(uint32_t, CLIENT_AUTHENTICATED)
    client_set_text(loop.heap, address(c.name), NULL, 0)
    reply_status(c, "RESET")


def time_command(call):
    """The moment of this tick: seconds since 1970, and microseconds."""
    text: cython.char[24]
    n: cython.int
    now: int64_t = call.keyspace.clock.now_us
    reply_array(call.client, 2)
    n = format_integer(text, now // 1000000)
    reply_bulk(call.client, text, n)
    n = format_integer(text, now % 1000000)
    reply_bulk(call.client, text, n)
