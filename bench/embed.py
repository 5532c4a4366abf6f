"""Kvik in a Python process: redis-py's calls a second, one at a time, without a socket and with one; start and idling.

The server of the first table is embedded in the measuring process, so that client and server are the same for all
columns: kvik's in-process client, redis-py over a Unix socket, redis-py over TCP. Both cores may be used, since a socket's
two ends run in turns. Columns take turns in each repetition; the figure is the median.

The second table is of fresh processes. Embedded, "ready" is from before `import kvik` to within the `with` block.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.report import Section, number
from bench.servers import LOAD_CORE, SERVER_CORE, cpu_clock, server_environment
from bench.settings import Settings, progress

NAME = "embed"
TARGET = 3.0  # times the calls of the better socket
START_TARGET_MS = 150.0
RESIDENT_TARGET_MB = 25.0
BATCH = 200
STARTS = 7
PIPELINE = 100


def measure(settings: Settings) -> list[Section]:
    with both_cores():
        return [calls(settings), starts(settings)]


@contextlib.contextmanager
def both_cores() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE, LOAD_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def calls(settings: Settings) -> Section:
    import kvik

    columns = ("what", "in-process", "unix socket", "tcp", "ratio", "target", "verdict")
    rows = []
    with kvik.Server(port=0) as tcp, kvik.Server(unixsocket=True) as unix:
        clients = (tcp.connect(), unix.client(), tcp.client())
        for client in clients:
            client.set("key", "x" * 16)
            client.hset("hash", mapping={f"field{i}": i for i in range(10)})
        for what, call, commands, target in (
            ("GET, calls/s", lambda r: r.get("key"), 1, TARGET),
            ("SET, calls/s", lambda r: r.set("key", "x" * 16), 1, TARGET),
            ("HGETALL of 10 fields, calls/s", lambda r: r.hgetall("hash"), 1, TARGET),
            (f"pipeline of {PIPELINE} GET, commands/s", pipeline, PIPELINE, None),
        ):
            progress(f"embed: {what}")
            figures = [each * commands for each in in_turns(clients, call, settings)]
            ratio = figures[0] / max(figures[1:])
            verdict = "-" if target is None else "met" if ratio >= target else "missed"
            bound = "" if target is None else f">= {target:g} x"
            rows.append([what, *map(number, figures), number(ratio), bound, verdict])
        for client in clients:
            client.close()
    return Section("Embedded: redis-py at depth 1, one thread", columns, rows)


def pipeline(client: Any) -> None:
    with client.pipeline(transaction=False) as batch:
        for _ in range(PIPELINE):
            batch.get("key")
        batch.execute()


def in_turns(clients: tuple[Any, ...], call: Callable[[Any], object], settings: Settings) -> list[float]:
    """Calls a second of each."""
    rates: list[list[float]] = [[] for _ in clients]
    for _ in range(settings.repetitions):
        for client, found in zip(clients, rates, strict=True):
            found.append(rate(client, call, settings.seconds))
    return [statistics.median(found) for found in rates]


def rate(client: Any, call: Callable[[Any], object], seconds: float) -> float:
    for _ in range(BATCH):
        call(client)
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for _ in range(BATCH):
            call(client)
        done += BATCH
    return done / (time.perf_counter() - begin)


# --- start and idling ------------------------------------------------------------------------------------------------

EMBEDDED = """
import time
begin = time.perf_counter()
import kvik
with kvik.Server():
    print((time.perf_counter() - begin) * 1000)
"""


def starts(settings: Settings) -> Section:
    progress("embed: start and idling")
    embedded = statistics.median(embedded_start_ms() for _ in range(STARTS))
    alone = statistics.median(process_start_ms() for _ in range(STARTS))
    resident, busy = idle(3.0 if settings.quick else 10.0)
    rows = [
        ["kvik-server: start to first connection, ms", number(alone), *judged(alone, START_TARGET_MS)],
        ["kvik.Server: import and start, ms", number(embedded), *judged(embedded, START_TARGET_MS)],
        ["kvik-server without data: resident, MB", number(resident), *judged(resident, RESIDENT_TARGET_MB)],
        ["kvik-server idle: CPU, %", number(busy), "", "-"],
    ]
    return Section("Start and idling", ("what", "kvik", "target", "verdict"), rows)


def judged(figure: float, target: float) -> tuple[str, str]:
    return f"<= {target:g}", "met" if figure <= target else "missed"


def embedded_start_ms() -> float:
    ran = subprocess.run(
        [sys.executable, "-c", EMBEDDED], capture_output=True, text=True, check=True, env=server_environment()
    )
    return float(ran.stdout)


@contextlib.contextmanager
def started() -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server process that takes connections, and how many ms that took."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/s"
        arguments = ["--port", "0", "--unixsocket", path, "--dir", directory, "--save", ""]
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "kvik", *arguments], stdout=subprocess.DEVNULL, env=server_environment()
        )
        try:
            while not connects(path):
                time.sleep(0.0005)
            yield process, (time.perf_counter() - begin) * 1000
        finally:
            process.terminate()
            process.wait()


def connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(path)
        return True
    return False


def process_start_ms() -> float:
    with started() as (_, took):
        return took


def idle(seconds: float) -> tuple[float, float]:
    """Resident MB, and percent of a core, of a server that nobody talks to."""
    with started() as (process, _):
        time.sleep(1)
        clock = cpu_clock(process.pid)
        before = time.clock_gettime(clock)
        time.sleep(seconds)
        spent = time.clock_gettime(clock) - before
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, spent / seconds * 100
