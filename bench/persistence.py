"""Snapshots and the append-only file: how long saving and loading takes, what it costs while clients are served.

- **SAVE and loading** of the same data, server after server in turn; loading is what the servers' own log lines say.
- **A background save under load**: redis-benchmark with SETs over the whole keyspace at -P 16 while the child writes. The
  child shares the server's core, as it does on a machine without one to spare; whose save is quicker has it back sooner.
- **The log**: SET with `appendfsync everysec` (server CPU) and `always` (throughput), without automatic rewriting.
- **Running a log again**: one file for all, of SET, INCR, RPUSH and HSET.
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import INDEX, KEYS, LARGE, SET, SMALL, Case, Dataset, Preload, count_name, key_of
from bench.client import encode_command
from bench.comparison import columns, row
from bench.interleave import measure_cases
from bench.load import preload, run_benchmark
from bench.report import Section
from bench.servers import Server, awake, fleet
from bench.settings import BenchError, Settings, progress

NAME = "persistence"
LOAD_TIMEOUT = 600.0
VALUE_SIZE = 16
LOADED = re.compile(r"DB loaded from (?:disk|append only file): ([\d.]+) seconds")
NO_REWRITE = ("--auto-aof-rewrite-percentage", "0")


@dataclass(frozen=True)
class Data:
    title: str
    steps: tuple[Preload, ...]
    count: int


def data_sets(settings: Settings) -> tuple[Data, ...]:
    scale = 10 if settings.quick else 1
    return (
        Data(f"{count_name(5_000_000 // scale)} strings", (KEYS,), 5_000_000 // scale),
        Data(
            f"{count_name(1_000_000 // scale)} hashes, lists and sorted sets",
            (
                Preload(("HSET", f"hash:{INDEX}", "name", f"n{INDEX}", "age", "42", "city", "Aarhus")),
                Preload(("RPUSH", f"list:{INDEX}", "a", f"b{INDEX}", "c")),
                Preload(("ZADD", f"zset:{INDEX}", "1", "a", "2.5", f"b{INDEX}", "3", "c")),
            ),
            333_333 // scale,
        ),
    )


def measure(settings: Settings) -> list[Section]:
    sections = [_save_and_load(data, settings) for data in data_sets(settings)]
    sections.append(_background_save(settings))
    sections.append(
        measure_cases(
            SMALL, [Case(SET, SMALL, 16, 50, cpu_target=0.7)], settings, "everysec", 0,
            ("--appendonly", "yes", "--appendfsync", "everysec", *NO_REWRITE),
        )
    )  # fmt: skip
    sections[-1].title += ", appendfsync everysec"
    sections.append(
        measure_cases(
            SMALL, [Case(SET, SMALL, 1, 50)], settings, "always", 0,
            ("--appendonly", "yes", "--appendfsync", "always", *NO_REWRITE),
        )
    )  # fmt: skip
    sections[-1].title += ", appendfsync always"
    sections.append(_replay(settings))
    return sections


# --- saving and loading ----------------------------------------------------------------------------------------------


def _save_and_load(data: Data, settings: Settings) -> Section:
    saving: dict[str, list[float]] = {name: [] for name in settings.servers}
    loading: dict[str, list[float]] = {name: [] for name in settings.servers}
    sizes: dict[str, float] = {}
    with fleet(settings.servers) as servers:
        for server in servers:
            progress(f"{server.name}: loading {data.title}")
            with awake(server):
                preload(server, data.steps, 0, data.count, VALUE_SIZE)
        for _ in range(settings.repetitions):
            for server in servers:
                with awake(server):
                    saving[server.name].append(_timed_save(server))
                    sizes[server.name] = (server.directory / "dump.rdb").stat().st_size / 1e6
        for _ in range(settings.repetitions):
            for server in servers:
                server.restart(LOAD_TIMEOUT)
                loading[server.name].append(_logged_seconds(server))
                server.pause()
    rows = [
        row("SAVE, s", {name: statistics.median(each) for name, each in saving.items()}, 0.7, settings),
        row("loading, s", {name: statistics.median(each) for name, each in loading.items()}, 0.7, settings),
        row("file, MB", sizes, 1.0, settings),
    ]
    raw = {"save": saving, "load": loading, "size": sizes}
    return Section(f"Snapshots: {data.title}", columns(settings), rows, [], raw)


def _timed_save(server: Server) -> float:
    with server.connect() as connection:
        started = time.perf_counter()
        if connection.command("SAVE") != b"OK":
            raise BenchError(f"{server.name} cannot save:\n{server.log_tail()}")
        return time.perf_counter() - started


def _logged_seconds(server: Server) -> float:
    found = LOADED.findall(server.log.read_text(errors="replace"))
    if not found:
        raise BenchError(f"{server.name} has loaded nothing:\n{server.log_tail()}")
    return float(found[-1])


# --- a background save under load ------------------------------------------------------------------------------------


def _background_save(settings: Settings) -> Section:
    dataset = Dataset(LARGE.keys // (10 if settings.quick else 1), VALUE_SIZE)
    case = Case(SET, dataset, 16, 50)
    figures: dict[str, dict[str, list[float]]] = {}
    with fleet(settings.servers) as servers:
        for server in servers:
            progress(f"{server.name}: loading {dataset.title}")
            with awake(server):
                preload(server, (KEYS,), 0, dataset.keys, VALUE_SIZE)
        for _ in range(settings.repetitions):
            for server in servers:
                with awake(server):
                    for what, value in _save_under(server, case, 300_000 if settings.quick else 1_000_000):
                        figures.setdefault(what, {name: [] for name in settings.servers})[server.name].append(value)
    medians = {what: {name: statistics.median(each[name]) for name in each} for what, each in figures.items()}
    rows = [
        row("k commands/s meanwhile", medians["rate"], 1.0, settings, more=True),
        row("p99 of a pipeline, ms", medians["p99"], 1.0, settings),
        row("longest, ms", medians["longest"], 1.0, settings),
        row("the save, s", medians["seconds"], 1.0, settings),
        row("memory not shared at most, MB", medians["copied"], 1.0, settings),
        row("the fork, ms", medians["fork"], None, settings),
    ]
    return Section(f"BGSAVE of {dataset.title} under SET -P 16", columns(settings), rows, [], figures)


def _save_under(server: Server, case: Case, requests: int) -> Iterator[tuple[str, float]]:
    with server.connect() as connection:
        started = time.perf_counter()
        connection.command("BGSAVE")
        load = run_benchmark(server, case, requests)
        while connection.figure("rdb_bgsave_in_progress"):
            time.sleep(0.01)
        yield "seconds", time.perf_counter() - started
        yield "rate", load.rate / 1e3
        yield "p99", load.p99
        yield "longest", load.slowest
        yield "copied", connection.figure("rdb_last_cow_size") / 1e6
        yield "fork", connection.figure("latest_fork_usec") / 1e3


# --- running a log again ---------------------------------------------------------------------------------------------


def _replay(settings: Settings) -> Section:
    count = 500_000 if settings.quick else 5_000_000
    loading: dict[str, list[float]] = {name: [] for name in settings.servers}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kvik-bench-log-")))
        _write_log(folder / "appendonly.aof.1.incr.aof", count)
        (folder / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
        servers = stack.enter_context(fleet(settings.servers))
        for server in servers:
            os.symlink(folder, server.directory / "appendonlydir")
            server.directives += ["--appendonly", "yes", *NO_REWRITE]
        for _ in range(settings.repetitions):
            for server in servers:
                progress(f"{server.name}: running {count_name(count)} logged commands")
                server.restart(LOAD_TIMEOUT)
                loading[server.name].append(_logged_seconds(server))
                server.pause()
    line = row("loading, s", {name: statistics.median(each) for name, each in loading.items()}, 0.6, settings)
    return Section(f"Running a log of {count_name(count)} commands again", columns(settings), [line], [], loading)


def _write_log(path: Path, count: int) -> None:
    with path.open("wb") as log:
        log.write(encode_command([b"SELECT", b"0"]))
        for start in range(0, count, 10_000):
            log.write(b"".join(map(encode_command, map(_logged, range(start, start + 10_000)))))


def _logged(i: int) -> Sequence[bytes]:
    match i % 10:
        case 0 | 5:
            return b"INCR", b"counter:%d" % (i % 100_000)
        case 1:
            return b"RPUSH", b"list:%d" % (i % 10_000), b"element %d" % i
        case 2:
            return b"HSET", b"hash:%d" % (i % 100_000), b"field", b"value %d" % i
        case _:
            return b"SET", key_of(i), b"x" * VALUE_SIZE
