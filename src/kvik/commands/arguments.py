"""Reading arguments, and the errors they give. Every function that returns False has answered the error."""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.intrinsics import add_overflows, mul_overflows
from cython.cimports.kvik.engine.text import long_double_is_nan, parse_integer, parse_long_double
from cython.cimports.kvik.wire.reply import reply_error, reply_error_slice
from cython.cimports.libc.math import ceill
from cython.cimports.libc.stdint import INT64_MAX, INT64_MIN, int32_t, int64_t, uint64_t
from cython.cimports.libc.stdio import snprintf


def read_integer(call, i, value):
    if parse_integer(call.argv[i].p, call.argv[i].n, value):
        return True
    reply_error(call.client, "ERR value is not an integer or out of range")
    return False


def read_count(call, i, least, refusal, n):
    """argv[i] as a number that is not below `least`; anything else is answered with `refusal`."""
    value: int64_t = 0
    if not parse_integer(call.argv[i].p, call.argv[i].n, address(value)) or value < least:
        reply_error(call.client, refusal)
        return False
    n[0] = cast(uint64_t, value)
    return True


def read_signed_count(call, i, value):
    """argv[i] as a number whose sign means something else than its magnitude: there is one with the other sign."""
    if not read_integer(call, i, value):
        return False
    if value[0] == INT64_MIN:
        reply_error(call.client, "ERR value is out of range, value must between -9223372036854775807 and "
                    "9223372036854775807")
        return False
    return True


def reply_syntax_error(call):
    reply_error(call.client, "ERR syntax error")


def reply_error_about(call, format, s):
    """An error that quotes an argument where `format` has its %.*s (its first 900 bytes if it is long)."""
    text: cython.char[1024]
    shown: cython.int = cast(cython.int, s.n) if s.n < 900 else 900
    n: cython.int = snprintf(text, 1024, format, shown, s.p)
    reply_error_slice(call.client, text, n)


def reply_invalid_expire(call):
    text: cython.char[96]
    n: cython.int = snprintf(text, 96, "ERR invalid expire time in '%s' command", call.command.name)
    reply_error_slice(call.client, text, n)


def read_moment(call, i, least, seconds, absolute, when):
    """argv[i], at least `least`, as a moment in ms since 1970: in seconds or ms, from now on or absolute."""
    value: int64_t = 0
    if not read_integer(call, i, address(value)):
        return False
    if value < least or (seconds and mul_overflows(value, 1000, address(value))) \
            or (not absolute and add_overflows(value, call.keyspace.clock.now_ms, address(value))):
        reply_invalid_expire(call)
        return False
    when[0] = value
    return True


def read_expiry(call, i, seconds, absolute, when):
    """argv[i] as the moment when a key expires."""
    return read_moment(call, i, 1, seconds, absolute, when)


def read_expiry_option(call, i, end, options):
    """EX, PX, EXAT or PXAT and its number at argv[i]; moves i to the number. The same one may come again.

    False: it is none of them, or another than before (nothing answered).
    """
    a: SlicePtr = address(call.argv[i[0]])
    seconds: cython.bint = is_word(a, "ex") or is_word(a, "exat")
    absolute: cython.bint = is_word(a, "exat") or is_word(a, "pxat")
    if not (seconds or absolute or is_word(a, "px")) or i[0] + 1 >= end:
        return False
    if options.flags & SET_EXPIRY and (seconds != options.seconds or absolute != options.absolute):
        return False
    options.expiry_argument = i[0] + 1
    options.seconds = seconds
    options.absolute = absolute
    i[0] += 1
    return True


def set_option(word):
    """The flag of an option that is one word, 0 for any other word."""
    if is_word(word, "nx"):
        return SET_NX
    if is_word(word, "xx"):
        return SET_XX
    if is_word(word, "get"):
        return SET_GET
    if is_word(word, "keepttl"):
        return SET_KEEPTTL
    if is_word(word, "persist"):
        return SET_PERSIST
    if is_word(word, "fnx"):
        return SET_FNX
    return SET_FXX if is_word(word, "fxx") else 0


def contradicts(one, flags):
    """Does the option exclude one of those that were given? (Itself it does not.)"""
    others: cython.int = flags & ~one
    if one & (SET_EXPIRY | SET_KEEPTTL | SET_PERSIST):
        return (others & (SET_EXPIRY | SET_KEEPTTL | SET_PERSIST)) != 0
    if one & (SET_NX | SET_XX | SET_IFEQ):
        return (others & (SET_NX | SET_XX | SET_IFEQ)) != 0
    return (one & (SET_FNX | SET_FXX)) != 0 and (others & (SET_FNX | SET_FXX)) != 0


def find_set_options(call, i, end, allowed, options):
    """The options in argv[i:end]; `allowed` says which of them the command has. The number of an expiry is not read."""
    one: cython.int
    options.flags = 0
    options.expiry = -1
    while i < end:
        one = set_option(address(call.argv[i]))
        if one == 0 and is_word(address(call.argv[i]), "ifeq") and i + 1 < end and not options.flags & SET_IFEQ:
            one = SET_IFEQ
            i += 1
            options.expected = i
        elif one == 0 and read_expiry_option(call, address(i), end, options):
            one = SET_EXPIRY
        if not one & allowed or contradicts(one, options.flags):
            reply_syntax_error(call)
            return False
        options.flags |= one
        i += 1
    return True


def read_set_options(call, i, allowed, options):
    """The options of SET, GETEX and MSETEX from argv[i] on, with the moment of expiry."""
    if not find_set_options(call, i, call.argc, allowed, options):
        return False
    if not options.flags & SET_EXPIRY:
        return True
    return read_expiry(call, options.expiry_argument, options.seconds, options.absolute, address(options.expiry))


def read_timeout(call, i, ms):
    """argv[i] as the time that a command waits at most, in seconds with a fraction; `ms` 0: for ever."""
    seconds: cython.longdouble = 0.0
    if not parse_long_double(call.argv[i].p, call.argv[i].n, address(seconds)) or long_double_is_nan(seconds):
        reply_error(call.client, "ERR timeout is not a float or out of range")
        return False
    seconds = ceill(seconds * 1000)
    if seconds > INT64_MAX:
        reply_error(call.client, "ERR timeout is out of range")
        return False
    return timeout_fits(call, cast(int64_t, seconds), ms)


def read_timeout_ms(call, i, ms):
    """argv[i] likewise, in milliseconds."""
    value: int64_t = 0
    if not parse_integer(call.argv[i].p, call.argv[i].n, address(value)):
        reply_error(call.client, "ERR timeout is not an integer or out of range")
        return False
    return timeout_fits(call, value, ms)


def timeout_fits(call, value, ms):
    """Is there a moment so far ahead, and not behind?"""
    if value < 0:
        reply_error(call.client, "ERR timeout is negative")
        return False
    if value > INT64_MAX - call.keyspace.clock.now_ms:
        reply_error(call.client, "ERR timeout is out of range")
        return False
    ms[0] = value
    return True


def read_database(call, i, id):
    """argv[i] as the number of a database."""
    value: int64_t = 0
    if not read_integer(call, i, address(value)):
        return False
    if value != cast(int32_t, value):
        reply_error(call.client, "ERR value is out of range, value must between -2147483648 and 2147483647")
        return False
    if value < 0 or value >= call.keyspace.count:
        reply_error(call.client, "ERR DB index is out of range")
        return False
    id[0] = cast(cython.int, value)
    return True
