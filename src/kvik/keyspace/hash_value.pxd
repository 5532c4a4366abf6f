"""The value of a hash, in both its forms. See hash_value.py.

    listpack     the entry's word ─▶ | field | value | field | value | ...                    small, nothing expires
    hashtable    the entry's word ─▶ Fields: a table of entries (field as key, value embedded or Raw, its expiry in the
                                     expiry slot), and the expiring ones among them by deadline
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.deadlines cimport Deadlines, deadlines_first
from kvik.engine.entry cimport (
    ENCODING_HASHTABLE, ENCODING_LISTPACK, LAYOUT_EXPIRY, LAYOUT_WORD, TYPE_HASH, Entry, EntryPtr, Raw, RawPtr, Slot,
    entry_embedded, entry_encoding, entry_expiry, entry_pointer,
)
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Element, Listpack
from kvik.engine.table cimport Table
from kvik.engine.text cimport Slice

cdef enum:
    HASH_SET = 0                # the field was there and has a new value
    HASH_ADDED = 1
    HASH_REVIVED = 2            # it was there, but its time was up: added for whoever asks
    HASH_NO_MEMORY = -1

cdef enum:
    EXPIRY_NONE = -1
    EXPIRY_KEEP = -2            # the one that the field has, if it is still there

cdef enum:
    REAP_MAX = 64               # fields that fields_reap removes at most
    WEIGHED_MAX = 64            # fields that hash_memory looks at

cdef struct Fields:
    Table table
    Deadlines *expiring         # those of the table's entries that expire; NULL: none
    int64_t listed              # the deadline under which the database has the hash (database.py), -1: it has not

ctypedef Fields *FieldsPtr
ctypedef Deadlines *FieldDeadlines

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

ctypedef const HashKey *HashKeyPtr

cdef struct Weighed:
    uint64_t count
    size_t total

ctypedef Weighed *WeighedPtr

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

cdef inline bint field_is_past(const Entry *field, int64_t now) noexcept nogil:
    return field.layout & LAYOUT_EXPIRY and now > entry_expiry(field)

cdef inline Slice field_value(const Entry *field) noexcept nogil:
    cdef Slice s
    cdef Raw *raw
    if field.layout & LAYOUT_WORD:
        raw = <Raw *>entry_pointer(field)
        s.p = raw.data
        s.n = raw.length
    else:
        s.p = entry_embedded(field)
        s.n = field.vlen
    return s

cdef inline bint any_past(const Fields *fields, int64_t now) noexcept nogil:
    """May there be fields whose time is up? (False: there is none.)"""
    return fields.expiring != NULL and deadlines_first(fields.expiring) < now

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

cdef int64_t fields_deadline(const Fields *fields) noexcept nogil
cdef int64_t hash_listed(const Entry *e) noexcept nogil
cdef int fields_reap(Heap *heap, Fields *fields, int64_t now) noexcept nogil
cdef void hash_drop_past(Heap *heap, Entry *e, int64_t now) noexcept nogil

cdef char *listpack_field(const Entry *e, const Slice *field) noexcept nogil
cdef int listpack_set(Heap *heap, Entry *e, const Slice *field, const Slice *value) noexcept nogil
cdef bint splice(
    Heap *heap, Entry *e, size_t at, size_t removed_bytes, const Element *elements, int count) noexcept nogil
cdef Fields *fields_new(Heap *heap, const HashKey *key) noexcept nogil
cdef void fields_free(Heap *heap, Fields *fields, bint remote) noexcept nogil
cdef int fields_set(
    Heap *heap, Fields *fields, const Slice *field, const Slice *value, int64_t expiry, int64_t now) noexcept nogil
cdef bint fields_add(
    Heap *heap, Fields *fields, const Slice *field, const Slice *value, int64_t expiry, uint64_t h) noexcept nogil
cdef bint fields_put(Heap *heap, Fields *fields, Slot slot, Entry *fresh) noexcept nogil
cdef bint write_over(Entry *field, const Slice *value) noexcept nogil
cdef bint note_deadline(Heap *heap, Fields *fields, Entry *field) noexcept nogil
cdef void forget_deadline(Heap *heap, Fields *fields, Entry *field) noexcept nogil
cdef void drop_deadlines(Heap *heap, Fields *fields, bint remote) noexcept nogil
cdef Entry *field_new(Heap *heap, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef void field_free(Heap *heap, Entry *field, bint remote) noexcept nogil
cdef int64_t field_deadline(const Entry *field) noexcept nogil
cdef bint copy_field(void *context, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef void free_field_here(void *context, Entry *field) noexcept nogil
cdef void free_field_remote(void *context, Entry *field) noexcept nogil
cdef void weigh_field(void *context, Entry *field) noexcept nogil
cdef void walk_field(void *context, Entry *field) noexcept nogil
