"""Replies, written in the protocol of the client (RESP2 or RESP3). The short ones are inline in reply.pxd."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.doubles import DOUBLE_TEXT_MAX, format_double
from cython.cimports.kvik.engine.text import INTEGER_MAX, format_integer
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.output import output_at, output_cut, output_mark, output_reserve, output_write
from cython.cimports.libc.string import memcpy, memmove, strlen


def reply_bulk_long(c, p, n):
    reply_header(c, 36, cast(cython.longlong, n))
    output_write(c, p, n)
    output_write(c, "\r\n", 2)


def reply_header(c, kind, n):
    """A line of a kind byte and a number: what starts bulks, arrays, maps, sets and pushes."""
    out: cython.p_char = output_reserve(c, INTEGER_MAX + 3)
    length: cython.int = 1 + format_integer(out + 1, n)
    out[0] = kind
    out[length] = 13
    out[length + 1] = 10
    c.out.pos += length + 2


def reply_later(c, kind, most):
    """`reply_header`, of at most so many elements; `reply_settle` says how many they are, within the same command."""
    later: Later
    text: cython.char[24]
    out: cython.p_char = output_reserve(c, INTEGER_MAX + 3)
    later.digits = format_integer(text, most)
    out[0] = kind
    memcpy(out + 1, text, later.digits)
    memcpy(out + 1 + later.digits, "\r\n", 2)
    c.out.pos += 1
    later.mark = output_mark(c)
    c.out.pos += later.digits + 2
    return later


def reply_settle(c, later, n):
    """There were n elements, no more than announced."""
    text: cython.char[24]
    digits: cython.int = format_integer(text, n)
    p: cython.p_char
    output_cut(c, address(later.mark), later.digits - digits)
    p = output_at(c, address(later.mark))
    if p != NULL:
        memcpy(p, text, digits)


def reply_status(c, text):
    """`text` without its `+`."""
    output_write(c, "+", 1)
    output_write(c, text, strlen(text))
    output_write(c, "\r\n", 2)


def reply_text(c, text):
    """A NUL-terminated text as bulk string."""
    reply_bulk(c, text, strlen(text))


def reply_error(c, text):
    """`text` begins with its code (`ERR ...`)."""
    reply_error_slice(c, text, strlen(text))


def reply_error_slice(c, text, n):
    """An error, counted under its code."""
    loop: LoopPtr = cast(LoopPtr, c.loop)
    reply_error_line(c, text, n)
    loop.count_error(loop.owner, text, n)


def reply_error_line(c, text, n):
    """An error that has been counted; line breaks in it become spaces."""
    cast(LoopPtr, c.loop).tick.failed = True
    reply_line(c, 45, text, n)


def reply_line(c, sign, text, n):
    """`sign`, the text with spaces for its line breaks, and a line end."""
    i: cython.size_t
    out: cython.char[1]
    out[0] = sign
    output_write(c, out, 1)
    for i in range(n):
        out[0] = text[i]
        if out[0] == 13 or out[0] == 10:
            out[0] = 32
        output_write(c, out, 1)
    output_write(c, "\r\n", 2)


def reply_verbatim(c, format, p, n):
    """A text with a three-letter format; in RESP2 a bulk string."""
    if c.resp == 2:
        reply_bulk(c, p, n)
        return
    reply_header(c, 61, cast(cython.longlong, n) + 4)
    output_write(c, format, 3)
    output_write(c, ":", 1)
    output_write(c, p, n)
    output_write(c, "\r\n", 2)


def reply_double(c, value):
    """A RESP3 double; in RESP2 a bulk string."""
    out: cython.p_char = output_reserve(c, DOUBLE_TEXT_MAX + 8)
    n: cython.int
    at: cython.int = 1      # where the text begins
    if c.resp == 2:
        at = 5              # behind a length of two digits
        n = format_double(out + at, value)
        out[0] = 36
        if n < 10:
            memmove(out + 4, out + at, n)
            at = 4
            out[1] = cast(cython.char, 48 + n)
        else:
            out[1] = cast(cython.char, 48 + n // 10)
            out[2] = cast(cython.char, 48 + n % 10)
        put_crlf(out + at - 2)
    else:
        out[0] = 44
        n = format_double(out + at, value)
    put_crlf(out + at + n)
    c.out.pos += at + n + 2
