"""A client: one connection, what it sent and has not been run, what it is owed. See client.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Raw, RawPtr
from kvik.engine.heap cimport Heap
from kvik.engine.text cimport Slice, SlicePtr
from kvik.wire.parser cimport Arguments, CharPtr, ParseState

cdef enum:
    OUTPUT_BLOCK = 16384        # smallest block of queued output

cdef enum:                      # Client.flags
    CLIENT_CLOSE_AFTER_REPLY = 1
    CLIENT_CLOSE_NOW = 2
    CLIENT_REPLY_OFF = 4
    CLIENT_REPLY_SKIP_NEXT = 8
    CLIENT_REPLY_SKIP = 16
    CLIENT_AUTHENTICATED = 32
    CLIENT_UNIX_SOCKET = 64
    CLIENT_NO_EVICT = 128
    CLIENT_NO_TOUCH = 256
    CLIENT_WANTS_WRITE = 512    # the poller watches for room to write
    CLIENT_IN_FLUSH = 1024      # stands in the loop's list of clients to write to
    CLIENT_IN_GROUP = 2048      # its input is in the arena of this tick
    CLIENT_PAUSED = 4096        # an own command waits until CLIENT PAUSE ends
    CLIENT_PUBSUB = 8192
    CLIENT_MUTED = 16384        # REPLY_OFF or REPLY_SKIP: what is replied now goes nowhere
    CLIENT_IPV6 = 32768
    CLIENT_REDIRECT_CAPABLE = 65536
    CLIENT_READ_OFF = 131072    # waiting, with much input held: its socket is not read
    CLIENT_WAITING = 4096       # its next command must not run yet (same bit as CLIENT_PAUSED)
    CLIENT_YIELDS = 262144      # had its share of this tick: goes on in the next one
    CLIENT_IN_AGAIN = 524288    # stands in the loop's list of clients to go on with
    CLIENT_BLOCKED = 1048576    # waits for keys: `blocked` says for which
    CLIENT_MULTI = 2097152      # has said MULTI: commands are queued
    CLIENT_DIRTY_EXEC = 4194304 # one of them could not be: EXEC will run none
    CLIENT_DIRTY_CAS = 8388608  # a key that it watches has changed: neither
    CLIENT_MONITOR = 268435456  # has said MONITOR: sees what the others do
    CLIENT_IN_DELIVERY = 16777216   # stands in the loop's list of clients to deliver messages to
    CLIENT_CACHING = 67108864   # has said CLIENT CACHING, which holds for its next command
    CLIENT_DEFERRED = 33554432  # messages to it wait for the end of its running command
    CLIENT_STOPPED = 266243     # none of its commands may run now: closing, waiting or yielding

cdef struct Shared:             # bytes that are owed to many clients
    size_t references
    size_t n
    char data[1]

ctypedef Shared *SharedPtr

cdef struct OutputBlock:
    OutputBlock *next
    Shared *shared              # whose bytes it shows; NULL: its own, which stand behind it
    size_t capacity
    size_t used
    size_t sent
    char *data

ctypedef OutputBlock *OutputBlockPtr

cdef struct Output:
    char *pos                   # where the next byte goes; NULL: nothing is open
    char *end
    char *region                # start of the open or closed region in the loop's arena, or NULL
    size_t region_bytes         # length of a closed region
    OutputBlock *first          # queued blocks, sent before the region
    OutputBlock *last           # its `used` is behind by what stands up to `pos`, while that runs in it
    size_t queued               # unsent bytes in the blocks, not counting those up to `pos`
    size_t queued_blocks        # memory of the blocks

cdef struct BigArgument:        # an argument received into a block of its own
    Raw *raw                    # NULL: taken by the command
    size_t index

cdef struct Client:
    void *loop                  # the Loop it belongs to
    Client *next
    Client *previous
    int fd
    uint32_t flags
    int db
    int resp
    uint64_t id
    Output out

    # Input that is not complete. `held` starts with the command that is being received.
    char *held
    size_t held_bytes
    size_t held_capacity
    ParseState parse            # kept only while `partial` (a long command is parsed once)
    bint partial
    Arguments arguments         # of that command, pointing into `held` and big blocks
    BigArgument *big
    size_t big_count
    size_t big_capacity
    Raw *receiving              # the big argument that is being received
    size_t big_bytes            # in all blocks of `big`

    # Input of this tick.
    char *start                 # what was received, still to be run
    char *stop

    Slice *name                 # the client's texts, NULL when not set
    Slice *library
    Slice *library_version
    uint64_t commands
    uint64_t bytes_in
    uint64_t bytes_out
    void *last_command          # the upper layers' word for it
    void *transaction           # commands that wait for EXEC (transaction.pxd); NULL: it has not said MULTI
    size_t transaction_bytes    # of them
    void *detached              # what it has in place of a socket (detached.pxd); NULL: it has one
    void *subscriber            # the upper layers' word for what it subscribes to (keyspace/subscriptions.pxd)
    size_t subscriber_bytes     # of that
    void *tracker               # likewise for what it caches (keyspace/tracking.pxd); NULL: nothing
    size_t tracker_bytes        # of that
    void *watching              # the upper layers' word for the keys it watches
    Client *linked              # and for lists that they make for a moment
    void *blocked               # likewise for what it waits for (keyspace/wait_queues.pxd); NULL: for no keys
    int64_t created_ms
    int64_t active_ms           # last time it sent something
    int64_t soft_limit_ms       # since when its output is over the soft limit, 0: it is not
    size_t counted_bytes        # its memory as it was when last counted (client_eviction.py)
    size_t peak_input
    size_t peak_output
    unsigned char peer[128]     # sockaddr_storage
    unsigned char local[128]

ctypedef Client *ClientPtr

cdef inline bint is_inner(const Client *c) noexcept nogil:
    """Has it no connection of any kind, since it runs commands from within the server (inner_client.py)?"""
    return c.id == 0

ctypedef BigArgument *BigArgumentPtr
ctypedef Slice **SliceField

cdef Client *client_new(Heap *heap, void *loop, int fd, uint64_t id) noexcept nogil
cdef void client_free(Heap *heap, Client *c) noexcept nogil
cdef bint client_hold(Heap *heap, Client *c, const char *p, size_t n) noexcept nogil
cdef bint client_reserve(Heap *heap, Client *c, size_t n) noexcept nogil
cdef void rebase_arguments(Client *c, char *moved) noexcept nogil
cdef void client_unhold(Heap *heap, Client *c) noexcept nogil
cdef void client_drop_big(Heap *heap, Client *c) noexcept nogil
cdef bint client_add_big(Heap *heap, Client *c, Raw *raw, size_t index) noexcept nogil
cdef Raw *client_take_big(Client *c, const char *p) noexcept nogil
cdef size_t client_input_bytes(const Client *c) noexcept nogil
cdef size_t client_memory(const Client *c) noexcept nogil
cdef bint client_set_text(Heap *heap, Slice **field, const char *p, size_t n) noexcept nogil
