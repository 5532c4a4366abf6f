"""What is known of the commands that have run. See insight.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher
from kvik.engine.histogram cimport HISTOGRAM_STEPS
from kvik.keyspace.call cimport Call, CommandPtr

cdef enum:
    ARGUMENTS_SHOWN = 32        # of a command in the log; when there are more, the last one says how many
    BYTES_SHOWN = 128           # of an argument

cdef extern from *:
    """
    #define KV_MICROSECONDS_MAX 1000000000000LL /* what is set to more is never reached */
    """
    const int64_t MICROSECONDS_MAX "KV_MICROSECONDS_MAX"

cdef class Insight:
    cdef Dispatcher *dispatcher

cdef uint64_t cycles_in(Dispatcher *d, object microseconds)
cdef list shown_arguments(Call *call, uint64_t secrets)
cdef bytes shown_argument(Call *call, int i)
