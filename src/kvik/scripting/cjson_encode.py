"""cjson.encode: a Lua value as JSON.

A table is an array if all its keys are positive integers, gaps are null; else an object; an empty one is an object.
Metamethods are not asked. Each level of tables keeps one or two places of Lua's stack, which has 8000: that bounds
the nesting of C functions, whatever the settings say.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.text import format_integer
from cython.cimports.kvik.scripting.buffer import (
    buffer_begin,
    buffer_byte,
    buffer_push,
    buffer_put,
    buffer_reserve,
    take_turn,
)
from cython.cimports.kvik.scripting.cjson import (
    CJSON_ROOM,
    NUMBERS_AS_NULL,
    NUMBERS_REFUSED,
    settings_of,
)
from cython.cimports.kvik.scripting.lua import (
    LUA_TBOOLEAN,
    LUA_TLIGHTUSERDATA,
    LUA_TNIL,
    LUA_TNUMBER,
    LUA_TSTRING,
    LUA_TTABLE,
    lua,
    lua_pop,
    upvalue_index,
)
from cython.cimports.kvik.scripting.sandbox import unveil
from cython.cimports.libc.math import floor, isfinite, isnan, signbit
from cython.cimports.libc.stdint import INT32_MAX, int64_t
from cython.cimports.libc.stdio import snprintf


def cjson_encode(L):
    e: Encoder
    if lua.gettop(L) != 1:
        return lua.argerror(L, 1, "expected 1 argument")
    e.L = L
    e.settings = settings_of(L)
    e.steps = 0
    buffer_begin(address(e.out), L, upvalue_index(CJSON_ROOM))
    encode_value(address(e), 0)
    buffer_push(address(e.out))
    return 1


def encode_value(e, depth):
    """The value on top of the stack, which stays there."""
    kind: cython.int = lua.type(e.L, -1)
    take_turn(e.L, address(e.steps))
    if kind == LUA_TSTRING:
        encode_text(e, -1)
    elif kind == LUA_TNUMBER:
        encode_number(e, lua.tonumber(e.L, -1))
    elif kind == LUA_TTABLE:
        encode_table(e, depth + 1)
    elif kind == LUA_TBOOLEAN and lua.toboolean(e.L, -1):
        buffer_put(address(e.out), "true", 4)
    elif kind == LUA_TBOOLEAN:
        buffer_put(address(e.out), "false", 5)
    elif kind == LUA_TNIL or (kind == LUA_TLIGHTUSERDATA and lua.touserdata(e.L, -1) == NULL):
        buffer_put(address(e.out), "null", 4)
    else:
        refuse_value(e.L, -1, "type not supported")


def refuse_value(L, index, why):
    lua.error_with(L, "Cannot serialise %s: %s", lua.typename(L, lua.type(L, index)), why)


def encode_text(e, index):
    n: cython.size_t = 0
    part: cython.size_t
    text: cython.p_const_char = lua.tolstring(e.L, index, address(n))
    buffer_byte(address(e.out), 34)             # "
    while n > 0:
        part = min(n, cast(cython.size_t, TEXT_PART))
        e.out.n += escape(buffer_reserve(address(e.out), part * ESCAPE_MAX), text, part)
        text += part
        n -= part
    buffer_byte(address(e.out), 34)


def escape(out, text, n):
    """How many bytes it wrote: 6 for each at most."""
    i: cython.size_t
    c: cython.uchar
    p: cython.p_char = out
    digits: cython.p_const_char = "0123456789abcdef"
    for i in range(n):
        c = cast(cython.uchar, text[i])
        if ESCAPES[c] == 0:
            p[0] = text[i]
            p += 1
            continue
        p[0] = 92                               # backslash
        p[1] = ESCAPES[c]
        p += 2
        if ESCAPES[c] == 117:                   # u
            p[0] = 48
            p[1] = 48
            p[2] = digits[c >> 4]
            p[3] = digits[c & 15]
            p += 4
    return p - out


# --- numbers ---------------------------------------------------------------------------------------------------------


def encode_number(e, number):
    n: cython.int
    text: cython.p_char
    if not isfinite(number):
        encode_odd_number(e, number)
        return
    text = buffer_reserve(address(e.out), NUMBER_TEXT_MAX)
    if e.settings.precision >= 9 and is_short_integer(number):
        e.out.n += format_integer(text, cast(int64_t, number))
        return
    n = snprintf(text, NUMBER_TEXT_MAX, "%.*g", e.settings.precision, number)
    e.out.n += n


def is_short_integer(number):
    """An integer of 9 digits at most, and not -0."""
    return -1e9 < number < 1e9 and floor(number) == number and (number != 0 or not signbit(number))


def encode_odd_number(e, number):
    if e.settings.encode_numbers == NUMBERS_REFUSED:
        lua.error_with(e.L, "Cannot serialise number: must not be NaN or Inf")
    elif e.settings.encode_numbers == NUMBERS_AS_NULL:
        buffer_put(address(e.out), "null", 4)
    elif isnan(number):
        buffer_put(address(e.out), "nan", 3)
    elif number > 0:
        buffer_put(address(e.out), "inf", 3)
    else:
        buffer_put(address(e.out), "-inf", 4)


# --- tables ----------------------------------------------------------------------------------------------------------


def encode_table(e, depth):
    n: cython.int
    if depth > e.settings.encode_max_depth or not lua.checkstack(e.L, 3):
        lua.error_with(e.L, "Cannot serialise, excessive nesting (%d)", depth)
    if unveil(e.L, -1):
        lua.replace(e.L, -2)
    n = array_length(e)
    if n > 0:
        encode_array(e, n, depth)
    else:
        encode_object(e, depth)


def array_length(e):
    """The highest index of the table on top; 0 if it is an object."""
    key: cython.double
    highest: cython.int = 0
    elements: int64_t = 0
    lua.pushnil(e.L)
    while lua.next(e.L, -2):
        take_turn(e.L, address(e.steps))
        key = lua.tonumber(e.L, -2) if lua.type(e.L, -2) == LUA_TNUMBER else 0
        if not 1 <= key <= INT32_MAX or floor(key) != key:
            lua_pop(e.L, 2)
            return 0
        if key > highest:
            highest = cast(cython.int, key)
        elements += 1
        lua_pop(e.L, 1)
    if e.settings.sparse_ratio > 0 and highest > elements * e.settings.sparse_ratio and highest > e.settings.sparse_safe:
        if not e.settings.sparse_as_object:
            refuse_value(e.L, -1, "excessively sparse array")
        return 0
    return highest


def encode_array(e, n, depth):
    i: cython.int
    buffer_byte(address(e.out), 91)             # [
    for i in range(n):
        if i > 0:
            buffer_byte(address(e.out), 44)     # ,
        lua.rawgeti(e.L, -1, i + 1)
        encode_value(e, depth)
        lua_pop(e.L, 1)
    buffer_byte(address(e.out), 93)             # ]


def encode_object(e, depth):
    kind: cython.int
    first: cython.bint = True
    buffer_byte(address(e.out), 123)            # {
    lua.pushnil(e.L)
    while lua.next(e.L, -2):
        if not first:
            buffer_byte(address(e.out), 44)
        first = False
        kind = lua.type(e.L, -2)
        if kind == LUA_TSTRING:
            encode_text(e, -2)
        elif kind == LUA_TNUMBER:
            buffer_byte(address(e.out), 34)     # "
            encode_number(e, lua.tonumber(e.L, -2))
            buffer_byte(address(e.out), 34)
        else:
            refuse_value(e.L, -2, "table key must be a number or string")
        buffer_byte(address(e.out), 58)         # :
        encode_value(e, depth)
        lua_pop(e.L, 1)
    buffer_byte(address(e.out), 125)            # }
