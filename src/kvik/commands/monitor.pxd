"""MONITOR. See monitor.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.commands.observe cimport Observers
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.parser cimport CharPtr

cdef extern from "arpa/inet.h" nogil:
    const char *inet_ntop(int family, const void *address, char *text, unsigned int size) noexcept

cdef enum:
    HEAD_MAX = 256              # time, database and address of a line

cdef void monitor_command(Call *call) noexcept nogil
cdef void monitor_leave(Observers *o, Client *c) noexcept nogil
cdef void monitor_feed(Observers *o, Call *call) noexcept nogil
cdef size_t put_head(char *to, Call *call) noexcept nogil
cdef size_t put_source(char *to, size_t room, Client *c) noexcept nogil
cdef size_t put_words(char *to, Call *call, uint64_t secrets) noexcept nogil
cdef size_t put_quoted(char *to, const char *p, size_t n) noexcept nogil
cdef int escape(char *to, unsigned char c) noexcept nogil
