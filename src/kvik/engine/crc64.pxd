"""CRC-64 as RDB files and DUMP payloads have it. See crc64.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #define KV_CRC64_POLYNOMIAL 0x95AC9329AC4BC9B5ULL /* 0xAD93D23594C935A9, its bits from last to first */
    """
    const uint64_t CRC64_POLYNOMIAL "KV_CRC64_POLYNOMIAL"

cdef enum:
    CRC64_SLICES = 8            # bytes taken in one step

cdef struct Crc64:              # 16 KiB, the same for everybody once crc64_init has been there
    uint64_t tables[8][256]     # [k][b]: the checksum of the byte b with k zeros behind it

ctypedef Crc64 *Crc64Ptr

cdef void crc64_init(Crc64 *crc) noexcept nogil
cdef uint64_t crc64_update(const Crc64 *crc, uint64_t value, const char *p, size_t n) noexcept nogil
