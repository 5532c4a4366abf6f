"""Reading whole RDB files, as Redis up to 8.2 and Valkey up to 9.1 write them, into a keyspace.

What stands around the values is here (its drawing is in rdb_file.pxd), values are read by rdb_load.py. Nothing in a file
is believed: a failure has an offset (`source.error_at`), mostly a key (`key`) and a reason (`source.error`). Then the
keyspace holds what came before, and whoever asked for it has to do away with that.

A key is put into its table some keys later than it was read, when the bucket it belongs to has come from memory:

    read key, value ─▶ arriving | | | | ... 16 ... | | | ─▶ look for the key, insert
             prefetch its bucket ┘
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import (
    LAYOUT_EXPIRY,
    entry_expiry,
    entry_free,
    entry_key,
    entry_key_length,
)
from cython.cimports.kvik.engine.file_source import file_source_checksum
from cython.cimports.kvik.engine.intrinsics import load64
from cython.cimports.kvik.engine.rdb_format import (
    RDB_VERSION_HASH_2,
    RDB_VERSION_REDIS_MAX,
    rdb_get_length,
    rdb_get_string,
    scratch_free,
    scratch_room,
)
from cython.cimports.kvik.engine.source import source_fail, source_position, source_take
from cython.cimports.kvik.engine.table import table_prefetch_bucket, table_reserve
from cython.cimports.kvik.engine.text import is_word, parse_integer
from cython.cimports.kvik.keyspace.database import db_find, db_load, db_overwrite, key_hash
from cython.cimports.kvik.keyspace.hash_value import has_fields, hash_live_count
from cython.cimports.kvik.keyspace.rdb_file import (
    RDB_MAGIC,
    RDB_OPCODE_AUX,
    RDB_OPCODE_DATABASE,
    RDB_OPCODE_END,
    RDB_OPCODE_EXPIRY_MS,
    RDB_OPCODE_EXPIRY_S,
    RDB_OPCODE_FREQUENCY,
    RDB_OPCODE_FUNCTION_2,
    RDB_OPCODE_FUNCTION_OLD,
    RDB_OPCODE_IDLE,
    RDB_OPCODE_MODULE_AUX,
    RDB_OPCODE_RESIZE,
    RDB_OPCODE_SLOT_INFO,
)
from cython.cimports.kvik.keyspace.rdb_load import EXPIRY_MAX, rdb_load_value, rdb_loader_free, set_usage
from cython.cimports.kvik.keyspace.values import string_entry, value_free
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.posix.unistd import usleep


def rdb_reader_init(r, ks, file):
    memset(r, 0, sizeof(RdbReader))
    r.ks = ks
    r.file = file
    r.loader.ks = ks
    r.loader.source = address(file.source)
    r.loader.first.heap = ks.heap
    r.loader.second.heap = ks.heap
    r.key_room.heap = ks.heap
    r.expiry = -1
    r.idle = -1
    r.frequency = -1
    r.created = -1
    r.used_memory = -1


def rdb_read(r):
    """Read one file, from its magic to its checksum; the source stands behind that then. False: it failed, see above."""
    opcode: cython.p_const_char
    good: cython.bint
    r.db = address(r.ks.databases[0])
    if not read_magic(r):
        return False
    while True:
        opcode = source_take(r.loader.source, 1)
        if opcode == NULL:
            return False
        if cast(uint8_t, opcode[0]) == RDB_OPCODE_END:
            return settle_all(r) and read_end(r)
        if cast(uint8_t, opcode[0]) < RDB_OPCODE_SLOT_INFO:
            good = read_key(r, cast(uint8_t, opcode[0]))
        else:
            good = read_opcode(r, cast(uint8_t, opcode[0]))
        if not good:
            return False


def rdb_reader_free(r):
    """Free what reading has gathered; entries that have not arrived are dropped."""
    while r.waiting > 0:
        drop_entry(r.ks, r.arriving[r.first].entry)
        r.first = (r.first + 1) % ARRIVING
        r.waiting -= 1
    rdb_loader_free(address(r.loader))
    scratch_free(address(r.key_room))


def refuse(r, error):
    return source_fail(r.loader.source, error)


# --- around the keys -------------------------------------------------------------------------------------------------


def read_magic(r):
    p: cython.p_const_char = source_take(r.loader.source, RDB_MAGIC)
    i: cython.int
    from_: cython.int = 5
    if p == NULL:
        return False
    r.valkeys = memcmp(p, "VALKEY", 6) == 0
    if r.valkeys:
        from_ = 6
    elif memcmp(p, "REDIS", 5) != 0:
        return refuse(r, "wrong signature: this is no RDB file")
    for i in range(from_, RDB_MAGIC):
        if not 48 <= p[i] <= 57:
            return refuse(r, "wrong signature: its version is no number")
        r.version = r.version * 10 + p[i] - 48
    if r.version < 1 or (r.version > RDB_VERSION_REDIS_MAX and r.version != RDB_VERSION_HASH_2 and not r.any_version):
        r.unknown_version = True
        return refuse(r, "an RDB version that this server does not know")
    return True


def read_opcode(r, opcode):
    if opcode == RDB_OPCODE_EXPIRY_MS or opcode == RDB_OPCODE_EXPIRY_S:
        return read_expiry(r, opcode == RDB_OPCODE_EXPIRY_S)
    if opcode == RDB_OPCODE_IDLE or opcode == RDB_OPCODE_FREQUENCY:
        return read_usage(r, opcode == RDB_OPCODE_FREQUENCY)
    if opcode == RDB_OPCODE_DATABASE:
        return settle_all(r) and read_database(r)
    if opcode == RDB_OPCODE_RESIZE:
        return settle_all(r) and read_sizes(r)
    if opcode == RDB_OPCODE_AUX:
        return read_aux(r)
    if opcode == RDB_OPCODE_SLOT_INFO:
        return read_slot(r)
    if opcode == RDB_OPCODE_FUNCTION_2:
        return read_library(r)
    if opcode == RDB_OPCODE_FUNCTION_OLD:
        return refuse(r, "a library of functions as a test version of Redis 7.0 wrote it")
    if opcode == RDB_OPCODE_MODULE_AUX:
        return refuse(r, "data of a module, which this server does not have")
    return refuse(r, "an unknown opcode")


def read_aux(r):
    """Something about the file. What is not known does not matter."""
    room: cython.char[32]
    name: Slice
    value: Slice
    if not rdb_get_string(r.loader.source, address(r.loader.first), address(name)):
        return False
    if name.n > 32:
        name.n = 0
    memcpy(room, name.p, name.n)
    name.p = room
    return rdb_get_string(r.loader.source, address(r.loader.first), address(value)) \
        and note_aux(r, address(name), address(value))


def note_aux(r, name, value):
    number: int64_t = 0
    n: cython.size_t = value.n if value.n < WRITER_MAX else WRITER_MAX
    is_number: cython.bint = parse_integer(value.p, value.n, address(number))
    if is_word(name, "redis-ver") or is_word(name, "valkey-ver"):
        memcpy(r.writer, value.p, n)
        r.writer[n] = 0
        r.by_valkey = is_word(name, "valkey-ver")
    elif is_word(name, "ctime") and is_number:
        r.created = number
    elif is_word(name, "used-mem") and is_number:
        r.used_memory = number
    elif is_word(name, "aof-base") and is_number:
        r.aof_base = number != 0
    return True


def read_database(r):
    n: uint64_t = 0
    if not rdb_get_length(r.loader.source, address(n)):
        return False
    if n >= cast(uint64_t, r.ks.count):
        return refuse(r, "a database with a number that this server does not have (see the directive `databases`)")
    r.db = address(r.ks.databases[n])
    return True


def read_sizes(r):
    """How many keys there will be. It is a hint: no more than could stand in the rest of the file is believed."""
    keys: uint64_t = 0
    expiring: uint64_t = 0
    most: uint64_t
    if not rdb_get_length(r.loader.source, address(keys)) or not rdb_get_length(r.loader.source, address(expiring)):
        return False
    most = (r.file.left + cast(cython.size_t, r.loader.source.end - r.loader.source.p)) // KEY_BYTES_MIN
    table_reserve(address(r.db.keys), keys if keys < most else most)
    table_reserve(address(r.db.expiries), expiring if expiring < most else most)
    return True


def read_slot(r):
    """How many keys a slot of a cluster has: of no use here."""
    n: uint64_t = 0
    i: cython.int
    for i in range(3):
        if not rdb_get_length(r.loader.source, address(n)):
            return False
    return True


def read_library(r):
    code: Slice
    if not rdb_get_string(r.loader.source, address(r.loader.first), address(code)):
        return False
    if r.ks.libraries.arrived == NULL or r.ks.libraries.arrived(r.ks.libraries.owner, address(code)):
        return True
    return refuse(r, "a library of functions that cannot be loaded (the log says why)")


def read_expiry(r, in_seconds):
    p: cython.p_const_char = source_take(r.loader.source, 4 if in_seconds else 8)
    seconds: cython.int = 0
    if p == NULL:
        return False
    if in_seconds:
        memcpy(address(seconds), p, 4)
        r.expiry = cast(int64_t, seconds) * 1000
    else:
        r.expiry = cast(int64_t, load64(p))
    # What is before 1970 has expired in any case, and -1 stands for none.
    r.expiry = 0 if r.expiry < 0 else r.expiry
    return r.expiry <= EXPIRY_MAX or refuse(r, "an impossible expiry")


def read_usage(r, frequency):
    n: uint64_t = 0
    p: cython.p_const_char
    if frequency:
        p = source_take(r.loader.source, 1)
        if p == NULL:
            return False
        r.frequency = cast(uint8_t, p[0])
        return True
    if not rdb_get_length(r.loader.source, address(n)):
        return False
    r.idle = cast(int64_t, n) if n < 0xFFFFFF else 0xFFFFFF
    return True


def read_end(r):
    """The checksum; files before version 5 have none."""
    p: cython.p_const_char
    checksum: uint64_t = file_source_checksum(r.file)
    if r.version < 5:
        return True
    p = source_take(r.loader.source, 8)
    if p == NULL:
        return False
    if r.file.crc != NULL and load64(p) != 0 and load64(p) != checksum:
        return refuse(r, "wrong checksum: the file is damaged")
    return True


# --- keys ------------------------------------------------------------------------------------------------------------


def read_key(r, kind):
    e: EntryPtr
    s: Slice
    h: uint64_t
    r.key_offset = source_position(r.loader.source) - 1
    if not rdb_get_string(r.loader.source, address(r.loader.first), address(s)):
        return False
    r.key.p = scratch_room(address(r.key_room), s.n + 1)
    if r.key.p == NULL:
        return refuse(r, "out of memory")
    memcpy(r.key.p, s.p, s.n)
    r.key.n = s.n
    h = key_hash(r.ks, r.key.p, r.key.n)
    table_prefetch_bucket(address(r.db.keys), h)
    e = rdb_load_value(address(r.loader), kind, address(r.key), r.expiry)
    if e == NULL:
        return False
    set_usage(r.ks, e, r.idle, r.frequency)
    r.expiry = -1
    r.idle = -1
    r.frequency = -1
    r.key.p = NULL
    return arrive(r, e, h) and (r.key_delay_us <= 0 or linger(r))


def linger(r):
    """Take a while for this key, and let others have their turn then: for tests."""
    usleep(cast(cython.uint, r.key_delay_us))
    if r.file.progress == NULL or source_position(r.loader.source) - r.file.reported < r.file.interval:
        return True
    r.file.reported = source_position(r.loader.source)
    return r.file.progress(r.file) or refuse(r, "loading was stopped")


def arrive(r, e, h):
    """Put e in line; with that, the first of the line may have its turn."""
    a: ArrivalPtr
    bare: EntryPtr
    r.keys_expiring += e.layout & LAYOUT_EXPIRY
    if r.only_keys:
        r.keys_expired += (e.layout & LAYOUT_EXPIRY) != 0 and r.ks.clock.now_ms > entry_expiry(e)
        bare = string_entry(r.ks.heap, entry_key(e), entry_key_length(e), -1, "", 0)
        drop_entry(r.ks, e)
        if bare == NULL:
            return refuse(r, "out of memory")
        e = bare
    if not r.keep_expired and e.layout & LAYOUT_EXPIRY and r.ks.clock.now_ms > entry_expiry(e):
        r.keys_expired += 1
        drop_entry(r.ks, e)
        return True
    if not r.keep_expired and has_fields(e) and hash_live_count(e, r.ks.clock.now_ms) == 0:
        r.hashes_expired += 1
        drop_entry(r.ks, e)
        return True
    if r.waiting == ARRIVING and not settle(r):
        drop_entry(r.ks, e)
        return False
    a = address(r.arriving[(r.first + r.waiting) % ARRIVING])
    a.entry = e
    a.hash = h
    a.offset = r.key_offset
    r.waiting += 1
    if e.layout & LAYOUT_EXPIRY:
        table_prefetch_bucket(address(r.db.expiries), h)
    return True


def settle(r):
    """Put the first of the line into the database."""
    a: ArrivalPtr = address(r.arriving[r.first])
    e: EntryPtr = a.entry
    slot: Slot = db_find(r.ks, r.db, entry_key(e), entry_key_length(e), a.hash)
    good: cython.bint
    r.first = (r.first + 1) % ARRIVING
    r.waiting -= 1
    if slot == NULL:
        good = db_load(r.ks, r.db, e, a.hash)
    elif r.replace:
        good = db_overwrite(r.ks, r.db, slot, e, a.hash)
    else:
        r.key_offset = a.offset
        r.key.p = scratch_room(address(r.key_room), entry_key_length(e) + 1)
        if r.key.p != NULL:
            r.key.n = entry_key_length(e)
            memcpy(r.key.p, entry_key(e), r.key.n)
        drop_entry(r.ks, e)
        return refuse(r, "the key stands there twice")
    if not good:
        drop_entry(r.ks, e)
        return refuse(r, "out of memory")
    r.keys_loaded += 1
    return True


def settle_all(r):
    while r.waiting > 0:
        if not settle(r):
            return False
    return True


def drop_entry(ks, e):
    value_free(ks.heap, e, False)
    entry_free(ks.heap, e)
