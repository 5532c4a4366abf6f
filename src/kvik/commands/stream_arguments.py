"""Arguments of stream commands: IDs, bounds of ranges, how to trim. Every function that returns False has answered the
error.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.collections import read_collection, write_collection
from cython.cimports.kvik.engine.entry import TYPE_STREAM, entry_pointer
from cython.cimports.kvik.engine.stream import TRIM_MAXLEN, TRIM_MINID, TRIM_NOTHING
from cython.cimports.kvik.engine.stream_id import (
    ID_AUTO_SEQ,
    ID_EDGES,
    ID_STRICT,
    id_equal,
    id_is_zero,
    stream_id_format,
    stream_id_last,
    stream_id_next,
    stream_id_parse,
    stream_id_previous,
)
from cython.cimports.kvik.engine.text import OPEN_PARENTHESIS, STAR
from cython.cimports.kvik.keyspace.effects import effect_bytes
from cython.cimports.kvik.wire.reply import reply_error, reply_error_slice
from cython.cimports.libc.stdint import UINT64_MAX, int64_t, uint64_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import memset

# --- streams ---------------------------------------------------------------------------------------------------------


def read_stream(call, i, h, s):
    """The stream at the key argv[i] for reading (NULL: no key). False: another type, answered."""
    e: EntryPtr = NULL
    s[0] = NULL
    if not read_collection(call, i, h, TYPE_STREAM, address(e)):
        return False
    if e != NULL:
        s[0] = cast(StreamPtr, entry_pointer(e))
    return True


def write_stream(call, i, h, s):
    """Likewise for changing it."""
    e: EntryPtr = NULL
    s[0] = NULL
    if not write_collection(call, i, h, TYPE_STREAM, address(e)):
        return False
    if e != NULL:
        s[0] = cast(StreamPtr, entry_pointer(e))
    return True


def reply_two(call, format, a, b):
    """An error that quotes two arguments (the first 400 bytes of each) where `format` has its %.*s."""
    text: cython.char[1024]
    first: cython.int = cast(cython.int, a.n) if a.n < 400 else 400
    second: cython.int = cast(cython.int, b.n) if b.n < 400 else 400
    n: cython.int = snprintf(text, 1024, format, first, a.p, second, b.p)
    reply_error_slice(call.client, text, n)


def reply_no_group(call, key, group):
    """There is no key, or no group in it (XPENDING, XCLAIM and XAUTOCLAIM do not say which)."""
    reply_two(call, "NOGROUP No such key '%.*s' or consumer group '%.*s'",
              address(call.argv[key]), address(call.argv[group]))


# --- IDs -------------------------------------------------------------------------------------------------------------


def is_sign(s, sign):
    """Is the argument just this character?"""
    return s.n == 1 and s.p[0] == sign


def reply_invalid_id(call):
    reply_error(call.client, "ERR Invalid stream ID specified as stream command argument")


def read_id(call, i, id):
    """argv[i] as an ID; without a sequence number it is the first one of its millisecond."""
    auto: cython.bint = False
    if stream_id_parse(call.argv[i].p, call.argv[i].n, ID_STRICT, 0, id, address(auto)):
        return True
    reply_invalid_id(call)
    return False


def read_id_or_edge(call, i, id):
    """Likewise, - and + being the smallest and the largest ID."""
    auto: cython.bint = False
    if stream_id_parse(call.argv[i].p, call.argv[i].n, ID_EDGES, 0, id, address(auto)):
        return True
    reply_invalid_id(call)
    return False


def read_bound(call, i, is_end, id):
    """argv[i] as an end of a range, itself included in it: - + <ms> <ms>-<seq>, or not when it begins with a bracket."""
    a: SlicePtr = address(call.argv[i])
    auto: cython.bint = False
    missing: uint64_t = 0
    if is_end:
        missing = UINT64_MAX
    if a.n < 2 or a.p[0] != OPEN_PARENTHESIS:
        if stream_id_parse(a.p, a.n, ID_EDGES, missing, id, address(auto)):
            return True
        reply_invalid_id(call)
        return False
    if not stream_id_parse(a.p + 1, a.n - 1, ID_STRICT, missing, id, address(auto)):
        reply_invalid_id(call)
        return False
    if is_end:
        if id_is_zero(id[0]):
            reply_error(call.client, "ERR invalid end ID for the interval")
            return False
        id[0] = stream_id_previous(id[0])
    else:
        if id_equal(id[0], stream_id_last()):
            reply_error(call.client, "ERR invalid start ID for the interval")
            return False
        id[0] = stream_id_next(id[0])
    return True


def read_all_ids(call, i):
    """Are all arguments from argv[i] on IDs?"""
    id: StreamID
    while i < call.argc:
        if not read_id(call, i, address(id)):
            return False
        i += 1
    return True


def read_count(call, i, count):
    """argv[i] as a number of entries, 0 if it is negative."""
    if not read_integer(call, i, count):
        return False
    if count[0] < 0:
        count[0] = 0
    return True


# --- XADD and XTRIM --------------------------------------------------------------------------------------------------


def read_trim(call, i, options):
    """MAXLEN or MINID at argv[i], something behind it; moves i to its last argument."""
    value: int64_t = 0
    maxlen: cython.bint = is_word(address(call.argv[i[0]]), "maxlen")
    sign: SlicePtr
    if options.trim.by != TRIM_NOTHING:
        reply_error(
            call.client, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
        return False
    i[0] += 1
    sign = address(call.argv[i[0]])
    if i[0] + 1 < call.argc and (is_sign(sign, TILDE) or is_sign(sign, EQUALS)):
        options.trim.approximate = is_sign(sign, TILDE)
        i[0] += 1
    if not maxlen:
        options.trim.by = TRIM_MINID
        return read_id(call, i[0], address(options.trim.minid))
    options.trim.by = TRIM_MAXLEN
    if not read_integer(call, i[0], address(value)):
        return False
    if value < 0:
        reply_error(call.client, "ERR The MAXLEN argument must be >= 0.")
        return False
    options.trim.maxlen = value
    return True


def check_limit(call, limit, options):
    """LIMIT (-1: not given) goes with a trimming that is approximate, which else has a limit of its own."""
    own: int64_t = call.keyspace.limits.stream_node_max_entries
    if limit >= 0 and options.trim.by == TRIM_NOTHING:
        reply_error(
            call.client, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
        return False
    if limit >= 0 and not options.trim.approximate:
        reply_error(
            call.client, "ERR syntax error, LIMIT cannot be used without the special ~ option")
        return False
    if limit < 0 and options.trim.approximate:
        limit = TRIM_LIMIT
        if own > 0:
            limit = own * TRIM_BLOCKS if own < TRIM_LIMIT_MAX // TRIM_BLOCKS else TRIM_LIMIT_MAX
    options.trim.limit = limit if limit > 0 else 0
    return True


def read_add_options(call, adding, options):
    """The options from argv[2] on, for XADD (`adding`) up to the ID."""
    a: SlicePtr
    more: cython.bint
    limit: int64_t = -1
    i: cython.int = 2
    memset(options, 0, cython.sizeof(AddOptions))
    options.at = call.argc
    while i < call.argc:
        a = address(call.argv[i])
        more = i + 1 < call.argc
        if adding and is_sign(a, STAR):
            options.auto_id = True
            options.at = i
            break
        if more and (is_word(a, "maxlen") or is_word(a, "minid")):
            if not read_trim(call, address(i), options):
                return False
        elif more and is_word(a, "limit"):
            i += 1
            if not read_integer(call, i, address(limit)):
                return False
            if limit < 0:
                reply_error(call.client, "ERR The LIMIT argument must be >= 0.")
                return False
        elif not adding:
            reply_syntax_error(call)
            return False
        elif is_word(a, "nomkstream"):
            options.no_create = True
        elif stream_id_parse(a.p, a.n, ID_AUTO_SEQ, 0, address(options.id), address(options.auto_seq)):
            options.at = i
            break
        else:
            reply_invalid_id(call)
            return False
        i += 1
    return check_limit(call, limit, options)


def effect_id(f, id):
    """An ID as the next argument of a logged effect."""
    text: cython.char[48]
    effect_bytes(f, text, stream_id_format(text, id))
