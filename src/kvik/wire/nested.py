"""A tick of the loop within another one: while a command (a script) runs that does not end, others are to be answered.

The outer tick is in the midst of everything: its arena holds requests that have not run, and it goes through lists. So
the inner one has buffers and lists of its own. The requests of others that stand behind the script in the outer batch are
answered first, and their clients leave the outer tick. Who stays in it, the script's own client above all, is neither
read nor written to; and nobody is closed, for the outer tick may still come to him. Timers and whoever wakes the loop
wait as well.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_free
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_IN_GROUP
from cython.cimports.kvik.wire.client_list import client_list_add, client_list_free
from cython.cimports.kvik.wire.loop import (
    ARENA_BYTES,
    BATCH,
    LISTENERS_MAX,
    SCRATCH_BYTES,
    end_group,
    handle_event,
    loop_flush,
    loop_switch,
    run_again,
)
from cython.cimports.kvik.wire.parser import arguments_free
from cython.cimports.kvik.wire.poller import poller_wait
from cython.cimports.kvik.wire.receive import keep_rest
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy, memset


def loop_serve_others(loop, answer_rest):
    """One tick for all other clients, without waiting. Nothing happens when memory is short. `answer_rest` runs what is
    left of the outer batch, but for the client that is executing."""
    outer: OuterTickPtr = cast(OuterTickPtr, malloc(sizeof(OuterTick)))
    room: cython.p_char = cast(cython.p_char, malloc(2 * ARENA_BYTES + SCRATCH_BYTES + BATCH * sizeof(Request)))
    if outer != NULL and room != NULL:
        set_aside(loop, outer, room)
        take_over_flush(loop, address(outer.tick))
        if outer.tick.group.count > 1:
            answer_rest(loop.owner, outer.tick.requests, outer.tick.request_count, outer.tick.arguments.items)
            loop_switch(loop, NULL)
            let_go(loop, address(outer.tick))
        inner_tick(loop)
        take_up(loop, outer)
    free(outer)
    free(room)


def set_aside(loop, outer, room):
    """An empty tick in place of the outer one, with the buffers in `room`."""
    outer.tick = loop.tick
    outer.scratch = loop.limits.scratch
    outer.scratch_left = loop.limits.scratch_left
    memcpy(outer.events, loop.poller.events, sizeof(PollEvent) * EVENTS_MAX)
    memset(address(loop.tick), 0, sizeof(Tick))
    loop.tick.parsing = outer.tick.parsing
    loop.tick.requests = cast(RequestPtr, cast(cython.p_void, room))
    loop.tick.input = room + BATCH * sizeof(Request)
    loop.tick.output = loop.tick.input + ARENA_BYTES
    loop.tick.scratch = loop.tick.output + ARENA_BYTES
    loop.limits.scratch = loop.tick.scratch
    loop.limits.scratch_left = SCRATCH_BYTES


def take_up(loop, outer):
    """Go on with the outer tick. Who is to go on in the next tick still is."""
    i: cython.int
    for i in range(loop.tick.again.count):
        client_list_add(loop.heap, address(outer.tick.again), loop.tick.again.items[i])
    arguments_free(loop.heap, address(loop.tick.arguments))
    client_list_free(loop.heap, address(loop.tick.group))
    client_list_free(loop.heap, address(loop.tick.flush))
    client_list_free(loop.heap, address(loop.tick.again))
    if loop.tick.deferred != NULL:
        heap_free(loop.heap, loop.tick.deferred, loop.tick.deferred_capacity)
    loop.tick = outer.tick
    loop.limits.scratch = outer.scratch
    loop.limits.scratch_left = outer.scratch_left
    memcpy(loop.poller.events, outer.events, sizeof(PollEvent) * EVENTS_MAX)


def take_over_flush(loop, outer):
    """What others are owed from before the script need not wait for its end."""
    i: cython.int
    c: ClientPtr
    kept: cython.int = 0
    flush: ClientListPtr = address(outer.flush)
    for i in range(flush.count):
        c = flush.items[i]
        if c == outer.executing or c == outer.parsing or not client_list_add(loop.heap, address(loop.tick.flush), c):
            flush.items[kept] = c
            kept += 1
    flush.count = kept


def let_go(loop, outer):
    """Whose requests have all been answered leaves the outer group: he may send more."""
    i: cython.int
    c: ClientPtr
    kept: cython.int = 0
    group: ClientListPtr = address(outer.group)
    for i in range(group.count):
        c = group.items[i]
        if c == outer.executing or c == outer.parsing:
            group.items[kept] = c
            kept += 1
        else:
            keep_rest(loop, c)
    group.count = kept


def inner_tick(loop):
    i: cython.int
    n: cython.int = poller_wait(address(loop.poller), 0)
    for i in range(n):
        if not is_in_outer_group(loop, loop.poller.events[i].data):
            handle_event(loop, loop.poller.events[i].data, loop.poller.events[i].events)
    if loop.tick.again.count > 0:
        run_again(loop)
    end_group(loop)
    loop_flush(loop)


def is_in_outer_group(loop, data):
    """Is the event for the outer tick? Whoever has joined the inner one's group is not listed twice in the events."""
    if data == cast(cython.p_void, address(loop.wake_fd)):
        return True
    if cast(cython.p_void, address(loop.listeners[0])) <= data < cast(cython.p_void, address(loop.listeners[LISTENERS_MAX])):
        return False
    return cast(ClientPtr, data).flags & (CLIENT_IN_GROUP | CLIENT_CLOSE_NOW) != 0
