"""SHA-1, by which scripts are called. See sha1.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    SHA1_HEX = 40

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    static inline uint32_t kv_rotate(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }
    static inline uint32_t kv_big_endian32(const unsigned char *p) { uint32_t x; memcpy(&x, p, 4); return __builtin_bswap32(x); }
    static const uint32_t kv_sha1_start[5] __attribute__((unused)) =
        {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
    static const uint32_t kv_sha1_round[4] __attribute__((unused)) = {0x5A827999U, 0x6ED9EBA1U, 0x8F1BBCDCU, 0xCA62C1D6U};
    """
    uint32_t rotate "kv_rotate"(uint32_t x, int n) noexcept nogil
    uint32_t big_endian32 "kv_big_endian32"(const unsigned char *p) noexcept nogil
    const uint32_t SHA1_START "kv_sha1_start"[5]
    const uint32_t SHA1_ROUND "kv_sha1_round"[4]

ctypedef const unsigned char *BytesPtr

cdef void sha1_hex(const char *p, size_t n, char *out) noexcept nogil
cdef void sha1_block(uint32_t *state, const unsigned char *p) noexcept nogil
