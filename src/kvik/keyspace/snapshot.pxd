"""A walk over everything that a keyspace holds. See snapshot.py."""

from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.table cimport TableWalk
from kvik.keyspace.database cimport Database, DatabasePtr, Keyspace

cdef enum:
    SNAPSHOT_ENTRIES = 16       # that are handed out together, fetched ahead

cdef struct Snapshot:
    Keyspace *ks
    Database *db                # whose entries these are; NULL before the first
    int next                    # database to go on with
    TableWalk walk
    EntryPtr entries[16]
    int count

ctypedef Snapshot *SnapshotPtr

cdef void snapshot_begin(Snapshot *s, Keyspace *ks) noexcept nogil
cdef bint snapshot_next(Snapshot *s) noexcept nogil
cdef void fetch_values(Snapshot *s) noexcept nogil
cdef uint64_t snapshot_keys(const Keyspace *ks) noexcept nogil
cdef bint snapshot_expires_fields(const Keyspace *ks) noexcept nogil
