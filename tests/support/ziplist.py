"""Ziplists and zipmaps as old Redis wrote them: for tests of reading them."""

from __future__ import annotations

from collections.abc import Iterable

INTEGERS = ((254, 1), (192, 2), (240, 3), (208, 4), (224, 8))


def ziplist(entries: Iterable[bytes | int]) -> bytes:
    body, before, tail, count = b"", 0, 10, 0
    for entry in entries:
        data = (bytes([before]) if before < 254 else b"\xfe" + before.to_bytes(4, "little")) + encoded(entry)
        tail, before, count = 10 + len(body), len(data), count + 1
        body += data
    head = (11 + len(body)).to_bytes(4, "little") + tail.to_bytes(4, "little") + min(count, 65535).to_bytes(2, "little")
    return head + body + b"\xff"


def encoded(entry: bytes | int) -> bytes:
    if isinstance(entry, bytes):
        n = len(entry)
        if n < 64:
            return bytes([n]) + entry
        if n < 16384:
            return (n | 0x4000).to_bytes(2, "big") + entry
        return b"\x80" + n.to_bytes(4, "big") + entry
    if 0 <= entry <= 12:
        return bytes([0xF1 + entry])
    head, size = next((head, size) for head, size in INTEGERS if -(1 << (size * 8 - 1)) <= entry < 1 << (size * 8 - 1))
    return bytes([head]) + entry.to_bytes(size, "little", signed=True)


def zipmap(pairs: Iterable[tuple[bytes, bytes]], unused: int = 0) -> bytes:
    pairs = list(pairs)

    def length(n: int) -> bytes:
        return bytes([n]) if n < 254 else b"\xfe" + n.to_bytes(4, "little")

    body = b"".join(
        length(len(field)) + field + length(len(value)) + bytes([unused]) + value + b"\0" * unused
        for field, value in pairs
    )
    return bytes([min(len(pairs), 254)]) + body + b"\xff"
