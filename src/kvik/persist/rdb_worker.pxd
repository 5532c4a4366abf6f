"""Saving and loading RDB files, as Python sees it. See rdb_worker.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.child cimport Reporter
from kvik.engine.clock cimport Clock
from kvik.engine.file_source cimport FileSource
from kvik.engine.file_sink cimport FileSink
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap
from kvik.keyspace.database cimport Keyspace
from kvik.keyspace.rdb_file cimport RdbOptions
from kvik.keyspace.rdb_reader cimport RdbReader
from kvik.persist.fork cimport Fork

cdef extern from *:
    """
    #include <fcntl.h>
    #include <stdio.h>
    #include <sys/stat.h>
    #include <unistd.h>
    static inline int kv_create(const char *path) {
        return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    /* Make what was done to the names in a directory last. Some file systems cannot. */
    static inline int kv_sync_directory(const char *path) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int result;
        if (fd < 0) return -1;
        result = fsync(fd);
        if (result != 0 && (errno == EBADF || errno == EINVAL)) result = 0;
        close(fd);
        return result;
    }
    """
    int create_file "kv_create"(const char *path) noexcept nogil
    int sync_directory "kv_sync_directory"(const char *path) noexcept nogil
    int rename_file "rename"(const char *old, const char *new) noexcept nogil
    int remove_file "unlink"(const char *path) noexcept nogil
    int sync_file "fsync"(int fd) noexcept nogil

cdef enum:
    CHECKED_DATABASES = 4096    # more than servers have
    PATH_ROOM = 4200
    PATH_MAX = 4300             # with the process's id and the suffix

cdef enum:                      # SaveJob.stage: see STAGES in rdb_worker.py
    STAGE_OPEN = 1
    STAGE_WRITE = 2
    STAGE_SYNC = 3
    STAGE_RENAME = 4
    STAGE_DIRECTORY = 5

cdef struct SaveJob:
    Keyspace *ks
    RdbOptions options
    bint plain                  # commands instead of RDB
    bint checksum
    bint sync
    char directory[4200]
    char prefix[4200]           # the file is written as this, the process's id and
    char suffix[64]             # this, and
    char final[4200]            # renamed to this one; "": it is not
    int stage                   # what failed, 0: nothing,
    int error                   # and errno

ctypedef SaveJob *SaveJobPtr
ctypedef bint (*Serve)(void *owner) noexcept nogil
ctypedef void (*Loads)(void *owner, bint loading) noexcept nogil

cdef struct Meanwhile:          # what goes on while a file is loaded
    Serve serve                 # called now and then; False: stop
    Loads loads                 # called with True before and with False after
    void *owner

ctypedef Meanwhile *MeanwhilePtr

cdef class RdbWorker:
    cdef Keyspace *ks
    cdef SaveJob job
    cdef Meanwhile meanwhile
    cdef bytes version
    cdef FileSource file
    cdef RdbReader reader
    cdef bint checks            # rdbchecksum
    cdef bint any_version
    cdef bint only_keys
    cdef int64_t load_delay_us
    cdef bint reading
    cdef readonly object size   # of the file that is being loaded

    cdef object prepare(self, object directory, object prefix, object suffix, object final, bint aof_base, bint plain)
    cdef object error(self)
    cdef object loaded(self, object end)

cdef class RdbChecker:
    cdef Heap heap
    cdef Clock clock
    cdef HashKey key
    cdef Keyspace keyspace
    cdef readonly RdbWorker worker

cdef bint save_file(SaveJob *job, Reporter *reporter) noexcept nogil
cdef bint write_file(SaveJob *job, const char *path, Reporter *reporter) noexcept nogil
cdef bint job_fails(SaveJob *job, int stage, int error) noexcept nogil
cdef int child_saves(void *context, Reporter *reporter) noexcept nogil
cdef bint served(FileSource *f) noexcept nogil
