"""Writing whole RDB files: what stands around the values (rdb_save.py), from a walk over the keyspace (snapshot.py).

The version is the lowest that can carry the data: 10, which redis-server 7.0 reads, and only with hashes whose fields
expire that of Valkey 9. Nothing here allocates but for compressing, and nothing is changed, so all of it can run in a
forked child; what is written goes on at once, so memory does not grow with the file.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.child import REPORT_KEYS, reporter_tell
from cython.cimports.kvik.engine.entry import (
    LAYOUT_EXPIRY,
    entry_clock,
    entry_expiry,
    entry_key,
    entry_key_length,
)
from cython.cimports.kvik.engine.file_sink import file_sink_flush
from cython.cimports.kvik.engine.intrinsics import store64
from cython.cimports.kvik.engine.rdb_format import rdb_put_int64, rdb_put_integer, rdb_put_length, rdb_put_string
from cython.cimports.kvik.engine.sink import sink_put, sink_put_byte
from cython.cimports.kvik.keyspace.lookup import lfu_decayed
from cython.cimports.kvik.keyspace.rdb_save import rdb_save_value, rdb_type
from cython.cimports.kvik.keyspace.snapshot import snapshot_begin, snapshot_expires_fields, snapshot_next
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import strlen
from cython.cimports.posix.unistd import usleep


def rdb_write(f, ks, options, reporter):
    """Write everything, to the last byte that `f` can hand on. False: it failed, see `f.error`.

    `reporter` (NULL: nobody) is told how far it is.
    """
    sink: SinkPtr = address(f.sink)
    s: Snapshot
    keys: uint64_t = 0
    written: cython.p_void = NULL       # the database whose entries are being written
    i: cython.int
    put_magic(sink, ks)
    put_aux(sink, "redis-ver", options.redis_version)
    put_aux_integer(sink, "redis-bits", 64)
    put_aux_integer(sink, "ctime", options.now_ms // 1000)
    put_aux_integer(sink, "used-mem", cast(int64_t, options.used_memory))
    put_aux_integer(sink, "aof-base", options.aof_base)
    put_libraries(sink, ks)
    snapshot_begin(address(s), ks)
    while snapshot_next(address(s)) and not sink.failed:
        if written != s.db:
            written = s.db
            put_database(sink, s.db)
        for i in range(s.count):
            put_entry(sink, ks, s.entries[i], options)
            if options.key_delay_us > 0:
                file_sink_flush(f)
                usleep(cast(cython.uint, options.key_delay_us))
        keys += s.count
        if reporter != NULL and keys % REPORT_KEYS < cast(uint64_t, s.count):
            reporter_tell(reporter, keys)
    put_end(f)
    return file_sink_flush(f)


def put_magic(sink, ks):
    sink_put(sink, "VALKEY080" if snapshot_expires_fields(ks) else "REDIS0010", RDB_MAGIC)


def put_aux(sink, name, value):
    sink_put_byte(sink, RDB_OPCODE_AUX)
    rdb_put_string(sink, name, strlen(name), False)
    rdb_put_string(sink, value, strlen(value), False)


def put_aux_integer(sink, name, value):
    sink_put_byte(sink, RDB_OPCODE_AUX)
    rdb_put_string(sink, name, strlen(name), False)
    rdb_put_integer(sink, value)


def put_libraries(sink, ks):
    i: cython.int
    for i in range(ks.libraries.count):
        sink_put_byte(sink, RDB_OPCODE_FUNCTION_2)
        rdb_put_string(sink, ks.libraries.codes[i].p, ks.libraries.codes[i].n, ks.compress)


def put_database(sink, db):
    sink_put_byte(sink, RDB_OPCODE_DATABASE)
    rdb_put_length(sink, cast(uint64_t, db.id))
    sink_put_byte(sink, RDB_OPCODE_RESIZE)
    rdb_put_length(sink, db.keys.count)
    rdb_put_length(sink, db.expiries.count)


def put_entry(sink, ks, e, options):
    """A key with all that is known of it."""
    if e.layout & LAYOUT_EXPIRY:
        sink_put_byte(sink, RDB_OPCODE_EXPIRY_MS)
        rdb_put_int64(sink, entry_expiry(e))
    if options.usage == USAGE_IDLE:
        sink_put_byte(sink, RDB_OPCODE_IDLE)
        rdb_put_length(sink, (ks.lru_clock - entry_clock(e)) & 0xFFFFFF)
    elif options.usage == USAGE_FREQUENCY:
        sink_put_byte(sink, RDB_OPCODE_FREQUENCY)
        sink_put_byte(sink, cast(cython.int, lfu_decayed(ks, entry_clock(e))))
    sink_put_byte(sink, rdb_type(e))
    rdb_put_string(sink, entry_key(e), entry_key_length(e), ks.compress)
    rdb_save_value(sink, e, ks.compress)


def put_end(f):
    """The end, and the checksum of everything up to here."""
    bytes: cython.char[8]
    sink_put_byte(address(f.sink), RDB_OPCODE_END)
    file_sink_flush(f)
    store64(bytes, f.checksum)
    sink_put(address(f.sink), bytes, 8)
