"""A thread that does one task after another, beside the loop: freeing large values, making files last.

It starts with the first task. Whether there is a task that is not done, which the loop asks every tick, costs no lock.
"""

# ruff: noqa: F821
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.intrinsics import add_shared, read_shared
from cython.cimports.kvik.engine.threads import (
    pthread_cond_broadcast,
    pthread_cond_destroy,
    pthread_cond_init,
    pthread_cond_wait,
    pthread_create,
    pthread_join,
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
)
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memset


def background_init(b, run, owner):
    memset(b, 0, sizeof(Background))
    b.run = run
    b.owner = owner
    pthread_mutex_init(address(b.mutex), NULL)
    pthread_cond_init(address(b.changed), NULL)


def background_stop(b):
    """Let the thread finish what it has, and end it."""
    if b.started:
        pthread_mutex_lock(address(b.mutex))
        b.stopping = True
        pthread_cond_broadcast(address(b.changed))
        pthread_mutex_unlock(address(b.mutex))
        pthread_join(b.thread, NULL)
        b.started = False
    pthread_mutex_destroy(address(b.mutex))
    pthread_cond_destroy(address(b.changed))


def background_start(b):
    """Before a task is handed over. False: there can be no thread, do it yourself."""
    if not b.started:
        b.started = pthread_create(address(b.thread), NULL, background_main, b) == 0
    return b.started


def background_submit(b, task):
    """Hand over a task. The thread has started."""
    task.next = NULL
    add_shared(address(b.pending), 1)
    pthread_mutex_lock(address(b.mutex))
    if b.first == NULL:
        b.first = task
    else:
        b.last.next = task
    b.last = task
    pthread_cond_broadcast(address(b.changed))
    pthread_mutex_unlock(address(b.mutex))


def background_wait(b):
    """Wait until all tasks are done."""
    if not background_is_busy(b):
        return
    pthread_mutex_lock(address(b.mutex))
    while background_is_busy(b):
        pthread_cond_wait(address(b.changed), address(b.mutex))
    pthread_mutex_unlock(address(b.mutex))


def background_is_busy(b):
    """Is there a task that is not done?"""
    return read_shared(address(b.pending)) != 0


def background_main(context):
    """What the thread does."""
    b: BackgroundPtr = cast(BackgroundPtr, context)
    task: TaskPtr
    while True:
        pthread_mutex_lock(address(b.mutex))
        while b.first == NULL and not b.stopping:
            pthread_cond_wait(address(b.changed), address(b.mutex))
        task = b.first
        if task != NULL:
            b.first = task.next
        pthread_mutex_unlock(address(b.mutex))
        if task == NULL:
            return NULL
        b.run(b.owner, task)
        pthread_mutex_lock(address(b.mutex))
        add_shared(address(b.pending), 0 - cast(uint64_t, 1))
        pthread_cond_broadcast(address(b.changed))
        pthread_mutex_unlock(address(b.mutex))
