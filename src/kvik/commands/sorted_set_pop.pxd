"""Taking members from the ends of sorted sets. See sorted_set_pop.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.pops cimport PopOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.wire.client cimport Client

cdef void zpopmin_command(Call *call) noexcept nogil
cdef void zpopmax_command(Call *call) noexcept nogil
cdef void zmpop_command(Call *call) noexcept nogil
cdef void bzpopmin_command(Call *call) noexcept nogil
cdef void bzpopmax_command(Call *call) noexcept nogil
cdef void bzmpop_command(Call *call) noexcept nogil

cdef void pop_command(Call *call, bint highest) noexcept nogil
cdef bint pop_from_any(Call *call, const PopOptions *options) noexcept nogil
cdef uint64_t at_most(const Entry *e, uint64_t count) noexcept nogil
cdef void pop_members(Call *call, int i, uint64_t h, Entry *e, bint highest, uint64_t count, int form) noexcept nogil
cdef void block_and_pop(Call *call, bint highest) noexcept nogil
cdef void effect_pop(Call *call, int i, bint highest, uint64_t count) noexcept nogil
