"""Libraries of functions: loading them, and FCALL.

The code of a library runs once, when it is loaded, with globals that offer nothing but to register functions and to log.
What it registers gathers in a table (`pending`) until all of it is known to be good; then the functions get their names.
The globals that functions see later are the usual ones: both are behind the same veil, which shows one or the other.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.text import lower
from cython.cimports.kvik.scripting.errors import raw_text_field
from cython.cimports.kvik.scripting.eval import answer, may_run_flags, push_words, read_key_count, run_protected
from cython.cimports.kvik.scripting.interpreter import SCRIPT_FORBIDS_WRITES, interpreter_of, script_begin, script_end
from cython.cimports.kvik.scripting.lua import (
    LUA_REGISTRYINDEX,
    LUA_TFUNCTION,
    LUA_TNIL,
    LUA_TSTRING,
    LUA_TTABLE,
    lua,
    lua_pop,
)
from cython.cimports.kvik.scripting.scripts import flag_bit, functions_ready, scripts_of
from cython.cimports.kvik.wire.reply import reply_error
from cython.cimports.libc.stdio import snprintf
from cython.cimports.libc.string import strcmp

# --- registering -----------------------------------------------------------------------------------------------------


def server_register_function(L):
    """server.register_function(name, callback), or one table with function_name, callback, flags, description."""
    argc: cython.int = lua.gettop(L)
    if argc < 1 or argc > 2:
        lua.pushstring(L, "wrong number of arguments to server.register_function")
    elif argc == 2:
        return register_by_position(L)
    elif lua.type(L, 1) != LUA_TTABLE:
        lua.pushstring(L, "calling server.register_function with a single argument is only applicable to Lua table "
                       "(representing named arguments).")
    else:
        return register_by_name(L)
    return lua.error(L)


def register_by_position(L):
    if lua.tolstring(L, 1, NULL) == NULL:
        lua.pushstring(L, "first argument to server.register_function must be a string")
        return lua.error(L)
    if lua.type(L, 2) != LUA_TFUNCTION:
        lua.pushstring(L, "second argument to server.register_function must be a function")
        return lua.error(L)
    return add_pending(L, 1, 2, 0, 0)


def register_by_name(L):
    """The four values go to fixed places of the stack, whatever order the table gives them in."""
    key: cython.p_const_char
    flags: cython.uint = 0
    lua.settop(L, 4)                    # 1 the table, 2 name, 3 callback, 4 description
    lua.pushnil(L)
    while lua.next(L, 1):
        if lua.type(L, -2) != LUA_TSTRING:
            key = ""
        else:
            key = lua.tolstring(L, -2, NULL)
        if strcmp(key, "function_name") == 0:
            if lua.tolstring(L, -1, NULL) == NULL:
                lua.pushstring(L, "function_name argument given to server.register_function must be a string")
                return lua.error(L)
            lua.replace(L, 2)
        elif strcmp(key, "callback") == 0:
            if lua.type(L, -1) != LUA_TFUNCTION:
                lua.pushstring(L, "callback argument given to server.register_function must be a function")
                return lua.error(L)
            lua.replace(L, 3)
        elif strcmp(key, "description") == 0:
            if lua.tolstring(L, -1, NULL) == NULL:
                lua.pushstring(L, "description argument given to server.register_function must be a string")
                return lua.error(L)
            lua.replace(L, 4)
        elif strcmp(key, "flags") == 0:
            if lua.type(L, -1) != LUA_TTABLE:
                lua.pushstring(
                    L, "flags argument to server.register_function must be a table representing function flags")
                return lua.error(L)
            read_flags(L, lua.gettop(L), address(flags))
            lua_pop(L, 1)
        else:
            lua.pushstring(L, "unknown argument given to server.register_function")
            return lua.error(L)
    if lua.type(L, 2) == LUA_TNIL:
        lua.pushstring(L, "server.register_function must get a function name argument")
        return lua.error(L)
    if lua.type(L, 3) == LUA_TNIL:
        lua.pushstring(L, "server.register_function must get a callback argument")
        return lua.error(L)
    return add_pending(L, 2, 3, 4, flags)


def read_flags(L, table, flags):
    """The names of flags in a list."""
    i: cython.int = 1
    n: cython.size_t
    name: cython.p_const_char
    bit: cython.uint
    while True:
        lua.rawgeti(L, table, i)
        if lua.type(L, -1) == LUA_TNIL:
            lua_pop(L, 1)
            return 0
        n = 0
        name = lua.tolstring(L, -1, address(n))
        bit = flag_bit(name, n) if name != NULL else 0
        if bit == 0:
            lua.pushstring(L, "unknown flag given")
            return lua.error(L)
        flags[0] |= bit
        lua_pop(L, 1)
        i += 1


def add_pending(L, name, callback, description, flags):
    """Put a function into the table of those that wait: {name, callback, flags, description}."""
    x: ScriptsPtr = cast(ScriptsPtr, interpreter_of(L).dispatcher.scripts)
    lua.rawgeti(L, LUA_REGISTRYINDEX, x.pending)
    lua.createtable(L, 4, 0)
    lua.pushvalue(L, name)
    lua.rawseti(L, -2, 1)
    lua.pushvalue(L, callback)
    lua.rawseti(L, -2, 2)
    lua.pushnumber(L, flags)
    lua.rawseti(L, -2, 3)
    if description != 0:
        lua.pushvalue(L, description)
        lua.rawseti(L, -2, 4)
    lua.rawseti(L, -2, cast(cython.int, lua.objlen(L, -2)) + 1)
    return 0


# --- loading ---------------------------------------------------------------------------------------------------------


def library_run(job):
    """Run the code of a library; what it registers is pending afterwards. False: `error` says why it failed."""
    s = job.scripts.functions
    job.error[0] = 0
    s.begun_us = monotonic_us()
    s.loading_until_us = s.begun_us + LOAD_MS * 1000
    if lua.cpcall(s.L, run_library, job) != 0:
        snprintf(job.error, sizeof(job.error), "ERR not enough memory")
    s.loading_until_us = 0
    show_globals(s.L, s, s.globals)
    script_end(s)
    return job.error[0] == 0


def run_library(L):
    job: LoadingPtr = cast(LoadingPtr, lua.touserdata(L, 1))
    s = job.scripts.functions
    lua.createtable(L, 0, 0)
    lua.unref(L, LUA_REGISTRYINDEX, job.scripts.pending)
    job.scripts.pending = lua.ref(L, LUA_REGISTRYINDEX)
    lua.rawgeti(L, LUA_REGISTRYINDEX, s.error_handler)
    if job.code.n > 0 and job.code.p[0] == 27:
        lua.pushstring(L, "user_function:1: unexpected symbol near 'char(27)'")
        put_load_error(L, job, "ERR Error compiling function: ")
        return 0
    if lua.loadbuffer(L, job.code.p, job.code.n, "@user_function"):
        put_load_error(L, job, "ERR Error compiling function: ")
        return 0
    show_globals(L, s, s.globals_loading)
    if lua.pcall(L, 0, 0, 2):
        if lua.type(L, -1) == LUA_TTABLE and not raw_text_field(L, lua.gettop(L), "err"):
            lua.pushstring(L, "ERR unknown error")
        put_load_error(L, job, "ERR Error registering functions: ")
    return 0


def show_globals(L, s, globals):
    """Let the veil of the globals show this table. (No memory is needed: the field is there.)"""
    lua.rawgeti(L, LUA_REGISTRYINDEX, s.environment_metatable)
    lua.pushstring(L, "__index")
    lua.rawgeti(L, LUA_REGISTRYINDEX, globals)
    lua.rawset(L, -3)
    lua_pop(L, 1)


def put_load_error(L, job, prefix):
    """The text on top, behind the prefix, is why the library is not loaded."""
    text: cython.p_const_char = lua.tolstring(L, -1, NULL)
    if text == NULL:
        text = "unknown error"
    snprintf(job.error, sizeof(job.error), "%s%s", prefix, text)


# --- calling ---------------------------------------------------------------------------------------------------------


def fcall_command(call):
    call_function(call, False)


def fcall_ro_command(call):
    call_function(call, True)


def call_function(call, read_only):
    e: Evaluation
    e.call = call
    e.scripts = scripts_of(call)
    e.by_digest = False
    e.read_only = read_only
    e.keys = 0
    if e.scripts.functions == NULL or e.scripts.function_count == 0:
        reply_error(call.client, "ERR Function not found")
    elif functions_ready(e.scripts, call.client):
        e.interpreter = e.scripts.functions
        run_protected(address(e), run_function)


def run_function(L):
    e: EvaluationPtr = cast(EvaluationPtr, lua.touserdata(L, 1))
    call = e.call
    s = e.interpreter
    f: FunctionPtr = find_function(L, e.scripts, call.argv[1].p, call.argv[1].n)
    if f == NULL:
        reply_error(call.client, "ERR Function not found")
        return 0
    if not read_key_count(call, address(e.keys), "ERR Bad number of keys provided") or not may_run_flags(e, f.flags):
        return 0
    lua.settop(L, 0)
    lua.rawgeti(L, LUA_REGISTRYINDEX, s.error_handler)
    lua.rawgeti(L, LUA_REGISTRYINDEX, f.callback)
    push_words(L, call.argv + 3, e.keys)
    push_words(L, call.argv + 3 + e.keys, call.argc - 3 - e.keys)
    script_begin(s, call.client, f.flags | (SCRIPT_FORBIDS_WRITES if e.read_only else 0))
    s.name = call.argv[1].p
    s.name_bytes = call.argv[1].n
    s.command = call.argv
    s.command_words = call.argc
    answer(L, e, lua.pcall(L, 2, 1, 1))
    return 0


def push_folded(L, p, n):
    """Push a name of a function in lower case. (There are none longer than NAME_MAX; what is stays as it is.)"""
    folded: cython.char[NAME_MAX]
    i: cython.size_t
    if n > NAME_MAX:
        lua.pushlstring(L, p, n)
        return
    for i in range(n):
        folded[i] = lower(p[i])
    lua.pushlstring(L, folded, n)


def find_function(L, x, name, n):
    f: FunctionPtr
    lua.rawgeti(L, LUA_REGISTRYINDEX, x.named)
    push_folded(L, name, n)
    lua.rawget(L, -2)
    f = cast(FunctionPtr, lua.touserdata(L, -1))
    lua_pop(L, 2)
    return f
