"""The checksum of RDB files and DUMP payloads. See crc64.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #define KV_CRC64_POLYNOMIAL 0x95AC9329AC4BC9B5ULL /* Jones's, reflected */
    """
    const uint64_t POLYNOMIAL "KV_CRC64_POLYNOMIAL"

cdef struct Crc64:
    uint64_t tables[8][256]     # tables[k][b]: what byte b does to the checksum k bytes later

ctypedef Crc64 *Crc64Ptr

cdef void crc64_init(Crc64 *c) noexcept nogil
cdef uint64_t crc64_update(const Crc64 *c, uint64_t crc, const char *p, size_t n) noexcept nogil
