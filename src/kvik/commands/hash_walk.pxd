"""Hash commands on all fields, and on random ones. See hash_walk.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t, uintptr_t

from kvik.commands.scan cimport Found, FoundPtr, ScanOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.listpack cimport Item, Listpack
from kvik.engine.sampling cimport Draw, Seen
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call, CallPtr
from kvik.keyspace.database cimport KeyspacePtr
from kvik.keyspace.fields cimport Fields, FieldsPtr

cdef enum:                      # what is replied of a field
    WITH_FIELDS = 1
    WITH_VALUES = 2
    IN_PAIRS = 4                # field and value in an array of their own

cdef struct FieldReplies:       # a walk that replies
    Call *call
    int parts
    Draw *draw                  # NULL: all

ctypedef FieldReplies *FieldRepliesPtr
ctypedef char **Elements

cdef void hgetall_command(Call *call) noexcept nogil
cdef void hkeys_command(Call *call) noexcept nogil
cdef void hvals_command(Call *call) noexcept nogil
cdef void hscan_command(Call *call) noexcept nogil
cdef void hrandfield_command(Call *call) noexcept nogil

cdef void reply_all(Call *call, int parts) noexcept nogil
cdef void reply_fields(Call *call, const Entry *e, int parts, Draw *draw) noexcept nogil
cdef void reply_listpack(Call *call, Listpack lp, int parts, Draw *draw) noexcept nogil
cdef void reply_entry(void *context, Entry *field) noexcept nogil
cdef void reply_parts(Call *call, const Slice *field, const Slice *value, int parts) noexcept nogil
cdef void reply_element(Call *call, const char *p, int parts) noexcept nogil
cdef void reply_found(Call *call, Found *found, int parts) noexcept nogil
cdef void scan_listpack(Call *call, Listpack lp, const ScanOptions *options) noexcept nogil
cdef bint element_matches(const char *p, const Slice *pattern) noexcept nogil
cdef void random_field(Call *call) noexcept nogil
cdef void random_distinct(Call *call, const Entry *e, uint64_t count, uint64_t live, int parts) noexcept nogil
cdef void random_few(Call *call, Fields *fields, uint64_t count, int parts) noexcept nogil
cdef void random_again(Call *call, const Entry *e, uint64_t count, uint64_t live, int parts) noexcept nogil
cdef void random_elements(Call *call, Listpack lp, uint64_t count, int parts) noexcept nogil
cdef Entry *random_live(Call *call, Fields *fields, const Found *all_live) noexcept nogil
cdef bint is_sparse(const Entry *e, uint64_t live) noexcept nogil
cdef void random_header(Call *call, uint64_t count, int parts) noexcept nogil
