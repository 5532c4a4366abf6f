"""The library `struct` of scripts: values as bytes, as a format says, one option after another.

    b B h H l L T i I   integers of 1, 2, 8, 8 (T) and 4 bytes; i3, I12: of 3, of 12; capitals have no sign
    f d                 float, double
    c7  c0              7 characters; c0: packed all there are, unpacked as many as the number before says
    s                   characters up to a NUL
    x                   a byte of no meaning
    < >  !4  ' '        little endian (so it begins), big endian; align to 4 at most; nothing

A format ends at its first NUL.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.text import ZERO, is_digit
from cython.cimports.kvik.scripting.buffer import (
    buffer_begin,
    buffer_byte,
    buffer_push,
    buffer_put,
    buffer_reserve,
    buffer_zeros,
    put_writer,
)
from cython.cimports.kvik.scripting.lua import lua, lua_pop, upvalue_index
from cython.cimports.kvik.scripting.sandbox import put_function
from cython.cimports.libc.string import memchr, memcpy


def open_struct(L):
    lua.createtable(L, 0, 3)
    put_writer(L, "pack", struct_pack)
    put_function(L, "unpack", struct_unpack)
    put_function(L, "size", struct_size)
    return 1


# --- formats ---------------------------------------------------------------------------------------------------------


def format_begin(f, text):
    f.at = text
    f.little = True
    f.alignment = 1


def next_option(f):
    """0: there is none."""
    option: cython.uchar = cast(cython.uchar, f.at[0])
    if option != 0:
        f.at += 1
    return option


def format_number(L, f, otherwise):
    """The number behind an option."""
    n: int64_t = 0
    if not is_digit(f.at[0]):
        return otherwise
    while is_digit(f.at[0]):
        n = n * 10 + (f.at[0] - ZERO)
        if n > INT32_MAX:
            lua.error_with(L, "integral size overflow")
        f.at += 1
    return cast(cython.int, n)


def option_size(L, f, option):
    """How many bytes it takes; 0 also for what takes none, or as many as the value has."""
    n: cython.int
    if option in (98, 66, 120):                 # b B x
        return 1
    if option in (104, 72):                     # h H
        return 2
    if option == 102:                           # f
        return 4
    if option in (108, 76, 84, 100):            # l L T d
        return 8
    if option == 99:                            # c
        return format_number(L, f, 1)
    if option not in (105, 73):                 # i I
        return 0
    n = format_number(L, f, 4)
    if n > INTEGER_BYTES_MAX:
        lua.error_with(L, "integral size %d is larger than limit of %d", n, cast(cython.int, INTEGER_BYTES_MAX))
    return n


def padding(f, option, at, size):
    """Bytes in front of a value that would begin at `at`. Characters are not aligned."""
    if size == 0 or option == 99:
        return 0
    if size > f.alignment:
        size = f.alignment
    return (size - (at & (size - 1))) & (size - 1)


def take_control(L, f, option):
    """An option that stands for no value."""
    n: cython.int
    if option == 62:            # >
        f.little = False
    elif option == 60:          # <
        f.little = True
    elif option == 33:          # !
        n = format_number(L, f, NATURAL_ALIGNMENT)
        if n == 0 or n & (n - 1):
            lua.error_with(L, "alignment %d is not a power of 2", n)
        f.alignment = n
    elif option != 32:
        lua.argerror(L, 1, lua.pushfstring(L, "invalid format option '%c'", option))


# --- pack ------------------------------------------------------------------------------------------------------------


def truncated(number):
    """The integer in 64 bits; for what has none, what an x86 makes of it."""
    if 0 <= number < 18446744073709551616.0:
        return cast(uint64_t, number)
    if number >= 18446744073709551616.0:
        return 0
    if number > -9223372036854775808.0:
        return cast(uint64_t, cast(int64_t, number))
    return cast(uint64_t, 1) << 63


def put_integer(b, value, size, little):
    p: cython.p_char = buffer_reserve(b, size)
    i: cython.size_t
    for i in range(size):
        p[i if little else size - 1 - i] = cast(cython.char, value & 255)
        value >>= 8
    b.n += size


def put_float(L, b, f, argument, size):
    number: cython.double = lua.checknumber(L, argument)
    single: cython.float = cast(cython.float, number)
    bits: uint64_t = 0
    if size == sizeof(single):
        memcpy(address(bits), address(single), sizeof(single))
    else:
        memcpy(address(bits), address(number), sizeof(number))
    put_integer(b, bits, size, f.little)


def put_characters(L, b, argument, option, size):
    n: cython.size_t = 0
    text: cython.p_const_char = lua.checklstring(L, argument, address(n))
    if size == 0:
        size = n
    if n < size:
        lua.argerror(L, argument + 1, "string too short")
    buffer_put(b, text, size)
    if option == 115:           # s
        buffer_byte(b, 0)


def struct_pack(L):
    b: Buffer
    f: Format
    argument: cython.int = 2
    option: cython.int
    size: cython.size_t
    format_begin(address(f), lua.checklstring(L, 1, NULL))
    lua.pushnil(L)              # stands behind the last argument: so a missing one is called
    buffer_begin(address(b), L, upvalue_index(1))
    option = next_option(address(f))
    while option != 0:
        size = option_size(L, address(f), option)
        buffer_zeros(address(b), padding(address(f), option, b.n, size))
        if option in (98, 66, 104, 72, 108, 76, 84, 105, 73):       # b B h H l L T i I
            put_integer(address(b), truncated(lua.checknumber(L, argument)), size, f.little)
            argument += 1
        elif option in (102, 100):              # f d
            put_float(L, address(b), address(f), argument, size)
            argument += 1
        elif option in (99, 115):               # c s
            put_characters(L, address(b), argument, option, size)
            argument += 1
        elif option == 120:                     # x
            buffer_byte(address(b), 0)
        else:
            take_control(L, address(f), option)
        option = next_option(address(f))
    buffer_push(address(b))
    return 1


# --- unpack ----------------------------------------------------------------------------------------------------------


def push_integer(L, p, size, little, is_signed):
    """Of more than 8 bytes it is the lower 8 that count."""
    value: uint64_t = 0
    above: uint64_t
    i: cython.size_t
    for i in range(size):
        value = (value << 8) | cast(cython.uchar, p[size - 1 - i if little else i])
    if not is_signed:
        lua.pushnumber(L, cast(cython.double, value))
        return
    above = ~cast(uint64_t, 0) << ((size * 8 - 1) & 63)             # the sign and what is above it
    if value & above:
        value |= above
    lua.pushnumber(L, cast(cython.double, cast(int64_t, value)))


def push_float(L, p, size, little):
    number: cython.double = 0
    single: cython.float = 0
    swapped: cython.char[8]
    i: cython.size_t
    for i in range(size):
        swapped[i] = p[i if little else size - 1 - i]
    if size == sizeof(single):
        memcpy(address(single), swapped, sizeof(single))
        number = single
    else:
        memcpy(address(number), swapped, sizeof(number))
    lua.pushnumber(L, number)


def push_characters(L, p, room, size, results):
    """Option c, with `room` bytes of data; how many it took. A size of 0 stands in the result before, which it replaces."""
    if size == 0:
        if results == 0 or not lua.isnumber(L, -1):
            lua.error_with(L, "format 'c0' needs a previous size")
        size = truncated(lua.tonumber(L, -1))
        lua_pop(L, 1)
        if size > room:
            lua.argerror(L, 2, "data string too short")
    lua.pushlstring(L, p, size)
    return size


def push_text(L, p, room):
    """Option s; how many bytes it took."""
    end: cython.p_const_char = cast(cython.p_const_char, memchr(p, 0, room))
    if end == NULL:
        lua.error_with(L, "unfinished string in data")
    lua.pushlstring(L, p, end - p)
    return end - p + 1


def struct_unpack(L):
    f: Format
    n: cython.size_t = 0
    text: cython.p_const_char
    at: cython.size_t
    results: cython.int
    before: cython.int
    option: cython.int
    size: cython.size_t
    format_begin(address(f), lua.checklstring(L, 1, NULL))
    text = lua.checklstring(L, 2, address(n))
    at = cast(cython.size_t, lua.optinteger(L, 3, 1))
    if at == 0:
        return lua.argerror(L, 3, "offset must be 1 or greater")
    at -= 1
    before = lua.gettop(L)
    option = next_option(address(f))
    while option != 0:
        size = option_size(L, address(f), option)
        at += padding(address(f), option, at, size)
        if size > n or at > n - size:
            return lua.argerror(L, 2, "data string too short")
        lua.checkstack_or(L, 2, "too many results")
        results = lua.gettop(L) - before
        if option in (98, 104, 108, 105):           # b h l i
            push_integer(L, text + at, size, f.little, True)
        elif option in (66, 72, 76, 84, 73):        # B H L T I
            push_integer(L, text + at, size, f.little, False)
        elif option in (102, 100):                  # f d
            push_float(L, text + at, size, f.little)
        elif option == 99:                          # c
            size = push_characters(L, text + at, n - at, size, results)
        elif option == 115:                         # s
            size = push_text(L, text + at, n - at)
        elif option != 120:                         # x
            take_control(L, address(f), option)
        at += size
        option = next_option(address(f))
    lua.pushnumber(L, cast(cython.double, cast(int64_t, at + 1)))
    return lua.gettop(L) - before


# --- size ------------------------------------------------------------------------------------------------------------


def struct_size(L):
    """Letters and digits that are no options count nothing here; other characters are errors as they are elsewhere."""
    f: Format
    total: cython.size_t = 0
    option: cython.int
    size: cython.size_t
    format_begin(address(f), lua.checklstring(L, 1, NULL))
    option = next_option(address(f))
    while option != 0:
        size = option_size(L, address(f), option)
        total += padding(address(f), option, total, size) + size
        if option == 115:
            return lua.argerror(L, 1, "option 's' has no fixed size")
        if option == 99 and size == 0:
            return lua.argerror(L, 1, "option 'c0' has no fixed size")
        if not (48 <= option <= 57 or 65 <= (option & ~32) <= 90):
            take_control(L, address(f), option)
        option = next_option(address(f))
    lua.pushnumber(L, cast(cython.double, total))
    return 1
