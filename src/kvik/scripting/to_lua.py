"""Replies of commands as Lua values: from the RESP that a command wrote for the script's client.

    :1                1                       _            nil            (RESP3 from here on)
    $1 x              "x"                     #t           true
    $-1, *-1          false                   ,1.5         {double = 1.5}
    +OK               {ok = "OK"}             %1 ...       {map = {k = v}}
    -ERR x            {err = "ERR x"}         ~1 ...       {set = {m = true}}
    *2 ...            {a, b}                  =5 txt:x     {verbatim_string = {format = "txt", string = "x"}}
                                              (123         {big_number = "123"}

The bytes are our own, so they are taken to be right.
"""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.text import CR, MINUS, parse_double
from cython.cimports.kvik.scripting.errors import push_error
from cython.cimports.kvik.scripting.lua import lua


def push_reply(L, p):
    """Push the reply at p; where it ends."""
    kind: cython.char = p[0]
    n: int64_t = 0
    end: cython.p_const_char
    if kind == 36:          # $
        return push_bulk(L, p)
    if kind == 58:          # :
        p = read_number(p + 1, address(n))
        lua.pushnumber(L, cython.cast(cython.double, n))
        return p
    if kind == 42:          # *
        return push_array(L, p)
    if kind == 37:          # %
        return push_pairs(L, p)
    if kind in (126, 62):   # ~ >
        return push_set(L, p)
    if kind == 61:          # =
        return push_verbatim(L, p)
    if kind == 44:          # ,
        return push_double(L, p)
    end = line_end(p)
    if kind == 45:          # -
        push_error(L, p + 1, end - p - 1)
    elif kind == 35:        # #
        lua.pushboolean(L, p[1] == 116)
    elif kind == 95:        # _
        lua.pushnil(L)
    else:                   # + (
        lua.pushlstring(L, p + 1, end - p - 1)
        wrap(L, "ok" if kind == 43 else "big_number")
    return end + 2


def wrap(L, name):
    """Replace the value on top by a table with it as its only field."""
    lua.createtable(L, 0, 1)
    lua.insert(L, -2)
    lua.setfield(L, -2, name)


def push_bulk(L, p):
    n: int64_t = 0
    p = read_number(p + 1, address(n))
    if n < 0:
        lua.pushboolean(L, False)
        return p
    lua.pushlstring(L, p, n)
    return p + n + 2


def push_array(L, p):
    n: int64_t = 0
    i: cython.int
    p = read_number(p + 1, address(n))
    if n < 0:
        lua.pushboolean(L, False)
        return p
    lua.checkstack_or(L, 8, "reply too deep")
    lua.createtable(L, cython.cast(cython.int, n), 0)
    for i in range(cython.cast(cython.int, n)):
        p = push_reply(L, p)
        lua.rawseti(L, -2, i + 1)
    return p


def push_pairs(L, p):
    n: int64_t = 0
    i: cython.int
    p = read_number(p + 1, address(n))
    lua.checkstack_or(L, 8, "reply too deep")
    lua.createtable(L, 0, cython.cast(cython.int, n))
    for i in range(cython.cast(cython.int, n)):
        p = push_reply(L, p)
        p = push_reply(L, p)
        lua.rawset(L, -3)
    wrap(L, "map")
    return p


def push_set(L, p):
    n: int64_t = 0
    i: cython.int
    p = read_number(p + 1, address(n))
    lua.checkstack_or(L, 8, "reply too deep")
    lua.createtable(L, 0, cython.cast(cython.int, n))
    for i in range(cython.cast(cython.int, n)):
        p = push_reply(L, p)
        lua.pushboolean(L, True)
        lua.rawset(L, -3)
    wrap(L, "set")
    return p


def push_verbatim(L, p):
    n: int64_t = 0
    p = read_number(p + 1, address(n))
    lua.createtable(L, 0, 2)
    lua.pushlstring(L, p, 3)
    lua.setfield(L, -2, "format")
    lua.pushlstring(L, p + 4, n - 4)
    lua.setfield(L, -2, "string")
    wrap(L, "verbatim_string")
    return p + n + 2


def push_double(L, p):
    end: cython.p_const_char = line_end(p)
    value: cython.double = 0
    parse_double(p + 1, end - p - 1, address(value))
    lua.pushnumber(L, value)
    wrap(L, "double")
    return end + 2


def read_number(p, n):
    """The number at p; where the next line begins."""
    minus: cython.bint = p[0] == MINUS
    value: int64_t = 0
    if minus:
        p += 1
    while p[0] != CR:
        value = value * 10 + (p[0] - 48 if not minus else 48 - p[0])
        p += 1
    n[0] = value
    return p + 2


def line_end(p):
    while p[0] != CR:
        p += 1
    return p
