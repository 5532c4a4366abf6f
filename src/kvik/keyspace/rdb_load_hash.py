"""Reading hashes as RDB files and DUMP payloads hold them: fields one by one, with or without their expiries, listpacks,
and the ziplists and zipmaps of old files. What is common to all values stands in rdb_load.py.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import ENCODING_LISTPACK
from cython.cimports.kvik.engine.listpack import (
    listpack_first,
    listpack_is_valid,
    listpack_item,
    listpack_next,
    listpack_text,
)
from cython.cimports.kvik.engine.rdb_format import RDB_HASH_2, rdb_get_int64, rdb_get_length, scratch_room
from cython.cimports.kvik.engine.ziplist import ziplist_open, ziplist_read_pair, zipmap_open, zipmap_read
from cython.cimports.kvik.keyspace.fields import EXPIRY_NONE, HASH_ADDED, HASH_NO_MEMORY
from cython.cimports.kvik.keyspace.hash_value import hash_convert, hash_count, hash_set
from cython.cimports.kvik.keyspace.rdb_load import EXPIRY_MAX, fail, keep_block, take_kept, take_string
from cython.cimports.kvik.keyspace.rdb_sound import is_sound
from cython.cimports.libc.stdint import INT64_MIN, int64_t, uint64_t
from cython.cimports.libc.string import memcpy


def hash_settings(r, settings):
    settings.heap = r.ks.heap
    settings.key = address(r.ks.hash_key)
    settings.now = INT64_MIN
    settings.max_entries = r.ks.limits.hash_max_listpack_entries
    settings.max_value = cast(cython.size_t, r.ks.limits.hash_max_listpack_value)


def hash_put(r, settings, e, field, value, expiry):
    outcome: cython.int = hash_set(settings, e, field, value, expiry)
    if outcome == HASH_ADDED:
        return True
    return fail(r, "out of memory" if outcome == HASH_NO_MEMORY else "a field of a hash stands there twice")


def load_hash(r, e, kind):
    """Fields and values; in RDB_HASH_2 each with its expiry."""
    n: uint64_t = 0
    i: uint64_t
    expiry: int64_t = EXPIRY_NONE
    field: Slice
    value: Slice
    settings: HashSettings
    hash_settings(r, address(settings))
    if not rdb_get_length(r.source, address(n)):
        return False
    if n > cast(uint64_t, settings.max_entries) and not hash_convert(settings.heap, settings.key, e):
        return fail(r, "out of memory")
    for i in range(n):
        if not take_kept(r, address(field)) or not take_string(r, address(value)):
            return False
        if kind == RDB_HASH_2:
            # The value may stand in the source's window, which the expiry could move.
            if not value_kept(r, address(value)) or not rdb_get_int64(r.source, address(expiry)):
                return False
            if expiry < 0 and expiry != EXPIRY_NONE:
                return fail(r, "an impossible expiry of a field")
        if not hash_put(r, address(settings), e, address(field), address(value), expiry):
            return False
    return n > 0 or fail(r, "an empty hash")


def value_kept(r, value):
    """Move the string, unless it stands in scratch anyhow."""
    p: cython.p_char
    if value.p == r.first.data:
        return True
    p = scratch_room(address(r.first), value.n + 1)
    if p == NULL:
        return fail(r, "out of memory")
    memcpy(p, value.p, value.n)
    value.p = p
    return True


def load_hash_metadata(r, e):
    """Redis 7.4: the earliest expiry, then for each field its own, counted from there (0: none)."""
    n: uint64_t = 0
    i: uint64_t
    after: uint64_t = 0
    first: int64_t = 0
    field: Slice
    value: Slice
    settings: HashSettings
    hash_settings(r, address(settings))
    if not rdb_get_int64(r.source, address(first)) or not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not rdb_get_length(r.source, address(after)) or not take_kept(r, address(field)) \
                or not take_string(r, address(value)):
            return False
        if first < 0 or after > EXPIRY_MAX or first > EXPIRY_MAX:
            return fail(r, "an impossible expiry of a field")
        if not hash_put(r, address(settings), e, address(field), address(value),
                        first + cast(int64_t, after) - 1 if after > 0 else EXPIRY_NONE):
            return False
    return n > 0 or fail(r, "an empty hash")


def load_hash_listpack(r, e, step):
    """Pairs, or (`step` 3, Redis 7.4) field, value and expiry, 0 for none, behind the earliest one."""
    scratch: cython.char[72]
    count: cython.size_t = 0
    first: int64_t = 0
    expiry: int64_t
    s: Slice
    field: Slice
    value: Slice
    p: cython.p_char
    settings: HashSettings
    hash_settings(r, address(settings))
    if (step == 3 and not rdb_get_int64(r.source, address(first))) or not take_string(r, address(s)):
        return False
    if not listpack_is_valid(s.p, s.n, address(count)) or count == 0 or count % step != 0:
        return fail(r, "a damaged listpack")
    if step == 2 and is_sound(address(r.ks.hash_key), s.p, count, 2, False,
                              settings.max_entries, r.ks.limits.hash_max_listpack_value):
        return keep_block(r, e, address(s), ENCODING_LISTPACK)
    p = listpack_first(s.p)
    while p != NULL:
        field = listpack_text(p, scratch)
        p = listpack_next(p)
        value = listpack_text(p, cast(cython.p_char, scratch) + 24)
        p = listpack_next(p)
        expiry = EXPIRY_NONE
        if step == 3:
            if listpack_item(p).p != NULL or listpack_item(p).integer < 0:
                return fail(r, "an impossible expiry of a field")
            if listpack_item(p).integer > 0:
                expiry = listpack_item(p).integer
            p = listpack_next(p)
        if not hash_put(r, address(settings), e, address(field), address(value), expiry):
            return False
    return True


def load_hash_ziplist(r, e):
    scratch: cython.char[48]
    s: Slice
    field: Slice
    value: Slice
    reader: PackedReader
    settings: HashSettings
    hash_settings(r, address(settings))
    if not take_string(r, address(s)) or not ziplist_open(address(reader), s.p, s.n):
        return fail(r, "a damaged ziplist")
    while ziplist_read_pair(address(reader), address(field), address(value), scratch):
        if not hash_put(r, address(settings), e, address(field), address(value), EXPIRY_NONE):
            return False
    return (not reader.damaged and hash_count(e) > 0) or fail(r, "a damaged ziplist")


def load_hash_zipmap(r, e):
    s: Slice
    field: Slice
    value: Slice
    name: Item
    item: Item
    reader: PackedReader
    settings: HashSettings
    hash_settings(r, address(settings))
    if not take_string(r, address(s)) or not zipmap_open(address(reader), s.p, s.n):
        return fail(r, "a damaged zipmap")
    while zipmap_read(address(reader), address(name), address(item)):
        field.p = name.p
        field.n = name.n
        value.p = item.p
        value.n = item.n
        if not hash_put(r, address(settings), e, address(field), address(value), EXPIRY_NONE):
            return False
    return (not reader.damaged and hash_count(e) > 0) or fail(r, "a damaged zipmap")
