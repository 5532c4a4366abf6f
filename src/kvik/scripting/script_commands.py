"""SCRIPT: the scripts that EVALSHA can run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.wire.types import OK, CommandError, Reply

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
DEBUG (YES|SYNC|NO) [<engine_name>]
    Set the debug mode for subsequent scripts executed of the specified engine.
    Default engine name: 'lua'
EXISTS <sha1> [<sha1> ...]
    Return information about the existence of the scripts in the script cache.
FLUSH [ASYNC|SYNC]
    Flush the Lua scripts cache. Very dangerous on replicas.
    When called without the optional mode argument, the behavior is determined
     by the lazyfree-lazy-user-flush configuration directive. Valid modes are:
    * ASYNC: Asynchronously flush the scripts cache.
    * SYNC: Synchronously flush the scripts cache.
KILL
    Kill the currently executing Lua script.
LOAD <script>
    Load a script into the scripts cache without executing it.
SHOW <sha1>
    Show a script from the scripts cache.
HELP
    Print this help."""

_UNKILLABLE: Final = (
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the "
    "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
)


def script_load(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return server.core.scripting.load(args[2])


def script_exists(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return [int(server.core.scripting.body(digest) is not None) for digest in args[2:]]


def script_show(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    body = server.core.scripting.body(args[2])
    if body is None:
        raise CommandError("NOSCRIPT No matching script.")
    return body


def script_flush(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if not is_flush_type(args):
        raise CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    server.core.scripting.flush()
    return OK


def is_flush_type(args: Sequence[bytes]) -> bool:
    """Is what follows the subcommand nothing, or one of the two ways to flush? (There is one way here: at once.)"""
    return len(args) == 2 or (len(args) == 3 and args[2].lower() in (b"sync", b"async"))


def script_kill(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return kill(server, is_eval=True)


def kill(server: Server, *, is_eval: bool) -> Reply:
    """SCRIPT KILL and FUNCTION KILL: each ends only what is its own."""
    running = server.core.scripting.running()
    if running is None:
        raise CommandError("NOTBUSY No scripts in execution right now.")
    runs_eval, has_written, *_ = running
    if runs_eval != is_eval:
        raise CommandError(busy_with(runs_eval))
    if has_written:
        raise CommandError(_UNKILLABLE)
    server.core.scripting.kill()
    return OK


def busy_with(is_eval: bool) -> str:
    """What everybody is told while a script runs on."""
    which = "SCRIPT" if is_eval else "FUNCTION"
    return f"BUSY Valkey is busy running a script. You can only call {which} KILL or SHUTDOWN NOSAVE."


def script_debug(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    mode = args[2].lower()
    if mode not in (b"yes", b"sync", b"no") or len(args) > 4:
        raise CommandError("ERR Use SCRIPT DEBUG YES/SYNC/NO")
    if mode != b"no":
        raise CommandError("ERR This server has no debugger for scripts")
    return OK


def script_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
