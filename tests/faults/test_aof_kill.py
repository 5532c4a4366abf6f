"""Killed (SIGKILL) at any moment under load, with rewrites and background saves under way: what the fsync policy promises
is there afterwards, and the server starts.

A killed process loses nothing that it has written, which it does before it answers; but with `everysec` writing may wait for
an fsync that is under way, two seconds at most. When the power goes too (power_cut.py), files end where they were
synchronised last. KVIK_KILLS is how often (`make soak`: 200).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.faults.power_cut import PowerCut
from tests.support.resp import OK, ClosedError
from tests.support.servers import ServerProcess, eventually

KILLS = int(os.environ.get("KVIK_KILLS", "12"))
WRITERS = 4
MAY_LOSE = {"always": 0.0, "no": 0.0, "everysec": 2.5}
"""Of how many seconds, a tick or two included."""
POWER_MAY_LOSE = {"always": 0.0, "everysec": 2.5}


class Writer(threading.Thread):
    """Counts its own key up, and pushes each number to a list, in transactions."""

    def __init__(self, server: ServerProcess, number: int) -> None:
        super().__init__()
        self.server = server
        self.number = number
        self.times: list[float] = []
        self.sent = 0

    @property
    def acknowledged(self) -> int:
        return len(self.times)

    def promised(self, killed: float, seconds: float) -> int:
        """How many were acknowledged longer than that before the end; all of them, if nothing may be lost."""
        return sum(1 for each in self.times if each < killed - seconds) if seconds else self.acknowledged

    def run(self) -> None:
        with contextlib.suppress(ClosedError, OSError), self.server.connect() as r:
            while True:
                self.sent += 1
                r("MULTI")
                r("RPUSH", f"list {self.number}", self.sent)
                r("INCR", f"count {self.number}")
                assert r("EXEC") == [self.sent, self.sent]
                self.times.append(time.monotonic())


def write_and_kill(server: ServerProcess, dice: random.Random, seconds: float) -> tuple[list[Writer], float]:
    """Writers at work, a rewrite or a save perhaps, and the end, at any moment within so many seconds. And when it was."""
    writers = [Writer(server, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    eventually(lambda: all(writer.acknowledged > writer.sent - 2 > 0 for writer in writers))
    time.sleep(dice.random() * seconds)
    with contextlib.suppress(ClosedError), server.connect() as r:
        r(dice.choice(["BGREWRITEAOF", "BGSAVE", "PING"]))
        time.sleep(dice.random() * 0.02)
    killed = time.monotonic()
    server.kill(signal.SIGKILL)
    for writer in writers:
        writer.join(30)
    return writers, killed


def is_kept(server: ServerProcess, writers: list[Writer], killed: float, may_lose: float) -> None:
    """What was acknowledged longer than that before the end, and no transaction by half."""
    with server.connect() as r:
        for writer in writers:
            count = int(r("GET", f"count {writer.number}") or 0)
            assert writer.promised(killed, may_lose) <= count <= writer.sent
            pushed = r("LRANGE", f"list {writer.number}", 0, -1)
            assert list(map(int, pushed)) == list(range(1, count + 1)), "no transaction is half there"
            r("DEL", f"list {writer.number}", f"count {writer.number}")


@pytest.mark.timeout(120 + 4 * KILLS)
@pytest.mark.parametrize("policy", MAY_LOSE)
def test_nothing_acknowledged_is_lost(start: Start, policy: str) -> None:
    dice = random.Random(policy)
    server = start("kvik", appendonly="yes", appendfsync=policy, auto_aof_rewrite_min_size="50kb", hz="100")
    for _ in range(max(1, KILLS // 3)):
        writers, killed = write_and_kill(server, dice, 0.3)
        server.start()
        is_kept(server, writers, killed, MAY_LOSE[policy])


@pytest.mark.timeout(120 + 8 * KILLS)
@pytest.mark.parametrize("policy", POWER_MAY_LOSE)
def test_the_power_goes(start: Start, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `everysec` it takes some seconds until there is something that must be there."""
    dice = random.Random(policy)
    power = PowerCut(tmp_path, monkeypatch)
    server = start("kvik", appendonly="yes", appendfsync=policy, auto_aof_rewrite_min_size="50kb", hz="100")
    lost = 0
    for _ in range(max(2, KILLS // 4)):
        writers, killed = write_and_kill(server, dice, 4.0 if policy == "everysec" else 0.3)
        lost += power.cut(server.directory)
        server.start()
        is_kept(server, writers, killed, POWER_MAY_LOSE[policy])
    assert lost > 0, "the imitation does something"


def test_always_has_written_before_it_answers(start: Start) -> None:
    """What a reply acknowledges is in the file when it arrives."""
    server = start("kvik", appendonly="yes", appendfsync="always")
    path = server.directory / "appendonlydir" / "appendonly.aof.1.incr.aof"
    with server.connect() as r:
        for number in range(20):
            assert r("SET", f"key {number}", number) == OK
            assert path.read_bytes().endswith(b"key %d\r\n$%d\r\n%d\r\n" % (number, len(str(number)), number))
