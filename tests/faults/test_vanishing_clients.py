"""Clients that go away in the middle of something leave no client and no memory behind, and harm nobody."""

from __future__ import annotations

import pytest

from tests.conftest import Start
from tests.faults.watch import raw_socket, reset, served, settles, used_memory
from tests.support.resp import OK, encode_command
from tests.support.servers import ServerProcess, eventually

HALVES = {
    "nothing": b"",
    "star": b"*",
    "count": b"*3\r\n",
    "count without LF": b"*3\r",
    "header": b"*3\r\n$3\r\nSET\r\n$5",
    "argument": b"*3\r\n$3\r\nSET\r\n$5\r\nha",
    "argument without LF": b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r",
    "inline": b"SET k val",
    "complete and half": b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n",
    "held": b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000\r\n" + b"x" * 50000,
    "big": b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n" + b"x" * 200000,
    "second big": b"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n" + b"x" * 100000
    + b"\r\n$1\r\nb\r\n$3000000\r\n" + b"y" * 200000,
    "many arguments": b"*100000\r\n$3\r\nDEL\r\n" + b"$5\r\nabcde\r\n" * 20000,
}  # fmt: skip


@pytest.mark.parametrize("how", ["close", "reset", "half close"])
@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_a_half_command_goes_with_its_client(server: ServerProcess, half: bytes, how: str) -> None:
    with server.connect() as r:
        settles(r, 1)
        gone = raw_socket(server)
        gone.sendall(half)
        settles(r, 2)
        if how == "close":
            gone.close()
        elif how == "reset":
            reset(gone)
        else:
            gone.shutdown(1)
        settles(r, 1)
        gone.close()
        assert r("EXISTS", "k", "a", "b") == 0
        assert r("PING") == "PONG"


def test_half_commands_hold_no_memory_afterwards(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r, served(server):
        memory = 0
        for round_number in range(6):
            clients = [raw_socket(server) for _ in HALVES for _ in range(4)]
            for number, client in enumerate(clients):
                client.sendall(list(HALVES.values())[number % len(HALVES)])
            settles(r, len(clients) + 2)
            for client in clients:
                reset(client)
            settles(r, 2)
            if round_number == 1:           # what is set up once is there by now
                memory = used_memory(r)
        assert used_memory(r) < memory + 500_000


def test_unread_replies_go_with_their_client(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r, served(server):
        assert r("SET", "value", "x" * 10_000) == OK     # (the oracle queues longer ones by reference)
        megabyte = encode_command(["MGET", *["value"] * 100])
        before = used_memory(r)
        for how in (reset, lambda connection: connection.close()):
            slow = [raw_socket(server, 4096) for _ in range(4)]
            for each in slow:
                each.sendall(megabyte * 20)
            eventually(lambda: used_memory(r) > before + 40_000_000, what="replies are queued")
            for each in slow:
                how(each)
            settles(r, 2)
            eventually(lambda: used_memory(r) < before + 1_000_000, what="their memory is back")


def test_commands_of_a_client_that_is_gone_have_run(server: ServerProcess) -> None:
    """Complete commands run, even when nobody waits for the replies."""
    with server.connect() as r:
        for number in range(50):
            gone = raw_socket(server)
            gone.sendall(encode_command(["INCR", "counter"]) * 10)
            eventually(lambda wanted=b"%d" % (number * 10 + 10): r("GET", "counter") == wanted)
            reset(gone)
        settles(r, 1)


def test_thousands_come_and_go(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r, served(server):
        before, resident = 0, 0
        for round_number in range(4):
            for number in range(750):
                client = raw_socket(server)
                if number % 3 == 0:
                    client.sendall(encode_command(["SET", f"key:{number % 10}", "value"]))
                if number % 3 == 1:
                    client.sendall(encode_command(["GET", "key:1"]) + b"*2\r\n$3\r\nGE")
                if number % 2:
                    reset(client)
                else:
                    client.close()
            with server.connect() as last:      # connections are taken in their order
                assert last("PING") == "PONG"
            settles(r, 2)
            if round_number == 1:
                before, resident = used_memory(r), server.resident_bytes()
        assert int(r.info("stats")["total_connections_received"]) > 1500  # (some left too early)
        assert used_memory(r) < before + 300_000
        assert server.resident_bytes() < resident + 8_000_000


def test_many_at_once(name: str, start: Start) -> None:
    """A thousand open connections, all of them in the middle of a command, then all gone together."""
    server = start(name)
    with server.connect() as r, served(server):
        clients = [raw_socket(server) for _ in range(900)]
        for number, client in enumerate(clients):
            client.sendall(encode_command(["SET", f"key:{number}", number]) + b"*2\r\n$3\r\nGET\r\n$8\r\nkey")
        for number, client in enumerate(clients):
            assert client.recv(5) == b"+OK\r\n"
            client.sendall(f":{number:04}\r\n".encode())
        settles(r, len(clients) + 2)
        for client in clients:
            assert client.recv(100) == b"$-1\r\n"   # the key was "key:" and four digits: not there
            client.close()
        settles(r, 2)
        assert r("DBSIZE") == 900


def test_client_kill_in_the_middle_of_a_command(server: ServerProcess) -> None:
    with server.connect() as r, server.connect() as victim:
        number = victim("CLIENT", "ID")
        victim.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n" + b"x" * 100000)
        eventually(lambda: f"id={number} " in r("CLIENT", "LIST").decode())
        assert r("CLIENT", "KILL", "ID", number) == 1
        assert victim.at_end()
        assert r("EXISTS", "k") == 0
