"""The library `cjson` of scripts: JSON. Here are its table and its settings; for the rest see cjson_encode.py and
cjson_decode.py.

`cjson.new()` makes another one, with settings of its own. The settings are a userdata that all functions of one cjson
have as an upvalue. What a script sets lasts until the interpreter is made anew (SCRIPT FLUSH), for other scripts too.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.scripting.api import put_text
from cython.cimports.kvik.scripting.buffer import push_room
from cython.cimports.kvik.scripting.cjson_decode import cjson_decode
from cython.cimports.kvik.scripting.cjson_encode import cjson_encode
from cython.cimports.kvik.scripting.lua import (
    LUA_TBOOLEAN,
    LUA_TNIL,
    lua,
    upvalue_index,
)
from cython.cimports.kvik.scripting.sandbox import put_function
from cython.cimports.libc.stdint import INT32_MAX
from cython.cimports.libc.string import memset, strcmp


def open_cjson(L):
    """Also cjson.new()."""
    s: CjsonSettingsPtr
    lua.settop(L, 0)
    lua.createtable(L, 0, 16)
    s = cast(CjsonSettingsPtr, lua.newuserdata(L, sizeof(CjsonSettings)))
    memset(s, 0, sizeof(CjsonSettings))
    s.sparse_ratio = SPARSE_RATIO
    s.sparse_safe = SPARSE_SAFE
    s.encode_max_depth = DEPTH_MAX
    s.decode_max_depth = DEPTH_MAX
    s.precision = PRECISION_MAX
    s.encode_numbers = NUMBERS_REFUSED
    s.decode_numbers = NUMBERS_TAKEN
    s.keep_buffer = True
    push_room(L)                # now: table, settings, room
    put_cjson_function(L, "encode", cjson_encode)
    put_cjson_function(L, "decode", cjson_decode)
    put_cjson_function(L, "encode_sparse_array", cjson_encode_sparse_array)
    put_cjson_function(L, "encode_max_depth", cjson_encode_max_depth)
    put_cjson_function(L, "decode_max_depth", cjson_decode_max_depth)
    put_cjson_function(L, "encode_number_precision", cjson_encode_number_precision)
    put_cjson_function(L, "encode_keep_buffer", cjson_encode_keep_buffer)
    put_cjson_function(L, "encode_invalid_numbers", cjson_encode_invalid_numbers)
    put_cjson_function(L, "decode_invalid_numbers", cjson_decode_invalid_numbers)
    lua.settop(L, 1)
    put_function(L, "new", open_cjson)
    lua.pushlightuserdata(L, NULL)
    lua.setfield(L, 1, "null")
    put_text(L, "_NAME", "cjson")
    put_text(L, "_VERSION", "2.1.0")
    return 1


def put_cjson_function(L, name, f):
    """Into the table at 1; the upvalues are at 2 and 3. Each function has a room of its own, once it has grown out of it."""
    lua.pushvalue(L, 2)
    lua.pushvalue(L, 3)
    lua.pushcclosure(L, f, 2)
    lua.setfield(L, 1, name)


# --- settings --------------------------------------------------------------------------------------------------------


def settings_of(L):
    return cast(CjsonSettingsPtr, lua.touserdata(L, upvalue_index(CJSON_SETTINGS)))


def check_arguments(L, most):
    """Those that are missing become nil."""
    if lua.gettop(L) > most:
        lua.argerror(L, most + 1, "found too many arguments")
    lua.settop(L, most)
    return settings_of(L)


def set_number(L, argument, setting, least, most):
    """Set it unless the argument is nil, and push what it is."""
    value: cython.int
    if lua.type(L, argument) != LUA_TNIL:
        value = cast(cython.int, lua.checkinteger(L, argument))
        if not least <= value <= most:
            lua.argerror(L, 1, lua.pushfstring(L, "expected integer between %d and %d", least, most))
        setting[0] = value
    lua.pushnumber(L, setting[0])
    return 1


def set_choice(L, argument, setting, choices):
    """Likewise, of "off", "on" and, if there are 3 choices, "null". The first two are booleans as well."""
    value: cython.p_const_char
    if lua.type(L, argument) == LUA_TBOOLEAN:
        setting[0] = lua.toboolean(L, argument)
    elif lua.type(L, argument) != LUA_TNIL:
        value = lua.checklstring(L, argument, NULL)
        if strcmp(value, "off") == 0:
            setting[0] = 0
        elif strcmp(value, "on") == 0:
            setting[0] = 1
        elif choices == 3 and strcmp(value, "null") == 0:
            setting[0] = 2
        else:
            lua.argerror(L, argument, lua.pushfstring(L, "invalid option '%s'", value))
    if setting[0] == 2:
        lua.pushstring(L, "null")
    else:
        lua.pushboolean(L, setting[0])
    return 1


def cjson_encode_sparse_array(L):
    s: CjsonSettingsPtr = check_arguments(L, 3)
    set_choice(L, 1, address(s.sparse_as_object), 2)
    set_number(L, 2, address(s.sparse_ratio), 0, INT32_MAX)
    set_number(L, 3, address(s.sparse_safe), 0, INT32_MAX)
    return 3


def cjson_encode_max_depth(L):
    return set_number(L, 1, address(check_arguments(L, 1).encode_max_depth), 1, INT32_MAX)


def cjson_decode_max_depth(L):
    return set_number(L, 1, address(check_arguments(L, 1).decode_max_depth), 1, INT32_MAX)


def cjson_encode_number_precision(L):
    return set_number(L, 1, address(check_arguments(L, 1).precision), 1, PRECISION_MAX)


def cjson_encode_keep_buffer(L):
    return set_choice(L, 1, address(check_arguments(L, 1).keep_buffer), 2)


def cjson_encode_invalid_numbers(L):
    return set_choice(L, 1, address(check_arguments(L, 1).encode_numbers), 3)


def cjson_decode_invalid_numbers(L):
    return set_choice(L, 1, address(check_arguments(L, 1).decode_numbers), 2)
