"""CRC-64 as RDB files and DUMP payloads have it: Jones's polynomial, reflected, starting from 0.

A checksum is linear: that of eight bytes is the sum (exclusive or) of those of each byte with zeros behind it. So a
step takes eight bytes at once and looks each up in a table of its own, and no lookup waits for another.

The tables belong to whoever computes checksums. A checksum can be computed in pieces: what one call returns, the next
one is given.
"""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.engine.intrinsics import load64
from cython.cimports.libc.stdint import uint64_t


def crc64_init(crc):
    """Fill the tables."""
    b: cython.int
    k: cython.int
    _: cython.int
    value: uint64_t
    for b in range(256):
        value = b
        for _ in range(8):
            value = (value >> 1) ^ (CRC64_POLYNOMIAL if value & 1 else 0)
        crc.tables[0][b] = value
    for k in range(1, CRC64_SLICES):
        for b in range(256):
            value = crc.tables[k - 1][b]
            crc.tables[k][b] = crc.tables[0][value & 255] ^ (value >> 8)


def crc64_update(crc, value, p, n):
    """The checksum `value` (0 at the start), carried on over p[:n]. O(n)."""
    i: cython.size_t = 0
    while i + CRC64_SLICES <= n:
        value ^= load64(p + i)
        value = crc.tables[7][value & 255] ^ crc.tables[6][(value >> 8) & 255] \
            ^ crc.tables[5][(value >> 16) & 255] ^ crc.tables[4][(value >> 24) & 255] \
            ^ crc.tables[3][(value >> 32) & 255] ^ crc.tables[2][(value >> 40) & 255] \
            ^ crc.tables[1][(value >> 48) & 255] ^ crc.tables[0][value >> 56]
        i += CRC64_SLICES
    while i < n:
        value = crc.tables[0][(value ^ cython.cast(cython.uchar, p[i])) & 255] ^ (value >> 8)
        i += 1
    return value
