"""The code of function libraries, as data to be saved with the keys. See libraries.py."""

from libc.stddef cimport size_t

from kvik.engine.heap cimport Heap
from kvik.engine.text cimport Slice, SlicePtr

cdef struct Libraries:
    Slice *codes
    int count
    int capacity
    # Called for each one that a snapshot brings; False: it cannot be loaded. NULL: they are passed over.
    bint (*arrived)(void *owner, const Slice *code) noexcept nogil
    void *owner

ctypedef Libraries *LibrariesPtr

cdef bint libraries_add(Heap *heap, Libraries *libraries, const char *p, size_t n) noexcept nogil
cdef void libraries_clear(Heap *heap, Libraries *libraries) noexcept nogil
