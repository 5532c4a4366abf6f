"""An interpreter: a Lua state and what the server knows of the script that runs in it. See interpreter.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.commands.dispatch cimport Dispatcher
from kvik.engine.text cimport Slice
from kvik.scripting.lua cimport LuaDebug, State
from kvik.wire.client cimport Client

cdef enum:
    HOOK_COUNT = 10000          # instructions between two looks at the time
    SERVE_US = 1000             # and between two looks at other clients, once a script is busy
    SCRIPT_MEMORY_MAX = 536870912   # what one interpreter may hold

cdef enum:                      # Interpreter.flags: what the running script may do or may not
    SCRIPT_NO_WRITES = 1
    SCRIPT_ALLOW_OOM = 2
    SCRIPT_ALLOW_STALE = 4
    SCRIPT_NO_CLUSTER = 8
    SCRIPT_ALLOW_CROSS_SLOT = 16
    SCRIPT_FORBIDS_WRITES = 32  # EVAL_RO and its like

cdef enum:                      # Interpreter.replicates: redis.set_repl
    REPLICATE_LOG = 1
    REPLICATE_REPLICAS = 2

cdef struct Interpreter:
    State *L
    Dispatcher *dispatcher
    Client *client              # nobody's: runs the commands that scripts call
    size_t bytes                # that Lua holds
    size_t live                 # of them when it was last made to collect garbage while this script runs
    bint refused                # it wanted more than it may have
    bint collecting             # what a script that did has left
    bint is_eval                # for EVAL; else for functions
    int globals                 # references in Lua's registry: the table behind the globals
    int globals_loading         # for functions: what there is while a library is loaded
    int environment             # the table that scripts see as theirs
    int environment_metatable
    int error_handler
    uint64_t random             # state of math.random

    # The script that runs
    Client *caller              # NULL: none does
    const char *name            # of the function, for FUNCTION STATS
    size_t name_bytes
    const Slice *command        # what was asked, likewise
    int command_words
    uint32_t flags
    int replicates
    bint wrote
    bint short_of_memory        # when it began, there was more data than maxmemory
    bint killed
    int64_t begun_us
    int64_t loading_until_us    # a library is being loaded, and has to be through by then; 0: none is
    int64_t served_us

ctypedef Interpreter *InterpreterPtr
ctypedef void **VoidPtrPtr

cdef Interpreter *interpreter_new(Dispatcher *d, bint is_eval) noexcept nogil
cdef void interpreter_free(Interpreter *s) noexcept nogil
cdef Interpreter *interpreter_of(State *L) noexcept nogil
cdef void *allocate(void *owner, void *p, size_t old, size_t n) noexcept nogil
cdef void hook(State *L, LuaDebug *at) noexcept nogil
cdef int collect(State *L) noexcept nogil
cdef void collect_before_full(State *L, Interpreter *s) noexcept nogil
cdef void watch_time(State *L) noexcept nogil
cdef int raise_killed(State *L) noexcept nogil
cdef int panic(State *L) noexcept nogil
cdef void script_begin(Interpreter *s, Client *caller, uint32_t flags) noexcept nogil
cdef void script_end(Interpreter *s) noexcept nogil
