"""The file that effects are appended to, and when they are made to last.

    Effects.data ──▶ write(2) ──▶ the system's memory ──▶ fdatasync(2) ──▶ the disk
                  every tick,                          always: at once, on the loop's thread, one for all clients
                  before replies leave                 everysec: once a second, on another thread
                                                       no: when the system thinks fit

`everysec`: a write would have to wait for an fsync that is under way, and everybody with it. So it is postponed, for two
seconds at most; if the disk needs longer than that, it is written all the same and counted (`aof_delayed_fsync`).

When a write fails, what was written of it is taken back, and everything is tried again at the next tick: nothing that
was acknowledged is lost while the process lives, and meanwhile writes are refused (`failed` tells the owner). Only
`always` cannot go on: what it has promised is not to be had. The file ends with a whole command at any time.
"""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.clock import clock_timer_ms
from cython.cimports.kvik.engine.file_sync import (
    file_sync_begin,
    file_sync_busy,
    file_sync_error,
    file_sync_init,
    file_sync_stop,
    sync_data,
)
from cython.cimports.kvik.engine.intrinsics import cycles
from cython.cimports.kvik.keyspace.effects import effects_complete, effects_written
from cython.cimports.libc.errno import EINTR, ENOMEM, ENOSPC, errno
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import write


def append_init(a, effects, clock):
    memset(a, 0, cython.sizeof(AppendFile))
    a.effects = effects
    a.clock = clock
    a.fd = -1
    a.policy = FSYNC_EVERYSEC
    file_sync_init(address(a.sync))


def append_free(a):
    """The descriptor is the owner's to close, after this."""
    file_sync_stop(address(a.sync))


def append_flush(a, at_once):
    """Write what has gathered, and make it last as the policy says. `at_once`: do not wait for a better moment."""
    n: cython.size_t
    if a.fd < 0 or a.ended:
        return
    if a.effects.lost and a.error == 0:
        append_fails(a, APPEND_LOST, ENOMEM)
    n = effects_complete(a.effects)
    if n > 0:
        if not at_once and must_postpone(a):
            return
        a.postponed_ms = 0
        if not write_effects(a, n):
            return
    after_write(a)


def must_postpone(a):
    if a.policy != FSYNC_EVERYSEC or not file_sync_busy(address(a.sync)):
        return False
    if a.postponed_ms == 0:
        a.postponed_ms = a.clock.monotonic_ms
        return True
    if a.clock.monotonic_ms - a.postponed_ms < POSTPONE_MS:
        return True
    a.delayed += 1
    return False


def write_effects(a, n):
    """Write the first n bytes of the log. False: not all of them could be."""
    done: cython.size_t = 0
    got: cython.Py_ssize_t
    begun: uint64_t = cycles()
    while done < n:
        got = write(a.fd, a.effects.data + done, n - done)
        if got < 0 and errno == EINTR:
            continue
        if got <= 0:
            write_failed(a, done, errno if got < 0 else ENOSPC)
            return False
        done += got
    a.took(a.owner, "aof-write", begun)
    a.size += n
    a.total += n
    a.unsynced = True
    effects_written(a.effects, n)
    return True


def write_failed(a, written, error):
    """Take back what was written, or, where that cannot be, go on behind it when the disk lets us."""
    if written > 0 and cut_file(a.fd, a.size) != 0:
        a.size += written
        a.total += written
        effects_written(a.effects, written)
    append_fails(a, APPEND_SHORT if written > 0 else APPEND_WRITE, error)


def append_fails(a, what, error):
    a.error = error
    a.ended = a.policy == FSYNC_ALWAYS
    a.failed(a.owner, what, error)


def append_works(a):
    a.error = 0
    a.failed(a.owner, APPEND_GOOD, 0)


def after_write(a):
    """What was written is to last."""
    error: cython.int
    if a.policy == FSYNC_ALWAYS:
        if a.unsynced and not append_sync(a):
            return
    elif a.policy == FSYNC_EVERYSEC:
        if file_sync_busy(address(a.sync)):
            return
        error = file_sync_error(address(a.sync))
        if error != 0:
            a.unsynced = True
            if a.error == 0:
                append_fails(a, APPEND_SYNC, error)
        if a.unsynced and a.clock.monotonic_ms - a.synced_ms >= SYNC_MS and not a.no_sync:
            append_begin_sync(a)
        if error != 0:
            return
    if a.error != 0 and not a.effects.lost:
        append_works(a)


def append_begin_sync(a):
    """On the other thread; here, if there can be none."""
    a.synced_ms = a.clock.monotonic_ms
    if file_sync_begin(address(a.sync), a.fd, False):
        a.unsynced = False
    else:
        append_sync(a)


def append_sync(a):
    """Make what was written last, now. False: that failed."""
    begun: uint64_t = cycles()
    error: cython.int = sync_data(a.fd)
    a.took(a.owner, "aof-fsync-always", begun)
    if error != 0:
        append_fails(a, APPEND_SYNC, error)
        return False
    a.unsynced = False
    a.synced_ms = clock_timer_ms(a.clock)
    return True
