from libc.stddef cimport size_t

from kvik.scripting.lua cimport State

cdef class LuaProbe:
    cdef State *L

cdef void *allocate(void *owner, void *p, size_t old, size_t n) noexcept nogil
