"""The engine between its own thread and others that run commands: for a server that is embedded.

After `begin`, other threads may be inside the engine (the turnstile) while the loop waits for events: in-process clients
(embed/link.py), a test that moves the clock, and fork(2), which must find everything in order. The GIL is never held
while waiting to get in, because handlers in Python take it inside.

In a forked child the engine is a dead copy, its thread gone: `abandon` closes the child's descriptors of it, without
touching what they share with the parent (the epoll set), and lets nobody in any more.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.dispatch import (
    PAUSE_NOTHING,
    resume_paused,
    run_due_timers,
    time_out_blocked,
)
from cython.cimports.kvik.engine.clock import clock_move
from cython.cimports.kvik.engine.turnstile import (
    turnstile_enter,
    turnstile_init,
    turnstile_is_mine,
    turnstile_leave,
)
from cython.cimports.kvik.keyspace.database import keyspace_tick
from cython.cimports.kvik.keyspace.expiry import expire_due
from cython.cimports.kvik.keyspace.field_expiry import expire_fields
from cython.cimports.kvik.keyspace.wait_queues import first_deadline
from cython.cimports.kvik.wire.client import ClientPtr
from cython.cimports.kvik.wire.detached import detached_closed
from cython.cimports.kvik.wire.loop import loop_close_soon, loop_flush, loop_switch
from cython.cimports.libc.stdint import int64_t
from cython.cimports.posix.unistd import close, write


class Sharing:
    def __cinit__(self):
        turnstile_init(address(self.turnstile))

    def attach(self, d):
        self.dispatcher = d
        self.loop = d.loop

    def begin(self, nudge_fd):
        """From now on others may run commands; the loop is about to run. Writing to `nudge_fd` wakes it."""
        self.loop.nudge_fd = nudge_fd
        self.loop.wants_tick = wants_tick
        self.loop.turnstile = address(self.turnstile)
        self.loop.running = True
        self.on = True

    def end(self):
        """The loop has ended: nobody gets in any more, and whoever waits for a reply is told."""
        c: ClientPtr
        with cython.nogil:
            self.enter()
        self.on = False
        c = self.loop.clients
        while c != NULL:
            if c.detached != NULL:
                detached_closed(c)
            c = c.next
        with cython.nogil:
            self.leave()

    def enter(self):
        """Not with the GIL."""
        if self.loop.poller.epoll_fd < 0:       # poll(2) is waited for inside
            write(self.loop.nudge_fd, "", 1)
        turnstile_enter(address(self.turnstile))

    def leave(self):
        turnstile_leave(address(self.turnstile))

    def is_inside(self):
        """Does the calling thread run a command?"""
        return turnstile_is_mine(address(self.turnstile))

    # --- fork ---

    def hold(self):
        """Let nobody else in: before fork(2). False: the calling thread is inside itself, or nobody is let in anyway."""
        if not self.on or turnstile_is_mine(address(self.turnstile)):
            return False
        with cython.nogil:
            self.enter()
        return True

    def release(self):
        """After it, in the parent."""
        self.leave()

    def abandon(self):
        """After it, in the child."""
        c: ClientPtr = self.loop.clients
        self.abandoned = True
        while c != NULL:
            if c.fd >= 0:
                close(c.fd)
            c = c.next
        if self.loop.poller.epoll_fd >= 0:
            close(self.loop.poller.epoll_fd)

    # --- for the owner ---

    def drop_clients(self):
        """Close everybody at the end of the tick. Until then nothing is sent to them."""
        c: ClientPtr = self.loop.clients
        while c != NULL:
            loop_close_soon(self.loop, c)
            c = c.next

    def pass_time(self, microseconds):
        """Move the clock; what was due in that time has happened when this returns. From any thread."""
        us: cython.longlong = microseconds
        if self.abandoned or turnstile_is_mine(address(self.turnstile)):
            raise RuntimeError("the clock cannot be moved from here")
        with cython.nogil:
            self.enter()
            if self.on:
                move_clock(self.dispatcher, us)
            self.leave()

    def now_us(self):
        """The server's time, in microseconds since 1970: that of its last tick."""
        return self.loop.clock.now_us


def wants_tick(owner):
    """After commands of another thread: is there something that must not wait for the next timer?"""
    d: DispatcherPtr = cython.cast(DispatcherPtr, owner)
    deadline: int64_t = first_deadline(address(d.keyspace.waiting))
    return (deadline > 0 and deadline < d.loop.next_cron_ms) or d.paused != PAUSE_NOTHING \
        or d.keyspace.eviction.behind


def move_clock(d, us):
    """A tick in which so much time has passed. Nobody may be idle for a negative time, when it goes back."""
    c: ClientPtr = d.loop.clients
    clock_move(d.clock, us)
    keyspace_tick(d.keyspace)
    while c != NULL:
        c.active_ms = min(c.active_ms, d.clock.now_ms)
        c.created_ms = min(c.created_ms, d.clock.now_ms)
        c = c.next
    expire_due(d.keyspace)
    d.keyspace.fields_behind = True
    while d.keyspace.fields_behind:
        expire_fields(d.keyspace)
    time_out_blocked(d)
    if d.paused and d.clock.monotonic_ms >= d.paused_until_ms:
        resume_paused(d)
    run_due_timers(d)
    loop_switch(d.loop, NULL)
    loop_flush(d.loop)
    d.loop.next_cron_ms = d.clock.monotonic_ms
    d.loop.nudged = write(d.loop.nudge_fd, "", 1) == 1
