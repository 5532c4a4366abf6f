"""Making files last (fdatasync) on another thread, which starts with the first job and does one after another.

What the loop thread needs every tick, whether there is a job and how the last one ended, costs no lock.
"""

# ruff: noqa: F821
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.intrinsics import add_shared, read_shared, swap_shared
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
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import close


def file_sync_init(s):
    memset(s, 0, sizeof(FileSync))
    pthread_mutex_init(address(s.mutex), NULL)
    pthread_cond_init(address(s.changed), NULL)


def file_sync_stop(s):
    """Let the thread finish what it has, and end it."""
    if s.started:
        pthread_mutex_lock(address(s.mutex))
        s.stopping = True
        pthread_cond_broadcast(address(s.changed))
        pthread_mutex_unlock(address(s.mutex))
        pthread_join(s.thread, NULL)
        s.started = False
    pthread_mutex_destroy(address(s.mutex))
    pthread_cond_destroy(address(s.changed))


def file_sync_begin(s, fd, last):
    """Make what has been written to fd last; `last`: then close it. False: there is no thread, do it yourself."""
    job: SyncJobPtr
    if not s.started:
        s.started = pthread_create(address(s.thread), NULL, file_sync_run, s) == 0
    job = cast(SyncJobPtr, malloc(sizeof(SyncJob))) if s.started else NULL
    if job == NULL:
        return False
    job.next = NULL
    job.fd = fd
    job.last = last
    add_shared(address(s.pending), 1)
    pthread_mutex_lock(address(s.mutex))
    if s.first == NULL:
        s.first = job
    else:
        s.latest.next = job
    s.latest = job
    pthread_cond_broadcast(address(s.changed))
    pthread_mutex_unlock(address(s.mutex))
    return True


def file_sync_wait(s):
    """Wait until all jobs are done."""
    if not file_sync_busy(s):
        return
    pthread_mutex_lock(address(s.mutex))
    while file_sync_busy(s):
        pthread_cond_wait(address(s.changed), address(s.mutex))
    pthread_mutex_unlock(address(s.mutex))


def file_sync_busy(s):
    """Is there a job that is not done?"""
    return read_shared(address(s.pending)) != 0


def file_sync_error(s):
    """errno of the last job that was done; 0: it succeeded."""
    return read_shared(address(s.error))


def file_sync_run(context):
    """What the thread does."""
    s: FileSyncPtr = cast(FileSyncPtr, context)
    job: SyncJobPtr
    error: uint64_t
    while True:
        pthread_mutex_lock(address(s.mutex))
        while s.first == NULL and not s.stopping:
            pthread_cond_wait(address(s.changed), address(s.mutex))
        job = s.first
        if job != NULL:
            s.first = job.next
        pthread_mutex_unlock(address(s.mutex))
        if job == NULL:
            return NULL
        error = sync_data(job.fd)
        swap_shared(address(s.error), error)
        if job.last:
            close(job.fd)
        free(job)
        pthread_mutex_lock(address(s.mutex))
        add_shared(address(s.pending), 0 - cast(uint64_t, 1))
        pthread_cond_broadcast(address(s.changed))
        pthread_mutex_unlock(address(s.mutex))
