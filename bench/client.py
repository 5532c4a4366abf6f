"""A Redis client just large enough for the harness: single commands, and pipelines of one-line replies.

Not redis-py: the preloader and the growth probe write commands by the million and time them by the
microsecond, so they need the socket itself, and nothing else is asked of a client here.
"""

from __future__ import annotations

import itertools
import re
import socket
from collections.abc import Iterable

from bench.settings import BenchError

RECEIVE_SIZE = 1 << 16
PIPELINE = 500


def encode_command(argv: Iterable[bytes]) -> bytes:
    """A command as a RESP array of bulk strings."""
    words = list(argv)
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class Connection:
    def __init__(self, port: int, timeout: float = 60.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.early_lines = 0  # replies that came with those awaited before them

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def command(self, *argv: str) -> bytes:
        """The reply's payload: the text of a status or integer, the content of a bulk string (RESP2)."""
        self.socket.sendall(encode_command(word.encode() for word in argv))
        received = self.receive()
        while b"\r\n" not in received:
            received += self.receive()
        line, _, rest = received.partition(b"\r\n")
        if line[:1] == b"-":
            raise BenchError(f"{argv[0]}: {line[1:].decode(errors='replace')}")
        if line[:1] != b"$":
            return line[1:]
        length = int(line[1:])
        while len(rest) < length + 2:
            rest += self.receive()
        return rest[:length]

    def figure(self, name: str) -> float:
        """A number of INFO."""
        found = re.search(rf"^{name}:([\d.]+)".encode(), self.command("INFO", "everything"), re.MULTILINE)
        if found is None:
            raise BenchError(f"INFO has no {name}")
        return float(found.group(1))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pipeline(self, commands: Iterable[bytes]) -> None:
        """Send commands with one-line replies, PIPELINE at a time, and wait for these."""
        waiting = iter(commands)
        while batch := list(itertools.islice(waiting, PIPELINE)):
            self.send(b"".join(batch))
            self.await_lines(len(batch))

    def await_lines(self, count: int) -> None:
        """Wait for `count` more one-line replies; an error among them is raised."""
        pending = count - self.early_lines
        while pending > 0:
            data = self.receive()
            pending -= data.count(b"\n")
            # An error may be cut by the end of a packet; then a later one of the million shows it.
            if data[:1] == b"-" or b"\n-" in data:
                start = 0 if data[:1] == b"-" else data.index(b"\n-") + 1
                raise BenchError(f"preload: {data[start : start + 200].decode(errors='replace')}")
        self.early_lines = -pending

    def receive(self) -> bytes:
        """What has come, at least a byte."""
        data = self.socket.recv(RECEIVE_SIZE)
        if not data:
            raise BenchError("the server closed the connection")
        return data
