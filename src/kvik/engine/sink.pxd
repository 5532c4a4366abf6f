"""Where bytes go that are written one after another: into a growing block, or on to a file or socket. See sink.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from kvik.engine.heap cimport Heap

cdef struct Sink

ctypedef bint (*Drain)(Sink *sink) noexcept nogil

cdef struct Sink:
    Heap *heap
    char *data
    size_t used
    size_t capacity
    uint64_t drained            # bytes that have been handed on
    Drain drain                 # hands on data[:used]; NULL: the block grows instead
    void *context               # of `drain`
    bint failed                 # memory or `drain` failed: what is put from then on is lost

ctypedef Sink *SinkPtr
ctypedef char *CharPtr

cdef bint sink_init(Sink *sink, Heap *heap, size_t capacity, Drain drain, void *context) noexcept nogil
cdef void sink_free(Sink *sink) noexcept nogil
cdef bint sink_drain(Sink *sink) noexcept nogil
cdef bint sink_room(Sink *sink, size_t n) noexcept nogil
cdef void sink_put_long(Sink *sink, const char *p, size_t n) noexcept nogil

cdef inline uint64_t sink_position(const Sink *sink) noexcept nogil:
    """How many bytes have been put."""
    return sink.drained + sink.used

cdef inline void sink_put(Sink *sink, const char *p, size_t n) noexcept nogil:
    if sink.capacity - sink.used >= n:
        memcpy(sink.data + sink.used, p, n)
        sink.used += n
    else:
        sink_put_long(sink, p, n)

cdef inline void sink_put_byte(Sink *sink, int byte) noexcept nogil:
    cdef char c = <char>byte
    sink_put(sink, &c, 1)
