"""The file that effects are appended to. See append_file.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.clock cimport Clock
from kvik.engine.file_sync cimport FileSync
from kvik.keyspace.effects cimport Effects

cdef extern from *:
    """
    #include <unistd.h>
    """
    int cut_file "ftruncate"(int fd, int64_t length) noexcept nogil

cdef enum:                      # AppendFile.policy: appendfsync
    FSYNC_NO = 0                # when the system thinks fit
    FSYNC_EVERYSEC = 1          # once a second, on another thread
    FSYNC_ALWAYS = 2            # before any reply leaves

cdef enum:                      # what failed, for AppendFile.failed
    APPEND_WRITE = 1
    APPEND_SHORT = 2            # a part was written
    APPEND_SYNC = 3
    APPEND_LOST = 4             # there was no memory for a part of the log
    APPEND_GOOD = 0             # what failed before works again

cdef enum:
    SYNC_MS = 1000
    POSTPONE_MS = 2000          # as long a write waits for an fsync that is under way

cdef struct AppendFile:
    Effects *effects
    Clock *clock
    FileSync sync
    int fd                      # -1: none is open
    int policy
    bint no_sync                # no-appendfsync-on-rewrite, while there is a child
    uint64_t size               # of the file: all of it whole commands
    uint64_t total              # and of those before it, that belong to it
    bint unsynced               # something was written since the last fsync began
    int64_t synced_ms           # when that was, on the monotonic clock
    int64_t postponed_ms        # since when writing waits for an fsync; 0: it does not
    uint64_t delayed            # times that it waited too long
    int error                   # errno of the write or fsync that failed last; 0: all is well
    bint ended                  # it failed for good: nothing more may be acknowledged
    void *owner
    void (*failed)(void *owner, int what, int error) noexcept nogil
    void (*took)(void *owner, const char *what, uint64_t begun) noexcept nogil     # a write or fsync, since `begun`

ctypedef AppendFile *AppendFilePtr

cdef void append_init(AppendFile *a, Effects *effects, Clock *clock) noexcept nogil
cdef void append_free(AppendFile *a) noexcept nogil
cdef void append_flush(AppendFile *a, bint at_once) noexcept nogil
cdef bint append_sync(AppendFile *a) noexcept nogil
cdef void append_begin_sync(AppendFile *a) noexcept nogil
cdef bint must_postpone(AppendFile *a) noexcept nogil
cdef bint write_effects(AppendFile *a, size_t n) noexcept nogil
cdef void write_failed(AppendFile *a, size_t written, int error) noexcept nogil
cdef void append_fails(AppendFile *a, int what, int error) noexcept nogil
cdef void append_works(AppendFile *a) noexcept nogil
cdef void after_write(AppendFile *a) noexcept nogil
