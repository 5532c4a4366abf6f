"""Streams for tests. See stream_probe.py."""

from kvik.engine.id_map cimport IdMap
from kvik.engine.stream cimport BlockLimits, Stream, StreamCursor
from kvik.engine.stream_group cimport Consumer, Group
from kvik.engine.text cimport Slice, SlicePtr
from tests.engine.heap_probe cimport HeapProbe

cdef class StreamProbe:
    cdef HeapProbe owner
    cdef Stream *stream
    cdef BlockLimits limits

    cdef Group *group(self, bytes name) except NULL
    cdef Consumer *consumer(self, bytes group, bytes name) except NULL

cdef Slice slice_of(bytes text)
cdef object entry_of(const StreamCursor *c)
cdef dict pending_of(const IdMap *map)
