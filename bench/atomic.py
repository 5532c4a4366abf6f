"""What runs as a unit: a transaction of ten SETs, a script that GETs; the server's CPU time for each.

redis-benchmark sends one command over and over, so it cannot send a transaction, and it does not load scripts. Here
some connections each send a pipeline of sixteen transactions (or scripts) over and over, and wait for all replies. The
pipelines are made beforehand, with keys drawn at random from 100,000.

The servers run one after another, each with fresh connections; the figure is the median of the repetitions.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Callable, Sequence

from bench.cases import KEYS, SMALL, key_of
from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.load import preload
from bench.report import Section
from bench.servers import Server, awake, fleet
from bench.settings import Settings, progress

NAME = "atomic"
CONNECTIONS = 50
PIPELINE = 16
SETS = 10
TRANSACTION_TARGET = 0.7
SCRIPT_TARGET = 1.3
VALUE = b"x" * 16
SCRIPT = "return redis.call('get',KEYS[1])"
WARM_UP_ROUNDS = 20


def transaction(draw: random.Random, _: bytes) -> bytes:
    sets = (encode_command([b"SET", key_of(draw.randrange(SMALL.keys)), VALUE]) for _ in range(SETS))
    return encode_command([b"MULTI"]) + b"".join(sets) + encode_command([b"EXEC"])


def script(draw: random.Random, digest: bytes) -> bytes:
    return encode_command([b"EVALSHA", digest, b"1", key_of(draw.randrange(SMALL.keys))])


# What is sent, lines of its reply, the target.
UNITS: dict[str, tuple[Callable[[random.Random, bytes], bytes], int, float]] = {
    f"MULTI of {SETS} SETs": (transaction, 1 + SETS + 1 + SETS, TRANSACTION_TARGET),
    "EVALSHA of a GET": (script, 2, SCRIPT_TARGET),
}


def measure(settings: Settings) -> list[Section]:
    costs: dict[str, dict[str, list[float]]] = {
        unit: {name: [] for name in settings.servers} for unit in UNITS
    }
    with fleet(settings.servers) as servers:
        for server in servers:
            with awake(server):
                preload(server, [KEYS], 0, SMALL.keys, SMALL.value_size)
        for repetition in range(1, settings.repetitions + 1):
            for unit, found in costs.items():
                progress(f"{unit}, repetition {repetition}")
                for server in servers:
                    with awake(server):
                        found[server.name].append(_cost(server, unit, settings.seconds))
    return [_section(settings, costs)]


def _cost(server: Server, unit: str, seconds: float) -> float:
    """Microseconds of the server's CPU time for each."""
    make, lines, _ = UNITS[unit]
    draw = random.Random(0)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        digest = connections[0].command("SCRIPT", "LOAD", SCRIPT)
        pipelines = [b"".join(make(draw, digest) for _ in range(PIPELINE)) for _ in connections]
        for _ in range(WARM_UP_ROUNDS):
            _round(connections, pipelines, lines)
        rounds = 0
        before, end = server.cpu_ns(), time.monotonic() + seconds
        while time.monotonic() < end:
            _round(connections, pipelines, lines)
            rounds += 1
        return (server.cpu_ns() - before) / 1000 / (rounds * PIPELINE * CONNECTIONS)


def _round(connections: Sequence[Connection], pipelines: Sequence[bytes], lines: int) -> None:
    for connection, data in zip(connections, pipelines, strict=True):
        connection.send(data)
    for connection in connections:
        connection.await_lines(PIPELINE * lines)


def _section(settings: Settings, costs: dict[str, dict[str, list[float]]]) -> Section:
    rows = []
    for unit, found in costs.items():
        medians = {name: statistics.median(values) for name, values in found.items()}
        rows.append(row(f"{unit}, -P {PIPELINE}", medians, UNITS[unit][2], settings))
    load = f"{CONNECTIONS} clients, 100 k keys, {len(VALUE)}-byte values"
    notes = [f"server CPU us for each; {load}; median of the repetitions"]
    return Section("Transactions and scripts: CPU time of each", columns(settings), rows, notes, costs)
