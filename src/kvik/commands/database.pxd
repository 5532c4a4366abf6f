"""Commands on whole databases. See database.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport DispatcherPtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.database cimport DatabasePtr

cdef void select_command(Call *call) noexcept nogil
cdef void swapdb_command(Call *call) noexcept nogil
cdef void dbsize_command(Call *call) noexcept nogil
cdef void flushdb_command(Call *call) noexcept nogil
cdef void flushall_command(Call *call) noexcept nogil
cdef bint read_flush_mode(Call *call, bint *lazy) noexcept nogil
cdef void flush(Call *call, int first, int end, bint lazy) noexcept nogil
