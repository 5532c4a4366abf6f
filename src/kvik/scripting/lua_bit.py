"""The library `bit` of scripts: operations on 32 bits, which numbers of Lua give up and come back as signed ones."""

# ruff: noqa: F821
import cython
from cython import address, cast, sizeof
from cython.cimports.kvik.scripting.lua import lua
from cython.cimports.kvik.scripting.sandbox import put_function
from cython.cimports.libc.string import memcpy


def open_bit(L):
    lua.createtable(L, 0, 12)
    put_function(L, "tobit", bit_tobit)
    put_function(L, "bnot", bit_bnot)
    put_function(L, "band", bit_band)
    put_function(L, "bor", bit_bor)
    put_function(L, "bxor", bit_bxor)
    put_function(L, "lshift", bit_lshift)
    put_function(L, "rshift", bit_rshift)
    put_function(L, "arshift", bit_arshift)
    put_function(L, "rol", bit_rol)
    put_function(L, "ror", bit_ror)
    put_function(L, "bswap", bit_bswap)
    put_function(L, "tohex", bit_tohex)
    return 1


def bits_of(L, argument):
    """The lower 32 bits of a number, rounded to the nearest integer.

    Beside 1.5 * 2**52 a double has no bits left for fractions: the sum holds the integer in its lower bits. Numbers of
    2**51 and more come out as what is left of them, which scripts that hash have got used to.
    """
    number: cython.double = lua.checknumber(L, argument) + 6755399441055744.0
    bits: int64_t = 0
    memcpy(address(bits), address(number), sizeof(bits))
    return cast(uint32_t, bits)


def push_bits(L, bits):
    lua.pushnumber(L, cast(int32_t, bits))
    return 1


def rotated(bits, n):
    """To the left, by 0 to 31."""
    return (bits << n) | (bits >> ((32 - n) & 31))


def bit_tobit(L):
    return push_bits(L, bits_of(L, 1))


def bit_bnot(L):
    return push_bits(L, ~bits_of(L, 1))


def bit_band(L):
    bits: uint32_t = bits_of(L, 1)
    i: cython.int
    for i in range(2, lua.gettop(L) + 1):
        bits &= bits_of(L, i)
    return push_bits(L, bits)


def bit_bor(L):
    bits: uint32_t = bits_of(L, 1)
    i: cython.int
    for i in range(2, lua.gettop(L) + 1):
        bits |= bits_of(L, i)
    return push_bits(L, bits)


def bit_bxor(L):
    bits: uint32_t = bits_of(L, 1)
    i: cython.int
    for i in range(2, lua.gettop(L) + 1):
        bits ^= bits_of(L, i)
    return push_bits(L, bits)


def bit_lshift(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, bits << (bits_of(L, 2) & 31))


def bit_rshift(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, bits >> (bits_of(L, 2) & 31))


def bit_arshift(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, cast(uint32_t, cast(int32_t, bits) >> (bits_of(L, 2) & 31)))


def bit_rol(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, rotated(bits, bits_of(L, 2) & 31))


def bit_ror(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, rotated(bits, (32 - (bits_of(L, 2) & 31)) & 31))


def bit_bswap(L):
    bits: uint32_t = bits_of(L, 1)
    return push_bits(L, (bits >> 24) | ((bits >> 8) & 0xFF00) | ((bits & 0xFF00) << 8) | (bits << 24))


def bit_tohex(L):
    """As many digits as the second argument says, 8 at most; capital ones if it is negative."""
    bits: uint32_t = bits_of(L, 1)
    wanted: int64_t = 8
    text: cython.char[8]
    letters: cython.p_const_char = "0123456789abcdef"
    i: cython.int
    n: cython.int
    if lua.gettop(L) >= 2:
        wanted = cast(int32_t, bits_of(L, 2))
    if wanted < 0:
        wanted = -wanted
        letters = "0123456789ABCDEF"
    n = 8 if wanted > 8 else cast(cython.int, wanted)
    for i in range(n):
        text[n - 1 - i] = letters[bits & 15]
        bits >>= 4
    lua.pushlstring(L, text, n)
    return 1
