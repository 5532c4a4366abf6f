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
from cython.cimports.kvik.wire.loop import (
    ARENA_BYTES,
    BATCH,
    LISTENERS_MAX,
    SCRATCH_BYTES,
    end_group,
    handle_event,
    list_add,
    list_free,
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
        take_over_flush(loop, outer)
        if outer.group_count > 1:
            answer_rest(loop.owner, outer.requests, outer.request_count, outer.arguments.items)
            loop_switch(loop, NULL)
            let_go(loop, outer)
        inner_tick(loop)
        take_up(loop, outer)
    free(outer)
    free(room)


def set_aside(loop, outer, room):
    outer.input = loop.input
    outer.input_used = loop.input_used
    outer.output = loop.output
    outer.output_used = loop.output_used
    outer.scratch = loop.scratch
    outer.scratch_now = loop.limits.scratch
    outer.scratch_left = loop.limits.scratch_left
    outer.requests = loop.requests
    outer.request_count = loop.request_count
    outer.arguments = loop.arguments
    outer.executing = loop.executing
    outer.parsing = loop.parsing
    outer.share_used = loop.share_used
    outer.failed = loop.failed
    outer.deferred = loop.deferred
    outer.deferred_bytes = loop.deferred_bytes
    outer.deferred_capacity = loop.deferred_capacity
    outer.group = loop.group
    outer.group_count = loop.group_count
    outer.group_capacity = loop.group_capacity
    outer.flush = loop.flush
    outer.flush_count = loop.flush_count
    outer.flush_capacity = loop.flush_capacity
    outer.again = loop.again
    outer.again_count = loop.again_count
    outer.again_capacity = loop.again_capacity
    memcpy(outer.events, loop.poller.events, sizeof(PollEvent) * EVENTS_MAX)
    loop.requests = cast(RequestPtr, cast(cython.p_void, room))
    loop.input = room + BATCH * sizeof(Request)
    loop.output = loop.input + ARENA_BYTES
    loop.scratch = loop.output + ARENA_BYTES
    loop.limits.scratch = loop.scratch
    loop.limits.scratch_left = SCRATCH_BYTES
    loop.input_used = 0
    loop.output_used = 0
    loop.request_count = 0
    memset(address(loop.arguments), 0, sizeof(Arguments))
    loop.executing = NULL
    loop.deferred = NULL
    loop.deferred_bytes = 0
    loop.deferred_capacity = 0
    loop.group = NULL
    loop.group_count = 0
    loop.group_capacity = 0
    loop.flush = NULL
    loop.flush_count = 0
    loop.flush_capacity = 0
    loop.again = NULL
    loop.again_count = 0
    loop.again_capacity = 0


def take_up(loop, outer):
    """Go on with the outer tick. Who is to go on in the next tick still is."""
    i: cython.int
    for i in range(loop.again_count):
        list_add(loop.heap, address(outer.again), address(outer.again_count), address(outer.again_capacity), loop.again[i])
    arguments_free(loop.heap, address(loop.arguments))
    list_free(loop.heap, loop.group, loop.group_capacity)
    list_free(loop.heap, loop.flush, loop.flush_capacity)
    list_free(loop.heap, loop.again, loop.again_capacity)
    if loop.deferred != NULL:
        heap_free(loop.heap, loop.deferred, loop.deferred_capacity)
    loop.input = outer.input
    loop.input_used = outer.input_used
    loop.output = outer.output
    loop.output_used = outer.output_used
    loop.scratch = outer.scratch
    loop.limits.scratch = outer.scratch_now
    loop.limits.scratch_left = outer.scratch_left
    loop.requests = outer.requests
    loop.request_count = outer.request_count
    loop.arguments = outer.arguments
    loop.executing = outer.executing
    loop.parsing = outer.parsing
    loop.share_used = outer.share_used
    loop.failed = outer.failed
    loop.deferred = outer.deferred
    loop.deferred_bytes = outer.deferred_bytes
    loop.deferred_capacity = outer.deferred_capacity
    loop.group = outer.group
    loop.group_count = outer.group_count
    loop.group_capacity = outer.group_capacity
    loop.flush = outer.flush
    loop.flush_count = outer.flush_count
    loop.flush_capacity = outer.flush_capacity
    loop.again = outer.again
    loop.again_count = outer.again_count
    loop.again_capacity = outer.again_capacity
    memcpy(loop.poller.events, outer.events, sizeof(PollEvent) * EVENTS_MAX)


def take_over_flush(loop, outer):
    """What others are owed from before the script need not wait for its end."""
    i: cython.int
    c: ClientPtr
    kept: cython.int = 0
    for i in range(outer.flush_count):
        c = outer.flush[i]
        if c == outer.executing or c == outer.parsing \
                or not list_add(loop.heap, address(loop.flush), address(loop.flush_count), address(loop.flush_capacity), c):
            outer.flush[kept] = c
            kept += 1
    outer.flush_count = kept


def let_go(loop, outer):
    """Whose requests have all been answered leaves the outer group: he may send more."""
    i: cython.int
    c: ClientPtr
    kept: cython.int = 0
    for i in range(outer.group_count):
        c = outer.group[i]
        if c == outer.executing or c == loop.parsing:
            outer.group[kept] = c
            kept += 1
        else:
            keep_rest(loop, c)
    outer.group_count = kept


def inner_tick(loop):
    i: cython.int
    n: cython.int = poller_wait(address(loop.poller), 0)
    for i in range(n):
        if not is_in_outer_group(loop, loop.poller.events[i].data):
            handle_event(loop, loop.poller.events[i].data, loop.poller.events[i].events)
    if loop.again_count > 0:
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
