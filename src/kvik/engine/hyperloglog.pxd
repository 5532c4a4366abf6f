"""HyperLogLogs: how many different elements were seen, to within 0.81 %, in 12 KiB or less. See hyperloglog.py.

    0      4          5          8              16
    | HYLL | encoding | not used | cached count | registers
      4 B    1 B        3 B        8 B

The count is little-endian; its highest bit says that it is out of date. Registers are 6 bits each, dense:

    byte   | 0        | 1        | 2        | ...      register 0 is the low 6 bits of byte 0, and so on:
           | 11000000   22221111   33333322              bits of a register are together, low ones first

or sparse, as a list of runs:

    00cccccc             ZERO   c + 1 registers are 0
    01cccccc cccccccc    XZERO  c + 1 registers are 0, the high bits first
    1vvvvvcc             VAL    c + 1 registers are v + 1
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from kvik.engine.intrinsics cimport load32, load64, store32

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #define KV_MURMUR_MULTIPLIER 0xC6A4A7935BD1E995ULL
    #define KV_HLL_SEED 0xADC83B19ULL
    #define KV_BYTES_3F 0x3F3F3F3F3F3F3F3FULL
    #define KV_BYTES_40 0x4040404040404040ULL
    #define KV_BYTES_80 0x8080808080808080ULL
    #define KV_PAIRS 0x00FF00FF00FF00FFULL
    #define KV_PAIR_ONES 0x0001000100010001ULL
    #define KV_LOW_24 0x0000000000FFFFFFULL
    #define KV_LOW_12 0x00000FFF00000FFFULL
    #define KV_LOW_6 0x003F003F003F003FULL

    /* Four words at once: what a machine with registers that wide does in one instruction, others in a few. */
    typedef uint64_t kv_words __attribute__((vector_size(32)));
    typedef int8_t kv_bytes __attribute__((vector_size(32)));

    /* Raise 32 registers of one byte to those that stand in 24 bytes at p. (Two bytes before them are read.) */
    static inline __attribute__((always_inline)) void kv_raise_32(uint8_t *registers, const char *p) {
        kv_words w;
        kv_bytes old, other, larger;
        memcpy((char *)&w, p - 2, 8);
        memcpy((char *)&w + 8, p + 4, 8);
        memcpy((char *)&w + 16, p + 10, 8);
        memcpy((char *)&w + 24, p + 16, 8);
        w >>= 16;
        w = (w & KV_LOW_24) | ((w & (KV_LOW_24 << 24)) << 8);
        w = (w & KV_LOW_12) | ((w & (KV_LOW_12 << 12)) << 4);
        w = (w & KV_LOW_6) | ((w & (KV_LOW_6 << 6)) << 2);
        memcpy(&old, registers, 32);
        other = (kv_bytes)w;
        larger = old > other;
        old = (old & larger) | (other & ~larger);
        memcpy(registers, &old, 32);
    }
    /* Put 32 registers of one byte into 24 bytes at p, of which the next two are overwritten. */
    static inline __attribute__((always_inline)) void kv_pack_32(char *p, const uint8_t *registers) {
        kv_words w;
        memcpy(&w, registers, 32);
        w = (w & KV_LOW_6) | ((w >> 2) & (KV_LOW_6 << 6));
        w = (w & KV_LOW_12) | ((w >> 4) & (KV_LOW_12 << 12));
        w = (w & KV_LOW_24) | ((w >> 8) & (KV_LOW_24 << 24));
        memcpy(p, (char *)&w, 8);
        memcpy(p + 6, (char *)&w + 8, 8);
        memcpy(p + 12, (char *)&w + 16, 8);
        memcpy(p + 18, (char *)&w + 24, 8);
    }
    #if defined(__x86_64__)
    static inline int kv_has_wide_registers(void) { return __builtin_cpu_supports("avx2") != 0; }
    __attribute__((target("avx2"), unused)) static void kv_raise_wide(uint8_t *registers, const char *p, int n) {
        for (int i = 0; i < n; i++) kv_raise_32(registers + 32 * i, p + 24 * i);
    }
    __attribute__((target("avx2"), unused)) static void kv_pack_wide(char *p, const uint8_t *registers, int n) {
        for (int i = 0; i < n; i++) kv_pack_32(p + 24 * i, registers + 32 * i);
    }
    #else
    static inline int kv_has_wide_registers(void) { return 0; }
    #define kv_raise_wide kv_raise_any
    #define kv_pack_wide kv_pack_any
    #endif
    __attribute__((unused)) static void kv_raise_any(uint8_t *registers, const char *p, int n) {
        for (int i = 0; i < n; i++) kv_raise_32(registers + 32 * i, p + 24 * i);
    }
    __attribute__((unused)) static void kv_pack_any(char *p, const uint8_t *registers, int n) {
        for (int i = 0; i < n; i++) kv_pack_32(p + 24 * i, registers + 32 * i);
    }
    """
    const uint64_t MURMUR_MULTIPLIER "KV_MURMUR_MULTIPLIER"
    const uint64_t HLL_SEED "KV_HLL_SEED"
    const uint64_t BYTES_3F "KV_BYTES_3F"
    const uint64_t BYTES_40 "KV_BYTES_40"
    const uint64_t BYTES_80 "KV_BYTES_80"
    const uint64_t PAIRS "KV_PAIRS"
    const uint64_t PAIR_ONES "KV_PAIR_ONES"

    bint has_wide_registers "kv_has_wide_registers"() noexcept nogil
    void raise_wide "kv_raise_wide"(uint8_t *registers, const char *p, int n) noexcept nogil
    void raise_any "kv_raise_any"(uint8_t *registers, const char *p, int n) noexcept nogil
    void pack_wide "kv_pack_wide"(char *p, const uint8_t *registers, int n) noexcept nogil
    void pack_any "kv_pack_any"(char *p, const uint8_t *registers, int n) noexcept nogil

cdef enum:
    HLL_HEADER = 16
    HLL_REGISTERS = 16384
    HLL_INDEX_BITS = 14
    HLL_RANK_BITS = 50          # bits of a hash behind the index; a rank is at most one more
    HLL_DENSE = 0               # encodings
    HLL_SPARSE = 1
    HLL_DENSE_BYTES = 12304
    HLL_EMPTY_BYTES = 18        # a header and one XZERO
    HLL_RUN_RANK_MAX = 32       # higher ranks have no place in a sparse list
    HLL_ZERO_MAX = 64
    HLL_XZERO_MAX = 16384
    HLL_VALUE_MAX = 4
    HLL_MERGE_SCAN = 5          # runs that are looked at for equal neighbours after a change
    HLL_FOLLOWING = 10          # bytes behind a change that this may concern
    HLL_TEST_SPARSE = 3000      # of hll_self_test: how long a sparse list gets, and how many elements are added
    HLL_TEST_ELEMENTS = 100000

cdef enum:                      # what came of raising a register
    HLL_UNCHANGED = 0           # it was that high already
    HLL_CHANGED = 1
    HLL_PROMOTE = 2             # the sparse list cannot take it, or would be too long: make it dense
    HLL_DAMAGED = 3             # the sparse list ends before the register

cdef struct HllRun:             # of a sparse list
    int bytes                   # 0: there is none, or only half of one
    int span                    # registers
    int rank

ctypedef HllRun *HllRunPtr

cdef struct HllPlace:           # where to begin to look in a sparse list
    size_t at                   # a run
    int first                   # its first register

ctypedef HllPlace *HllPlacePtr

cdef struct HllFound:
    size_t at                   # the run
    int first                   # its first register
    size_t previous             # the run before it; `at` if there is none
    HllRun run

ctypedef HllFound *HllFoundPtr

cdef struct HllChange:          # of a sparse list: `added` bytes in place of `removed` ones
    size_t at
    size_t removed
    size_t added
    uint8_t bytes[32]

ctypedef HllChange *HllChangePtr
ctypedef uint8_t *Registers     # one byte each, HLL_REGISTERS of them

cdef int hll_element(const char *p, size_t n, int *index) noexcept nogil
cdef uint64_t murmur_hash(const char *p, size_t n, uint64_t seed) noexcept nogil
cdef bint hll_is_valid(const char *p, size_t n) noexcept nogil
cdef size_t hll_empty(char *out) noexcept nogil
cdef bint hll_dense_raise(char *p, int index, int rank) noexcept nogil
cdef int hll_sparse_raise(
    const char *p, size_t n, HllPlace *place, int index, int rank, size_t limit, HllChange *change) noexcept nogil
cdef size_t hll_apply(char *p, size_t n, const HllChange *change) noexcept nogil
cdef bint hll_to_dense(const char *p, size_t n, char *out) noexcept nogil
cdef bint hll_count(const char *p, size_t n, uint64_t *count) noexcept nogil
cdef bint hll_merge(const char *p, size_t n, uint8_t *registers) noexcept nogil
cdef uint64_t hll_count_registers(const uint8_t *registers) noexcept nogil
cdef void hll_set_registers(char *p, const uint8_t *registers) noexcept nogil

cdef const char *hll_self_test(char *work, uint8_t *registers) noexcept nogil

cdef bint registers_hold(char *p, uint8_t *registers) noexcept nogil
cdef const char *elements_count(char *dense, char *sparse) noexcept nogil
cdef bint find_run(const char *p, size_t n, HllPlace *place, int index, HllFound *found) noexcept nogil
cdef int put_run(uint8_t *out, int rank, int span) noexcept nogil
cdef int merge_runs(uint8_t *runs, int n) noexcept nogil
cdef bint sparse_merge(const char *p, size_t n, uint8_t *registers) noexcept nogil
cdef void dense_merge(const char *p, uint8_t *registers) noexcept nogil
cdef bint sparse_histogram(const char *p, size_t n, uint32_t *histogram) noexcept nogil
cdef void dense_histogram(const char *p, uint32_t *histogram) noexcept nogil
cdef uint64_t estimate(const uint32_t *histogram) noexcept nogil
cdef double saturated_share(double x) noexcept nogil
cdef double empty_share(double x) noexcept nogil

cdef inline HllRun hll_run(const char *p, size_t n, size_t at) noexcept nogil:
    """The run of the sparse p[:n] at `at`."""
    cdef HllRun run
    cdef int head = <uint8_t>p[at] if at < n else 64
    run.bytes = 1
    run.rank = 0
    if head < 64:
        run.span = head + 1
    elif head >= 128:
        run.span = (head & 3) + 1
        run.rank = ((head >> 2) & 31) + 1
    elif at + 1 < n:
        run.bytes = 2
        run.span = (((head & 63) << 8) | <uint8_t>p[at + 1]) + 1
    else:
        run.bytes = 0
        run.span = 0
    return run

cdef inline int hll_encoding(const char *p) noexcept nogil:
    return p[4]

cdef inline bint hll_cached(const char *p, uint64_t *count) noexcept nogil:
    """The cached count, if it is up to date."""
    count[0] = load64(p + 8)
    return <uint8_t>p[15] < 128

cdef inline void hll_invalidate(char *p) noexcept nogil:
    p[15] = <char>(<uint8_t>p[15] | 128)

cdef inline int hll_register(const char *p, int index) noexcept nogil:
    """A register of a dense one: four of them in three bytes. (The byte before is read too; the header has it.)"""
    return (load32(p + HLL_HEADER - 1 + (index >> 2) * 3) >> (8 + (index & 3) * 6)) & 63

cdef inline void hll_set_register(char *p, int index, int rank) noexcept nogil:
    cdef char *q = p + HLL_HEADER - 1 + (index >> 2) * 3
    cdef int shift = 8 + (index & 3) * 6
    store32(q, (load32(q) & ~(<uint32_t>63 << shift)) | (<uint32_t>rank << shift))

cdef inline int spans_sum(uint64_t word, int runs) noexcept nogil:
    """The spans, each less one, of so many (1 to 8) runs of one byte that the word begins with."""
    cdef uint64_t spans = word & (BYTES_3F - ((word & BYTES_80) >> 7) * 0x3C)
    spans = spans << (64 - 8 * runs)
    return <int>((((spans & PAIRS) + ((spans >> 8) & PAIRS)) * PAIR_ONES) >> 48)
