"""The footer of what DUMP and FUNCTION DUMP write: see payload.pxd."""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.engine.crc64 import crc64_update
from cython.cimports.kvik.engine.intrinsics import load64, store64
from cython.cimports.kvik.engine.listpack import load16
from cython.cimports.kvik.engine.rdb_format import RDB_VERSION_HASH_2, RDB_VERSION_REDIS_MAX
from cython.cimports.kvik.engine.sink import sink_put, sink_put_byte
from cython.cimports.libc.stdint import uint32_t


def payload_end(ks, sink, version):
    """Write the footer. False: memory was short, here or before."""
    checksum: cython.char[8]
    sink_put_byte(sink, version)
    sink_put_byte(sink, 0)
    if sink.failed:
        return False
    store64(checksum, crc64_update(address(ks.crc), 0, sink.data, sink.used))
    sink_put(sink, checksum, 8)
    return not sink.failed


def payload_is_sound(ks, payload):
    """Is its version one we know, and its checksum right?"""
    version: uint32_t
    footer: cython.p_char
    if payload.n < PAYLOAD_FOOTER:
        return False
    footer = payload.p + payload.n - PAYLOAD_FOOTER
    version = load16(footer)
    return (version <= RDB_VERSION_REDIS_MAX or version == RDB_VERSION_HASH_2) \
        and load64(footer + 2) == crc64_update(address(ks.crc), 0, payload.p, payload.n - 8)
