"""redis.call and redis.pcall. See call.py."""

from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Command, CommandPtr
from kvik.scripting.interpreter cimport Interpreter, InterpreterPtr
from kvik.scripting.lua cimport State

cdef enum:
    ARGUMENTS_INLINE = 16       # arguments of a call whose slices stand on the C stack

cdef int server_call(State *L) noexcept nogil
cdef int server_pcall(State *L) noexcept nogil
cdef int call_from_script(State *L, bint raises) noexcept nogil
cdef Slice *read_arguments(State *L, Slice *inline_room, int argc, const char **error) noexcept nogil
cdef bint number_to_text(State *L, int index) noexcept nogil
cdef const char *refusal(Interpreter *s, const Command *command, int argc) noexcept nogil
cdef int push_outcome(State *L, Interpreter *s) noexcept nogil
cdef int end_call(State *L, bint raises) noexcept nogil
cdef int refuse_call(State *L, Interpreter *s, const char *error, bint raises) noexcept nogil
cdef int refuse_subcommand(State *L, Interpreter *s, const Command *container, const Slice *name, bint raises) noexcept nogil
