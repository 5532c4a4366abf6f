"""The keyed hash of table keys. See hashing.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef struct HashKey:
    uint64_t words[4]

ctypedef const char *Text

cdef uint64_t hash_long(const HashKey *key, const char *p, size_t n) noexcept nogil

from kvik.engine.intrinsics cimport load32, load64, mul_fold

cdef inline uint64_t hash_bytes(const HashKey *key, const char *p, size_t n) noexcept nogil:
    """The hash of n bytes at p under `key`. About 3 ns for keys of up to 16 bytes."""
    cdef uint64_t a = 0
    cdef uint64_t b = 0
    if n > 16:
        return hash_long(key, p, n)
    if n >= 8:
        a = load64(p)
        b = load64(p + n - 8)
    elif n >= 4:
        a = load32(p)
        b = load32(p + n - 4)
    elif n > 0:
        a = (<uint64_t><unsigned char>p[0] << 16) | (<uint64_t><unsigned char>p[n >> 1] << 8) | <unsigned char>p[n - 1]
    a = mul_fold(a ^ key.words[0], b ^ key.words[1])
    return mul_fold(a ^ key.words[2], n ^ key.words[3])
