"""CLIENT: the connections of the server, one's own and the others. HELLO and AUTH are in auth.py,
TRACKING and its like in client_tracking.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.client_filters import read_filters
from kvik.commands.client_text import check_text
from kvik.commands.help_text import help_reply
from kvik.commands.numbers import INT64_MAX, read_integer
from kvik.server.config_text import decode, encode
from kvik.wire.types import NO_REPLY, OK, CommandError, Reply, Verbatim

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

# --- one's own connection --------------------------------------------------------------------------------------------


def client_id(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return client.id


def client_info(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return Verbatim("txt", encode(client.describe() + "\n"))


def client_getname(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return client.name or None


def client_setname(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    check_text(args[2], "Client names")
    client.name = args[2]
    return OK


def client_setinfo(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    option = args[2].lower()
    if option not in (b"lib-name", b"lib-ver"):
        raise CommandError(f"ERR Unrecognized option '{decode(args[2])}'")
    check_text(args[3], decode(args[2]))
    if option == b"lib-name":
        client.library = args[3]
    else:
        client.library_version = args[3]
    return OK


def client_reply(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    mode = decode(args[2]).lower()
    if mode not in ("on", "off", "skip"):
        raise CommandError("ERR syntax error")
    client.set_reply(mode)
    return OK if mode == "on" else NO_REPLY


def client_no_evict(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    client.no_evict = _on_or_off(args[2])
    return OK


def client_no_touch(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    client.no_touch = _on_or_off(args[2])
    return OK


def client_capa(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """Capabilities that this server does not know are no error, so that new clients can talk to old servers."""
    if any(capability.lower() == b"redirect" for capability in args[2:]):
        client.redirect_capable = True
    return OK


def _on_or_off(word: bytes) -> bool:
    if word.lower() not in (b"on", b"off"):
        raise CommandError("ERR syntax error")
    return word.lower() == b"on"


# --- all of them -----------------------------------------------------------------------------------------------------


def client_list(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    filters, skip_me = read_filters(server, args[2:])
    shown = [
        each.describe() + "\n"
        for each in server.core.clients()
        if not (skip_me and each.id == client.id) and all(test(each) for test in filters)
    ]
    return Verbatim("txt", encode("".join(shown)))


def client_kill(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    """With one argument, the address of one client, else filters and the number of those that match."""
    if len(args) == 3:
        address = decode(args[2])
        found = [each for each in server.core.clients() if each.peer == address]
        if not found:
            raise CommandError("ERR No such client")
        _kill(client, found[:1])
        return OK
    filters, skip_me = read_filters(server, args[2:])
    matching = [
        each
        for each in server.core.clients()
        if not (skip_me is not False and each.id == client.id) and all(test(each) for test in filters)
    ]
    _kill(client, matching)
    return len(matching)


def _kill(client: Client, doomed: Sequence[Client]) -> None:
    """Who kills itself gets the reply first."""
    for each in doomed:
        if each.id == client.id:
            each.close_after_reply()
        else:
            each.close()


def client_pause(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    mode = args[3].lower() if len(args) > 3 else b"all"
    if mode not in (b"write", b"all"):
        raise CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL")
    milliseconds = read_integer(args[2], "timeout")
    if milliseconds < 0:
        raise CommandError("ERR timeout is negative")
    if milliseconds > INT64_MAX - server.core.now_us() // 1000:
        raise CommandError("ERR timeout is out of range")
    server.core.pause(milliseconds, mode == b"write")
    return OK


def client_unblock(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    reason = args[3].lower() if len(args) > 3 else b"timeout"
    if reason not in (b"timeout", b"error"):
        raise CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
    return int(server.core.unblock(read_integer(args[2]), reason == b"error"))


def client_unpause(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    server.core.unpause()
    return OK


# --- help ------------------------------------------------------------------------------------------------------------

_FILTERS: Final = (
    ("[NOT-]TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB)", "of this type"),
    ("[NOT-]USER <username>", "that logged in as <username>"),
    ("[NOT-]ADDR (<ip:port>|<unixsocket>:0)", "from this address"),
    ("[NOT-]LADDR (<ip:port>|<unixsocket>:0)", "to this local address"),
    ("[NOT-]ID <client-id> [<client-id>...]", "with these IDs"),
    ("MAXAGE <seconds>", "that are at least so old"),
    ("IDLE <seconds>", "that have sent nothing for so long"),
    ("[NOT-]FLAGS <flags>", "with all of these flags"),
    ("[NOT-]NAME <client-name>", "with this name"),
    ("[NOT-]LIB-NAME <library-name>", "of this library"),
    ("[NOT-]LIB-VER <library-version>", "of this version of their library"),
    ("[NOT-]DB <db-id>", "in this database"),
    ("[NOT-]CAPA <capa>", "with this capability"),
    ("[NOT-]IP <ip>", "from this IP address"),
)
_FILTER_LINES: Final = "\n".join(f"    * {option}\n      Kill connections {which}." for option, which in _FILTERS)

HELP: Final = f"""\
CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CACHING (YES|NO)
    Whether to track the keys of the next command, in the modes OPTIN and OPTOUT.
CAPA <option> [options...]
    Tell the server what this client can handle. Options are:
    * REDIRECT
      Redirection while a replica takes over.
GETREDIR
    Return the ID of the client that tracking redirects to.
GETNAME
    Return the name of the current connection.
ID
    Return the ID of the current connection.
INFO
    Return information about the current client connection.
KILL <ip:port>
    Kill connection made from <ip:port>.
KILL <option> <value> [<option> <value> [...]]
    Kill connections, all but the current one unless SKIPME NO. Options are:
    * SKIPME (YES|NO)
      Whether to leave out the current connection (default: yes).
{_FILTER_LINES}
LIST [options ...]
    Return information about client connections. Options are those of KILL,
    with SKIPME NO as the default.
UNBLOCK <clientid> [TIMEOUT|ERROR]
    Unblock the specified blocked client.
UNPAUSE
    Stop the current client pause, resuming traffic.
PAUSE <timeout> [WRITE|ALL]
    Suspend all, or just write, clients for <timeout> milliseconds.
REPLY (ON|OFF|SKIP)
    Control the replies sent to the current connection.
SETNAME <name>
    Assign the name <name> to the current connection.
SETINFO <option> <value>
    Set client meta attr. Options are:
    * LIB-NAME: the client lib name.
    * LIB-VER: the client lib version.
TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
         [OPTIN] [OPTOUT] [NOLOOP]
    Have the server tell of changes to keys that this client caches.
TRACKINGINFO
    Return how keys are tracked for the current connection.
NO-EVICT (ON|OFF)
    Protect current client connection from eviction.
NO-TOUCH (ON|OFF)
    Will not touch LRU/LFU stats when this mode is on.
HELP
    Print this help."""


def client_help(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    return help_reply(HELP, args)
