"""The key hash for tests: four secret words and bytes to a number."""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.hashing import HashKey, hash_bytes
from cython.cimports.tests.engine.exact import exact_copy, exact_free


def hash_of(words: tuple, data: bytes) -> int:
    key: HashKey
    i: cython.int
    for i in range(4):
        key.words[i] = words[i]
    p: cython.p_char = exact_copy(data)
    h: cython.ulonglong = hash_bytes(address(key), p, len(data))
    exact_free(p)
    return h
