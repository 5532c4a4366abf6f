"""A burst of writes into a full server: how far it goes over `maxmemory`, and how long a write waits for eviction.

- *large into small*: values of 1 MB into a keyspace full of small ones; each has to evict thousands of keys.
- *small into large*: small values into a keyspace full of values of 1 MB; a few evictions free much at once.

One client writes, each command after the reply to the last, and reads `used_memory` in between.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.cases import KEYS
from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.load import preload
from bench.report import Section
from bench.servers import Server
from bench.settings import Settings, progress

NAME = "eviction-burst"
LARGE_VALUE = b"x" * 1_000_000
SMALL_VALUE = b"x" * 64
SMALL_BATCH = 100  # small writes between two looks at the memory in use


@dataclass
class Burst:
    waits: list[float] = field(default_factory=list)  # ms
    over: float = 0.0  # MB above maxmemory at most

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98]


def measure(settings: Settings) -> list[Section]:
    limit = 50_000_000 if settings.quick else 200_000_000
    writes = 100 if settings.quick else 500
    large: dict[str, Burst] = {name: Burst() for name in settings.servers}
    small: dict[str, Burst] = {name: Burst() for name in settings.servers}
    for repetition in range(1, settings.repetitions + 1):
        for name in settings.servers:
            progress(f"{name}: bursts into a full server, repetition {repetition}")
            with Server(name, "--maxmemory", str(limit), "--maxmemory-policy", "allkeys-lru") as server:
                preload(server, (KEYS,), 0, limit // 60, len(SMALL_VALUE))
                _burst(server, limit, _large(writes), 1, large[name])
                _burst(server, limit, _small(writes * 100), SMALL_BATCH, small[name])
    return [
        _section(f"{writes} values of 1 MB into small ones, maxmemory {limit / 1e6:g} MB", large, settings),
        _section(f"{writes * 100:,} values of 64 bytes into those of 1 MB", small, settings),
    ]


def _section(title: str, bursts: dict[str, Burst], settings: Settings) -> Section:
    over = {name: burst.over for name, burst in bursts.items()}
    rows = [
        row("over the limit at most, MB", over, 1, settings),
        row("p99 of a write, ms", {name: burst.p99 for name, burst in bursts.items()}, 1, settings),
        row("longest, ms", {name: max(burst.waits) for name, burst in bursts.items()}, None, settings),
    ]
    return Section(title, columns(settings), rows)


def _large(count: int) -> Iterable[bytes]:
    for i in range(count):
        yield encode_command((b"SET", b"large:%d" % i, LARGE_VALUE))


def _small(count: int) -> Iterable[bytes]:
    for i in range(count):
        yield encode_command((b"SET", b"small:%012d" % i, SMALL_VALUE))


def _burst(server: Server, limit: int, writes: Iterable[bytes], look_every: int, burst: Burst) -> None:
    with server.connect() as connection:
        for number, write in enumerate(writes):
            start = time.perf_counter_ns()
            connection.send(write)
            connection.await_lines(1)
            burst.waits.append((time.perf_counter_ns() - start) / 1e6)
            if number % look_every == 0:
                burst.over = max(burst.over, (_used(connection) - limit) / 1e6)


def _used(connection: Connection) -> float:
    return connection.figure("used_memory")
