"""The server's one clock. See clock.py."""

from libc.stdint cimport int64_t, uint64_t

cdef struct Clock:
    int64_t now_us          # the moment of this tick, in microseconds since 1970
    int64_t now_ms
    int64_t offset_us       # added to the system's time: a test moves the clock by it
    int64_t ahead_us        # added to the monotonic clock, when a test lets time pass
    int64_t monotonic_ms    # of this tick, for timers: never goes back
    uint64_t start_cycles
    double cycles_per_us    # what `cycles()` counts in a microsecond

ctypedef Clock *ClockPtr

cdef int64_t system_us() noexcept nogil
cdef int64_t monotonic_us() noexcept nogil
cdef uint64_t cycles_at(int64_t *us) noexcept nogil
cdef void clock_init(Clock *clock) noexcept nogil
cdef void clock_tick(Clock *clock) noexcept nogil
cdef int64_t clock_timer_ms(const Clock *clock) noexcept nogil
cdef void clock_move(Clock *clock, int64_t us) noexcept nogil
cdef int64_t clock_duration_us(const Clock *clock, uint64_t counted) noexcept nogil
