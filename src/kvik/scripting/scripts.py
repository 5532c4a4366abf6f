"""The scripts of a server: its two interpreters, made when they are first needed, and the cache of EVAL's scripts.

    registry[cached]   SHA-1 of the body ─▶ Script ─▶ compiled function, body

A script that came with EVAL can be forgotten again when there are EVICTABLE_MAX of them, the one that was longest not
called first; one that came with SCRIPT LOAD stays until SCRIPT FLUSH. Flushing throws the interpreter away.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.sha1 import SHA1_HEX
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.scripting.interpreter import (
    SCRIPT_ALLOW_CROSS_SLOT,
    SCRIPT_ALLOW_OOM,
    SCRIPT_ALLOW_STALE,
    SCRIPT_NO_CLUSTER,
    SCRIPT_NO_WRITES,
    interpreter_free,
    interpreter_new,
)
from cython.cimports.kvik.scripting.lua import (
    LUA_REGISTRYINDEX,
    load_lua,
    lua,
    lua_pop,
)
from cython.cimports.kvik.wire.reply import reply_error
from cython.cimports.libc.string import memchr, memcmp, memcpy, memset

from kvik.scripting.lua import LuaError


def scripts_of(call):
    return cast(ScriptsPtr, cast(DispatcherPtr, call.server).scripts)


def scripts_free(x):
    scripts_flush(x)
    functions_flush(x)


def open_lua():
    """Load Lua. NULL, or why that is not possible."""
    try:
        load_lua()
    except LuaError:
        return "ERR this server has no Lua: see its log, or pip install lupa"
    return NULL


def eval_ready(x, c):
    """Make the interpreter of EVAL if there is none. False: it cannot be; the error is answered to c (if not NULL)."""
    error: cython.p_const_char = NULL
    if x.eval != NULL:
        return True
    error = open_lua()
    if error == NULL:
        x.eval = interpreter_new(x.dispatcher, True)
        if x.eval == NULL or lua.cpcall(x.eval.L, prepare_eval, x) != 0:
            error = "ERR not enough memory for scripts"
    if error != NULL:
        scripts_flush(x)
        if c != NULL:
            reply_error(c, error)
        return False
    return True


def functions_ready(x, c):
    """Likewise for functions."""
    error: cython.p_const_char = NULL
    if x.functions != NULL:
        return True
    error = open_lua()
    if error == NULL:
        x.functions = interpreter_new(x.dispatcher, False)
        if x.functions == NULL or lua.cpcall(x.functions.L, prepare_functions, x) != 0:
            error = "ERR not enough memory for functions"
    if error != NULL:
        functions_flush(x)
        if c != NULL:
            reply_error(c, error)
        return False
    return True


def prepare_eval(L):
    x: ScriptsPtr = cast(ScriptsPtr, lua.touserdata(L, 1))
    lua.createtable(L, 0, 0)
    x.cached = lua.ref(L, LUA_REGISTRYINDEX)
    return 0


def prepare_functions(L):
    x: ScriptsPtr = cast(ScriptsPtr, lua.touserdata(L, 1))
    lua.createtable(L, 0, 0)
    x.named = lua.ref(L, LUA_REGISTRYINDEX)
    lua.createtable(L, 0, 0)
    x.pending = lua.ref(L, LUA_REGISTRYINDEX)
    return 0


def scripts_flush(x):
    """Forget every script of EVAL, and all that their interpreter holds."""
    if x.eval != NULL:
        interpreter_free(x.eval)
    x.eval = NULL
    x.newest = NULL
    x.oldest = NULL
    x.evictable = 0
    x.count = 0
    x.body_bytes = 0


def functions_flush(x):
    if x.functions != NULL:
        interpreter_free(x.functions)
    x.functions = NULL
    x.library_count = 0
    x.function_count = 0


# --- the cache -------------------------------------------------------------------------------------------------------


def find_script(L, x, digest):
    """The script with this digest (lower case), or NULL. It is the newest afterwards."""
    script: ScriptPtr
    lua.rawgeti(L, LUA_REGISTRYINDEX, x.cached)
    lua.pushlstring(L, digest, SHA1_HEX)
    lua.rawget(L, -2)
    script = cast(ScriptPtr, lua.touserdata(L, -1))
    lua_pop(L, 2)
    if script != NULL and script.evictable and x.newest != script:
        unlist(x, script)
        list_newest(x, script)
    return script


def keep_script(L, x, digest, body, evictable, error):
    """Compile a script and keep it. NULL: it is none; the message is on top, and `error` says what stands before it."""
    code: Slice = body[0]
    flags: cython.uint = 0
    has_flags: cython.bint = False
    script: ScriptPtr
    error[0] = "ERR "
    if not read_header(L, address(code), address(flags), address(has_flags)):
        return NULL
    error[0] = "ERR Error compiling script (new function): "
    if code.n > 0 and code.p[0] == 27:
        lua.pushstring(L, "user_script:1: unexpected symbol near 'char(27)'")
        return NULL
    if lua.loadbuffer(L, code.p, code.n, "@user_script"):
        return NULL
    lua.rawgeti(L, LUA_REGISTRYINDEX, x.cached)
    lua.pushlstring(L, digest, SHA1_HEX)
    script = cast(ScriptPtr, lua.newuserdata(L, sizeof(Script)))
    memset(script, 0, sizeof(Script))
    memcpy(script.digest, digest, SHA1_HEX)
    lua.pushlstring(L, body.p, body.n)
    script.body = lua.ref(L, LUA_REGISTRYINDEX)
    script.body_bytes = body.n
    script.flags = flags
    script.has_flags = has_flags
    script.evictable = evictable
    lua.pushvalue(L, -4)
    script.function = lua.ref(L, LUA_REGISTRYINDEX)
    lua.rawset(L, -3)
    lua_pop(L, 2)
    x.count += 1
    x.body_bytes += body.n
    if evictable:
        list_newest(x, script)
        if x.evictable > EVICTABLE_MAX:
            x.evicted += 1
            forget_script(L, x, x.oldest)
    return script


def forget_script(L, x, script):
    unlist(x, script)
    x.count -= 1
    x.body_bytes -= script.body_bytes
    lua.unref(L, LUA_REGISTRYINDEX, script.function)
    lua.unref(L, LUA_REGISTRYINDEX, script.body)
    lua.rawgeti(L, LUA_REGISTRYINDEX, x.cached)
    lua.pushlstring(L, script.digest, SHA1_HEX)
    lua.pushnil(L)
    lua.rawset(L, -3)
    lua_pop(L, 1)


def list_newest(x, script):
    script.newer = NULL
    script.older = x.newest
    if x.newest != NULL:
        x.newest.newer = script
    else:
        x.oldest = script
    x.newest = script
    x.evictable += 1


def unlist(x, script):
    if script.newer != NULL:
        script.newer.older = script.older
    else:
        x.newest = script.older
    if script.older != NULL:
        script.older.newer = script.newer
    else:
        x.oldest = script.newer
    x.evictable -= 1


# --- the first line of a script --------------------------------------------------------------------------------------


def read_header(L, code, flags, has_flags):
    """`#!lua flags=...`: take that line (not its end, so that lines count on) off the code. False: it is wrong; the
    message is pushed."""
    end: cython.p_char
    rest: Slice
    word: Slice
    if code.n < 2 or code.p[0] != 35 or code.p[1] != 33:
        return True
    end = cast(cython.p_char, memchr(code.p, 10, code.n))
    if end == NULL:
        lua.pushstring(L, "Invalid script shebang")
        return False
    rest.p = code.p + 2
    rest.n = end - rest.p
    code.n -= end - code.p
    code.p = end
    has_flags[0] = True
    word.n = 0
    next_word(address(rest), address(word), 32)
    if not is_word(address(word), "lua"):
        lua.pushstring(L, "Could not find scripting engine '")
        lua.pushlstring(L, word.p, word.n)
        lua.pushstring(L, "'")
        lua.concat(L, 3)
        return False
    while next_word(address(rest), address(word), 32):
        if not read_option(L, address(word), flags):
            return False
    return True


def read_option(L, word, flags):
    """flags=one,two,..."""
    rest: Slice
    name: Slice
    bit: cython.uint
    if word.n < 6 or memcmp(word.p, "flags=", 6) != 0:
        lua.pushstring(L, "Unknown lua shebang option: ")
        lua.pushlstring(L, word.p, word.n)
        lua.concat(L, 2)
        return False
    rest.p = word.p + 6
    rest.n = word.n - 6
    while next_word(address(rest), address(name), 44):
        bit = flag_bit(name.p, name.n)
        if bit == 0:
            lua.pushstring(L, "Unexpected flag in script shebang: ")
            lua.pushlstring(L, name.p, name.n)
            lua.concat(L, 2)
            return False
        flags[0] |= bit
    return True


def flag_bit(p, n):
    """The flag of this name, 0 if there is none."""
    word: Slice
    word.p = cast(cython.p_char, p)
    word.n = n
    if is_word(address(word), "no-writes"):
        return SCRIPT_NO_WRITES
    if is_word(address(word), "allow-oom"):
        return SCRIPT_ALLOW_OOM
    if is_word(address(word), "allow-stale"):
        return SCRIPT_ALLOW_STALE
    if is_word(address(word), "no-cluster"):
        return SCRIPT_NO_CLUSTER
    if is_word(address(word), "allow-cross-slot-keys"):
        return SCRIPT_ALLOW_CROSS_SLOT
    return 0


def next_word(rest, word, separator):
    """Take the next word that is not empty off the rest. False: there is none."""
    n: cython.size_t = 0
    while rest.n > 0 and rest.p[0] == separator:
        rest.p += 1
        rest.n -= 1
    while n < rest.n and rest.p[n] != separator:
        n += 1
    word.p = rest.p
    word.n = n
    rest.p += n
    rest.n -= n
    return n > 0
