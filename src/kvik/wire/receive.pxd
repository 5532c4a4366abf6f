"""Receiving: from a readable socket to requests in the batch. See receive.py."""

from libc.stddef cimport size_t

from kvik.engine.text cimport STAR
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop, Request, RequestPtr
from kvik.wire.parser cimport CharPtr, ParseState

cdef extern from "sys/socket.h" nogil:
    ssize_t recv(int fd, void *into, size_t room, int flags) noexcept

cdef void receive(Loop *loop, Client *c, bint readable) noexcept nogil
cdef void receive_into_arena(Loop *loop, Client *c, bint readable) noexcept nogil
cdef void receive_held(Loop *loop, Client *c) noexcept nogil
cdef void receive_waiting(Loop *loop, Client *c) noexcept nogil
cdef void receive_big(Loop *loop, Client *c) noexcept nogil
cdef size_t big_room(Loop *loop, Client *c) noexcept nogil
cdef ssize_t read_some(Loop *loop, Client *c, char *into, size_t room) noexcept nogil
cdef void parse_arena(Loop *loop, Client *c) noexcept nogil
cdef void add_request(Loop *loop, Client *c, size_t first, char *end) noexcept nogil
cdef void run_batch(Loop *loop) noexcept nogil
cdef void keep_rest(Loop *loop, Client *c) noexcept nogil
cdef void check_query_limit(Loop *loop, Client *c) noexcept nogil
cdef void protocol_error(Loop *loop, Client *c, const ParseState *state) noexcept nogil
cdef void parse_held(Loop *loop, Client *c) noexcept nogil
cdef void run_held(Loop *loop, Client *c) noexcept nogil
cdef void drop_held(Loop *loop, Client *c) noexcept nogil
cdef void begin_big(Loop *loop, Client *c) noexcept nogil
cdef void complete_big(Loop *loop, Client *c) noexcept nogil
