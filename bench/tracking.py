"""Client-side caching (CLIENT TRACKING): what a server keeps for each key that clients have read, and what it costs.

One connection in RESP3 reads a million keys of 16 bytes, none of which is there, so that `used_memory` grows by nothing
but what is remembered. A second connection reads them too. Then a third one, which does not track, changes keys, and the
first two are told of each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.report import Section
from bench.servers import Server
from bench.settings import Settings, progress

NAME = "tracking"
KEYS = 1_000_000
QUICK_KEYS = 200_000
PIPELINE = 1000
MEMORY_TARGET = 0.5  # of Valkey's
CPU_TARGET = 0.7
SETTLE_SECONDS = 0.5
WHAT = (
    ("bytes a key, one reader", MEMORY_TARGET),
    ("bytes a key, two readers", MEMORY_TARGET),
    ("CPU us of a GET, not tracked", None),
    ("CPU us of a GET, remembered", CPU_TARGET),
    ("CPU us of a SET, two readers told", CPU_TARGET),
)


def measure(settings: Settings) -> list[Section]:
    keys = QUICK_KEYS if settings.quick else KEYS
    figures = {name: _figures(name, keys) for name in settings.servers}
    rows = [
        row(what, {name: values[at] for name, values in figures.items()}, target, settings)
        for at, (what, target) in enumerate(WHAT)
    ]
    notes = [f"{keys:,} keys of 16 bytes, pipelines of {PIPELINE}; bytes by used_memory"]
    return [Section("Client-side caching: remembered keys", columns(settings), rows, notes, {"figures": figures})]


def _figures(name: str, keys: int) -> list[float]:
    progress(f"{name}: tracking of {keys:,} keys")
    gets, sets = list(_pipelines(keys, b"GET")), list(_pipelines(keys, b"SET", b"value"))
    with Server(name) as server, server.connect() as first, server.connect() as second, server.connect() as other:
        plain = _cost(server, other, gets)
        for each in (first, second):
            each.command("HELLO", "3")
            each.command("CLIENT", "TRACKING", "ON")
        empty = other.figure("used_memory")
        remembered = _cost(server, first, gets)
        one = (other.figure("used_memory") - empty) / keys
        _cost(server, second, gets)
        two = (other.figure("used_memory") - empty) / keys
        return [one, two, plain, remembered, _cost(server, other, sets, (first, second))]


def _pipelines(keys: int, *words: bytes) -> Iterator[bytes]:
    """One command for each key, the key behind the first word."""
    for first in range(0, keys, PIPELINE):
        yield b"".join(
            encode_command([words[0], b"key:%012d" % number, *words[1:]]) for number in range(first, first + PIPELINE)
        )


def _cost(server: Server, client: Connection, pipelines: list[bytes], told: tuple[Connection, ...] = ()) -> float:
    """The server's CPU time in us for each command; those who are told have read everything when the next one begins."""
    time.sleep(SETTLE_SECONDS)
    before = server.cpu_ns()
    for data in pipelines:
        client.send(data)
        client.await_lines(PIPELINE)
        for each in told:
            each.await_lines(6 * PIPELINE)      # >2 $10 invalidate *1 $16 key
    return (server.cpu_ns() - before) / 1000 / (len(pipelines) * PIPELINE)
