"""The event loop. See loop.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.clock cimport Clock
from kvik.engine.heap cimport Heap
from kvik.engine.text cimport Slice, SlicePtr
from kvik.engine.turnstile cimport Turnstile
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.client_list cimport ClientList
from kvik.wire.parser cimport Arguments, CharPtr, ParseLimits, ParseState
from kvik.wire.poller cimport Poller

cdef enum:
    ARENA_BYTES = 524288        # input of the clients of one group, output likewise
    READ_MAX = 65536            # what one client may send into one group
    HELD_MAX = 32768            # a command longer than this is received in the client's own buffer
    BATCH = 1024                # commands that are parsed, prefetched and run together
    SCRATCH_BYTES = 131072      # for unquoted inline arguments of a batch
    LISTENERS_MAX = 34
    OUTPUT_EARLY = 262144       # replies in the arena that are sent before the group is through
    RECEIVE_MIN = 65536
    BIG_READ_MAX = 1048576      # what one client may send of a big argument in a tick
    SHARE_BYTES = 4194304       # of replies queued for one client in a tick; then it is the others' turn
    SPIN_TRIES = 16             # looks for events before sleeping
    SPIN_REWARD = 3             # it pays when it finds something one time in so many, and one more
    SPIN_PROBE = 16             # one tick in so many tries whether it pays again
    NAP_NS = 40000              # how long the loop lets requests gather
    NAP_CLIENTS = 24            # when at least so many clients have been heard of in the last ACTIVE_MS
    NAP_ENOUGH = 4              # of how many clients there have to be requests then
    NAP_REWARD = 2              # it pays when there are one time in so many, and one more
    CREDIT_MAX = 32             # of either
    NAP_PROBE = 256             # one tick in so many tries whether it pays again
    ACTIVE_MS = 100
    MESSAGES_BYTES = 262144     # of messages to subscribers that wait to be delivered, a protocol
    SEND_MAX = 1048576          # bytes of queued replies that are sent to one client in a tick

cdef extern from "sys/prctl.h" nogil:
    int PR_SET_TIMERSLACK
    int prctl(int option, unsigned long value)

cdef enum:                      # Loop.observed: who wants to know of commands (commands/observe.py)
    OBSERVE_MONITORS = 1
    OBSERVE_SIZES = 2           # the command log, with low limits: all sizes
    OBSERVE_LARGE = 4           # likewise: this request or its reply is large

cdef enum:                      # classes of clients with output limits of their own
    CLASS_NORMAL = 0
    CLASS_REPLICA = 1
    CLASS_PUBSUB = 2

cdef struct Request:            # a parsed command
    Client *client
    char *end                   # where the client's input goes on
    size_t first                # of its arguments in the batch
    int count
    uint32_t key                # which argument is the first key, 0: none
    void *command               # the upper layers' word for it
    uint64_t hash               # of that key

ctypedef Request *RequestPtr

cdef struct OutputLimit:
    size_t hard
    size_t soft
    int64_t soft_ms

cdef struct LoopStats:
    uint64_t connections
    uint64_t rejected
    uint64_t bytes_in
    uint64_t bytes_out
    uint64_t reads
    uint64_t writes
    uint64_t query_limit_closes
    uint64_t output_limit_closes
    uint64_t evicted_clients
    uint64_t cycles
    uint64_t busy_us

ctypedef LoopStats *LoopStatsPtr

cdef struct Messages:           # see broadcast.py
    char *data                  # NULL: there has been none yet
    size_t used

ctypedef Messages *MessagesPtr

cdef struct Tick:               # what a tick is in the midst of; one within another has its own (nested.py)
    Client *executing           # whose command runs
    Client *parsing             # whose input is being parsed while a batch runs in between; NULL: nobody's
    size_t share_used           # bytes queued for it since its commands began to run
    bint failed                 # the running command answered an error
    char *input                 # the arena that clients of a group are read into
    size_t input_used
    char *output                # the arena that replies of a group are written to
    size_t output_used
    char *scratch
    Request *requests
    int request_count
    Arguments arguments         # of all requests of the batch
    ClientList group            # clients whose input is in the arena
    ClientList flush            # clients that are owed something
    ClientList again            # clients with input left that needs no reading first
    char *deferred              # messages to the client whose command runs
    size_t deferred_bytes
    size_t deferred_capacity

ctypedef Tick *TickPtr

cdef struct Loop:
    Heap *heap
    Clock *clock
    Poller poller
    void *owner                 # handed to the functions below
    void (*execute)(void *owner, Request *requests, int count) noexcept nogil
    void (*before_write)(void *owner) noexcept nogil     # replies leave after this
    void (*before_wait)(void *owner) noexcept nogil
    int (*cron)(void *owner) noexcept nogil     # timers; how many ms until the next call
    void (*woken)(void *owner) noexcept nogil
    void (*closing)(void *owner, Client *c) noexcept nogil
    void (*note)(void *owner, int level, const char *text, Client *c) noexcept nogil

    void (*count_error)(void *owner, const char *text, size_t n) noexcept nogil

    uint32_t observed           # bits of OBSERVE_
    int listeners[34]
    int listener_count
    Turnstile *turnstile        # between two ticks others may run commands (detached.py); NULL: nobody does
    int nudge_fd                # for them: writing to it makes `wake_fd` readable
    bint nudged                 # that was done, and the loop has not seen it yet
    bint (*wants_tick)(void *owner) noexcept nogil  # for them: is there something that must not wait for the next timer?
    int wake_fd                 # readable: somebody wants the loop's attention; -1: none
    bint running
    bint had_events             # in the last tick
    int spin_credit             # above 0: looking again before sleeping has paid of late
    int nap_credit              # likewise: letting requests gather
    int active_clients          # how many sent something in the last ACTIVE_MS
    int heard_clients           # and since then
    int64_t heard_since_ms
    int64_t next_cron_ms

    Client *clients             # all of them, newest first
    size_t client_count
    uint64_t next_id

    Tick tick
    ParseLimits limits
    ClientList delivery         # clients whose messages are to be sent
    bint deliver_first          # some of them are to leave before the replies do
    Messages messages[2]        # RESP2, RESP3
    ClientList doomed           # clients to close at the end of the tick

    # Settings
    size_t max_clients
    size_t query_limit
    size_t clients_limit        # bytes of all clients together, 0: none
    size_t clients_bytes        # of those counted (client_eviction.py)
    OutputLimit output_limits[3]
    int keepalive
    int64_t timeout_s
    int accepts                 # connections taken a tick
    bint protected              # refuse whoever is not on this machine
    bint password_required      # new clients are not authenticated
    LoopStats stats
    char nowhere[16384]         # where the replies of a muted client are written to

ctypedef Loop *LoopPtr

ctypedef OutputLimit *OutputLimitPtr
ctypedef int *IntPtr

cdef bint loop_init(Loop *loop, Heap *heap, Clock *clock, bint use_epoll) noexcept nogil
cdef void loop_free(Loop *loop) noexcept nogil
cdef bint loop_listen(Loop *loop, int fd) noexcept nogil
cdef void loop_unlisten(Loop *loop, int fd) noexcept nogil
cdef bint loop_wake_by(Loop *loop, int fd) noexcept nogil
cdef void loop_run(Loop *loop) noexcept nogil
cdef void loop_tick(Loop *loop, bint wait) noexcept nogil
cdef int wait_for_events(Loop *loop, int timeout) noexcept nogil
cdef int look_again(Loop *loop) noexcept nogil
cdef int nap(Loop *loop) noexcept nogil
cdef int credit_after(int credit, bint paid, int reward) noexcept nogil
cdef void count_active(Loop *loop) noexcept nogil
cdef void handle_event(Loop *loop, void *data, int events) noexcept nogil
cdef void drain_wake(Loop *loop) noexcept nogil
cdef void loop_nudge(Loop *loop) noexcept nogil
cdef void loop_owes(Loop *loop, Client *c) noexcept nogil
cdef void loop_again(Loop *loop, Client *c) noexcept nogil
cdef Client *loop_client(Loop *loop, uint64_t id) noexcept nogil
cdef void loop_yield(Loop *loop, Client *c) noexcept nogil
cdef void loop_read_on(Loop *loop, Client *c) noexcept nogil
cdef void loop_close_soon(Loop *loop, Client *c) noexcept nogil
cdef void reap(Loop *loop) noexcept nogil
cdef void run_again(Loop *loop) noexcept nogil
cdef void out_of_memory(Loop *loop, Client *c) noexcept nogil
cdef void loop_switch(Loop *loop, Client *c) noexcept nogil
cdef void end_group(Loop *loop) noexcept nogil
cdef void loop_flush(Loop *loop) noexcept nogil
cdef void flush_client(Loop *loop, Client *c) noexcept nogil
cdef int client_class(const Client *c) noexcept nogil
cdef bint over_output_limit(Loop *loop, Client *c) noexcept nogil
cdef void loop_check_clients(Loop *loop) noexcept nogil
