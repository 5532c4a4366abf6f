"""Choosing some of many at random. See sampling.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport GOLDEN_RATIO, mul_high
from kvik.engine.table cimport random_next

cdef struct Draw:
    uint64_t wanted             # how many are still to be taken
    uint64_t left               # of so many that have not been shown yet

ctypedef Draw *DrawPtr

cdef struct Seen:
    Heap *heap
    uint64_t *slots             # 0: empty
    size_t count                # of slots
    int shift

ctypedef Seen *SeenPtr
ctypedef uint64_t *Numbers

cdef inline bint draw_takes(Draw *draw, uint64_t *seed) noexcept nogil:
    """Is the next one taken? To be asked once for each of them, in any order."""
    cdef bint taken = draw.wanted > 0 and mul_high(random_next(seed), draw.left) < draw.wanted
    draw.left -= 1
    if taken:
        draw.wanted -= 1
    return taken

cdef bint seen_init(Seen *seen, Heap *heap, uint64_t most) noexcept nogil
cdef bint seen_add(Seen *seen, uint64_t number) noexcept nogil
cdef void seen_free(Seen *seen) noexcept nogil
