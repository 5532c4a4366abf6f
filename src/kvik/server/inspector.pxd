"""Keys and values as Python sees them. See inspector.py."""

from libc.stdint cimport int64_t

from kvik.engine.entry cimport Entry
from kvik.engine.listpack cimport Item
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Keyspace

cdef class Inspector:
    cdef Keyspace *keyspace

    cdef Entry *find(self, int db, bytes key)

cdef object value_of(Keyspace *ks, Entry *e)
cdef list list_of(Keyspace *ks, Entry *e)
cdef list set_of(Entry *e)
cdef list sorted_set_of(Entry *e)
cdef list hash_of(Entry *e)
cdef list stream_of(Entry *e)
cdef bint add_field(void *context, const Slice *field, const Slice *value, int64_t expiry) noexcept nogil
cdef void add_pair(void *context, const Slice *field, const Slice *value) noexcept with gil
cdef bytes item_bytes(const Item *item)
