"""How long a client waits while a keyspace grows: every round trip of a long insertion, in a histogram.

One synchronous connection inserts keys in pipelines of 50, so a command that stalls delays exactly one
round trip, and nothing else runs on the load core that could be mistaken for the server. (An inserter and a
prober beside each other would share that core, and the prober would mostly measure the inserter.)

A long round trip is not yet the server's fault: the scheduler may have put either process aside, or the
hypervisor the whole machine. Two steps separate that:

- **own** is the part of a wait during which the server computed: at most what its CPU clock advanced
  meanwhile. Moving entries, clearing a new table, freeing the old one and the page faults of all that are
  CPU time; a process put aside by the scheduler has none.
- A hypervisor's pauses are booked as CPU time of whoever ran, so they remain. But they strike at random,
  and a table grows at the same number of keys each time. So the insertion is repeated on fresh servers, and
  **repeated own** is the longest such time that was found in every repetition within the same 1,000 round
  trips. The target is judged on it.

The waits themselves stand beside it, and the same round trips with PING before the first key, which show
what the machine does to an idle server. A stall that slept (in a lock, in I/O) or came at random times
would not be in "repeated own"; it would show as more waits over 1 and 5 ms than the idle row has.
"""

from __future__ import annotations

import functools
import gc
import itertools
import operator
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from bench.cases import KEYS, count_name
from bench.client import Connection, encode_command
from bench.load import command_template
from bench.report import Section, number
from bench.servers import Server
from bench.settings import SUBJECT, Settings, progress

NAME = "growth"
PIPELINE = 50
FULL_KEYS, DEFAULT_KEYS, QUICK_KEYS = 20_000_000, 5_000_000, 1_000_000
IDLE_TRIPS = 20_000
HALF_WINDOW = 500  # round trips; windows overlap by half, so that a stall at an edge is found as well
VALUE_SIZE = 16
AFTERMATH_SECONDS = 0.01
LIMIT_MS = 5.0  # the target: no command waits longer for table growth
SLOW_MS = 1.0
BUCKETS_MS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
PINGS = encode_command([b"PING"]) * PIPELINE


@dataclass(frozen=True)
class SlowTrip:
    """A round trip above SLOW_MS, in milliseconds; `index` is the number of commands before it."""

    index: int
    wait: float
    own: float


@dataclass
class Trace:
    """The round trips of one kind on one server, in milliseconds; each repetition adds its own."""

    waits: array[float] = field(default_factory=lambda: array("d"))
    own: array[float] = field(default_factory=lambda: array("d"))
    slow: list[list[SlowTrip]] = field(default_factory=list)
    window_maxima: list[list[float]] = field(default_factory=list)

    def add(self, waits: array[float], server_cpu: array[float]) -> None:
        """`server_cpu` has one reading more than `waits`.

        The kernel brings the clock of a process up to date when it leaves its core, which may be just after
        its reply is read: the end of a round trip's time may be booked to the next one, so both count.
        """
        cpu = map(operator.add, server_cpu, server_cpu[1:])
        own = array("d", map(min, waits, cpu))
        self.waits.extend(waits)
        self.own.extend(own)
        pairs = enumerate(zip(waits, own, strict=True))
        self.slow.append([SlowTrip(trip * PIPELINE, *pair) for trip, pair in pairs if pair[0] > SLOW_MS])
        halves = [max(own[start : start + HALF_WINDOW]) for start in range(0, len(own), HALF_WINDOW)]
        self.window_maxima.append([max(pair) for pair in itertools.pairwise(halves)])

    @property
    def repeated_own(self) -> float:
        return max((min(maxima) for maxima in zip(*self.window_maxima, strict=True)), default=0.0)


def measure(settings: Settings) -> list[Section]:
    keys = QUICK_KEYS if settings.quick else FULL_KEYS if settings.full else DEFAULT_KEYS
    idle = {name: Trace() for name in settings.servers}
    growing = {name: Trace() for name in settings.servers}
    for repetition in range(1, settings.repetitions + 1):
        for name in settings.servers:
            progress(f"{name}: waits while {count_name(keys)} keys are inserted, repetition {repetition}")
            with Server(name) as server, server.connect() as connection:
                idle[name].add(*_round_trips(server, connection, IDLE_TRIPS, _pings))
                inserts = functools.partial(_inserts, command_template(KEYS.argv, VALUE_SIZE)[0] * PIPELINE)
                growing[name].add(*_round_trips(server, connection, keys // PIPELINE, inserts))
    return [_summary(keys, settings.repetitions, idle, growing), _histogram(growing)]


def _pings(trip: int) -> bytes:
    return PINGS


def _inserts(template: bytes, trip: int) -> bytes:
    return template % tuple(range(trip * PIPELINE, (trip + 1) * PIPELINE))


def _round_trips(
    server: Server, connection: Connection, trips: int, pipeline: Callable[[int], bytes]
) -> tuple[array[float], array[float]]:
    """For each round trip the milliseconds waited and the server's CPU time, and that just thereafter."""
    waits, server_cpu = array("d", bytes(8 * trips)), array("d", bytes(8 * (trips + 1)))
    gc.disable()  # a collection between two clock readings would look like a slow server
    try:
        cpu = server.cpu_ns()
        for trip in range(trips):
            data = pipeline(trip)
            start = time.perf_counter_ns()
            connection.send(data)
            connection.await_lines(PIPELINE)
            waits[trip] = (time.perf_counter_ns() - start) / 1e6
            cpu_before, cpu = cpu, server.cpu_ns()
            server_cpu[trip] = (cpu - cpu_before) / 1e6
        time.sleep(AFTERMATH_SECONDS)
        server_cpu[trips] = (server.cpu_ns() - cpu) / 1e6
    finally:
        gc.enable()
    return waits, server_cpu


def _above(values: Sequence[float], limit: float) -> int:
    return len(values) - bisect_right(values, limit)


def _summary(keys: int, repetitions: int, idle: dict[str, Trace], growing: dict[str, Trace]) -> Section:
    columns = (
        "server", "round trips", "p50 ms", "p99", "p99.9", "max", "> 1 ms", "> 5 ms",
        "own max ms", "> 1 ms", "> 5 ms", "repeated own max ms",
    )  # fmt: skip
    rows = []
    for name, trace in growing.items():
        rows.append(_summary_row(name, trace))
        rows.append(_summary_row(f"{name}, idle", idle[name]))
    notes = [
        f"a round trip is {PIPELINE} SETs of new keys; idle: {PIPELINE} PINGs before the first key; "
        f"{repetitions} repetitions together",
        "own: the part of the wait during which the server computed (or the hypervisor paused it)",
        "repeated own: the longest that was found in every repetition at the same number of keys",
    ]
    if SUBJECT in growing:
        longest = growing[SUBJECT].repeated_own
        verdict = "met" if longest <= LIMIT_MS else "missed"
        notes.append(f"target: no wait for growth over {LIMIT_MS:g} ms; it is {number(longest)}: {verdict}")
    raw = {name: _raw(idle[name], trace) for name, trace in growing.items()}
    return Section(f"Growth: waits while {count_name(keys)} keys are inserted", columns, rows, notes, raw)


def _raw(idle: Trace, growing: Trace) -> dict[str, object]:
    return {
        "slow": [[asdict(trip) for trip in trips] for trips in growing.slow],
        "idle_slow": [[asdict(trip) for trip in trips] for trips in idle.slow],
        "buckets_ms": BUCKETS_MS,
        "waits": _bucket_counts(growing.waits),
        "own": _bucket_counts(growing.own),
    }


def _summary_row(label: str, trace: Trace) -> list[str]:
    waits, own = sorted(trace.waits), sorted(trace.own)
    return [
        label,
        f"{len(waits):,}",
        *(number(waits[int((len(waits) - 1) * share)]) for share in (0.5, 0.99, 0.999, 1.0)),
        *(str(_above(waits, limit)) for limit in (SLOW_MS, LIMIT_MS)),
        number(own[-1]),
        *(str(_above(own, limit)) for limit in (SLOW_MS, LIMIT_MS)),
        number(trace.repeated_own),
    ]


def _bucket_counts(values: Sequence[float]) -> list[int]:
    """How many values lie in each bucket; the last bucket has no upper end."""
    ordered = sorted(values)
    ends = [bisect_right(ordered, limit) for limit in BUCKETS_MS]
    return [after - before for before, after in zip([0, *ends], [*ends, len(ordered)], strict=True)]


def _histogram(traces: dict[str, Trace]) -> Section:
    columns = ["ms", *(f"{name} {kind}" for name in traces for kind in ("wait", "own"))]
    counts = [_bucket_counts(values) for trace in traces.values() for values in (trace.waits, trace.own)]
    labels = [*(f"<= {limit:g}" for limit in BUCKETS_MS), f"> {BUCKETS_MS[-1]:g}"]
    rows = [
        [label, *(f"{count[position]:,}" for count in counts)]
        for position, label in enumerate(labels)
        if any(count[position] for count in counts)
    ]
    return Section("Growth: histogram of round trips, as waited for and the server's own part", columns, rows)
