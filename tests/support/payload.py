"""DUMP payloads made by hand: a type byte and a body, with the version and checksum that RESTORE asks for."""

from __future__ import annotations

from functools import cache

POLYNOMIAL = 0x95AC9329AC4BC9B5  # Jones's, reflected


@cache
def table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
        entries.append(crc)
    return tuple(entries)


def crc64(data: bytes, crc: int = 0) -> int:
    """The CRC-64 that ends RDB files and DUMP payloads."""
    entries = table()
    for byte in data:
        crc = entries[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc


def payload(kind: int, body: bytes, version: int = 10) -> bytes:
    """What DUMP would give for a value of RDB type `kind` with that body."""
    data = bytes([kind]) + body + version.to_bytes(2, "little")
    return data + crc64(data).to_bytes(8, "little")
