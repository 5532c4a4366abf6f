"""The scripts of a server: its interpreters, and the cache of EVAL's scripts. See scripts.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher, DispatcherPtr
from kvik.engine.sha1 cimport SHA1_HEX
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.scripting.interpreter cimport Interpreter
from kvik.scripting.lua cimport State
from kvik.wire.client cimport Client

cdef enum:
    EVICTABLE_MAX = 500         # scripts that EVAL brought along; more than that, and the oldest goes

cdef struct Script:             # a block of Lua's, in the table `cached`
    int function                # references in Lua's registry
    int body
    size_t body_bytes
    uint32_t flags
    bint has_flags              # it began with #!: its flags hold; else it may do all that old scripts may
    bint evictable
    Script *newer
    Script *older
    char digest[SHA1_HEX]

ctypedef Script *ScriptPtr

cdef struct Scripts:
    Dispatcher *dispatcher
    Interpreter *eval           # NULL: not needed yet
    Interpreter *functions
    Interpreter *running        # whose script runs, NULL: none does
    int64_t busy_us             # busy-reply-threshold
    int cached                  # reference in Lua's registry: digest to Script
    Script *newest              # of those that may go
    Script *oldest
    int evictable
    uint64_t count
    uint64_t evicted
    size_t body_bytes           # of all bodies
    # Functions
    int named                   # reference in Lua's registry: name to Function
    int pending                 # likewise: what the library that is being loaded has registered
    int64_t library_count
    int64_t function_count

ctypedef Scripts *ScriptsPtr

cdef struct Function:           # a block of Lua's, in the table `named`
    int callback
    uint32_t flags

ctypedef Function *FunctionPtr

cdef Scripts *scripts_of(const Call *call) noexcept nogil
cdef void scripts_free(Scripts *x) noexcept nogil
cdef bint eval_ready(Scripts *x, Client *c) noexcept nogil
cdef bint functions_ready(Scripts *x, Client *c) noexcept nogil
cdef const char *open_lua() noexcept with gil
cdef void scripts_flush(Scripts *x) noexcept nogil
cdef void functions_flush(Scripts *x) noexcept nogil
cdef int prepare_eval(State *L) noexcept nogil
cdef int prepare_functions(State *L) noexcept nogil
cdef Script *find_script(State *L, Scripts *x, const char *digest) noexcept nogil
cdef Script *keep_script(State *L, Scripts *x, const char *digest, const Slice *body, bint evictable, const char **error) noexcept nogil
cdef bint read_header(State *L, Slice *code, uint32_t *flags, bint *has_flags) noexcept nogil
cdef bint read_option(State *L, const Slice *word, uint32_t *flags) noexcept nogil
cdef uint32_t flag_bit(const char *p, size_t n) noexcept nogil
cdef bint next_word(Slice *rest, Slice *word, char separator) noexcept nogil
cdef void list_newest(Scripts *x, Script *script) noexcept nogil
cdef void unlist(Scripts *x, Script *script) noexcept nogil
cdef void forget_script(State *L, Scripts *x, Script *script) noexcept nogil
