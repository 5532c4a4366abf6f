"""Where bytes come from that are read one after another: a block, or a file through a window. See source.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport likely

ctypedef char *CharPtr

cdef struct Source

ctypedef bint (*Refill)(Source *source, size_t n) noexcept nogil

cdef struct Source:
    const char *start           # the window: bytes at hand
    const char *p               # the next one of them
    const char *end
    uint64_t before             # bytes that stood before the window
    Refill refill               # get at least n bytes to p, moving the window; False: there are no more. NULL: none
    void *context               # of `refill`
    const char *error           # why reading failed, NULL: it has not; words for a person
    uint64_t error_at           # and where

ctypedef Source *SourcePtr

cdef void source_init(Source *source, const char *p, size_t n) noexcept nogil
cdef const char *source_take_long(Source *source, size_t n) noexcept nogil
cdef bint source_fail(Source *source, const char *error) noexcept nogil

cdef inline uint64_t source_position(const Source *source) noexcept nogil:
    """How many bytes have been read."""
    return source.before + <size_t>(source.p - source.start)

cdef inline const char *source_take(Source *source, size_t n) noexcept nogil:
    """The next n bytes, good until the next one is taken; NULL when there are no more: the source has failed."""
    cdef const char *p = source.p
    if likely(<size_t>(source.end - p) >= n):
        source.p = p + n
        return p
    return source_take_long(source, n)
