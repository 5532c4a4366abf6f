"""Reading integers in handlers that are written in Python (compiled ones: `arguments.py`)."""

from __future__ import annotations

import re
from typing import Final

from kvik.wire.types import CommandError

_INTEGER: Final = re.compile(rb"-?[1-9][0-9]{0,18}|0")
INT64_MAX: Final = (1 << 63) - 1


def parse_integer(text: bytes) -> int | None:
    """`text` as a signed 64-bit integer in the one form that Redis takes: no sign +, no leading zero, no space."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -INT64_MAX - 1 <= value <= INT64_MAX else None


def read_integer(text: bytes, what: str = "value") -> int:
    """Raises the error that names `what`."""
    value = parse_integer(text)
    if value is None:
        raise CommandError(f"ERR {what} is not an integer or out of range")
    return value
