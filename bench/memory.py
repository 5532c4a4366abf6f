"""Resident bytes per key, at several fills of the table, so that no one fill decides.

A table that doubles is at its best just before it grows and at its worst just after; the mean over 1 to 5 M
keys passes through both. Each server is alone on the machine, empty when the first reading is taken, so
what an interpreter or a shared library takes at the start does not count as keys.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from bench.cases import KEYS, count_name
from bench.load import preload
from bench.report import Section, number
from bench.servers import Server
from bench.settings import SUBJECT, Settings, progress

NAME = "memory"
FILLS = (1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000)
QUICK_FILLS = (1_000_000, 2_000_000)
VALUE_SIZE = 16  # and the keys are 16 bytes as well: "key:" and 12 digits
TARGET = 0.9  # of Valkey's mean
SETTLE_SECONDS = 5.0
SETTLE_STEP = 0.25


def measure(settings: Settings) -> list[Section]:
    fills = QUICK_FILLS if settings.quick else FILLS
    readings = {name: _bytes_per_key(name, fills) for name in settings.servers}
    means = {name: statistics.fmean(values) for name, values in readings.items()}
    rows = [
        [count_name(fill), *(number(readings[name][position]) for name in settings.servers)]
        for position, fill in enumerate(fills)
    ]
    rows.append(["mean", *(number(means[name]) for name in settings.servers)])
    if SUBJECT in means:
        ratios = [number(means[SUBJECT] / means[name]) for name in settings.servers]
        rows.append([f"{SUBJECT} / server", *ratios])
    notes = []
    if SUBJECT in means and "valkey" in means:
        ratio = means[SUBJECT] / means["valkey"]
        verdict = "met" if ratio <= TARGET else "missed"
        notes.append(f"target: mean at most {TARGET} x Valkey's; it is {number(ratio)}: {verdict}")
    title = f"Memory: resident bytes per key, 16-byte keys, {VALUE_SIZE}-byte values"
    return [Section(title, ("keys", *settings.servers), rows, notes, {"fills": fills, "bytes": readings})]


def _bytes_per_key(name: str, fills: Sequence[int]) -> list[float]:
    progress(f"{name}: resident bytes at {', '.join(count_name(fill) for fill in fills)} keys")
    values = []
    with Server(name) as server:
        empty = settled_resident_bytes(server)
        present = 0
        for fill in fills:
            preload(server, (KEYS,), present, fill, VALUE_SIZE)
            present = fill
            values.append((settled_resident_bytes(server) - empty) / fill)
    return values


def settled_resident_bytes(server: Server) -> int:
    """Wait until two readings agree: a server may still be freeing the table it grew out of."""
    deadline = time.monotonic() + SETTLE_SECONDS
    reading = server.resident_bytes()
    while time.monotonic() < deadline:
        time.sleep(SETTLE_STEP)
        previous, reading = reading, server.resident_bytes()
        if abs(reading - previous) <= reading // 1000:
            break
    return reading
