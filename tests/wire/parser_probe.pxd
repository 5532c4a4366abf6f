"""The RESP parser for tests. See parser_probe.py."""

from kvik.wire.parser cimport Arguments, ParseLimits, ParseState
from tests.engine.heap_probe cimport HeapProbe

cdef class ParserProbe:
    cdef HeapProbe owner
    cdef ParseState state
    cdef ParseLimits limits
    cdef Arguments arguments
    cdef char *scratch
    cdef size_t scratch_bytes
    cdef char *buffer
    cdef size_t length
