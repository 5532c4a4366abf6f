"""CONFIG GET, SET, RESETSTAT, REWRITE and HELP. `kvik.server.config` and `config_rewrite` do the work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, Protocol

from kvik.commands.help_text import help_reply
from kvik.server.config import Config, ConfigSetError, RefusedChangeError, is_sensitive
from kvik.server.config_rewrite import rewrite_file
from kvik.server.config_text import decode, encode
from kvik.wire.types import OK, CommandError, Reply


class Log(Protocol):
    def notice(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...


class Server(Protocol):
    """What these commands need of the server."""

    @property
    def config(self) -> Config: ...

    @property
    def config_path(self) -> str | None:
        """The file that the server was started with."""

    @property
    def log(self) -> Log: ...

    def reset_statistics(self) -> None: ...

    def keep_secret(self, *arguments: int) -> None: ...


class Client(Protocol):
    @property
    def is_local(self) -> bool:
        """Connected over a Unix socket or from a loopback address: `enable-protected-configs local`."""


HELP: Final = """\
CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
GET <pattern>
    Return parameters matching the glob-like <pattern> and their values.
SET <directive> <value>
    Set the configuration <directive> to <value>.
RESETSTAT
    Reset statistics reported by the INFO command.
REWRITE
    Rewrite the configuration file.
HELP
    Print this help."""


def config_get(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    found = server.config.get(decode(pattern) for pattern in args[2:])
    return {encode(name): encode(value) for name, value in found.items()}


def config_set(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    words = [decode(word) for word in args[2:]]
    if len(words) % 2:
        raise CommandError("ERR syntax error")
    pairs = list(zip(words[::2], words[1::2], strict=True))
    server.keep_secret(*(3 + 2 * at for at, (name, _) in enumerate(pairs) if is_sensitive(name)))
    try:
        server.config.set(pairs, client_is_local=client.is_local)
    except ConfigSetError as refused:
        if isinstance(refused, RefusedChangeError):
            server.log.warning(
                "Failed applying new configuration. "
                f"Possibly related to new {refused.argument} setting. Restoring previous settings."
            )
        raise CommandError(f"ERR {refused}") from None
    return OK


def config_resetstat(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.reset_statistics()
    return OK


def config_rewrite(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if server.config_path is None:
        raise CommandError("ERR The server is running without a config file")
    try:
        rewrite_file(server.config, server.config_path)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        server.log.warning(f"CONFIG REWRITE failed: {reason}")
        raise CommandError(f"ERR Rewriting config file: {reason}") from None
    server.log.notice("CONFIG REWRITE executed with success.")
    return OK


def config_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
