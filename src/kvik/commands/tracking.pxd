"""What clients read is remembered, for those who cache it. See tracking.py."""

from libc.stdint cimport uint32_t

from kvik.keyspace.call cimport Call, CommandPtr
from kvik.keyspace.tracking cimport Tracker, TrackerPtr
from kvik.wire.client cimport Client, ClientPtr

cdef void track_reads(Call *call) noexcept nogil
cdef bint remembers(const Client *c) noexcept nogil
cdef Client *reader_of(const Call *call) noexcept nogil
cdef void track_key(Call *call, int i) noexcept nogil
cdef void track_searched_keys(Call *call) noexcept with gil
