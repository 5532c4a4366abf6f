"""Replies for tests. See reply_probe.py."""

from kvik.engine.clock cimport Clock
from kvik.wire.client cimport Client, OutputBlock
from kvik.wire.loop cimport Loop
from tests.engine.heap_probe cimport HeapProbe

cdef class ReplyProbe:
    cdef HeapProbe owner
    cdef Clock clock
    cdef Loop *loop
    cdef Client *client

cdef void ignore_error(void *owner, const char *text, size_t n) noexcept nogil
