"""Making files last (fdatasync) on another thread (background.py), one after another."""

# ruff: noqa: F821
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.background import (
    background_init,
    background_is_busy,
    background_start,
    background_stop,
    background_submit,
    background_wait,
)
from cython.cimports.kvik.engine.intrinsics import read_shared, swap_shared
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.posix.unistd import close


def file_sync_init(s):
    s.error = 0
    background_init(address(s.background), file_sync_run, s)


def file_sync_stop(s):
    """Let the thread finish what it has, and end it."""
    background_stop(address(s.background))


def file_sync_begin(s, fd, last):
    """Make what has been written to fd last; `last`: then close it. False: there is no thread, do it yourself."""
    task: SyncTaskPtr = NULL
    if background_start(address(s.background)):
        task = cast(SyncTaskPtr, malloc(sizeof(SyncTask)))
    if task == NULL:
        return False
    task.fd = fd
    task.last = last
    background_submit(address(s.background), address(task.task))
    return True


def file_sync_wait(s):
    """Wait until all is done."""
    background_wait(address(s.background))


def file_sync_busy(s):
    """Is there anything that is not done?"""
    return background_is_busy(address(s.background))


def file_sync_error(s):
    """errno of the last one that was done; 0: it succeeded."""
    return read_shared(address(s.error))


def file_sync_run(owner, task):
    """On the thread."""
    s: FileSyncPtr = cast(FileSyncPtr, owner)
    sync: SyncTaskPtr = cast(SyncTaskPtr, task)
    swap_shared(address(s.error), sync_data(sync.fd))
    if sync.last:
        close(sync.fd)
    free(sync)
