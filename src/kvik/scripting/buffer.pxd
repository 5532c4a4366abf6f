"""A growing text for the libraries of scripts, and turns for others while they work. See buffer.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from kvik.scripting.interpreter cimport hook
from kvik.scripting.lua cimport CFunction, State, lua

cdef enum:
    BUFFER_START = 1024
    BUFFER_KEPT = 65536         # a larger one is given up after use
    TURN_STEPS = 256            # a power of two

cdef struct Buffer:
    State *L
    int place                   # the upvalue that holds the bytes, a userdata
    char *p
    size_t n
    size_t room

cdef void push_room(State *L) noexcept nogil
cdef void put_writer(State *L, const char *name, CFunction f) noexcept nogil
cdef void buffer_begin(Buffer *b, State *L, int place) noexcept nogil
cdef void buffer_renew(Buffer *b, size_t room) noexcept nogil
cdef void buffer_grow(Buffer *b, size_t more) noexcept nogil
cdef void buffer_zeros(Buffer *b, size_t n) noexcept nogil
cdef void buffer_push(Buffer *b) noexcept nogil

cdef inline char *buffer_reserve(Buffer *b, size_t more) noexcept nogil:
    """Where the next `more` bytes go; who writes them adds to n. May raise a Lua error, like all that adds."""
    if more > b.room - b.n:
        buffer_grow(b, more)
    return b.p + b.n

cdef inline void buffer_byte(Buffer *b, char c) noexcept nogil:
    buffer_reserve(b, 1)[0] = c
    b.n += 1

cdef inline void buffer_put(Buffer *b, const char *p, size_t n) noexcept nogil:
    memcpy(buffer_reserve(b, n), p, n)
    b.n += n

cdef inline void take_turn(State *L, uint32_t *steps) noexcept nogil:
    """A step of work is done: see now and then whether others wait, or want the script killed. That raises a Lua error."""
    steps[0] += 1
    if (steps[0] & (TURN_STEPS - 1)) == 0:
        hook(L, NULL)
