"""Subscribers in crowds, and subscribers that do not read: the others get everything, and nobody waits for them."""

from __future__ import annotations

import random
import resource
import selectors
import socket

from tests.conftest import Start
from tests.faults.watch import raw_socket, served, used_memory
from tests.support.resp import Connection, encode_command
from tests.support.servers import ServerProcess, eventually

CROWD = 10_000
SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$5\r\ncrowd\r\n:1\r\n"


def crowd_size() -> int:
    """How many connections this process may have: CROWD where it can be raised to that."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CROWD + 200
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted - 200


def crowd(server: ServerProcess, size: int) -> list[socket.socket]:
    members = []
    for _ in range(size):
        member = socket.create_connection(server.address)
        member.sendall(encode_command(["SUBSCRIBE", "crowd"]))
        members.append(member)
    for member in members:
        assert member.recv(len(SUBSCRIBED), socket.MSG_WAITALL) == SUBSCRIBED
    return members


def get(members: list[socket.socket], expected: bytes) -> None:
    """Everyone gets exactly this, in whatever order the sockets become ready."""
    missing = dict.fromkeys(members, len(expected))
    with selectors.DefaultSelector() as selector:
        for member in members:
            selector.register(member, selectors.EVENT_READ)
        while missing:
            ready = selector.select(30)
            assert ready, f"{len(missing)} have not got all"
            for key, _ in ready:
                member = key.fileobj
                assert isinstance(member, socket.socket)
                data = member.recv(missing[member])
                at = len(expected) - missing[member]
                assert data, "closed"
                assert data == expected[at : at + len(data)]
                missing[member] -= len(data)
                if missing[member] == 0:
                    selector.unregister(member)
                    del missing[member]


def message(text: bytes) -> bytes:
    return encode_command([b"message", b"crowd", text])


def test_a_message_to_a_crowd(name: str, start: Start) -> None:
    """One message to ten thousand, several in a pipeline, long ones; and all connections closed at once."""
    size = crowd_size()
    server = start(name, maxclients=str(size + 100), tcp_backlog="4096")
    members = crowd(server, size)
    with server.connect() as r:
        assert r("PUBLISH", "crowd", "one") == size
        get(members, message(b"one"))
        texts = [b"text %d" % i for i in range(20)]
        assert r.many([("PUBLISH", "crowd", text) for text in texts]) == [size] * len(texts)
        get(members, b"".join(map(message, texts)))
        assert r("PUBLISH", "crowd", "x" * 20_000) == size
        get(members, message(b"x" * 20_000))
        for member in members:
            member.close()
        eventually(lambda: r("PUBLISH", "crowd", "nobody") == 0)


def test_kvik_writes_a_long_message_once(start: Start) -> None:
    """A megabyte for a hundred subscribers that do not read is not a hundred megabytes."""
    server = start("kvik", client_output_buffer_limit="pubsub 0 0 0")
    with server.connect() as r:
        members = [raw_socket(server, 4096) for _ in range(100)]
        for member in members:
            member.sendall(encode_command(["SUBSCRIBE", "crowd"]))
        eventually(lambda: r("PUBSUB", "NUMSUB", "crowd") == [b"crowd", 100])
        before = used_memory(r)
        assert r("PUBLISH", "crowd", "x" * 1_000_000) == 100
        r("PING")
        assert used_memory(r) < before + 10_000_000
        for member in members:
            assert member.recv(len(SUBSCRIBED), socket.MSG_WAITALL) == SUBSCRIBED
        get(members, message(b"x" * 1_000_000))
        eventually(lambda: used_memory(r) < before + 100_000, what="the memory is back")
        for member in members:
            member.close()


def test_kvik_serves_others_while_a_crowd_is_told(start: Start) -> None:
    """Thousands of messages are delivered in turns with other clients' commands."""
    size = crowd_size() // 4
    server = start("kvik", maxclients=str(size + 100), tcp_backlog="4096")
    members = crowd(server, size)
    with server.connect() as r, served(server, 0.5) as pinger:
        for i in range(20):
            assert r("PUBLISH", "crowd", f"{i}") == size
        count = pinger.count
        eventually(lambda: pinger.count > count + 10)
    get(members, b"".join(message(b"%d" % i) for i in range(20)))
    for member in members:
        member.close()


def closes(r: Connection) -> int:
    return int(r.info("stats")["client_output_buffer_limit_disconnections"])


def test_a_subscriber_that_does_not_read(name: str, start: Start) -> None:
    """It is closed at its limit; the others get everything, those of both protocols."""
    server = start(name, client_output_buffer_limit="pubsub 1mb 0 0")
    with server.connect() as r, raw_socket(server, 4096) as deaf, server.connect(2) as two, server.connect(3) as three:
        deaf.sendall(encode_command(["SUBSCRIBE", "crowd"]))
        for sub in (two, three):
            sub("SUBSCRIBE", "crowd")
        eventually(lambda: r("PUBSUB", "NUMSUB", "crowd") == [b"crowd", 3])
        sent = 0
        for size in (100, 1000, 30_000):        # which go by different ways
            for _ in range(2_000_000 // size):
                r("PUBLISH", "crowd", b"%d " % sent + b"x" * size)
                assert two.read()[2].startswith(b"%d " % sent)
                assert three.read()[2].startswith(b"%d " % sent)
                sent += 1
                if sent % 100 == 0 and closes(r) == 1:
                    break
        eventually(lambda: closes(r) == 1)
        assert r("PUBSUB", "NUMSUB", "crowd") == [b"crowd", 2]
        assert "output buffer limits" in server.log()


def test_who_reads_late_gets_all_in_order(name: str, start: Start) -> None:
    """Short and long messages, one by one and in pipelines, while the socket takes nothing; then it reads."""
    server = start(name, client_output_buffer_limit="pubsub 0 0 0")
    lengths = random.Random(7)
    texts = [b"%d " % i + b"x" * int(2 ** lengths.uniform(0, 16)) for i in range(3000)]
    with server.connect() as r, raw_socket(server, 4096) as late, raw_socket(server, 4096) as later:
        for each in (late, later):
            each.sendall(encode_command(["SUBSCRIBE", "crowd"]))
            assert each.recv(len(SUBSCRIBED), socket.MSG_WAITALL) == SUBSCRIBED
        for begin in range(0, len(texts), 10):
            some = [("PUBLISH", "crowd", text) for text in texts[begin : begin + 10]]
            if begin % 3 == 0:
                assert [r(*each) for each in some] == [2] * 10
            else:
                assert r.many(some) == [2] * 10
            if begin == 1500:
                get([late], b"".join(map(message, texts[:700])))
        get([late], b"".join(map(message, texts[700:])))
        get([later], b"".join(map(message, texts)))
        assert r("PUBLISH", "crowd", "end") == 2
        get([late, later], message(b"end"))


def test_the_soft_limit(name: str, start: Start) -> None:
    server = start(name, client_output_buffer_limit="pubsub 0 200kb 1")
    with server.connect() as r, raw_socket(server, 4096) as deaf:
        deaf.sendall(encode_command(["SUBSCRIBE", "crowd"]))
        eventually(lambda: r("PUBSUB", "NUMSUB", "crowd") == [b"crowd", 1])
        r.many([("PUBLISH", "crowd", "x" * 1000)] * 8000)    # in pieces that the oracle copies
        eventually(lambda: r("PUBLISH", "crowd", "x") == 0, what="it has been over its limit for a second")
        assert closes(r) == 1
