"""Which clients cache which keys: against dictionaries, also when memory is short, and whether all of it comes back."""

from __future__ import annotations

import random

import pytest

from tests.engine.heap_probe import HeapProbe
from tests.keyspace.tracking_probe import BROADCAST, TrackingProbe

CLIENTS = range(1, 16)


class Model:
    def __init__(self) -> None:
        self.options: dict[int, int] = {}
        self.targets: dict[int, int] = {}
        self.keys: dict[bytes, set[int]] = {}
        self.prefixes: dict[int, set[bytes]] = {}

    def stop(self, i: int) -> None:
        self.options.pop(i, None)
        self.targets.pop(i, None)
        self.prefixes.pop(i, None)

    def forget(self, i: int) -> None:
        self.stop(i)
        for client, target in self.targets.items():
            if target == i:
                self.targets[client] = 0

    def all_prefixes(self) -> set[bytes]:
        return set().union(*self.prefixes.values())

    def figures(self) -> tuple[int, int, int, int, int]:
        readers = sum(options & BROADCAST == 0 for options in self.options.values())
        items = sum(map(len, self.keys.values()))
        return len(self.options), readers, len(self.keys), items, len(self.all_prefixes())


def step(draw: random.Random, probe: TrackingProbe, model: Model, heap: HeapProbe, shortage: float) -> None:
    """Something happens, with this probability while there is hardly any memory: then it may fail, and nothing changes."""
    i = draw.choice(CLIENTS)
    free = heap.limit
    if draw.random() < shortage:
        heap.limit = heap.used + draw.choice([0, 30, 60, 200, 800])
    try:
        what = draw.random()
        if what < 0.15:
            options = model.options.get(i, draw.choice([0, BROADCAST, 4, 16]))
            target = draw.choice([0, 0, *CLIENTS])
            if probe.start(i, options, target):
                model.options[i] = options
                model.targets[i] = target
        elif what < 0.2:
            probe.stop(i)
            model.stop(i)
        elif what < 0.23:
            probe.forget(i)
            model.forget(i)
        elif what < 0.3 and model.options.get(i) == BROADCAST:
            prefix = bytes(draw.choices(b"abc", k=draw.randint(0, 5)))
            own = model.prefixes.setdefault(i, set())
            if prefix not in own and probe.add_prefix(i, prefix):
                own.add(prefix)
        elif what < 0.8 and model.options.get(i, BROADCAST) != BROADCAST:
            key = b"key %d" % draw.randint(0, 300)
            if probe.remember(i, key):
                model.keys.setdefault(key, set()).add(i)
        else:
            key = b"key %d" % draw.randint(0, 300)
            assert probe.take(key) == sorted(model.keys.pop(key, ()))
    finally:
        heap.limit = free


def check(draw: random.Random, probe: TrackingProbe, model: Model) -> None:
    assert probe.figures() == model.figures()
    prefixes = model.all_prefixes()
    for i in CLIENTS:
        assert probe.target(i) == model.targets.get(i, 0)
        assert probe.prefixes(i) == sorted(model.prefixes.get(i, ()))
    for _ in range(10):
        key = bytes(draw.choices(b"abcd", k=draw.randint(0, 7)))
        assert probe.has_prefix(key) == any(key.startswith(prefix) for prefix in prefixes)


@pytest.mark.parametrize("shortage", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_against_a_model(seed: int, shortage: float) -> None:
    draw = random.Random(seed)
    heap = HeapProbe()
    probe, model = TrackingProbe(heap), Model()
    for _ in range(15_000):
        step(draw, probe, model, heap, shortage)
        if draw.random() < 0.02:
            check(draw, probe, model)
    check(draw, probe, model)
    probe.free()
    assert heap.used == 0


def test_what_a_million_keys_take() -> None:
    heap = HeapProbe()
    probe = TrackingProbe(heap)
    assert probe.start(1, 0, 0)
    assert probe.start(2, 0, 0)
    before = heap.used
    for i in range(1_000_000):
        assert probe.remember(1, b"key:%012d" % i)
    assert (heap.used - before) / 1_000_000 < 48
    for i in range(1_000_000):
        assert probe.remember(2, b"key:%012d" % i)
    assert (heap.used - before) / 1_000_000 < 66
    assert probe.figures() == (2, 2, 1_000_000, 2_000_000, 0)
    probe.free()
    assert heap.used == 0
