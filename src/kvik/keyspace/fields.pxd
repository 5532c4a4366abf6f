"""The fields of a large hash: a table of entries. See fields.py.

    Fields   | table                    | by_deadline | expiries | listed |
               field ─▶ entry, with the   the expiring ones among them; NULL in a small table
               value inside or in a Raw,
               and its expiry
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t, uintptr_t

from kvik.engine.deadlines cimport Deadlines, deadlines_first
from kvik.engine.entry cimport (
    LAYOUT_EXPIRY, LAYOUT_WORD, Entry, EntryPtr, Raw, RawPtr, Slot, entry_embedded, entry_expiry, entry_pointer,
)
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.table cimport Table
from kvik.engine.text cimport Slice

cdef enum:                      # what setting a field has come to
    HASH_SET = 0                # the field was there and has a new value
    HASH_ADDED = 1
    HASH_REVIVED = 2            # it was there, but its time was up: added for whoever asks
    HASH_NO_MEMORY = -1

cdef enum:
    EXPIRY_NONE = -1
    EXPIRY_KEEP = -2            # the one that the field has, if it is still there

cdef enum:
    REAP_MAX = 64               # fields that fields_reap removes at most
    SEARCHED_MAX = 16           # a table of no more fields is looked through for those whose time is up
    WEIGHED_MAX = 64            # fields that fields_memory looks at

cdef struct Fields:
    Table table
    Deadlines *by_deadline      # NULL: look through the table
    uint64_t expiries           # how many of the entries expire
    int64_t listed              # the deadline under which the database has the hash (database.py), -1: it has not

ctypedef Fields *FieldsPtr
ctypedef Deadlines *FieldDeadlines

cdef struct Past:               # looking through a table for fields whose time is up
    int64_t now
    int64_t first               # the earliest expiry of all
    uint64_t count
    Entry **out                 # the first `most` of them, if not NULL
    int most

ctypedef Past *PastPtr

cdef struct Weighed:
    uint64_t count
    size_t total

ctypedef Weighed *WeighedPtr

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

cdef Fields *fields_new(Heap *heap, const HashKey *key) noexcept nogil
cdef void fields_free(Heap *heap, Fields *fields, bint remote) noexcept nogil
cdef size_t fields_memory(const Fields *fields) noexcept nogil
cdef int fields_set(
    Heap *heap, Fields *fields, const Slice *field, const Slice *value, int64_t expiry, int64_t now) noexcept nogil
cdef bint fields_add(
    Heap *heap, Fields *fields, const Slice *field, const Slice *value, int64_t expiry, uint64_t h) noexcept nogil
cdef bint fields_expire(Heap *heap, Fields *fields, Slot slot, int64_t when) noexcept nogil
cdef void fields_remove(Heap *heap, Fields *fields, Entry *field, uint64_t h) noexcept nogil
cdef int64_t fields_deadline(const Fields *fields) noexcept nogil
cdef uint64_t fields_past(const Fields *fields, int64_t now) noexcept nogil
ctypedef void (*FieldFunction)(void *context, const Entry *field) noexcept nogil

cdef int fields_reap(
    Heap *heap, Fields *fields, int64_t now, FieldFunction each, void *context) noexcept nogil

cdef bint fields_put(Heap *heap, Fields *fields, Slot slot, Entry *fresh) noexcept nogil
cdef bint write_over(Entry *field, const Slice *value) noexcept nogil
cdef bint note_deadline(Fields *fields, Entry *field) noexcept nogil
cdef void forget_deadline(Heap *heap, Fields *fields, Entry *field) noexcept nogil
cdef void order_deadlines(Heap *heap, Fields *fields) noexcept nogil
cdef void order_field(void *context, Entry *field) noexcept nogil
cdef void drop_deadlines(Heap *heap, Fields *fields, bint remote) noexcept nogil
cdef int64_t field_deadline(const Entry *field) noexcept nogil
cdef void search_past(const Fields *fields, Past *past) noexcept nogil
cdef void search_field(void *context, Entry *field) noexcept nogil
cdef Entry *field_new(Heap *heap, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef void field_free(Heap *heap, Entry *field, bint remote) noexcept nogil
cdef void free_field_here(void *context, Entry *field) noexcept nogil
cdef void free_field_remote(void *context, Entry *field) noexcept nogil
cdef void weigh_field(void *context, Entry *field) noexcept nogil
