"""The clock for tests. See clock_probe.py."""

from kvik.engine.clock cimport Clock

cdef class ClockProbe:
    cdef Clock clock
