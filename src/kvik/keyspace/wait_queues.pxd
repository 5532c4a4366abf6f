"""Who waits for which key, and until when. See wait_queues.py.

    WaitQueues.keys   "jobs" ─▶ WaitQueue of db 0 ─▶ WaitQueue of db 3
                                  │ first
                                  ▼
                                Waiter ⇄ Waiter ⇄ Waiter      in order of arrival
                                  │
                                  ▼
    client.blocked ───────────▶ Blocked: command, arguments, deadline, a Waiter for each key
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Table
from kvik.engine.text cimport Slice, SlicePtr
from kvik.wire.client cimport Client

ctypedef void (*TimedOut)(Client *c) noexcept nogil

cdef struct WaitQueue:          # those who wait for one key of one database
    WaitQueue *sibling          # the same key in another database
    Entry *entry                # of the key in `keys`
    int db
    bint ready                  # stands in the list of ready keys
    WaitQueue *ready_next
    Waiter *first
    Waiter *last

cdef struct Waiter:             # one client in one queue
    Waiter *next
    Waiter *previous
    WaitQueue *queue            # NULL: the client stands in that queue already
    Blocked *blocked

cdef struct Blocked:            # a client whose command waits
    Client *client
    void *command               # the upper layers' word for it
    TimedOut timed_out          # writes the reply of a time-out
    int kind                    # the type that the keys must have
    bint on_removal             # wake it when a key is gone or has another type, too
    bint muted                  # CLIENT REPLY: its reply goes nowhere
    bint running                # the command is being run anew,
    bint again                  # and wants to go on waiting
    int64_t deadline_ms         # on the monotonic clock; 0: none
    int timer                   # its place among the timers, -1: none
    int argc
    Slice *argv                 # a copy, in this block
    int count
    Waiter *waiters             # one a key, in this block
    size_t bytes                # of this block

ctypedef WaitQueue *WaitQueuePtr
ctypedef Waiter *WaiterPtr
ctypedef Blocked *BlockedPtr
ctypedef BlockedPtr *BlockedPtrPtr
ctypedef WaitQueue **WaitQueueField

cdef struct WaitQueues:
    Heap *heap
    Table keys                  # keys that somebody waits for
    uint64_t queue_count
    uint64_t clients
    WaitQueue *ready_first
    WaitQueue *ready_last
    Blocked **timers            # a binary heap by deadline
    int timer_count
    int timer_capacity

ctypedef WaitQueues *WaitQueuesPtr
ctypedef uint64_t *CountPtr

cdef bint wait_queues_init(WaitQueues *w, Heap *heap, const HashKey *key) noexcept nogil
cdef void wait_queues_free(WaitQueues *w) noexcept nogil
cdef Blocked *blocked_new(Heap *heap, const Slice *argv, int argc, int keys) noexcept nogil
cdef bint blocked_add(WaitQueues *w, Blocked *b) noexcept nogil
cdef void blocked_drop(WaitQueues *w, Blocked *b) noexcept nogil
cdef bint queue_join(WaitQueues *w, Waiter *waiter, int db, const Slice *key) noexcept nogil
cdef WaitQueue *queue_of(WaitQueues *w, int db, const Slice *key) noexcept nogil
cdef WaitQueue *queue_find(WaitQueues *w, int db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef void queue_leave(WaitQueues *w, Waiter *waiter) noexcept nogil
cdef void queue_free(WaitQueues *w, WaitQueue *queue) noexcept nogil
cdef void ready_remove(WaitQueues *w, WaitQueue *queue) noexcept nogil
cdef void queue_signal(WaitQueues *w, WaitQueue *queue) noexcept nogil
cdef WaitQueue *ready_take(WaitQueues *w) noexcept nogil
cdef void signal_database(WaitQueues *w, int db) noexcept nogil
cdef void signal_entry(void *context, Entry *e) noexcept nogil
cdef void wait_key_signal(WaitQueues *w, int db, const char *key, size_t n) noexcept nogil
cdef uint64_t queues_for_removal(WaitQueues *w) noexcept nogil
cdef void count_for_removal(void *context, Entry *e) noexcept nogil
cdef bint timer_add(WaitQueues *w, Blocked *b) noexcept nogil
cdef void timer_remove(WaitQueues *w, Blocked *b) noexcept nogil
cdef void timer_place(WaitQueues *w, int i, Blocked *b) noexcept nogil
cdef void timer_settle(WaitQueues *w, int i) noexcept nogil

cdef struct SignalDatabase:
    WaitQueues *queues
    int db

ctypedef SignalDatabase *SignalDatabasePtr

cdef inline int64_t first_deadline(const WaitQueues *w) noexcept nogil:
    """When the next client's wait is over, on the monotonic clock in ms; 0: never."""
    return w.timers[0].deadline_ms if w.timer_count > 0 else 0
