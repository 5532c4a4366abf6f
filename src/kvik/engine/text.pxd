"""Slices of bytes, and numbers and patterns in them. See text.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.hashing cimport Text

cdef extern from *:
    """
    #include <math.h>
    #define KV_INT64_MIN_MAGNITUDE 9223372036854775808ULL
    #define KV_UINT64_TENTH 1844674407370955161ULL
    static inline int kv_long_double_is_nan(long double x) { return isnan(x); }
    static inline int kv_long_double_is_finite(long double x) { return isfinite(x); }
    static const double kv_ten_to[16] __attribute__((unused)) = {
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    """
    const uint64_t INT64_MIN_MAGNITUDE "KV_INT64_MIN_MAGNITUDE"
    const uint64_t UINT64_TENTH "KV_UINT64_TENTH"
    const double TEN_TO "kv_ten_to"[16]
    bint long_double_is_nan "kv_long_double_is_nan"(long double x) noexcept nogil
    bint long_double_is_finite "kv_long_double_is_finite"(long double x) noexcept nogil

cdef extern from "stdlib.h" nogil:
    long double strtold(const char *p, char **end) noexcept

cdef enum:
    LF = 10
    CR = 13
    SPACE = 32
    QUOTE = 34              # "
    DOLLAR = 36
    APOSTROPHE = 39
    OPEN_PARENTHESIS = 40
    STAR = 42
    PLUS = 43
    MINUS = 45
    POINT = 46
    ZERO = 48
    QUESTION = 63
    OPEN_BRACKET = 91
    BACKSLASH = 92
    CLOSE_BRACKET = 93
    CARET = 94

cdef enum:
    INTEGER_MAX = 24        # room for any 64-bit integer in decimal, with its sign
    DOUBLE_MAX = 5120       # room for any long double in fixed notation

cdef struct Slice:
    char *p
    size_t n

ctypedef Slice *SlicePtr

cdef bint parse_integer(const char *p, size_t n, int64_t *value) noexcept nogil
cdef bint parse_unsigned(const char *p, size_t n, uint64_t *value) noexcept nogil
cdef bint parse_long_double(const char *p, size_t n, long double *value) noexcept nogil
cdef bint parse_double(const char *p, size_t n, double *value) noexcept nogil
cdef bint parse_any_double(const char *p, size_t n, double *value, bint *beyond) noexcept nogil
cdef bint parse_plain_double(const char *p, size_t n, double *value) noexcept nogil
cdef int format_integer(char *out, int64_t value) noexcept nogil
cdef int format_unsigned(char *out, uint64_t value) noexcept nogil
cdef int format_long_double(char *out, long double value) noexcept nogil
cdef bint glob_match(const char *pattern, size_t plen, const char *text, size_t tlen, bint nocase) noexcept nogil
cdef bint glob_step(
    const char *pattern, const char *pattern_end, const char *text, const char *text_end, bint nocase,
    bint *give_up, int depth) noexcept nogil
cdef bint glob_class(
    const char **pattern, const char *pattern_end, unsigned char c, bint nocase) noexcept nogil
cdef int digit_count(uint64_t value) noexcept nogil

cdef inline bint is_space(char c) noexcept nogil:
    return c == SPACE or 9 <= c <= 13

cdef inline bint is_digit(char c) noexcept nogil:
    return 48 <= c <= 57

cdef inline unsigned char lower(unsigned char c) noexcept nogil:
    return c + 32 if 65 <= c <= 90 else c

cdef inline bint same_word(const char *p, size_t n, const char *word) noexcept nogil:
    """Is p[:n] the NUL-terminated lower-case `word`, whatever its case?"""
    cdef size_t i
    for i in range(n):
        if lower(<unsigned char>p[i]) != <unsigned char>word[i] or word[i] == 0:    # a shorter word, be it NUL for NUL
            return False
    return word[n] == 0

cdef inline bint is_word(const Slice *s, const char *word) noexcept nogil:
    return same_word(s.p, s.n, word)
