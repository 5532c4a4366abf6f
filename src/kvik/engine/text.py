"""Numbers and patterns in bytes, read and written exactly as Redis does.

An integer is what prints back to the same bytes: no sign but '-', no leading zeros, no spaces. That is what makes it
safe to keep a string value as a machine integer.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.libc import errno
from cython.cimports.libc.math import isinf, isnan
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.stdlib import strtod
from cython.cimports.libc.string import memcpy, strpbrk


def parse_unsigned(p, n, value):
    """A decimal number of 64 bits without sign. False when it is none."""
    total: uint64_t = 0
    digit: cython.uint
    i: cython.size_t
    if n == 0 or n > 20 or (p[0] == ZERO and n > 1):
        return False
    for i in range(n):
        digit = cast(cython.uchar, p[i]) - ZERO
        if digit > 9:
            return False
        if i == 19 and (total > UINT64_TENTH or (total == UINT64_TENTH and digit > 5)):
            return False
        total = total * 10 + digit
    value[0] = total
    return True


def parse_integer(p, n, value):
    """An integer of 64 bits in its one canonical form. False when it is none."""
    magnitude: uint64_t = 0
    if n > 0 and p[0] == MINUS:
        if not parse_unsigned(p + 1, n - 1, address(magnitude)) or magnitude == 0 or magnitude > INT64_MIN_MAGNITUDE:
            return False
        value[0] = cast(int64_t, 0 - magnitude)
        return True
    if not parse_unsigned(p, n, address(magnitude)) or magnitude >= INT64_MIN_MAGNITUDE:
        return False
    value[0] = cast(int64_t, magnitude)
    return True


def parse_long_double(p, n, value):
    """What strtold reads, if it reads all of it: no space before it, no NaN, and nothing that a long double cannot
    hold, be it too large or too small. (Infinity passes.)
    """
    buffer: cython.char[DOUBLE_MAX]
    end: cython.p_char = NULL
    if n == 0 or n >= DOUBLE_MAX or is_space(p[0]):
        return False
    memcpy(buffer, p, n)
    buffer[n] = 0
    errno.errno = 0
    value[0] = strtold(buffer, address(end))
    if errno.errno == errno.ERANGE and (value[0] == 0 or not long_double_is_finite(value[0])):
        return False
    return end == cast(cython.p_char, buffer) + n and not long_double_is_nan(value[0])


def parse_double(p, n, value):
    """A decimal number, or infinity: what strtod reads, but for NaN, hexadecimal, and what a double cannot hold."""
    beyond: cython.bint = False
    return parse_any_double(p, n, value, address(beyond)) and not beyond


def parse_any_double(p, n, value, beyond):
    """`parse_double`, but what a double cannot hold becomes infinity or 0, and `beyond` says so."""
    buffer: cython.char[DOUBLE_MAX]
    end: cython.p_char = NULL
    if parse_plain_double(p, n, value):
        return True
    if n == 0 or n >= DOUBLE_MAX or is_space(p[0]):
        return False
    memcpy(buffer, p, n)
    buffer[n] = 0
    errno.errno = 0
    value[0] = strtod(buffer, address(end))
    beyond[0] = errno.errno == errno.ERANGE and (value[0] == 0 or isinf(value[0]))
    return end == cast(cython.p_char, buffer) + n and not isnan(value[0]) and strpbrk(buffer, "xX") == NULL


def parse_plain_double(p, n, value):
    """15 digits at most, perhaps with a minus sign and a point: one division gives the very double strtod reads."""
    i: cython.size_t = 0
    digits: cython.int = 0
    behind: cython.int = -1
    total: int64_t = 0
    if n > 17:
        return False
    if n > 0 and p[0] == MINUS:
        i = 1
    while i < n:
        if is_digit(p[i]):
            total = total * 10 + (p[i] - ZERO)
            digits += 1
            if behind >= 0:
                behind += 1
        elif p[i] == POINT and behind < 0:
            behind = 0
        else:
            return False
        i += 1
    if digits == 0 or digits > 15:
        return False
    value[0] = cast(cython.double, total)
    if behind > 0:
        value[0] /= TEN_TO[behind]
    if p[0] == MINUS:
        value[0] = -value[0]
    return True


def digit_count(value):
    n: cython.int = 1
    while value >= 10:
        value //= 10
        n += 1
    return n


def format_unsigned(out, value):
    """Write the decimal form to `out` and return its length."""
    n: cython.int = digit_count(value)
    i: cython.int = n
    quotient: uint64_t
    while i > 0:
        i -= 1
        quotient = value // 10
        out[i] = cast(cython.char, ZERO + (value - quotient * 10))
        value = quotient
    return n


def format_integer(out, value):
    if value < 0:
        out[0] = MINUS
        return 1 + format_unsigned(out + 1, 0 - cast(uint64_t, value))
    return format_unsigned(out, cast(uint64_t, value))


def format_long_double(out, value):
    """Fixed notation with 17 digits behind the point, the zeros at the end cut off: what INCRBYFLOAT answers."""
    n: cython.int = snprintf(out, DOUBLE_MAX, "%.17Lf", value)
    i: cython.int
    for i in range(n):
        if out[i] == POINT:
            while out[n - 1] == ZERO:
                n -= 1
            if out[n - 1] == POINT:
                n -= 1
            break
    if n == 2 and out[0] == MINUS and out[1] == ZERO:
        out[0] = ZERO
        return 1
    return n


# --- glob patterns: * ? [a-z] [^x] \\x --------------------------------------------------------------------------------


def glob_match(pattern, plen, text, tlen, nocase):
    """Does the whole text match the pattern? Time is bounded by pattern length x text length.

    A `*` that failed to match what follows it anywhere makes every earlier `*` fail too (`give_up`): the earlier one
    could only move the later one further right.
    """
    give_up: cython.bint = False
    if tlen == 0:
        return plen == 0            # even `*` does not match nothing
    return glob_step(pattern, pattern + plen, text, text + tlen, nocase, address(give_up), 0)


def glob_step(pattern, pattern_end, text, text_end, nocase, give_up, depth):
    c: cython.uchar
    if depth > 1000:
        return False
    while pattern < pattern_end and text < text_end:
        c = cast(cython.uchar, pattern[0])
        if c == STAR:
            while pattern + 1 < pattern_end and pattern[1] == STAR:
                pattern += 1
            if pattern + 1 == pattern_end:
                return True
            while text < text_end:
                if glob_step(pattern + 1, pattern_end, text, text_end, nocase, give_up, depth + 1):
                    return True
                if give_up[0]:
                    return False
                text += 1
            give_up[0] = True
            return False
        if c == OPEN_BRACKET:
            pattern += 1
            if not glob_class(address(pattern), pattern_end, cast(cython.uchar, text[0]), nocase):
                return False
        elif c != QUESTION:
            if c == BACKSLASH and pattern + 1 < pattern_end:
                pattern += 1
                c = cast(cython.uchar, pattern[0])
            if c != cast(cython.uchar, text[0]) and not (nocase and lower(c) == lower(cast(cython.uchar, text[0]))):
                return False
        pattern += 1
        text += 1
    if text == text_end:
        while pattern < pattern_end and pattern[0] == STAR:
            pattern += 1
    return pattern >= pattern_end and text == text_end


def glob_class(pattern, pattern_end, c, nocase):
    """One [class], `pattern` behind its bracket; leaves it on the closing one (or the last byte if there is none)."""
    p: Text = pattern[0]
    low: cython.uchar
    high: cython.uchar
    swap: cython.uchar
    matched: cython.bint = False
    negated: cython.bint = p < pattern_end and p[0] == CARET
    if negated:
        p += 1
    if nocase:
        c = lower(c)
    while True:
        if p + 1 < pattern_end and p[0] == BACKSLASH:
            p += 1
            low = high = cast(cython.uchar, p[0])
        elif p >= pattern_end:
            p = pattern_end - 1
            break
        elif p[0] == CLOSE_BRACKET:
            break
        elif p + 2 < pattern_end and p[1] == MINUS:
            low = cast(cython.uchar, p[0])
            high = cast(cython.uchar, p[2])
            if low > high:
                swap = low
                low = high
                high = swap
            p += 2
        else:
            low = high = cast(cython.uchar, p[0])
        if nocase:
            low = lower(low)
            high = lower(high)
        if low <= c <= high:
            matched = True
        p += 1
    pattern[0] = p
    return matched != negated
