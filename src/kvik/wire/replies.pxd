"""Replies as Python objects. See replies.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

cdef enum:
    NESTING_MAX = 512

cdef class Decoder:
    cdef readonly bint decodes          # strings become str
    cdef str encoding
    cdef str errors
    cdef const char *utf8_errors        # NULL: another encoding
    cdef bytes errors_name
    cdef object parse_error             # from the text of an error to an exception
    cdef const char *at                 # where it reads

    cdef object read(self, bint decodes, int depth)
    cdef object text(self, const char *p, size_t n, bint decodes)
    cdef list items(self, int64_t count, bint decodes, int depth)

cdef size_t reply_length(const char *p, size_t n) noexcept nogil
cdef const char *line_end(const char *p, const char *end) noexcept nogil
cdef int64_t number(const char *p, const char *end) noexcept nogil
