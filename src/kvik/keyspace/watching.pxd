"""What changes mean for those who watch keys. See watching.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.keyspace.database cimport Database, DatabasePtr, Keyspace
from kvik.keyspace.watches cimport Watch, WatchPtr
from kvik.wire.client cimport Client

cdef struct Replacement:        # of all keys of a database, for table_each
    Keyspace *keyspace
    Database *emptied
    Database *by                # NULL: the keys just go
    Client *first               # clients that are affected, linked by `linked`

ctypedef Replacement *ReplacementPtr

cdef void watched_key_changed(Keyspace *ks, Database *db, const char *key, size_t n) noexcept nogil
cdef void watched_database_changes(Keyspace *ks, Database *emptied, Database *by) noexcept nogil
cdef void mark_watched(void *context, Entry *key) noexcept nogil
cdef bint watch_is_broken(Replacement *r, Watch *watch, bint there, Entry *coming) noexcept nogil
cdef bint watches_expired_key(Keyspace *ks, const Client *c) noexcept nogil
cdef void unwatch(Keyspace *ks, Client *c) noexcept nogil
cdef void break_transaction(Keyspace *ks, Client *c) noexcept nogil
