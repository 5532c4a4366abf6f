"""SHUTDOWN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kvik.wire.types import NO_REPLY, CommandError, Reply


class Server(Protocol):
    """What SHUTDOWN needs of a server."""

    def shutdown(self, reason: str) -> None: ...


def shutdown(server: Server, client: object, args: Sequence[bytes]) -> Reply:
    """Ends the server: there is no reply but the end of the connection."""
    options = [arg.lower() for arg in args[1:]]
    known = {b"nosave", b"save", b"now", b"force", b"abort", b"safe", b"failover"}
    if any(option not in known for option in options) or (b"save" in options and b"nosave" in options):
        raise CommandError("ERR syntax error")
    if b"abort" in options:
        if set(options) != {b"abort"}:
            raise CommandError("ERR syntax error")
        raise CommandError("ERR No shutdown in progress.")
    server.shutdown("SHUTDOWN")
    return NO_REPLY
