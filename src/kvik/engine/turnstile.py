"""A lock between a thread that takes it again at once, all day, and others that want it now and then.

With a mutex alone, the others would wake up from their wait to find it taken again. So there are two: whoever wants in
takes the gate first, and keeps it until it is in. Who leaves and comes back finds the gate closed by the one that waits,
which gets in meanwhile. Nobody waiting, it costs two uncontended mutexes: some 20 ns each way.
"""

# ruff: noqa: F821
from cython import NULL, address, sizeof
from cython.cimports.kvik.engine.threads import (
    CLOCK_MONOTONIC,
    pthread_cond_init,
    pthread_cond_timedwait,
    pthread_condattr_destroy,
    pthread_condattr_init,
    pthread_condattr_setclock,
    pthread_condattr_t,
    pthread_equal,
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    pthread_self,
)
from cython.cimports.libc.string import memset
from cython.cimports.posix.time import timespec


def turnstile_init(t):
    memset(t, 0, sizeof(Turnstile))
    pthread_mutex_init(address(t.gate), NULL)
    pthread_mutex_init(address(t.inside), NULL)


def turnstile_destroy(t):
    pthread_mutex_destroy(address(t.gate))
    pthread_mutex_destroy(address(t.inside))


def turnstile_enter(t):
    """Wait to be let in. Never with the GIL: who is inside may need it."""
    pthread_mutex_lock(address(t.gate))
    pthread_mutex_lock(address(t.inside))
    pthread_mutex_unlock(address(t.gate))
    t.owner = pthread_self()
    t.held = True


def turnstile_leave(t):
    t.held = False
    pthread_mutex_unlock(address(t.inside))


def turnstile_is_mine(t):
    """Is the calling thread inside? (It would wait for itself.)"""
    return t.held and pthread_equal(t.owner, pthread_self()) != 0


def turnstile_wait(t, changed, until_us):
    """Let others in until one of them signals `changed`, or the monotonic clock says `until_us`."""
    until: timespec
    until.tv_sec = until_us // 1000000
    until.tv_nsec = until_us % 1000000 * 1000
    t.held = False
    pthread_cond_timedwait(changed, address(t.inside), address(until))
    t.owner = pthread_self()
    t.held = True


def monotonic_cond_init(condition):
    """A condition whose waits end by the monotonic clock."""
    attributes: pthread_condattr_t
    pthread_condattr_init(address(attributes))
    pthread_condattr_setclock(address(attributes), CLOCK_MONOTONIC)
    pthread_cond_init(condition, address(attributes))
    pthread_condattr_destroy(address(attributes))
