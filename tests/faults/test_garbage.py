"""What is no RESP, or RESP in bad faith: it ends its own connection and is nothing to anybody else."""

from __future__ import annotations

import random

import pytest

from tests.conftest import Start
from tests.faults.watch import raw_socket, served, settles
from tests.support.resp import OK, Connection, encode_command
from tests.support.servers import ServerProcess, eventually

TLS_HELLO = bytes.fromhex(
    "16030100c8010000c40303a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9020"
) + bytes(range(11, 150))
HTTP = b"%s / HTTP/1.1\r\nHost: localhost:6379\r\nContent-Type: text/plain\r\n\r\nSET k owned\r\n"


def replies(server: ServerProcess, data: bytes) -> bytes:
    """All that the server says to `data`, up to the end of the connection."""
    with Connection(server.address) as connection:
        connection.send_raw(data)
        connection.socket.shutdown(1)
        return connection.read_raw()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\r\n:1\r\n", "expected '$', got ':'"),
        (b"*1\r\n\x00\r\n", "expected '$', got '\0'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        (b'SET k "abc\r\n', "unbalanced quotes in request"),
        (b"*" + b"1" * 70000, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 70000, "too big bulk count string"),
        (b"x" * 70000, "too big inline request"),
    ],
)
def test_no_resp_is_an_error_and_the_end(server: ServerProcess, data: bytes, error: str) -> None:
    with server.connect() as r, Connection(server.address) as connection:
        connection.send_raw(data)
        reply = connection.read_raw()
        if "\0" in error:       # the oracle's text ends there
            assert reply.startswith(b"-ERR Protocol error: expected '$', got '")
        else:
            assert reply == f"-ERR Protocol error: {error}\r\n".encode()
        settles(r, 1)


def test_what_stands_before_it_is_answered_and_nothing_behind_it(server: ServerProcess) -> None:
    with server.connect() as r, Connection(server.address) as connection:
        before, behind = encode_command(["SET", "a", 1]), encode_command(["SET", "b", 1])
        connection.send_raw(before + b"*1\r\n!\r\n" + behind)
        assert connection.read_raw() == b"+OK\r\n-ERR Protocol error: expected '$', got '!'\r\n"
        assert r("EXISTS", "a") == 1
        assert r("EXISTS", "b") == 0


@pytest.mark.parametrize("method", ["POST", "post", "GET", "PUT"])
def test_http_is_taken_for_an_attack(name: str, start: Start, method: str) -> None:
    """A browser may have been talked into sending it: neither `POST` nor `Host:` gets as far as the body."""
    server = start(name)
    with server.connect() as r, Connection(server.address) as browser:
        browser.send_raw(HTTP % method.encode())
        assert b"owned" not in browser.read_raw()
        settles(r, 1)
        assert r("EXISTS", "k") == 0
        assert "Possible SECURITY ATTACK detected." in server.log()


def test_attacks_do_not_fill_the_log(name: str, start: Start) -> None:
    server = start(name)
    for _ in range(20):
        assert replies(server, HTTP % b"POST") == b""
    assert server.log().count("SECURITY ATTACK") == 1


def test_tls_hello(server: ServerProcess) -> None:
    with server.connect() as r, served(server):
        with raw_socket(server) as connection:
            connection.sendall(TLS_HELLO)
            assert r("PING") == "PONG"
        settles(r, 2)


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(server: ServerProcess, seed: int) -> None:
    """Pure noise, and noise of what the protocol is made of."""
    dice = random.Random(seed)
    pieces = b"* $ \r \n \r\n 0 1 2 3 -1 9999 GET SET PING \" ' \\x \0 \xff".split(b" ")
    pieces += [b" ", b"*2\r\n$3\r\nGET\r\n", b"*1\r\n$4\r\nPING\r\n"]
    with server.connect() as r, served(server):
        assert r("SET", "witness", "here") == OK
        for _ in range(30):
            noise = dice.randbytes(dice.randrange(1, 3000))
            mixed = b"".join(dice.choices(pieces, k=dice.randrange(1, 300)))
            for data in (noise, mixed, encode_command(["PING"]) + mixed):
                replies(server, data)
        settles(r, 2)
        assert r("GET", "witness") == b"here"


@pytest.mark.parametrize("seed", range(4))
def test_damaged_commands(server: ServerProcess, seed: int) -> None:
    """Good pipelines with a byte changed, missing or too many."""
    dice = random.Random(seed)
    good = b"".join(map(encode_command, (["SET", "key", "value"], ["GET", "key"], ["PING"], ["PING"])))
    with server.connect() as r, served(server):
        assert r("SET", "witness", "here") == OK
        for _ in range(100):
            at = dice.randrange(len(good))
            change = dice.choice([b"", dice.randbytes(1), good[at : at + 1] * 2])
            replies(server, good[:at] + change + good[at + 1 :])
        settles(r, 2)
        assert r("GET", "witness") == b"here"


def test_a_promised_length_is_not_believed(start: Start) -> None:
    """Many clients that announce 512 MB and send little of it take the memory of what they sent."""
    server = start("kvik")
    with server.connect() as r, served(server):
        before = server.resident_bytes()
        clients = [raw_socket(server) for _ in range(20)]
        for client in clients:
            client.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n")
        for _ in range(10):
            for client in clients:
                client.sendall(b"x" * 10_000)
        eventually(lambda: int(r.info("stats")["total_net_input_bytes"]) > 20 * 100_000)
        assert server.resident_bytes() < before + 20 * 300_000
        assert int(r.info("memory")["used_memory"]) < 20_000_000
        for client in clients:
            client.close()
        settles(r, 2)


def test_a_promised_count_is_not_believed(server: ServerProcess) -> None:
    with server.connect() as r, served(server):
        before = server.resident_bytes()
        clients = [raw_socket(server) for _ in range(20)]
        for client in clients:
            client.sendall(b"*2147483647\r\n$3\r\nDEL\r\n" + b"$1\r\nx\r\n" * 100)
        settles(r, 22)
        assert r("PING") == "PONG"
        assert server.resident_bytes() < before + 20_000_000
        for client in clients:
            client.close()
        settles(r, 2)


def test_a_million_arguments(name: str, start: Start) -> None:
    server = start(name)
    count = 1_000_000
    with server.connect() as r, server.connect() as other, served(server):
        assert r("SET", "x", 1) == OK
        other.send_raw(b"*%d\r\n$6\r\nEXISTS\r\n" % (count + 1) + b"$1\r\nx\r\n" * count)
        assert other.read() == count
        assert other("PING") == "PONG"
        eventually(lambda: int(r.info("memory")["used_memory"]) < 60_000_000)


def test_a_command_in_single_bytes(server: ServerProcess) -> None:
    with server.connect() as r, served(server):
        for byte in encode_command(["SET", "key", "value"]) + b"GET key\r\n":
            r.send_raw(bytes([byte]))
        assert r.read() == OK
        assert r.read() == b"value"


def test_empty_commands_are_no_commands(server: ServerProcess) -> None:
    with server.connect() as r, served(server):
        r.send_raw(b"\r\n*0\r\n*-1\r\n\n" * 50_000 + b"PING\r\n")
        assert r.read() == "PONG"
