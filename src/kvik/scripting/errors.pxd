"""Errors of scripts. See errors.py."""

from libc.stddef cimport size_t

from kvik.scripting.interpreter cimport Interpreter
from kvik.scripting.lua cimport State
from kvik.wire.client cimport Client

cdef void open_error_handler(State *L, Interpreter *s) noexcept nogil
cdef int error_handler(State *L) noexcept nogil
cdef void push_error(State *L, const char *text, size_t n) noexcept nogil
cdef bint raw_text_field(State *L, int index, const char *name) noexcept nogil
cdef void reply_script_error(State *L, Client *c) noexcept nogil
