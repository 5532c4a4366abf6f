"""DEBUG: what tests and tools need to look at the inside or to bring about rare moments.

Only with ``enable-debug-command yes`` (or ``local``, for clients of this machine).
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.numbers import read_integer
from kvik.server.config_text import decode
from kvik.wire.types import NULL_ARRAY, OK, CommandError, Reply, SetOf, Simple, Verbatim

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CHANGE-REPL-ID
    Change the replication IDs of the instance.
    Dangerous: should be used only for testing the replication subsystem.
ERROR <string>
    Return a RESP error with the specified error text.
HTSTATS <dbid> [full]
    Return hash table statistics of the specified database.
LOADAOF
    Flush the AOF buffers on disk and reload the AOF in memory.
LOG <message>
    Write message to the server log.
OBJECT <key>
    Show low level info about `key` and associated value.
PROTOCOL <type>
    Reply with a test value of the specified type. <type> can be: string,
    integer, double, null, array, set, map, verbatim, true, false.
RELOAD [option ...]
    Save the RDB on disk and reload it back to memory. Valid <option> values:
    * MERGE: conflicting keys will be loaded from RDB.
    * NOFLUSH: the existing database will not be removed before load. In case
      of conflict, the reload fails.
    * NOSAVE: the database will be loaded from an existing RDB file.
SEGFAULT
    Crash the server with sigsegv.
SET-ACTIVE-EXPIRE <0|1>
    Setting it to 0 disables expiring keys (and hash fields) in background
    when they are not accessed (otherwise the background process would expire them).
SLEEP <seconds>
    Stop the server for <seconds>. Decimals allowed.
HELP
    Print this help."""


def debug(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    allowed = server.config["enable-debug-command"]
    if not (allowed == "yes" or (allowed == "local" and client.is_local)):
        raise CommandError(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it "
            "from a local connection, otherwise you need to set this option in the configuration file, and then "
            "restart the server."
        )
    name = args[1].lower()
    handler, least, most = SUBCOMMANDS.get(name, (None, 0, 0))
    if handler is None or not least <= len(args) - 2 <= most:
        raise CommandError(
            f"ERR unknown subcommand or wrong number of arguments for '{decode(args[1])[:128]}'. Try DEBUG HELP."
        )
    return handler(server, client, args[2:])


def _sleep(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    try:
        seconds = float(args[0])
    except ValueError:
        seconds = 0.0
    time.sleep(max(0.0, seconds))
    return OK


def _reload(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Save and load again: what comes back is what files hold."""
    options = {arg.lower() for arg in args}
    if not options <= {b"merge", b"noflush", b"nosave"}:
        raise CommandError("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
    failed = server.snapshots.reload(
        save=b"nosave" not in options, empty=b"noflush" not in options, replace=b"merge" in options
    )
    if failed:
        raise CommandError(failed)
    server.log.warning("DB reloaded by DEBUG RELOAD")
    return OK


def _load_aof(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if not server.aof.reload():
        raise CommandError("ERR Error trying to load the AOF files, check server logs.")
    server.log.warning("Append Only File loaded by DEBUG LOADAOF")
    return OK


def _segfault(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Crash, as a defect in the engine would: by reading what is not there."""
    ctypes.string_at(8)
    return OK


def _object(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    key = server.core.key_info(client.db, args[0])
    if key is None:
        raise CommandError("ERR no such key")
    return Simple(
        f"Value at:{key['address']:#x} refcount:1 encoding:{key['encoding']} serializedlength:{key['length']} "
        f"lru:{key['lru']} lru_seconds_idle:{key['idle']}"
    )


def _set_active_expire(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.core.set_active_expire(args[0] != b"0")
    return OK


def _htstats(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Nothing is said of a table without entries."""
    number = read_integer(args[0])
    if not 0 <= number < server.config.get_int("databases"):
        raise CommandError("ERR Out of range database")
    lines = []
    for title, expiries in (("Dictionary", False), ("Expires", True)):
        shape = server.core.table_shape(number, expiries)
        lines.append(f"[{title} HT]")
        if shape["entries"]:
            lines += [f" {name}: {value}" for name, value in shape.items()]
    return Verbatim("txt", "\n".join(lines).encode() + b"\n")


def _error(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    raise CommandError(decode(args[0]))


def _log(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.log.warning(f"DEBUG LOG: {decode(args[0])}")
    return OK


def _change_replication_id(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.identity.change_replication_id()
    server.log.notice(f"Changing replication IDs after receiving change-repl-id: {server.identity.replication_id}")
    return OK


def _protocol(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    samples: dict[bytes, Reply] = {
        b"string": b"Hello World",
        b"integer": 12345,
        b"double": 3.141,
        b"null": None,
        b"array": [0, 1, 2],
        b"set": SetOf((0, 1, 2)),
        b"map": {0: False, 1: True, 2: False},
        b"verbatim": Verbatim("txt", b"This is a verbatim\nstring"),
        b"true": True,
        b"false": False,
        b"nullarray": NULL_ARRAY,
    }
    if args[0].lower() not in samples:
        raise CommandError(
            "ERR Wrong protocol type name. Please use one of the following: "
            "string|integer|double|null|array|set|map|verbatim|true|false"
        )
    return samples[args[0].lower()]


def _help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP)


Handler = Callable[["Server", "Client", Sequence[bytes]], Reply]
SUBCOMMANDS: Final[dict[bytes, tuple[Handler, int, int]]] = {
    b"sleep": (_sleep, 1, 1),
    b"reload": (_reload, 0, 3),
    b"loadaof": (_load_aof, 0, 0),
    b"segfault": (_segfault, 0, 0),
    b"object": (_object, 1, 1),
    b"set-active-expire": (_set_active_expire, 1, 1),
    b"htstats": (_htstats, 1, 2),
    b"error": (_error, 1, 1),
    b"log": (_log, 1, 1),
    b"change-repl-id": (_change_replication_id, 0, 0),
    b"protocol": (_protocol, 1, 1),
    b"help": (_help, 0, 0),
}
"""By name: the function, and how many arguments it takes at least and at most."""
