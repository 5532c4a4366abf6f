"""The event loop: one thread, one tick after another.

    wait ▶ accept ▶ read ready sockets into the arena, parse ▶ execute the batch ▶ ... ▶ before_write ▶ send ▶ timers

Sockets are read one after another into one *arena*, and commands are parsed where they lie, into *requests*. When
BATCH requests are there, or the arena is full, they are handed together to `execute` (dispatch.py), which prefetches
what they need and runs them in order. A *group* is the clients whose input is in the arena; at its end what they sent
beyond their last complete command is kept with them (client.py), and the arena is used anew.

Replies, and messages to subscribers behind them (broadcast.py), leave only after `before_write`, where the append-only
file is written. A tick is bounded: a client brings at most READ_MAX bytes into one, however much it pipelines, and once
SHARE_BYTES of replies are queued for it the rest of its commands wait for the next tick, as they do after SHARE_MS of
running (dispatch.py). The loop knows no commands: what it needs from above it is handed as functions. It runs without
the GIL.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import clock_tick, monotonic_us
from cython.cimports.kvik.engine.turnstile import turnstile_enter, turnstile_leave
from cython.cimports.kvik.wire.broadcast import (
    DELIVERY_FIRST_US,
    DELIVERY_US,
    broadcast_deferred,
    broadcast_free,
    deliver,
    messages_press,
)
from cython.cimports.kvik.wire.client import (
    CLIENT_CLOSE_AFTER_REPLY,
    CLIENT_CLOSE_NOW,
    CLIENT_IN_AGAIN,
    CLIENT_IN_FLUSH,
    CLIENT_MONITOR,
    CLIENT_PUBSUB,
    CLIENT_READ_OFF,
    CLIENT_WAITING,
    CLIENT_WANTS_WRITE,
    CLIENT_YIELDS,
    is_inner,
)
from cython.cimports.kvik.wire.client_eviction import count_client, evict_clients
from cython.cimports.kvik.wire.client_list import client_list_add, client_list_free, client_list_skip
from cython.cimports.kvik.wire.connections import accept_some, connection_close
from cython.cimports.kvik.wire.output import SEND_FAILED, SENT, output_close_region, output_queued, output_send
from cython.cimports.kvik.wire.parser import arguments_free
from cython.cimports.kvik.wire.poller import (
    POLL_READ,
    POLL_WRITE,
    poller_add,
    poller_change,
    poller_close,
    poller_init,
    poller_remove,
    poller_wait,
)
from cython.cimports.kvik.wire.receive import keep_rest, receive, run_batch
from cython.cimports.libc.stdint import int64_t, uint32_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.posix.time import nanosleep, timespec
from cython.cimports.posix.unistd import read, write

# --- life ------------------------------------------------------------------------------------------------------------


def loop_init(loop, heap, clock, use_epoll):
    """A loop with no listeners; the owner sets its functions. False when memory is short."""
    memset(loop, 0, sizeof(Loop))
    loop.heap = heap
    loop.clock = clock
    loop.wake_fd = -1
    loop.accepts = 10
    loop.tick.input = cast(CharPtr, malloc(ARENA_BYTES))
    loop.tick.output = cast(CharPtr, malloc(ARENA_BYTES))
    loop.tick.scratch = cast(CharPtr, malloc(SCRATCH_BYTES))
    loop.tick.requests = cast(RequestPtr, malloc(BATCH * sizeof(Request)))
    loop.limits.scratch = loop.tick.scratch
    loop.limits.scratch_left = SCRATCH_BYTES
    if loop.tick.input == NULL or loop.tick.output == NULL or loop.tick.scratch == NULL or loop.tick.requests == NULL:
        return False
    return poller_init(address(loop.poller), use_epoll)


def loop_free(loop):
    """Close every connection and free the loop. Listeners stay the owner's to close."""
    while loop.clients != NULL:
        connection_close(loop, loop.clients)
    arguments_free(loop.heap, address(loop.tick.arguments))
    broadcast_free(loop)
    client_list_free(loop.heap, address(loop.tick.group))
    client_list_free(loop.heap, address(loop.tick.flush))
    client_list_free(loop.heap, address(loop.delivery))
    client_list_free(loop.heap, address(loop.tick.again))
    client_list_free(loop.heap, address(loop.doomed))
    poller_close(address(loop.poller))
    free(loop.tick.input)
    free(loop.tick.output)
    free(loop.tick.scratch)
    free(loop.tick.requests)


def loop_listen(loop, fd):
    """Accept connections from this listening socket."""
    if loop.listener_count == LISTENERS_MAX or not poller_add(
            address(loop.poller), fd, POLL_READ, address(loop.listeners[loop.listener_count])):
        return False
    loop.listeners[loop.listener_count] = fd
    loop.listener_count += 1
    return True


def loop_unlisten(loop, fd):
    i: cython.int
    last: cython.int = loop.listener_count - 1
    for i in range(loop.listener_count):
        if loop.listeners[i] == fd:
            poller_remove(address(loop.poller), fd)
            if i != last:
                loop.listeners[i] = loop.listeners[last]
                poller_change(address(loop.poller), loop.listeners[i], POLL_READ, address(loop.listeners[i]))
            loop.listener_count = last
            return


def loop_wake_by(loop, fd):
    """Call `woken` when this descriptor becomes readable (the loop reads it empty)."""
    loop.wake_fd = fd
    return poller_add(address(loop.poller), fd, POLL_READ, address(loop.wake_fd))


def loop_run(loop):
    """Run until somebody sets `running` to False. (Of those whom the turnstile lets in, somebody may have done so.)"""
    prctl(PR_SET_TIMERSLACK, 1)         # of this thread: naps are as long as they say
    if loop.turnstile != NULL:
        turnstile_enter(loop.turnstile)
    else:
        loop.running = True
    while loop.running:
        loop_tick(loop, True)
    if loop.turnstile != NULL:
        turnstile_leave(loop.turnstile)


def loop_tick(loop, wait):
    """One tick. `wait`: until something happens or a timer is due."""
    timeout: int64_t = 0
    begun: int64_t
    n: cython.int
    i: cython.int
    loop.before_wait(loop.owner)
    loop_flush(loop)                # what expired or was evicted there may be told to somebody
    if wait and loop.tick.again.count == 0 and loop.delivery.count == 0:
        timeout = loop.next_cron_ms - loop.clock.monotonic_ms
        if timeout < 0:
            timeout = 0
    if loop.turnstile != NULL and loop.poller.epoll_fd >= 0:
        turnstile_leave(loop.turnstile)
        n = wait_for_events(loop, cast(cython.int, timeout))
        turnstile_enter(loop.turnstile)
    else:
        n = wait_for_events(loop, cast(cython.int, timeout))
        if loop.turnstile != NULL:          # poll(2) looks at a list that others might change: they have woken us
            turnstile_leave(loop.turnstile)
            turnstile_enter(loop.turnstile)
    begun = monotonic_us()
    clock_tick(loop.clock)
    count_active(loop)
    for i in range(n):
        handle_event(loop, loop.poller.events[i].data, loop.poller.events[i].events)
    if loop.tick.again.count > 0:
        run_again(loop)
    end_group(loop)
    if loop.clock.monotonic_ms >= loop.next_cron_ms:
        loop.next_cron_ms = loop.clock.monotonic_ms + loop.cron(loop.owner)
    loop_flush(loop)
    if loop.clients_limit > 0 and loop.clients_bytes > loop.clients_limit:
        evict_clients(loop)
    reap(loop)
    loop.stats.cycles += 1
    loop.stats.busy_us += monotonic_us() - begun


def wait_for_events(loop, timeout):
    """How many events there are. Between events, two ways to need less of the kernel than going to sleep and being woken
    for each of them are tried, as long as they pay.
    """
    n: cython.int = 0
    if timeout > 0 and loop.had_events:
        if loop.spin_credit > 0 or loop.stats.cycles % SPIN_PROBE == 0:
            n = look_again(loop)
        if n == 0 and loop.active_clients >= NAP_CLIENTS and (
                loop.nap_credit > 0 or loop.stats.cycles % NAP_PROBE == 0):
            n = nap(loop)
    if n == 0:
        n = poller_wait(address(loop.poller), timeout)
    loop.had_events = n > 0
    return n


def look_again(loop):
    """Look a few times more, for about 3 us: when clients answer quickly, nobody has to sleep or to wake anybody."""
    n: cython.int = 0
    _: cython.int
    for _ in range(SPIN_TRIES):
        n = poller_wait(address(loop.poller), 0)
        if n > 0:
            break
    loop.spin_credit = credit_after(loop.spin_credit, n > 0, SPIN_REWARD)
    return n


def nap(loop):
    """Sleep for NAP_NS, whatever comes meanwhile. When many clients send one request at a time, several of them are served
    for one sleep, and none has to wake the loop. (With few of them, each would wait for the end of the nap.)
    """
    n: cython.int
    time: timespec
    time.tv_sec = 0
    time.tv_nsec = NAP_NS
    nanosleep(address(time), NULL)
    n = poller_wait(address(loop.poller), 0)
    loop.nap_credit = credit_after(loop.nap_credit, n >= NAP_ENOUGH, NAP_REWARD)
    return n


def credit_after(credit, paid, reward):
    """What is tried goes on as long as there is credit: what it has after this time."""
    if not paid:
        return credit - 1 if credit > 0 else 0
    return credit + reward if credit < CREDIT_MAX else credit


def count_active(loop):
    """Every ACTIVE_MS: how many clients were heard of in this time (read_some counts them)."""
    if cast(uint64_t, loop.clock.now_ms - loop.heard_since_ms) >= ACTIVE_MS:     # the clock may go backwards
        loop.active_clients = loop.heard_clients
        loop.heard_clients = 0
        loop.heard_since_ms = loop.clock.now_ms


def handle_event(loop, data, events):
    fd: IntPtr = cast(IntPtr, data)
    listeners: IntPtr = address(loop.listeners[0])
    c: ClientPtr
    if data == address(loop.wake_fd):
        drain_wake(loop)
    elif listeners <= fd and fd < listeners + LISTENERS_MAX:
        accept_some(loop, fd[0])
    else:
        c = cast(ClientPtr, data)
        if events & POLL_READ:
            receive(loop, c, True)
        if events & POLL_WRITE:
            loop_owes(loop, c)


def drain_wake(loop):
    """Zeros are from loop_nudge: there is no more to it than being awake."""
    bytes: cython.char[256]
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 256
    wanted: cython.bint = False
    while n == 256:
        n = read(loop.wake_fd, bytes, 256)
        for i in range(n):
            wanted = wanted or bytes[i] != 0
    loop.nudged = False
    if wanted:
        loop.woken(loop.owner)


def loop_nudge(loop):
    """Another thread has run commands: let the loop have its tick, if there is anything for it to do."""
    if loop.nudged:
        return
    if loop.tick.again.count > 0 or loop.delivery.count > 0 or loop.doomed.count > 0 or not loop.running \
            or (loop.clients_limit > 0 and loop.clients_bytes > loop.clients_limit) or loop.wants_tick(loop.owner):
        loop.nudged = write(loop.nudge_fd, "", 1) == 1


# --- lists of clients ------------------------------------------------------------------------------------------------


def loop_owes(loop, c):
    """c is owed something: send it at the end of the tick."""
    if not c.flags & CLIENT_IN_FLUSH:
        c.flags |= CLIENT_IN_FLUSH
        client_list_add(loop.heap, address(loop.tick.flush), c)


def loop_again(loop, c):
    """c may go on with the commands that it sent already."""
    c.flags &= ~cast(uint32_t, CLIENT_WAITING)
    loop_read_on(loop, c)
    if not c.flags & CLIENT_IN_AGAIN:
        c.flags |= CLIENT_IN_AGAIN
        client_list_add(loop.heap, address(loop.tick.again), c)


def loop_client(loop, id):
    """The client of this ID that is not about to be closed, or NULL. O(clients)."""
    c: ClientPtr = loop.clients
    while c != NULL and (c.id != id or c.flags & CLIENT_CLOSE_NOW):
        c = c.next
    return c


def loop_yield(loop, c):
    """c had its share: what else it sent runs in the next tick."""
    c.flags |= CLIENT_YIELDS
    loop_again(loop, c)


def loop_read_on(loop, c):
    """Read c's socket again, if receive_waiting gave up doing so."""
    if c.flags & CLIENT_READ_OFF:
        c.flags &= ~cast(uint32_t, CLIENT_READ_OFF)
        poller_change(
            address(loop.poller), c.fd, POLL_READ | (POLL_WRITE if c.flags & CLIENT_WANTS_WRITE else 0), c)


def loop_close_soon(loop, c):
    """Close c at the end of the tick; until then none of its commands run and its replies go nowhere."""
    if not c.flags & CLIENT_CLOSE_NOW:
        c.flags |= CLIENT_CLOSE_NOW
        if is_inner(c):
            return
        client_list_add(loop.heap, address(loop.doomed), c)


def reap(loop):
    i: cython.int
    for i in range(loop.doomed.count):
        connection_close(loop, loop.doomed.items[i])
    loop.doomed.count = 0


def run_again(loop):
    """Go on with the clients that have commands left from before. Those that join meanwhile wait for the next tick."""
    i: cython.int
    count: cython.int = loop.tick.again.count
    c: ClientPtr
    for i in range(count):
        c = loop.tick.again.items[i]
        c.flags &= ~cast(uint32_t, CLIENT_IN_AGAIN | CLIENT_YIELDS)
        loop_read_on(loop, c)
        receive(loop, c, False)
    client_list_skip(address(loop.tick.again), count)


def out_of_memory(loop, c):
    loop.note(loop.owner, 3, "Out of memory for a client: closing it", c)
    loop_close_soon(loop, c)


# --- groups and sending ----------------------------------------------------------------------------------------------


def loop_switch(loop, c):
    """From here on c's commands run (NULL: nobody's). Sends early when much has gathered."""
    if loop.tick.executing == c:
        return
    if loop.tick.executing != NULL:
        if loop.tick.deferred_bytes > 0:
            broadcast_deferred(loop)
        output_close_region(loop.tick.executing)
    loop.tick.executing = c
    loop.tick.share_used = 0
    if loop.tick.output_used > OUTPUT_EARLY or messages_press(loop):
        loop_flush(loop)


def end_group(loop):
    """Run what is left in the batch; the arena is free again."""
    i: cython.int
    count: cython.int
    run_batch(loop)
    loop_switch(loop, NULL)
    count = loop.tick.group.count
    loop.tick.group.count = 0
    loop.tick.input_used = 0
    for i in range(count):
        keep_rest(loop, loop.tick.group.items[i])
    loop_switch(loop, NULL)


def loop_flush(loop):
    """Send what clients are owed. The arena of replies is free again."""
    i: cython.int
    count: cython.int
    c: ClientPtr
    if loop.tick.deferred_bytes > 0:
        broadcast_deferred(loop)
    count = loop.tick.flush.count
    if count == 0 and loop.delivery.count == 0:
        return
    loop.before_write(loop.owner)
    if loop.tick.executing != NULL:
        output_close_region(loop.tick.executing)
    if loop.deliver_first:
        loop.deliver_first = False
        deliver(loop, DELIVERY_FIRST_US)
    count = loop.tick.flush.count
    for i in range(count):
        c = loop.tick.flush.items[i]
        c.flags &= ~cast(uint32_t, CLIENT_IN_FLUSH)
        if not c.flags & CLIENT_CLOSE_NOW:
            flush_client(loop, c)
    loop.tick.flush.count = 0
    loop.tick.output_used = 0
    deliver(loop, DELIVERY_US)


def flush_client(loop, c):
    outcome: cython.int
    queued: cython.size_t
    if c.out.pos != NULL:
        output_close_region(c)
    queued = output_queued(c)
    if queued > c.peak_output:
        c.peak_output = queued
    outcome = output_send(c)
    if outcome == SEND_FAILED:
        loop_close_soon(loop, c)
    elif outcome == SENT:
        if c.flags & CLIENT_CLOSE_AFTER_REPLY:
            loop_close_soon(loop, c)
        elif c.flags & CLIENT_WANTS_WRITE:
            c.flags &= ~cast(uint32_t, CLIENT_WANTS_WRITE)
            poller_change(address(loop.poller), c.fd, 0 if c.flags & CLIENT_READ_OFF else POLL_READ, c)
    elif not c.flags & CLIENT_WANTS_WRITE:
        c.flags |= CLIENT_WANTS_WRITE
        poller_change(
            address(loop.poller), c.fd, POLL_WRITE | (0 if c.flags & CLIENT_READ_OFF else POLL_READ), c)
    count_client(loop, c)


# --- limits ----------------------------------------------------------------------------------------------------------


def client_class(c):
    return CLASS_PUBSUB if c.flags & CLIENT_PUBSUB else CLASS_NORMAL


def over_output_limit(loop, c):
    """Closes c (and says so) when what it is owed is over client-output-buffer-limit."""
    limit: OutputLimitPtr = address(loop.output_limits[client_class(c)])
    used: cython.size_t = c.out.queued_blocks
    soft: cython.bint = limit.soft != 0 and used > limit.soft
    if is_inner(c):
        return False
    if not soft:
        c.soft_limit_ms = 0
    elif c.soft_limit_ms == 0:
        c.soft_limit_ms = loop.clock.monotonic_ms
        soft = False
    else:
        soft = loop.clock.monotonic_ms - c.soft_limit_ms > limit.soft_ms
    if not soft and (limit.hard == 0 or used <= limit.hard):
        return False
    if not c.flags & CLIENT_CLOSE_NOW:
        loop.stats.output_limit_closes += 1
        loop.note(loop.owner, 3, "Client scheduled to be closed ASAP for overcoming of output buffer limits.", c)
        loop_close_soon(loop, c)
    return True


def loop_check_clients(loop):
    """Once a second: idle clients and those over their soft output limit."""
    c: ClientPtr = loop.clients
    while c != NULL:
        over_output_limit(loop, c)
        if loop.timeout_s > 0 and not c.flags & (CLIENT_MONITOR | CLIENT_PUBSUB | CLIENT_WAITING) \
                and loop.clock.now_ms - c.active_ms > loop.timeout_s * 1000:
            loop.note(loop.owner, 1, "Closing idle client", c)
            loop_close_soon(loop, c)
        c = c.next
