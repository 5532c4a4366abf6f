"""The library `cmsgpack` of scripts: MessagePack, with its old kinds only (no bytes apart from strings, no extensions).

A number without a fraction is packed as an integer, any other as a float if that loses nothing, else as a double. A
table whose keys are 1 to n is an array, also an empty one; any other is a map. What has no kind becomes nil. Metamethods
are not asked.
"""

# ruff: noqa: F821
import cython
from cython import address, cast, sizeof
from cython.cimports.kvik.scripting.api import put_text
from cython.cimports.kvik.scripting.buffer import (
    buffer_begin,
    buffer_byte,
    buffer_push,
    buffer_put,
    buffer_reserve,
    put_writer,
    take_turn,
)
from cython.cimports.kvik.scripting.lua import (
    LUA_TBOOLEAN,
    LUA_TNUMBER,
    LUA_TSTRING,
    LUA_TTABLE,
    lua,
    lua_pop,
    upvalue_index,
)
from cython.cimports.kvik.scripting.sandbox import put_function, unveil
from cython.cimports.libc.math import floor
from cython.cimports.libc.string import memcpy


def open_cmsgpack(L):
    lua.createtable(L, 0, 8)
    put_writer(L, "pack", cmsgpack_pack)
    put_function(L, "unpack", cmsgpack_unpack)
    put_function(L, "unpack_one", cmsgpack_unpack_one)
    put_function(L, "unpack_limit", cmsgpack_unpack_limit)
    put_text(L, "_NAME", "cmsgpack")
    put_text(L, "_VERSION", "lua-cmsgpack 0.4.0")
    put_text(L, "_DESCRIPTION", "MessagePack C implementation for Lua")
    return 1


# --- pack ------------------------------------------------------------------------------------------------------------


def cmsgpack_pack(L):
    """All arguments, one behind the other."""
    k: Packer
    i: cython.int
    n: cython.int = lua.gettop(L)
    if n == 0:
        return lua.argerror(L, 0, "MessagePack pack needs input.")
    if not lua.checkstack(L, n):
        return lua.argerror(L, 0, "Too many arguments for MessagePack pack.")
    k.L = L
    k.steps = 0
    buffer_begin(address(k.out), L, upvalue_index(1))
    for i in range(1, n + 1):
        lua.pushvalue(L, i)
        pack_value(address(k), 0)
        lua_pop(L, 1)
    buffer_push(address(k.out))
    return 1


def pack_value(k, depth):
    """The value on top of the stack, which stays there, in tables so deep."""
    kind: cython.int = lua.type(k.L, -1)
    take_turn(k.L, address(k.steps))
    if kind == LUA_TSTRING:
        pack_string(k)
    elif kind == LUA_TNUMBER:
        pack_number(k, lua.tonumber(k.L, -1))
    elif kind == LUA_TTABLE and depth < NESTING_MAX:
        pack_table(k, depth)
    elif kind == LUA_TBOOLEAN:
        buffer_byte(address(k.out), cast(cython.char, MSGPACK_TRUE if lua.toboolean(k.L, -1) else MSGPACK_FALSE))
    else:
        buffer_byte(address(k.out), cast(cython.char, MSGPACK_NIL))


def pack_big_endian(k, first, value, n):
    """The first byte, and the value in n bytes behind it."""
    p: cython.p_char = buffer_reserve(address(k.out), n + 1)
    i: cython.int
    p[0] = cast(cython.char, first)
    for i in range(n, 0, -1):
        p[i] = cast(cython.char, value & 255)
        value >>= 8
    k.out.n += n + 1


def pack_string(k):
    n: cython.size_t = 0
    text: cython.p_const_char = lua.tolstring(k.L, -1, address(n))
    if 32 <= n < 256:
        pack_big_endian(k, MSGPACK_STRING, n, 1)
    else:
        pack_count(k, n, MSGPACK_FIX_STRING, MSGPACK_STRING + 1)
    buffer_put(address(k.out), text, n)


def pack_number(k, number):
    single: cython.float
    bits: uint64_t = 0
    if floor(number) == number and -9223372036854775808.0 <= number < 9223372036854775808.0:
        pack_integer(k, cast(int64_t, number))
        return
    single = cast(cython.float, number)
    if single == number:
        memcpy(address(bits), address(single), sizeof(single))
        pack_big_endian(k, MSGPACK_FLOAT, bits, 4)
    else:
        memcpy(address(bits), address(number), sizeof(number))
        pack_big_endian(k, MSGPACK_DOUBLE, bits, 8)


def pack_integer(k, value):
    bits: uint64_t = cast(uint64_t, value)
    size: cython.int                        # 1, 2, 4, 8 bytes: 0, 1, 2, 3
    if -32 <= value < 128:
        buffer_byte(address(k.out), cast(cython.char, value))
    elif value >= 0:
        size = (bits > 0xFF) + (bits > 0xFFFF) + (bits >> 32 != 0)
        pack_big_endian(k, MSGPACK_UNSIGNED + size, bits, 1 << size)
    else:
        bits = ~bits                        # as many bits as the value needs besides its sign
        size = (bits > 0x7F) + (bits > 0x7FFF) + (bits >> 31 != 0)
        pack_big_endian(k, MSGPACK_SIGNED + size, ~bits, 1 << size)


def pack_count(k, n, fixed, counted):
    """How many there are: in the first byte, `fixed`, if its lower bits hold it; else in 2 or 4 bytes behind `counted`."""
    if n < (32 if fixed == MSGPACK_FIX_STRING else 16):
        buffer_byte(address(k.out), cast(cython.char, fixed | cast(cython.int, n)))
    elif n <= 0xFFFF:
        pack_big_endian(k, counted, n, 2)
    else:
        pack_big_endian(k, counted + 1, n, 4)


def pack_table(k, depth):
    n: cython.size_t = 0
    i: cython.int
    lua.checkstack_or(k.L, 4, "too many values to pack")
    if unveil(k.L, -1):
        lua.replace(k.L, -2)
    if is_array(k, address(n)):
        pack_count(k, n, MSGPACK_FIX_ARRAY, MSGPACK_ARRAY)
        for i in range(cast(cython.int, n)):
            lua.rawgeti(k.L, -1, i + 1)
            pack_value(k, depth + 1)
            lua_pop(k.L, 1)
        return
    pack_count(k, n, MSGPACK_FIX_MAP, MSGPACK_MAP)
    lua.pushnil(k.L)
    while lua.next(k.L, -2):
        lua.pushvalue(k.L, -2)
        pack_value(k, depth + 1)
        lua_pop(k.L, 1)
        pack_value(k, depth + 1)
        lua_pop(k.L, 1)


def is_array(k, n):
    """Has the table on top the keys 1 to n? Counts them whatever they are."""
    key: cython.double
    highest: cython.double = 0
    positive: cython.bint = True
    lua.pushnil(k.L)
    while lua.next(k.L, -2):
        take_turn(k.L, address(k.steps))
        key = lua.tonumber(k.L, -2) if lua.type(k.L, -2) == LUA_TNUMBER else 0
        if key < 1 or floor(key) != key:
            positive = False
        elif key > highest:
            highest = key
        n[0] += 1
        lua_pop(k.L, 1)
    return positive and highest == n[0]


# --- unpack ----------------------------------------------------------------------------------------------------------


def cmsgpack_unpack(L):
    """All values."""
    return unpack_values(L, 0, 0)


def cmsgpack_unpack_one(L):
    """(text, offset = 0): where the next value is (-1: there is none), and the value."""
    return unpack_values(L, 1, lua.optinteger(L, 2, 0))


def cmsgpack_unpack_limit(L):
    """(text, limit, offset = 0): likewise, so many values."""
    limit: int64_t = lua.checkinteger(L, 2)
    return unpack_values(L, limit, lua.optinteger(L, 3, 0))


def unpack_values(L, limit, offset):
    """From the offset on; with neither limit nor offset all values, and nothing but them."""
    u: Unpacker
    n: cython.size_t = 0
    text: cython.p_const_char = lua.checklstring(L, 1, address(n))
    is_all: cython.bint = limit == 0 and offset == 0
    before: cython.int
    count: int64_t = 0
    if offset < 0 or limit < 0:
        return lua.error_with(L, "Invalid request to unpack with offset of %d and limit of %d.", cast(cython.int, offset),
                              cast(cython.int, n))
    if offset > cast(int64_t, n):
        return lua.error_with(L, "Start offset %d greater than input length %d.", cast(cython.int, offset),
                              cast(cython.int, n))
    if not is_all:
        lua.settop(L, 1)
    before = lua.gettop(L)
    u.L = L
    u.p = text + offset
    u.end = text + n
    u.steps = 0
    while u.p < u.end and (is_all or count < limit):
        unpack_value(address(u))
        count += 1
    if not is_all:
        lua.checkstack_or(L, 1, "in function mp_unpack_full")
        lua.pushnumber(L, cast(cython.double, u.p - text) if u.p < u.end else -1)
        lua.insert(L, before + 1)
    return lua.gettop(L) - before


def take_bytes(u, n):
    p: cython.p_const_char = u.p
    if n > cast(cython.size_t, u.end - p):
        lua.error_with(u.L, "Missing bytes in input.")
    u.p = p + n
    return p


def take_big_endian(u, n):
    p: cython.p_const_char = take_bytes(u, n)
    value: uint64_t = 0
    i: cython.int
    for i in range(n):
        value = (value << 8) | cast(cython.uchar, p[i])
    return value


def take_signed(u, n):
    unused: cython.int = 64 - n * 8
    return cast(int64_t, take_big_endian(u, n) << unused) >> unused


def unpack_value(u):
    """Push the next value."""
    first: cython.int = cast(cython.uchar, take_bytes(u, 1)[0])
    lua.checkstack_or(u.L, 1, "too many return values at once; use unpack_one or unpack_limit instead.")
    take_turn(u.L, address(u.steps))
    if first < MSGPACK_FIX_MAP:
        lua.pushnumber(u.L, first)
    elif first < MSGPACK_FIX_ARRAY:
        unpack_map(u, first & 15)
    elif first < MSGPACK_FIX_STRING:
        unpack_array(u, first & 15)
    elif first < MSGPACK_NIL:
        unpack_string(u, first & 31)
    elif first >= MSGPACK_FIX_NEGATIVE:
        lua.pushnumber(u.L, first - 256)
    elif first == MSGPACK_NIL:
        lua.pushnil(u.L)
    elif first in (MSGPACK_FALSE, MSGPACK_TRUE):
        lua.pushboolean(u.L, first == MSGPACK_TRUE)
    elif MSGPACK_FLOAT <= first < MSGPACK_SIGNED + 4:
        unpack_number(u, first)
    elif MSGPACK_STRING <= first < MSGPACK_ARRAY:
        unpack_string(u, take_big_endian(u, 1 << (first - MSGPACK_STRING)))
    elif MSGPACK_ARRAY <= first < MSGPACK_MAP:
        unpack_array(u, take_big_endian(u, 2 << (first - MSGPACK_ARRAY)))
    elif first >= MSGPACK_MAP:
        unpack_map(u, take_big_endian(u, 2 << (first - MSGPACK_MAP)))
    else:
        lua.error_with(u.L, "Bad data format in input.")


def unpack_number(u, first):
    """Integers of 64 bits are signed, whatever they say."""
    single: cython.float = 0
    double: cython.double = 0
    bits: uint64_t
    if first == MSGPACK_FLOAT:
        bits = take_big_endian(u, 4)
        memcpy(address(single), address(bits), sizeof(single))
        lua.pushnumber(u.L, single)
    elif first == MSGPACK_DOUBLE:
        bits = take_big_endian(u, 8)
        memcpy(address(double), address(bits), sizeof(double))
        lua.pushnumber(u.L, double)
    elif first < MSGPACK_SIGNED:
        lua.pushnumber(u.L, cast(cython.double, cast(int64_t, take_big_endian(u, 1 << (first - MSGPACK_UNSIGNED)))))
    else:
        lua.pushnumber(u.L, cast(cython.double, take_signed(u, 1 << (first - MSGPACK_SIGNED))))


def unpack_string(u, n):
    lua.pushlstring(u.L, take_bytes(u, n), n)


def unpack_array(u, n):
    """Like a map, it keeps two places of Lua's stack, which has 8000: that bounds the nesting of C functions."""
    i: cython.size_t
    lua.checkstack_or(u.L, 2, "in function mp_decode_to_lua_array")
    lua.createtable(u.L, cast(cython.int, min(n, cast(cython.size_t, ARRAY_ROOM_MAX))), 0)
    lua.pushnil(u.L)
    for i in range(n):
        unpack_value(u)
        lua.rawseti(u.L, -3, cast(cython.int, i + 1))
    lua_pop(u.L, 1)


def unpack_map(u, n):
    i: cython.size_t
    lua.checkstack_or(u.L, 1, "in function mp_decode_to_lua_hash")
    lua.createtable(u.L, 0, cast(cython.int, min(n, cast(cython.size_t, MAP_ROOM_MAX))))
    for i in range(n):
        unpack_value(u)
        unpack_value(u)
        lua.rawset(u.L, -3)
