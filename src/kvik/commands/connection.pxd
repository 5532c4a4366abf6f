"""Connection commands that are worth compiling. See connection.py."""

from kvik.keyspace.call cimport Call

cdef void ping_command(Call *call) noexcept nogil
cdef void pong_message(Call *call) noexcept nogil
cdef void echo_command(Call *call) noexcept nogil
cdef void quit_command(Call *call) noexcept nogil
cdef void reset_command(Call *call) noexcept nogil
cdef void time_command(Call *call) noexcept nogil
