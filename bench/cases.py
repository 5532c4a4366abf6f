"""The table of what is measured with redis-benchmark, and what each row has to reach.

A `Command` is what redis-benchmark sends, a `Dataset` the keyspace it is sent to, a `Case` the two together
with a pipeline depth and a number of clients. To measure a new data type, add its commands to the first
part and lines to `DEFAULT_CASES`; nothing else in the harness knows a command by name.

The full cross product (5 commands x 3 depths x 2 keyspaces x 2 sizes x 2 client counts) would take an hour
and a half and mostly repeat itself. The matrix keeps what can differ:

- every command at every depth, on the keyspace that fits the caches (100 k) and the one that does not (3
  M);
- 1,024-byte values for SET and GET, where copying and allocation weigh, and MSET, which makes the largest
  arguments;
- 1,000 clients for SET and GET, where the cost of a socket and of a wide tick weighs, on both keyspaces.

PING touches no keyspace, so it stands in the first part only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RANDOM_INDEX = "__rand_int__"  # redis-benchmark replaces each occurrence by 12 digits below -r
INDEX = "{index}"  # the preloader replaces it by the same 12 digits, 0, 1, 2, ...
VALUE = "{value}"  # both replace it by a value of the dataset's size


@dataclass(frozen=True)
class Preload:
    """Sent once for each index before a dataset is measured. `reply_lines`: of its reply; `$3`, `abc` are two."""

    argv: tuple[str, ...]
    reply_lines: int = 1


@dataclass(frozen=True)
class Command:
    """One command as redis-benchmark sends it. `preload` writes what it expects to find.

    `weight`: about how many single-key commands it costs; the length of the calibrating run depends on it.
    """

    label: str
    argv: tuple[str, ...]
    preload: Preload | None = None
    weight: int = 1


@dataclass(frozen=True)
class Dataset:
    """A keyspace: how many keys (also the -r of redis-benchmark) and how long their values are.

    `label`: what it is where it is not that many string keys; `preloads`: how many commands make it then, where
    they are not as many as there are keys.
    """

    keys: int
    value_size: int
    label: str = ""
    preloads: int = 0

    @property
    def name(self) -> str:
        return self.label.replace(" ", "-") or f"{count_name(self.keys)}/{self.value_size}B"

    @property
    def title(self) -> str:
        if self.label:
            return self.label
        keys = count_name(self.keys).replace("k", " k").replace("M", " M")
        return f"{keys} keys, {self.value_size:,}-byte values"

    @property
    def preload_count(self) -> int:
        return self.preloads or self.keys


@dataclass(frozen=True)
class Target:
    """Ratios to the better peer: server CPU per command at most `cpu`, throughput at least `rate`."""

    cpu: float
    rate: float | None = None


@dataclass(frozen=True)
class Case:
    """One row of the comparison. `seconds`: how long a run lasts, where that must be less than usual."""

    command: Command
    dataset: Dataset
    depth: int
    clients: int
    cpu_target: float | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """What `--only` matches: `set/P100/c50/3M/16B`."""
        return f"{self.command.label.lower()}/P{self.depth}/c{self.clients}/{self.dataset.name}"

    @property
    def title(self) -> str:
        """The row's name below its dataset's heading."""
        clients = "" if self.clients == 50 else f" -c {self.clients}"
        return f"{self.command.label} -P {self.depth}{clients}"

    @property
    def target(self) -> Target:
        if self.cpu_target is not None:
            return Target(cpu=self.cpu_target)
        return target(self.depth, self.dataset.keys)


def count_name(count: int) -> str:
    """100000 -> 100k, 3000000 -> 3M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size and count % (size // 10) == 0:
            return f"{count / size:g}{letter}"
    return str(count)


def target(depth: int, keys: int) -> Target:
    """The targets, the same for every command, value size and number of clients."""
    if depth >= 100:
        return Target(cpu=0.35 if keys >= 3_000_000 else 0.45, rate=2.0)
    if depth >= 16:
        return Target(cpu=0.75)
    return Target(cpu=0.95, rate=0.97)


# The key names are those of redis-benchmark's own -t tests, so figures compare with anyone's.
KEYS = Preload(("SET", f"key:{INDEX}", VALUE))


def key_of(index: int) -> bytes:
    """The key that KEYS makes for this index."""
    return b"key:%012d" % index


COUNTERS = Preload(("SET", f"counter:{INDEX}", "0"))

PING = Command("PING", ("PING",))
SET = Command("SET", ("SET", f"key:{RANDOM_INDEX}", VALUE), KEYS)
GET = Command("GET", ("GET", f"key:{RANDOM_INDEX}"), KEYS)
INCR = Command("INCR", ("INCR", f"counter:{RANDOM_INDEX}"), COUNTERS)
MSET = Command("MSET", ("MSET", *(f"key:{RANDOM_INDEX}", VALUE) * 10), KEYS, weight=10)

SMALL = Dataset(keys=100_000, value_size=16)
SMALL_LONG = Dataset(keys=100_000, value_size=1024)
LARGE = Dataset(keys=3_000_000, value_size=16)
LARGE_LONG = Dataset(keys=3_000_000, value_size=1024)


def matrix(
    dataset: Dataset, commands: Sequence[Command], depths: Sequence[int], clients: int = 50
) -> Iterator[Case]:
    for depth in depths:
        for command in commands:
            yield Case(command, dataset, depth, clients)


# Cases of one dataset stand together: each server loads a dataset once, however many cases use it.
DEFAULT_CASES: tuple[Case, ...] = (
    *matrix(SMALL, (PING, SET, GET, INCR, MSET), depths=(1, 16, 100)),
    *matrix(SMALL, (SET, GET), depths=(1, 16, 100), clients=1000),
    *matrix(SMALL_LONG, (SET, GET), depths=(1, 16, 100)),
    *matrix(SMALL_LONG, (MSET,), depths=(16,)),
    *matrix(LARGE, (SET, GET, INCR, MSET), depths=(1, 16, 100)),
    *matrix(LARGE, (SET, GET), depths=(1, 100), clients=1000),
    *matrix(LARGE_LONG, (SET, GET), depths=(16, 100)),
)

QUICK_CASES: tuple[Case, ...] = (
    *matrix(SMALL, (SET, GET), depths=(1, 16)),
    *matrix(SMALL, (PING, SET, GET, INCR, MSET), depths=(100,)),
    *matrix(LARGE, (SET, GET), depths=(100,)),
)
