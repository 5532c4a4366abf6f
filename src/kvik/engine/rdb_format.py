"""The words of the RDB format, which snapshots and DUMP payloads are made of: written to a sink, read from a source.

Their layout is drawn in rdb_format.pxd. What is read comes from outside: a length is believed only as far as bytes are
really there.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import load32, load64, store32, store64, swap64
from cython.cimports.kvik.engine.listpack import load16
from cython.cimports.kvik.engine.lzf import lzf_compress, lzf_decompress
from cython.cimports.kvik.engine.member import load_double, store_double
from cython.cimports.kvik.engine.sink import sink_put, sink_put_byte
from cython.cimports.kvik.engine.source import source_fail, source_take
from cython.cimports.kvik.engine.text import format_integer, parse_double, parse_integer
from cython.cimports.libc.math import INFINITY, NAN
from cython.cimports.libc.stdint import int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t

# --- scratch ---------------------------------------------------------------------------------------------------------


def scratch_free(scratch):
    if scratch.data != NULL:
        heap_free(scratch.heap, scratch.data, scratch.capacity)
    scratch.data = NULL
    scratch.capacity = 0


def scratch_room(scratch, n):
    """At least n bytes, whose contents nobody needs any more. NULL when memory is short."""
    if scratch.capacity < n:
        scratch_free(scratch)
        n = n if n > 4096 else 4096
        scratch.data = cast(cython.p_char, heap_alloc(scratch.heap, n))
        if scratch.data == NULL:
            return NULL
        scratch.capacity = n
    return scratch.data


# --- writing ---------------------------------------------------------------------------------------------------------


def rdb_put_length(sink, n):
    head: cython.char[9]
    if n < 64:
        sink_put_byte(sink, cast(cython.int, n))
    elif n < 16384:
        head[0] = cast(cython.char, 64 | (n >> 8))
        head[1] = cast(cython.char, n & 255)
        sink_put(sink, head, 2)
    elif n >> 32 == 0:
        head[0] = cast(cython.char, 128)
        store32(address(head[1]), cast(uint32_t, swap64(n) >> 32))
        sink_put(sink, head, 5)
    else:
        head[0] = cast(cython.char, 129)
        store64(address(head[1]), swap64(n))
        sink_put(sink, head, 9)


def rdb_put_string(sink, p, n, compress):
    """A string: as integer if it reads as one of up to 32 bits, in LZF if that is shorter and wanted, else as it is."""
    if n <= 11 and rdb_put_if_integer(sink, p, n):
        return
    if compress and n > 20 and rdb_put_compressed(sink, p, n):
        return
    rdb_put_length(sink, n)
    sink_put(sink, p, n)


def rdb_put_if_integer(sink, p, n):
    value: int64_t = 0
    if not parse_integer(p, n, address(value)) or not -2147483648 <= value <= 2147483647:
        return False
    rdb_put_integer(sink, value)
    return True


def rdb_put_integer(sink, value):
    """The decimal text of an integer, in as few bytes as there can be."""
    head: cython.char[24]
    n: cython.int = 5
    if -128 <= value <= 127:
        head[0] = cast(cython.char, 192)
        n = 2
    elif -32768 <= value <= 32767:
        head[0] = cast(cython.char, 193)
        n = 3
    elif -2147483648 <= value <= 2147483647:
        head[0] = cast(cython.char, 194)
    else:
        n = format_integer(head, value)
        rdb_put_length(sink, n)
        sink_put(sink, head, n)
        return
    store32(address(head[1]), cast(uint32_t, cast(int32_t, value)))
    sink_put(sink, head, n)


def rdb_put_compressed(sink, p, n):
    """The string in LZF. False (and nothing written) when that saves too little."""
    packed: cython.size_t
    out: cython.p_char = cast(cython.p_char, heap_alloc(sink.heap, n))
    if out == NULL:
        return False
    packed = lzf_compress(p, n, out, n - 4)
    if packed > 0:
        rdb_put_lzf(sink, out, packed, n)
    heap_free(sink.heap, out, n)
    return packed > 0


def rdb_put_lzf(sink, p, packed, n):
    """A string of n bytes that is p[:packed] in LZF."""
    sink_put_byte(sink, 195)
    rdb_put_length(sink, packed)
    rdb_put_length(sink, n)
    sink_put(sink, p, packed)


def rdb_put_int64(sink, value):
    bytes: cython.char[8]
    store64(bytes, cast(uint64_t, value))
    sink_put(sink, bytes, 8)


def rdb_put_double(sink, value):
    bytes: cython.char[8]
    store_double(bytes, value)
    sink_put(sink, bytes, 8)


# --- reading ---------------------------------------------------------------------------------------------------------


def rdb_get_length(source, n):
    """A length. False when there is none, and the source has failed."""
    kind: cython.int = 0
    if not rdb_get_length_or_kind(source, n, address(kind)):
        return False
    if kind >= 0:
        return source_fail(source, "a string's encoding where a length should stand")
    return True


def rdb_get_length_or_kind(source, n, kind):
    """A length (`kind` -1), or how the string that follows is written: 0, 1, 2 integers of 1, 2, 4 bytes, 3 LZF."""
    head: uint8_t
    p: cython.p_const_char = source_take(source, 1)
    if p == NULL:
        return False
    head = cast(uint8_t, p[0])
    kind[0] = -1
    if head < 64:
        n[0] = head
        return True
    if head < 128:
        p = source_take(source, 1)
        n[0] = 0 if p == NULL else (cast(uint64_t, head & 63) << 8) | cast(uint8_t, p[0])
        return p != NULL
    if head == 128:
        p = source_take(source, 4)
        n[0] = 0 if p == NULL else swap64(cast(uint64_t, load32(p)) << 32)
        return p != NULL
    if head == 129:
        p = source_take(source, 8)
        n[0] = 0 if p == NULL else swap64(load64(p))
        return p != NULL
    if head < 192 or head > 195:
        return source_fail(source, "unknown length encoding")
    kind[0] = head & 63
    return True


def rdb_get_string(source, scratch, s):
    """A string, good until the next one is read. False when there is none, and the source has failed."""
    n: uint64_t = 0
    kind: cython.int = 0
    if not rdb_get_length_or_kind(source, address(n), address(kind)):
        return False
    if kind == 3:
        return rdb_get_compressed(source, scratch, s)
    if kind >= 0:
        return rdb_get_integer(source, scratch, kind, s)
    s.p = cast(cython.p_char, source_take(source, n))
    s.n = n
    return s.p != NULL


def rdb_get_integer(source, scratch, kind, s):
    """A string that is written as integer of 1 << kind bytes."""
    p: cython.p_const_char = source_take(source, 1 << kind)
    value: int64_t
    if p == NULL:
        return False
    if kind == 0:
        value = cast(int8_t, p[0])
    elif kind == 1:
        value = cast(int16_t, load16(p))
    else:
        value = cast(int32_t, load32(p))
    s.p = scratch_room(scratch, 24)
    if s.p == NULL:
        return source_fail(source, "out of memory")
    s.n = format_integer(s.p, value)
    return True


def rdb_get_compressed(source, scratch, s):
    packed: uint64_t = 0
    n: uint64_t = 0
    p: cython.p_const_char
    if not rdb_get_length(source, address(packed)) or not rdb_get_length(source, address(n)):
        return False
    p = source_take(source, packed)
    if p == NULL:
        return False
    if n == 0 or n // LZF_EXPANSION > packed:
        return source_fail(source, "a compressed string of impossible length")
    s.p = scratch_room(scratch, n)
    s.n = n
    if s.p == NULL:
        return source_fail(source, "out of memory")
    if not lzf_decompress(p, packed, s.p, n):
        return source_fail(source, "invalid LZF compressed string")
    return True


def rdb_get_int64(source, value):
    p: cython.p_const_char = source_take(source, 8)
    if p != NULL:
        value[0] = cast(int64_t, load64(p))
    return p != NULL


def rdb_get_double(source, value):
    p: cython.p_const_char = source_take(source, 8)
    if p != NULL:
        value[0] = load_double(p)
    return p != NULL


def rdb_get_float(source, value):
    """A double as text, of old files."""
    p: cython.p_const_char = source_take(source, 1)
    n: uint8_t
    if p == NULL:
        return False
    n = cast(uint8_t, p[0])
    if n >= 253:
        value[0] = NAN if n == 253 else INFINITY if n == 254 else -INFINITY
        return True
    p = source_take(source, n)
    if p == NULL:
        return False
    if not parse_double(p, n, value):
        return source_fail(source, "not a floating point number")
    return True
