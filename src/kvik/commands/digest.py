"""DEBUG DIGEST: what a data set holds, in 20 bytes, the same for the same data on any server.

As in Redis, SHA-1 sums are combined in two ways: what has an order (a list, the two parts of a pair) is *mixed*, one after
the other; what has none (keys, members) is *xored*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kvik.server.inspector import Inspector

_BYTES: Final = 20
NOTHING: Final = bytes(_BYTES)
_TYPES: Final = {"string": 0, "list": 1, "set": 2, "zset": 3, "hash": 4, "stream": 6}


def data_digest(inspector: Inspector, databases: int) -> bytes:
    """Of all keys and values."""
    digest = NOTHING
    for db in range(databases):
        keys = inspector.keys(db)
        if keys:
            digest = _mix(digest, db.to_bytes(4, "big"))
        for key in keys:
            digest = _xor(digest, value_digest(inspector, db, key, _mix(NOTHING, key)))
    return digest


def value_digest(inspector: Inspector, db: int, key: bytes, digest: bytes = NOTHING) -> bytes:
    """Of one value; of none, if there is no such key."""
    found = inspector.value(db, key)
    if found is None:
        return digest
    kind, value, expires = found
    digest = _mix(digest, _TYPES[kind].to_bytes(4, "big"))
    if isinstance(value, bytes):
        digest = _mix(digest, value)
    else:
        digest = _digest_of(kind, value, digest)
    return _xor(digest, b"!!expire!!") if expires else digest


def _digest_of(kind: str, elements: Iterable[object], digest: bytes) -> bytes:
    for each in elements:
        match each:
            case bytes():
                digest = _mix(digest, each) if kind == "list" else _xor(digest, each)
            case (bytes(name), bytes(value)):
                digest = _xor(digest, _mix(_mix(NOTHING, name), value))
            case (bytes(name), list(words)):
                digest = _mix(digest, name)
                for word in words:
                    digest = _mix(digest, word)
    return digest


def _xor(digest: bytes, data: bytes) -> bytes:
    both = int.from_bytes(digest, "big") ^ int.from_bytes(hashlib.sha1(data).digest(), "big")
    return both.to_bytes(_BYTES, "big")


def _mix(digest: bytes, data: bytes) -> bytes:
    return hashlib.sha1(_xor(digest, data)).digest()
