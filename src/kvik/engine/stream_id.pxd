"""IDs of stream entries: 128 bits, a time in milliseconds and a number within it. See stream_id.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef extern from "stdlib.h" nogil:
    unsigned long long strtoull(const char *p, char **end, int base) noexcept

cdef enum:
    STREAM_ID_MAX = 48          # room for an ID as text
    STREAM_ID_TEXT = 127        # a longer text is no ID

cdef enum:                      # what stream_id_parse takes beside <ms> and <ms>-<seq>
    ID_STRICT = 0
    ID_EDGES = 1                # - and +: the smallest and the largest ID
    ID_AUTO_SEQ = 2             # <ms>-*

cdef struct StreamID:
    uint64_t ms
    uint64_t seq

ctypedef StreamID *StreamIDPtr

cdef inline StreamID stream_id(uint64_t ms, uint64_t seq) noexcept nogil:
    cdef StreamID id
    id.ms = ms
    id.seq = seq
    return id

cdef inline StreamID stream_id_last() noexcept nogil:
    """The largest ID there can be."""
    return stream_id(~<uint64_t>0, ~<uint64_t>0)

cdef inline bint id_equal(StreamID a, StreamID b) noexcept nogil:
    return a.ms == b.ms and a.seq == b.seq

cdef inline bint id_less(StreamID a, StreamID b) noexcept nogil:
    """Does a come before b?"""
    return a.ms < b.ms or (a.ms == b.ms and a.seq < b.seq)

cdef inline bint id_is_zero(StreamID id) noexcept nogil:
    return id.ms == 0 and id.seq == 0

cdef bint stream_id_parse(const char *p, size_t n, int allowed, uint64_t missing, StreamID *id, bint *auto) noexcept nogil
cdef bint number_parse(const char *p, uint64_t *value) noexcept nogil
cdef int stream_id_format(char *out, StreamID id) noexcept nogil
cdef StreamID stream_id_next(StreamID id) noexcept nogil
cdef StreamID stream_id_previous(StreamID id) noexcept nogil
