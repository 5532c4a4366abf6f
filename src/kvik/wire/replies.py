"""Replies as Python objects, of the types that redis-py's own parsers make of them.

    + $ =  bytes, or str        - !  an exception (not raised)      *  ~  list        %  dict
    : (    int                  ,    float     #  bool              _     None        >  Push, which is a list

`reply_length` says whether a whole reply has come, before any object is made. What is read was written by the engine of
this process, so that it is well formed is relied on, but for lengths within the buffer and for nesting.
"""

# ruff: noqa: F821
import cython
from cython import NULL
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.cpython.unicode import PyUnicode_DecodeUTF8
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memchr


class Push(list):
    """A push of RESP3: a message that answers no command."""


class Decoder:
    def __init__(self, decodes, encoding, errors, parse_error):
        self.decodes = decodes
        self.encoding = encoding
        self.errors = errors
        self.errors_name = errors.encode()
        if encoding.lower() in ("utf-8", "utf8"):
            self.utf8_errors = self.errors_name
        self.parse_error = parse_error

    def read(self, decodes, depth):
        """The reply at `at`, all of which is there."""
        kind: cython.char = self.at[0]
        start: cython.p_const_char = self.at + 1
        end: cython.p_const_char = start
        n: int64_t
        if depth > NESTING_MAX:
            raise RecursionError("the reply is nested too deeply")
        while end[0] != 13:
            end += 1
        self.at = end + 2
        if kind == 36 or kind == 61 or kind == 33:      # $ = !
            n = number(start, end)
            if n < 0:
                return None
            start = self.at
            self.at += n + 2
            if kind == 33:
                return self.parse_error(start[:n].decode("utf-8", "replace"))
            if kind == 61:
                return self.text(start + 4, n - 4, decodes)
            return self.text(start, n, decodes)
        if kind == 43:                                  # +
            return self.text(start, end - start, decodes)
        if kind == 58:                                  # :
            return number(start, end)
        if kind == 45:                                  # -
            return self.parse_error(start[: end - start].decode("utf-8", "replace"))
        if kind == 95:                                  # _
            return None
        if kind == 35:                                  # #
            return start[0] == 116
        if kind == 44:                                  # ,
            return float(start[: end - start])
        if kind == 40:                                  # (
            return int(start[: end - start])
        n = number(start, end)
        if n < 0:
            return None
        if kind == 37:                                  # %
            return {self.read(decodes, depth + 1): self.read(decodes, depth + 1) for _ in range(n)}
        if kind == 62:                                  # >
            return Push(self.items(n, decodes, depth))
        return self.items(n, decodes, depth)

    def items(self, count, decodes, depth):
        i: int64_t
        made: list = []
        for i in range(count):
            made.append(self.read(decodes, depth + 1))
        return made

    def text(self, p, n, decodes):
        if not decodes:
            return PyBytes_FromStringAndSize(p, n)
        if self.utf8_errors != NULL:
            return PyUnicode_DecodeUTF8(p, n, self.utf8_errors)
        return p[:n].decode(self.encoding, self.errors)


def reply_length(p, n):
    """How many of the n bytes at p are the first reply; 0: it is not complete."""
    at: cython.p_const_char = p
    end: cython.p_const_char = p + n
    line: cython.p_const_char
    left: int64_t = 1
    count: int64_t
    while left > 0:
        if at >= end:
            return 0
        line = line_end(at, end)
        if line == NULL:
            return 0
        left -= 1
        if at[0] == 36 or at[0] == 61 or at[0] == 33:
            count = number(at + 1, line)
            if count >= 0:
                if end - line < count + 4:
                    return 0
                line += count + 2
        elif at[0] == 42 or at[0] == 126 or at[0] == 62:
            count = number(at + 1, line)
            left += count if count > 0 else 0
        elif at[0] == 37:
            left += 2 * number(at + 1, line)
        at = line + 2
    return at - p


def line_end(p, end):
    """Where the line's CR is, if its LF is there too; else NULL."""
    found: cython.p_const_char = cython.cast(cython.p_const_char, memchr(p, 13, end - p))
    return found if found != NULL and end - found >= 2 else cython.cast(cython.p_const_char, NULL)


def number(p, end):
    value: int64_t = 0
    negative: cython.bint = p[0] == 45
    if negative:
        p += 1
    while p < end:
        value = value * 10 - (p[0] - 48)        # downwards: the least number has no positive twin
        p += 1
    return value if negative else -value
