"""Replying many elements of a listpack. See elements.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from kvik.engine.intrinsics cimport load32, load64, store32, store64
from kvik.engine.listpack cimport Item
from kvik.wire.client cimport Client

cdef extern from *:
    """
    #define KV_SHORT_BULK 0x0A0D3024U    /* "$0\\r\\n" */
    """
    const uint32_t SHORT_BULK "KV_SHORT_BULK"

cdef enum:
    SHORT_MAX = 63              # bytes of a text that its listpack has one byte of length for
    SHORT_ROOM = 96             # what the reply of one takes at most, and what may be written behind it

cdef inline void copy_short(char *to, const char *p, size_t n) noexcept nogil:
    """Copy n bytes, few of them: with overlapping words where memcpy would first find out how to go about it."""
    cdef size_t i = 0
    if n >= 16:
        while i + 16 < n:
            store64(to + i, load64(p + i))
            store64(to + i + 8, load64(p + i + 8))
            i += 16
        store64(to + n - 16, load64(p + n - 16))
        store64(to + n - 8, load64(p + n - 8))
    elif n >= 8:
        store64(to, load64(p))
        store64(to + n - 8, load64(p + n - 8))
    elif n >= 4:
        store32(to, load32(p))
        store32(to + n - 4, load32(p + n - 4))
    elif n > 0:
        to[0] = p[0]
        to[n >> 1] = p[n >> 1]
        to[n - 1] = p[n - 1]

cdef inline char *put_short(char *to, const char *p, size_t n) noexcept nogil:
    """p[:n] (at most SHORT_MAX bytes) as bulk string; behind it."""
    if n < 10:
        store32(to, SHORT_BULK + <uint32_t>(n << 8))
        to += 4
    else:
        to[0] = 36
        to[1] = <char>(48 + n // 10)
        to[2] = <char>(48 + n % 10)
        to[3] = 13
        to[4] = 10
        to += 5
    copy_short(to, p, n)
    to[n] = 13
    to[n + 1] = 10
    return to + n + 2

cdef void reply_elements(Client *c, const char *p, uint64_t n) noexcept nogil
