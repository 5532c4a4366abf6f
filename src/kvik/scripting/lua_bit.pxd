"""The library `bit` of scripts. See lua_bit.py."""

from libc.stdint cimport int32_t, int64_t, uint32_t

from kvik.scripting.lua cimport State

cdef int open_bit(State *L) noexcept nogil
cdef uint32_t bits_of(State *L, int argument) noexcept nogil
cdef int push_bits(State *L, uint32_t bits) noexcept nogil
cdef uint32_t rotated(uint32_t bits, uint32_t n) noexcept nogil
cdef int bit_tobit(State *L) noexcept nogil
cdef int bit_bnot(State *L) noexcept nogil
cdef int bit_band(State *L) noexcept nogil
cdef int bit_bor(State *L) noexcept nogil
cdef int bit_bxor(State *L) noexcept nogil
cdef int bit_lshift(State *L) noexcept nogil
cdef int bit_rshift(State *L) noexcept nogil
cdef int bit_arshift(State *L) noexcept nogil
cdef int bit_rol(State *L) noexcept nogil
cdef int bit_ror(State *L) noexcept nogil
cdef int bit_bswap(State *L) noexcept nogil
cdef int bit_tohex(State *L) noexcept nogil
