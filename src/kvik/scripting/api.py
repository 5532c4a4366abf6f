"""The table `redis` (and `server`, its other name), as it is documented for scripts, and math.random.

Two functions are elsewhere: call and pcall in call.py, register_function in library.py. While the code of a library runs
for the first time it has `server_loading` instead, which only registers and logs. There is no debugger: `breakpoint` says
false, `debug` does nothing, as in a server whose debugger is not attached.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.sha1 import SHA1_HEX, sha1_hex
from cython.cimports.kvik.scripting.call import ARGUMENTS_INLINE, read_arguments, server_call, server_pcall
from cython.cimports.kvik.scripting.errors import push_error
from cython.cimports.kvik.scripting.inner_call import find_called
from cython.cimports.kvik.scripting.interpreter import REPLICATE_LOG, REPLICATE_REPLICAS, interpreter_of
from cython.cimports.kvik.scripting.library import server_register_function
from cython.cimports.kvik.scripting.lua import (
    LUA_GLOBALSINDEX,
    LUA_REGISTRYINDEX,
    LUA_TNUMBER,
    LUA_TSTRING,
    lua,
    raise_text,
)
from cython.cimports.kvik.scripting.sandbox import complain_of_unknown, protect, put_function
from cython.cimports.libc.math import floor
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memchr


def open_server(L, s):
    """Make `redis` and `server`; for functions also what there is while a library is loaded."""
    lua.createtable(L, 0, 32)
    put_constants(L)
    put_replication(L)
    put_function(L, "call", server_call)
    put_function(L, "pcall", server_pcall)
    put_function(L, "log", server_log)
    put_function(L, "sha1hex", server_sha1hex)
    put_function(L, "error_reply", server_error_reply)
    put_function(L, "status_reply", server_status_reply)
    put_function(L, "setresp", server_setresp)
    put_function(L, "set_repl", server_set_repl)
    put_function(L, "acl_check_cmd", server_acl_check_cmd)
    if s.is_eval:
        put_function(L, "replicate_commands", server_replicate_commands)
        put_function(L, "breakpoint", server_breakpoint)
        put_function(L, "debug", server_debug)
    protect(L)
    lua.pushvalue(L, -1)
    lua.setfield(L, LUA_GLOBALSINDEX, "redis")
    lua.setfield(L, LUA_GLOBALSINDEX, "server")
    if s.is_eval:
        return
    lua.createtable(L, 0, 2)
    complain_of_unknown(L)
    lua.createtable(L, 0, 16)
    complain_of_unknown(L)
    put_constants(L)
    put_function(L, "log", server_log)
    put_function(L, "register_function", server_register_function)
    protect(L)
    lua.pushvalue(L, -1)
    lua.setfield(L, -3, "redis")
    lua.setfield(L, -2, "server")
    s.globals_loading = lua.ref(L, LUA_REGISTRYINDEX)


def put_number(L, name, value):
    lua.pushnumber(L, value)
    lua.setfield(L, -2, name)


def put_text(L, name, text):
    lua.pushstring(L, text)
    lua.setfield(L, -2, name)


def put_constants(L):
    put_number(L, "LOG_DEBUG", 0)
    put_number(L, "LOG_VERBOSE", 1)
    put_number(L, "LOG_NOTICE", 2)
    put_number(L, "LOG_WARNING", 3)
    put_text(L, "SERVER_NAME", "kvik")
    put_text(L, "REDIS_VERSION", "7.4.0")
    put_number(L, "REDIS_VERSION_NUM", 0x070400)


def put_replication(L):
    put_number(L, "REPL_NONE", 0)
    put_number(L, "REPL_AOF", REPLICATE_LOG)
    put_number(L, "REPL_SLAVE", REPLICATE_REPLICAS)
    put_number(L, "REPL_REPLICA", REPLICATE_REPLICAS)
    put_number(L, "REPL_ALL", REPLICATE_LOG | REPLICATE_REPLICAS)


def raise_error(L, text):
    """Raise the error as the functions of this table do: without the place, which the reply shows anyway."""
    lua.pushstring(L, text)
    return lua.error(L)


def server_log(L):
    """server.log(level, text, ...): the texts, joined by spaces, as one line of the log."""
    s: InterpreterPtr = interpreter_of(L)
    argc: cython.int = lua.gettop(L)
    level: cython.int
    i: cython.int
    if argc < 2:
        return raise_error(L, "server.log() requires two arguments or more.")
    if lua.type(L, 1) != LUA_TNUMBER:
        return raise_error(L, "First argument must be a number (log level).")
    level = lua.tointeger(L, 1)
    if not 0 <= level <= LOG_LEVEL_MAX:
        return raise_error(L, "Invalid log level.")
    lua.pushstring(L, "")
    for i in range(2, argc + 1):
        if lua.tolstring(L, i, NULL) != NULL:
            if i > 2:
                lua.pushstring(L, " ")
                lua.concat(L, 2)
            lua.pushvalue(L, i)
            lua.concat(L, 2)
    s.dispatcher.loop.note(s.dispatcher, level, lua.tolstring(L, -1, NULL), NULL)
    return 0


def server_sha1hex(L):
    text: cython.p_const_char
    n: cython.size_t = 0
    digest: cython.char[SHA1_HEX]
    if lua.gettop(L) != 1:
        return raise_error(L, "wrong number of arguments")
    text = lua.tolstring(L, 1, address(n))
    if text == NULL:
        text = ""
    sha1_hex(text, n, digest)
    lua.pushlstring(L, digest, SHA1_HEX)
    return 1


def server_error_reply(L):
    """A table that is an error as reply. A single word is a text without its code."""
    n: cython.size_t = 0
    text: cython.p_const_char
    if lua.gettop(L) != 1 or lua.type(L, 1) != LUA_TSTRING:
        return wrong_reply(L)
    text = lua.tolstring(L, 1, address(n))
    if n > 0 and text[0] == 45:
        text += 1
        n -= 1
    lua.createtable(L, 0, 1)
    if memchr(text, 32, n) != NULL:
        lua.pushlstring(L, text, n)
    else:
        lua.pushstring(L, "ERR ")
        lua.pushlstring(L, text, n)
        lua.concat(L, 2)
    lua.setfield(L, -2, "err")
    return 1


def server_status_reply(L):
    if lua.gettop(L) != 1 or lua.type(L, 1) != LUA_TSTRING:
        return wrong_reply(L)
    lua.createtable(L, 0, 1)
    lua.pushvalue(L, 1)
    lua.setfield(L, -2, "ok")
    return 1


def wrong_reply(L):
    push_error(L, "ERR wrong number or type of arguments", 37)
    return 1


def server_setresp(L):
    """From here on, replies of commands come in the kinds of this protocol."""
    version: cython.int
    if lua.gettop(L) != 1:
        return raise_error(L, "server.setresp() requires one argument.")
    version = lua.tointeger(L, 1)
    if version not in (2, 3):
        return raise_error(L, "RESP version must be 2 or 3.")
    interpreter_of(L).client.resp = version
    return 0


def server_set_repl(L):
    """Where the effects of what follows are logged."""
    where: cython.int
    if lua.gettop(L) != 1:
        return raise_error(L, "server.set_repl() requires one argument.")
    where = lua.tointeger(L, 1)
    if where & ~(REPLICATE_LOG | REPLICATE_REPLICAS):
        return raise_error(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
    interpreter_of(L).replicates = where
    return 0


def server_replicate_commands(L):
    lua.pushboolean(L, True)
    return 1


def server_breakpoint(L):
    lua.pushboolean(L, False)
    return 1


def server_debug(L):
    return 0


def server_acl_check_cmd(L):
    """May this client call the command? There is one user, who may call all."""
    inline_room: Slice[ARGUMENTS_INLINE]
    argv: SlicePtr
    argc: cython.int = lua.gettop(L)
    error: cython.p_const_char = NULL
    if argc == 0:
        return raise_error(L, "Please specify at least one argument for this call")
    argv = read_arguments(L, inline_room, argc, address(error))
    if error != NULL:
        return raise_error(L, error + 4)
    if find_called(interpreter_of(L).dispatcher, argv, argc) == NULL:
        return raise_error(L, "Invalid command passed to server.acl_check_cmd()")
    lua.pushboolean(L, True)
    return 1


# --- math.random -----------------------------------------------------------------------------------------------------


def open_math_random(L):
    """Numbers that are the same on every server: 48 bits, as drand48 of the C library makes them."""
    put_function(L, "random", math_random)
    put_function(L, "randomseed", math_randomseed)


def next_random(s):
    """At least 0, less than 1."""
    s.random = (s.random * RANDOM_FACTOR + 11) & RANDOM_MASK
    return cython.cast(cython.double, (s.random >> 17) % 0x7FFFFFFF) / 0x7FFFFFFF


def math_random(L):
    r: cython.double = next_random(interpreter_of(L))
    low: int64_t = 1
    high: int64_t
    argc: cython.int = lua.gettop(L)
    if argc == 0:
        lua.pushnumber(L, r)
        return 1
    if argc > 2:
        return raise_text(L, "wrong number of arguments")
    if argc == 2:
        low = lua.checkinteger(L, 1)
    high = lua.checkinteger(L, argc)
    if low > high:
        return lua.argerror(L, argc, "interval is empty")
    lua.pushnumber(L, floor(r * (cython.cast(cython.double, high) - low + 1)) + low)
    return 1


def math_randomseed(L):
    seed: uint64_t = cython.cast(uint64_t, lua.checkinteger(L, 1))
    interpreter_of(L).random = ((seed << 16) & RANDOM_MASK) | 0x330E
    return 0
