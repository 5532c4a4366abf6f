"""CRC-64 for tests."""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.crc64 import Crc64, crc64_init, crc64_update
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.tests.engine.exact import exact_copy, exact_free


def crc64(data: bytes, value: uint64_t = 0) -> int:
    crc: Crc64
    p: cython.p_char = exact_copy(data)
    crc64_init(address(crc))
    value = crc64_update(address(crc), value, p, len(data))
    exact_free(p)
    return value
