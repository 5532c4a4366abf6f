"""MODULE: what modules there are, and loading and unloading them while the server runs.

Only with ``enable-module-command yes`` (or ``local``, for clients of this machine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.scripting.modules import ModuleError
from kvik.server.config_text import decode
from kvik.wire.types import OK, CommandError, Reply

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
LIST
    Return a list of loaded modules.
LOAD <path> [<arg> ...]
    Load a module library from <path>, passing to it any optional arguments.
LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]
    Load a module library from <path>, while passing it module configurations and optional arguments.
UNLOAD <name>
    Unload a module.
HELP
    Print this help."""

_FAILED: Final = "ERR Error loading the extension. Please check the server logs."


def module_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)


def module_list(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return server.modules.entries()


def module_load(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    check_allowed(server, client)
    return load(server, args[2], args[3:])


def module_loadex(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    check_allowed(server, client)
    place = 3
    while place < len(args) and args[place].lower() == b"config":
        if place + 2 >= len(args):
            server.log.notice("CONFIG specified without name value pair")
            raise CommandError(_FAILED)
        server.log.warning(f"Module {decode(args[2])} has no directive '{decode(args[place + 1])}'")
        raise CommandError(_FAILED)
    if place < len(args) and args[place].lower() != b"args":
        server.log.notice(f"Syntax Error from arguments to loadex around {decode(args[place])}.")
        raise CommandError(_FAILED)
    return load(server, args[2], args[place + 1 :])


def module_unload(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    check_allowed(server, client)
    try:
        server.modules.unload(decode(args[2]))
    except ModuleError as error:
        raise CommandError(f"ERR Error unloading module: {error}") from None
    return OK


def load(server: Server, path: bytes, arguments: Sequence[bytes]) -> Reply:
    try:
        server.modules.load(decode(path), [decode(each) for each in arguments])
    except ModuleError:
        raise CommandError(_FAILED) from None
    return OK


def check_allowed(server: Server, client: Client) -> None:
    allowed = server.config["enable-module-command"]
    if not (allowed == "yes" or (allowed == "local" and client.is_local)):
        raise CommandError(
            "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it "
            "from a local connection, otherwise you need to set this option in the configuration file, and then "
            "restart the server."
        )
