"""A lock that its holder does not get back before who waits for it. See turnstile.py."""

from libc.stdint cimport int64_t

from kvik.engine.threads cimport pthread_cond_t, pthread_mutex_t, pthread_t

cdef struct Turnstile:
    pthread_mutex_t gate        # who comes next holds it while it waits
    pthread_mutex_t inside
    pthread_t owner             # who holds `inside`, if it is held
    bint held

ctypedef Turnstile *TurnstilePtr

cdef void turnstile_init(Turnstile *t) noexcept nogil
cdef void turnstile_destroy(Turnstile *t) noexcept nogil
cdef void turnstile_enter(Turnstile *t) noexcept nogil
cdef void turnstile_leave(Turnstile *t) noexcept nogil
cdef bint turnstile_is_mine(const Turnstile *t) noexcept nogil
cdef void turnstile_wait(Turnstile *t, pthread_cond_t *changed, int64_t until_us) noexcept nogil
cdef void monotonic_cond_init(pthread_cond_t *condition) noexcept nogil
