"""A sink that writes to a file or socket and checksums what goes through it. See file_sink.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.crc64 cimport Crc64
from kvik.engine.heap cimport Heap
from kvik.engine.sink cimport Sink, SinkPtr

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <fcntl.h>
    #include <unistd.h>
    /* Let the system write out [from, from + n) of the file. `wait`: until it is there. */
    static inline int kv_sync_range(int fd, int64_t from, int64_t n, int wait) {
    #if defined(__linux__) && defined(SYNC_FILE_RANGE_WRITE)
        unsigned int flags = SYNC_FILE_RANGE_WRITE;
        if (wait) flags |= SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
        return sync_file_range(fd, from, n, flags);
    #else
        (void)from; (void)n;
        return wait ? fsync(fd) : 0;
    #endif
    }
    """
    int sync_range "kv_sync_range"(int fd, int64_t offset, int64_t n, int wait) noexcept nogil

cdef enum:
    FILE_BUFFER = 262144        # bytes that are written together: they are still in the cache when they are summed
    SYNC_EVERY = 4194304        # bytes after which the system is made to write them out

cdef struct FileSink:
    Sink sink
    int fd
    const Crc64 *crc            # NULL: no checksum
    uint64_t checksum           # of what has been handed on
    bint sync                   # have the system write out SYNC_EVERY bytes at a time
    int64_t begun               # bytes that it was told to write out,
    int64_t synced              # and those of them that it has
    int error                   # errno of the first failure

ctypedef FileSink *FileSinkPtr

cdef bint file_sink_init(FileSink *f, Heap *heap, int fd, const Crc64 *crc, bint sync) noexcept nogil
cdef void file_sink_free(FileSink *f) noexcept nogil
cdef bint file_sink_flush(FileSink *f) noexcept nogil
cdef bint write_to_file(Sink *sink) noexcept nogil
cdef bint write_out(FileSink *f) noexcept nogil
