"""Making files last on another thread. See file_sync.py."""

from libc.stdint cimport uint64_t

from kvik.engine.threads cimport pthread_cond_t, pthread_mutex_t, pthread_t

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

cdef struct SyncJob:
    SyncJob *next
    int fd
    bint last                   # close the file afterwards

ctypedef SyncJob *SyncJobPtr

cdef struct FileSync:
    pthread_t thread
    pthread_mutex_t mutex
    pthread_cond_t changed      # there is a job, or one was done
    bint started
    bint stopping
    SyncJob *first              # under the mutex
    SyncJob *latest
    uint64_t pending            # jobs that are not done (atomic)
    uint64_t error              # errno of the last one (atomic)

ctypedef FileSync *FileSyncPtr

cdef void file_sync_init(FileSync *s) noexcept nogil
cdef void file_sync_stop(FileSync *s) noexcept nogil
cdef bint file_sync_begin(FileSync *s, int fd, bint last) noexcept nogil
cdef void file_sync_wait(FileSync *s) noexcept nogil
cdef bint file_sync_busy(FileSync *s) noexcept nogil
cdef int file_sync_error(FileSync *s) noexcept nogil
cdef void *file_sync_run(void *context) noexcept nogil
