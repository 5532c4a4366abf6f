"""What is told of commands while they run: the command log (slow ones, large requests, large replies) and MONITOR.

`call_command` (dispatch.py) asks after each command whether anybody wants to know, which is two tests: was it slow, and
`Loop.observed`, where all other reasons have their bit. A request or reply that is large by the usual limits comes in a
buffer of its own, or in blocks; who makes those sets OBSERVE_LARGE, so that sizes are not looked at otherwise. With
limits so low that this would miss some, OBSERVE_SIZES is always set.

As in Redis, what EXEC runs is logged with the size of the request EXEC, and of all replies up to there.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast
from cython.cimports.kvik.commands.monitor import monitor_feed
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.kvik.keyspace.call import COMMAND_SKIP_COMMANDLOG
from cython.cimports.kvik.wire.client import CLIENT_MULTI, is_inner
from cython.cimports.kvik.wire.loop import OBSERVE_LARGE, OBSERVE_MONITORS, OBSERVE_SIZES, LoopPtr
from cython.cimports.kvik.wire.reply import bulk_bytes, header_bytes
from cython.cimports.libc.stdint import uint32_t, uint64_t


def observe(o, call, spent):
    """The command has run and took so many cycles; somebody wants to know."""
    c: ClientPtr = call.client
    loop: LoopPtr = cast(LoopPtr, c.loop)
    if spent > o.slow_cycles:
        o.log(o.engine, call, LOG_SLOW, spent)
    if loop.observed & (OBSERVE_SIZES | OBSERVE_LARGE) and not call.command.flags & COMMAND_SKIP_COMMANDLOG \
            and not is_inner(c):    # a script's commands have no sizes of their own
        observe_sizes(o, call)
    if loop.observed & OBSERVE_MONITORS and c.blocked == NULL:      # else they saw it when it began to wait
        monitor_feed(o, call)
    if not c.flags & CLIENT_MULTI:
        loop.observed &= ~cast(uint32_t, OBSERVE_LARGE)


def observe_event(o, event, begun):
    """Something that is no command ran since `begun`, a reading of `cycles()`."""
    spent: uint64_t = cycles() - begun
    if spent > o.event_cycles:
        o.event(o.engine, event, spent)


def observe_sizes(o, call):
    c: ClientPtr = call.client
    n: cython.size_t
    if o.request_begin != NULL and c.start != NULL:
        n = c.start - o.request_begin
    else:
        n = request_bytes(call)
    if n >= o.large_request:
        o.log(o.engine, call, LOG_LARGE_REQUEST, n)
    n = output_total(c)
    n = n - o.reply_begin if n > o.reply_begin else 0
    if n >= o.large_reply:
        o.log(o.engine, call, LOG_LARGE_REPLY, n)


def request_bytes(call):
    """What its arguments take as a RESP array."""
    i: cython.int
    n: cython.size_t = header_bytes(call.argc)
    for i in range(call.argc):
        n += bulk_bytes(call.argv[i].n)
    return n
