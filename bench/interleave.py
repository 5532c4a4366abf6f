"""The comparison by redis-benchmark: each case, each repetition, each server in turn; medians, judged
against the targets.

How to read the rows:

- **CPU** is the server's own CPU time, user and system, by the commands of the run. It is the figure that
  lasts: it does not depend on how quick the load generator is, and its inverse is what one core can serve
  ("capacity").
- **Throughput** is what redis-benchmark got. "Generator busy" says how much of one core it spent on that;
  its own ceiling is throughput / busy. At -P 1 it is busy all the time and the servers are not: what is
  seen there is the generator's limit, equal for all, and only a server that is much slower would show. At
  -P 16 its ceiling is about 1.6 million commands a second, a third more than the better peer. At -P 100 the
  peers keep it busy for a quarter to a third of the time (6 million GETs a second would be its limit), so
  there twice a peer's throughput can be seen.
- Where a throughput target is not reached while the generator is busy all the time, the capacity decides,
  and the verdict says so. A server that waits for its generator takes smaller batches and wakes more often,
  which costs it CPU per command: the capacity of such a run is rather too low than too high.
- **p99** is of a whole pipeline of all clients in turn; with 50 clients at -P 100 it is mostly queueing.

A first, short run of each case on each server warms the caches and tells how many commands fill the wanted
time.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from bench.cases import Case, Dataset, Preload
from bench.load import Load, preload, run_benchmark
from bench.machine import available_bytes
from bench.report import Section, joined, number
from bench.servers import Server, awake, fleet
from bench.settings import SUBJECT, BenchError, Settings, progress

WARM_UP_COST = {1: 20e-6, 16: 2e-6, 100: 1.2e-6}  # about what a command takes, to size the first run
WARM_UP_SECONDS = 0.25
BYTES_PER_KEY = 150  # more than any server needs beside the value
GENERATOR_BOUND = 0.9
NOISY = 0.05


@dataclass(frozen=True)
class Run:
    """One run of redis-benchmark against one server."""

    case: str
    server: str
    repetition: int
    load: Load
    cpu: float  # server CPU, microseconds a command
    user: float
    system: float
    server_busy: float  # server CPU / elapsed
    core_wait: float  # time the server waited for its core because of other processes / elapsed

    @property
    def rate(self) -> float:
        return self.load.rate


@dataclass(frozen=True)
class Outcome:
    """A case's runs, and how Kvik compares (None where it or the peers were not measured)."""

    case: Case
    servers: tuple[str, ...]
    runs: tuple[Run, ...]

    def median(self, server: str, figure: Callable[[Run], float]) -> float:
        return statistics.median(figure(run) for run in self.runs if run.server == server)

    def medians(self, figure: Callable[[Run], float]) -> list[float]:
        return [self.median(server, figure) for server in self.servers]

    def spread(self, figure: Callable[[Run], float]) -> float:
        """(largest - smallest) / median of the widest server: what a difference must exceed to count."""
        spreads = []
        for server in self.servers:
            figures = [figure(run) for run in self.runs if run.server == server]
            spreads.append((max(figures) - min(figures)) / statistics.median(figures))
        return max(spreads)

    def ratio(self, figure: Callable[[Run], float], best: Callable[[Iterable[float]], float]) -> float | None:
        peers = [server for server in self.servers if server != SUBJECT]
        if SUBJECT not in self.servers or not peers:
            return None
        return self.median(SUBJECT, figure) / best(self.median(server, figure) for server in peers)

    @property
    def cpu_ratio(self) -> float | None:
        return self.ratio(lambda run: run.cpu, min)

    @property
    def rate_ratio(self) -> float | None:
        return self.ratio(lambda run: run.rate, max)

    @property
    def verdict(self) -> str:
        target = self.case.target
        cpu, rate = self.cpu_ratio, self.rate_ratio
        if cpu is None or rate is None:
            return "-"
        missed = ["CPU"] if cpu > target.cpu else []
        if target.rate is None or rate >= target.rate:
            return f"missed: {missed[0]}" if missed else "met"
        bound = self.median(SUBJECT, lambda run: run.load.generator_busy) >= GENERATOR_BOUND
        if not missed and bound and 1 / cpu >= target.rate:
            return "met (rate by capacity)"
        return "missed: " + ", ".join([*missed, "rate"])


def compare(cases: Sequence[Case], settings: Settings) -> Iterator[Section]:
    """All cases, dataset by dataset: a server is started and loaded once for each."""
    done = 0
    for dataset, group in groupby(cases, key=lambda case: case.dataset):
        members = list(group)
        yield _compare_on(dataset, members, settings, f"of {len(cases)}", done)
        done += len(members)


def _compare_on(dataset: Dataset, cases: list[Case], settings: Settings, of: str, done: int) -> Section:
    steps = list(dict.fromkeys(case.command.preload for case in cases if case.command.preload))
    keys = dataset.preload_count * len(steps)
    needed = len(settings.servers) * keys * (dataset.value_size + BYTES_PER_KEY)
    if needed > available_bytes():
        note = f"left out: {needed / 2**30:.0f} GiB needed, {available_bytes() / 2**30:.0f} GiB available"
        progress(f"{dataset.title}: {note}")
        return Section(dataset.title, ("case",), [[case.title] for case in cases], [note])
    return measure_cases(dataset, cases, settings, of, done)


def measure_cases(
    dataset: Dataset, cases: Sequence[Case], settings: Settings, of: str, done: int = 0, directives: Sequence[str] = ()
) -> Section:
    """Cases of one dataset, on servers with these directives."""
    steps = list(dict.fromkeys(case.command.preload for case in cases if case.command.preload))
    outcomes = []
    with fleet(settings.servers, *directives) as servers:
        resident = [_load_dataset(server, dataset, steps) for server in servers] if steps else []
        for position, case in enumerate(cases, done + 1):
            outcomes.append(_measure_case(case, servers, settings, f"[{position} {of}]"))
    return _section(dataset, outcomes, settings, resident)


def _load_dataset(server: Server, dataset: Dataset, steps: Sequence[Preload]) -> float:
    """Returns resident bytes for each command that loaded."""
    progress(f"{server.name}: loading {dataset.title}")
    with awake(server):
        before = server.resident_bytes()
        preload(server, steps, 0, dataset.preload_count, dataset.value_size)
        return (server.resident_bytes() - before) / (dataset.preload_count * len(steps))


def _measure_case(case: Case, servers: Sequence[Server], settings: Settings, label: str) -> Outcome:
    warm_up = _whole_pipelines(WARM_UP_SECONDS / _expected_cost(case), case)
    rates = {server.name: _measure(case, server, 0, warm_up).rate for server in servers}
    fastest = max((rates[name] for name in settings.peers), default=max(rates.values()))
    requests = _whole_pipelines(fastest * (case.seconds or settings.seconds), case)
    runs = []
    for repetition in range(1, settings.repetitions + 1):
        for server in servers:
            runs.append(_measure(case, server, repetition, requests))
    outcome = Outcome(case, settings.servers, tuple(runs))
    cpu = joined(outcome.medians(lambda run: run.cpu))
    progress(f"{label} {case.name}: {cpu} us a command, {outcome.verdict}")
    return outcome


def _expected_cost(case: Case) -> float:
    depth = max(known for known in WARM_UP_COST if known <= case.depth)
    return WARM_UP_COST[depth] * case.command.weight


def _whole_pipelines(requests: float, case: Case) -> int:
    """redis-benchmark sends whole pipelines: with a count between, CPU per command came out too high."""
    return max(round(requests / case.depth), case.clients) * case.depth


def _measure(case: Case, server: Server, repetition: int, requests: int) -> Run:
    with awake(server):
        cpu_before, wait_before = server.cpu_time(), server.core_wait_ns()
        try:
            load = run_benchmark(server, case, requests)
        except BenchError as error:
            raise BenchError(f"{error}\nlog of {server.name}:\n{server.log_tail()}") from error
        cpu, wait = server.cpu_time() - cpu_before, server.core_wait_ns() - wait_before
    elapsed_ns = requests / load.rate * 1e9
    return Run(
        case=case.name,
        server=server.name,
        repetition=repetition,
        load=load,
        cpu=cpu.total / requests / 1e3,
        user=cpu.user / requests / 1e3,
        system=cpu.system / requests / 1e3,
        server_busy=cpu.total / elapsed_ns,
        core_wait=wait / elapsed_ns,
    )


def _section(
    dataset: Dataset, outcomes: Sequence[Outcome], settings: Settings, resident: Sequence[float]
) -> Section:
    names = "/".join(settings.servers)
    columns = (
        "case", f"CPU us: {names}", "ratio", "target", "capacity", f"k/s: {names}", "ratio", "target",
        f"p99 ms: {names}", "generator busy %", "spread", "verdict",
    )  # fmt: skip
    notes = []
    if resident:
        notes.append(f"resident bytes for each loading command, {names}: {joined(resident)}")
    noisy = [run for outcome in outcomes for run in outcome.runs if run.core_wait > NOISY]
    if noisy:
        worst = max(noisy, key=lambda run: run.core_wait)
        notes.append(
            f"{len(noisy)} runs had to share the server's core with other processes for over {NOISY:.0%} "
            f"of the time, at worst {worst.core_wait:.0%} ({worst.case} on {worst.server}): take them again"
        )
    raw = [asdict(run) for outcome in outcomes for run in outcome.runs]
    return Section(dataset.title, columns, [_row(outcome) for outcome in outcomes], notes, raw)


def _row(outcome: Outcome) -> list[str]:
    target = outcome.case.target
    cpu, rate = outcome.cpu_ratio, outcome.rate_ratio
    return [
        outcome.case.title,
        joined(outcome.medians(lambda run: run.cpu)),
        "-" if cpu is None else number(cpu),
        f"<= {target.cpu}",
        "-" if cpu is None else f"{1 / cpu:.1f} x",
        joined(outcome.medians(lambda run: run.rate / 1e3)),
        "-" if rate is None else number(rate),
        "" if target.rate is None else f">= {target.rate}",
        joined(outcome.medians(lambda run: run.load.p99)),
        " / ".join(f"{busy:.0%}"[:-1] for busy in outcome.medians(lambda run: run.load.generator_busy)),
        f"{outcome.spread(lambda run: run.cpu):.0%}",
        outcome.verdict,
    ]
