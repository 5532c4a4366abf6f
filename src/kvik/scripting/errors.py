"""Errors of scripts: the tables that Lua code sees, and the line that the client gets.

An error of a command is a table with its line in the field `err`. What a script raises itself is mostly a text. The
handler makes a table of either, adds where it happened, and that becomes the reply:

    ERR user_script:1: attempt to index a nil value script: on @user_script:1.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.text import INTEGER_MAX, format_integer
from cython.cimports.kvik.scripting.lua import (
    LUA_REGISTRYINDEX,
    LUA_TBOOLEAN,
    LUA_TNIL,
    LUA_TSTRING,
    LUA_TTABLE,
    LuaDebug,
    lua,
    lua_pop,
)
from cython.cimports.kvik.wire.reply import reply_error, reply_error_line, reply_error_slice


def open_error_handler(L, s):
    lua.pushcclosure(L, error_handler, 0)
    s.error_handler = lua.ref(L, LUA_REGISTRYINDEX)


def push_error(L, text, n):
    """A table as redis.pcall answers it. The error has been counted where it came from."""
    lua.createtable(L, 0, 2)
    lua.pushlstring(L, text, n)
    lua.setfield(L, -2, "err")
    lua.pushboolean(L, True)
    lua.setfield(L, -2, "ignore_error_stats_update")


def error_handler(L):
    """An error nobody caught: a table of it that says where."""
    place: LuaDebug
    level: cython.int = 1
    if lua.type(L, 1) != LUA_TTABLE:
        lua.createtable(L, 0, 3)
        lua.pushstring(L, "ERR ")
        if lua.type(L, 1) == LUA_TNIL:
            lua.pushstring(L, "nil")
        elif lua.type(L, 1) == LUA_TBOOLEAN:
            lua.pushstring(L, "true" if lua.toboolean(L, 1) else "false")
        elif lua.tolstring(L, 1, NULL) != NULL:
            lua.pushvalue(L, 1)
        else:
            lua.pushstring(L, "unknown error")
        lua.concat(L, 2)
        lua.setfield(L, -2, "err")
        lua.replace(L, 1)
    lua.settop(L, 1)
    while lua.getstack(L, level, address(place)):
        lua.getinfo(L, "Sl", address(place))
        if place.currentline >= 0:
            lua.pushstring(L, "source")
            lua.pushstring(L, place.source)
            lua.rawset(L, 1)
            lua.pushstring(L, "line")
            lua.pushnumber(L, place.currentline)
            lua.rawset(L, 1)
            break
        level += 1
    return 1


def raw_text_field(L, index, name):
    """Push the field of the table at the index if that is a text."""
    lua.pushstring(L, name)
    lua.rawget(L, index)
    if lua.type(L, -1) == LUA_TSTRING:
        return True
    lua_pop(L, 1)
    return False


def reply_script_error(L, c):
    """Answer the error on top of the stack, as the handler left it. Uses lua_concat, so it runs below lua_pcall."""
    n: cython.size_t = 0
    text: cython.p_const_char
    digits: cython.char[INTEGER_MAX]
    error: cython.int = lua.gettop(L)
    counted: cython.bint
    if lua.type(L, error) != LUA_TTABLE:        # memory was short, even for the handler
        reply_error(c, "ERR not enough memory")
        return
    lua.pushstring(L, "err")
    lua.rawget(L, error)
    if lua.tolstring(L, -1, NULL) == NULL:      # a number becomes its text
        lua_pop(L, 1)
        lua.pushstring(L, "ERR unknown error")
    if raw_text_field(L, error, "source"):
        lua.pushstring(L, " script: on ")
        lua.insert(L, -2)
        lua.pushstring(L, ":")
        lua.pushstring(L, "line")
        lua.rawget(L, error)
        n = format_integer(digits, lua.tointeger(L, -1))
        lua_pop(L, 1)
        lua.pushlstring(L, digits, n)
        lua.pushstring(L, ".")
        lua.concat(L, 6)
    lua.pushstring(L, "ignore_error_stats_update")
    lua.rawget(L, error)
    counted = lua.type(L, -1) == LUA_TBOOLEAN
    lua_pop(L, 1)
    text = lua.tolstring(L, -1, address(n))
    if n > 0 and text[0] == 45:
        text += 1
        n -= 1
    if counted:
        reply_error_line(c, text, n)
    else:
        reply_error_slice(c, text, n)
    lua.settop(L, error)
