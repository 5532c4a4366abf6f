"""LZF: quick compression that looks for three bytes which have been seen before. The form is drawn in lzf.pxd.

Packing keeps, for each hash of three bytes, where they stood last, and writes a reference where they are the same;
the table lives on the stack. Unpacking trusts nothing: a reference to before the start, or a length beyond the room or
the input, is damage.
"""

# ruff: noqa: F821
import cython
from cython import address, cast, sizeof
from cython.cimports.libc.stdint import uint8_t, uint32_t
from cython.cimports.libc.string import memcpy, memset


def lzf_compress(p, n, out, room):
    """Pack p[:n] into out[:room]. How many bytes that took; 0 when they are not enough. O(n)."""
    last: uint32_t[8192]
    packer: Packer
    begin: ConstBytesPtr = cast(ConstBytesPtr, p)
    end: ConstBytesPtr = begin + n
    at: ConstBytesPtr = begin
    earlier: ConstBytesPtr
    h: uint32_t
    length: cython.size_t
    if n >> 32 != 0:
        return 0
    memset(last, 0, sizeof(last))
    packer.literals = begin
    packer.out = cast(BytesPtr, out)
    packer.end = packer.out + room
    while end - at > MATCH_MIN:
        h = hash_three(three_bytes(at))
        earlier = begin + last[h]
        last[h] = cast(uint32_t, at - begin)
        if earlier >= at or at - earlier > DISTANCE_MAX or three_bytes(earlier) != three_bytes(at):
            at += 1
            continue
        length = match_length(at, earlier, end)
        if not put_literals(address(packer), at) or not put_match(address(packer), at - earlier, length):
            return 0
        if length > 4:
            last[hash_three(three_bytes(at + 1))] = cast(uint32_t, at + 1 - begin)
        at += length
        packer.literals = at
    if not put_literals(address(packer), end):
        return 0
    return packer.out - cast(BytesPtr, out)


def match_length(p, earlier, end):
    """How many bytes from p on are those from `earlier` on."""
    length: cython.size_t = MATCH_MIN
    limit: cython.size_t = end - p
    if limit > MATCH_MAX:
        limit = MATCH_MAX
    while length < limit and p[length] == earlier[length]:
        length += 1
    return length


def put_literals(packer, end):
    """Write the bytes up to `end` that no match covers, as they are."""
    count: cython.size_t
    while packer.literals < end:
        count = end - packer.literals
        if count > LITERALS_MAX:
            count = LITERALS_MAX
        if cast(cython.size_t, packer.end - packer.out) < count + 1:
            return False
        packer.out[0] = cast(uint8_t, count - 1)
        memcpy(packer.out + 1, packer.literals, count)
        packer.out += count + 1
        packer.literals += count
    return True


def put_match(packer, distance, length):
    if packer.end - packer.out < 3:
        return False
    distance -= 1
    length -= 2
    if length < 7:
        packer.out[0] = cast(uint8_t, (length << 5) | (distance >> 8))
        packer.out += 1
    else:
        packer.out[0] = cast(uint8_t, 224 | (distance >> 8))
        packer.out[1] = cast(uint8_t, length - 7)
        packer.out += 2
    packer.out[0] = cast(uint8_t, distance & 255)
    packer.out += 1
    return True


def lzf_decompress(p, n, out, size):
    """Unpack p[:n], which must give out[:size] exactly. False: it is damaged. O(size)."""
    at: ConstBytesPtr = cast(ConstBytesPtr, p)
    end: ConstBytesPtr = at + n
    to: BytesPtr = cast(BytesPtr, out)
    limit: BytesPtr = to + size
    length: cython.size_t
    distance: cython.size_t
    i: cython.size_t
    while at < end:
        length = at[0] >> 5
        distance = at[0] & 31
        at += 1
        if length == 0:
            length = distance + 1
            if cast(cython.size_t, end - at) < length or cast(cython.size_t, limit - to) < length:
                return False
            memcpy(to, at, length)
            at += length
            to += length
            continue
        if length == 7:
            if at == end:
                return False
            length += at[0]
            at += 1
        if at == end:
            return False
        distance = ((distance << 8) | at[0]) + 1
        at += 1
        length += 2
        if cast(cython.size_t, to - cast(BytesPtr, out)) < distance or cast(cython.size_t, limit - to) < length:
            return False
        if distance >= length:
            memcpy(to, to - distance, length)
        else:
            for i in range(length):         # what is written is read again
                to[i] = (to - distance)[i]
        to += length
    return to == limit
