"""The sockets a server listens on: `bind`, `port`, `unixsocket`, at start and after CONFIG SET.

An address with ``-`` before it may fail (no IPv6 on this machine), the others may not. A change opens all new sockets
before it closes the old ones, so one that fails leaves everything as it was.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from typing import Final

_ANY: Final = {"*": ("0.0.0.0", socket.AF_INET), "::*": ("::", socket.AF_INET6)}
_MAY_BE_MISSING: Final = (97, 99, 93, 96)       # EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT, EPFNOSUPPORT


class ListenError(Exception):
    """An address cannot be listened on; the text says which and why, on one line."""


def open_tcp(addresses: Iterable[str], port: int, backlog: int) -> list[socket.socket]:
    """Listening sockets on all addresses; raises `ListenError`. Port 0: none."""
    sockets: list[socket.socket] = []
    if port == 0:
        return sockets
    try:
        for address in addresses:
            optional = address.startswith("-")
            opened = _open_one(address.removeprefix("-"), port, backlog, optional)
            if opened is not None:
                sockets.append(opened)
        if not sockets:
            raise ListenError(f"Failed listening on port {port} (tcp), aborting: no address of `bind` is there")
    except ListenError:
        close_all(sockets)
        raise
    return sockets


def open_free(address: str, port: int, backlog: int) -> socket.socket:
    """A listening socket on one address; raises `ListenError`. Port 0: one that is free."""
    opened = _open_one(address, port, backlog, optional=False)
    assert opened is not None
    return opened


def _open_one(address: str, port: int, backlog: int, optional: bool) -> socket.socket | None:
    host, family = _ANY.get(address, (address, socket.AF_UNSPEC))
    try:
        if family == socket.AF_UNSPEC:
            # as bytes: for a str, Python loads its tables for international names (0.4 MB) before it looks
            name = host.encode() if host.isascii() else host
            family = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as error:
        if optional:
            return None
        raise ListenError(_reason(address, port, error)) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        if optional and error.errno in _MAY_BE_MISSING:
            return None
        raise ListenError(_reason(address, port, error)) from None
    return listener


def _reason(address: str, port: int, error: OSError) -> str:
    text = error.strerror or str(error)
    return f"Could not create server TCP listening socket {address}:{port}: bind: {text}"


def open_unix(path: str, permissions: int, group: str, backlog: int) -> socket.socket:
    """A listening Unix socket in place of any old one; `permissions` 0: as the umask has it. Raises `ListenError`."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        listener.bind(path)
        if permissions:
            os.chmod(path, permissions)
        if group:
            import grp

            os.chown(path, -1, int(group) if group.isdigit() else grp.getgrnam(group).gr_gid)
        listener.listen(backlog)
    except (OSError, KeyError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ListenError(f"Failed opening Unix socket {path}: bind: {reason}") from None
    return listener


def close_all(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()


def remove_unix(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
