"""Nonsense sent to a running server: it answers what the oracle does, in pieces as at once, and goes on serving others.

tests/faults/test_garbage.py has the cases that a person thought of; here Hypothesis thinks.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from kvik.commands.table import CommandTable
from tests.conftest import Servers
from tests.model.draw import REFERENCE
from tests.support.resp import OK, Connection, encode_command
from tests.support.servers import ServerProcess
from tests.wire.garbage import cut, places, streams


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


@dataclass
class Said:
    """What a server answered until it, or the client, had nothing more to say."""

    replies: bytes
    lost: bool
    """The connection was reset, so that its last words may be missing."""


def talk(server: ServerProcess, witness: Connection, pieces: list[bytes]) -> Said:
    """Send the pieces one by one, each when the one before has been read, to an empty server."""
    assert witness("FLUSHALL") == OK
    said = Said(b"", False)
    with Connection(server.address) as client:
        try:
            for piece in pieces:
                client.send_raw(piece)
                assert witness("PING") == "PONG"
                if heard(client.socket, said, 0):
                    return said
            client.socket.shutdown(socket.SHUT_WR)
            assert heard(client.socket, said, 60)
        except OSError:     # reset, or no longer connected when it is to be shut down
            said.lost = True
    return said


def heard(client: socket.socket, said: Said, seconds: float) -> bool:
    """Take what is there to be read, or comes within `seconds`. Is it all, because the server has closed?"""
    client.settimeout(seconds)
    try:
        while data := client.recv(65536):
            said.replies += data
    except (BlockingIOError, TimeoutError):
        return False
    finally:
        client.settimeout(60)
    return True


def agree(one: Said, other: Said) -> None:
    a, b = one.replies, other.replies
    if one.lost or other.lost:
        shorter = min(len(a), len(b))
        a, b = a[:shorter], b[:shorter]
    if a != b:
        at = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        raise AssertionError(f"at {at}: {a[max(at - 20, 0) : at + 60]!r} and {b[max(at - 20, 0) : at + 60]!r}")


@pytest.fixture
def witness(kvik: ServerProcess) -> Iterator[Connection]:
    """A client that is none of this business: its key must be there, and it is answered, at the end."""
    connection = kvik.connect()
    assert connection("SELECT", 0) == OK
    yield connection
    assert connection("PING") == "PONG"
    connection.close()
    with kvik.connect() as fresh:
        assert fresh("SET", "key", "value") == OK
        assert fresh("GET", "key") == b"value"
    assert kvik.alive(), kvik.log()[-4000:]


@fuzz(150)
@given(streams(), places)
@example(encode_command(["PING"]) + b"\r\n" + encode_command(["ECHO", "x"]), [])
def test_pieces_are_answered_as_the_whole(
    kvik: ServerProcess, witness: Connection, data: bytes, where: list[int]
) -> None:
    where = where if len(where) < 100 else where[:200:7]
    agree(talk(kvik, witness, [data]), talk(kvik, witness, cut(data, where)))


@st.composite
def long_streams(draw: DrawFn) -> bytes:
    """With commands that the loop receives in other ways: longer than its arena has room for, arguments of their own
    blocks, long lines, very many arguments."""
    sizes = st.sampled_from((32000, 32768, 33000, 65535, 65536, 65537, 70000, 200_000))
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        size = draw(sizes)
        parts.append(draw(streams()))
        parts.append(draw(st.sampled_from((
            encode_command(["SET", "big", b"v" * size]),
            encode_command(["EXISTS", *["big"] * (size // 9)]),
            encode_command(["APPEND", b"k" * (size // 2), b"v" * size]),
            b"ECHO " + b"x" * min(size, 60_000) + b"\r\n",      # a longer line may be too long, if it comes in pieces
            b"STRLEN big\r\n" * (size // 12),
            b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n" % size,
            b"\r\n" * (size // 4),
        ))))  # fmt: skip
    data = b"".join(parts)
    return data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))]


@fuzz(40)
@given(long_streams(), st.lists(st.integers(1, 400_000), max_size=8))
def test_long_pieces_are_answered_as_the_whole(
    kvik: ServerProcess, witness: Connection, data: bytes, where: list[int]
) -> None:
    evenly = cut(data, list(range(0, len(data), 60_000)))
    agree(talk(kvik, witness, evenly), talk(kvik, witness, cut(data, where)))


KNOWN_TO_THE_ORACLE = {name for name in json.loads(REFERENCE.read_text()) if "|" not in name}
UNKNOWN_TO_KVIK = sorted(KNOWN_TO_THE_ORACLE - {command.name for command in CommandTable()})
ONLY_THE_ORACLE = re.compile(f"unknown command '({'|'.join(UNKNOWN_TO_KVIK)})'".encode(), re.IGNORECASE)


def compare(request: pytest.FixtureRequest, servers: Servers, witness: Connection, data: bytes) -> None:
    """(Hypothesis draws words from the sources too, and some are commands that only the oracle has.)"""
    said = talk(servers.get("kvik"), witness, [data])
    assume(not ONLY_THE_ORACLE.search(said.replies))
    if not request.config.getoption("only_kvik"):
        oracle = servers.get("oracle")
        with oracle.connect() as other:
            agree(said, talk(oracle, other, [data]))


@fuzz(150)
@given(st.lists(st.sampled_from([bytes([c]) for c in b"ab\"'\\x41n \t\v\f\r\0"]), max_size=12).map(b"".join))
def test_the_oracle_splits_lines_in_the_same_way(
    request: pytest.FixtureRequest, servers: Servers, witness: Connection, line: bytes
) -> None:
    data = b"COMMAND GETKEYS MGET " + line + b"\r\nPING\r\n"
    compare(request, servers, witness, data)


@fuzz(200)
@given(streams())
def test_the_oracle_answers_the_same(
    request: pytest.FixtureRequest, servers: Servers, witness: Connection, data: bytes
) -> None:
    compare(request, servers, witness, data.replace(b"\xff", b"\xfe"))      # the oracle loses FF out of lines
