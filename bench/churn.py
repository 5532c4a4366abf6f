"""Fragmentation: how much more is resident than in use after much has changed, and what is given back when all is gone.

A day of a cache in a minute: a server is filled up to a budget with values of one range of sizes. In each round 60 % of
the keys, anywhere in the keyspace, are deleted, a fifth of the others get a value of another size, and the budget is
filled again with values of the next range. An allocator that cannot use the gaps of old sizes for new ones grows.

Both figures are without what the empty server had: an interpreter's code and data would otherwise hide the effect.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.cases import key_of
from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.memory import settled_resident_bytes
from bench.report import Section
from bench.servers import Server
from bench.settings import Settings, progress

NAME = "churn"
DELETED = 0.6
CHANGED = 0.2
IGNORE = ("--active-defrag-ignore-bytes", "10mb")  # by default 100 MB, half of the budget, would be no reason to act
LOOK_EVERY = 1000  # new keys between two looks at the memory in use
SIZES = ((16, 64), (64, 256), (32, 512), (200, 1000), (16, 128), (100, 400))  # of the values, round by round


@dataclass(frozen=True)
class Outcome:
    used: float
    resident: float
    left: float  # resident after FLUSHALL

    @property
    def fragmentation(self) -> float:
        return self.resident / self.used


def measure(settings: Settings) -> list[Section]:
    budget = 30_000_000 if settings.quick else 200_000_000
    outcomes = {}
    for name in settings.servers:
        progress(f"{name}: {len(SIZES)} rounds of churn within {budget / 1e6:g} MB")
        with Server(name, *IGNORE) as server, server.connect() as connection:
            outcomes[name] = _churn(server, connection, budget)
    rows = [
        row("in use, MB", {name: each.used / 1e6 for name, each in outcomes.items()}, None, settings),
        row("resident, MB", {name: each.resident / 1e6 for name, each in outcomes.items()}, None, settings),
        row(
            "resident / in use", {name: each.fragmentation for name, each in outcomes.items()}, 1.15, settings,
            absolute=True,
        ),
        row("resident after FLUSHALL, MB", {name: each.left / 1e6 for name, each in outcomes.items()}, None, settings),
    ]  # fmt: skip
    return [Section(f"Churn: {budget / 1e6:g} MB, {len(SIZES)} rounds", columns(settings), rows)]


def _churn(server: Server, connection: Connection, budget: int) -> Outcome:
    dice = random.Random(1)
    empty_used, empty_resident = connection.figure("used_memory"), settled_resident_bytes(server)
    keys: list[int] = []
    following = 0
    for sizes in SIZES:
        gone = [key for key in keys if dice.random() < DELETED]
        connection.pipeline( [encode_command((b"DEL", key_of(key))) for key in gone])
        keys = sorted(set(keys).difference(gone))
        connection.pipeline( [_set(key, dice.randint(*sizes)) for key in keys if dice.random() < CHANGED])
        while connection.figure("used_memory") - empty_used < budget:
            fresh = range(following, following + LOOK_EVERY)
            connection.pipeline( [_set(key, dice.randint(*sizes)) for key in fresh])
            keys += fresh
            following += LOOK_EVERY
    used = connection.figure("used_memory") - empty_used
    resident = settled_resident_bytes(server) - empty_resident
    connection.command("FLUSHALL")
    return Outcome(used, resident, settled_resident_bytes(server) - empty_resident)


def _set(key: int, size: int) -> bytes:
    return encode_command((b"SET", key_of(key), b"x" * size))
