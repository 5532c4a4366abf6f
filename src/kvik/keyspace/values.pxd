"""Values of any type: freeing, copying, weighing. See values.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr
from kvik.engine.heap cimport Heap
from kvik.engine.text cimport INTEGER_MAX, Slice

cdef void value_free(Heap *heap, Entry *e, bint remote) noexcept nogil
cdef size_t value_effort(const Entry *e) noexcept nogil
cdef Entry *value_duplicate(Heap *heap, const Entry *e, const char *key, size_t n, int64_t expiry) noexcept nogil
cdef void *value_copy(Heap *heap, const Entry *e) noexcept nogil
cdef void *raw_copy(Heap *heap, const Raw *raw) noexcept nogil
cdef size_t value_bytes(const Entry *e) noexcept nogil
cdef Raw *entry_raw(const Entry *e) noexcept nogil
cdef Slice string_value(const Entry *e, char *scratch) noexcept nogil
cdef size_t string_length(const Entry *e) noexcept nogil
cdef const char *type_name(int kind) noexcept nogil
cdef const char *encoding_name(int encoding) noexcept nogil
