"""The append-only file, as Python sees it. See aof_worker.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher
from kvik.commands.replay cimport Replay, Replayed, ReplayedPtr, ReplayPtr
from kvik.keyspace.effects cimport EffectsPtr
from kvik.persist.aof_reader cimport AofCommandPtr, AofReader, AofReaderPtr
from kvik.persist.append_file cimport AppendFile, AppendFilePtr
from kvik.persist.rdb_worker cimport Meanwhile, MeanwhilePtr

cdef enum:
    LOOKAHEAD = 16              # commands whose buckets are on their way while one runs,
    FETCHED = 8                 # and whose entries are

cdef class AofWorker:
    cdef AppendFile file
    cdef Dispatcher *dispatcher
    cdef Meanwhile *meanwhile
    cdef AofReader reader
    cdef Replay replay
    cdef bint reading
    cdef bint attached
    cdef readonly object size   # of the file that is being loaded

    cdef void attach(self, Dispatcher *dispatcher, Meanwhile *meanwhile)
    cdef void detach(self)
    cdef object describe_command(self)

cdef class AofChecker:
    cdef AofReader reader

cdef object outcome_of(AofReader *r, object commands)
cdef int run_file(AofReader *r, Replay *replay, Meanwhile *meanwhile, int64_t interval) noexcept nogil
cdef int run_batch(AofReader *r, Replay *replay) noexcept nogil
