"""Sets: the value of a key across its forms. See set_value.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot, entry_encoding, entry_pointer
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.intset cimport Intset
from kvik.engine.listpack cimport Item, Listpack
from kvik.engine.table cimport Table, TablePtr, TableWalk
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport EncodingLimits

cdef enum:
    MEMBERS = 32                # members that are handled together, so that their cache misses run side by side

cdef enum:                      # Member.known
    MEMBER_INTEGER = 1          # it reads as an integer: `integer`
    MEMBER_NO_INTEGER = 2
    MEMBER_HASHED = 4           # `hash` is its hash

cdef struct Member:             # a member on its way: what is found out about it is kept
    char *p                     # its text; NULL: it came as an integer, and its text is made when it is wanted
    size_t n
    int64_t integer
    uint64_t hash
    uint64_t word               # its place in the set it came from: see member_at
    uint32_t known

ctypedef Member *MemberPtr

cdef struct SetContext:         # what changing a set takes
    Heap *heap
    const HashKey *hash_key
    const EncodingLimits *limits
    size_t expected             # members that a set which becomes a table will have, if that is known
    bint failed                 # memory was short: what was to be added or removed was not

ctypedef SetContext *SetContextPtr

cdef struct SetWalk:            # a walk through a set that does not change meanwhile
    int encoding
    void *value
    char *p                     # listpack: the next element
    uint32_t i                  # intset: the next integer
    TableWalk table
    Entry *ahead[32]            # table: what comes next, on its way into the cache
    int ahead_count

ctypedef SetWalk *SetWalkPtr

cdef inline Intset set_intset(const Entry *e) noexcept nogil:
    return <Intset>entry_pointer(e)

cdef inline Listpack set_listpack(const Entry *e) noexcept nogil:
    return <Listpack>entry_pointer(e)

cdef inline Table *set_table(const Entry *e) noexcept nogil:
    return <Table *>entry_pointer(e)

cdef inline void member_of(Member *m, const Slice *s) noexcept nogil:
    """The member that the text s is."""
    m.p = s.p
    m.n = s.n
    m.known = 0

cdef inline void member_of_integer(Member *m, int64_t value) noexcept nogil:
    m.p = NULL
    m.n = 0
    m.integer = value
    m.known = MEMBER_INTEGER

cdef bint member_is_integer(Member *m) noexcept nogil
cdef Slice member_text(const Member *m, char *scratch) noexcept nogil
cdef uint64_t member_hash(const HashKey *key, Member *m) noexcept nogil
cdef void member_at(Member *m, int encoding, uint64_t word) noexcept nogil

cdef int set_form(const SetContext *context, Member *first, size_t expected) noexcept nogil
cdef Entry *set_new(SetContext *context, const char *key, size_t n, int encoding) noexcept nogil
cdef void set_free(Heap *heap, Entry *e, bint remote) noexcept nogil
cdef void *set_copy(Heap *heap, const Entry *e) noexcept nogil
cdef size_t set_count(const Entry *e) noexcept nogil
cdef size_t set_effort(const Entry *e) noexcept nogil
cdef size_t set_bytes(const Entry *e) noexcept nogil

cdef bint set_has(const Entry *e, Member *m) noexcept nogil
cdef bint set_add(SetContext *context, Entry *e, Member *m) noexcept nogil
cdef bint set_add_new(SetContext *context, Entry *e, Member *m) noexcept nogil
cdef bint set_remove(SetContext *context, Entry *e, Member *m) noexcept nogil
cdef void set_prefetch(const Entry *e, Member *members, int count) noexcept nogil
cdef int set_filter(const Entry *e, Member *members, int count, bint keep) noexcept nogil
cdef void set_expect(SetContext *context, Entry *e, size_t expected) noexcept nogil
cdef void set_to_intset(SetContext *context, Entry *e) noexcept nogil

cdef void set_walk(SetWalk *walk, const Entry *e) noexcept nogil
cdef int set_walk_next(SetWalk *walk, Member *members) noexcept nogil

cdef void set_value(Entry *e, int encoding, void *value) noexcept nogil
cdef void *value_new(const SetContext *context, int encoding) noexcept nogil
cdef void table_value_free(Heap *heap, Table *t, bint remote) noexcept nogil
cdef Table *table_value_copy(Heap *heap, const Table *t) noexcept nogil
cdef size_t intset_max(const SetContext *context) noexcept nogil
cdef bint fits_listpack(const SetContext *context, size_t count, size_t bytes, size_t longest) noexcept nogil
cdef int form_beyond_intset(const SetContext *context, const char *s, size_t n) noexcept nogil
cdef bint add_to_intset(SetContext *context, Entry *e, Member *m, bint is_new) noexcept nogil
cdef bint add_to_listpack(SetContext *context, Entry *e, Member *m, bint is_new) noexcept nogil
cdef bint add_to_table(SetContext *context, Entry *e, Member *m, bint is_new) noexcept nogil
cdef bint remove_from_table(const SetContext *context, Entry *e, Member *m) noexcept nogil
cdef bint set_convert(SetContext *context, Entry *e, int encoding, size_t expected) noexcept nogil
cdef void member_of_item(Member *m, const char *p) noexcept nogil
cdef void member_of_entry(Member *m, Entry *e) noexcept nogil
