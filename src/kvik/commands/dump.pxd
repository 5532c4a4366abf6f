"""DUMP and RESTORE. See dump.py.

    | type | value ...  | footer, see keyspace/payload.pxd |
      1 B    see rdb_save
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.sink cimport Sink
from kvik.engine.source cimport Source
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport Effects, EffectsPtr
from kvik.keyspace.rdb_load cimport RdbLoader

cdef struct RestoreOptions:
    bint replace
    bint absolute
    int64_t idle                # seconds, -1: not given
    int64_t frequency           # likewise

ctypedef RestoreOptions *RestoreOptionsPtr

cdef void dump_command(Call *call) noexcept nogil
cdef void restore_command(Call *call) noexcept nogil
cdef bint read_restore_options(Call *call, RestoreOptions *options) noexcept nogil
cdef bint read_restore_ttl(Call *call, bint absolute, int64_t *when) noexcept nogil
cdef Entry *payload_value(Call *call, const Slice *payload, int64_t expiry) noexcept nogil
cdef void effect_restore(Call *call, int64_t when) noexcept nogil
