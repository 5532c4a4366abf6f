"""MEMORY USAGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.numbers import read_integer
from kvik.wire.types import CommandError, Reply

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
USAGE <key> [SAMPLES <count>]
    Return memory in bytes used by <key> and its value. Nested values are
    sampled up to <count> times (default: 5, 0 means sample all).
HELP
    Print this help."""


def memory_usage(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """The bytes of the entry, its value, and its share of the table."""
    rest = list(args[3:])
    while rest:
        if rest[0].lower() != b"samples" or len(rest) < 2:
            raise CommandError("ERR syntax error")
        if read_integer(rest[1]) < 0:
            raise CommandError("ERR syntax error")
        del rest[:2]
    key = server.core.key_info(client.db, args[2])
    return key["bytes"] if key else None


def memory_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP)
