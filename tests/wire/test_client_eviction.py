"""`maxmemory-clients`, on Kvik and on the real server: who is closed when all clients together hold too much."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import Start
from tests.support.resp import ClosedError, Connection
from tests.support.servers import ServerProcess, eventually


@pytest.fixture
def server(start: Start, name: str) -> ServerProcess:
    return start(name)


@contextmanager
def fat(server: ServerProcess, size: int, *, spared: bool = False) -> Iterator[socket.socket]:
    """A client that has sent so many bytes of a command that is not complete."""
    with socket.create_connection(("127.0.0.1", server.port)) as c:
        if spared:
            c.sendall(b"CLIENT NO-EVICT ON\r\n")
            assert c.recv(100) == b"+OK\r\n"
        c.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (size + 1) + b"x" * size)
        yield c


def is_closed(c: socket.socket) -> bool:
    c.settimeout(0.01)
    try:
        return c.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def held(r: Connection) -> int:
    """Bytes of all clients."""
    lines = r("CLIENT", "LIST").decode().splitlines()
    return sum(int(line.split(" tot-mem=")[1].split()[0]) for line in lines)


def evicted(r: Connection) -> int:
    return int(r.info("stats")["evicted_clients"])


def repeat(c: Connection, commands: list[tuple[str, ...]]) -> None:
    for command in commands:
        c(*command)


@pytest.fixture
def operator(server: ServerProcess) -> Iterator[Connection]:
    """A connection that is never closed."""
    with server.connect() as r:
        r("CLIENT", "NO-EVICT", "ON")
        yield r


def test_the_largest_go_first(server: ServerProcess, operator: Connection) -> None:
    with fat(server, 2_000_000) as large, fat(server, 300_000) as small, fat(server, 5_000) as tiny:
        eventually(lambda: held(operator) > 2_300_000)
        operator("CONFIG", "SET", "maxmemory-clients", "1mb")
        eventually(lambda: is_closed(large))
        assert not is_closed(small)
        assert not is_closed(tiny)
        assert evicted(operator) == 1
        operator("CONFIG", "SET", "maxmemory-clients", "200kb")
        eventually(lambda: is_closed(small))
        assert not is_closed(tiny)
        assert evicted(operator) == 2


def test_who_is_spared_counts_but_stays(server: ServerProcess, operator: Connection) -> None:
    with fat(server, 1_000_000, spared=True) as spared, fat(server, 200_000) as other:
        eventually(lambda: held(operator) > 1_200_000)
        operator("CONFIG", "SET", "maxmemory-clients", "600kb")
        eventually(lambda: is_closed(other))
        assert not is_closed(spared)


def test_the_limit_holds_while_clients_grow(server: ServerProcess, operator: Connection) -> None:
    with fat(server, 100_000) as still:
        operator("CONFIG", "SET", "maxmemory-clients", "1mb")
        with server.connect() as growing, pytest.raises((ClosedError, ConnectionError)):
            growing("SET", "k", "x" * 50_000_000)
        assert not is_closed(still)
        assert evicted(operator) == 1


def test_replies_that_nobody_reads_count(server: ServerProcess, operator: Connection) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as reader:
        operator("SET", "k", "x" * 1_000_000)
        operator("CONFIG", "SET", "maxmemory-clients", "5mb")
        reader.sendall(b"GET k\r\n" * 50)
        eventually(lambda: evicted(operator) == 1)


def test_queued_commands_count(server: ServerProcess, operator: Connection) -> None:
    with server.connect() as c:
        operator("CONFIG", "SET", "maxmemory-clients", "1mb")
        c("MULTI")
        queue = [("SET", "k", "x" * 100_000)] * 100
        with pytest.raises((ClosedError, ConnectionError)):
            repeat(c, queue)
        assert operator("EXISTS", "k") == 0


def test_a_percentage_is_of_maxmemory(server: ServerProcess, operator: Connection) -> None:
    with fat(server, 500_000) as large, fat(server, 50_000) as small:
        eventually(lambda: held(operator) > 550_000)
        operator("CONFIG", "SET", "maxmemory-clients", "3%")
        operator("PING")
        assert not is_closed(large)
        operator("CONFIG", "SET", "maxmemory", "10mb")
        eventually(lambda: is_closed(large))
        assert not is_closed(small)


def test_a_limit_too_low_is_128_kb(server: ServerProcess, operator: Connection) -> None:
    with fat(server, 300_000) as large, server.connect() as c:
        eventually(lambda: held(operator) > 300_000)
        assert c("CONFIG", "SET", "maxmemory-clients", "1") == "OK"
        eventually(lambda: is_closed(large))
        assert c("PING") == "PONG"
        assert c("CONFIG", "GET", "maxmemory-clients") == [b"maxmemory-clients", b"1"]
