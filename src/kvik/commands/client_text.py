"""What a client may call itself."""

from __future__ import annotations

from kvik.wire.types import CommandError


def before_nul(text: bytes) -> bytes:
    return text.partition(b"\0")[0]


def check_text(text: bytes, what: str) -> None:
    """Names stand in lines of CLIENT LIST, so they hold printable characters and no space; those lines show them up
    to the first NUL, and what is behind it is not looked at."""
    if any(not 33 <= byte <= 126 for byte in before_nul(text)):
        raise CommandError(f"ERR {what} cannot contain spaces, newlines or special characters.")
