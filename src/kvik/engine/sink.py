"""Sinks: bytes put one after another, into a block that grows, or through a buffer that `drain` hands on.

Failure is remembered, not reported at every step: what writes a snapshot looks at `failed` at the end.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_resize
from cython.cimports.libc.string import memset


def sink_init(sink, heap, capacity, drain, context):
    """A sink with a block of `capacity` bytes. False when memory is short."""
    memset(sink, 0, sizeof(Sink))
    sink.heap = heap
    sink.drain = drain
    sink.context = context
    sink.data = cast(CharPtr, heap_alloc(heap, capacity))
    if sink.data == NULL:
        sink.failed = True
        return False
    sink.capacity = capacity
    return True


def sink_free(sink):
    if sink.data != NULL:
        heap_free(sink.heap, sink.data, sink.capacity)
    sink.data = NULL
    sink.used = 0
    sink.capacity = 0


def sink_drain(sink):
    """Hand on what has gathered (where there is a drain). False when that failed, now or before."""
    if sink.drain != NULL and sink.used > 0 and not sink.failed:
        sink.failed = not sink.drain(sink)
        sink.drained += sink.used
    if sink.drain != NULL:
        sink.used = 0
    return not sink.failed


def sink_room(sink, n):
    """Room for n bytes in one piece at data + used. False when there is none: the sink has failed."""
    capacity: cython.size_t
    grown: cython.p_char
    if sink.failed:
        return False
    if sink.capacity - sink.used >= n:
        return True
    if sink.drain != NULL and (not sink_drain(sink) or sink.capacity >= n):
        return not sink.failed
    capacity = sink.capacity * 2 if sink.capacity * 2 - sink.used >= n else sink.used + n
    grown = cast(CharPtr, heap_resize(sink.heap, sink.data, sink.capacity, capacity))
    if grown == NULL:
        sink.failed = True
        return False
    sink.data = grown
    sink.capacity = capacity
    return True


def sink_put_long(sink, p, n):
    """`sink_put` of more than there is room for; what is larger than the buffer passes through it in pieces."""
    piece: cython.size_t
    while n > 0 and not sink.failed:
        if sink.drain == NULL:
            piece = n
        else:
            piece = sink.capacity - sink.used
            if piece == 0:
                sink_drain(sink)
                continue
            if piece > n:
                piece = n
        if not sink_room(sink, piece):
            return
        memcpy(sink.data + sink.used, p, piece)
        sink.used += piece
        p += piece
        n -= piece
