"""A server with nothing to do does nothing, however many clients wait."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from tests.support.servers import ServerProcess, eventually

CLIENTS = 1000
WATCHED_SECONDS = 2.0
TICKS_ALLOWED = 0.05
"""Share of the CPU that timers may take: `hz` times a second for the server as a whole, not for each client."""
COMMANDS = [
    ("BLPOP", "list", 0), ("BRPOP", "other", "list", 10_000), ("BLMOVE", "list", "to", "LEFT", "LEFT", 5000.5),
    ("BZPOPMIN", "zset", 0), ("XREAD", "BLOCK", 0, "STREAMS", "stream", "$"),
    ("XREAD", "BLOCK", 9_000_000, "STREAMS", "s", "$"),
]  # fmt: skip


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_thousand_blocked_clients_cost_nothing() -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(ServerProcess("kvik", maxclients="2000"))
        r = stack.enter_context(server.connect())
        for i in range(CLIENTS):
            stack.enter_context(server.connect()).send(*COMMANDS[i % len(COMMANDS)])
        eventually(lambda: r.info("clients")["blocked_clients"] == str(CLIENTS))
        before, begun = cpu_seconds(server.pid), time.monotonic()
        while time.monotonic() < begun + WATCHED_SECONDS:
            time.sleep(0.1)
        share = (cpu_seconds(server.pid) - before) / (time.monotonic() - begun)
        assert share < TICKS_ALLOWED
        assert r("RPUSH", "list", "a") == 1
        eventually(lambda: r.info("clients")["blocked_clients"] == str(CLIENTS - 1), what="one of them is served")
