"""LZF, the compression of RDB files and of the middle of long lists. See lzf.py.

    000lllll                       l + 1 bytes follow as they are
    lllddddd [llllllll] dddddddd   l + 2 bytes (l at least 1; 7: the next byte is added) are those that stand
                                   d + 1 bytes back in what has been unpacked
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    HASH_BITS = 13              # of three bytes, where they stood last
    HASH_SIZE = 8192
    LITERALS_MAX = 32
    DISTANCE_MAX = 8192
    MATCH_MAX = 264
    MATCH_MIN = 3

ctypedef uint8_t *BytesPtr
ctypedef const uint8_t *ConstBytesPtr

cdef struct Packer:             # where packing stands
    const uint8_t *literals     # bytes from here to the next match are not written yet
    uint8_t *out
    uint8_t *end

cdef size_t lzf_compress(const char *p, size_t n, char *out, size_t room) noexcept nogil
cdef bint lzf_decompress(const char *p, size_t n, char *out, size_t size) noexcept nogil
cdef bint put_literals(Packer *packer, const uint8_t *end) noexcept nogil
cdef bint put_match(Packer *packer, size_t distance, size_t length) noexcept nogil
cdef size_t match_length(const uint8_t *p, const uint8_t *earlier, const uint8_t *end) noexcept nogil

cdef inline uint32_t three_bytes(const uint8_t *p) noexcept nogil:
    return (<uint32_t>p[0] << 16) | (<uint32_t>p[1] << 8) | p[2]

cdef inline uint32_t hash_three(uint32_t word) noexcept nogil:
    return (word * <uint32_t>2654435761) >> (32 - HASH_BITS)
