"""A limit for the memory of all clients together. See client_eviction.py."""

from kvik.wire.client cimport Client
from kvik.wire.loop cimport Loop

cdef enum:
    SIZE_CLASSES = 64           # clients of like size, by the highest bit

cdef void limit_clients(Loop *loop, size_t limit) noexcept nogil
cdef void recount_client(Loop *loop, Client *c) noexcept nogil
cdef void evict_clients(Loop *loop) noexcept nogil

cdef inline void count_client(Loop *loop, Client *c) noexcept nogil:
    """c's buffers may have changed."""
    if loop.clients_limit > 0:
        recount_client(loop, c)
