"""Bytes as a bad disk, or somebody with an editor, leaves them."""

from __future__ import annotations

from random import Random


def damaged(whole: bytes, dice: Random, first: int = 0) -> bytes:
    """From the offset `first` on, some bytes changed, taken out or put in."""
    data = bytearray(whole)
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(first, len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                data[at] ^= 1 << dice.randrange(8)
            case 2:
                del data[at : at + dice.randrange(1, 9)]
            case _:
                data[at:at] = dice.randbytes(dice.randrange(1, 9))
    return bytes(data)
