"""A million keys that expire within a minute: how many dead ones are kept at most, and who has to wait for it.

The keys get deadlines spread evenly over a minute; nobody asks for them, so only active expiry removes them. Meanwhile
one client sends PINGs one after another and times them, and compares DBSIZE with the number of deadlines still to come.
The same with fields of hashes, on servers that have that, where INFO's `expired_fields` is compared.

As in growth.py, a wait counts only as far as the server computed meanwhile, which a process put aside did not.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.cases import count_name, key_of
from bench.client import Connection, encode_command
from bench.comparison import columns, row
from bench.report import Section
from bench.servers import Server
from bench.settings import BenchError, Settings, progress

NAME = "expiry-storm"
FIELDS = 10
LOOK_SECONDS = 0.1
ALIVE_MIN = 20_000
LEAD_SECONDS = 2.0  # between the end of loading and the first deadline
BUCKETS_MS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass
class Storm:
    waits: list[float] = field(default_factory=list)  # ms
    worst_dead: float = 0.0  # share of what is there


def measure(settings: Settings) -> list[Section]:
    count, seconds = (100_000, 6.0) if settings.quick else (1_000_000, 60.0)
    keys: dict[str, Storm] = {}
    fields: dict[str, Storm] = {}
    for name in settings.servers:
        progress(f"{name}: {count_name(count)} keys expire within {seconds:g} s, then as many fields of hashes")
        with Server(name) as server, server.connect() as connection:
            keys[name] = _storm(server, connection, count, seconds, _keys, _keys_left)
            if _has_field_expiry(connection):
                fields[name] = _storm(server, connection, count, seconds, _fields, _fields_left)
    return [
        _section(f"{count_name(count)} keys expire within {seconds:g} s", keys, settings),
        _section(f"{count_name(count)} fields of hashes expire within {seconds:g} s", fields, settings),
    ]


def _section(title: str, storms: dict[str, Storm], settings: Settings) -> Section:
    dead = {name: 100 * storm.worst_dead for name, storm in storms.items()}
    longest = {name: max(storm.waits) for name, storm in storms.items()}
    rows = [
        row("dead at most, %", dead, 10, settings, absolute=True),
        row("longest wait for the server, ms", longest, 2, settings, absolute=True),
        row("PINGs", {name: len(storm.waits) for name, storm in storms.items()}, None, settings),
    ]
    for limit in BUCKETS_MS:
        over = {name: sum(wait > limit for wait in storm.waits) for name, storm in storms.items()}
        rows.append(row(f"waits over {limit:g} ms", over, None, settings))
    return Section(title, columns(settings), rows)


def _storm(
    server: Server, connection: Connection, count: int, seconds: float,
    load: Callable[[list[int]], Iterable[bytes]], left: Callable[[Connection, int], float],
) -> Storm:  # fmt: skip
    connection.command("FLUSHALL")
    connection.command("CONFIG", "RESETSTAT")
    first = time.time() + LEAD_SECONDS + count / 100_000
    deadlines = [int(1000 * (first + seconds * i / count)) for i in range(count)]
    connection.pipeline(load(deadlines))
    if time.time() > first:
        raise BenchError(f"{server.name}: loading took until after the first deadline")
    storm = Storm()
    next_look = 0.0
    while time.time() < first + seconds:
        storm.waits.append(_ping(server, connection))
        if time.time() > next_look:
            next_look = time.time() + LOOK_SECONDS
            there = left(connection, count)
            alive = count - bisect_right(deadlines, time.time() * 1000)
            if alive > ALIVE_MIN:  # of few, the share says little
                storm.worst_dead = max(storm.worst_dead, (there - alive) / there)
    return storm


def _ping(server: Server, connection: Connection) -> float:
    cpu, start = server.cpu_ns(), time.perf_counter_ns()
    connection.send(b"PING\r\n")
    connection.await_lines(1)
    return min(time.perf_counter_ns() - start, server.cpu_ns() - cpu) / 1e6


def _keys(deadlines: list[int]) -> Iterable[bytes]:
    for i, deadline in enumerate(deadlines):
        yield encode_command((b"SET", key_of(i), b"x" * 16, b"PXAT", b"%d" % deadline))


def _keys_left(connection: Connection, count: int) -> float:
    return int(connection.command("DBSIZE"))


def _has_field_expiry(connection: Connection) -> bool:
    try:
        connection.command("HPEXPIREAT", "nothing", "1", "FIELDS", "1", "f")
    except BenchError:
        return False
    return True


def _fields(deadlines: list[int]) -> Iterable[bytes]:
    """A hash's fields have deadlines all over the minute."""
    hashes = len(deadlines) // FIELDS
    for i, deadline in enumerate(deadlines):
        yield encode_command((
            b"HSETEX", b"hash:%012d" % (i % hashes), b"PXAT", b"%d" % deadline, b"FIELDS", b"1",
            b"f%d" % (i // hashes), b"x" * 16,
        ))  # fmt: skip


def _fields_left(connection: Connection, count: int) -> float:
    return count - connection.figure("expired_fields")
