"""LZF, the compression of strings in RDB files: no entropy coding, only literal bytes and what stood there before.

    000ccccc  c + 1 bytes                                      these bytes
    llldddddd dddddddd             l = 1 to 6                  the l + 2 bytes that begin d + 1 bytes before here
    111ddddd  llllllll  dddddddd                               the l + 9 bytes, likewise

The compressor remembers, in a table, the place where it last saw three bytes of each hash. Places are kept modulo
2 ** 16, and whatever the table says is compared with the bytes themselves; so a wrong place costs a match, no more.
The table is as large as the input deserves, since clearing it is what short strings would pay most for.
"""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.intrinsics import high_bit, load32, load64, low_byte, store64
from cython.cimports.libc.stdint import uint16_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


def lzf_compress(p, n, out, room):
    """Compress p[:n] to out[:room]: the bytes written, 0 if they do not fit. O(n).

    Call it with less room than n and it is 0 when nothing is gained.
    """
    places: uint16_t[LZF_TABLE]
    bits: cython.int = table_bits(n)
    w: LzfWriter
    i: cython.size_t = 0
    done: cython.size_t = 0             # p[:done] is written
    misses: cython.size_t = 0
    distance: cython.size_t
    length: cython.size_t
    h: cython.uint
    w.out = out
    w.at = 0
    w.room = room
    memset(places, 0, (cast(cython.size_t, 2) << bits))
    while i + 4 <= n:
        h = place_hash(p + i, bits)
        distance = (i - places[h]) & 0xFFFF
        places[h] = cast(uint16_t, i)
        if 0 < distance <= LZF_DISTANCE_MAX and distance <= i \
                and (load32(p + i) ^ load32(p + i - distance)) << 8 == 0:
            length = n - i if n - i < LZF_MATCH_MAX else LZF_MATCH_MAX
            length = match_length(p + i, p + i - distance, length)
            if not write_literals(address(w), p + done, i - done) or not write_match(address(w), distance, length):
                return 0
            # What begins inside the match is remembered too, at its start and its end.
            remember(places, bits, p, n, i + 1)
            i += length
            done = i
            misses = 0
            remember(places, bits, p, n, i - 2)
            remember(places, bits, p, n, i - 1)
        else:
            i += 1 + (misses >> LZF_PATIENCE)
            misses += 1
    return w.at if write_literals(address(w), p + done, n - done) else 0


def table_bits(n):
    """The size of the table for n bytes of input, as a power of two."""
    bits: cython.int = high_bit(n | 1) + 3
    if bits < LZF_TABLE_BITS_MIN:
        return LZF_TABLE_BITS_MIN
    return bits if bits < LZF_TABLE_BITS else LZF_TABLE_BITS


def remember(places, bits, p, n, i):
    if i + 4 <= n:
        places[place_hash(p + i, bits)] = cast(uint16_t, i)


def match_length(p, earlier, most):
    """How many bytes are the same at both places, `most` at most."""
    n: cython.size_t = 0
    different: uint64_t
    while n + 8 <= most:
        different = load64(p + n) ^ load64(earlier + n)
        if different != 0:
            return n + low_byte(different)
        n += 8
    while n < most and p[n] == earlier[n]:
        n += 1
    return n


def write_literals(w, p, n):
    """False: no room."""
    run: cython.size_t
    if n + (n + LZF_RUN_MAX - 1) // LZF_RUN_MAX > w.room - w.at:
        return False
    while n > 0:
        run = n if n < LZF_RUN_MAX else LZF_RUN_MAX
        w.out[w.at] = cast(cython.char, run - 1)
        memcpy(w.out + w.at + 1, p, run)
        w.at += run + 1
        p += run
        n -= run
    return True


def write_match(w, distance, length):
    """False: no room."""
    back: cython.size_t = distance - 1
    more: cython.size_t = length - 2
    if w.room - w.at < (2 if more < LZF_LONG else 3):
        return False
    if more < LZF_LONG:
        w.out[w.at] = cast(cython.char, (more << 5) | (back >> 8))
    else:
        w.out[w.at] = cast(cython.char, (LZF_LONG << 5) | (back >> 8))
        w.at += 1
        w.out[w.at] = cast(cython.char, more - LZF_LONG)
    w.out[w.at + 1] = cast(cython.char, back & 255)
    w.at += 2
    return True


def lzf_decompress(p, n, out, size):
    """Decompress p[:n] to out[:size]. False: it is damaged, or not of exactly that size. O(size)."""
    i: cython.size_t = 0
    at: cython.size_t = 0
    length: cython.size_t
    distance: cython.size_t
    while i < n:
        length = cast(cython.uchar, p[i])
        i += 1
        if length < LZF_RUN_MAX:
            length += 1
            if length > n - i or length > size - at:
                return False
            memcpy(out + at, p + i, length)
            i += length
        else:
            distance = (length & 31) << 8
            length >>= 5
            if length == LZF_LONG:
                if i == n:
                    return False
                length += cast(cython.uchar, p[i])
                i += 1
            if i == n:
                return False
            distance += cast(cython.uchar, p[i]) + 1
            i += 1
            length += 2
            if distance > at or length > size - at:
                return False
            copy_match(out + at, distance, length, size - at)
        at += length
    return at == size


def copy_match(to, distance, length, room):
    """Copy to to[:length] what stands `distance` before it; to[:room] may be written. The two may overlap."""
    i: cython.size_t = 0
    if distance >= 8 and length + 8 <= room:
        while i < length:
            store64(to + i, load64(to + i - distance))
            i += 8
    elif distance == 1:
        memset(to, to[-1], length)
    else:
        while i < length:
            to[i] = to[i - distance]
            i += 1
