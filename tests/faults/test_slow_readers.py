"""Clients that ask for more than they read, or send faster than others: the others are served all the while.

What a slow reader is owed grows until its limit, `client-output-buffer-limit`, then it is closed.
"""

from __future__ import annotations

import threading
import time

from tests.conftest import Start
from tests.faults.watch import raw_socket, served, settles, used_memory
from tests.support.resp import OK, Connection, encode_command
from tests.support.servers import ServerProcess, eventually

VALUE = "x" * 10_000
MEGABYTE = encode_command(["MGET", *["value"] * 100])
"""Asks for a million bytes in small pieces, so that the oracle copies them too."""


def closes(r: Connection, kind: str) -> int:
    """How many clients have been closed for their buffers, `kind` output or query."""
    return int(r.info("stats")[f"client_{kind}_buffer_limit_disconnections"])


def test_a_client_that_never_reads(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r, raw_socket(server, 4096) as slow:
        assert r("SET", "value", VALUE) == OK
        before = used_memory(r)
        with served(server) as pinger:
            slow.sendall(MEGABYTE * 100)
            eventually(lambda: used_memory(r) > before + 90_000_000, what="its replies are queued")
            count = pinger.count
            eventually(lambda: pinger.count > count + 20, what="others are served as before")
        assert r("PING") == "PONG"


def test_kvik_runs_big_replies_of_one_client_in_turns(start: Start) -> None:
    """300 MB of replies asked for in one packet: others are served in between, not after all of them."""
    server = start("kvik")
    with server.connect() as r, raw_socket(server, 4096) as slow:
        assert r("SET", "big", "x" * 1_000_000) == OK
        before = used_memory(r)
        with served(server, 0.5) as pinger:
            slow.sendall(encode_command(["GET", "big"]) * 300)
            eventually(lambda: used_memory(r) > before + 250_000_000, what="its replies are queued")
        assert pinger.count >= 8
        assert r("CLIENT", "KILL", "SKIPME", "yes") == 1
        eventually(lambda: used_memory(r) < before + 1_000_000, what="the memory is back")


def test_kvik_runs_slow_commands_of_one_client_in_turns(start: Start) -> None:
    """Two thousand commands of 0.3 ms and more, read at once."""
    server = start("kvik")
    with server.connect() as r, raw_socket(server) as heavy:
        r.many([["SET", f"key:{number}", ""] for number in range(20_000)])
        with served(server, 0.5) as pinger:
            heavy.sendall(encode_command(["KEYS", "nothing*"]) * 2000)
            received = b""
            while len(received) < 4 * 2000:
                received += heavy.recv(65536)
        assert received == b"*0\r\n" * 2000
        assert pinger.count >= 8


def test_a_client_that_goes_on_in_turns_keeps_its_order(start: Start) -> None:
    """Small and large commands and replies in one stream: all are answered, in the order they were sent."""
    server = start("kvik")
    with server.connect() as r:
        large = "y" * 3_000_000
        commands: list[list[str | int]] = []
        for number in range(12):
            commands += [["SET", "big", f"{number}:{large}"], ["GET", "big"], ["INCR", "n"], ["ECHO", number]]
            commands += [["MGET", *["n"] * 5000]]
        sender = threading.Thread(target=r.send_raw, args=(b"".join(map(encode_command, commands)),))
        sender.start()
        with served(server):
            for number in range(12):
                assert r.read() == OK
                assert r.read() == f"{number}:{large}".encode()
                assert r.read() == number + 1
                assert r.read() == str(number).encode()
                assert r.read() == [b"%d" % (number + 1)] * 5000
        sender.join()
        assert r("PING") == "PONG"


def test_a_million_commands_in_one_stream(name: str, start: Start) -> None:
    server = start(name)
    count = 1_000_000
    with raw_socket(server) as busy, served(server) as pinger:
        sender = threading.Thread(target=busy.sendall, args=(b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n" * count,))
        sender.start()
        tail, received, expected = b"", 0, sum(len(f":{number}\r\n") for number in range(1, count + 1))
        while received < expected:
            data = busy.recv(1 << 20)
            assert data
            received += len(data)
            tail = (tail + data)[-20:]
        sender.join()
        assert tail.endswith(b":1000000\r\n")
        assert received == expected
        assert pinger.count > 1


def test_a_fast_reader_of_much_does_not_hold_up_others(name: str, start: Start) -> None:
    server = start(name)
    with server.connect() as r, raw_socket(server) as fast, served(server):
        assert r("SET", "big", "x" * 20_000_000) == OK
        fast.sendall(encode_command(["GET", "big"]) * 10)
        left = 10 * (len("$20000000\r\n") + 20_000_000 + 2)
        while left > 0:
            left -= len(fast.recv(1 << 20))
        assert left == 0


def test_hard_limit(server: ServerProcess) -> None:
    with server.connect() as r, r.config(client_output_buffer_limit="normal 5000000 0 0"):
        r("SET", "value", VALUE)
        before, used, log = closes(r, "output"), used_memory(r), len(server.log())
        with raw_socket(server, 4096) as slow:
            slow.sendall(MEGABYTE * 40)
            eventually(lambda: closes(r, "output") == before + 1)
            settles(r, 1)
        lines = server.log()[log:].splitlines()
        assert len(lines) == 1
        assert "scheduled to be closed ASAP for overcoming of output buffer limits." in lines[0]
        assert " id=" in lines[0]
        assert " omem=" in lines[0]
        eventually(lambda: used_memory(r) < used + 1_000_000)


def test_hard_limit_leaves_quick_readers_alone(server: ServerProcess) -> None:
    with server.connect() as r, r.config(client_output_buffer_limit="normal 5000000 0 0"):
        r("SET", "value", VALUE)
        before = closes(r, "output")
        for _ in range(20):
            r.send_raw(MEGABYTE)
            assert r.read() == [VALUE.encode()] * 100
        assert closes(r, "output") == before


def test_soft_limit_lasts_its_seconds(server: ServerProcess) -> None:
    """Over the soft limit for its seconds: closed by the timer, though nothing happens on its connection."""
    with server.connect() as r, r.config(client_output_buffer_limit="normal 0 1000000 1"):
        r("SET", "value", VALUE)
        before, begin = closes(r, "output"), time.monotonic()
        with raw_socket(server, 4096) as slow, served(server):
            slow.sendall(MEGABYTE * 20)
            eventually(lambda: closes(r, "output") == before + 1)
            assert time.monotonic() - begin >= 1.0


def test_no_limit_by_default(server: ServerProcess) -> None:
    with server.connect() as r:
        limits = r("CONFIG", "GET", "client-output-buffer-limit")[1]
        assert limits == b"normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"


def test_query_buffer_limit(server: ServerProcess) -> None:
    with server.connect() as r, r.config(client_query_buffer_limit=1 << 20):
        before, log = closes(r, "query"), len(server.log())
        with raw_socket(server) as greedy, served(server):
            greedy.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n" + b"x" * 1_500_000)
            eventually(lambda: closes(r, "query") == before + 1)
        assert "Closing client that reached max query buffer length" in server.log()[log:]
        settles(r, 1)
        assert r("EXISTS", "k") == 0


def test_query_buffer_limit_is_for_what_is_not_parsed(server: ServerProcess) -> None:
    """A command may be longer than the limit, if none of its arguments is."""
    with server.connect() as r, r.config(client_query_buffer_limit=1 << 20):
        assert r("MSET", *[word for number in range(30) for word in (f"key:{number}", "x" * 100_000)]) == OK
        assert r("DEL", *[f"{number:050}" for number in range(30_000)]) == 0
        assert r("SET", "k", "x" * 900_000) == OK


def test_query_buffer_limit_leaves_pipelines_alone(server: ServerProcess) -> None:
    """Ten times the limit in complete commands is no reason to close anybody."""
    with server.connect() as r, r.config(client_query_buffer_limit=1 << 20):
        before = closes(r, "query")
        assert set(r.many([["SET", f"key:{number}", VALUE] for number in range(1000)])) == {OK}
        assert closes(r, "query") == before
