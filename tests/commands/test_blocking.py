"""Commands that wait for keys: in which order clients are served, what wakes them, what ends their wait otherwise.

Every type's own file tests what its blocking commands answer; here is what they have in common, shown with lists.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.commands.script import run
from tests.support.payload import payload
from tests.support.resp import NULL_ARRAY, OK, Connection, Error
from tests.support.servers import eventually


class Waiters:
    """Clients of the server behind `r` that block."""

    def __init__(self, r: Connection) -> None:
        self.r = r
        self.clients: list[Connection] = []

    def send(self, *command: str | int | float) -> Connection:
        """A new client that sends this command, which must block."""
        client = self.r.another()
        self.clients.append(client)
        before = self.blocked()
        client.send(*command)
        eventually(lambda: self.blocked() == before + 1, what=f"{command} blocks")
        return client

    def blocked(self) -> int:
        return int(self.r.info("clients")["blocked_clients"])


@pytest.fixture
def waiters(r: Connection) -> Iterator[Waiters]:
    waiters = Waiters(r)
    yield waiters
    for each in waiters.clients:
        each.close()
    eventually(lambda: waiters.blocked() == 0, what="nobody is blocked any more")


def test_order_of_arrival(r: Connection, waiters: Waiters) -> None:
    first, second, third = (waiters.send("BLPOP", "k", 0) for _ in range(3))
    assert r("RPUSH", "k", "a", "b", "c", "d") == 4
    assert [each.read() for each in (first, second, third)] == [[b"k", b"a"], [b"k", b"b"], [b"k", b"c"]]
    assert r("LRANGE", "k", 0, -1) == [b"d"]


def test_one_element_serves_one_client(r: Connection, waiters: Waiters) -> None:
    first, second = waiters.send("BLPOP", "k", 0), waiters.send("BRPOP", "k", 0)
    assert r("RPUSH", "k", "a") == 1
    assert first.read() == [b"k", b"a"]
    assert waiters.blocked() == 1
    assert r("RPUSH", "k", "b") == 1
    assert second.read() == [b"k", b"b"]
    assert r("EXISTS", "k") == 0


@pytest.mark.parametrize(("pushed", "served"), [("a", b"a"), ("b", b"b"), ("c", b"c")])
def test_several_keys(r: Connection, waiters: Waiters, pushed: str, served: bytes) -> None:
    client = waiters.send("BLPOP", "a", "b", "a", "c", 0)
    assert r("RPUSH", pushed, "x") == 1
    assert client.read() == [served, b"x"]
    assert r("EXISTS", "a", "b", "c") == 0


@pytest.mark.parametrize(
    "script",
    [
        "RPUSH k x",
        "LPUSH k x",
        "RPUSH other x ; RENAME other k",
        "RPUSH other x ; RENAMENX other k",
        "RPUSH other x ; COPY other k",
        "RPUSH other x ; LMOVE other k LEFT RIGHT",
        "RPUSH other x ; RPOPLPUSH other k",
        "SELECT 1 ; RPUSH k x ; MOVE k 0",
        "SELECT 1 ; RPUSH k x ; COPY k k DB 0 ; DEL k",
        "SELECT 1 ; RPUSH k x ; SWAPDB 0 1",
        "RPUSH other x ; SORT other ALPHA STORE k",
    ],
)
def test_what_makes_the_key_wakes(r: Connection, waiters: Waiters, script: str) -> None:
    client = waiters.send("BLPOP", "k", 0)
    reply = run(r, script)
    assert not isinstance(reply, Error), reply
    assert client.read() == [b"k", b"x"]
    assert r("SELECT", 0) == OK
    assert r("EXISTS", "k") == 0


def test_restore_wakes(r: Connection, waiters: Waiters) -> None:
    client = waiters.send("BLPOP", "k", 0)
    assert r("RESTORE", "k", 0, payload(1, b"\x01\x01x")) == OK
    assert client.read() == [b"k", b"x"]
    assert r("EXISTS", "k") == 0


def test_another_type_does_not_wake(r: Connection, waiters: Waiters) -> None:
    client = waiters.send("BLPOP", "k", 0)
    assert r("SET", "k", "string") == OK
    assert waiters.blocked() == 1
    assert r("DEL", "k") == 1
    assert r("RPUSH", "k", "x") == 1
    assert client.read() == [b"k", b"x"]


def test_another_database_does_not_wake(r: Connection, waiters: Waiters) -> None:
    client = waiters.send("BLPOP", "k", 0)
    assert run(r, "SELECT 1 ; RPUSH k y") == 1
    assert waiters.blocked() == 1
    assert run(r, "SELECT 0 ; RPUSH k x") == 1
    assert client.read() == [b"k", b"x"]
    assert run(r, "SELECT 1 ; LRANGE k 0 -1") == [b"y"]


def test_served_clients_serve_others(r: Connection, waiters: Waiters) -> None:
    last = waiters.send("BLPOP", "c", 0)
    middle = waiters.send("BLMOVE", "b", "c", "LEFT", "LEFT", 0)
    first = waiters.send("BLMOVE", "a", "b", "LEFT", "LEFT", 0)
    assert r("RPUSH", "a", "x") == 1
    assert (first.read(), middle.read(), last.read()) == (b"x", b"x", [b"c", b"x"])
    assert r("DBSIZE") == 0


@pytest.mark.parametrize(
    "command",
    [
        "BLPOP k 0.05",
        "BRPOP k j 0.051",
        "BLMOVE k j LEFT LEFT 0.05",
        "BRPOPLPUSH k j 0.05",
        "BLMPOP 0.05 1 k LEFT",
        "BZPOPMIN k 0.05",
        "BZPOPMAX k 0.05",
        "BZMPOP 0.05 1 k MIN",
        "XREAD BLOCK 50 STREAMS k 0",
    ],
)
def test_time_out(r: Connection, command: str) -> None:
    begun = time.monotonic()
    got = run(r, command)
    assert time.monotonic() - begun >= 0.05
    assert got == (None if r.resp == 3 else NULL_ARRAY)
    assert r("RPUSH", "k", "x") == 1
    assert r("LLEN", "k") == 1
    assert r.info("clients")["total_blocking_keys"] == "0"


def test_deadlines_end_in_their_own_order(r: Connection, waiters: Waiters) -> None:
    late = waiters.send("BLPOP", "k", "0.3")
    early = waiters.send("BLPOP", "k", "0.05")
    never = waiters.send("BLPOP", "k", 0)
    assert early.read() == NULL_ARRAY or r.resp == 3
    assert waiters.blocked() == 2
    assert late.read() == NULL_ARRAY or r.resp == 3
    assert r("RPUSH", "k", "x") == 1
    assert never.read() == [b"k", b"x"]


@pytest.mark.parametrize(
    ("reason", "reply"),
    [
        ((), NULL_ARRAY),
        (("TIMEOUT",), NULL_ARRAY),
        (("ERROR",), Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")),
    ],
)
def test_client_unblock(r: Connection, waiters: Waiters, reason: tuple[str, ...], reply: object) -> None:
    client = r.another()
    waiters.clients.append(client)
    number = client("CLIENT", "ID")
    assert r("CLIENT", "UNBLOCK", number, *reason) == 0
    client.send("BLPOP", "k", 0)
    eventually(lambda: waiters.blocked() == 1)
    assert r("CLIENT", "UNBLOCK", number, *reason) == 1
    assert client.read() == (None if r.resp == 3 and reply == NULL_ARRAY else reply)
    assert r("CLIENT", "UNBLOCK", number) == 0
    assert client("PING") == "PONG"
    assert r("RPUSH", "k", "x") == 1
    assert client("BLPOP", "k", 0) == [b"k", b"x"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("CLIENT UNBLOCK x", "ERR value is not an integer or out of range"),
        ("CLIENT UNBLOCK 99 x", "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"),
        ("BLPOP k x", "ERR timeout is not a float or out of range"),
        ("BLPOP k ''", "ERR timeout is not a float or out of range"),
        ("BLPOP k nan", "ERR timeout is not a float or out of range"),
        ("BLPOP k -1", "ERR timeout is negative"),
        ("BLPOP k -0.5", "ERR timeout is negative"),
        ("BLPOP k inf", "ERR timeout is out of range"),
        ("BLPOP k 1e300", "ERR timeout is out of range"),
        ("BLPOP k 9999999999999999", "ERR timeout is out of range"),
        ("BLPOP k 9223372036854775", "ERR timeout is out of range"),
    ],
)
def test_refusals(r: Connection, script: str, error: str) -> None:
    assert run(r, script) == Error(error)


def test_commands_behind_wait_their_turn(r: Connection, waiters: Waiters) -> None:
    client = r.another()
    waiters.clients.append(client)
    client.send_raw(b"BLPOP k 0\r\nPING\r\nRPUSH k y\r\nLRANGE k 0 -1\r\n")
    eventually(lambda: waiters.blocked() == 1)
    assert r("EXISTS", "k") == 0
    assert r("RPUSH", "k", "x") == 1
    assert [client.read() for _ in range(4)] == [[b"k", b"x"], "PONG", 1, [b"y"]]


def test_who_vanishes_takes_nothing(r: Connection, waiters: Waiters) -> None:
    gone, stays = waiters.send("BLPOP", "k", 0), waiters.send("BLPOP", "k", 0)
    gone.close()
    waiters.clients.remove(gone)
    eventually(lambda: waiters.blocked() == 1, what="its wait has ended")
    assert r("RPUSH", "k", "x") == 1
    assert stays.read() == [b"k", b"x"]


def test_who_is_killed_takes_nothing(r: Connection, waiters: Waiters) -> None:
    killed, stays = waiters.send("BLPOP", "k", 0), waiters.send("BLPOP", "k", 0)
    number = min(int(line.split(b"id=")[1].split()[0]) for line in clients_of(r) if b" flags=b " in line)
    r.send_raw(b"CLIENT KILL ID %d\r\nRPUSH k x\r\n" % number)
    assert [r.read(), r.read()] == [1, 1]
    assert stays.read() == [b"k", b"x"]
    assert killed.at_end()


def clients_of(r: Connection) -> list[bytes]:
    reply = r("CLIENT", "LIST")
    text = reply if isinstance(reply, bytes) else reply.data
    return [line for line in text.split(b"\n") if line]


def test_no_replies_wanted(r: Connection, waiters: Waiters) -> None:
    """CLIENT REPLY OFF: the element is taken, and nothing is said."""
    client = r.another()
    waiters.clients.append(client)
    client.send_raw(b"CLIENT REPLY OFF\r\nBLPOP k 0\r\nCLIENT REPLY ON\r\n")
    eventually(lambda: waiters.blocked() == 1)
    assert r("RPUSH", "k", "x") == 1
    assert client.read() == OK
    assert r("EXISTS", "k") == 0


def test_info_counts(r: Connection, waiters: Waiters) -> None:
    waiters.send("BLPOP", "a", "b", 0)
    waiters.send("BLPOP", "b", 1000)
    info = r.info("clients")
    assert (info["blocked_clients"], info["total_blocking_keys"], info["clients_in_timeout_table"]) == ("2", "2", "1")
    assert info["total_blocking_keys_on_nokey"] == "0"
