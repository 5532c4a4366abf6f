"""Running the commands of an append-only file. See replay.py."""

from libc.stdint cimport uint64_t

from kvik.commands.dispatch cimport Dispatcher
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.wire.client cimport Client

cdef enum:                      # Replay.fault
    REPLAY_UNKNOWN = 1          # there is no such command
    REPLAY_ARITY = 2            # it takes another number of arguments
    REPLAY_MISPLACED = 3        # it changes no data, so it does not belong into such a file

cdef struct Replay:
    Dispatcher *dispatcher
    Client *client              # nobody's: replies to it go nowhere
    uint64_t commands           # that have run
    int fault                   # what is wrong with the last one
    uint64_t key_delay_us       # key-load-delay: to be slow, in tests

ctypedef Replay *ReplayPtr

cdef struct Replayed:           # a command on its way
    Command *command
    int key
    uint64_t hash

ctypedef Replayed *ReplayedPtr

cdef bint replay_init(Replay *r, Dispatcher *d) noexcept nogil
cdef void replay_free(Replay *r) noexcept nogil
cdef void replay_resolve(Replay *r, Replayed *to, const Slice *argv, int argc) noexcept nogil
cdef void replay_fetch(Replay *r, const Replayed *it) noexcept nogil
cdef bint replay_run(Replay *r, const Replayed *it, Slice *argv, int argc) noexcept nogil
cdef int replay_fault(const Command *command, int argc) noexcept nogil
