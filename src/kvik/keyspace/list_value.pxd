"""The value of a list, in both its forms. See list_value.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.entry cimport ENCODING_LISTPACK, Entry, entry_encoding, entry_pointer
from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Listpack
from kvik.engine.quicklist cimport Quicklist, QuicklistPtr

cdef inline bint list_is_listpack(const Entry *e) noexcept nogil:
    return entry_encoding(e) == ENCODING_LISTPACK

cdef inline Listpack list_listpack(const Entry *e) noexcept nogil:
    return <Listpack>entry_pointer(e)

cdef inline Quicklist *list_quicklist(const Entry *e) noexcept nogil:
    return <Quicklist *>entry_pointer(e)

cdef void list_free(Heap *heap, Entry *e, bint remote) noexcept nogil
cdef size_t list_effort(const Entry *e) noexcept nogil
cdef void *list_copy(Heap *heap, const Entry *e) noexcept nogil
cdef size_t list_bytes(const Entry *e) noexcept nogil
