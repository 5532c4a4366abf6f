"""What scripts find in their interpreter: Lua's libraries without what reaches out of it, the server's, four for data in
other formats, and globals that cannot be changed.

A script gets the *environment* as its globals, an empty table that shows another one:

    environment ─ metatable ─ __index ───▶ globals: KEYS, ARGV, pcall, ...
    (empty)                   __newindex ▶ refuse_write
                              __metatable ▶ a table of no use

Every library in the globals is veiled like that as well. Nothing hands the veiled table itself to a script: what works
on tables without asking their metatables (rawset, next, table.insert, ...) is replaced by a guard that knows a veil
when it sees one. So what one script does, the next one cannot see.

There is no file, process, network or package; no debug library; no bytecode (which could break the interpreter). Nor
is there a way to Python: the state has never seen any.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.scripting.api import open_math_random, open_server
from cython.cimports.kvik.scripting.cjson import open_cjson
from cython.cimports.kvik.scripting.cmsgpack import open_cmsgpack
from cython.cimports.kvik.scripting.errors import open_error_handler
from cython.cimports.kvik.scripting.interpreter import interpreter_of, raise_killed
from cython.cimports.kvik.scripting.lua import (
    LUA_GCCOLLECT,
    LUA_GCSTEP,
    LUA_GLOBALSINDEX,
    LUA_MULTRET,
    LUA_REGISTRYINDEX,
    LUA_TFUNCTION,
    LUA_TNIL,
    LUA_TSTRING,
    LUA_TTABLE,
    lua,
    lua_pop,
    raise_text,
    upvalue_index,
)
from cython.cimports.kvik.scripting.lua_bit import open_bit
from cython.cimports.kvik.scripting.lua_struct import open_struct
from cython.cimports.libc.string import strcmp

# --- building --------------------------------------------------------------------------------------------------------


def sandbox_open(L):
    """Make the libraries and the environment of the interpreter (argument 1). Runs below lua_cpcall."""
    s: InterpreterPtr = cast(InterpreterPtr, lua.touserdata(L, 1))
    open_standard(L, lua.open_base, "")
    open_standard(L, lua.open_table, "table")
    open_standard(L, lua.open_string, "string")
    open_standard(L, lua.open_math, "math")
    open_standard(L, lua.open_os, "os")
    lua.settop(L, 0)
    guard_base(L)
    guard_libraries(L)
    open_error_handler(L, s)
    open_server(L, s)
    guard_strings(L)
    add_library(L, open_bit, "bit")
    add_library(L, open_cjson, "cjson")
    add_library(L, open_cmsgpack, "cmsgpack")
    add_library(L, open_struct, "struct")
    make_environment(L, s)
    return 0


def open_standard(L, opener, name):
    lua.pushcclosure(L, opener, 0)
    lua.pushstring(L, name)
    lua.call(L, 1, 0)


def put_function(L, name, f):
    """Set a function in the table on top."""
    lua.pushcclosure(L, f, 0)
    lua.setfield(L, -2, name)


def put_guarded(L, name, guard):
    """Put a guard in front of a function of the table on top, which is its upvalue 1."""
    lua.getfield(L, -1, name)
    lua.pushcclosure(L, guard, 1)
    lua.setfield(L, -2, name)


def remove_fields(L, names):
    """Out of the table on top; an empty name ends the list."""
    i: cython.int = 0
    while names[i][0] != 0:
        lua.pushnil(L)
        lua.setfield(L, -2, names[i])
        i += 1


def guard_base(L):
    names: TextPtr[9]
    names[0] = "dofile"
    names[1] = "loadfile"
    names[2] = "print"
    names[3] = "newproxy"
    names[4] = "getfenv"
    names[5] = "setfenv"
    names[6] = "module"
    names[7] = "require"
    names[8] = ""
    lua.pushvalue(L, LUA_GLOBALSINDEX)
    remove_fields(L, names)
    put_function(L, "rawset", base_rawset)
    put_function(L, "rawget", base_rawget)
    put_function(L, "setmetatable", base_setmetatable)
    put_guarded(L, "getmetatable", base_getmetatable)
    put_function(L, "next", base_next)
    put_function(L, "pairs", base_pairs)
    put_function(L, "pcall", base_pcall)
    put_function(L, "xpcall", base_xpcall)
    put_function(L, "load", base_load)
    put_function(L, "loadstring", base_loadstring)
    put_function(L, "collectgarbage", base_collectgarbage)
    lua_pop(L, 1)


def guard_libraries(L):
    lua.getfield(L, LUA_GLOBALSINDEX, "table")
    put_guarded(L, "insert", table_insert)
    put_guarded(L, "foreach", table_foreach)
    lua.getfield(L, LUA_GLOBALSINDEX, "coroutine")
    put_guarded(L, "resume", stoppable)
    put_guarded(L, "wrap", coroutine_wrap)
    lua.getfield(L, LUA_GLOBALSINDEX, "math")
    open_math_random(L)
    lua.createtable(L, 0, 1)
    lua.getfield(L, LUA_GLOBALSINDEX, "os")
    lua.getfield(L, -1, "clock")
    lua.setfield(L, -3, "clock")
    lua_pop(L, 1)
    lua.setfield(L, LUA_GLOBALSINDEX, "os")
    lua.settop(L, 0)


def guard_strings(L):
    """The libraries are veiled; the metatable of strings shows the veil of theirs."""
    names: TextPtr[9]
    i: cython.int = 0
    names[0] = "string"
    names[1] = "table"
    names[2] = "math"
    names[3] = "os"
    names[4] = "coroutine"
    names[5] = ""
    while names[i][0] != 0:
        lua.getfield(L, LUA_GLOBALSINDEX, names[i])
        if lua.type(L, -1) == LUA_TTABLE:
            protect(L)
            lua.setfield(L, LUA_GLOBALSINDEX, names[i])
        lua.settop(L, 0)
        i += 1
    lua.pushstring(L, "")
    lua.getmetatable(L, -1)
    lua.getfield(L, LUA_GLOBALSINDEX, "string")
    lua.setfield(L, -2, "__index")
    lua.createtable(L, 0, 1)
    lua.getfield(L, LUA_GLOBALSINDEX, "string")
    lua.setfield(L, -2, "__index")
    protect(L)
    lua.setfield(L, -2, "__metatable")
    lua.settop(L, 0)


def add_library(L, opener, name):
    """A library whose opener leaves it on the stack, as a global, veiled."""
    lua.pushcclosure(L, opener, 0)
    lua.call(L, 0, 1)
    protect(L)
    lua.setfield(L, LUA_GLOBALSINDEX, name)


def protect(L):
    """Replace the table on top by a veil of it."""
    lua.createtable(L, 0, 0)        # the veil
    lua.createtable(L, 0, 3)        # its metatable
    lua.pushvalue(L, -3)
    lua.setfield(L, -2, "__index")
    lua.pushcclosure(L, refuse_write, 0)
    lua.setfield(L, -2, "__newindex")
    lua.createtable(L, 0, 0)
    lua.createtable(L, 0, 1)
    lua.pushcclosure(L, refuse_write, 0)
    lua.setfield(L, -2, "__newindex")
    lua.setmetatable(L, -2)
    lua.setfield(L, -2, "__metatable")
    lua.setmetatable(L, -2)
    lua.remove(L, -2)


def complain_of_unknown(L):
    """Let the table on top raise an error for names that it does not have."""
    lua.createtable(L, 0, 1)
    lua.pushcclosure(L, no_such_global, 0)
    lua.setfield(L, -2, "__index")
    lua.setmetatable(L, -2)


def make_environment(L, s):
    """Veil the globals, which complain of names that they do not have, and make the veil what scripts see."""
    lua.pushvalue(L, LUA_GLOBALSINDEX)
    complain_of_unknown(L)
    lua.pushvalue(L, -1)
    s.globals = lua.ref(L, LUA_REGISTRYINDEX)
    lua.pushvalue(L, -1)
    protect(L)
    lua.pushvalue(L, -1)
    s.environment = lua.ref(L, LUA_REGISTRYINDEX)
    lua.getmetatable(L, -1)
    s.environment_metatable = lua.ref(L, LUA_REGISTRYINDEX)
    lua.pushvalue(L, -1)
    lua.setfield(L, -3, "_G")
    lua.replace(L, LUA_GLOBALSINDEX)
    lua_pop(L, 1)


# --- veils -----------------------------------------------------------------------------------------------------------


def is_protected(L, index):
    """Is it a veil?"""
    found: cython.bint
    if lua.type(L, index) != LUA_TTABLE or not lua.getmetatable(L, index):
        return False
    lua.pushstring(L, "__newindex")
    lua.rawget(L, -2)
    found = lua.tocfunction(L, -1) == refuse_write
    lua_pop(L, 2)
    return found


def unveil(L, index):
    """If it is a veil, push what is behind it. That must not get to a script."""
    if not is_protected(L, index):
        return False
    lua.getmetatable(L, index)
    lua.pushstring(L, "__index")
    lua.rawget(L, -2)
    lua.remove(L, -2)
    if lua.type(L, -1) != LUA_TTABLE:
        lua_pop(L, 1)
        lua.createtable(L, 0, 0)
    return True


def refuse_write(L):
    return raise_text(L, "Attempt to modify a readonly table")


def no_such_global(L):
    lua.where(L, 1)
    lua.pushstring(L, "Script attempted to access nonexistent global variable '")
    lua.pushvalue(L, 2)
    if lua.tolstring(L, -1, NULL) == NULL:
        lua_pop(L, 1)
        lua.pushstring(L, "?")
    lua.pushstring(L, "'")
    lua.concat(L, 4)
    return lua.error(L)


# --- guards ----------------------------------------------------------------------------------------------------------


def pass_on(L):
    """Do as the function in upvalue 1 does, in its name, so that its errors look as they should."""
    f: CFunction = lua.tocfunction(L, upvalue_index(1))
    return f(L)


def refuse_silently(L):
    """The error of a function that writes past metatables: it does not say where."""
    lua.pushstring(L, "Attempt to modify a readonly table")
    return lua.error(L)


def base_rawset(L):
    lua.checktype(L, 1, LUA_TTABLE)
    lua.checkany(L, 2)
    lua.checkany(L, 3)
    if is_protected(L, 1):
        return refuse_silently(L)
    lua.settop(L, 3)
    lua.rawset(L, 1)
    return 1


def base_rawget(L):
    lua.checktype(L, 1, LUA_TTABLE)
    lua.checkany(L, 2)
    lua.settop(L, 2)
    if unveil(L, 1):
        lua.replace(L, 1)
    lua.rawget(L, 1)
    return 1


def base_setmetatable(L):
    kind: cython.int = lua.type(L, 2)
    lua.checktype(L, 1, LUA_TTABLE)
    if kind not in (LUA_TNIL, LUA_TTABLE):
        return lua.argerror(L, 2, "nil or table expected")
    if is_protected(L, 1):
        return refuse_silently(L)
    if lua.getmetatable(L, 1):
        lua.pushstring(L, "__metatable")
        lua.rawget(L, -2)
        if lua.type(L, -1) != LUA_TNIL:
            return raise_text(L, "cannot change a protected metatable")
    lua.settop(L, 2)
    lua.setmetatable(L, 1)
    return 1


def base_getmetatable(L):
    """Of a library there is none to be seen; of the globals there is one of no use."""
    if is_protected(L, 1):
        lua.rawgeti(L, LUA_REGISTRYINDEX, interpreter_of(L).environment)
        if not lua.rawequal(L, 1, -1):
            lua.pushnil(L)
            return 1
        lua_pop(L, 1)
    return pass_on(L)


def table_insert(L):
    return refuse_silently(L) if is_protected(L, 1) else pass_on(L)


def table_foreach(L):
    if unveil(L, 1):
        lua.replace(L, 1)
    return pass_on(L)


def base_pairs(L):
    lua.checktype(L, 1, LUA_TTABLE)
    lua.pushcclosure(L, base_next, 0)
    lua.pushvalue(L, 1)
    lua.pushnil(L)
    return 3


def base_next(L):
    lua.checktype(L, 1, LUA_TTABLE)
    lua.settop(L, 2)
    if unveil(L, 1):
        lua.replace(L, 1)
    if lua.next(L, 1):
        return 2
    lua.pushnil(L)
    return 1


def base_pcall(L):
    """A table with an error in its field `err` arrives as that text. A script that was killed ends here as well."""
    failed: cython.int
    if lua.gettop(L) == 0:
        lua.pushboolean(L, False)
        lua.pushstring(L, "bad argument #1 to 'pcall' (value expected)")
        return 2
    failed = lua.pcall(L, lua.gettop(L) - 1, LUA_MULTRET, 0)
    if interpreter_of(L).killed:
        return raise_killed(L)
    if failed and lua.type(L, -1) == LUA_TTABLE:
        lua.pushstring(L, "err")
        lua.rawget(L, -2)
        if lua.type(L, -1) == LUA_TSTRING:
            lua.remove(L, -2)
        else:
            lua_pop(L, 1)
    lua.pushboolean(L, not failed)
    lua.insert(L, 1)
    return lua.gettop(L)


def base_xpcall(L):
    lua.checkany(L, 2)
    lua.settop(L, 2)
    lua.pushcclosure(L, own_handler, 1)
    lua.insert(L, 1)                # the handler, then the function
    failed: cython.int = lua.pcall(L, 0, LUA_MULTRET, 1)
    if interpreter_of(L).killed:
        return raise_killed(L)
    lua.pushboolean(L, not failed)
    lua.replace(L, 1)
    return lua.gettop(L)


def own_handler(L):
    """The handler of xpcall (upvalue 1). Not for a script that was killed: it could run on where no hook reaches it."""
    if interpreter_of(L).killed:
        return 1
    lua.pushvalue(L, upvalue_index(1))
    lua.insert(L, 1)
    lua.call(L, lua.gettop(L) - 1, 1)
    return 1


def load_text(L, text, name):
    """Compile the string at the index; what load and loadstring answer."""
    n: cython.size_t = 0
    p: cython.p_const_char = lua.tolstring(L, text, address(n))
    if n > 0 and p[0] == 27:
        lua.pushnil(L)
        lua.pushstring(L, "bytecode is not accepted")
        return 2
    if lua.loadbuffer(L, p, n, name):
        lua.pushnil(L)
        lua.insert(L, -2)
        return 2
    return 1


def base_loadstring(L):
    name: cython.p_const_char
    lua.checklstring(L, 1, NULL)
    name = lua.tolstring(L, 2, NULL)
    if name == NULL:
        name = lua.tolstring(L, 1, NULL)
    return load_text(L, 1, name)


def base_load(L):
    """The pieces that a function gives, one after another, until it gives none."""
    name: cython.p_const_char = lua.tolstring(L, 2, NULL)
    n: cython.size_t
    lua.checktype(L, 1, LUA_TFUNCTION)
    lua.pushstring(L, "")
    while True:
        n = 0
        lua.pushvalue(L, 1)
        lua.call(L, 0, 1)
        if lua.type(L, -1) == LUA_TNIL:
            break
        if lua.tolstring(L, -1, address(n)) == NULL:
            lua.pushstring(L, "reader function must return a string")
            return lua.error(L)
        if n == 0:
            break
        lua.concat(L, 2)
    lua_pop(L, 1)
    if name == NULL:
        name = "=(load)"
    return load_text(L, lua.gettop(L), name)


def base_collectgarbage(L):
    """Nothing that would last: neither stopping the collector nor changing its pace."""
    what: cython.p_const_char = "collect"
    if lua.gettop(L) > 0:
        what = lua.checklstring(L, 1, NULL)
    if strcmp(what, "count") == 0:
        lua.pushnumber(L, interpreter_of(L).bytes / 1024.0)
    elif strcmp(what, "step") == 0:
        lua.pushboolean(L, lua.gc(L, LUA_GCSTEP, 0))
    else:
        if strcmp(what, "collect") == 0:
            lua.gc(L, LUA_GCCOLLECT, 0)
        lua.pushnumber(L, 0)
    return 1


def stoppable(L):
    """A function (upvalue 1) in which the error of a script that was killed would be caught."""
    results: cython.int = pass_on(L)
    if interpreter_of(L).killed:
        return raise_killed(L)
    return results


def wrapped(L):
    """What coroutine.wrap gives: the coroutine in upvalue 1, the function that resumes it in upvalue 2."""
    f: CFunction = lua.tocfunction(L, upvalue_index(2))
    results: cython.int = f(L)
    if interpreter_of(L).killed:
        return raise_killed(L)
    return results


def coroutine_wrap(L):
    pass_on(L)
    lua.getupvalue(L, -1, 1)
    lua.insert(L, -2)
    lua.pushcclosure(L, wrapped, 2)
    return 1
