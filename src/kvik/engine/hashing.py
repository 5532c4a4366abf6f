"""The keyed hash of table keys: folded 64 x 64 -> 128 bit products under four secret words.

The words are drawn from the operating system when a server starts, so which keys collide can be neither
planned from outside nor carried over from another process. All 64 bits are good: tables take the bucket from the
top ones and the tag from the low byte.
"""

# ruff: noqa: F821
import cython
from cython.cimports.kvik.engine.intrinsics import load64, mul_fold
from cython.cimports.libc.stdint import uint64_t


def hash_long(key, p, n):
    """Keys over 16 bytes: 16 at a time, the last step takes the final 16 whatever they overlap."""
    state: uint64_t = key.words[2]
    q: Text = p
    left: cython.size_t = n
    while left > 16:
        state = mul_fold(load64(q) ^ key.words[0] ^ state, load64(q + 8) ^ key.words[1]) ^ state
        q += 16
        left -= 16
    q = p + n - 16
    state = mul_fold(load64(q) ^ key.words[0] ^ state, load64(q + 8) ^ key.words[1])
    return mul_fold(state ^ key.words[2], n ^ key.words[3])
