"""What scripts find in their interpreter, and what they do not. See sandbox.py."""

from libc.stdint cimport uint64_t

from kvik.scripting.interpreter cimport Interpreter, InterpreterPtr
from kvik.scripting.lua cimport CFunction, State

ctypedef const char *TextPtr

cdef int sandbox_open(State *L) noexcept nogil
cdef void open_standard(State *L, CFunction opener, const char *name) noexcept nogil
cdef void remove_fields(State *L, const char *const *names) noexcept nogil
cdef void put_function(State *L, const char *name, CFunction f) noexcept nogil
cdef void put_guarded(State *L, const char *name, CFunction guard) noexcept nogil
cdef void guard_base(State *L) noexcept nogil
cdef void guard_libraries(State *L) noexcept nogil
cdef void guard_strings(State *L) noexcept nogil
cdef void add_library(State *L, CFunction opener, const char *name) noexcept nogil
cdef void protect(State *L) noexcept nogil
cdef void complain_of_unknown(State *L) noexcept nogil
cdef void make_environment(State *L, Interpreter *s) noexcept nogil
cdef bint is_protected(State *L, int index) noexcept nogil
cdef bint unveil(State *L, int index) noexcept nogil
cdef int refuse_write(State *L) noexcept nogil
cdef int no_such_global(State *L) noexcept nogil
cdef int table_insert(State *L) noexcept nogil
cdef int table_foreach(State *L) noexcept nogil
cdef int base_rawset(State *L) noexcept nogil
cdef int base_rawget(State *L) noexcept nogil
cdef int base_setmetatable(State *L) noexcept nogil
cdef int base_getmetatable(State *L) noexcept nogil
cdef int refuse_silently(State *L) noexcept nogil
cdef int pass_on(State *L) noexcept nogil
cdef int base_pairs(State *L) noexcept nogil
cdef int base_next(State *L) noexcept nogil
cdef int base_pcall(State *L) noexcept nogil
cdef int own_handler(State *L) noexcept nogil
cdef int base_xpcall(State *L) noexcept nogil
cdef int base_loadstring(State *L) noexcept nogil
cdef int base_load(State *L) noexcept nogil
cdef int base_collectgarbage(State *L) noexcept nogil
cdef int stoppable(State *L) noexcept nogil
cdef int wrapped(State *L) noexcept nogil
cdef int coroutine_wrap(State *L) noexcept nogil
cdef int load_text(State *L, int text, const char *name) noexcept nogil
