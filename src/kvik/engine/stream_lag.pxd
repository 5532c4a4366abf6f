"""How far consumer groups have come in their stream. See stream_lag.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.stream cimport Stream
from kvik.engine.stream_group cimport READ_UNKNOWN, Group
from kvik.engine.stream_id cimport StreamID

cdef bint has_gaps(const Stream *s, StreamID id) noexcept nogil
cdef int64_t entries_until(const Stream *s, StreamID id) noexcept nogil
cdef void group_advance(const Stream *s, Group *group, StreamID id) noexcept nogil
cdef bint group_lag(const Stream *s, const Group *group, int64_t *lag) noexcept nogil
