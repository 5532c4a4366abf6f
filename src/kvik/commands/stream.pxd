"""Stream commands. See stream.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.commands.stream_arguments cimport AddOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.stream cimport BlockLimits, Stream, StreamCursor, StreamPtr, Trim
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport Effects, EffectsPtr

cdef void xadd_command(Call *call) noexcept nogil
cdef void xlen_command(Call *call) noexcept nogil
cdef void xrange_command(Call *call) noexcept nogil
cdef void xrevrange_command(Call *call) noexcept nogil
cdef void xdel_command(Call *call) noexcept nogil
cdef void xtrim_command(Call *call) noexcept nogil
cdef void xsetid_command(Call *call) noexcept nogil

cdef bint choose_id(Call *call, const Stream *s, AddOptions *options) noexcept nogil
cdef bint add_entry(Call *call, Stream *s, AddOptions *options) noexcept nogil
cdef void add_to_new(Call *call, AddOptions *options) noexcept nogil
cdef bint fields_fit(Call *call, int i) noexcept nogil
cdef void set_last_id(Call *call, Stream *s, StreamID id, int64_t added, StreamID deleted) noexcept nogil
cdef void range_command(Call *call, bint backwards) noexcept nogil
cdef void effect_add(Call *call, const Stream *s, const AddOptions *options) noexcept nogil
cdef void effect_trim(Effects *f, const Stream *s, const Trim *trim) noexcept nogil
