"""Values of any type: freeing, copying, weighing. See values.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.engine.entry cimport ENCODING_EMBSTR, ENCODING_RAW, Entry, EntryPtr, Raw, RawPtr
from kvik.engine.heap cimport Heap
from kvik.engine.stream cimport StreamPtr
from kvik.engine.text cimport INTEGER_MAX, Slice

cdef enum:
    EMBSTR_BLOCK = 128          # what key and value of an embstr take together, as Valkey counts: headers too
    EMBSTR_HEADERS = 15

cdef inline int text_encoding(size_t key_length, size_t n, bint over_expiry) noexcept nogil:
    """What OBJECT ENCODING calls a value of n bytes: embstr if it fits in Valkey's block, else raw.

    `over_expiry`: it replaces a value that had a time to live, the place for which stays there.
    """
    cdef size_t headers = EMBSTR_HEADERS + (2 if key_length > 31 else 0) + (8 if over_expiry else 0)
    return ENCODING_EMBSTR if headers + key_length + n <= EMBSTR_BLOCK else ENCODING_RAW

cdef Entry *string_entry(
    Heap *heap, const char *key, size_t key_length, int64_t expiry, const char *p, size_t n) noexcept nogil
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
