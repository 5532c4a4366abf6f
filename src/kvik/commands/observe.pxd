"""What is told of commands while they run. See observe.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.keyspace.call cimport Call, CallPtr
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.client_list cimport ClientList
from kvik.wire.output cimport output_total

cdef enum:                      # kinds of entries of the command log
    LOG_SLOW = 0
    LOG_LARGE_REQUEST = 1
    LOG_LARGE_REPLY = 2

cdef struct Observers:
    void *engine                # the Python object that keeps the log
    void (*log)(void *engine, Call *call, int kind, uint64_t value) noexcept nogil
    uint64_t slow_cycles        # commands that take longer are logged; ~0: none
    void (*event)(void *engine, const char *event, uint64_t spent) noexcept nogil
    uint64_t event_cycles       # what takes longer than this, other than commands, is an event of LATENCY; ~0: nothing
    size_t large_request        # bytes; ~0: none
    size_t large_reply
    const char *request_begin   # of the client whose command runs; NULL: not in one piece
    size_t reply_begin          # what it was owed before
    uint64_t secrets            # arguments that nobody may see, a bit for each; the last one for all behind it
    ClientList monitors

ctypedef Observers *ObserversPtr

cdef void observe(Observers *o, Call *call, uint64_t spent) noexcept nogil
cdef void observe_event(Observers *o, const char *event, uint64_t begun) noexcept nogil
cdef void observe_sizes(Observers *o, Call *call) noexcept nogil
cdef size_t request_bytes(const Call *call) noexcept nogil

cdef inline void observe_begin(Observers *o, Client *c, const char *request) noexcept nogil:
    """A request of c is going to run."""
    o.request_begin = request
    o.reply_begin = output_total(c)

cdef inline bint is_secret(const Call *call, uint64_t secrets, int i) noexcept nogil:
    """Only handlers in Python keep secrets: what others find there is of an earlier command."""
    return call.command.callable != NULL and secrets & (<uint64_t>1 << (i if i < 63 else 63)) != 0
