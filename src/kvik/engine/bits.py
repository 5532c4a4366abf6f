"""Bits in bytes, numbered as Redis does: bit 0 is the highest bit of the first byte.

Ranges are of bits and half open, `first <= bit < end`. All loops go by words of eight bytes and read nothing
outside the bytes that the range touches. Costs: count, find, combine O(bytes); fields O(1).

A **field** is an integer of 1 to 64 bits, the highest first, at any bit offset. It is read and written as one
word that starts at the byte of its first bit, and what does not fit there is in the ninth byte:

    byte     0        1        ...      7        8
             |shift| field ...                     |
             |<--------------- word ------------>|
"""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.intrinsics import (
    ALL_ONES,
    BYTES_01,
    add_overflows,
    high_bit,
    load64,
    prefetch,
    store64,
    sub_overflows,
    swap64,
)
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


def part_word(p, n):
    """Up to eight bytes as a word, in memory order, zeros behind them."""
    word: uint64_t = 0
    memcpy(address(word), p, n)
    return word


# --- counting and finding -----------------------------------------------------------------------------------


def bits_count(p, first, end):
    """How many bits of the range are 1."""
    at: cython.size_t = first >> 3
    last: cython.size_t = end >> 3
    left: cython.uint = cast(cython.uint, first & 7)
    right: cython.uint = cast(cython.uint, end & 7)
    edges: uint64_t = 0
    if first >= end:
        return 0
    if at == last:
        edges = cast(cython.uchar, p[at]) & (0xFF >> left) & ~(0xFF >> right)
        return (sum_ones(edges) * BYTES_01) >> 56
    if left:
        edges = cast(cython.uchar, p[at]) & (0xFF >> left)
        at += 1
    if right:
        edges |= cast(uint64_t, cast(cython.uchar, p[last]) & ~(0xFF >> right)) << 8
    edges = (sum_ones(edges) * BYTES_01) >> 56
    if machine_counts():
        return edges + count_by_machine(p + at, last - at)
    return edges + count_by_sums(p + at, last - at)


def count_by_machine(p, n):
    """How many bits of p[:n] are 1, by the machine's own instruction."""
    i: cython.size_t = 0
    a: uint64_t = 0
    b: uint64_t = 0
    while i + AHEAD <= n:
        prefetch(p + i + AHEAD - 1)
        a += machine_ones(load64(p + i)) + machine_ones(load64(p + i + 8))
        b += machine_ones(load64(p + i + 16)) + machine_ones(load64(p + i + 24))
        a += machine_ones(load64(p + i + 32)) + machine_ones(load64(p + i + 40))
        b += machine_ones(load64(p + i + 48)) + machine_ones(load64(p + i + 56))
        i += 64
    while i + 32 <= n:
        a += machine_ones(load64(p + i)) + machine_ones(load64(p + i + 8))
        b += machine_ones(load64(p + i + 16)) + machine_ones(load64(p + i + 24))
        i += 32
    while i + 8 <= n:
        a += machine_ones(load64(p + i))
        i += 8
    return a + b + machine_ones(part_word(p + i, n - i))


def count_by_sums(p, n):
    """The same without it: the counts of 24 words are summed byte by byte, to 192 at most in each."""
    i: cython.size_t = 0
    stop: cython.size_t
    total: uint64_t = 0
    sums: uint64_t
    while i + 192 <= n:
        sums = 0
        stop = i + 192
        while i < stop:
            sums += sum_ones(load64(p + i))
            i += 8
        sums = (sums & PAIRS_00FF) + ((sums >> 8) & PAIRS_00FF)
        total += (sums * PAIRS_0001) >> 48
    while i + 8 <= n:
        total += (sum_ones(load64(p + i)) * BYTES_01) >> 56
        i += 8
    return total + ((sum_ones(part_word(p + i, n - i)) * BYTES_01) >> 56)


def bits_find(p, first, end, bit):
    """The first bit of the range that is `bit`, or -1."""
    flip: uint64_t = 0 if bit else ALL_ONES         # makes what is looked for a 1
    i: cython.size_t = first >> 3
    n: cython.size_t = (end + 7) >> 3
    word: uint64_t
    found: uint64_t
    if first >= end:
        return -1
    word = (cast(cython.uchar, p[i]) ^ (flip & 0xFF)) & (0xFF >> (first & 7))
    if word != 0:
        found = i * 8 + 7 - high_bit(word)
        return cast(int64_t, found) if found < end else -1
    i += 1
    while i + 32 <= n and ((load64(p + i) ^ flip) | (load64(p + i + 8) ^ flip)
                           | (load64(p + i + 16) ^ flip) | (load64(p + i + 24) ^ flip)) == 0:
        i += 32
    while i < n:
        word = (load64(p + i) if i + 8 <= n else part_word(p + i, n - i)) ^ flip
        if word != 0:
            found = i * 8 + 63 - high_bit(swap64(word))
            return cast(int64_t, found) if found < end else -1
        i += 8
    return -1


# --- combining ----------------------------------------------------------------------------------------------


def bits_combine(operation, out, n, sources, count):
    """out[:n] as the combination of `count` (at least one) sources, each as if zeros followed it.

    Block by block, so that the result stays in the cache while one source after the other is applied to it.
    BITS_NOT is of the first source.
    """
    at: cython.size_t = 0
    block: cython.size_t
    here: cython.size_t
    p: Text
    i: cython.int
    while at < n:
        block = n - at if n - at < COMBINE_BLOCK else COMBINE_BLOCK
        for i in range(count):
            here = sources[i].n - at if sources[i].n > at else 0
            here = here if here < block else block
            p = sources[i].p + at if here > 0 else sources[i].p
            if i == 0:
                take_bytes(out + at, block, p, here)
            elif operation == BITS_AND:
                and_bytes(out + at, block, p, here)
            elif operation == BITS_OR:
                or_bytes(out + at, p, here)
            elif operation == BITS_XOR:
                xor_bytes(out + at, p, here)
        if operation == BITS_NOT:
            not_bytes(out + at, block)
        at += block


def take_bytes(out, n, p, available):
    memcpy(out, p, available)
    memset(out + available, 0, n - available)


def and_bytes(out, n, p, available):
    i: cython.size_t = 0
    while i + 32 <= available:
        store64(out + i, load64(out + i) & load64(p + i))
        store64(out + i + 8, load64(out + i + 8) & load64(p + i + 8))
        store64(out + i + 16, load64(out + i + 16) & load64(p + i + 16))
        store64(out + i + 24, load64(out + i + 24) & load64(p + i + 24))
        i += 32
    while i < available:
        out[i] = out[i] & p[i]
        i += 1
    memset(out + available, 0, n - available)


def or_bytes(out, p, n):
    i: cython.size_t = 0
    while i + 32 <= n:
        store64(out + i, load64(out + i) | load64(p + i))
        store64(out + i + 8, load64(out + i + 8) | load64(p + i + 8))
        store64(out + i + 16, load64(out + i + 16) | load64(p + i + 16))
        store64(out + i + 24, load64(out + i + 24) | load64(p + i + 24))
        i += 32
    while i < n:
        out[i] = out[i] | p[i]
        i += 1


def xor_bytes(out, p, n):
    i: cython.size_t = 0
    while i + 32 <= n:
        store64(out + i, load64(out + i) ^ load64(p + i))
        store64(out + i + 8, load64(out + i + 8) ^ load64(p + i + 8))
        store64(out + i + 16, load64(out + i + 16) ^ load64(p + i + 16))
        store64(out + i + 24, load64(out + i + 24) ^ load64(p + i + 24))
        i += 32
    while i < n:
        out[i] = out[i] ^ p[i]
        i += 1


def not_bytes(out, n):
    i: cython.size_t = 0
    while i + 32 <= n:
        store64(out + i, ~load64(out + i))
        store64(out + i + 8, ~load64(out + i + 8))
        store64(out + i + 16, ~load64(out + i + 16))
        store64(out + i + 24, ~load64(out + i + 24))
        i += 32
    while i < n:
        out[i] = ~out[i]
        i += 1


# --- fields -------------------------------------------------------------------------------------------------


def big_word(p, n, at):
    """The eight bytes p[at:at + 8] as a number, the first the highest; those beyond p[:n] are zero."""
    if at + 8 <= n:
        return swap64(load64(p + at))
    return swap64(part_word(p + at, n - at)) if at < n else 0


def field_read(p, n, offset, width):
    """The field as a number without sign; bits beyond p[:n] are zero."""
    at: cython.size_t = offset >> 3
    shift: cython.int = cast(cython.int, offset & 7)
    word: uint64_t = big_word(p, n, at) << shift
    if shift + width > 64 and at + 8 < n:
        word |= cast(cython.uchar, p[at + 8]) >> (8 - shift)
    return word >> (64 - width)


def field_write(p, n, offset, width, value):
    """Write the low `width` bits of `value`. The field lies inside p[:n]."""
    at: cython.size_t = offset >> 3
    shift: cython.int = cast(cython.int, offset & 7)
    mask: uint64_t = ALL_ONES << (64 - width)       # field and mask start at the top of their words
    word: uint64_t = big_word(p, n, at)
    value <<= 64 - width
    word = swap64((word & ~(mask >> shift)) | (value >> shift))
    memcpy(p + at, address(word), n - at if n - at < 8 else 8)
    if shift + width > 64:
        mask = (mask << (64 - shift)) >> 56
        value = (value << (64 - shift)) >> 56
        p[at + 8] = cast(cython.char, (cast(cython.uchar, p[at + 8]) & ~mask) | value)


def field_value(field, width, is_signed):
    """What field_read gave, or any word's low `width` bits, as the number it stands for."""
    field <<= 64 - width
    if is_signed:
        return cast(int64_t, field) >> (64 - width)
    return cast(int64_t, field >> (64 - width))


def field_max(width, is_signed):
    """The largest number of such a field. Without sign, `width` is at most 63."""
    if is_signed:
        return cast(int64_t, (cast(uint64_t, 1) << (width - 1)) - 1)
    return cast(int64_t, ALL_ONES >> (64 - width))


def field_min(width, is_signed):
    return -field_max(width, True) - 1 if is_signed else 0


def field_add(value, step, width, is_signed, total):
    """value + step, wrapped to the width of the field, and whether it had to be.

    `value` need not fit itself (BITFIELD SET asks with step 0). Without sign a negative one is a very large
    one; with sign it is too large, not too small, if its distance to the largest is no 64-bit number, as in
    Redis.
    """
    most: int64_t = field_max(width, is_signed)
    least: int64_t = field_min(width, is_signed)
    exact: int64_t = 0
    total[0] = field_value(cast(uint64_t, value) + cast(uint64_t, step), width, is_signed)
    if value > most or (value < 0 and not is_signed):
        return FIELD_TOO_LARGE
    if width < 64 and sub_overflows(most, value, address(exact)):
        return FIELD_TOO_LARGE
    if add_overflows(value, step, address(exact)):
        return FIELD_TOO_LARGE if step > 0 else FIELD_TOO_SMALL
    if exact > most:
        return FIELD_TOO_LARGE
    return FIELD_TOO_SMALL if exact < least else FIELD_FITS
