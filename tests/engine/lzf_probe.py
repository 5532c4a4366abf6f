"""LZF for tests: each function works in buffers of their exact size."""

import cython
from cython.cimports.kvik.engine.lzf import lzf_compress, lzf_decompress
from cython.cimports.tests.engine.exact import exact_copy, exact_free, exact_room


def compress(data: bytes, room: cython.Py_ssize_t) -> bytes:
    """Empty: it does not fit."""
    p: cython.p_char = exact_copy(data)
    out: cython.p_char = exact_room(room)
    n: cython.size_t = lzf_compress(p, len(data), out, room)
    result: bytes = out[:n]
    exact_free(p)
    exact_free(out)
    return result


def decompress(data: bytes, size: cython.Py_ssize_t) -> object:
    """None: damaged, or of another size."""
    p: cython.p_char = exact_copy(data)
    out: cython.p_char = exact_room(size)
    good: cython.bint = lzf_decompress(p, len(data), out, size)
    result: bytes = out[:size]
    exact_free(p)
    exact_free(out)
    return result if good else None
