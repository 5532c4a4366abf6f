"""Replies, written in the protocol of the client. See reply.py.

`reply_array(c, n)` and its like announce n elements, which the caller then writes. Where their number is not known
before, `reply_later(c, kind, most)` announces as many as there can be, and `reply_settle` corrects it.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from kvik.engine.text cimport CR, DOLLAR, INTEGER_MAX, LF, Slice, digit_count, format_integer, format_unsigned
from kvik.wire.client cimport Client
from kvik.wire.output cimport Mark, output_reserve, output_write

cdef extern from *:
    """
    #include <string.h>
    static inline void kv_crlf(char *p) { memcpy(p, "\\r\\n", 2); }
    """
    void put_crlf "kv_crlf"(char *p) noexcept nogil

cdef enum:
    ARRAY_KIND = 42             # the first byte of an array
    MAP_KIND = 37
    PUSH_KIND = 62
    HEADER_MAX = 24             # `*<count>` or `$<length>` with its line end
    BULK_SMALL = 512            # bulks up to this are written with their header in one piece

cdef struct Later:              # a header whose number is to be corrected
    Mark mark                   # of the number
    int digits

ctypedef Later *LaterPtr

cdef Later reply_later(Client *c, char kind, int64_t most) noexcept nogil
cdef void reply_settle(Client *c, const Later *later, int64_t n) noexcept nogil
cdef void reply_bulk_long(Client *c, const char *p, size_t n) noexcept nogil
cdef void reply_header(Client *c, char kind, int64_t n) noexcept nogil
cdef void reply_double(Client *c, double value) noexcept nogil
cdef void reply_error(Client *c, const char *text) noexcept nogil
cdef void reply_error_slice(Client *c, const char *text, size_t n) noexcept nogil
cdef void reply_error_line(Client *c, const char *text, size_t n) noexcept nogil
cdef void reply_line(Client *c, char sign, const char *text, size_t n) noexcept nogil
cdef void reply_verbatim(Client *c, const char *format, const char *p, size_t n) noexcept nogil
cdef void reply_text(Client *c, const char *text) noexcept nogil
cdef void reply_status(Client *c, const char *text) noexcept nogil

cdef inline size_t header_bytes(uint64_t count) noexcept nogil:
    """What put_header writes: the sign, the number and a line end."""
    return 3 + digit_count(count)

cdef inline size_t bulk_bytes(size_t n) noexcept nogil:
    """What put_bulk writes for n bytes."""
    return header_bytes(n) + n + 2

cdef inline char *put_header(char *p, char sign, uint64_t count) noexcept nogil:
    """Write `sign`, the number and a line end; where it ends."""
    p[0] = sign
    if count < 10:
        p[1] = <char>(48 + count)
        p += 2
    else:
        p += 1 + format_unsigned(p + 1, count)
    p[0] = CR
    p[1] = LF
    return p + 2

cdef inline char *put_bulk(char *p, const char *text, size_t n) noexcept nogil:
    """Write a bulk string; where it ends."""
    p = put_header(p, DOLLAR, n)
    memcpy(p, text, n)
    p[n] = CR
    p[n + 1] = LF
    return p + n + 2

cdef inline void reply_ok(Client *c) noexcept nogil:
    cdef char *out = output_reserve(c, 5)
    memcpy(out, "+OK\r\n", 5)
    c.out.pos += 5

cdef inline void reply_null(Client *c) noexcept nogil:
    """No value: a null bulk string in RESP2."""
    cdef char *out = output_reserve(c, 5)
    if c.resp == 2:
        memcpy(out, "$-1\r\n", 5)
        c.out.pos += 5
    else:
        memcpy(out, "_\r\n", 3)
        c.out.pos += 3

cdef inline void reply_null_array(Client *c) noexcept nogil:
    """No array: a null array in RESP2."""
    cdef char *out = output_reserve(c, 5)
    if c.resp == 2:
        memcpy(out, "*-1\r\n", 5)
        c.out.pos += 5
    else:
        memcpy(out, "_\r\n", 3)
        c.out.pos += 3

cdef inline void reply_integer(Client *c, int64_t value) noexcept nogil:
    cdef char *out = output_reserve(c, INTEGER_MAX + 3)
    cdef int n
    out[0] = 58
    if 0 <= value <= 9:
        out[1] = <char>(48 + value)
        n = 2
    else:
        n = 1 + format_integer(out + 1, value)
    put_crlf(out + n)
    c.out.pos += n + 2

cdef inline void reply_bool(Client *c, bint value) noexcept nogil:
    """A RESP3 boolean, 1 or 0 in RESP2."""
    if c.resp == 2:
        reply_integer(c, 1 if value else 0)
    else:
        output_write(c, "#t\r\n" if value else "#f\r\n", 4)

cdef inline void reply_bulk(Client *c, const char *p, size_t n) noexcept nogil:
    cdef char *out
    cdef int at = 1
    if n > BULK_SMALL:
        reply_bulk_long(c, p, n)
        return
    out = output_reserve(c, BULK_SMALL + 8)
    out[0] = 36
    if n >= 100:
        out[at] = <char>(48 + n // 100)
        at += 1
    if n >= 10:
        out[at] = <char>(48 + n // 10 % 10)
        at += 1
    out[at] = <char>(48 + n % 10)
    put_crlf(out + at + 1)
    memcpy(out + at + 3, p, n)
    put_crlf(out + at + 3 + n)
    c.out.pos += at + 5 + n

cdef inline void reply_array(Client *c, int64_t n) noexcept nogil:
    reply_header(c, 42, n)

cdef inline void reply_map(Client *c, int64_t pairs) noexcept nogil:
    """A map of so many pairs; in RESP2 an array of twice as many."""
    if c.resp == 2:
        reply_header(c, 42, pairs * 2)
    else:
        reply_header(c, 37, pairs)

cdef inline void reply_push(Client *c, int64_t n) noexcept nogil:
    """An out-of-band message; in RESP2 an array."""
    reply_header(c, 42 if c.resp == 2 else PUSH_KIND, n)

cdef inline void reply_set(Client *c, int64_t n) noexcept nogil:
    """A set; in RESP2 an array."""
    reply_header(c, 42 if c.resp == 2 else 126, n)
