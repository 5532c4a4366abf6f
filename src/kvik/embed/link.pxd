"""A connection to the engine in this process. See link.py."""

from libc.stddef cimport size_t

from kvik.wire.replies cimport Decoder
from kvik.server.core cimport Core
from kvik.server.sharing cimport Sharing
from kvik.wire.detached cimport Buffer, Detached

cdef enum:
    SIGNAL_US = 100000          # who waits looks so often whether a signal has come
    HEAD_MAX = 32               # the sign, a number, a line end
    SHORT_TEXT = 1000           # characters of a str whose bytes may stay with it
    REQUEST_KEPT = 65536        # a larger buffer for requests is freed at once

cdef class Link:
    cdef Detached detached
    cdef void *held                     # the Core, counted: the garbage collector may not take it before the link
    cdef bint entered                   # `detached` has been initialised
    cdef Decoder decoder
    cdef object encode                  # redis-py's Encoder.encode
    cdef bint plain_utf8                # which is UTF-8, strict
    cdef Buffer request
    cdef double timeout                 # seconds, below 0: none

    cdef Sharing sharing(self)
    cdef int check(self) except -1
    cdef int run(self, const char *p, size_t n, bint fetch) except -1
    cdef int raise_pending(self) except -1
    cdef int pack(self, tuple args) except -1
    cdef int pack_bytes(self, const char *p, size_t n) except -1
    cdef int pack_head(self, char kind, size_t n) except -1
    cdef int pack_value(self, object value) except -1
    cdef int append(self, const char *p, size_t n) except -1
    cdef size_t ready(self)
    cdef bint wait(self, double timeout) except -1
    cdef str ending(self)
    cdef object take(self, size_t n, bint disable_decoding)
