"""Is a block of a stream sound? See stream_check.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.listpack cimport Item
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice

cdef enum:
    ELEMENTS_MAX = 1073741824   # no listpack holds more

cdef struct BlockCheck:         # what a walk through a block finds
    StreamID master
    StreamID last               # the entry before
    int64_t live                # entries that are not deleted
    int64_t deleted

cdef bint block_is_valid(const Slice *s, StreamID master, StreamID *last, uint64_t *live) noexcept nogil
cdef bint entry_is_valid(char **at, int64_t master_fields, BlockCheck *check) noexcept nogil
cdef bint take_integer(char **at, int64_t *value) noexcept nogil
cdef bint skip_some(char **at, int64_t n) noexcept nogil
