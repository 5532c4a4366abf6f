"""Libraries of functions: loading them, and calling what they registered. See library.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from kvik.commands.dispatch cimport DispatcherPtr
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.scripting.eval cimport Evaluation, EvaluationPtr
from kvik.scripting.interpreter cimport Interpreter
from kvik.scripting.lua cimport State
from kvik.scripting.scripts cimport FunctionPtr, Scripts, ScriptsPtr

cdef enum:
    NAME_MAX = 256              # of a function
    LOAD_MS = 500               # a library that takes longer to load is stopped

cdef struct Loading:            # a library on its way in
    Scripts *scripts
    const Slice *code           # without its first line
    char error[512]             # what went wrong, empty: nothing

ctypedef Loading *LoadingPtr

cdef int server_register_function(State *L) noexcept nogil
cdef int register_by_position(State *L) noexcept nogil
cdef int register_by_name(State *L) noexcept nogil
cdef int read_flags(State *L, int table, uint32_t *flags) noexcept nogil
cdef int add_pending(State *L, int name, int callback, int description, uint32_t flags) noexcept nogil
cdef bint library_run(Loading *job) noexcept nogil
cdef int run_library(State *L) noexcept nogil
cdef void show_globals(State *L, Interpreter *s, int globals) noexcept nogil
cdef void put_load_error(State *L, Loading *job, const char *prefix) noexcept nogil
cdef void fcall_command(Call *call) noexcept nogil
cdef void fcall_ro_command(Call *call) noexcept nogil
cdef void call_function(Call *call, bint read_only) noexcept nogil
cdef int run_function(State *L) noexcept nogil
cdef void push_folded(State *L, const char *p, size_t n) noexcept nogil
cdef FunctionPtr find_function(State *L, Scripts *x, const char *name, size_t n) noexcept nogil
