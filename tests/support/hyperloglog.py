"""Elements of HyperLogLogs made to measure: MurmurHash2 of eight bytes can be run backwards."""

from __future__ import annotations

MASK = (1 << 64) - 1
MULTIPLIER = 0xC6A4A7935BD1E995
INVERSE = pow(MULTIPLIER, -1, 1 << 64)
SEED = 0xADC83B19
EMPTY = b"HYLL\x01" + bytes(10) + b"\x80\x7f\xff"
"""What PFADD without elements makes."""


def unmix(h: int) -> int:
    """What became h by h ^= h >> 47."""
    return h ^ h >> 47


def element(index: int, rank: int, salt: int = 0) -> bytes:
    """Eight bytes that raise that register to that rank (1 to 51); `salt` makes different ones."""
    h = (salt << rank | 1 << rank - 1) & (1 << 50) - 1 if rank < 51 else 0
    h = h << 14 | index
    h = unmix(h) * INVERSE & MASK
    h = unmix(h) * INVERSE & MASK
    k = h ^ SEED ^ 8 * MULTIPLIER & MASK
    k = unmix(k * INVERSE & MASK)
    return (k * INVERSE & MASK).to_bytes(8, "little")
