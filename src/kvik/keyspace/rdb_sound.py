"""Is a small collection in a listpack, as a file has it, what would have been made here?

Then it can be taken over as it is, in one block. It has to be a valid listpack already; what is asked here is more: that
no field or member stands there twice, that each element is written the one way that comparing relies on (an integer as
an integer, as short as can be), that pairs with scores are in order, and that it is small enough by the directives. If
not, it is no damage yet: then it is put in element by element.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.listpack import (
    encoded_bytes,
    item_text,
    listpack_first,
    listpack_item,
    listpack_skip,
    load16,
)
from cython.cimports.kvik.engine.ordered_set import compare_bytes
from cython.cimports.kvik.engine.text import parse_double, parse_integer
from cython.cimports.libc.math import isnan
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.libc.string import memcmp, memset


def is_sound(key, lp, count, step, scored, most, longest):
    """Of the valid listpack with so many elements. O(count)."""
    sound: Sound
    item: Item
    p: cython.p_char = listpack_first(lp)
    first: cython.p_char = p
    i: cython.size_t
    pairs: cython.size_t = count // step
    if pairs > SOUND_MAX or most < cast(int64_t, pairs) or longest < 0 or load16(lp + 4) != count or count % step != 0:
        return False
    sound.key = key
    sound.lp = lp
    sound.step = step
    sound.scored = scored
    sound.before = NULL
    sound.mask = 7
    while sound.mask < 2 * pairs:
        sound.mask = 2 * sound.mask + 1
    memset(sound.places, 0, (sound.mask + 1) * 4)
    for i in range(count):
        item = listpack_item(p)
        if scored and i % 2 == 1:
            if not is_in_order(address(sound), first, p):
                return False
        elif not is_shortest(p, address(item)) or item.n > cast(cython.size_t, longest):
            return False
        if i % step == 0:
            first = p
            if not is_first(address(sound), p):
                return False
        p = listpack_skip(p)
    return True


def is_shortest(p, item):
    """Is the element at p written as it would be here?"""
    n: cython.size_t = encoded_bytes(p)
    value: int64_t = item.integer
    if item.p != NULL:
        if item.n <= 20 and parse_integer(item.p, item.n, address(value)):
            return False
        return n == item.n + (1 if item.n < 64 else 2 if item.n < 4096 else 5)
    if 0 <= value <= 127:
        return n == 1
    if -4096 <= value <= 4095:
        return n == 2
    if -32768 <= value <= 32767:
        return n == 3
    if -8388608 <= value <= 8388607:
        return n == 4
    return n == 5 if -2147483648 <= value <= 2147483647 else n == 9


def is_first(sound, p):
    """Is there no element like the one at p yet? Remembers it."""
    n: cython.size_t = encoded_bytes(p)
    i: uint32_t = cast(uint32_t, hash_bytes(sound.key, p, n)) & sound.mask
    other: cython.p_char
    while sound.places[i] != 0:
        other = sound.lp + sound.places[i]
        if encoded_bytes(other) == n and memcmp(other, p, n) == 0:
            return False
        i = (i + 1) & sound.mask
    sound.places[i] = cast(uint32_t, p - sound.lp)
    return True


def is_in_order(sound, member, p):
    """Does the pair of this member, with its score at p, come behind the one before?"""
    scratch: cython.char[24]
    other: cython.char[24]
    item: Item = listpack_item(p)
    own: Slice
    before: Slice
    score: cython.double = cast(cython.double, item.integer)
    if item.p != NULL and (not parse_double(item.p, item.n, address(score)) or isnan(score)):
        return False
    if sound.before != NULL:
        if score < sound.score:
            return False
        if score == sound.score:
            item = listpack_item(member)
            own = item_text(address(item), scratch)
            item = listpack_item(sound.before)
            before = item_text(address(item), other)
            if compare_bytes(before.p, before.n, own.p, own.n) >= 0:
                return False
    sound.before = member
    sound.score = score
    return True
