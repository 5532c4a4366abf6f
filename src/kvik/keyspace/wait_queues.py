"""Wait queues: who waits for which key, and until when. They know no commands; the drawing is in wait_queues.pxd.

A client whose command has to wait is one `Blocked`: a copy of its arguments and a place in the queue of each of its
keys. A key that changes is *signalled*: its queue joins the list of ready ones, which blocking.py works off. Deadlines
stand in a binary heap, so that waiting costs nothing while nothing happens.

Costs: join and leave O(1) a key, deadlines O(log clients), signal O(1).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import (
    entry_free,
    entry_key,
    entry_key_length,
    entry_new,
    entry_pointer,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.table import (
    table_each,
    table_find,
    table_free,
    table_init,
    table_insert,
    table_remove,
)
from cython.cimports.libc.stdint import uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy, memset

# --- life ------------------------------------------------------------------------------------------------------------


def wait_queues_init(w, heap, key):
    memset(w, 0, sizeof(WaitQueues))
    w.heap = heap
    return table_init(address(w.keys), heap, key)


def wait_queues_free(w):
    """When nobody waits any more."""
    table_free(address(w.keys))
    if w.timers != NULL:
        heap_free(w.heap, w.timers, w.timer_capacity * sizeof(BlockedPtr))


# --- blocked clients -------------------------------------------------------------------------------------------------


def blocked_new(heap, argv, argc, keys):
    """A record with room for so many keys and a copy of the arguments, all in one block. NULL without memory."""
    i: cython.int
    n: cython.size_t = sizeof(Blocked) + argc * sizeof(Slice) + keys * sizeof(Waiter)
    p: cython.p_char
    b: BlockedPtr
    for i in range(argc):
        n += argv[i].n
    b = cast(BlockedPtr, heap_alloc(heap, n))
    if b == NULL:
        return NULL
    memset(b, 0, sizeof(Blocked) + argc * sizeof(Slice) + keys * sizeof(Waiter))
    b.bytes = n
    b.timer = -1
    b.argc = argc
    b.count = keys
    b.argv = cast(SlicePtr, cast(cython.p_char, b) + sizeof(Blocked))
    b.waiters = cast(WaiterPtr, cast(cython.p_char, b.argv) + argc * sizeof(Slice))
    p = cast(cython.p_char, b.waiters) + keys * sizeof(Waiter)
    for i in range(argc):
        b.argv[i].p = p
        b.argv[i].n = argv[i].n
        memcpy(p, argv[i].p, argv[i].n)
        p += argv[i].n
    return b


def blocked_add(w, b):
    """Count b and its deadline; its waiters have joined their queues. False without memory: drop it."""
    w.clients += 1
    return b.deadline_ms == 0 or timer_add(w, b)


def blocked_drop(w, b):
    """b waits no longer: out of every queue, and freed."""
    i: cython.int
    for i in range(b.count):
        if b.waiters[i].queue != NULL:
            queue_leave(w, address(b.waiters[i]))
    if b.timer >= 0:
        timer_remove(w, b)
    w.clients -= 1
    heap_free(w.heap, b, b.bytes)


# --- queues ----------------------------------------------------------------------------------------------------------


def queue_find(w, db, key, n, h):
    slot: Slot = table_find(address(w.keys), key, n, h)
    queue: WaitQueuePtr = NULL
    if slot != NULL:
        queue = cast(WaitQueuePtr, entry_pointer(slot[0]))
    while queue != NULL and queue.db != db:
        queue = queue.sibling
    return queue


def queue_of(w, db, key):
    """The queue of a key, made if there is none. NULL without memory."""
    h: uint64_t = hash_bytes(w.keys.key, key.p, key.n)
    queue: WaitQueuePtr = queue_find(w, db, key.p, key.n, h)
    slot: Slot
    if queue != NULL:
        return queue
    queue = cast(WaitQueuePtr, heap_alloc(w.heap, sizeof(WaitQueue)))
    if queue == NULL:
        return NULL
    memset(queue, 0, sizeof(WaitQueue))
    queue.db = db
    slot = table_find(address(w.keys), key.p, key.n, h)
    if slot != NULL:
        queue.entry = slot[0]
        queue.sibling = cast(WaitQueuePtr, entry_pointer(slot[0]))
    else:
        queue.entry = entry_new(w.heap, key.p, key.n, -1, True, 0)
        if queue.entry == NULL or not table_insert(address(w.keys), queue.entry, h):
            if queue.entry != NULL:
                entry_free(w.heap, queue.entry)
            heap_free(w.heap, queue, sizeof(WaitQueue))
            return NULL
    entry_set_word(queue.entry, cast(uint64_t, cast(uintptr_t, queue)))
    w.queue_count += 1
    return queue


def queue_join(w, waiter, db, key):
    """Stand at the end of the key's queue; once is enough for a client. False without memory."""
    i: cython.int = 0
    b: BlockedPtr = waiter.blocked
    queue: WaitQueuePtr = queue_of(w, db, key)
    if queue == NULL:
        return False
    for i in range(b.count):
        if b.waiters[i].queue == queue:
            return True
    waiter.queue = queue
    waiter.previous = queue.last
    if queue.last != NULL:
        queue.last.next = waiter
    else:
        queue.first = waiter
    queue.last = waiter
    return True


def queue_leave(w, waiter):
    queue: WaitQueuePtr = waiter.queue
    if waiter.previous != NULL:
        waiter.previous.next = waiter.next
    else:
        queue.first = waiter.next
    if waiter.next != NULL:
        waiter.next.previous = waiter.previous
    else:
        queue.last = waiter.previous
    waiter.queue = NULL
    if queue.first == NULL:
        queue_free(w, queue)


def queue_free(w, queue):
    """Nobody stands in it any more."""
    e: EntryPtr = queue.entry
    at: WaitQueuePtr = cast(WaitQueuePtr, entry_pointer(e))
    if queue.ready:
        ready_remove(w, queue)
    if at == queue and queue.sibling == NULL:
        table_remove(address(w.keys), entry_key(e), entry_key_length(e),
                     hash_bytes(w.keys.key, entry_key(e), entry_key_length(e)))
        entry_free(w.heap, e)
    elif at == queue:
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, queue.sibling)))
    else:
        while at.sibling != queue:
            at = at.sibling
        at.sibling = queue.sibling
    heap_free(w.heap, queue, sizeof(WaitQueue))
    w.queue_count -= 1


# --- ready keys ------------------------------------------------------------------------------------------------------


def queue_signal(w, queue):
    """The key may serve those who wait for it."""
    if queue.ready:
        return
    queue.ready = True
    queue.ready_next = NULL
    if w.ready_first == NULL:
        w.ready_first = queue
    else:
        w.ready_last.ready_next = queue
    w.ready_last = queue


def ready_take(w):
    """The key that was signalled first, or NULL."""
    queue: WaitQueuePtr = w.ready_first
    if queue != NULL:
        w.ready_first = queue.ready_next
        queue.ready = False
    return queue


def ready_remove(w, queue):
    before: WaitQueuePtr = w.ready_first
    if before == queue:
        w.ready_first = queue.ready_next
        return
    while before.ready_next != queue:
        before = before.ready_next
    before.ready_next = queue.ready_next
    if w.ready_last == queue:
        w.ready_last = before


def wait_key_signal(w, db, key, n):
    """The key has changed: is anybody waiting for it?"""
    queue: WaitQueuePtr = queue_find(w, db, key, n, hash_bytes(w.keys.key, key, n))
    if queue != NULL:
        queue_signal(w, queue)


def signal_database(w, db):
    """Any key of the database may have come or gone (FLUSHDB, SWAPDB)."""
    context: SignalDatabase
    context.queues = w
    context.db = db
    if w.keys.count > 0:
        table_each(address(w.keys), signal_entry, address(context))


def signal_entry(context, e):
    to: SignalDatabasePtr = cast(SignalDatabasePtr, context)
    queue: WaitQueuePtr = cast(WaitQueuePtr, entry_pointer(e))
    while queue != NULL:
        if queue.db == to.db:
            queue_signal(to.queues, queue)
        queue = queue.sibling


def queues_for_removal(w):
    """How many keys there are whose removal would wake a client. O(keys waited for)."""
    found: uint64_t = 0
    table_each(address(w.keys), count_for_removal, address(found))
    return found


def count_for_removal(context, e):
    queue: WaitQueuePtr = cast(WaitQueuePtr, entry_pointer(e))
    waiter: WaiterPtr
    while queue != NULL:
        waiter = queue.first
        while waiter != NULL and not waiter.blocked.on_removal:
            waiter = waiter.next
        if waiter != NULL:
            cast(CountPtr, context)[0] += 1
        queue = queue.sibling


# --- deadlines -------------------------------------------------------------------------------------------------------


def timer_place(w, i, b):
    w.timers[i] = b
    b.timer = i


def timer_settle(w, i):
    """Let the one at i rise or sink to where it belongs."""
    b: BlockedPtr = w.timers[i]
    child: cython.int
    while i > 0 and w.timers[(i - 1) >> 1].deadline_ms > b.deadline_ms:
        timer_place(w, i, w.timers[(i - 1) >> 1])
        i = (i - 1) >> 1
    while True:
        child = 2 * i + 1
        if child >= w.timer_count:
            break
        if child + 1 < w.timer_count and w.timers[child + 1].deadline_ms < w.timers[child].deadline_ms:
            child += 1
        if w.timers[child].deadline_ms >= b.deadline_ms:
            break
        timer_place(w, i, w.timers[child])
        i = child
    timer_place(w, i, b)


def timer_add(w, b):
    grown: BlockedPtrPtr
    if w.timer_count == w.timer_capacity:
        grown = cast(BlockedPtrPtr, heap_double(w.heap, w.timers, w.timer_capacity, 16, sizeof(BlockedPtr)))
        if grown == NULL:
            return False
        w.timers = grown
        w.timer_capacity = cast(cython.int, doubled(w.timer_capacity, 16))
    timer_place(w, w.timer_count, b)
    w.timer_count += 1
    timer_settle(w, b.timer)
    return True


def timer_remove(w, b):
    i: cython.int = b.timer
    w.timer_count -= 1
    b.timer = -1
    if i < w.timer_count:
        timer_place(w, i, w.timers[w.timer_count])
        timer_settle(w, i)
