"""Making load: redis-benchmark for what is measured, a pipelined socket for what has to be there before.

redis-benchmark has one thread and core 1 for itself. `Load.generator_busy` says how much of the run it
spent computing; near 1 the throughput is the generator's own limit, not the server's.
"""

from __future__ import annotations

import csv
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cases import INDEX, VALUE, Case, Preload
from bench.client import encode_command
from bench.servers import Server
from bench.settings import BenchError

RUN_TIMEOUT = 300.0
PRELOAD_BYTES = 1 << 16  # a write of the preloader: hides the round trip, fits the server's buffers
INDEX_WIDTH = 12  # of redis-benchmark's __rand_int__


@dataclass(frozen=True)
class Load:
    """What redis-benchmark says of one run, and the CPU time it took itself."""

    requests: int
    rate: float  # commands per second
    p50: float  # milliseconds; of a whole pipeline, from its write to its last reply
    p99: float
    slowest: float
    generator_busy: float  # its CPU time / elapsed time


def value_of(size: int) -> str:
    return "x" * size


def run_benchmark(server: Server, case: Case, requests: int) -> Load:
    """One run. Every command is given as argument, never as `-t`, so that all are treated alike."""
    program = shutil.which("redis-benchmark")
    if program is None:
        raise BenchError("redis-benchmark is not installed (apt install redis-tools)")
    value = value_of(case.dataset.value_size)
    argv = [
        program, "-h", "127.0.0.1", "-p", str(server.port), "-n", str(requests), "-c", str(case.clients),
        "-P", str(case.depth), "-r", str(case.dataset.keys), "--csv", "--precision", "3",
        *(word.replace(VALUE, value) for word in case.command.argv),
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=RUN_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{case.name} on {server.name}: no end after {RUN_TIMEOUT:.0f} s") from error
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    if done.returncode != 0 or len(rows) != 1:
        raise BenchError(f"{case.name} on {server.name}: {(done.stderr or done.stdout).strip()[-400:]}")
    row = rows[0]
    rate = float(row["rps"])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(
        requests=requests,
        rate=rate,
        p50=float(row["p50_latency_ms"]),
        p99=float(row["p99_latency_ms"]),
        slowest=float(row["max_latency_ms"]),
        generator_busy=min(1.0, cpu * rate / requests),
    )


def preload(server: Server, steps: Sequence[Preload], first: int, last: int, value_size: int) -> None:
    """Send each step's command for the indexes first..last-1; a batch is made while the last one runs."""
    with server.connect() as connection:
        for step in steps:
            template, repeats = command_template(step.argv, value_size)
            batch = max(1, PRELOAD_BYTES // len(template))
            unanswered = 0
            for start in range(first, last, batch):
                count = min(batch, last - start)
                indexes = (index for index in range(start, start + count) for _ in range(repeats))
                data = template * count % tuple(indexes)
                connection.send(data)
                connection.await_lines(unanswered)
                unanswered = count * step.reply_lines
            connection.await_lines(unanswered)


def command_template(argv: Sequence[str], value_size: int) -> tuple[bytes, int]:
    """The command in RESP with `%012d` for its index, and how often: many copies are formatted at once."""
    digits = "0" * INDEX_WIDTH
    words = [word.replace(VALUE, value_of(value_size)).replace(INDEX, digits) for word in argv]
    template = encode_command(word.encode() for word in words).replace(b"%", b"%%")
    return template.replace(digits.encode(), b"%%0%dd" % INDEX_WIDTH), sum(word.count(INDEX) for word in argv)
