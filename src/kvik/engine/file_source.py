"""A source that reads a file through a window which moves over it, and checksums what has been taken.

    | taken before | taken, not yet summed | at hand, not taken |      left to read      |
                 window                  source.p           source.end

Only a string that is longer than the window makes it grow, and only if the file has that many bytes left: a length is
believed no further.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.crc64 import crc64_update
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.source import source_fail, source_init, source_position
from cython.cimports.libc.errno import EINTR, errno
from cython.cimports.libc.string import memcpy, memmove, memset
from cython.cimports.posix.unistd import read


def file_source_init(f, heap, fd, offset, size, crc):
    """What follows in the descriptor, which stands at `offset` of a file of `size` bytes. False: no memory.

    Positions count from the start of the file.
    """
    memset(f, 0, sizeof(FileSource))
    f.heap = heap
    f.fd = fd
    f.crc = crc
    f.left = size - offset
    f.window = cast(cython.p_char, heap_alloc(heap, FILE_WINDOW))
    if f.window == NULL:
        return False
    f.capacity = FILE_WINDOW
    source_init(address(f.source), f.window, 0)
    f.source.before = offset
    f.source.refill = read_on
    f.source.context = f
    f.summed = f.window
    f.reported = offset
    return True


def file_source_free(f):
    """The descriptor stays open, and may stand behind what has been taken."""
    if f.window != NULL:
        heap_free(f.heap, f.window, f.capacity)
    f.window = NULL


def file_source_checksum(f):
    """Of everything that has been taken."""
    if f.crc != NULL:
        f.checksum = crc64_update(f.crc, f.checksum, f.summed, cast(cython.size_t, f.source.p - f.summed))
        f.summed = f.source.p
    return f.checksum


def read_on(source, n):
    """The refill."""
    f: FileSourcePtr = cast(FileSourcePtr, source.context)
    have: cython.size_t = source.end - source.p
    room: cython.size_t
    got: cython.Py_ssize_t
    if n - have > f.left:
        return False
    if f.progress != NULL and source_position(source) - f.reported >= f.interval:
        f.reported = source_position(source)
        if not f.progress(f):
            return source_fail(source, "loading was stopped")
    file_source_checksum(f)
    source.before = source_position(source)
    if not window_room(f, n):
        return source_fail(source, "out of memory")
    while have < n:
        room = f.capacity - have
        got = read(f.fd, f.window + have, room if room < f.left else f.left)
        if got < 0 and errno == EINTR:
            continue
        if got <= 0:
            f.error = errno if got < 0 else 0
            f.left = 0
            return source_fail(source, "the file cannot be read" if got < 0 else "the file became shorter")
        have += got
        f.left -= got
        source.end = f.window + have
    return True


def window_room(f, n):
    """Move what is at hand to the start of a window of at least n bytes."""
    source: SourcePtr = address(f.source)
    have: cython.size_t = source.end - source.p
    wanted: cython.size_t = n if n > FILE_WINDOW else FILE_WINDOW
    fresh: cython.p_char
    if wanted <= f.capacity and f.capacity <= 4 * wanted:
        memmove(f.window, source.p, have)
    else:
        fresh = cast(cython.p_char, heap_alloc(f.heap, wanted))
        if fresh == NULL:
            return False
        memcpy(fresh, source.p, have)
        heap_free(f.heap, f.window, f.capacity)
        f.window = fresh
        f.capacity = wanted
    source.start = f.window
    source.p = f.window
    source.end = f.window + have
    f.summed = f.window
    return True
