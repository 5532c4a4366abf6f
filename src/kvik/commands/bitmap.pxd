"""Strings as arrays of bits. See bitmap.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr, Slot
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.lookup cimport Prefetched
from kvik.wire.parser cimport CharPtr

cdef enum:
    HASH_SIGN = 35              # #

cdef struct BitRange:           # what BITCOUNT and BITPOS look at, as it was asked for
    int64_t start
    int64_t end
    bint by_bit                 # BIT; else BYTE
    bint has_end

cdef void setbit_command(Call *call) noexcept nogil
cdef void getbit_command(Call *call) noexcept nogil
cdef void bitcount_command(Call *call) noexcept nogil
cdef void bitpos_command(Call *call) noexcept nogil
cdef void bitop_command(Call *call) noexcept nogil

cdef bint read_bit_offset(Call *call, int i, int width, uint64_t *offset) noexcept nogil
cdef bint grow_bits(Call *call, uint64_t h, uint64_t last, char **p, size_t *n, bint *grown) noexcept nogil
cdef bint read_range(Call *call, int i, BitRange *span) noexcept nogil
cdef void clip_range(const BitRange *span, size_t n, uint64_t *first, uint64_t *end) noexcept nogil
cdef int read_operation(Call *call) noexcept nogil
cdef bint read_sources(Call *call, Slice *sources, char *scratch, size_t *longest) noexcept nogil
cdef void store_combined(Call *call, int operation, const Slice *sources, int count, size_t n) noexcept nogil
