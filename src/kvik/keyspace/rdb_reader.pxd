"""Whole RDB files: reading. See rdb_reader.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.file_source cimport FileSource
from kvik.engine.rdb_format cimport Scratch
from kvik.engine.source cimport Source, SourcePtr
from kvik.engine.table cimport TablePtr
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Database, Keyspace
from kvik.keyspace.rdb_load cimport RdbLoader

cdef enum:
    ARRIVING = 16               # entries that wait for their buckets
    WRITER_MAX = 63             # bytes of a server's version that are kept
    KEY_BYTES_MIN = 3           # no key takes fewer bytes of a file

cdef struct Arrival:            # an entry that has been read, and is not in the table yet
    Entry *entry
    uint64_t hash
    uint64_t offset             # of it in the file

ctypedef Arrival *ArrivalPtr

cdef struct RdbReader:
    # Settings
    bint replace                # a key that is there gives way; else it is damage
    bint keep_expired           # keys whose time is up: an append-only file goes on about them
    bint only_keys              # keep no values: the file is only looked at
    int64_t key_delay_us        # key-load-delay: to be slow, in tests
    bint any_version            # rdb-version-check relaxed

    # Where it is
    Keyspace *ks
    FileSource *file
    RdbLoader loader
    Database *db
    int version
    bint unknown_version        # the file was refused for it
    bint valkeys                # the magic of Valkey 9
    Scratch key_room
    Slice key                   # that is being read; p NULL: none
    uint64_t key_offset
    int64_t expiry              # of it; -1: none
    int64_t idle                # likewise, seconds
    int64_t frequency
    Arrival arriving[16]
    uint32_t first              # the oldest of them
    uint32_t waiting

    # What it found
    uint64_t keys_loaded
    uint64_t keys_expiring      # with an expiry, past or not
    uint64_t keys_expired
    uint64_t hashes_expired     # all of whose fields were past
    char writer[64]             # version of the server that wrote it, "" unknown
    bint by_valkey
    int64_t created             # seconds since 1970, -1: unknown
    int64_t used_memory         # likewise
    bint aof_base

ctypedef RdbReader *RdbReaderPtr

cdef void rdb_reader_init(RdbReader *r, Keyspace *ks, FileSource *file) noexcept nogil
cdef bint rdb_read(RdbReader *r) noexcept nogil
cdef void rdb_reader_free(RdbReader *r) noexcept nogil

cdef bint refuse(RdbReader *r, const char *error) noexcept nogil
cdef bint read_magic(RdbReader *r) noexcept nogil
cdef bint read_opcode(RdbReader *r, int opcode) noexcept nogil
cdef bint read_aux(RdbReader *r) noexcept nogil
cdef bint note_aux(RdbReader *r, const Slice *name, const Slice *value) noexcept nogil
cdef bint read_database(RdbReader *r) noexcept nogil
cdef bint read_sizes(RdbReader *r) noexcept nogil
cdef bint read_slot(RdbReader *r) noexcept nogil
cdef bint read_library(RdbReader *r) noexcept nogil
cdef bint read_expiry(RdbReader *r, bint in_seconds) noexcept nogil
cdef bint read_usage(RdbReader *r, bint frequency) noexcept nogil
cdef bint read_key(RdbReader *r, int kind) noexcept nogil
cdef bint read_end(RdbReader *r) noexcept nogil
cdef bint linger(RdbReader *r) noexcept nogil
cdef bint arrive(RdbReader *r, Entry *e, uint64_t h) noexcept nogil
cdef bint settle(RdbReader *r) noexcept nogil
cdef bint settle_all(RdbReader *r) noexcept nogil
cdef void drop_entry(Keyspace *ks, Entry *e) noexcept nogil
