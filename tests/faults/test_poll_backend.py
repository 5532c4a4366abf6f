"""Kvik where there is no epoll(7): the same server on poll(2), chosen by KVIK_POLL in the environment."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.faults.watch import raw_socket, reset, served, settles
from tests.support.resp import OK, encode_command
from tests.support.servers import ServerProcess, eventually


@pytest.fixture
def polling(start: Start, monkeypatch: pytest.MonkeyPatch) -> ServerProcess:
    monkeypatch.setenv("KVIK_POLL", "1")
    return start("kvik")


def test_it_does_without_epoll(polling: ServerProcess, kvik: ServerProcess) -> None:
    def kinds(server: ServerProcess) -> set[str]:
        directory = Path(f"/proc/{server.pid}/fd")
        return {os.readlink(each) for each in directory.iterdir() if each.is_symlink()}

    assert "anon_inode:[eventpoll]" in kinds(kvik)
    assert "anon_inode:[eventpoll]" not in kinds(polling)
    with polling.connect() as r:
        assert r.info("server")["multiplexing_api"] == "poll"


def test_commands_and_pipelines(polling: ServerProcess) -> None:
    with polling.connect(3) as r:
        assert r.many([["SET", f"key:{number}", number] for number in range(5000)]) == [OK] * 5000
        assert r("DBSIZE") == 5000
        values = r("MGET", *[f"key:{number}" for number in range(5000)])
        assert values == [b"%d" % number for number in range(5000)]
        assert r("SET", "big", "x" * 5_000_000) == OK
        assert r("GET", "big") == b"x" * 5_000_000
        assert r("SET", "short", "lived", "PX", 20) == OK
        eventually(lambda: r("GET", "short") is None)


def test_many_clients_in_any_order(polling: ServerProcess) -> None:
    """Clients come, speak and go in a random order: each gets its own replies."""
    dice = random.Random(1)
    clients = {}
    with polling.connect() as r, served(polling):
        for step in range(3000):
            number = dice.randrange(200)
            if number not in clients:
                clients[number] = polling.connect()
            elif dice.random() < 0.2:
                (reset if dice.random() < 0.5 else lambda each: each.close())(clients.pop(number).socket)
            else:
                assert clients[number]("ECHO", f"{number}:{step}") == f"{number}:{step}".encode()
        settles(r, len(clients) + 2)
        for each in clients.values():
            each.close()
        settles(r, 2)


def test_slow_readers_and_quick_ones(polling: ServerProcess) -> None:
    with polling.connect() as r, served(polling):
        assert r("SET", "big", "x" * 1_000_000) == OK
        slow = [raw_socket(polling, 4096) for _ in range(5)]
        for each in slow:
            each.sendall(encode_command(["GET", "big"]) * 10)
        assert r("GET", "big") == b"x" * 1_000_000
        for each in slow:
            left = 10 * (len("$1000000\r\n") + 1_000_000 + 2)
            while left > 0:
                left -= len(each.recv(1 << 20))
            each.close()
        settles(r, 2)
