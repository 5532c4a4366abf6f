"""String commands: GET and SET with all their relatives, counters, ranges. How values are stored: string_value.py."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import (
    SET_EXPIRY,
    SET_GET,
    SET_IFEQ,
    SET_KEEPTTL,
    SET_NX,
    SET_PERSIST,
    SET_XX,
    read_expiry,
    read_integer,
    read_set_options,
    reply_syntax_error,
)
from cython.cimports.kvik.commands.dispatch import reply_wrong_arity
from cython.cimports.kvik.commands.string_value import (
    make_raw,
    new_raw_value,
    reply_memory,
    reply_string,
    store_integer,
    store_string,
    store_text,
)
from cython.cimports.kvik.engine.entry import (
    ENCODING_INT,
    TYPE_STRING,
    entry_encoding,
    entry_expiry,
    entry_integer,
    entry_set_word,
    entry_type,
)
from cython.cimports.kvik.engine.intrinsics import add_overflows, likely
from cython.cimports.kvik.engine.text import (
    format_long_double,
    long_double_is_finite,
    parse_integer,
    parse_long_double,
)
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_set_expiry, expiry_now
from cython.cimports.kvik.keyspace.effects import effect_bytes, effect_close, effect_integer, effect_slice, effect_word
from cython.cimports.kvik.keyspace.lookup import (
    check_type,
    count_look,
    delete_key,
    delete_past,
    lookup_read,
    lookup_write,
    prefetch_keys,
)
from cython.cimports.kvik.keyspace.tail import (
    EVENT_GENERIC,
    EVENT_STRING,
    also,
    changed,
    effect_expiry,
    effect_gone,
    is_logged,
    replace_effect,
    replace_effect_on,
)
from cython.cimports.kvik.keyspace.values import string_length, string_value
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_error,
    reply_integer,
    reply_null,
    reply_ok,
)
from cython.cimports.libc.stdint import INT32_MAX, INT64_MIN, int64_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy

# --- finding ---------------------------------------------------------------------------------------------------------


def read_string(call, i, h, e):
    """The string entry of the key argv[i] (NULL: no key). False: another type, and that was answered."""
    e[0] = lookup_read(call, i, h)
    return e[0] == NULL or check_type(call, e[0], TYPE_STRING)


def write_string(call, i, h, slot):
    """The slot of the string entry of the key argv[i] (NULL: no key). False: another type, answered."""
    slot[0] = lookup_write(call, i, h)
    return slot[0] == NULL or check_type(call, slot[0][0], TYPE_STRING)


def equals(e, expected):
    scratch: cython.char[24]
    s: Slice = string_value(e, scratch)
    return s.n == expected.n and memcmp(s.p, expected.p, s.n) == 0


def too_long(call, n):
    if n <= cython.cast(cython.size_t, cython.cast(LoopPtr, call.client.loop).limits.bulk_max):
        return False
    reply_error(call.client, "ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    return True


# --- GET and SET -----------------------------------------------------------------------------------------------------


def get_command(call):
    e: EntryPtr = NULL
    if not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_null(call.client)
    else:
        reply_string(call, e)


def set_command(call):
    options: SetOptions
    if call.argc == 3:
        options.flags = 0
        options.expiry = -1
    elif not read_set_options(
            call, 3, SET_NX | SET_XX | SET_IFEQ | SET_GET | SET_KEEPTTL | SET_EXPIRY, address(options)):
        return
    set_generic(call, 2, address(options))


def set_generic(call, value, options):
    """SET: the condition, the old value if it is wanted, the new value argv[value], its expiry."""
    h: uint64_t = call.hash
    slot: Slot = lookup_write(call, 1, h)
    met: cython.bint = True
    if options.flags & SET_GET:
        if slot != NULL and not check_type(call, slot[0], TYPE_STRING):
            return
    if options.flags & SET_NX:
        met = slot == NULL
    elif options.flags & SET_XX:
        met = slot != NULL
    elif options.flags & SET_IFEQ:
        if slot != NULL and not check_type(call, slot[0], TYPE_STRING):
            return
        met = slot != NULL and equals(slot[0], address(call.argv[options.expected]))
    if options.flags & SET_GET:
        if slot == NULL:
            reply_null(call.client)
        else:
            reply_string(call, slot[0])
    if not met:
        if not options.flags & SET_GET:
            reply_null(call.client)
        return
    if options.flags & SET_KEEPTTL and slot != NULL:
        options.expiry = entry_expiry(slot[0])
    if options.flags & SET_EXPIRY and options.expiry <= expiry_now(call.keyspace):
        # Its time is up before it begins: the same as if it had been set and had expired.
        if slot != NULL:
            delete_past(call, 1, h)
    else:
        if not store_string(call, 1, h, slot, call.argv[value].p, call.argv[value].n, options.expiry):
            return
        changed(call, 1, EVENT_STRING, "set")
        if options.flags & SET_EXPIRY:
            also(call, 1, EVENT_GENERIC, "expire")
        if is_logged(call) and options.flags & (SET_EXPIRY | SET_GET | SET_IFEQ):
            effect_set(call, value, options)
    if not options.flags & SET_GET:
        reply_ok(call.client)


def effect_set(call, value, options):
    """SET without its conditions, which were met, and with the moment of its expiry."""
    f: EffectsPtr = replace_effect_on(call, "SET", 1)
    effect_slice(f, address(call.argv[value]))
    if options.flags & SET_EXPIRY:
        effect_word(f, "PXAT")
        effect_integer(f, options.expiry)
    elif options.flags & SET_KEEPTTL:
        effect_word(f, "KEEPTTL")
    effect_close(f)


def setnx_command(call):
    slot: Slot = lookup_write(call, 1, call.hash)
    if slot != NULL:
        reply_integer(call.client, 0)
        return
    if store_string(call, 1, call.hash, NULL, call.argv[2].p, call.argv[2].n, -1):
        changed(call, 1, EVENT_STRING, "set")
        reply_integer(call.client, 1)


def setex_command(call):
    set_expiring(call, True)


def psetex_command(call):
    set_expiring(call, False)


def set_expiring(call, seconds):
    options: SetOptions
    options.flags = SET_EXPIRY
    if read_expiry(call, 2, seconds, False, address(options.expiry)):
        set_generic(call, 3, address(options))


def getset_command(call):
    options: SetOptions
    slot: Slot = lookup_write(call, 1, call.hash)
    e: EntryPtr = NULL
    if slot != NULL:
        e = slot[0]
    count_look(call, 1, e)
    if e == NULL:
        reply_null(call.client)
    elif check_type(call, e, TYPE_STRING):
        reply_string(call, e)
    else:
        return
    if store_string(call, 1, call.hash, slot, call.argv[2].p, call.argv[2].n, -1):
        changed(call, 1, EVENT_STRING, "set")
        if is_logged(call):
            options.flags = 0
            effect_set(call, 2, address(options))


def getdel_command(call):
    e: EntryPtr = NULL
    if not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_null(call.client)
        return
    reply_string(call, e)
    delete_key(call, 1, call.hash, False)
    if is_logged(call):
        effect_gone(call, 1, False)


def getex_command(call):
    options: SetOptions
    e: EntryPtr = NULL
    if not read_set_options(call, 2, SET_EXPIRY | SET_PERSIST, address(options)):
        return
    if not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_null(call.client)
        return
    reply_string(call, e)
    if options.flags & SET_EXPIRY and options.expiry <= expiry_now(call.keyspace):
        delete_past(call, 1, call.hash)
    elif options.flags & SET_EXPIRY:
        apply_expiry(call, 1, call.hash, lookup_write(call, 1, call.hash), options.expiry)
    elif options.flags & SET_PERSIST and entry_expiry(e) != -1:
        apply_expiry(call, 1, call.hash, lookup_write(call, 1, call.hash), -1)


def apply_expiry(call, i, h, slot, when):
    """Give the key argv[i] another expiry (-1: none), and report it."""
    if not db_set_expiry(call.keyspace, call.db, slot, h, when):
        reply_memory(call)
        return
    changed(call, i, EVENT_GENERIC, "expire" if when != -1 else "persist")
    if is_logged(call):
        effect_expiry(call, i, when)


def delifeq_command(call):
    slot: Slot = NULL
    if not write_string(call, 1, call.hash, address(slot)):
        return
    if slot == NULL or not equals(slot[0], address(call.argv[2])):
        reply_integer(call.client, 0)
        return
    delete_key(call, 1, call.hash, False)
    if is_logged(call):
        effect_gone(call, 1, False)
    reply_integer(call.client, 1)


# --- many keys -------------------------------------------------------------------------------------------------------


def mget_command(call):
    ahead: Prefetched
    i: cython.int
    at: cython.int = 1
    e: EntryPtr
    reply_array(call.client, call.argc - 1)
    while at < call.argc:
        prefetch_keys(call, address(ahead), at, 1, call.argc)
        for i in range(ahead.count):
            e = lookup_read(call, at + i, ahead.hashes[i])
            if e == NULL or entry_type(e) != TYPE_STRING:
                reply_null(call.client)
            else:
                reply_string(call, e)
        at += ahead.count


def store_pairs(call, first, end, options):
    """SET each of the pairs argv[first:end]. False: no memory for one of them, answered."""
    ahead: Prefetched
    i: cython.int
    key: cython.int
    slot: Slot
    expiry: int64_t = options.expiry
    at: cython.int = first
    while at < end:
        prefetch_keys(call, address(ahead), at, 2, end)
        for i in range(ahead.count):
            key = at + 2 * i
            slot = lookup_write(call, key, ahead.hashes[i])
            if options.flags & SET_KEEPTTL:
                expiry = entry_expiry(slot[0]) if slot != NULL else -1
            if not store_string(
                    call, key, ahead.hashes[i], slot, call.argv[key + 1].p, call.argv[key + 1].n, expiry):
                return False
            changed(call, key, EVENT_STRING, "set")
            if options.flags & SET_EXPIRY:
                also(call, key, EVENT_GENERIC, "expire")
        at += 2 * ahead.count
    if is_logged(call) and options.flags & SET_EXPIRY:
        effect_pairs(call, first, end, expiry)
    return True


def effect_pairs(call, first, end, expiry):
    """MSETEX without its conditions, which were met, and with the moment of its expiry."""
    i: cython.int
    f: EffectsPtr = replace_effect(call, "MSETEX")
    effect_integer(f, (end - first) // 2)
    for i in range(first, end):
        effect_slice(f, address(call.argv[i]))
    effect_word(f, "PXAT")
    effect_integer(f, expiry)
    effect_close(f)


def any_exists(call, first, end):
    i: cython.int
    for i in range(first, end, 2):
        if lookup_write(call, i, call_hash(call, i)) != NULL:
            return True
    return False


def all_exist(call, first, end):
    i: cython.int
    for i in range(first, end, 2):
        if lookup_write(call, i, call_hash(call, i)) == NULL:
            return False
    return True


def odd_pairs(call):
    if call.argc % 2 == 1:
        return False
    reply_wrong_arity(call)
    return True


def mset_command(call):
    options: SetOptions
    options.flags = 0
    options.expiry = -1
    if not odd_pairs(call) and store_pairs(call, 1, call.argc, address(options)):
        reply_ok(call.client)


def msetnx_command(call):
    options: SetOptions
    options.flags = 0
    options.expiry = -1
    if odd_pairs(call):
        return
    if any_exists(call, 1, call.argc):
        reply_integer(call.client, 0)
    elif store_pairs(call, 1, call.argc, address(options)):
        reply_integer(call.client, 1)


def msetex_command(call):
    options: SetOptions
    count: int64_t = 0
    end: cython.int
    if not parse_integer(call.argv[1].p, call.argv[1].n, address(count)) or not 0 < count <= INT32_MAX:
        reply_error(call.client, "ERR invalid numkeys value or out of range")
        return
    if 2 + 2 * count > call.argc:
        reply_syntax_error(call)
        return
    end = cython.cast(cython.int, 2 + 2 * count)
    if not read_set_options(call, end, SET_NX | SET_XX | SET_KEEPTTL | SET_EXPIRY, address(options)):
        return
    if (options.flags & SET_NX and any_exists(call, 2, end)) \
            or (options.flags & SET_XX and not all_exist(call, 2, end)):
        reply_integer(call.client, 0)
    elif store_pairs(call, 2, end, address(options)):
        reply_integer(call.client, 1)


# --- parts of strings ------------------------------------------------------------------------------------------------


def append_command(call):
    slot: Slot = NULL
    raw: RawPtr
    before: cython.size_t
    more: Slice = call.argv[2]
    if not write_string(call, 1, call.hash, address(slot)):
        return
    if slot == NULL:
        if not store_string(call, 1, call.hash, NULL, more.p, more.n, -1):
            return
        before = 0
    else:
        before = string_length(slot[0])
        if too_long(call, before + more.n):
            return
        raw = make_raw(call, 1, call.hash, slot, before + more.n)
        if raw == NULL:
            return
        memcpy(cython.cast(CharPtr, raw.data) + before, more.p, more.n)
    changed(call, 1, EVENT_STRING, "append")
    reply_integer(call.client, before + more.n)


def strlen_command(call):
    e: EntryPtr = NULL
    if read_string(call, 1, call.hash, address(e)):
        reply_integer(call.client, 0 if e == NULL else string_length(e))


def substr_command(call):
    getrange_command(call)


def getrange_command(call):
    e: EntryPtr = NULL
    start: int64_t = 0
    end: int64_t = 0
    scratch: cython.char[24]
    s: Slice
    if not read_integer(call, 2, address(start)) or not read_integer(call, 3, address(end)):
        return
    if not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_bulk(call.client, "", 0)
        return
    s = string_value(e, scratch)
    if start < 0 and end < 0 and start > end:
        reply_bulk(call.client, "", 0)
        return
    if start < 0:
        start += cython.cast(int64_t, s.n)
    if end < 0:
        end += cython.cast(int64_t, s.n)
    if start < 0:
        start = 0
    if end < 0:
        end = 0
    if end >= cython.cast(int64_t, s.n):
        end = cython.cast(int64_t, s.n) - 1
    if start > end or s.n == 0:
        reply_bulk(call.client, "", 0)
    else:
        reply_bulk(call.client, s.p + start, end - start + 1)


def setrange_command(call):
    slot: Slot = NULL
    raw: RawPtr
    offset: int64_t = 0
    piece: Slice = call.argv[3]
    length: cython.size_t
    if not read_integer(call, 2, address(offset)):
        return
    if offset < 0:
        reply_error(call.client, "ERR offset is out of range")
        return
    if not write_string(call, 1, call.hash, address(slot)):
        return
    if piece.n == 0:
        reply_integer(call.client, 0 if slot == NULL else string_length(slot[0]))
        return
    length = cython.cast(cython.size_t, offset) + piece.n
    if too_long(call, length):
        return
    if slot == NULL:
        raw = new_raw_value(call, 1, call.hash, length)
    else:
        raw = make_raw(call, 1, call.hash, slot, length)
    if raw == NULL:
        return
    memcpy(cython.cast(CharPtr, raw.data) + offset, piece.p, piece.n)
    changed(call, 1, EVENT_STRING, "setrange")
    reply_integer(call.client, raw.length)


# --- counters --------------------------------------------------------------------------------------------------------


def incr_command(call):
    add_integer(call, 1)


def decr_command(call):
    add_integer(call, -1)


def incrby_command(call):
    step: int64_t = 0
    if read_integer(call, 2, address(step)):
        add_integer(call, step)


def decrby_command(call):
    step: int64_t = 0
    if not read_integer(call, 2, address(step)):
        return
    if step == INT64_MIN:
        reply_error(call.client, "ERR decrement would overflow")
        return
    add_integer(call, -step)


def add_integer(call, step):
    slot: Slot = NULL
    value: int64_t = 0
    scratch: cython.char[24]
    s: Slice
    if not write_string(call, 1, call.hash, address(slot)):
        return
    if slot != NULL:
        if likely(entry_encoding(slot[0]) == ENCODING_INT):
            value = entry_integer(slot[0])
        else:
            s = string_value(slot[0], scratch)
            if not parse_integer(s.p, s.n, address(value)):
                reply_error(call.client, "ERR value is not an integer or out of range")
                return
    if add_overflows(value, step, address(value)):
        reply_error(call.client, "ERR increment or decrement would overflow")
        return
    if slot != NULL and entry_encoding(slot[0]) == ENCODING_INT:
        entry_set_word(slot[0], cython.cast(uint64_t, value))
    elif not store_integer(call, 1, call.hash, slot, value, entry_expiry(slot[0]) if slot != NULL else -1):
        return
    changed(call, 1, EVENT_STRING, "incrby")
    reply_integer(call.client, value)


def incrbyfloat_command(call):
    slot: Slot = NULL
    value: cython.longdouble = 0
    step: cython.longdouble = 0
    scratch: cython.char[24]
    text: cython.char[5120]
    n: cython.int
    s: Slice
    f: EffectsPtr
    if not write_string(call, 1, call.hash, address(slot)):
        return
    if slot != NULL:
        s = string_value(slot[0], scratch)
        if not parse_long_double(s.p, s.n, address(value)):
            reply_error(call.client, "ERR value is not a valid float")
            return
    if not parse_long_double(call.argv[2].p, call.argv[2].n, address(step)):
        reply_error(call.client, "ERR value is not a valid float")
        return
    value += step
    if not long_double_is_finite(value):
        reply_error(call.client, "ERR increment would produce NaN or Infinity")
        return
    n = format_long_double(text, value)
    if not store_text(call, 1, call.hash, slot, text, n, entry_expiry(slot[0]) if slot != NULL else -1):
        return
    changed(call, 1, EVENT_STRING, "incrbyfloat")
    if is_logged(call):
        f = replace_effect_on(call, "SET", 1)
        effect_bytes(f, text, n)
        effect_word(f, "KEEPTTL")
        effect_close(f)
    reply_bulk(call.client, text, n)
