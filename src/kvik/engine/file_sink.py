"""A sink that writes to a file or socket, and checksums what goes through it.

A file that grows by gigabytes is written out on the way, 4 MB at a time: the system begins with one part while the next
one is made, and is waited for before the one after. So the disk is busy all the time, and no write to it that everybody
waits for stands at the end.

    written out | being written out | in the system's memory | in the buffer
    0         synced              begun                    drained          position
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.crc64 import crc64_update
from cython.cimports.kvik.engine.sink import sink_drain, sink_free, sink_init
from cython.cimports.libc.errno import EINTR, EIO, ENOMEM, errno
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memset
from cython.cimports.posix.unistd import write


def file_sink_init(f, heap, fd, crc, sync):
    """A sink to the open descriptor; `crc`: tables for a checksum, or NULL. False when memory is short."""
    memset(f, 0, cython.sizeof(FileSink))
    f.fd = fd
    f.crc = crc
    f.sync = sync
    if not sink_init(address(f.sink), heap, FILE_BUFFER, write_to_file, f):
        f.error = ENOMEM
        return False
    return True


def file_sink_free(f):
    """The descriptor stays open."""
    sink_free(address(f.sink))


def file_sink_flush(f):
    """Hand on what is in the buffer. False when that or anything before failed; `error` says why."""
    if not sink_drain(address(f.sink)) and f.error == 0:
        f.error = ENOMEM
    return not f.sink.failed


def write_to_file(sink):
    """The drain."""
    f: FileSinkPtr = cast(FileSinkPtr, sink.context)
    p: cython.p_char = sink.data
    left: cython.size_t = sink.used
    n: cython.Py_ssize_t
    if f.crc != NULL:
        f.checksum = crc64_update(f.crc, f.checksum, p, left)
    while left > 0:
        n = write(f.fd, p, left)
        if n < 0 and errno == EINTR:
            continue
        if n <= 0:
            f.error = errno if n < 0 else EIO
            return False
        p += n
        left -= n
    return not f.sync or write_out(f)


def write_out(f):
    """Let the system write out what has gathered, if that is enough. False when the disk failed."""
    written: int64_t = f.sink.drained + f.sink.used
    if written - f.begun < SYNC_EVERY:
        return True
    if sync_range(f.fd, f.begun, written - f.begun, False) != 0 \
            or (f.begun > f.synced and sync_range(f.fd, f.synced, f.begun - f.synced, True) != 0):
        f.error = errno
        return False
    f.synced = f.begun
    f.begun = written
    return True
