"""What DUMP and FUNCTION DUMP write: RDB's bytes, and behind them a footer.

    bytes as in an RDB file ...   version (2 B LE)   CRC64 of all before (8 B LE)
"""

from libc.stdint cimport uint64_t

from kvik.engine.sink cimport Sink, SinkPtr
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Keyspace

cdef enum:
    PAYLOAD_FOOTER = 10

cdef bint payload_end(Keyspace *ks, Sink *sink, int version) noexcept nogil
cdef bint payload_is_sound(Keyspace *ks, const Slice *payload) noexcept nogil
