"""Numbers and patterns for tests: each function hands over bytes in a buffer of their exact size."""

import cython
from cython import address
from cython.cimports.kvik.engine.text import (
    DOUBLE_MAX,
    INTEGER_MAX,
    format_integer,
    format_long_double,
    format_unsigned,
    glob_match,
    parse_double,
    parse_integer,
    parse_long_double,
    parse_unsigned,
    same_word,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room


def integer(data: bytes):
    """What parse_integer reads, or None."""
    value: int64_t = 0
    p: cython.p_char = exact_copy(data)
    good: cython.bint = parse_integer(p, len(data), address(value))
    exact_free(p)
    return value if good else None


def unsigned(data: bytes):
    value: uint64_t = 0
    p: cython.p_char = exact_copy(data)
    good: cython.bint = parse_unsigned(p, len(data), address(value))
    exact_free(p)
    return value if good else None


def double(data: bytes):
    value: cython.double = 0
    p: cython.p_char = exact_copy(data)
    good: cython.bint = parse_double(p, len(data), address(value))
    exact_free(p)
    return value if good else None


def long_double(data: bytes):
    """What parse_long_double reads, as format_long_double writes it; None if it reads nothing."""
    value: cython.longdouble = 0
    p: cython.p_char = exact_copy(data)
    good: cython.bint = parse_long_double(p, len(data), address(value))
    exact_free(p)
    if not good:
        return None
    p = exact_room(DOUBLE_MAX)
    text: bytes = p[:format_long_double(p, value)]
    exact_free(p)
    return text


def integer_text(value: int64_t) -> bytes:
    p: cython.p_char = exact_room(INTEGER_MAX)
    text: bytes = p[:format_integer(p, value)]
    exact_free(p)
    return text


def unsigned_text(value: uint64_t) -> bytes:
    p: cython.p_char = exact_room(INTEGER_MAX)
    text: bytes = p[:format_unsigned(p, value)]
    exact_free(p)
    return text


def glob(pattern: bytes, text: bytes, nocase: cython.bint = False) -> bool:
    p: cython.p_char = exact_copy(pattern)
    t: cython.p_char = exact_copy(text)
    matches: cython.bint = glob_match(p, len(pattern), t, len(text), nocase)
    exact_free(p)
    exact_free(t)
    return matches


def is_same_word(data: bytes, word: bytes) -> bool:
    p: cython.p_char = exact_copy(data)
    w: cython.p_char = exact_copy(word + b"\0")
    same: cython.bint = same_word(p, len(data), w)
    exact_free(p)
    exact_free(w)
    return same
