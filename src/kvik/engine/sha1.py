"""SHA-1 (FIPS 180-4): not for secrets, but the name by which EVALSHA calls a script."""

# ruff: noqa: F821
import cython
from cython import cast
from cython.cimports.libc.string import memcpy, memset


def sha1_hex(p, n, out):
    """Write the digest of n bytes to `out`, 40 lower-case hexadecimal digits without an end. O(n)."""
    state: uint32_t[5]
    tail: cython.uchar[128]
    digits: cython.p_const_char = "0123456789abcdef"
    i: cython.int
    left: cython.size_t = n % 64
    tail_bytes: cython.size_t = 64 if left < 56 else 128
    bits: uint64_t = n * 8
    byte: cython.uint
    memcpy(state, SHA1_START, 20)
    for i in range(n // 64):
        sha1_block(state, cast(BytesPtr, p) + i * 64)
    memset(tail, 0, 128)
    memcpy(tail, p + (n - left), left)
    tail[left] = 128
    for i in range(8):
        tail[tail_bytes - 1 - i] = (bits >> (i * 8)) & 255
    sha1_block(state, tail)
    if tail_bytes == 128:
        sha1_block(state, cast(BytesPtr, tail) + 64)
    for i in range(20):
        byte = (state[i // 4] >> (24 - i % 4 * 8)) & 255
        out[2 * i] = digits[byte >> 4]
        out[2 * i + 1] = digits[byte & 15]


def sha1_block(state, p):
    """Take in 64 bytes."""
    w: uint32_t[80]
    i: cython.int
    a: uint32_t = state[0]
    b: uint32_t = state[1]
    c: uint32_t = state[2]
    d: uint32_t = state[3]
    e: uint32_t = state[4]
    mixed: uint32_t
    for i in range(16):
        w[i] = big_endian32(p + i * 4)
    for i in range(16, 80):
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1)
    for i in range(80):
        if i < 20:
            mixed = (b & c) | (~b & d)
        elif 40 <= i < 60:
            mixed = (b & c) | (b & d) | (c & d)
        else:
            mixed = b ^ c ^ d
        mixed += rotate(a, 5) + e + SHA1_ROUND[i // 20] + w[i]
        e = d
        d = c
        c = rotate(b, 30)
        b = a
        a = mixed
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
