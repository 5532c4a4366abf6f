"""The library `cmsgpack` of scripts. See cmsgpack.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.scripting.buffer cimport Buffer
from kvik.scripting.lua cimport CFunction, State

cdef enum:
    NESTING_MAX = 16            # tables deeper than this are packed as nil
    ARRAY_ROOM_MAX = 64         # elements, and
    MAP_ROOM_MAX = 16           # pairs that a table is made for at once, whatever the input promises

cdef enum:                      # bytes of the format
    MSGPACK_FIX_MAP = 0x80
    MSGPACK_FIX_ARRAY = 0x90
    MSGPACK_FIX_STRING = 0xA0
    MSGPACK_NIL = 0xC0
    MSGPACK_FALSE = 0xC2
    MSGPACK_TRUE = 0xC3
    MSGPACK_FLOAT = 0xCA
    MSGPACK_DOUBLE = 0xCB
    MSGPACK_UNSIGNED = 0xCC     # of 1 byte; the next ones: of 2, 4 and 8
    MSGPACK_SIGNED = 0xD0       # likewise
    MSGPACK_STRING = 0xD9       # with 1 byte that says how many follow; the next ones: with 2 and 4
    MSGPACK_ARRAY = 0xDC        # with 2 bytes; the next one: with 4
    MSGPACK_MAP = 0xDE          # likewise
    MSGPACK_FIX_NEGATIVE = 0xE0

cdef struct Packer:
    State *L
    Buffer out
    uint32_t steps

cdef struct Unpacker:
    State *L
    const char *p
    const char *end
    uint32_t steps

cdef int open_cmsgpack(State *L) noexcept nogil

cdef int cmsgpack_pack(State *L) noexcept nogil
cdef void pack_value(Packer *k, int depth) noexcept nogil
cdef void pack_big_endian(Packer *k, int first, uint64_t value, int n) noexcept nogil
cdef void pack_string(Packer *k) noexcept nogil
cdef void pack_number(Packer *k, double number) noexcept nogil
cdef void pack_integer(Packer *k, int64_t value) noexcept nogil
cdef void pack_count(Packer *k, size_t n, int fixed, int counted) noexcept nogil
cdef void pack_table(Packer *k, int depth) noexcept nogil
cdef bint is_array(Packer *k, size_t *n) noexcept nogil

cdef int cmsgpack_unpack(State *L) noexcept nogil
cdef int cmsgpack_unpack_one(State *L) noexcept nogil
cdef int cmsgpack_unpack_limit(State *L) noexcept nogil
cdef int unpack_values(State *L, int64_t limit, int64_t offset) noexcept nogil
cdef const char *take_bytes(Unpacker *u, size_t n) noexcept nogil
cdef uint64_t take_big_endian(Unpacker *u, int n) noexcept nogil
cdef int64_t take_signed(Unpacker *u, int n) noexcept nogil
cdef void unpack_value(Unpacker *u) noexcept nogil
cdef void unpack_number(Unpacker *u, int first) noexcept nogil
cdef void unpack_string(Unpacker *u, size_t n) noexcept nogil
cdef void unpack_array(Unpacker *u, size_t n) noexcept nogil
cdef void unpack_map(Unpacker *u, size_t n) noexcept nogil
