"""Active expiry of hash fields. See field_expiry.py."""

from libc.stdint cimport int64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.keyspace.database cimport Database, DatabasePtr, Keyspace
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.fields cimport FieldFunction, FieldsPtr

cdef enum:
    HASHES_MAX = 4              # hashes that are worked on between two looks at the time
    FIELDS_SLICE_US = 500       # that a cycle takes at once

cdef bint fields_due(const Keyspace *ks) noexcept nogil
cdef void expire_fields(Keyspace *ks) noexcept nogil
cdef bint expire_fields_of(Keyspace *ks, Database *db, int64_t deadline_us) noexcept nogil
cdef void reap_hash(Keyspace *ks, Database *db, Entry *e) noexcept nogil
cdef void log_field(void *context, const Entry *field) noexcept nogil
cdef void log_reaped(Keyspace *ks, Database *db, const Entry *e, int reaped, bint is_empty) noexcept nogil
