"""Limits that an operator sets, and what happens at them."""

from __future__ import annotations

import socket
import time

import pytest

from tests.conftest import Start
from tests.faults.watch import raw_socket, served, settles
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess, eventually


def test_maxclients(server: ServerProcess) -> None:
    with server.connect() as r, r.config(maxclients=3):
        settles(r, 1)
        rejected = int(r.info("stats")["rejected_connections"])
        with server.connect() as one, server.connect() as two:
            assert one("PING") == two("PING") == "PONG"
            for number in range(5):
                with Connection(server.address) as refused:
                    assert refused.read_raw() == b"-ERR max number of clients reached\r\n"
                assert int(r.info("stats")["rejected_connections"]) == rejected + number + 1
            assert r.info("clients")["connected_clients"] == "3"
        settles(r, 1)
        with server.connect() as another:
            assert another("PING") == "PONG"


def test_maxclients_below_those_that_are_there(server: ServerProcess) -> None:
    with server.connect() as r, server.connect() as one, server.connect() as two, r.config(maxclients=1):
        assert one("PING") == two("PING") == "PONG"
        with Connection(server.address) as refused:
            assert refused.read_raw() == b"-ERR max number of clients reached\r\n"
        assert r.info("clients")["maxclients"] == "1"


def test_maxclients_beyond_what_the_system_allows(start: Start) -> None:
    """There are descriptors for all the clients that the server says there may be."""
    server = start("kvik", maxclients="3000")
    with server.connect() as r:
        allowed = int(r("CONFIG", "GET", "maxclients")[1])
        with open(f"/proc/{server.pid}/limits") as limits:
            files = next(line.split() for line in limits if line.startswith("Max open files"))
        assert allowed == 3000 or "maxclients has been reduced" in server.log()
        assert allowed + 32 <= int(files[3])


def test_timeout_closes_the_idle(server: ServerProcess) -> None:
    """After `timeout` seconds without a command; whoever says something is not idle."""
    with server.connect() as r, server.connect() as idle, r.config(timeout=1, loglevel="verbose"):
        begin, log = time.monotonic(), len(server.log())
        assert idle("PING") == "PONG"
        idle.socket.settimeout(0.1)
        while True:
            assert r("PING") == "PONG"
            assert time.monotonic() < begin + 20
            try:
                assert idle.socket.recv(1) == b""
                break
            except TimeoutError:
                continue
        assert time.monotonic() - begin > 0.9
        assert "Closing idle client" in server.log()[log:]


def test_no_timeout_by_default(server: ServerProcess) -> None:
    with server.connect() as r:
        assert r("CONFIG", "GET", "timeout") == [b"timeout", b"0"]


@pytest.mark.parametrize("seconds", ["0", "1", "2", "10", "300"])
def test_tcp_keepalive(server: ServerProcess, seconds: str) -> None:
    """It is for connections from now on."""
    with server.connect() as r, r.config(tcp_keepalive=seconds), server.connect() as other:
        assert other("PING") == "PONG"
        assert other("CONFIG", "GET", "tcp-keepalive") == [b"tcp-keepalive", seconds.encode()]
        eventually(lambda: timer(other, server) == ("00" if seconds == "0" else "02"))


def timer(connection: Connection, server: ServerProcess) -> str:
    """What timer the server's end of the connection has, from /proc/net/tcp: 00 none, 02 keepalive."""
    port = connection.socket.getsockname()[1]
    with open("/proc/net/tcp") as table:
        for line in table:
            fields = line.split()
            if fields[1].endswith(f":{server.port:04X}") and fields[2].endswith(f":{port:04X}"):
                return fields[5].partition(":")[0]
    raise AssertionError("the connection is not there")


def test_a_large_argument(name: str, start: Start) -> None:
    """100 MB in one argument: received in time that grows with its length, kept once, and given back."""
    server = start(name)
    size = 100_000_000
    block = b"0123456789" * 100_000
    with server.connect() as r, raw_socket(server) as big, served(server):
        begin = time.monotonic()
        big.sendall(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n" % size)
        for _ in range(100):
            big.sendall(block)
        big.sendall(b"\r\n")
        assert big.recv(100) == b"+OK\r\n"
        assert time.monotonic() - begin < 15        # 0.1 s on a quiet machine
        assert r("STRLEN", "big") == size
        assert r("GETRANGE", "big", 0, 9) == r("GETRANGE", "big", -10, -1) == b"0123456789"
        assert r("GETRANGE", "big", 50_000_000, 50_000_003) == b"0123"
        assert r("GET", "big") == block * 100
        assert r("DEL", "big") == 1
        eventually(lambda: int(r.info("memory")["used_memory"]) < 30_000_000)


def test_a_large_argument_in_small_packets(server: ServerProcess) -> None:
    """20 MB in pieces of 2 kB: no piece costs what came before it."""
    with server.connect() as r, raw_socket(server) as big, served(server):
        big.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.monotonic()
        big.sendall(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$20480000\r\n")
        for _ in range(10_000):
            big.sendall(b"x" * 2048)
        big.sendall(b"\r\n")
        assert big.recv(100) == b"+OK\r\n"
        assert time.monotonic() - begin < 15
        assert r("STRLEN", "big") == 20_480_000


@pytest.mark.parametrize("size", [16383, 16384, 32767, 32768, 32769, 65535, 65536, 65537, 131072, 1 << 20])
def test_sizes_where_the_way_of_receiving_changes(server: ServerProcess, size: int) -> None:
    with server.connect() as r:
        value = bytes(number % 251 for number in range(size))
        assert r("SET", "key", value) == OK
        assert r("GET", "key") == value
        other = value[::-1]
        replies = r.many([["PING"], ["SET", "key", other], ["GET", "key"], ["PING"]])
        assert replies == ["PONG", OK, other, "PONG"]
        assert r("MSET", "a", value, "b", "small", "c", value) == OK
        assert r("MGET", "a", "b", "c") == [value, b"small", value]


def test_proto_max_bulk_len(server: ServerProcess) -> None:
    with server.connect() as r, r.config(proto_max_bulk_len=1 << 20):
        assert r("SET", "key", "x" * (1 << 20)) == OK
        with Connection(server.address) as greedy:
            greedy.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % ((1 << 20) + 1))
            assert greedy.read_raw() == b"-ERR Protocol error: invalid bulk length\r\n"
        too_long = Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
        assert r("APPEND", "key", "x") == too_long
        assert r("SETRANGE", "key", 1 << 20, "x") == too_long
        assert r("STRLEN", "key") == 1 << 20


def test_unauthenticated_clients_get_little_room(start: Start, name: str) -> None:
    server = start(name, requirepass="secret")
    for data, error in [
        (b"*11\r\n", "unauthenticated multibulk length"),
        (b"*2\r\n$4\r\nAUTH\r\n$16385\r\n", "unauthenticated bulk length"),
    ]:
        with Connection(server.address) as stranger:
            stranger.send_raw(data)
            assert stranger.read_raw() == f"-ERR Protocol error: {error}\r\n".encode()
    with server.connect() as r:
        assert r("GET", "key") == Error("NOAUTH Authentication required.")
        assert r("AUTH", "secret") == OK
        assert r("SET", "key", "x" * 100_000) == OK


def test_pipelines_of_unauthenticated_clients(start: Start, name: str) -> None:
    """Commands behind AUTH in the same packet have its rights, those before it have not."""
    server = start(name, requirepass="secret")
    with server.connect() as r:
        replies = r.many([["GET", "a"], ["AUTH", "secret"], ["SET", "a", "x" * 20_000]])
        assert replies == [Error("NOAUTH Authentication required."), OK, OK]
