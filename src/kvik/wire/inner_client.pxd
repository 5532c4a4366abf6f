"""A client without a connection: who runs commands from within the server. See inner_client.py."""

from libc.stddef cimport size_t

from kvik.wire.client cimport Client, OutputBlockPtr

cdef Client *inner_client_new(void *loop) noexcept nogil
cdef void inner_client_free(Client *c) noexcept nogil
cdef bint inner_begin(Client *c) noexcept nogil
cdef bint inner_failed(const Client *c) noexcept nogil
cdef size_t inner_reply_bytes(Client *c) noexcept nogil
cdef const char *inner_reply(const Client *c) noexcept nogil
cdef void inner_copy_reply(const Client *c, char *to) noexcept nogil
