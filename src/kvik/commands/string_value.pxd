"""Storing string values: which form a value takes. See string_value.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr, Slot
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.text cimport Slice
from kvik.wire.parser cimport CharPtr
from kvik.keyspace.call cimport Call

cdef enum:
    GROWTH_MAX = 1048576        # a growing string gets at most this much spare room

cdef bint store_string(
    Call *call, int i, uint64_t h, Slot slot, const char *p, size_t n, int64_t expiry) noexcept nogil
cdef bint store_text(
    Call *call, int i, uint64_t h, Slot slot, const char *p, size_t n, int64_t expiry) noexcept nogil
cdef bint store_integer(Call *call, int i, uint64_t h, Slot slot, int64_t value, int64_t expiry) noexcept nogil
cdef bint store_entry(Call *call, uint64_t h, Slot slot, Entry *e) noexcept nogil
cdef bint store_large(
    Call *call, int i, uint64_t h, Slot slot, const char *p, size_t n, int64_t expiry) noexcept nogil
cdef bint store_raw(Call *call, int i, uint64_t h, Slot slot, Raw *raw, int64_t expiry) noexcept nogil
cdef Entry *new_bytes(Call *call, int i, size_t n, int64_t expiry, char **p) noexcept nogil
cdef Entry *new_raw_entry(Call *call, int i, Raw *raw, int64_t expiry) noexcept nogil
cdef Raw *raw_from(Call *call, const char *p, size_t n) noexcept nogil
cdef Raw *make_raw(Call *call, int i, uint64_t h, Slot slot, size_t length) noexcept nogil
cdef Raw *new_raw_value(Call *call, int i, uint64_t h, size_t length) noexcept nogil
cdef void reply_memory(Call *call) noexcept nogil
cdef void reply_string(Call *call, const Entry *e) noexcept nogil
cdef Raw *raw_shrink(Heap *heap, Raw *raw, size_t capacity) noexcept nogil
cdef size_t growth_capacity(size_t length) noexcept nogil
