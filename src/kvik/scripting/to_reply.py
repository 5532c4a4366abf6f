"""What a script returns as a reply, in the protocol of the client that asked.

The table of to_lua.py holds the other way round, too. Numbers lose what is behind the point, an array ends at the first
nil, `false` is no value. RESP3's own kinds come from tables with their names, and from `true` and `false` after
redis.setresp(3); a client of RESP2 gets what they are there.

Everything here may raise a Lua error, when memory is short: it runs below lua_pcall.
"""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.scripting.errors import raw_text_field
from cython.cimports.kvik.scripting.lua import (
    LUA_TBOOLEAN,
    LUA_TNIL,
    LUA_TNUMBER,
    LUA_TSTRING,
    LUA_TTABLE,
    lua,
    lua_pop,
)
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bool,
    reply_bulk,
    reply_double,
    reply_error,
    reply_error_line,
    reply_error_slice,
    reply_integer,
    reply_line,
    reply_map,
    reply_null,
    reply_set,
    reply_verbatim,
)
from cython.cimports.libc.stdint import INT64_MIN, int64_t


def reply_value(L, c, script_resp):
    """Answer the value on top of the stack, and pop it."""
    kind: cython.int = lua.type(L, -1)
    n: cython.size_t = 0
    text: cython.p_const_char
    number: cython.double
    if not lua.checkstack(L, REPLY_STACK):
        reply_error(c, "ERR reached lua stack limit")
    elif kind == LUA_TSTRING:
        text = lua.tolstring(L, -1, address(n))
        reply_bulk(c, text, n)
    elif kind == LUA_TNUMBER:
        number = lua.tonumber(L, -1)
        if -9.2233720368547758e18 <= number < 9.2233720368547758e18:
            reply_integer(c, cython.cast(int64_t, number))
        else:
            reply_integer(c, INT64_MIN)
    elif kind == LUA_TBOOLEAN and script_resp == 3:
        reply_bool(c, lua.toboolean(L, -1))
    elif kind == LUA_TBOOLEAN and lua.toboolean(L, -1):
        reply_integer(c, 1)
    elif kind == LUA_TTABLE:
        reply_table(L, c, script_resp)
    else:
        reply_null(c)
    lua_pop(L, 1)


def reply_table(L, c, script_resp):
    """The kinds with a name are looked for first: err, ok, double, map, set, big_number, verbatim_string."""
    table: cython.int = lua.gettop(L)
    if not reply_line_field(L, c, table) and not reply_number_field(L, c, table) \
            and not reply_pairs_field(L, c, table, script_resp) and not reply_set_field(L, c, table, script_resp) \
            and not reply_verbatim_field(L, c, table):
        lua.settop(L, table)
        reply_list(L, c, script_resp)
    lua.settop(L, table)


def reply_line_field(L, c, table):
    """`err` and `ok`."""
    n: cython.size_t = 0
    text: cython.p_const_char
    if raw_text_field(L, table, "err"):
        text = lua.tolstring(L, -1, address(n))
        lua.pushstring(L, "ignore_error_stats_update")
        lua.rawget(L, table)
        if lua.type(L, -1) == LUA_TNIL:
            reply_error_slice(c, text, n)
        else:
            reply_error_line(c, text, n)
        return True
    if raw_text_field(L, table, "ok"):
        text = lua.tolstring(L, -1, address(n))
        reply_line(c, 43, text, n)
        return True
    return False


def reply_number_field(L, c, table):
    """`double` and `big_number`."""
    n: cython.size_t = 0
    text: cython.p_const_char
    lua.pushstring(L, "double")
    lua.rawget(L, table)
    if lua.type(L, -1) == LUA_TNUMBER:
        reply_double(c, lua.tonumber(L, -1))
        return True
    if raw_text_field(L, table, "big_number"):
        text = lua.tolstring(L, -1, address(n))
        if c.resp == 2:
            reply_bulk(c, text, n)
        else:
            reply_line(c, 40, text, n)
        return True
    return False


def reply_verbatim_field(L, c, table):
    n: cython.size_t = 0
    format_bytes: cython.size_t = 0
    text: cython.p_const_char
    format: cython.p_const_char
    if not table_field(L, table, "verbatim_string"):
        return False
    table = lua.gettop(L)
    if raw_text_field(L, table, "string"):
        text = lua.tolstring(L, -1, address(n))
        if raw_text_field(L, table, "format"):
            format = lua.tolstring(L, -1, address(format_bytes))
            if format_bytes >= 3:
                reply_verbatim(c, format, text, n)
                return True
    return False


def table_field(L, table, name):
    """Push the field if it is a table."""
    lua.pushstring(L, name)
    lua.rawget(L, table)
    if lua.type(L, -1) == LUA_TTABLE:
        return True
    lua_pop(L, 1)
    return False


def count_pairs(L, table):
    n: cython.int = 0
    lua.pushnil(L)
    while lua.next(L, table):
        n += 1
        lua_pop(L, 1)
    return n


def reply_pairs_field(L, c, table, script_resp):
    if not table_field(L, table, "map"):
        return False
    table = lua.gettop(L)
    reply_map(c, count_pairs(L, table))
    lua.pushnil(L)
    while lua.next(L, table):
        lua.pushvalue(L, -2)
        reply_value(L, c, script_resp)
        reply_value(L, c, script_resp)
    return True


def reply_set_field(L, c, table, script_resp):
    if not table_field(L, table, "set"):
        return False
    table = lua.gettop(L)
    reply_set(c, count_pairs(L, table))
    lua.pushnil(L)
    while lua.next(L, table):
        lua_pop(L, 1)
        lua.pushvalue(L, -1)
        reply_value(L, c, script_resp)
    return True


def reply_list(L, c, script_resp):
    """The elements up to the first nil."""
    table: cython.int = lua.gettop(L)
    n: cython.int = 0
    i: cython.int
    lua.rawgeti(L, table, 1)
    while lua.type(L, -1) != LUA_TNIL:
        n += 1
        lua_pop(L, 1)
        lua.rawgeti(L, table, n + 1)
    lua_pop(L, 1)
    reply_array(c, n)
    for i in range(1, n + 1):
        lua.rawgeti(L, table, i)
        reply_value(L, c, script_resp)
