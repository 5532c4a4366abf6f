"""AUTH and HELLO: who a connection speaks for, and in which protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.client_text import check_text
from kvik.commands.info import REDIS_VERSION
from kvik.commands.numbers import read_integer
from kvik.server.config_text import decode, encode
from kvik.wire.types import OK, CommandError, Reply

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

DEFAULT_USER: Final = b"default"
PROTOCOLS: Final = (2, 3)


def auth(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    if len(args) > 3:
        raise CommandError("ERR syntax error")
    server.keep_secret(*range(1, len(args)))
    if len(args) == 2 and not server.config.get_str("requirepass"):
        raise CommandError(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"
        )
    user = args[1] if len(args) == 3 else DEFAULT_USER
    _log_in(server, client, user, args[-1])
    return OK


def hello(server: Server, client: Client, args: Sequence[bytes]) -> Reply:
    version = client.resp
    credentials: tuple[bytes, bytes] | None = None
    name: bytes | None = None
    if len(args) > 1:
        version = read_integer(args[1], "Protocol version")
        if version not in PROTOCOLS:
            raise CommandError("NOPROTO unsupported protocol version")
    at = 2
    while at < len(args):
        option, left = args[at].lower(), len(args) - at - 1
        if option == b"auth" and left >= 2:
            credentials = (args[at + 1], args[at + 2])
            server.keep_secret(at + 1, at + 2)
            at += 3
        elif option == b"setname" and left >= 1:
            name = args[at + 1]
            check_text(name, "Client names")
            at += 2
        else:
            raise CommandError(f"ERR Syntax error in HELLO option '{decode(args[at])}'")
    if credentials is not None:
        _log_in(server, client, *credentials)
    if not client.authenticated:
        raise CommandError(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
            "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the "
            "same time"
        )
    if name is not None:
        client.name = name
    client.resp = version
    return _greeting(server, client)


def _greeting(server: Server, client: Client) -> dict[str, Reply]:
    greeting: dict[str, Reply] = {
        "server": "redis",
        "version": REDIS_VERSION,
        "proto": client.resp,
        "id": client.id,
        "mode": "standalone",
        "role": "master",
        "modules": server.modules.entries(),
    }
    zone = server.config.get_str("availability-zone")
    if zone:
        greeting["availability_zone"] = encode(zone)
    return greeting


def _log_in(server: Server, client: Client, user: bytes, password: bytes) -> None:
    wanted = encode(server.config.get_str("requirepass"))
    if user != DEFAULT_USER or (wanted and not _same(password, wanted)):
        server.acl_denied_auth += 1
        raise CommandError("WRONGPASS invalid username-password pair or user is disabled.")
    client.authenticated = True


def _same(given: bytes, wanted: bytes) -> bool:
    """Compared in a time that tells nothing about `wanted`, not even its length."""
    import hashlib  # late: seldom needed, and slow to import
    import hmac

    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())
