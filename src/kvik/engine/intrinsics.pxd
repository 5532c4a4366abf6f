"""What C has and Cython has no word for: wide constants, 128-bit products, prefetch, atomics, unaligned loads.

Everything here is one machine instruction or a few; nothing here decides anything.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #include <stdlib.h>
    #include <time.h>
    #if defined(__x86_64__)
    #include <x86intrin.h>
    #endif

    #define KV_BYTES_01 0x0101010101010101ULL
    #define KV_BYTES_7F 0x7F7F7F7F7F7F7F7FULL
    #define KV_TAG_BYTES 0x80808080808080ULL /* the top bits of the seven tags of a bucket, in memory order */
    #define KV_SIX_TAG_BYTES 0x808080808080ULL /* those of a chained bucket, whose seventh slot is a link */
    #define KV_CASE_BITS 0x2020202020202020ULL /* what makes a letter lower case */
    #define KV_GOLDEN_RATIO 0x9E3779B97F4A7C15ULL
    #define KV_ALL_ONES 0xFFFFFFFFFFFFFFFFULL

    static inline uint64_t kv_mul_high(uint64_t a, uint64_t b) {
        return (uint64_t)(((unsigned __int128)a * b) >> 64);
    }
    static inline uint64_t kv_mul_fold(uint64_t a, uint64_t b) {
        unsigned __int128 product = (unsigned __int128)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    /* ceil(i * 2**64 / n), saturated: the first hash that belongs to part i of n */
    static inline uint64_t kv_part_start(uint64_t i, uint64_t n) {
        unsigned __int128 start;
        if (i >= n) return 0xFFFFFFFFFFFFFFFFULL;
        start = ((((unsigned __int128)i) << 64) + n - 1) / n;
        return (uint64_t)start;
    }
    static inline uint64_t kv_load64(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }
    static inline uint32_t kv_load32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
    static inline void kv_store64(void *p, uint64_t v) { memcpy(p, &v, 8); }
    static inline void kv_store32(void *p, uint32_t v) { memcpy(p, &v, 4); }
    static inline int kv_low_byte(uint64_t v) { return __builtin_ctzll(v) >> 3; }
    static inline int kv_low_bit(uint64_t v) { return __builtin_ctzll(v); }
    static inline int kv_high_bit(uint64_t v) { return 63 - __builtin_clzll(v); }
    static inline int kv_ones(uint64_t v) { return __builtin_popcountll(v); }
    static inline uint64_t kv_swap64(uint64_t v) { return __builtin_bswap64(v); }
    /* Not __builtin_prefetch where it can be helped: a function of nothing else counts as pure, and GCC drops calls. */
    static inline void kv_prefetch(const void *p) {
    #if defined(__x86_64__)
        __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)p));
    #elif defined(__aarch64__)
        __asm__ volatile("prfm pldl1keep, %0" : : "Q"(*(const char *)p));
    #else
        __builtin_prefetch(p);
    #endif
    }
    static inline void *kv_swap_pointer(void **p, void *v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
    static inline void *kv_read_pointer(void **p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline int kv_replace_pointer(void **p, void *expected, void *v) {
        return __atomic_compare_exchange_n(p, &expected, v, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    static inline uint64_t kv_add_shared(uint64_t *p, uint64_t v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
    static inline uint64_t kv_read_shared(uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline uint64_t kv_swap_shared(uint64_t *p, uint64_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
    static inline int kv_add_overflows(int64_t a, int64_t b, int64_t *sum) { return __builtin_add_overflow(a, b, sum); }
    static inline int kv_sub_overflows(int64_t a, int64_t b, int64_t *d) { return __builtin_sub_overflow(a, b, d); }
    static inline int kv_mul_overflows(int64_t a, int64_t b, int64_t *p) { return __builtin_mul_overflow(a, b, p); }
    #define kv_likely(x) __builtin_expect(!!(x), 1)
    #define kv_unlikely(x) __builtin_expect(!!(x), 0)

    /* A counter to measure durations with: the time stamp counter where there is one, else nanoseconds. */
    static inline uint64_t kv_cycles(void) {
    #if defined(__x86_64__)
        return __rdtsc();
    #else
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
    #endif
    }
    """
    const uint64_t BYTES_01 "KV_BYTES_01"
    const uint64_t BYTES_7F "KV_BYTES_7F"
    const uint64_t TAG_BYTES "KV_TAG_BYTES"
    const uint64_t SIX_TAG_BYTES "KV_SIX_TAG_BYTES"
    const uint64_t CASE_BITS "KV_CASE_BITS"
    const uint64_t GOLDEN_RATIO "KV_GOLDEN_RATIO"
    const uint64_t ALL_ONES "KV_ALL_ONES"

    uint64_t mul_high "kv_mul_high"(uint64_t a, uint64_t b) noexcept nogil
    uint64_t mul_fold "kv_mul_fold"(uint64_t a, uint64_t b) noexcept nogil
    uint64_t part_start "kv_part_start"(uint64_t i, uint64_t n) noexcept nogil
    uint64_t load64 "kv_load64"(const void *p) noexcept nogil
    uint32_t load32 "kv_load32"(const void *p) noexcept nogil
    void store64 "kv_store64"(void *p, uint64_t v) noexcept nogil
    void store32 "kv_store32"(void *p, uint32_t v) noexcept nogil
    int low_byte "kv_low_byte"(uint64_t v) noexcept nogil
    int low_bit "kv_low_bit"(uint64_t v) noexcept nogil
    int high_bit "kv_high_bit"(uint64_t v) noexcept nogil
    int ones "kv_ones"(uint64_t v) noexcept nogil
    uint64_t swap64 "kv_swap64"(uint64_t v) noexcept nogil
    void prefetch "kv_prefetch"(const void *p) noexcept nogil
    void *swap_pointer "kv_swap_pointer"(void **p, void *v) noexcept nogil
    void *read_pointer "kv_read_pointer"(void **p) noexcept nogil
    int replace_pointer "kv_replace_pointer"(void **p, void *expected, void *v) noexcept nogil
    uint64_t add_shared "kv_add_shared"(uint64_t *p, uint64_t v) noexcept nogil
    uint64_t read_shared "kv_read_shared"(uint64_t *p) noexcept nogil
    uint64_t swap_shared "kv_swap_shared"(uint64_t *p, uint64_t v) noexcept nogil
    bint add_overflows "kv_add_overflows"(int64_t a, int64_t b, int64_t *total) noexcept nogil
    bint sub_overflows "kv_sub_overflows"(int64_t a, int64_t b, int64_t *difference) noexcept nogil
    bint mul_overflows "kv_mul_overflows"(int64_t a, int64_t b, int64_t *product) noexcept nogil
    bint likely "kv_likely"(bint x) noexcept nogil
    bint unlikely "kv_unlikely"(bint x) noexcept nogil
    uint64_t cycles "kv_cycles"() noexcept nogil
