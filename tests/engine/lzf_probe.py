"""LZF and CRC-64 for tests: on blocks of just the size they are told."""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.crc64 import crc64_init, crc64_update
from cython.cimports.kvik.engine.lzf import lzf_compress, lzf_decompress
from cython.cimports.tests.engine.exact import exact_copy, exact_free


def compress(data: bytes, room: cython.size_t):
    """The packed bytes, or None when they do not fit into `room`."""
    p: cython.p_char = exact_copy(data)
    out: cython.p_char = exact_copy(b"\0" * room)
    n: cython.size_t = lzf_compress(p, len(data), out, room)
    packed: object = out[:n] if n else None
    exact_free(p)
    exact_free(out)
    return packed


def decompress(data: bytes, size: cython.size_t):
    """The unpacked bytes, or None when they are damaged."""
    p: cython.p_char = exact_copy(data)
    out: cython.p_char = exact_copy(b"\0" * size)
    unpacked: object = out[:size] if lzf_decompress(p, len(data), out, size) else None
    exact_free(p)
    exact_free(out)
    return unpacked


def crc64(data: bytes, crc: cython.ulonglong = 0):
    c: Crc64
    crc64_init(address(c))
    return crc64_update(address(c), crc, data, len(data))
