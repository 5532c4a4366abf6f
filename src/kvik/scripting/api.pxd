"""The table `redis` (and `server`), and math.random. See api.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.text cimport Slice, SlicePtr
from kvik.scripting.interpreter cimport Interpreter, InterpreterPtr
from kvik.scripting.lua cimport CFunction, State

cdef extern from *:
    """
    #include <stdint.h>
    #define KV_RANDOM_START 0x1234ABCD330EULL
    #define KV_RANDOM_FACTOR 0x5DEECE66DULL
    #define KV_RANDOM_MASK 0xFFFFFFFFFFFFULL
    """
    const uint64_t RANDOM_START "KV_RANDOM_START"
    const uint64_t RANDOM_FACTOR "KV_RANDOM_FACTOR"
    const uint64_t RANDOM_MASK "KV_RANDOM_MASK"

cdef enum:
    LOG_LEVEL_MAX = 3

cdef void open_server(State *L, Interpreter *s) noexcept nogil
cdef void put_constants(State *L) noexcept nogil
cdef void put_number(State *L, const char *name, int value) noexcept nogil
cdef void put_text(State *L, const char *name, const char *text) noexcept nogil
cdef void put_replication(State *L) noexcept nogil
cdef int raise_error(State *L, const char *text) noexcept nogil
cdef int server_log(State *L) noexcept nogil
cdef int server_sha1hex(State *L) noexcept nogil
cdef int server_error_reply(State *L) noexcept nogil
cdef int server_status_reply(State *L) noexcept nogil
cdef int wrong_reply(State *L) noexcept nogil
cdef int server_setresp(State *L) noexcept nogil
cdef int server_set_repl(State *L) noexcept nogil
cdef int server_replicate_commands(State *L) noexcept nogil
cdef int server_breakpoint(State *L) noexcept nogil
cdef int server_debug(State *L) noexcept nogil
cdef int server_acl_check_cmd(State *L) noexcept nogil
cdef void open_math_random(State *L) noexcept nogil
cdef double next_random(Interpreter *s) noexcept nogil
cdef int math_random(State *L) noexcept nogil
cdef int math_randomseed(State *L) noexcept nogil
