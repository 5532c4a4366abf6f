"""Replies of commands as Lua values. See to_lua.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.scripting.lua cimport State

cdef const char *push_reply(State *L, const char *p) noexcept nogil
cdef const char *push_bulk(State *L, const char *p) noexcept nogil
cdef const char *push_array(State *L, const char *p) noexcept nogil
cdef const char *push_pairs(State *L, const char *p) noexcept nogil
cdef const char *push_set(State *L, const char *p) noexcept nogil
cdef const char *push_verbatim(State *L, const char *p) noexcept nogil
cdef const char *push_double(State *L, const char *p) noexcept nogil
cdef const char *read_number(const char *p, int64_t *n) noexcept nogil
cdef const char *line_end(const char *p) noexcept nogil
cdef void wrap(State *L, const char *name) noexcept nogil
