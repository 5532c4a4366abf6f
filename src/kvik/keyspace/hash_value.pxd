"""The value of a hash, in both its forms. See hash_value.py.

    listpack     the entry's word ─▶ | field | value | field | value | ...      small, nothing expires
    hashtable    the entry's word ─▶ Fields (fields.pxd)
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport (
    ENCODING_HASHTABLE, ENCODING_LISTPACK, TYPE_HASH, Entry, EntryPtr, Slot, entry_encoding, entry_expiry,
    entry_pointer,
)
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Element, Listpack
from kvik.engine.text cimport Slice
from kvik.keyspace.fields cimport FieldFunction, Fields, FieldsPtr

cdef struct Place:              # where a field stands; good until the hash changes
    char *p                     # in a listpack: the field's element
    Slot slot                   # in a table
    uint64_t hash               # in a table

ctypedef Place *PlacePtr
ctypedef bint (*EachField)(void *context, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil

cdef struct HashSettings:       # what a change needs to know
    Heap *heap
    const HashKey *key          # of the hash function
    int64_t now
    int64_t max_entries         # of a listpack: hash-max-listpack-entries
    size_t max_value            # hash-max-listpack-value

cdef struct Walk:               # what hash_each hands to table_each
    EachField each
    void *context
    int64_t now
    bint stopped

ctypedef Walk *WalkPtr

cdef inline bint hash_is_listpack(const Entry *e) noexcept nogil:
    return entry_encoding(e) == ENCODING_LISTPACK

cdef inline Listpack hash_listpack(const Entry *e) noexcept nogil:
    return <Listpack>entry_pointer(e)

cdef inline Fields *hash_fields(const Entry *e) noexcept nogil:
    return <Fields *>entry_pointer(e)

cdef inline bint has_fields(const Entry *e) noexcept nogil:
    """Is e the entry of a hash in its large form, the only one with fields that expire?"""
    return (e.kind_clock & 255) == (TYPE_HASH | (ENCODING_HASHTABLE << 4))

cdef Listpack hash_new(Heap *heap) noexcept nogil
cdef void hash_free(Heap *heap, Entry *e, bint remote) noexcept nogil
cdef size_t hash_effort(const Entry *e) noexcept nogil
cdef size_t hash_memory(const Entry *e) noexcept nogil
cdef void *hash_copy(Heap *heap, const Entry *e) noexcept nogil
cdef bint hash_convert(Heap *heap, const HashKey *key, Entry *e) noexcept nogil

cdef size_t hash_count(const Entry *e) noexcept nogil
cdef size_t hash_live_count(const Entry *e, int64_t now) noexcept nogil
cdef bint hash_locate(const Entry *e, const Slice *field, int64_t now, Place *place) noexcept nogil
cdef Slice place_value(const Place *place, char *scratch) noexcept nogil
cdef int64_t place_expiry(const Place *place) noexcept nogil
cdef int hash_set(
    const HashSettings *settings, Entry *e, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef bint hash_expire(
    const HashSettings *settings, Entry *e, const Slice *field, Place *place, int64_t when) noexcept nogil
cdef void hash_remove(Heap *heap, Entry *e, const Place *place) noexcept nogil
cdef bint hash_each(const Entry *e, int64_t now, EachField each, void *context) noexcept nogil

cdef int64_t hash_listed(const Entry *e) noexcept nogil
cdef void hash_drop_past(
    Heap *heap, Entry *e, int64_t now, FieldFunction each, void *context) noexcept nogil

cdef char *listpack_field(const Entry *e, const Slice *field) noexcept nogil
cdef int listpack_set(Heap *heap, Entry *e, const Slice *field, const Slice *value) noexcept nogil
cdef bint splice(
    Heap *heap, Entry *e, size_t at, size_t removed_bytes, const Element *elements, int count) noexcept nogil
cdef bint copy_field(void *context, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef void walk_field(void *context, Entry *field) noexcept nogil
