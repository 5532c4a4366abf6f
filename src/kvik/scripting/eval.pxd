"""EVAL and its like. See eval.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.dispatch cimport DispatcherPtr
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.scripting.interpreter cimport Interpreter
from kvik.scripting.lua cimport State
from kvik.scripting.scripts cimport Script, Scripts

cdef struct Evaluation:         # what a request asks for, and how far it is
    Call *call
    Scripts *scripts
    Interpreter *interpreter
    int keys                    # how many arguments are keys
    bint by_digest
    bint read_only
    bint answering              # the reply has begun

ctypedef Evaluation *EvaluationPtr

cdef void eval_command(Call *call) noexcept nogil
cdef void evalsha_command(Call *call) noexcept nogil
cdef void eval_ro_command(Call *call) noexcept nogil
cdef void evalsha_ro_command(Call *call) noexcept nogil
cdef void evaluate(Call *call, bint by_digest, bint read_only) noexcept nogil
cdef bint read_key_count(Call *call, int *keys, const char *not_a_number) noexcept nogil
cdef int run_script(State *L) noexcept nogil
cdef Script *script_of_request(State *L, Evaluation *e) noexcept nogil
cdef bint may_run(Evaluation *e, const Script *script) noexcept nogil
cdef void set_words(State *L, Interpreter *s, const char *name, const Slice *argv, int argc) noexcept nogil
cdef void push_words(State *L, const Slice *argv, int argc) noexcept nogil
cdef void run_protected(Evaluation *e, int (*f)(State *L) noexcept nogil) noexcept nogil
cdef void answer(State *L, Evaluation *e, int failed) noexcept nogil
cdef bint may_run_flags(Evaluation *e, unsigned int flags) noexcept nogil
