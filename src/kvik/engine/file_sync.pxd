"""Making files last on another thread. See file_sync.py."""

from libc.stdint cimport uint64_t

from kvik.engine.background cimport Background, Task, TaskPtr

cdef extern from *:
    """
    #include <errno.h>
    #include <unistd.h>
    static inline int kv_sync_data(int fd) {
        int result;
        do {
    #if defined(__linux__)
            result = fdatasync(fd);
    #else
            result = fsync(fd);
    #endif
        } while (result != 0 && errno == EINTR);
        return result == 0 ? 0 : errno;
    }
    """
    int sync_data "kv_sync_data"(int fd) noexcept nogil     # 0, or errno

cdef struct SyncTask:
    Task task
    int fd
    bint last                   # close the file afterwards

ctypedef SyncTask *SyncTaskPtr

cdef struct FileSync:
    Background background
    uint64_t error              # errno of the last task (atomic)

ctypedef FileSync *FileSyncPtr

cdef void file_sync_init(FileSync *s) noexcept nogil
cdef void file_sync_stop(FileSync *s) noexcept nogil
cdef bint file_sync_begin(FileSync *s, int fd, bint last) noexcept nogil
cdef void file_sync_wait(FileSync *s) noexcept nogil
cdef bint file_sync_busy(FileSync *s) noexcept nogil
cdef int file_sync_error(FileSync *s) noexcept nogil
cdef void file_sync_run(void *owner, Task *task) noexcept nogil
