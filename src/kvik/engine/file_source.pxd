"""A source that reads a file through a window, and checksums what goes through it. See file_source.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.crc64 cimport Crc64
from kvik.engine.heap cimport Heap
from kvik.engine.source cimport Source, SourcePtr

cdef enum:
    FILE_WINDOW = 262144        # bytes that are read together

cdef struct FileSource

ctypedef bint (*FileProgress)(FileSource *f) noexcept nogil

cdef struct FileSource:
    Source source
    Heap *heap
    int fd
    char *window
    size_t capacity
    uint64_t left               # bytes of the file that have not been read
    const Crc64 *crc            # NULL: no checksum
    uint64_t checksum           # of what stood before `summed`
    const char *summed          # in the window
    int error                   # errno, if reading the file failed
    FileProgress progress       # called every `interval` bytes; False: stop here. NULL: nobody wants to know
    void *owner                 # of `progress`
    uint64_t interval
    uint64_t reported           # where `progress` was last called

ctypedef FileSource *FileSourcePtr

cdef bint file_source_init(
    FileSource *f, Heap *heap, int fd, uint64_t offset, uint64_t size, const Crc64 *crc) noexcept nogil
cdef void file_source_free(FileSource *f) noexcept nogil
cdef uint64_t file_source_checksum(FileSource *f) noexcept nogil
cdef bint read_on(Source *source, size_t n) noexcept nogil
cdef bint window_room(FileSource *f, size_t n) noexcept nogil
