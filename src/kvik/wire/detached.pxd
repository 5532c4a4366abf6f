"""A client without a socket, whose commands the calling thread runs. See detached.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.engine.threads cimport pthread_cond_t
from kvik.engine.turnstile cimport Turnstile, TurnstilePtr
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop, LoopPtr

cdef enum:
    UNREAD_MAX = 1048576        # bytes kept for who does not read; what follows stays in the client's own blocks
    BUFFER_KEPT = 65536         # a larger buffer is freed when it has been read
    WAIT_US = 20000             # a sender that the client is not ready for looks again after so long

cdef struct Buffer:
    char *data
    size_t used
    size_t capacity

ctypedef Buffer *BufferPtr

cdef struct Detached:           # what a client has in place of a socket
    Client *client              # NULL: closed
    Loop *loop
    const char *input           # what is being sent, in the sender's memory
    size_t input_left
    Buffer output               # what it was sent
    Buffer taken                # what has been fetched of it, for the reader alone
    size_t read                 # bytes of `taken` that have been read
    bint eager                  # somebody takes what there is: no need for UNREAD_MAX
    pthread_cond_t changed      # there is output, or it is closed

ctypedef Detached *DetachedPtr

cdef bint detached_open(Detached *d, Loop *loop) noexcept nogil
cdef void detached_free(Detached *d) noexcept nogil
cdef void detached_close(Detached *d, bint within) noexcept nogil
cdef bint detached_send(Detached *d, const char *p, size_t n) noexcept nogil
cdef int detached_fetch(Detached *d, int64_t until_us) noexcept nogil
cdef bint is_open(const Detached *d) noexcept nogil
cdef bint step(Detached *d) noexcept nogil
cdef void go_on(Loop *loop, Client *c) noexcept nogil
cdef void take_all(Detached *d) noexcept nogil
cdef bint buffer_add(Buffer *b, const char *p, size_t n) noexcept nogil
cdef void buffer_free(Buffer *b) noexcept nogil

# What the connection's other modules call in place of system calls.
cdef ssize_t detached_read(Client *c, char *into, size_t room) noexcept nogil
cdef ssize_t detached_write(Client *c, const char *p, size_t n) noexcept nogil
cdef void detached_closed(Client *c) noexcept nogil
