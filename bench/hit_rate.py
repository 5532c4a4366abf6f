"""How well eviction keeps what will be asked for again: hit rates on the same trace, at the same `maxmemory`.

A cache in front of something slow: GET, and SET where there was nothing. All servers, each once with allkeys-lru and
once with allkeys-lfu, see the same accesses at the same time, batch after batch and at a fixed pace: their clocks of
use tick in seconds (LRU) and minutes (LFU), so a trace that is played faster would measure another thing.

- *zipf*: 1 M keys, the k-th asked for in proportion to 1 / k.
- *scan*: the same, but one access in five walks through keys that nobody asks for again.

`maxmemory` is what Valkey has in use with 100 k keys. Who needs less memory for a key holds more keys. Beside them
stands an exact LRU list of 100 k keys, and one of as many keys as Kvik held in the end: the first shows what the
memory would be worth with Valkey's size of an entry, the second what sampling loses.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.cases import KEYS, count_name, key_of
from bench.client import Connection, encode_command
from bench.load import preload
from bench.report import Section
from bench.servers import Server
from bench.settings import SUBJECT, Settings, progress

NAME = "hit-rate"
POLICIES = ("allkeys-lru", "allkeys-lfu")
REFERENCE = "valkey"
VALUE_SIZE = 64
BATCH = 100
PACE = 40_000  # accesses a second
WINDOWS = 40  # of a trace, each with a hit rate of its own
VALUE = b"x" * VALUE_SIZE
HIT = b"%d\r\n%b\r\n" % (VALUE_SIZE, VALUE)
MISS = b"-1\r\n"


@dataclass(frozen=True)
class Extent:
    keys: int
    cached: int
    accesses: int


@dataclass
class Player:
    """One server with one policy, and its hits in each window."""

    server: Server
    policy: str
    connection: Connection
    hits: list[int] = field(default_factory=list)

    def play(self, gets: bytes, batch: Sequence[int]) -> None:
        self.connection.send(gets)
        received = self._replies(len(batch))
        missed = [key for key, reply in zip(batch, received, strict=True) if reply == MISS]
        self.hits[-1] += len(batch) - len(missed)
        if missed:
            self.connection.send(b"".join(encode_command((b"SET", key_of(key), VALUE)) for key in missed))
            self.connection.await_lines(len(missed))

    def _replies(self, count: int) -> list[bytes]:
        """Each is HIT or MISS; only the last that has come can be incomplete."""
        data = b""
        while True:
            data += self.connection.receive()
            found = data.split(b"$")[1:]
            if len(found) == count and found[-1] in (HIT, MISS):
                return found


def measure(settings: Settings) -> list[Section]:
    extent = Extent(100_000, 10_000, 200_000) if settings.quick else Extent(1_000_000, 100_000, 2_000_000)
    limit = _memory_of(extent.cached)
    rows: list[list[str]] = []
    raw: dict[str, object] = {"limit": limit, "accesses": extent.accesses}
    for name, trace in (("zipf", _zipf(extent)), ("scan", _polluted(extent))):
        progress(f"hit rates on {name}: {count_name(extent.accesses)} accesses")
        with _players(settings, limit) as players:
            _play(players, trace)
            held = {(p.server.name, p.policy): _keys(p) for p in players}
            windows = {(p.server.name, p.policy): p.hits for p in players}
        windows["exact", "same memory as Valkey"] = _exact(trace, extent.cached)
        if SUBJECT in settings.servers:
            windows["exact", "same keys as Kvik"] = _exact(trace, held[SUBJECT, POLICIES[0]])
        rows += _rows(name, settings, windows, held, extent)
        raw[name] = {" ".join(who): hits for who, hits in windows.items()}
    title = (
        f"Hit rates in the second half of {count_name(extent.accesses)} accesses to {count_name(extent.keys)} keys, "
        f"maxmemory {limit:,} bytes"
    )
    return [Section(title, ("trace", "policy", "server", "hit rate %", "keys held", "verdict"), rows, [], raw)]


def _rows(
    trace: str, settings: Settings, windows: dict[tuple[str, str], list[int]], held: dict[tuple[str, str], int],
    extent: Extent,
) -> list[list[str]]:  # fmt: skip
    rates = {who: 100 * sum(hits[WINDOWS // 2 :]) * 2 / extent.accesses for who, hits in windows.items()}
    rows = []
    for policy in POLICIES:
        for name in settings.servers:
            verdict = "-"
            if name == SUBJECT and REFERENCE in settings.servers:
                verdict = "met" if rates[name, policy] >= rates[REFERENCE, policy] else "missed"
            rows.append([trace, policy, name, f"{rates[name, policy]:.2f}", f"{held[name, policy]:,}", verdict])
    rows.append([trace, "exact LRU", "-", f"{rates['exact', 'same memory as Valkey']:.2f}", f"{extent.cached:,}", "-"])
    if ("exact", "same keys as Kvik") in rates:
        keys = held[SUBJECT, POLICIES[0]]
        rows.append([trace, "exact LRU", "-", f"{rates['exact', 'same keys as Kvik']:.2f}", f"{keys:,}", "-"])
    return rows


# --- traces ----------------------------------------------------------------------------------------------------------


def _zipf(extent: Extent) -> list[int]:
    weights = list(itertools.accumulate(1 / (k + 1) for k in range(extent.keys)))
    return random.Random(1).choices(range(extent.keys), cum_weights=weights, k=extent.accesses)


def _polluted(extent: Extent) -> list[int]:
    """Every fifth access is to a key behind all others, the next one each time."""
    trace = _zipf(extent)
    trace[::5] = range(extent.keys, extent.keys + len(trace[::5]))
    return trace


def _exact(trace: Sequence[int], capacity: int) -> list[int]:
    """The hits of a true LRU list of so many keys, by window."""
    cache: OrderedDict[int, None] = OrderedDict()
    hits = []
    for window in _windows(trace):
        count = 0
        for key in window:
            if key in cache:
                count += 1
                cache.move_to_end(key)
            else:
                cache[key] = None
                if len(cache) > capacity:
                    cache.popitem(last=False)
        hits.append(count)
    return hits


def _windows(trace: Sequence[int]) -> Iterator[Sequence[int]]:
    size = len(trace) // WINDOWS
    return (trace[start : start + size] for start in range(0, len(trace), size))


# --- servers ---------------------------------------------------------------------------------------------------------


def _memory_of(keys: int) -> int:
    """What the reference has in use with so many keys."""
    with Server(REFERENCE) as server, server.connect() as connection:
        preload(server, (KEYS,), 0, keys, VALUE_SIZE)
        return int(connection.figure("used_memory"))


@contextlib.contextmanager
def _players(settings: Settings, limit: int) -> Iterator[list[Player]]:
    with contextlib.ExitStack() as stack:
        players = []
        for name in settings.servers:
            for policy in POLICIES:
                server = stack.enter_context(
                    Server(name, "--maxmemory", str(limit), "--maxmemory-policy", policy, "--maxmemory-samples", "5")
                )
                players.append(Player(server, policy, stack.enter_context(server.connect())))
        yield players


def _keys(player: Player) -> int:
    return int(player.connection.command("DBSIZE"))


def _play(players: Sequence[Player], trace: Sequence[int]) -> None:
    started = time.monotonic()
    played = 0
    for window in _windows(trace):
        for player in players:
            player.hits.append(0)
        for start in range(0, len(window), BATCH):
            batch = window[start : start + BATCH]
            gets = b"".join(encode_command((b"GET", key_of(key))) for key in batch)
            for player in players:
                player.play(gets, batch)
            played += len(batch)
            ahead = started + played / PACE - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
