"""What a client may call itself."""

from __future__ import annotations

from kvik.wire.types import CommandError


def check_text(text: bytes, what: str) -> None:
    """Names stand in lines of CLIENT LIST, so they hold printable characters and no space."""
    if any(not 33 <= byte <= 126 for byte in text):
        raise CommandError(f"ERR {what} cannot contain spaces, newlines or special characters.")
