"""SHUTDOWN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from kvik.wire.types import NO_REPLY, CommandError, Reply

OPTIONS: Final = frozenset((b"nosave", b"save", b"now", b"force", b"abort", b"safe", b"failover"))


class Server(Protocol):
    """What SHUTDOWN needs of a server."""

    def busy_error(self) -> str | None:
        """What to answer while a script runs that nothing may wait for; None: none does."""

    def shutdown(self, *, save: bool | None, force: bool, reason: str) -> bool: ...


class Client(Protocol):
    """And of a client."""

    def describe(self) -> str: ...


def shutdown(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Ends the server: there is no reply but the end of the connection, unless the data set could not be saved."""
    options = {arg.lower() for arg in args[1:]}
    if not options <= OPTIONS or {b"save", b"nosave"} <= options or (b"abort" in options and len(args) > 2):
        raise CommandError("ERR syntax error")
    if b"abort" in options:
        raise CommandError("ERR No shutdown in progress.")
    busy = server.busy_error()
    if busy and b"nosave" not in options:
        raise CommandError(busy)
    save = True if b"save" in options else False if b"nosave" in options else None
    if not server.shutdown(save=save, force=b"force" in options, reason=f"user request from '{client.describe()}'"):
        raise CommandError("ERR Errors trying to SHUTDOWN. Check logs.")
    return NO_REPLY
