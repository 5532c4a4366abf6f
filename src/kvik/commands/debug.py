"""DEBUG: what tests and tools need to look at the inside or to bring about rare moments.

Only with ``enable-debug-command yes`` (or ``local``, for clients of this machine).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.help_text import help_reply
from kvik.commands.numbers import parse_integer, read_integer
from kvik.engine.glob import matches_name
from kvik.server.config_text import decode
from kvik.server.directive_types import parse_memory
from kvik.wire.types import NO_REPLY, NULL_ARRAY, OK, CommandError, Raw, Reply, SetOf, Simple, Verbatim

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

HELP: Final = """\
DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
ASSERT
    Crash by assertion failed.
CHANGE-REPL-ID
    Change the replication IDs of the instance.
    Dangerous: should be used only for testing the replication subsystem.
CRASH-AND-RECOVER [<milliseconds>]
    Hard crash and restart after a <milliseconds> delay (default 0).
DIGEST
    Output a hex signature representing the current DB content.
DIGEST-VALUE <key> [<key> ...]
    Output a hex signature of the values of all the specified keys.
ERROR <string>
    Return a RESP error with the specified error text.
HTSTATS <dbid> [full]
    Return hash table statistics of the specified database.
LISTPACK <key>
    Show low level info about the listpack encoding of <key>.
LOADAOF
    Flush the AOF buffers on disk and reload the AOF in memory.
LOG <message>
    Write message to the server log.
OBJECT <key> [fast]
    Show low level info about `key` and associated value.
    Some fields of the default behavior may be time consuming to fetch,
    and `fast` can be passed to avoid fetching them.
OOM
    Crash the server simulating an out-of-memory error.
PANIC
    Crash the server simulating a panic.
PAUSE-CRON <0|1>
    Stop periodic cron job processing.
POPULATE <count> [<prefix>] [<size>]
    Create <count> string keys named key:<num>. If <prefix> is specified then
    it is used instead of the 'key' prefix. These stand in no log of effects.
PROTOCOL <type>
    Reply with a test value of the specified type. <type> can be: string,
    integer, double, bignum, null, array, set, map, attrib, push, verbatim,
    true, false.
QUICKLIST <key> [<0|1>]
    Show low level info about the quicklist encoding of <key>.
QUICKLIST-PACKED-THRESHOLD <size>
    Accepted without effect: elements larger than a node of their list always
    have one of their own.
RELOAD [option ...]
    Save the RDB on disk and reload it back to memory. Valid <option> values:
    * MERGE: conflicting keys will be loaded from RDB.
    * NOFLUSH: the existing database will not be removed before load. In case
      of conflict, the reload fails.
    * NOSAVE: the database will be loaded from an existing RDB file.
REPLYBUFFER (PEAK-RESET-TIME <NEVER|RESET|time> | RESIZING <0|1>)
    Accepted without effect: clients own no reply buffer that could be resized.
RESTART [<milliseconds>]
    Graceful restart: save config, db, restart after a <milliseconds> delay (default 0).
SEGFAULT
    Crash the server with sigsegv.
SET-ACTIVE-EXPIRE <0|1>
    Setting it to 0 disables expiring keys (and hash fields) in background
    when they are not accessed (otherwise the background process would expire them).
SLEEP <seconds>
    Stop the server for <seconds>. Decimals allowed.
STRINGMATCH-TEST
    Run a fuzz tester against the matching of patterns.
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
        raise unknown_subcommand(args[1])
    return handler(server, client, args[2:])


def unknown_subcommand(name: bytes) -> CommandError:
    return CommandError(
        f"ERR unknown subcommand or wrong number of arguments for '{decode(name)[:128]}'. Try DEBUG HELP."
    )


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
    import ctypes  # late: seldom needed, and slow to import

    _check_ownership(server)
    ctypes.string_at(8)
    return OK


def _object(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    key = server.core.inspector.key_info(client.db, args[0])
    if key is None:
        raise CommandError("ERR no such key")
    length = "" if len(args) > 1 and args[1].lower() == b"fast" else f"serializedlength:{key['length']} "
    return Simple(
        f"Value at:{key['address']:#x} refcount:1 encoding:{key['encoding']} {length}"
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
        shape = server.core.inspector.table_shape(number, expiries)
        lines.append(f"[{title} HT]")
        if shape["entries"]:
            lines += [f" {name}: {value}" for name, value in shape.items()]
    return Verbatim("txt", "\n".join(lines).encode() + b"\n")


def _error(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Whatever it says: errors like this are not counted."""
    return Raw(b"-" + args[0].translate(bytes.maketrans(b"\r\n", b"  ")) + b"\r\n")


def _log(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.log.warning(f"DEBUG LOG: {decode(args[0])}")
    return OK


def _change_replication_id(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.identity.change_replication_id()
    server.log.notice(f"Changing replication IDs after receiving change-repl-id: {server.identity.replication_id}")
    return OK


_BIG_NUMBER: Final = b"1234567999999999999999999999999999999"
_ATTRIBUTE: Final = b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
_PUSH: Final = b">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


def _protocol(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    samples: dict[bytes, Reply] = {
        b"string": b"Hello World",
        b"integer": 12345,
        b"double": 3.141,
        b"bignum": Raw(b"(1234567999999999999999999999999999999\r\n") if client.resp > 2 else _BIG_NUMBER,
        b"null": None,
        b"array": [0, 1, 2],
        b"set": SetOf((0, 1, 2)),
        b"map": {0: False, 1: True, 2: False},
        b"attrib": Raw((_ATTRIBUTE if client.resp > 2 else b"") + _bulk(b"Some real reply following the attribute")),
        b"push": Raw(_bulk(b"Some real reply following the push reply") + _PUSH),
        b"verbatim": Verbatim("txt", b"This is a verbatim\nstring"),
        b"true": True,
        b"false": False,
        b"nullarray": NULL_ARRAY,
    }
    if args[0].lower() not in samples:
        raise CommandError(
            "ERR Wrong protocol type name. Please use one of the following: "
            "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
        )
    if args[0].lower() == b"push" and client.resp < 3:
        raise CommandError("ERR RESP2 is not supported by this command")
    return samples[args[0].lower()]


def _digest(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    from kvik.commands.digest import data_digest  # late: seldom needed, and slow to import

    return Simple(data_digest(server.core.inspector, server.config.get_int("databases")).hex())


def _digest_value(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    from kvik.commands.digest import value_digest

    return [Simple(value_digest(server.core.inspector, client.db, key).hex()) for key in args]


def _pause_cron(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.core.cron_paused = args[0] == b"1"
    return OK


def _listpack(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return _print_elements(server, client, args[0], "listpack", "Listpack structure printed on stdout")


def _quicklist(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return _print_elements(server, client, args[0], "quicklist", "Quicklist structure printed on stdout")


def _print_elements(server: Server, client: Client, key: bytes, encoding: str, done: str) -> Reply:
    """What the value holds, an element a line, on standard output."""
    info, found = server.core.inspector.key_info(client.db, key), server.core.inspector.value(client.db, key)
    if info is None or found is None:
        raise CommandError("ERR no such key")
    if info["encoding"] != encoding:
        raise CommandError(f"ERR Not a {encoding} encoded object.")
    lines = [f"{encoding} of {info['bytes']} bytes, {len(found[1])} elements"]
    lines += [f"{number}: {each!r}" for number, each in enumerate(found[1])]
    print("\n".join(lines), flush=True)
    return Simple(done)


def _packed_threshold(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    size = parse_memory(decode(args[0]))
    if size is None or not 0 <= size <= 4 << 30:
        raise CommandError("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
    return OK


def _reply_buffer(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    what, value = args[0].lower(), args[1].lower()
    if what not in (b"peak-reset-time", b"resizing"):
        raise unknown_subcommand(b"REPLYBUFFER")
    if value not in (b"never", b"reset"):
        read_integer(value)
    return OK


def _populate(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Those that are there already stay as they are."""
    count = _read_size(args[0])
    prefix = args[1] if len(args) > 1 else b"key"
    size = _read_size(args[2]) if len(args) > 2 else 0
    for number in range(count):
        value = b"value:%d" % number
        server.core.inspector.add_string(client.db, b"%b:%d" % (prefix, number), value[:size].ljust(size, b"\0") or value)
    return OK


def _read_size(text: bytes) -> int:
    size = parse_integer(text)
    if size is None or size < 0:
        raise CommandError("ERR value is out of range, must be positive")
    return size


def _stringmatch_test(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Random patterns on random texts: whatever they are, matching must end."""
    import random  # late: seldom needed, and slow to import

    letters = b"a*?[]-^\\b\0"
    for _ in range(20000):
        pattern, text = (bytes(random.choices(letters, k=random.randrange(24))) for _ in range(2))
        matches_name(pattern, text)
    return Simple("Apparently the server did not crash: test passed")


def _abort(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Crash, as a defect does that was noticed."""
    _check_ownership(server)
    os.abort()


def _check_ownership(server: Server) -> None:
    if not server.owns_process:
        raise CommandError("ERR this server is embedded in a process that is not its own to crash")


def _restart(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Save configuration and data, and begin anew as the same process."""
    return _begin_anew(server, args, graceful=True)


def _crash_and_recover(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return _begin_anew(server, args, graceful=False)


def _begin_anew(server: Server, args: Sequence[bytes], *, graceful: bool) -> Reply:
    delay = max(0, read_integer(args[0])) if args else 0
    if not server.restart(delay, graceful=graceful):
        raise CommandError("ERR failed to restart the server. Check server logs.")
    return NO_REPLY


def _help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, [b"DEBUG"])


MANY: Final = 1 << 20
Handler = Callable[["Server", "Client", Sequence[bytes]], Reply]
SUBCOMMANDS: Final[dict[bytes, tuple[Handler, int, int]]] = {
    b"sleep": (_sleep, 1, 1),
    b"reload": (_reload, 0, 3),
    b"loadaof": (_load_aof, 0, 0),
    b"segfault": (_segfault, 0, 0),
    b"object": (_object, 1, 2),
    b"digest": (_digest, 0, 0),
    b"digest-value": (_digest_value, 0, MANY),
    b"pause-cron": (_pause_cron, 1, 1),
    b"listpack": (_listpack, 1, 1),
    b"quicklist": (_quicklist, 1, 2),
    b"quicklist-packed-threshold": (_packed_threshold, 1, 1),
    b"replybuffer": (_reply_buffer, 2, 2),
    b"populate": (_populate, 1, 3),
    b"stringmatch-test": (_stringmatch_test, 0, 0),
    b"assert": (_abort, 0, 0),
    b"oom": (_abort, 0, 0),
    b"panic": (_abort, 0, 0),
    b"restart": (_restart, 0, 1),
    b"crash-and-recover": (_crash_and_recover, 0, 1),
    b"set-active-expire": (_set_active_expire, 1, 1),
    b"htstats": (_htstats, 1, 2),
    b"error": (_error, 1, 1),
    b"log": (_log, 1, 1),
    b"change-repl-id": (_change_replication_id, 0, 0),
    b"protocol": (_protocol, 1, 1),
    b"help": (_help, 0, 0),
}
"""By name: the function, and how many arguments it takes at least and at most."""
