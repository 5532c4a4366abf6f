"""The filters of CLIENT LIST and CLIENT KILL: ``TYPE normal``, ``NOT-USER default``, ``ID 1 2 3`` and so on.

Each is a function of a client; a client passes when it passes all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from kvik.commands.auth import DEFAULT_USER
from kvik.commands.client_text import before_nul
from kvik.commands.numbers import parse_integer, read_integer
from kvik.server.config_text import decode, encode
from kvik.wire.types import CommandError

if TYPE_CHECKING:
    from kvik.server.client_view import Client
    from kvik.server.server import Server

Filter = Callable[["Client"], bool]

KINDS: Final = {
    b"normal": "normal", b"replica": "replica", b"slave": "replica", b"primary": "primary", b"master": "primary",
    b"pubsub": "pubsub",
}  # fmt: skip
FLAGS: Final = frozenset("AbBcdeEIiMNOPrRStTuUx")
CAPABILITIES: Final = frozenset("r")


def read_filters(server: Server, args: Sequence[bytes]) -> tuple[list[Filter], bool | None]:
    """The filters in `args`, and what SKIPME says (None: nothing). Of a filter that comes again the last counts, but
    IDs add up."""
    filters: dict[bytes, Filter] = {}
    numbers: dict[bytes, frozenset[int]] = {}
    skip_me: bool | None = None
    at = 0
    while at < len(args):
        if at + 1 == len(args):
            raise CommandError("ERR syntax error")
        option, value = args[at].lower(), args[at + 1]
        at += 2
        if option in (b"id", b"not-id"):
            more, at = _read_ids(args, at - 1)
            numbers[option] = numbers.get(option, frozenset()) | more
            filters[option] = _negated(_by_id(numbers[option]), option == b"not-id")
        elif option == b"skipme":
            if value.lower() not in (b"yes", b"no"):
                raise CommandError("ERR syntax error")
            skip_me = value.lower() == b"yes"
        elif option in _SECONDS:
            filters[option] = _SECONDS[option](_read_seconds(value, decode(option)))
        else:
            name = option.removeprefix(b"not-")
            if name in _TOLD_BY_NAME:
                test = _TOLD_BY_NAME[name](server, value, decode(option).upper())
            elif name in _BY_VALUE:
                test = _BY_VALUE[name](server, value)
            else:
                raise CommandError("ERR syntax error")
            filters[option] = _negated(test, name != option)
    return list(filters.values()), skip_me


def _negated(test: Filter, negate: bool) -> Filter:
    return (lambda client: not test(client)) if negate else test


def _read_ids(args: Sequence[bytes], at: int) -> tuple[frozenset[int], int]:
    """One or more numbers, and where they end."""
    found = []
    while at < len(args):
        number = parse_integer(args[at])
        if number is None:
            break
        if number <= 0:
            raise CommandError("ERR client-id should be greater than 0")
        found.append(number)
        at += 1
    if not found:
        raise CommandError("ERR syntax error")
    return frozenset(found), at


def _by_id(numbers: frozenset[int]) -> Filter:
    return lambda client: client.id in numbers


def _read_seconds(value: bytes, what: str) -> int:
    seconds = read_integer(value, what)
    if seconds <= 0:
        raise CommandError(f"ERR {what} should be greater than 0")
    return seconds


_SECONDS: Final[dict[bytes, Callable[[int], Filter]]] = {
    b"maxage": lambda seconds: lambda client: client.age >= seconds,
    b"idle": lambda seconds: lambda client: client.idle >= seconds,
}


def _kind(server: Server, value: bytes) -> Filter:
    if value.lower() not in KINDS:
        raise CommandError(f"ERR Unknown client type '{decode(value)}'")
    return lambda client: client.kind == KINDS[value.lower()]


def _user(server: Server, value: bytes) -> Filter:
    if value != DEFAULT_USER:
        raise CommandError(f"ERR No such user '{decode(value)}'")
    return lambda client: True


def _database(server: Server, value: bytes, option: str) -> Filter:
    number = read_integer(value, option)
    count = server.config.get_int("databases")
    if not 0 <= number < count:
        raise CommandError(f"ERR {option} number should be between 0 and {count - 1}")
    return lambda client: client.db == number


def _flags(server: Server, value: bytes, option: str) -> Filter:
    wanted = _letters(value, FLAGS, "flags", option)
    return lambda client: wanted <= set(client.flags)


def _capabilities(server: Server, value: bytes, option: str) -> Filter:
    wanted = _letters(value, CAPABILITIES, "capa", option)
    return lambda client: wanted <= set(client.capabilities)


def _letters(value: bytes, known: frozenset[str], what: str, option: str) -> set[str]:
    wanted = set(decode(value))
    if not wanted <= known:
        which = option if option.startswith("NOT-") else "provided"
        raise CommandError(f"ERR Unknown {what} found in the {which} filter: {decode(value)}")
    return wanted


def _ip(server: Server, value: bytes) -> Filter:
    return lambda client: encode(client.peer.rpartition(":")[0].strip("[]")) == value


def _name(server: Server, value: bytes) -> Filter:
    return lambda client: bool(client.name) and before_nul(client.name) == before_nul(value)


_TOLD_BY_NAME: Final[dict[bytes, Callable[[Server, bytes, str], Filter]]] = {     # errors tell the option, NOT- and all
    b"db": _database,
    b"flags": _flags,
    b"capa": _capabilities,
}
_BY_VALUE: Final[dict[bytes, Callable[[Server, bytes], Filter]]] = {
    b"type": _kind,
    b"user": _user,
    b"ip": _ip,
    b"addr": lambda server, value: lambda client: encode(client.peer) == value,
    b"laddr": lambda server, value: lambda client: encode(client.local) == value,
    b"name": _name,
    b"lib-name": lambda server, value: lambda client: bool(client.library) and client.library == value,
    b"lib-ver": lambda server, value: lambda client: bool(client.library_version) and client.library_version == value,
}
