"""Listpacks: short sequences in one block, the form of every small collection. The layout is drawn in listpack.pxd.

A string that reads as a decimal integer, exactly as an integer prints, is kept as one. All changes are one operation,
`listpack_splice`: take out some bytes at an offset and put some elements there. The block is always just as long as the
listpack, so whoever holds the listpack knows the block's size; a change may move it. It is the form that Redis keeps in
memory and in its files, so saving one is copying it; `listpack_is_valid` checks what comes from outside.

Costs: append O(element) when the block stays, else O(bytes); everything else O(bytes).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.heap import (
    SMALL_MAX,
    heap_alloc,
    heap_alloc_smaller,
    heap_free,
    heap_resize,
    same_block,
)
from cython.cimports.kvik.engine.intrinsics import load32, load64, store32, store64
from cython.cimports.kvik.engine.text import parse_integer
from cython.cimports.libc.stdint import int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memmove

# --- life ------------------------------------------------------------------------------------------------------------


def listpack_new(heap):
    """An empty listpack, NULL when memory is short."""
    lp: Listpack = cast(Listpack, heap_alloc(heap, LISTPACK_EMPTY))
    if lp != NULL:
        store32(lp, LISTPACK_EMPTY)
        store16(lp + 4, 0)
        lp[LISTPACK_HEADER] = cast(cython.char, LISTPACK_END)
    return lp


def listpack_of(heap, elements, count):
    """A listpack of so many elements, NULL when memory is short or it would get too long."""
    n: cython.size_t = LISTPACK_EMPTY
    lp: Listpack
    p: cython.p_char
    i: cython.int
    for i in range(count):
        n += element_bytes(address(elements[i]))
        if n > LISTPACK_LIMIT:
            return NULL
    lp = cast(Listpack, heap_alloc(heap, n))
    if lp == NULL:
        return NULL
    store32(lp, cast(uint32_t, n))
    store16(lp + 4, cast(uint16_t, count if count < LISTPACK_COUNT_MAX else LISTPACK_COUNT_MAX))
    p = lp + LISTPACK_HEADER
    for i in range(count):
        p = element_write(p, address(elements[i]))
    p[0] = cast(cython.char, LISTPACK_END)
    return lp


def listpack_free(heap, lp):
    heap_free(heap, lp, listpack_bytes(lp))


def listpack_copy(heap, lp):
    n: cython.size_t = listpack_bytes(lp)
    fresh: Listpack = cast(Listpack, heap_alloc(heap, n))
    if fresh != NULL:
        memcpy(fresh, lp, n)
    return fresh


def listpack_count(lp):
    """How many elements. O(1) up to 65534 of them, else O(elements)."""
    n: cython.size_t = load16(lp + 4)
    p: cython.p_char
    if n != LISTPACK_COUNT_MAX:
        return n
    n = 0
    p = listpack_first(cast(Listpack, lp))
    while p != NULL:
        n += 1
        p = listpack_next(p)
    return n


# --- elements --------------------------------------------------------------------------------------------------------


def back_length_bytes(n):
    """How many bytes the back length of an element of n bytes takes."""
    if n <= 127:
        return 1
    if n < 16383:
        return 2
    if n < 2097151:
        return 3
    return 4 if n < 268435455 else 5


def back_length_write(p, n, size):
    """Write it: the lowest 7 bits last, the top bit set in all but the first."""
    i: cython.size_t = size
    while i > 0:
        i -= 1
        p[i] = cast(cython.char, (n & 127) | (128 if i > 0 else 0))
        n >>= 7


def element_of(element, s):
    """How the string s will be written: as an integer if it reads as one."""
    value: int64_t = 0
    if s.n <= 20 and parse_integer(s.p, s.n, address(value)):
        element_of_integer(element, value)
    else:
        element_of_string(element, s.p, s.n)


def element_of_string(element, p, n):
    element.data = p
    element.data_bytes = n
    if n < 64:
        element.head[0] = cast(uint8_t, 128 | n)
        element.head_bytes = 1
    elif n < 4096:
        element.head[0] = cast(uint8_t, ENCODING_STRING_12 | (n >> 8))
        element.head[1] = cast(uint8_t, n & 255)
        element.head_bytes = 2
    else:
        element.head[0] = ENCODING_STRING_32
        store32(address(element.head[1]), cast(uint32_t, n))
        element.head_bytes = 5
    element.back_bytes = back_length_bytes(element.head_bytes + n)


def element_of_integer(element, value):
    """The shortest form of the integer."""
    bits: uint64_t = cast(uint64_t, value)
    scratch: cython.char[8]
    kind: cython.int
    element.data = NULL
    element.data_bytes = 0
    element.back_bytes = 1
    if 0 <= value <= 127:
        element.head[0] = cast(uint8_t, value)
        element.head_bytes = 1
        return
    if -4096 <= value <= 4095:
        element.head[0] = cast(uint8_t, ENCODING_INT_13 | ((bits >> 8) & 31))
        element.head[1] = cast(uint8_t, bits & 255)
        element.head_bytes = 2
        return
    if -32768 <= value <= 32767:
        kind = ENCODING_INT_16
    elif -8388608 <= value <= 8388607:
        kind = ENCODING_INT_24
    elif -2147483648 <= value <= 2147483647:
        kind = ENCODING_INT_32
    else:
        kind = ENCODING_INT_64
    element.head[0] = cast(uint8_t, kind)
    store64(scratch, bits)
    memcpy(address(element.head[1]), scratch, INTEGER_BYTES[kind & 7])
    element.head_bytes = 1 + INTEGER_BYTES[kind & 7]


def element_write(p, element):
    """Write the element to p; behind it."""
    memcpy(p, element.head, element.head_bytes)
    p += element.head_bytes
    if element.data_bytes > 0:
        memcpy(p, element.data, element.data_bytes)
        p += element.data_bytes
    back_length_write(p, element.head_bytes + element.data_bytes, element.back_bytes)
    return p + element.back_bytes


def listpack_long_item(p):
    """`listpack_item` for the encodings that are rare."""
    item: Item
    wide: uint32_t
    head: uint8_t = cast(uint8_t, p[0])
    item.p = NULL
    item.n = 0
    item.integer = 0
    if head == ENCODING_STRING_32:
        item.p = cast(cython.p_char, p) + 5
        item.n = load32(p + 1)
    elif head == ENCODING_INT_16:
        item.integer = cast(int16_t, load16(p + 1))
    elif head == ENCODING_INT_24:
        wide = (cast(uint32_t, load16(p + 1)) << 8) | (cast(uint32_t, cast(uint8_t, p[3])) << 24)
        item.integer = cast(int32_t, wide) >> 8
    elif head == ENCODING_INT_32:
        item.integer = cast(int32_t, load32(p + 1))
    else:
        item.integer = cast(int64_t, load64(p + 1))
    return item


def listpack_text(p, scratch):
    """The element at p as text; an integer is written to `scratch` (INTEGER_MAX bytes)."""
    item: Item = listpack_item(p)
    return item_text(address(item), scratch)


# --- changing --------------------------------------------------------------------------------------------------------


def listpack_splice(heap, lp, at, removed_bytes, removed, elements, count):
    """At offset `at`, take out `removed` elements (`removed_bytes`) and put `count` elements in.

    Returns the listpack, which may have moved; NULL when memory is short or it would get too long: then nothing has
    changed. (Removing alone is not refused but when the system has nothing left at all.) `elements` must not point into
    the listpack.
    """
    old: cython.size_t = listpack_bytes(lp)
    inserted: cython.size_t = 0
    total: cython.size_t
    number: cython.size_t = load16(lp + 4)
    fresh: Listpack = lp
    p: cython.p_char
    i: cython.int
    for i in range(count):
        inserted += element_bytes(address(elements[i]))
    total = old - removed_bytes + inserted
    if inserted > LISTPACK_LIMIT or total > LISTPACK_LIMIT:
        return NULL
    if old > SMALL_MAX and total > SMALL_MAX:
        if total > old:
            fresh = cast(Listpack, heap_resize(heap, lp, old, total))
            lp = fresh
    elif not same_block(old, total):
        fresh = cast(Listpack, heap_alloc(heap, total) if total > old else heap_alloc_smaller(heap, total))
        if fresh == NULL and total < old <= SMALL_MAX:
            fresh = lp              # then it keeps the block it has
    if fresh == NULL:
        return NULL
    p = fresh + at
    memmove(p + inserted, lp + at + removed_bytes, old - at - removed_bytes)
    if fresh != lp:                 # into another block, each part went at once to where it belongs
        memcpy(fresh, lp, at)
    for i in range(count):
        p = element_write(p, address(elements[i]))
    store32(fresh, cast(uint32_t, total))
    if number != LISTPACK_COUNT_MAX:
        number = number - removed + count
        store16(fresh + 4, cast(uint16_t, number if number < LISTPACK_COUNT_MAX else LISTPACK_COUNT_MAX))
    if fresh != lp:
        heap_free(heap, lp, old)
    elif total < old and total > SMALL_MAX:
        lp = cast(Listpack, heap_resize(heap, fresh, old, total))
        if lp != NULL:
            fresh = lp
    return fresh


def listpack_append(heap, lp, s):
    element: Element
    element_of(address(element), s)
    return listpack_splice(heap, lp, listpack_bytes(lp) - 1, 0, 0, address(element), 1)


def listpack_append_integer(heap, lp, value):
    element: Element
    element_of_integer(address(element), value)
    return listpack_splice(heap, lp, listpack_bytes(lp) - 1, 0, 0, address(element), 1)


def listpack_insert(heap, lp, at, s):
    """Before the element at offset `at`."""
    element: Element
    element_of(address(element), s)
    return listpack_splice(heap, lp, at, 0, 0, address(element), 1)


def listpack_replace(heap, lp, p, s):
    element: Element
    element_of(address(element), s)
    return listpack_splice(heap, lp, p - lp, listpack_skip(p) - p, 1, address(element), 1)


def listpack_delete(heap, lp, p, count):
    """The element at p and those behind it, `count` in all (no more than there are). Never fails."""
    end: cython.p_char = p
    _: cython.size_t
    for _ in range(count):
        end = listpack_skip(end)
    return listpack_splice(heap, lp, p - lp, end - p, count, NULL, 0)


# --- walking ---------------------------------------------------------------------------------------------------------


def listpack_last(lp):
    """The last element, NULL if there is none."""
    return listpack_previous(lp, lp + listpack_bytes(lp) - 1)


def listpack_previous(lp, p):
    """The element before p (which may be the end), NULL at the start."""
    n: cython.size_t = 0
    shift: cython.int = 0
    if p == lp + LISTPACK_HEADER:
        return NULL
    while True:
        p -= 1
        n |= cast(cython.size_t, p[0] & 127) << shift
        if not p[0] & 128:
            return p - n
        shift += 7


def listpack_at(lp, index):
    """The element number `index`, from the end when negative; NULL if there is none. O(distance to the nearer end)."""
    count: int64_t = listpack_count(lp)
    p: cython.p_char
    if index < 0:
        index += count
    if index < 0 or index >= count:
        return NULL
    if index > count // 2:
        p = listpack_last(lp)
        while index < count - 1:
            p = listpack_previous(lp, p)
            index += 1
        return p
    p = listpack_first(lp)
    while index > 0:
        p = listpack_next(p)
        index -= 1
    return p


def listpack_find(lp, p, s, skip):
    """The first element equal to s from p on, looking at every (skip + 1)-th; NULL if there is none."""
    sought: Sought
    _: cython.int
    sought_of(address(sought), s)
    while p != NULL:
        if element_is(p, address(sought)):
            return p
        p = listpack_next(p)
        for _ in range(skip):
            if p == NULL:
                break
            p = listpack_next(p)
    return NULL


# --- all elements that are equal to a text ---------------------------------------------------------------------------


def sought_of(sought, s):
    sought.p = s.p
    sought.n = s.n
    sought.integer = 0
    sought.is_integer = s.n <= 20 and parse_integer(s.p, s.n, address(sought.integer))


def listpack_count_equal(lp, sought):
    """How many elements are what is sought."""
    found: cython.size_t = 0
    p: cython.p_char = listpack_first(lp)
    while p != NULL:
        if element_is(p, sought):
            found += 1
        p = listpack_next(p)
    return found


def listpack_remove_equal(lp, sought, skip, limit):
    """Take out the elements that are what is sought, but for the first `skip` of them, and at most `limit`. How many?

    In one pass: stretches of elements that stay move together. The block stays, and is the caller's to shorten.
    """
    old: cython.size_t = listpack_bytes(lp)
    number: cython.size_t = load16(lp + 4)
    removed: cython.size_t = 0
    p: cython.p_char = lp + LISTPACK_HEADER
    stays: cython.p_char = p            # start of the stretch that is being read
    to: cython.p_char = p               # where it goes
    after: cython.p_char
    while removed < limit and cast(uint8_t, p[0]) != LISTPACK_END:
        after = listpack_skip(p)
        if element_is(p, sought):
            if skip > 0:
                skip -= 1
            else:
                memmove(to, stays, p - stays)
                to += p - stays
                stays = after
                removed += 1
        p = after
    memmove(to, stays, lp + old - stays)
    store32(lp, cast(uint32_t, old - (stays - to)))
    if number != LISTPACK_COUNT_MAX:
        store16(lp + 4, cast(uint16_t, number - removed))
    return removed


# --- what comes from outside -----------------------------------------------------------------------------------------


def listpack_is_valid(lp, n, count):
    """Is lp[:n] a whole listpack that everything above can walk without leaving it? Its elements are counted."""
    at: cython.size_t = LISTPACK_HEADER
    size: cython.size_t
    back: cython.size_t
    head: uint8_t
    count[0] = 0
    if n < LISTPACK_EMPTY or listpack_bytes(lp) != n or cast(uint8_t, lp[n - 1]) != LISTPACK_END:
        return False
    while at < n - 1:
        head = cast(uint8_t, lp[at])
        if head > ENCODING_INT_64 or (at + 5 > n and head >= ENCODING_STRING_12):
            return False
        size = encoded_bytes(lp + at)
        back = back_length_bytes(size)
        if size > n or at + size + back > n - 1 or not back_length_is(lp + at + size, size, back):
            return False
        at += size + back
        count[0] += 1
    return load16(lp + 4) == LISTPACK_COUNT_MAX or load16(lp + 4) == count[0]


def back_length_is(p, n, size):
    """Does p hold the back length n in `size` bytes?"""
    expected: cython.char[8]
    back_length_write(expected, n, size)
    return memcmp(p, expected, size) == 0
