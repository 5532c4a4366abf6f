"""Tracking for tests. See tracking_probe.py."""

from kvik.engine.hashing cimport HashKey
from kvik.keyspace.tracking cimport Tracking
from kvik.wire.client cimport ClientPtr
from tests.engine.heap_probe cimport HeapProbe

cdef class TrackingProbe:
    cdef HeapProbe owner
    cdef HashKey key
    cdef Tracking tracking
    cdef ClientPtr clients[16]
