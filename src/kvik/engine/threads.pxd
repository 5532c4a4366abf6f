"""POSIX threads, as far as they are needed."""

from posix.time cimport timespec

cdef extern from "<time.h>" nogil:
    enum: CLOCK_MONOTONIC

cdef extern from "pthread.h" nogil:
    ctypedef struct pthread_t:
        pass
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    ctypedef struct pthread_condattr_t:
        pass
    int pthread_create(pthread_t *thread, void *attributes, void *(*run)(void *) noexcept nogil, void *context) noexcept
    int pthread_join(pthread_t thread, void **result) noexcept
    int pthread_mutex_init(pthread_mutex_t *mutex, void *attributes) noexcept
    int pthread_mutex_lock(pthread_mutex_t *mutex) noexcept
    int pthread_mutex_unlock(pthread_mutex_t *mutex) noexcept
    int pthread_mutex_destroy(pthread_mutex_t *mutex) noexcept
    int pthread_cond_init(pthread_cond_t *condition, void *attributes) noexcept
    int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) noexcept
    int pthread_cond_broadcast(pthread_cond_t *condition) noexcept
    int pthread_cond_destroy(pthread_cond_t *condition) noexcept
    int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const timespec *until) noexcept
    int pthread_condattr_init(pthread_condattr_t *attributes) noexcept
    int pthread_condattr_setclock(pthread_condattr_t *attributes, int clock) noexcept
    int pthread_condattr_destroy(pthread_condattr_t *attributes) noexcept
    pthread_t pthread_self() noexcept
    int pthread_equal(pthread_t one, pthread_t other) noexcept
