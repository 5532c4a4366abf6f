"""Intsets: sorted integers in one block. See intset.py.

    | width | count | integer | integer | ...        all little-endian, the smallest integer first
       4 B     4 B     width     width               width: 2, 4 or 8 bytes
"""

from libc.stddef cimport size_t
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t

from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport load32, load64
from kvik.engine.listpack cimport load16

cdef enum:
    INTSET_HEADER = 8
    INTSET_COUNT_MAX = 134217728    # of integers: with 8 bytes each 1 GiB

ctypedef char *Intset

cdef inline uint32_t intset_width(const char *s) noexcept nogil:
    return load32(s)

cdef inline uint32_t intset_count(const char *s) noexcept nogil:
    return load32(s + 4)

cdef inline size_t intset_bytes(const char *s) noexcept nogil:
    return INTSET_HEADER + <size_t>intset_width(s) * intset_count(s)

cdef inline int64_t intset_at(const char *s, uint32_t i) noexcept nogil:
    """The i-th integer, in ascending order. i must be less than the count."""
    cdef uint32_t width = intset_width(s)
    cdef const char *p = s + INTSET_HEADER + <size_t>width * i
    if width == 2:
        return <int16_t>load16(p)
    if width == 4:
        return <int32_t>load32(p)
    return <int64_t>load64(p)

cdef inline uint32_t width_of(int64_t value) noexcept nogil:
    """The bytes an integer needs."""
    if value == <int16_t>value:
        return 2
    return 4 if value == <int32_t>value else 8

cdef Intset intset_new(Heap *heap) noexcept nogil
cdef Intset intset_copy(Heap *heap, const char *s) noexcept nogil
cdef void intset_free(Heap *heap, Intset s, bint remote) noexcept nogil
cdef bint intset_find(const char *s, int64_t value, uint32_t *at) noexcept nogil
cdef Intset intset_add(Heap *heap, Intset s, int64_t value, bint *added) noexcept nogil
cdef Intset intset_remove(Heap *heap, Intset s, uint32_t at) noexcept nogil
cdef Intset intset_truncate(Heap *heap, Intset s, uint32_t count) noexcept nogil
cdef bint intset_is_valid(const char *s, size_t n) noexcept nogil
cdef void intset_put(Intset s, uint32_t i, int64_t value) noexcept nogil
cdef Intset intset_widen(Heap *heap, Intset s, int64_t value, uint32_t width) noexcept nogil
