"""Streams as RDB files and DUMP payloads hold them: reading. See rdb_load_stream.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Listpack
from kvik.engine.rdb_format cimport Scratch
from kvik.engine.source cimport Source
from kvik.engine.stream cimport Stream, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice

cdef struct StreamLoader:
    Heap *heap
    Source *source
    Scratch *scratch
    int kind                    # RDB_STREAM, _2, _3

ctypedef StreamLoader *StreamLoaderPtr

cdef Stream *load_stream(Heap *heap, Source *source, Scratch *scratch, int kind) noexcept nogil
cdef bint load_blocks(StreamLoader *r, Stream *s) noexcept nogil
cdef bint load_counts(StreamLoader *r, Stream *s) noexcept nogil
cdef bint load_group(StreamLoader *r, Stream *s) noexcept nogil
cdef bint load_pending(StreamLoader *r, Group *group) noexcept nogil
cdef bint owners_known(StreamLoader *r, const Group *group) noexcept nogil
cdef bint load_consumer(StreamLoader *r, Group *group) noexcept nogil
cdef bint take_id(StreamLoader *r, StreamID *id) noexcept nogil
cdef bint get_id(StreamLoader *r, StreamID *id) noexcept nogil
