"""How long a client waits while a keyspace grows: every round trip of a long insertion, in a histogram.

One synchronous connection inserts keys in pipelines of 16, so every command that stalls delays exactly one
round trip, and nothing else runs on the load core that could be mistaken for the server. (An inserter and a
prober beside each other would share that core, and the prober would mostly measure the inserter.)

A long round trip is not yet the server's fault: either process may have been put aside by the scheduler, or
the whole machine by its hypervisor. So three things are measured for each:

- **wait**: as the client saw it;
- **server CPU**: what the server's CPU clock advanced meanwhile. Moving entries, clearing a new table and
  the page faults that come with it are all CPU time, so a stall for table growth shows here, and a stall
  made by others does not. The target is judged on this figure. (The kernel may book the end of one round
  trip to the next one; a stall is neither lost nor counted twice.)
- **unexplained**: the wait less the time either process spent ready but off its core, by the kernel's run
  queue statistics. Were it large where the server CPU is small, the server would be sleeping in a lock or
  in I/O.

The same round trips with PING instead of SET, before the first key, show what the machine does to an idle
server.
"""

from __future__ import annotations

import functools
import gc
import os
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bench.cases import KEYS, count_name
from bench.client import Connection, encode_command
from bench.load import command_template
from bench.report import Section, number
from bench.servers import Server, core_wait_ns
from bench.settings import SUBJECT, Settings, progress

NAME = "growth"
PIPELINE = 16
FULL_KEYS, DEFAULT_KEYS, QUICK_KEYS = 20_000_000, 5_000_000, 1_000_000
BASELINE_TRIPS = 50_000
VALUE_SIZE = 16
LIMIT_MS = 5.0  # the target: no command waits longer for table growth
SLOW_MS = 1.0
PINGS = encode_command([b"PING"]) * PIPELINE
WINDOW = 128  # round trips between two readings of the run queue statistics
BUCKETS_MS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class SlowTrip:
    """A round trip above SLOW_MS, in milliseconds; `index` is the number of keys inserted before it."""

    index: int
    wait: float
    server_cpu: float
    unexplained: float


@dataclass(frozen=True)
class Trace:
    """All round trips of one kind on one server, in milliseconds, sorted."""

    waits: array[float]
    server_cpu: array[float]
    slow: list[SlowTrip]

    def quantile(self, share: float) -> float:
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))]

    @property
    def worst_unexplained(self) -> float:
        return max((trip.unexplained for trip in self.slow), default=0.0)


def measure(settings: Settings) -> list[Section]:
    keys = QUICK_KEYS if settings.quick else FULL_KEYS if settings.full else DEFAULT_KEYS
    baselines: dict[str, Trace] = {}
    traces: dict[str, Trace] = {}
    for name in settings.servers:
        progress(f"{name}: waits while {count_name(keys)} keys are inserted")
        with Server(name) as server, server.connect() as connection:
            baselines[name] = _trace(server, connection, BASELINE_TRIPS, _pings)
            inserts = functools.partial(_inserts, command_template(KEYS.argv, VALUE_SIZE) * PIPELINE)
            traces[name] = _trace(server, connection, keys // PIPELINE, inserts)
    return [_summary(keys, baselines, traces), _histogram(traces)]


def _pings(trip: int) -> bytes:
    return PINGS


def _inserts(template: bytes, trip: int) -> bytes:
    return template % tuple(range(trip * PIPELINE, (trip + 1) * PIPELINE))


def _trace(server: Server, connection: Connection, trips: int, pipeline: Callable[[int], bytes]) -> Trace:
    waits, server_cpu = array("d", bytes(8 * trips)), array("d", bytes(8 * trips))
    slow = []
    own = os.getpid()
    own_wait = server_wait = 0
    gc.disable()  # a collection between two clock readings would look like a slow server
    try:
        cpu = server.cpu_ns()
        for trip in range(trips):
            if trip % WINDOW == 0:
                own_wait, server_wait = core_wait_ns(own), server.core_wait_ns()
            data = pipeline(trip)
            start = time.perf_counter_ns()
            connection.send(data)
            connection.await_lines(PIPELINE)
            wait = (time.perf_counter_ns() - start) / 1e6
            waits[trip] = wait
            cpu_before, cpu = cpu, server.cpu_ns()
            server_cpu[trip] = (cpu - cpu_before) / 1e6
            if wait > SLOW_MS:
                own_before, own_wait = own_wait, core_wait_ns(own)
                server_before, server_wait = server_wait, server.core_wait_ns()
                off_core = (own_wait - own_before + server_wait - server_before) / 1e6
                slow.append(SlowTrip(trip * PIPELINE, wait, server_cpu[trip], max(0.0, wait - off_core)))
    finally:
        gc.enable()
    return Trace(array("d", sorted(waits)), array("d", sorted(server_cpu)), slow)


def _above(values: array[float], limit: float) -> int:
    return len(values) - bisect_right(values, limit)


def _summary(keys: int, baselines: dict[str, Trace], traces: dict[str, Trace]) -> Section:
    columns = (
        "server", "round trips", "p50 ms", "p99", "p99.9", "max", "> 1 ms", "> 5 ms",
        "server CPU max ms", "> 1 ms", "> 5 ms", "unexplained max ms",
    )  # fmt: skip
    rows = []
    for name, trace in traces.items():
        rows.append(_summary_row(name, trace))
        rows.append(_summary_row(f"{name}, idle (PING)", baselines[name]))
    notes = [f"a round trip is {PIPELINE} SETs of new keys; idle rows: {PIPELINE} PINGs before the first key"]
    if SUBJECT in traces:
        notes.append(_verdict(traces[SUBJECT]))
    raw = {
        name: {
            "slow": [asdict(trip) for trip in trace.slow],
            "idle_slow": [asdict(trip) for trip in baselines[name].slow],
            "buckets_ms": BUCKETS_MS,
            "waits": _bucket_counts(trace.waits),
            "server_cpu": _bucket_counts(trace.server_cpu),
        }
        for name, trace in traces.items()
    }
    return Section(f"Growth: waits while {count_name(keys)} keys are inserted", columns, rows, notes, raw)


def _summary_row(label: str, trace: Trace) -> list[str]:
    return [
        label,
        f"{len(trace.waits):,}",
        *(number(trace.quantile(share)) for share in (0.5, 0.99, 0.999, 1.0)),
        *(str(_above(trace.waits, limit)) for limit in (SLOW_MS, LIMIT_MS)),
        number(trace.server_cpu[-1]),
        *(str(_above(trace.server_cpu, limit)) for limit in (SLOW_MS, LIMIT_MS)),
        number(trace.worst_unexplained),
    ]


def _verdict(trace: Trace) -> str:
    own, seen = _above(trace.server_cpu, LIMIT_MS), _above(trace.waits, LIMIT_MS)
    verdict = f"target: no wait over {LIMIT_MS:g} ms made by the server: {'missed' if own else 'met'}"
    if seen and not own:
        verdict += f" ({seen} longer waits were not the server's CPU time)"
    return verdict


def _bucket_counts(values: array[float]) -> list[int]:
    """How many values lie in each bucket; the last bucket has no upper end."""
    ends = [bisect_right(values, limit) for limit in BUCKETS_MS]
    return [after - before for before, after in zip([0, *ends], [*ends, len(values)], strict=True)]


def _histogram(traces: dict[str, Trace]) -> Section:
    columns = ["ms", *(f"{name} {kind}" for name in traces for kind in ("wait", "CPU"))]
    counts = [
        _bucket_counts(values) for trace in traces.values() for values in (trace.waits, trace.server_cpu)
    ]
    labels = [*(f"<= {limit:g}" for limit in BUCKETS_MS), f"> {BUCKETS_MS[-1]:g}"]
    rows = [
        [label, *(f"{count[position]:,}" for count in counts)]
        for position, label in enumerate(labels)
        if any(count[position] for count in counts)
    ]
    return Section("Growth: histogram of round trips, as waited for and as server CPU", columns, rows)
