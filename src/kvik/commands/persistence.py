"""SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: snapshots and the append-only file by command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kvik.wire.types import OK, CommandError, Reply, Simple

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server


def save(server: Server, client: object, args: Sequence[bytes]) -> Reply:
    if server.snapshots.in_progress:
        raise CommandError("ERR Background save already in progress")
    server.snapshots.saves += 1
    if not server.snapshots.save():
        raise CommandError("ERR")
    return OK


def bgsave(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    options = [arg.lower() for arg in args[1:]]
    if len(options) > 1 or (options and options[0] not in (b"schedule", b"cancel")):
        raise CommandError("ERR syntax error")
    if options == [b"cancel"]:
        return _cancel(server)
    if server.snapshots.in_progress:
        raise CommandError("ERR Background save already in progress")
    if server.children.active is not None or client.in_transaction:
        if not options and not client.in_transaction:
            raise CommandError(
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to "
                "schedule a BGSAVE whenever possible."
            )
        server.snapshots.scheduled = True
        return Simple("Background saving scheduled")
    if not server.snapshots.save_in_background():
        raise CommandError("ERR")
    return Simple("Background saving started")


def _cancel(server: Server) -> Reply:
    if server.snapshots.in_progress:
        server.snapshots.cancel()
        return Simple("Background saving cancelled")
    if server.snapshots.scheduled:
        server.snapshots.scheduled = False
        return Simple("Scheduled background saving cancelled")
    raise CommandError("ERR Background saving is currently not in progress or scheduled")


def lastsave(server: Server, client: object, args: Sequence[bytes]) -> Reply:
    return server.snapshots.last_save


def bgrewriteaof(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if server.aof.is_rewriting:
        raise CommandError("ERR Background append only file rewriting already in progress")
    if server.children.active is not None or client.in_transaction:
        server.aof.rewrite_scheduled = True
        return Simple("Background append only file rewriting scheduled")
    if not server.aof.rewrite():
        raise CommandError(
            "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
        )
    return Simple("Background append only file rewriting started")
