"""CRC-64 with Jones's polynomial, reflected, from 0: the checksum at the end of RDB files and DUMP payloads.

Eight bytes at a time by eight tables of 2 KiB, which whoever sums keeps (they are made in a few microseconds).
"""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.engine.intrinsics import load64
from cython.cimports.libc.stdint import uint64_t


def crc64_init(c):
    """Make the tables."""
    byte: cython.int
    k: cython.int
    _: cython.int
    crc: uint64_t
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
        c.tables[0][byte] = crc
    for k in range(1, 8):
        for byte in range(256):
            crc = c.tables[k - 1][byte]
            c.tables[k][byte] = c.tables[0][crc & 255] ^ (crc >> 8)


def crc64_update(c, crc, p, n):
    """The checksum of what had the checksum `crc` and then p[:n]; of nothing it is 0. O(n)."""
    while n >= 8:
        crc ^= load64(p)
        crc = (
            c.tables[7][crc & 255] ^ c.tables[6][(crc >> 8) & 255] ^ c.tables[5][(crc >> 16) & 255]
            ^ c.tables[4][(crc >> 24) & 255] ^ c.tables[3][(crc >> 32) & 255] ^ c.tables[2][(crc >> 40) & 255]
            ^ c.tables[1][(crc >> 48) & 255] ^ c.tables[0][crc >> 56]
        )
        p += 8
        n -= 8
    while n > 0:
        crc = c.tables[0][(crc ^ cython.cast(cython.uchar, p[0])) & 255] ^ (crc >> 8)
        p += 1
        n -= 1
    return crc
