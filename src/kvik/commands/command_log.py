"""COMMANDLOG, and SLOWLOG, which is the same for slow commands only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.numbers import parse_integer
from kvik.server.command_log import LARGE_REPLY, LARGE_REQUEST, SLOW
from kvik.server.config_text import decode
from kvik.wire.types import OK, CommandError, Reply

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

SLOWLOG_HELP: Final = """\
SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
GET [<count>]
    Return top <count> entries from the slowlog (default: 10, -1 mean all).
    Entries are made of:
    id, timestamp, time in microseconds, arguments array, client IP and port,
    client name
LEN
    Return the length of the slowlog.
RESET
    Reset the slowlog.
HELP
    Print this help."""

COMMANDLOG_HELP: Final = """\
COMMANDLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
GET <count> <type>
    Return top <count> entries of the specified <type> from the commandlog (-1 mean all).
    Entries are made of:
    id, timestamp,
        time in microseconds for type of slow,
        or size in bytes for type of large-request,
        or size in bytes for type of large-reply
    arguments array, client IP and port,
    client name
LEN <type>
    Return the length of the specified type of commandlog.
RESET <type>
    Reset the specified type of commandlog.
HELP
    Print this help."""

KINDS: Final = {b"slow": SLOW, b"large-request": LARGE_REQUEST, b"large-reply": LARGE_REPLY}
_DEFAULT_COUNT: Final = 10


def slowlog_get(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if len(args) > 3:
        raise CommandError(
            f"ERR unknown subcommand or wrong number of arguments for '{decode(args[1][:128])}'. Try SLOWLOG HELP."
        )
    return _latest(server, SLOW, _read_count(args[2]) if len(args) > 2 else _DEFAULT_COUNT)


def slowlog_len(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return server.command_log.length(SLOW)


def slowlog_reset(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.command_log.clear(SLOW)
    return OK


def slowlog_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(SLOWLOG_HELP, args)


def commandlog_get(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    count = _read_count(args[2])
    return _latest(server, _read_kind(args[3]), count)


def commandlog_len(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return server.command_log.length(_read_kind(args[2]))


def commandlog_reset(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.command_log.clear(_read_kind(args[2]))
    return OK


def commandlog_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(COMMANDLOG_HELP, args)


def _latest(server: Server, kind: int, count: int) -> Reply:
    return [
        [each.number, each.time, each.value, each.args, each.peer, each.name]
        for each in server.command_log.latest(kind, count)
    ]


def _read_count(text: bytes) -> int:
    count = parse_integer(text)
    if count is None or count < -1:
        raise CommandError("ERR count should be greater than or equal to -1")
    return count


def _read_kind(word: bytes) -> int:
    kind = KINDS.get(word.lower())
    if kind is None:
        raise CommandError("ERR type should be one of the following: slow, large-request, large-reply")
    return kind
