"""A small Redis client for tests that keeps apart what client libraries merge.

A reply is a Python value that says which RESP type it was:

    +OK            Status("OK")          _ or $-1        None
    -ERR ...       Error("ERR ...")      *-1             NULL_ARRAY
    :1             int                   ,1.5            float
    $2             bytes                 #t              bool
    *2             list                  =8 txt:..       Verbatim("txt", b"..")
    %1             dict (Pairs, where a key cannot be hashed)
    ~1             Set([...])            >2              Push([...])
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Argument = str | bytes | int | float


class Status(str):
    """A status reply. Equal to no bulk string, since those are bytes."""

    __slots__ = ()


class Error(str):
    """An error reply, with its code."""

    __slots__ = ()


class NullArray:
    def __repr__(self) -> str:
        return "NULL_ARRAY"


NULL_ARRAY: Final = NullArray()
OK: Final = Status("OK")
WRONGTYPE: Final = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
NOT_INTEGER: Final = Error("ERR value is not an integer or out of range")
SYNTAX: Final = Error("ERR syntax error")


def arity(command: str) -> Error:
    """What a command answers to too many or too few arguments."""
    return Error(f"ERR wrong number of arguments for '{command}' command")


@dataclass(frozen=True)
class Verbatim:
    format: str
    data: bytes


class Set(list[Any]):
    """A RESP3 set, in the order it came; equal to another of the same members."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and sorted(map(repr, self)) == sorted(map(repr, other))

    __hash__ = None  # type: ignore[assignment]


class Push(list[Any]):
    """An out-of-band message of RESP3."""


class Pairs(list[Any]):
    """A map whose keys cannot be hashed."""


class ClosedError(Exception):
    """The server closed the connection."""


def encode_command(arguments: Sequence[Argument]) -> bytes:
    parts = [b"*%d\r\n" % len(arguments)]
    for each in arguments:
        data = each if isinstance(each, bytes) else str(each).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


class Connection:
    """One connection. Calling it runs a command: ``r("SET", "key", "value") == OK``."""

    def __init__(
        self, address: tuple[str, int] | str | Callable[[], Any], resp: int = 2, timeout: float = 60.0
    ) -> None:
        """`address`: a host and port, the path of a Unix socket, or what makes something like a socket."""
        self.socket: Any
        if callable(address):
            self.socket = address()
            self.socket.settimeout(timeout)
        elif isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = address
        self.resp = resp
        self.server: Any = None  # the ServerProcess, where the fixture knows it
        self._buffer = b""
        self._at = 0
        if resp == 3:
            hello = self("HELLO", 3)
            assert not isinstance(hello, Error), hello

    def __call__(self, *arguments: Argument) -> Any:
        self.send(*arguments)
        return self.read()

    def many(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """All of them in one write, as pipelines are."""
        self.send_raw(b"".join(map(encode_command, commands)))
        return [self.read() for _ in commands]

    def send(self, *arguments: Argument) -> None:
        self.send_raw(encode_command(arguments))

    def send_raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def another(self, resp: int | None = None) -> Connection:
        """A second connection to the same server."""
        return Connection(self.address, self.resp if resp is None else resp)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What tests ask for often

    def info(self, section: str = "everything") -> dict[str, str]:
        reply = self("INFO", section)
        text = reply.data if isinstance(reply, Verbatim) else reply
        lines = text.decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))

    def dirty(self) -> int:
        """How many changes the server has counted."""
        return int(self.info("persistence")["rdb_changes_since_last_save"])

    @contextlib.contextmanager
    def config(self, **directives: Argument) -> Iterator[None]:
        """CONFIG SET for a while; underscores in names stand for dashes."""
        before: dict[str, Argument] = {}
        for name, value in directives.items():
            name = name.replace("_", "-")
            reply = self("CONFIG", "GET", name)
            pairs = list(reply.items()) if isinstance(reply, dict) else [(reply[0], reply[1])]
            before[name] = pairs[0][1]
            assert self("CONFIG", "SET", name, value) == OK
        try:
            yield
        finally:
            for name, value in before.items():
                assert self("CONFIG", "SET", name, value) == OK

    # Reading

    def read(self) -> Any:
        """The next reply."""
        line = self._line()
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return Status(rest.decode("utf-8", "surrogateescape"))
            case b"-":
                return Error(rest.decode("utf-8", "surrogateescape"))
            case b":" | b"(":
                return int(rest)
            case b"$" if rest == b"-1":
                return None
            case b"*" if rest == b"-1":
                return NULL_ARRAY
            case b"$":
                return self._bytes(int(rest))
            case b"=":
                data = self._bytes(int(rest))
                return Verbatim(data[:3].decode(), data[4:])
            case b"_":
                return None
            case b",":
                return float(rest)
            case b"#":
                return rest == b"t"
            case b"*":
                return self._items(int(rest))
            case b"~":
                return Set(self._items(int(rest)))
            case b">":
                return Push(self._items(int(rest)))
            case b"%":
                return self._map(int(rest))
            case _:
                raise AssertionError(f"no RESP: {line!r}")

    def _items(self, count: int) -> list[Any]:
        return [self.read() for _ in range(count)]

    def _map(self, count: int) -> dict[Any, Any] | Pairs:
        pairs = [(self.read(), self.read()) for _ in range(count)]
        try:
            return dict(pairs)
        except TypeError:
            return Pairs(pairs)

    def at_end(self) -> bool:
        """Has the server closed the connection, with nothing left to read? Waits for either."""
        try:
            self._need(1)
        except ClosedError:
            return True
        return False

    def read_raw(self) -> bytes:
        """Everything up to the end of the connection."""
        parts = [self._buffer[self._at :]]
        while True:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not data:
                break
            parts.append(data)
        self._buffer, self._at = b"", 0
        return b"".join(parts)

    def _need(self, count: int) -> None:
        """At least so many bytes in the buffer behind `_at`."""
        if len(self._buffer) - self._at >= count:
            return
        parts = [self._buffer[self._at :]]
        have = len(parts[0])
        while have < count:
            try:
                data = self.socket.recv(max(65536, min(count - have, 1 << 22)))
            except (ConnectionResetError, BrokenPipeError) as error:
                raise ClosedError from error
            if not data:
                raise ClosedError
            parts.append(data)
            have += len(data)
        self._buffer, self._at = b"".join(parts), 0

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n", self._at)) < 0:
            self._need(len(self._buffer) - self._at + 1)
        line = self._buffer[self._at : end]
        self._at = end + 2
        return line

    def _bytes(self, count: int) -> bytes:
        self._need(count + 2)
        data = self._buffer[self._at : self._at + count]
        assert self._buffer[self._at + count : self._at + count + 2] == b"\r\n"
        self._at += count + 2
        return data
