"""A histogram of durations, on a logarithmic scale. See histogram.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.intrinsics cimport high_bit, likely

cdef enum:
    HISTOGRAM_FINE_BITS = 5     # 32 steps from one power of two to the next: at most 3 % of the value wide
    HISTOGRAM_FINE = 32
    HISTOGRAM_STEPS = 832       # (30 - HISTOGRAM_FINE_BITS + 1) * HISTOGRAM_FINE
    HISTOGRAM_MAX = 1000000000  # ns: what takes longer counts as a second, as in Redis

cdef struct Histogram:
    uint64_t counts[832]

ctypedef Histogram *HistogramPtr

cdef Histogram *histogram_new() noexcept nogil
cdef void histogram_free(Histogram *h) noexcept nogil
cdef uint64_t histogram_last(int step) noexcept nogil

cdef inline int histogram_step(uint64_t ns) noexcept nogil:
    """In which step `ns` is counted."""
    cdef int shift
    if ns > HISTOGRAM_MAX:
        ns = HISTOGRAM_MAX
    if ns < 2 * HISTOGRAM_FINE:
        return <int>ns
    shift = high_bit(ns) - HISTOGRAM_FINE_BITS
    return <int>(shift * HISTOGRAM_FINE + <int>(ns >> shift))

cdef inline void histogram_add(Histogram *h, uint64_t ns) noexcept nogil:
    h.counts[histogram_step(ns)] += 1
