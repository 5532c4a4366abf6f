"""The scripts of a server, as Python sees them. See scripting.py."""

from libc.stdint cimport int64_t

from kvik.commands.dispatch cimport Dispatcher
from kvik.engine.sha1 cimport SHA1_HEX
from kvik.engine.text cimport Slice
from kvik.scripting.lua cimport State
from kvik.scripting.scripts cimport FunctionPtr, ScriptPtr, Scripts

cdef enum:
    MESSAGE_MAX = 512

cdef struct Task:               # something to be done below lua_cpcall
    Scripts *scripts
    Slice text                  # a body, or the name of a function
    char digest[SHA1_HEX]
    char error[MESSAGE_MAX]     # what went wrong, empty: nothing

ctypedef Task *TaskPtr

cdef class Scripting:
    cdef Scripts scripts
    cdef object registry    # of the libraries; set by who makes it (scripting/functions.py)

    cdef void attach(self, Dispatcher *d)
    cdef void detach(self)
    cdef list pending(self)

cdef void run_task(Scripts *x, State *L, int (*f)(State *L) noexcept nogil, Task *task) noexcept nogil
cdef int load_script(State *L) noexcept nogil
cdef int look_for_script(State *L) noexcept nogil
cdef int name_functions(State *L) noexcept nogil
cdef int forget_function(State *L) noexcept nogil
cdef object text_at(State *L, int index)
cdef bint library_arrived(void *owner, const Slice *code) noexcept with gil
