"""Whole RDB files: writing. See rdb_file.py.

    REDIS0010 or VALKEY080
    FA name value ...                       what is told about the file: who wrote it, when, ...
    F5 code                                 a library of functions
    FE n  FB keys expiring                  database n begins
        [FC ms] [F8 idle | F9 freq] type key value ...
    FF checksum                             8 B LE, of all before; 0: there is none
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.child cimport Reporter
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.file_sink cimport FileSink
from kvik.engine.sink cimport Sink, SinkPtr
from kvik.keyspace.database cimport Database, Keyspace
from kvik.keyspace.snapshot cimport Snapshot

cdef enum:                      # bytes that stand where a type could: see the drawing
    RDB_OPCODE_SLOT_INFO = 244
    RDB_OPCODE_FUNCTION_2 = 245
    RDB_OPCODE_FUNCTION_OLD = 246
    RDB_OPCODE_MODULE_AUX = 247
    RDB_OPCODE_IDLE = 248
    RDB_OPCODE_FREQUENCY = 249
    RDB_OPCODE_AUX = 250
    RDB_OPCODE_RESIZE = 251
    RDB_OPCODE_EXPIRY_MS = 252
    RDB_OPCODE_EXPIRY_S = 253
    RDB_OPCODE_DATABASE = 254
    RDB_OPCODE_END = 255
    RDB_MAGIC = 9               # bytes of it, version included

cdef enum:                      # RdbOptions.usage: what is written about when or how often a key was used
    USAGE_NONE = 0
    USAGE_IDLE = 1
    USAGE_FREQUENCY = 2

cdef struct RdbOptions:
    int usage
    bint aof_base               # the file will be the base of an append-only file
    int64_t now_ms              # the moment it shows
    uint64_t used_memory
    const char *redis_version   # what it says that it was written by
    int64_t key_delay_us        # rdb-key-save-delay: to be slow, in tests

ctypedef RdbOptions *RdbOptionsPtr

cdef bint rdb_write(FileSink *f, Keyspace *ks, const RdbOptions *options, Reporter *reporter) noexcept nogil
cdef void put_magic(Sink *sink, const Keyspace *ks) noexcept nogil
cdef void put_aux(Sink *sink, const char *name, const char *value) noexcept nogil
cdef void put_aux_integer(Sink *sink, const char *name, int64_t value) noexcept nogil
cdef void put_libraries(Sink *sink, const Keyspace *ks) noexcept nogil
cdef void put_database(Sink *sink, const Database *db) noexcept nogil
cdef void put_entry(Sink *sink, const Keyspace *ks, const Entry *e, const RdbOptions *options) noexcept nogil
cdef void put_end(FileSink *f) noexcept nogil
