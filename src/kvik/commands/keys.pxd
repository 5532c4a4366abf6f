"""Commands on keys of any type. See keys.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.database cimport Database, DatabasePtr
from kvik.keyspace.lookup cimport Prefetched

cdef void del_command(Call *call) noexcept nogil
cdef void unlink_command(Call *call) noexcept nogil
cdef void exists_command(Call *call) noexcept nogil
cdef void touch_command(Call *call) noexcept nogil
cdef void type_command(Call *call) noexcept nogil
cdef void rename_command(Call *call) noexcept nogil
cdef void renamenx_command(Call *call) noexcept nogil
cdef void copy_command(Call *call) noexcept nogil
cdef void move_command(Call *call) noexcept nogil
cdef void object_encoding_command(Call *call) noexcept nogil
cdef void object_freq_command(Call *call) noexcept nogil
cdef void object_idletime_command(Call *call) noexcept nogil
cdef void object_refcount_command(Call *call) noexcept nogil

cdef void delete_all(Call *call, bint lazy) noexcept nogil
cdef void count_present(Call *call, bint use) noexcept nogil
cdef void rename_generic(Call *call, bint only_new) noexcept nogil
cdef bint read_copy_options(Call *call, Database **db, bint *replace) noexcept nogil
cdef bint put_copy(Call *call, Database *db, int key, Entry *e, uint64_t h) noexcept nogil
cdef Entry *object_entry(Call *call) noexcept nogil

ctypedef Database **DatabaseField
cdef void drop_past_fields(Call *call, Database *db, Entry *e) noexcept nogil
cdef void log_field(void *context, const Entry *field) noexcept nogil
