"""Commands that are run from within another one. See inner_call.py."""

from kvik.commands.dispatch cimport Dispatcher
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call, Command, CommandPtr
from kvik.wire.client cimport Client

cdef enum:                      # what became of a call
    CALL_LACKS_MEMORY = 0       # it has not run, and nothing is answered
    CALL_REFUSED = 1            # it has not run: the server's state forbids it, as is answered
    CALL_RUN = 2

cdef enum:                      # why a command may not be run from within another one
    MAY_RUN = 0
    NOT_KNOWN = 1
    NOT_SO_MANY = 2             # arguments
    NOT_FROM_WITHIN = 3
    NOT_WRITING = 4
    NOT_WITHOUT_MEMORY = 5

cdef int why_not(const Command *command, int argc, bint no_writes, bint no_growth) noexcept nogil
cdef Command *find_called(Dispatcher *d, const Slice *argv, int argc) noexcept nogil
cdef int run_called(Dispatcher *d, Client *client, Command *command, Slice *argv, int argc, bint logs) noexcept nogil
