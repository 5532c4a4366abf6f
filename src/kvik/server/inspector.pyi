"""What plain modules may use of inspector.py, which is compiled."""

from typing import TypedDict

class KeyInfo(TypedDict):
    type: str
    encoding: str
    bytes: int
    length: int
    lru: int
    idle: int
    expiry: int
    address: int

Pairs = list[tuple[bytes, bytes]]
Value = bytes | list[bytes] | Pairs | list[tuple[bytes, list[bytes]]]

class Inspector:
    def keys(self, db: int) -> list[bytes]: ...
    def add_string(self, db: int, key: bytes, value: bytes) -> bool: ...
    def key_info(self, db: int, key: bytes) -> KeyInfo | None: ...
    def table_shape(self, db: int, expiries: bool) -> dict[str, int]: ...
    def value(self, db: int, key: bytes) -> tuple[str, Value, bool] | None: ...
