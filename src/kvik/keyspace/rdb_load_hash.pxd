"""Hashes as RDB files and DUMP payloads hold them: reading. See rdb_load_hash.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry
from kvik.engine.listpack cimport Item
from kvik.engine.text cimport Slice
from kvik.engine.ziplist cimport PackedReader
from kvik.keyspace.hash_value cimport HashSettings
from kvik.keyspace.rdb_load cimport RdbLoader

cdef bint hash_put(
    RdbLoader *r, HashSettings *settings, Entry *e, const Slice *field, const Slice *value, int64_t expiry,
    ) noexcept nogil
cdef void hash_settings(RdbLoader *r, HashSettings *settings) noexcept nogil
cdef bint value_kept(RdbLoader *r, Slice *value) noexcept nogil
cdef bint load_hash(RdbLoader *r, Entry *e, int kind) noexcept nogil
cdef bint load_hash_metadata(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_hash_listpack(RdbLoader *r, Entry *e, int step) noexcept nogil
cdef bint load_hash_ziplist(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_hash_zipmap(RdbLoader *r, Entry *e) noexcept nogil
