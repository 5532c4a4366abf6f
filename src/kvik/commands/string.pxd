"""String commands. See string.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.arguments cimport SetOptions
from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr, Slot
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.lookup cimport Prefetched
from kvik.wire.parser cimport CharPtr

cdef void get_command(Call *call) noexcept nogil
cdef void set_command(Call *call) noexcept nogil
cdef void setnx_command(Call *call) noexcept nogil
cdef void setex_command(Call *call) noexcept nogil
cdef void psetex_command(Call *call) noexcept nogil
cdef void getset_command(Call *call) noexcept nogil
cdef void getdel_command(Call *call) noexcept nogil
cdef void getex_command(Call *call) noexcept nogil
cdef void delifeq_command(Call *call) noexcept nogil
cdef void mget_command(Call *call) noexcept nogil
cdef void mset_command(Call *call) noexcept nogil
cdef void msetnx_command(Call *call) noexcept nogil
cdef void msetex_command(Call *call) noexcept nogil
cdef void append_command(Call *call) noexcept nogil
cdef void strlen_command(Call *call) noexcept nogil
cdef void getrange_command(Call *call) noexcept nogil
cdef void substr_command(Call *call) noexcept nogil
cdef void setrange_command(Call *call) noexcept nogil
cdef void incr_command(Call *call) noexcept nogil
cdef void decr_command(Call *call) noexcept nogil
cdef void incrby_command(Call *call) noexcept nogil
cdef void decrby_command(Call *call) noexcept nogil
cdef void incrbyfloat_command(Call *call) noexcept nogil

cdef bint read_string(Call *call, int i, uint64_t h, Entry **e) noexcept nogil
cdef bint write_string(Call *call, int i, uint64_t h, Slot *slot) noexcept nogil
cdef void set_generic(Call *call, int value, SetOptions *options) noexcept nogil
cdef void set_expiring(Call *call, bint seconds) noexcept nogil
cdef bint store_pairs(Call *call, int first, int end, SetOptions *options) noexcept nogil
cdef bint equals(const Entry *e, const Slice *expected) noexcept nogil
cdef bint any_exists(Call *call, int first, int end) noexcept nogil
cdef bint all_exist(Call *call, int first, int end) noexcept nogil
cdef void add_integer(Call *call, int64_t step) noexcept nogil
cdef bint too_long(Call *call, size_t n) noexcept nogil
cdef void apply_expiry(Call *call, int i, uint64_t h, Slot slot, int64_t when) noexcept nogil
cdef bint odd_pairs(Call *call) noexcept nogil
cdef void effect_set(Call *call, int value, const SetOptions *options) noexcept nogil
cdef void effect_pairs(Call *call, int first, int end, int64_t expiry) noexcept nogil
