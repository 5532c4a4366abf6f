"""The Python values that stand for RESP replies.

A handler written in Python returns ordinary values (see CONTRIBUTING.md); the few RESP kinds that Python
has no type for are here. `kvik.wire.encode` writes all of them in the protocol of the client that asked.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class CommandError(Exception):
    """An error reply. The text begins with its code: ``CommandError("ERR no such key")``."""


class Simple(NamedTuple):
    """A status reply (``+OK``)."""

    text: str


class Verbatim(NamedTuple):
    """A verbatim string (``=``) in RESP3, a bulk string in RESP2. `format` is three letters, such as ``txt``."""

    format: str
    data: bytes


class NullArray:
    """``*-1`` in RESP2, null in RESP3."""


class SetOf(tuple[object, ...]):
    """A RESP3 set that keeps its order and may hold maps; an array in RESP2."""


class Raw(NamedTuple):
    """RESP as it is, whatever the client's protocol: what DEBUG sends that no command does."""

    data: bytes


class NoReply:
    """The handler has answered by other means, or there is nothing to answer (CLIENT REPLY OFF, SHUTDOWN)."""


NO_REPLY: Final = NoReply()
OK: Final = Simple("OK")
NULL_ARRAY: Final = NullArray()

Reply = object
"""What a Python handler may return: see the list in CONTRIBUTING.md."""
