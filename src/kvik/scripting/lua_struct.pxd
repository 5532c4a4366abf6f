"""The library `struct` of scripts. See lua_struct.py."""

from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport INT32_MAX, int64_t, uint64_t

from kvik.scripting.buffer cimport Buffer
from kvik.scripting.lua cimport State

cdef enum:
    INTEGER_BYTES_MAX = 32      # of the options i and I
    NATURAL_ALIGNMENT = 8

cdef struct Format:             # a format, as it is being read
    const char *at              # the next option
    bint little                 # endian
    size_t alignment            # at most

cdef int open_struct(State *L) noexcept nogil
cdef void format_begin(Format *f, const char *text) noexcept nogil
cdef int next_option(Format *f) noexcept nogil
cdef int format_number(State *L, Format *f, int otherwise) noexcept nogil
cdef size_t option_size(State *L, Format *f, int option) noexcept nogil
cdef size_t padding(const Format *f, int option, size_t at, size_t size) noexcept nogil
cdef void take_control(State *L, Format *f, int option) noexcept nogil
cdef uint64_t truncated(double number) noexcept nogil
cdef void put_integer(Buffer *b, uint64_t value, size_t size, bint little) noexcept nogil
cdef void put_float(State *L, Buffer *b, const Format *f, int argument, size_t size) noexcept nogil
cdef void put_characters(State *L, Buffer *b, int argument, int option, size_t size) noexcept nogil
cdef int struct_pack(State *L) noexcept nogil
cdef void push_integer(State *L, const char *p, size_t size, bint little, bint is_signed) noexcept nogil
cdef void push_float(State *L, const char *p, size_t size, bint little) noexcept nogil
cdef size_t push_characters(State *L, const char *p, size_t room, size_t size, int results) noexcept nogil
cdef size_t push_text(State *L, const char *p, size_t room) noexcept nogil
cdef int struct_unpack(State *L) noexcept nogil
cdef int struct_size(State *L) noexcept nogil
