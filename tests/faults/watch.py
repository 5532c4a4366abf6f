"""Watching a server from outside while something bad is done to it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

from tests.support.resp import Connection
from tests.support.servers import ServerProcess, eventually

GENEROUS = 1.0
"""Seconds that a PING may take at most. A quiet server needs less than a thousandth of it."""


class Pinger:
    """Sends PING after PING on a connection of its own, from a thread of its own."""

    def __init__(self, server: ServerProcess) -> None:
        self.connection = server.connect()
        self.worst = 0.0
        self.count = 0
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                begin = time.monotonic()
                assert self.connection("PING") == "PONG"
                self.worst = max(self.worst, time.monotonic() - begin)
                self.count += 1
                self._stop.wait(0.001)
        except BaseException as error:
            self.error = error

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        self.connection.close()


@contextlib.contextmanager
def served(server: ServerProcess, within: float = GENEROUS) -> Iterator[Pinger]:
    """While the block runs another client is served, each time `within` seconds."""
    pinger = Pinger(server)
    eventually(lambda: pinger.count > 0 or pinger.error, what="the first PING")
    try:
        yield pinger
    finally:
        pinger.stop()
    if pinger.error is not None:
        raise pinger.error
    assert pinger.worst < within, f"another client waited {pinger.worst:.3f} s for a PING"


def raw_socket(server: ServerProcess, receive_buffer: int = 0) -> socket.socket:
    """A plain connection, with a small receive buffer if one is given."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(60)
    connection.connect(server.address)
    return connection


def reset(connection: socket.socket) -> None:
    """Close it the hard way: the other side gets RST, whatever is under way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def client_count(r: Connection) -> int:
    return int(r.info("clients")["connected_clients"])


def used_memory(r: Connection) -> int:
    return int(r.info("memory")["used_memory"])


def settles(r: Connection, count: int) -> None:
    """Wait until there are `count` clients, r among them."""
    eventually(lambda: client_count(r) == count, what=f"there are {count} clients")
