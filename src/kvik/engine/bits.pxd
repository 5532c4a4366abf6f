"""Bits in bytes: counting, finding and combining them, and integers of any width among them. See bits.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.hashing cimport Text
from kvik.engine.text cimport Slice, SlicePtr

cdef extern from *:
    """
    #include <stdint.h>
    #define KV_BYTES_0F 0x0F0F0F0F0F0F0F0FULL
    #define KV_BYTES_33 0x3333333333333333ULL
    #define KV_BYTES_55 0x5555555555555555ULL
    #define KV_PAIRS_0001 0x0001000100010001ULL
    #define KV_PAIRS_00FF 0x00FF00FF00FF00FFULL

    /* Portable wheels may not assume popcnt, so the machine is asked, once for each range. Written as asm: the
       builtin turns into a call of a function where the compiler may not assume it. Source and target are one
       register, as older Intel machines wait for the target. */
    #if defined(__x86_64__)
    static inline int kv_counts_bits(void) { return __builtin_cpu_supports("popcnt") != 0; }
    static inline uint64_t kv_count_bits(uint64_t v) {
        __asm__("popcnt %0, %0" : "+r"(v) : : "cc");
        return v;
    }
    #else
    static inline int kv_counts_bits(void) { return 1; }
    static inline uint64_t kv_count_bits(uint64_t v) { return (uint64_t)__builtin_popcountll(v); }
    #endif
    """
    const uint64_t BYTES_0F "KV_BYTES_0F"
    const uint64_t BYTES_33 "KV_BYTES_33"
    const uint64_t BYTES_55 "KV_BYTES_55"
    const uint64_t PAIRS_0001 "KV_PAIRS_0001"
    const uint64_t PAIRS_00FF "KV_PAIRS_00FF"

    bint machine_counts "kv_counts_bits"() noexcept nogil
    uint64_t machine_ones "kv_count_bits"(uint64_t v) noexcept nogil

cdef enum:                      # what bits_combine does
    BITS_AND = 0
    BITS_OR = 1
    BITS_XOR = 2
    BITS_NOT = 3

cdef enum:
    COMBINE_BLOCK = 8192        # bytes of a result, in the cache while all sources are applied to it

cdef enum:
    AHEAD = 2048                # bytes that counting fetches ahead of itself

cdef enum:                      # what field_add says of a sum
    FIELD_FITS = 0
    FIELD_TOO_LARGE = 1
    FIELD_TOO_SMALL = 2

cdef uint64_t bits_count(const char *p, uint64_t first, uint64_t end) noexcept nogil
cdef uint64_t count_by_machine(const char *p, size_t n) noexcept nogil
cdef uint64_t count_by_sums(const char *p, size_t n) noexcept nogil
cdef int64_t bits_find(const char *p, uint64_t first, uint64_t end, bint bit) noexcept nogil
cdef void bits_combine(int operation, char *out, size_t n, const Slice *sources, int count) noexcept nogil
cdef void take_bytes(char *out, size_t n, const char *p, size_t available) noexcept nogil
cdef void and_bytes(char *out, size_t n, const char *p, size_t available) noexcept nogil
cdef void or_bytes(char *out, const char *p, size_t n) noexcept nogil
cdef void xor_bytes(char *out, const char *p, size_t n) noexcept nogil
cdef void not_bytes(char *out, size_t n) noexcept nogil
cdef uint64_t part_word(const char *p, size_t n) noexcept nogil
cdef uint64_t big_word(const char *p, size_t n, size_t at) noexcept nogil
cdef uint64_t field_read(const char *p, size_t n, uint64_t offset, int width) noexcept nogil
cdef void field_write(char *p, size_t n, uint64_t offset, int width, uint64_t value) noexcept nogil
cdef int64_t field_value(uint64_t field, int width, bint is_signed) noexcept nogil
cdef int64_t field_max(int width, bint is_signed) noexcept nogil
cdef int64_t field_min(int width, bint is_signed) noexcept nogil
cdef int field_add(int64_t value, int64_t step, int width, bint is_signed, int64_t *total) noexcept nogil

cdef inline uint64_t sum_ones(uint64_t v) noexcept nogil:
    """How many bits of each byte are 1, in that byte."""
    v -= (v >> 1) & BYTES_55
    v = (v & BYTES_33) + ((v >> 2) & BYTES_33)
    return (v + (v >> 4)) & BYTES_0F

cdef inline bint bit_at(const char *p, uint64_t offset) noexcept nogil:
    return (<unsigned char>p[offset >> 3] >> (7 - (offset & 7))) & 1

cdef inline void set_bit_at(char *p, uint64_t offset, bint bit) noexcept nogil:
    cdef unsigned char mask = <unsigned char>(128 >> (offset & 7))
    if bit:
        p[offset >> 3] = <char>(<unsigned char>p[offset >> 3] | mask)
    else:
        p[offset >> 3] = <char>(<unsigned char>p[offset >> 3] & ~mask)
