"""Killed (SIGKILL) at any moment under load, with rewrites and background saves under way: what the fsync policy promises
is there afterwards, and the server starts.

A killed process loses nothing that it has written, which it does before it answers; but with `everysec` writing may wait for
an fsync that is under way, two seconds at most. KVIK_KILLS is how often (`make soak`: 200).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from tests.conftest import Start
from tests.support.resp import OK, ClosedError
from tests.support.servers import ServerProcess, eventually

KILLS = int(os.environ.get("KVIK_KILLS", "12"))
WRITERS = 4
MAY_LOSE = {"always": 0.0, "no": 0.0, "everysec": 2.5}
"""Of how many seconds, a tick or two included."""


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


@pytest.mark.timeout(120 + 4 * KILLS)
@pytest.mark.parametrize("policy", MAY_LOSE)
def test_nothing_acknowledged_is_lost(start: Start, policy: str) -> None:
    dice = random.Random(policy)
    server = start("kvik", appendonly="yes", appendfsync=policy, auto_aof_rewrite_min_size="50kb", hz="100")
    for _ in range(max(1, KILLS // 3)):
        writers = [Writer(server, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        eventually(lambda writers=writers: all(writer.acknowledged > writer.sent - 2 > 0 for writer in writers))
        time.sleep(dice.random() * 0.3)     # any moment
        with contextlib.suppress(ClosedError), server.connect() as r:
            r(dice.choice(["BGREWRITEAOF", "BGSAVE", "PING"]))
            time.sleep(dice.random() * 0.02)
        killed = time.monotonic()
        server.kill(signal.SIGKILL)
        for writer in writers:
            writer.join(30)
        server.start()
        with server.connect() as r:
            for writer in writers:
                count = int(r("GET", f"count {writer.number}") or 0)
                assert writer.promised(killed, MAY_LOSE[policy]) <= count <= writer.sent
                pushed = r("LRANGE", f"list {writer.number}", 0, -1)
                assert list(map(int, pushed)) == list(range(1, count + 1)), "no transaction is half there"
                r("DEL", f"list {writer.number}", f"count {writer.number}")


def test_always_has_written_before_it_answers(start: Start) -> None:
    """What a reply acknowledges is in the file when it arrives."""
    server = start("kvik", appendonly="yes", appendfsync="always")
    path = server.directory / "appendonlydir" / "appendonly.aof.1.incr.aof"
    with server.connect() as r:
        for number in range(20):
            assert r("SET", f"key {number}", number) == OK
            assert path.read_bytes().endswith(b"key %d\r\n$%d\r\n%d\r\n" % (number, len(str(number)), number))
