"""Strings as arrays of bits: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP. The loops: engine/bits.py."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.string import read_string, write_string
from cython.cimports.kvik.commands.string_value import make_raw, new_bytes, new_raw_value, reply_memory, store_entry
from cython.cimports.kvik.engine.bits import (
    BITS_AND,
    BITS_NOT,
    BITS_OR,
    BITS_XOR,
    bit_at,
    bits_combine,
    bits_count,
    bits_find,
    set_bit_at,
)
from cython.cimports.kvik.engine.entry import TYPE_STRING
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.text import INTEGER_MAX, is_word, parse_integer
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lookup import (
    check_type,
    delete_key,
    lookup_read,
    lookup_write,
    prefetch_keys,
)
from cython.cimports.kvik.keyspace.tail import EVENT_STRING, changed
from cython.cimports.kvik.keyspace.values import string_length, string_value
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.reply import reply_error, reply_integer
from cython.cimports.libc.stdint import int64_t, uint64_t

# --- one bit ------------------------------------------------------------------------------------------------


def read_bit_offset(call, i, width, offset):
    """argv[i] as the offset of a bit in a string of proto-max-bulk-len bytes. False: it is none, answered.

    With a `width`, "#3" means the third field of that width. (The product wraps, as it does in Redis.)
    """
    p: CharPtr = call.argv[i].p
    n: cython.size_t = call.argv[i].n
    value: int64_t = 0
    counted: cython.bint = width > 0 and n > 0 and p[0] == HASH_SIGN
    good: cython.bint
    if counted:
        good = parse_integer(p + 1, n - 1, address(value))
        value = cast(int64_t, cast(uint64_t, value) * cast(uint64_t, width))
    else:
        good = parse_integer(p, n, address(value))
    if good and value >= 0 and value >> 3 < cast(int64_t, cast(LoopPtr, call.client.loop).limits.bulk_max):
        offset[0] = cast(uint64_t, value)
        return True
    reply_error(call.client, "ERR bit offset is not an integer or out of range")
    return False


def grow_bits(call, h, last, p, n, grown):
    """The string argv[1], made long enough for the bit `last`, as bytes that may be written: p[:n].

    False: another type or no memory, answered.
    """
    slot: Slot = NULL
    raw: RawPtr
    length: cython.size_t = (last >> 3) + 1
    if not write_string(call, 1, h, address(slot)):
        return False
    grown[0] = slot == NULL or string_length(slot[0]) < length
    raw = new_raw_value(call, 1, h, length) if slot == NULL else make_raw(call, 1, h, slot, length)
    if raw == NULL:
        return False
    p[0] = raw.data
    n[0] = raw.length
    return True


def setbit_command(call):
    offset: uint64_t = 0
    bit: int64_t = 0
    old: cython.bint
    p: CharPtr = NULL
    n: cython.size_t = 0
    grown: cython.bint = False
    if not read_bit_offset(call, 2, 0, address(offset)):
        return
    if not parse_integer(call.argv[3].p, call.argv[3].n, address(bit)) or bit < 0 or bit > 1:
        reply_error(call.client, "ERR bit is not an integer or out of range")
        return
    if not grow_bits(call, call.hash, offset, address(p), address(n), address(grown)):
        return
    old = bit_at(p, offset)
    if grown or old != bit:
        set_bit_at(p, offset, bit != 0)
        changed(call, 1, EVENT_STRING, "setbit")
    reply_integer(call.client, old)


def getbit_command(call):
    e: EntryPtr = NULL
    offset: uint64_t = 0
    scratch: cython.char[24]
    s: Slice
    if not read_bit_offset(call, 2, 0, address(offset)) or not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_integer(call.client, 0)
        return
    s = string_value(e, scratch)
    reply_integer(call.client, bit_at(s.p, offset) if offset >> 3 < s.n else 0)


# --- ranges -------------------------------------------------------------------------------------------------


def read_range(call, i, span):
    """The arguments [start [end [BYTE|BIT]]] from argv[i] to the last. False: wrong, answered."""
    span.start = 0
    span.end = -1
    span.by_bit = False
    span.has_end = i + 1 < call.argc
    if i + 3 < call.argc:
        reply_syntax_error(call)
        return False
    if i < call.argc and not read_integer(call, i, address(span.start)):
        return False
    if i + 2 < call.argc:  # the unit is checked before the end
        span.by_bit = is_word(address(call.argv[i + 2]), "bit")
        if not span.by_bit and not is_word(address(call.argv[i + 2]), "byte"):
            reply_syntax_error(call)
            return False
    return i + 1 >= call.argc or read_integer(call, i + 1, address(span.end))


def clip_range(span, n, first, end):
    """The bits of a string of n bytes that the range means: first <= bit < end[0]. Nothing: end is first."""
    total: int64_t = cast(int64_t, n) * 8 if span.by_bit else cast(int64_t, n)
    start: int64_t = span.start
    stop: int64_t = span.end
    if start < 0:
        start += total
    if stop < 0:
        stop += total
    start = start if start > 0 else 0
    stop = stop if stop > 0 else 0
    if stop >= total:
        stop = total - 1
    if start > stop:
        first[0] = 0
        end[0] = 0
        return
    first[0] = cast(uint64_t, start)
    end[0] = cast(uint64_t, stop + 1)
    if not span.by_bit:
        first[0] *= 8
        end[0] *= 8


def bitcount_command(call):
    e: EntryPtr = NULL
    span: BitRange
    first: uint64_t = 0
    end: uint64_t = 0
    scratch: cython.char[24]
    s: Slice
    if not read_range(call, 2, address(span)) or not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL or (span.start < 0 and span.end < 0 and span.start > span.end):
        # Both ends may lie before the string; here, not in BITPOS, that is nothing if they are crossed.
        reply_integer(call.client, 0)
        return
    s = string_value(e, scratch)
    clip_range(address(span), s.n, address(first), address(end))
    reply_integer(call.client, bits_count(s.p, first, end))


def bitpos_command(call):
    e: EntryPtr = NULL
    span: BitRange
    bit: int64_t = 0
    first: uint64_t = 0
    end: uint64_t = 0
    found: int64_t
    scratch: cython.char[24]
    s: Slice
    if not read_integer(call, 2, address(bit)):
        return
    if bit != 0 and bit != 1:
        reply_error(call.client, "ERR The bit argument must be 1 or 0.")
        return
    if not read_range(call, 3, address(span)) or not read_string(call, 1, call.hash, address(e)):
        return
    if e == NULL:
        reply_integer(call.client, -1 if bit else 0)
        return
    s = string_value(e, scratch)
    clip_range(address(span), s.n, address(first), address(end))
    found = bits_find(s.p, first, end, bit != 0)
    if found < 0 and not bit and not span.has_end and first < end:
        # Nobody said where the string ends: behind it all bits are zero.
        found = cast(int64_t, end)
    reply_integer(call.client, found)


# --- BITOP --------------------------------------------------------------------------------------------------


def read_operation(call):
    """argv[1] as an operation of bits_combine, or -1: answered."""
    a: SlicePtr = address(call.argv[1])
    if is_word(a, "and"):
        return BITS_AND
    if is_word(a, "or"):
        return BITS_OR
    if is_word(a, "xor"):
        return BITS_XOR
    if is_word(a, "not"):
        if call.argc == 4:
            return BITS_NOT
        reply_error(call.client, "ERR BITOP NOT must be called with a single source key.")
    else:
        reply_syntax_error(call)
    return -1


def read_sources(call, sources, scratch, longest):
    """The values of the keys from argv[3] on, none as empty; an integer goes to its place in `scratch`.

    False: one is of another type, answered.
    """
    ahead: Prefetched
    e: EntryPtr
    i: cython.int
    at: cython.int = 3
    k: cython.int = 0
    longest[0] = 0
    while at < call.argc:
        prefetch_keys(call, address(ahead), at, 1, call.argc)
        for i in range(ahead.count):
            e = lookup_read(call, at + i, ahead.hashes[i])
            if e == NULL:
                sources[k].p = scratch
                sources[k].n = 0
            elif check_type(call, e, TYPE_STRING):
                sources[k] = string_value(e, scratch + k * INTEGER_MAX)
            else:
                return False
            if sources[k].n > longest[0]:
                longest[0] = sources[k].n
            k += 1
        at += ahead.count
    return True


def bitop_command(call):
    operation: cython.int = read_operation(call)
    count: cython.int = call.argc - 3
    size: cython.size_t = cast(cython.size_t, count) * (sizeof(Slice) + INTEGER_MAX)
    longest: cython.size_t = 0
    sources: SlicePtr
    if operation < 0:
        return
    sources = cast(SlicePtr, heap_alloc(call.keyspace.heap, size))
    if sources == NULL:
        reply_memory(call)
        return
    if read_sources(call, sources, cast(CharPtr, sources + count), address(longest)):
        store_combined(call, operation, sources, count, longest)
    heap_free(call.keyspace.heap, sources, size)


def store_combined(call, operation, sources, count, n):
    """The end of BITOP: the result under argv[2], or no such key if it is empty."""
    h: uint64_t = call_hash(call, 2)
    e: EntryPtr
    p: CharPtr = NULL
    if n == 0:
        if lookup_write(call, 2, h) != NULL:
            delete_key(call, 2, h, False)
        reply_integer(call.client, 0)
        return
    e = new_bytes(call, 2, n, -1, address(p))
    if e == NULL:
        reply_memory(call)
        return
    # The key may be one of the sources: it is replaced when they have been read.
    bits_combine(operation, p, n, sources, count)
    if store_entry(call, h, lookup_write(call, 2, h), e):
        changed(call, 2, EVENT_STRING, "set")
        reply_integer(call.client, n)
