"""LZF, the compression of strings in RDB files. See lzf.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from kvik.engine.intrinsics cimport load32

cdef extern from *:
    """
    #define KV_LZF_MULTIPLIER 2654435761U /* the golden ratio, of 2 ** 32 */
    """
    const uint32_t LZF_MULTIPLIER "KV_LZF_MULTIPLIER"

cdef enum:
    LZF_RUN_MAX = 32            # literal bytes behind one control byte
    LZF_MATCH_MIN = 3
    LZF_MATCH_MAX = 264
    LZF_DISTANCE_MAX = 8192
    LZF_LONG = 7                # in the place of a short length: it goes on in the next byte
    LZF_TABLE = 16384           # places that lzf_compress remembers, on the stack: 32 KiB
    LZF_TABLE_BITS = 14
    LZF_TABLE_BITS_MIN = 6
    LZF_PATIENCE = 6            # after 2 ** this many places without a match it looks at every second place only, ...

cdef struct LzfWriter:
    char *out
    size_t at
    size_t room

ctypedef LzfWriter *LzfWriterPtr

cdef inline uint32_t place_hash(const char *p, int bits) noexcept nogil:
    """The hash of three bytes; a fourth one is read."""
    return ((load32(p) << 8) * LZF_MULTIPLIER) >> (32 - bits)

cdef size_t lzf_compress(const char *p, size_t n, char *out, size_t room) noexcept nogil
cdef bint lzf_decompress(const char *p, size_t n, char *out, size_t size) noexcept nogil

cdef int table_bits(size_t n) noexcept nogil
cdef void remember(uint16_t *places, int bits, const char *p, size_t n, size_t i) noexcept nogil
cdef size_t match_length(const char *p, const char *earlier, size_t most) noexcept nogil
cdef bint write_literals(LzfWriter *w, const char *p, size_t n) noexcept nogil
cdef bint write_match(LzfWriter *w, size_t distance, size_t length) noexcept nogil
cdef void copy_match(char *to, size_t distance, size_t length, size_t room) noexcept nogil
