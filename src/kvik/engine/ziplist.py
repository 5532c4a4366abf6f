"""Ziplists and zipmaps: reading what old Redis wrote. They are drawn in ziplist.pxd.

Every length is checked against the bytes that are there, and each entry's word for the length of the one before it
against what was really read. A reader that meets damage says so (`damaged`) and ends.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.intrinsics import load32, load64, swap64
from cython.cimports.kvik.engine.listpack import item_text, load16


def damaged(reader):
    reader.damaged = True
    reader.done = True
    return False


def ziplist_open(reader, p, n):
    """Begin to read the ziplist p[:n]. False: its header is no ziplist's."""
    reader.p = p + ZIPLIST_HEADER
    reader.end = p + n
    reader.before = 0
    reader.damaged = False
    reader.done = False
    if n < ZIPLIST_HEADER + 1 or load32(p) != n or cast(uint8_t, p[n - 1]) != ZIPLIST_END or load32(p + 4) >= n:
        return damaged(reader)
    return True


def ziplist_read(reader, item):
    """The next entry. False at the end, and where there is damage. O(1)."""
    begin: Bytes = reader.p
    before: cython.size_t
    head: uint8_t
    good: cython.bint
    if reader.done:
        return False
    head = cast(uint8_t, reader.p[0])
    if head == ZIPLIST_END:
        reader.done = True
        return damaged(reader) if reader.p + 1 != reader.end else False
    before = head
    reader.p += 1
    if head == ZIPLIST_LONG:
        if left(reader) < 6:
            return damaged(reader)
        before = load32(reader.p)
        reader.p += 4
    if before != reader.before or left(reader) < 2:
        return damaged(reader)
    head = cast(uint8_t, reader.p[0])
    reader.p += 1
    good = ziplist_string(reader, head, item) if head < 192 else ziplist_integer(reader, head, item)
    if not good or left(reader) < 1:
        return damaged(reader)
    reader.before = reader.p - begin
    return True


def ziplist_string(reader, head, item):
    n: cython.size_t = head & 63
    if head >= 128:
        if left(reader) < 4:
            return False
        n = swap64(cast(cython.ulonglong, load32(reader.p)) << 32)
        reader.p += 4
    elif head >= 64:
        if left(reader) < 1:
            return False
        n = (n << 8) | cast(uint8_t, reader.p[0])
        reader.p += 1
    if left(reader) < n:
        return False
    item.p = cast(cython.p_char, reader.p)
    item.n = n
    reader.p += n
    return True


def ziplist_read_pair(reader, first, second, scratch):
    """The next two entries as text, for which `scratch` has 48 bytes. False at the end, and where there is damage: one that
    stands alone is that too. O(1).
    """
    a: Item
    b: Item
    if not ziplist_read(reader, address(a)):
        return False
    if not ziplist_read(reader, address(b)):
        return damaged(reader)
    first[0] = item_text(address(a), scratch)
    second[0] = item_text(address(b), scratch + 24)
    return True


def ziplist_integer(reader, head, item):
    n: cython.size_t = 0
    if head == 192:
        n = 2
    elif head == 208:
        n = 4
    elif head == 224:
        n = 8
    elif head == 240:
        n = 3
    elif head == 254:
        n = 1
    elif not 241 <= head <= 253:
        return False
    if left(reader) < n:
        return False
    item.p = NULL
    item.n = 0
    if n == 0:
        item.integer = (head & 15) - 1
    elif n == 1:
        item.integer = cast(int8_t, reader.p[0])
    elif n == 2:
        item.integer = cast(int16_t, load16(reader.p))
    elif n == 3:
        item.integer = load16(reader.p) | (cast(int32_t, cast(int8_t, reader.p[2])) << 16)
    elif n == 4:
        item.integer = cast(int32_t, load32(reader.p))
    else:
        item.integer = cast(int64_t, load64(reader.p))
    reader.p += n
    return True


def zipmap_open(reader, p, n):
    """Begin to read the zipmap p[:n]. False: it is none."""
    reader.p = p + 1
    reader.end = p + n
    reader.damaged = False
    reader.done = False
    if n < 2 or cast(uint8_t, p[n - 1]) != ZIPLIST_END:
        return damaged(reader)
    return True


def zipmap_read(reader, field, value):
    """The next pair. False at the end, and where there is damage. O(1)."""
    if reader.done:
        return False
    if cast(uint8_t, reader.p[0]) == ZIPLIST_END:
        reader.done = True
        return damaged(reader) if reader.p + 1 != reader.end else False
    if not zipmap_text(reader, False, field) or not zipmap_text(reader, True, value) or left(reader) < 1:
        return damaged(reader)
    return True


def zipmap_text(reader, is_value, item):
    n: cython.size_t
    unused: cython.size_t = 0
    if left(reader) < 1:
        return False
    n = cast(uint8_t, reader.p[0])
    reader.p += 1
    if n == ZIPLIST_LONG:
        if left(reader) < 4:
            return False
        n = load32(reader.p)
        reader.p += 4
    elif n == ZIPLIST_END:
        return False
    if is_value:
        if left(reader) < 1:
            return False
        unused = cast(uint8_t, reader.p[0])
        reader.p += 1
    if left(reader) < n or left(reader) - n < unused:
        return False
    item.p = cast(cython.p_char, reader.p)
    item.n = n
    reader.p += n + unused
    return True
