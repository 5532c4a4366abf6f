"""Which client watches which keys. See watches.py.

    tables[db]  key ──▶ Watch ⇄ Watch ⇄ Watch       those who watch this key
                          │
    client.watching ──▶ Watch ──▶ Watch              what this client watches
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot, entry_pointer
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Table, TablePtr
from kvik.wire.client cimport Client

cdef struct Watch:              # one client's watch of one key
    Watch *next                 # of the same key
    Watch *previous
    Watch *following            # of the same client
    Entry *key                  # in the table of its database; its word is the first watch of the key
    Client *client
    int db
    bint expired                # the time of the key was up when the watch began, and it has not been removed since

ctypedef Watch *WatchPtr

cdef struct Watches:
    Heap *heap
    Table *tables               # the watched keys of each database
    int count                   # of databases
    uint64_t keys               # watched keys in all of them
    uint64_t clients            # that watch any

ctypedef Watches *WatchesPtr

cdef bint watches_init(Watches *w, Heap *heap, const HashKey *key, int databases) noexcept nogil
cdef void watches_free(Watches *w) noexcept nogil
cdef bint watch_add(
    Watches *w, Client *c, int db, const char *key, size_t n, uint64_t h, bint expired) noexcept nogil
cdef Entry *watched_entry(Watches *w, int db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef bint is_watched_by(const Entry *key, const Client *c) noexcept nogil
cdef void watch_remove(Watches *w, Watch *watch) noexcept nogil
cdef void watch_drop_all(Watches *w, Client *c) noexcept nogil
cdef Watch *watches_of(Watches *w, int db, const char *key, size_t n, uint64_t h) noexcept nogil
cdef uint64_t watch_count(const Client *c) noexcept nogil

cdef inline Watch *first_watch(const Entry *key) noexcept nogil:
    return <Watch *>entry_pointer(key)
