"""Buffers that end exactly where their data ends: AddressSanitizer sees a read of one byte more, even of no bytes."""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef enum:
    EXACT_MARGIN = 16

cdef inline char *exact_room(Py_ssize_t n) except NULL:
    """n bytes at the very end of a malloc block."""
    cdef char *block = <char *>malloc(n + EXACT_MARGIN)
    if block == NULL:
        raise MemoryError
    return block + EXACT_MARGIN

cdef inline char *exact_copy(bytes data) except NULL:
    cdef Py_ssize_t n = len(data)
    cdef char *room = exact_room(n)
    memcpy(room, <const char *>data, n)
    return room

cdef inline void exact_free(char *room) noexcept:
    if room != NULL:
        free(room - EXACT_MARGIN)
