"""HyperLogLogs against a plain model: registers in a list, sparse lists of runs in another."""

from __future__ import annotations

import bisect
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine import hyperloglog_probe as probe

REGISTERS, HEADER, DENSE_BYTES = 16384, 16, 12304
UNCHANGED, CHANGED, PROMOTE, DAMAGED = range(4)
LIMIT = 3000
MASK = (1 << 64) - 1

Run = tuple[str, int, int]  # Z (XZERO), z (ZERO) or v (VAL); span; rank


# --- the model -------------------------------------------------------------------------------------------------------


def murmur(data: bytes) -> int:
    """MurmurHash64A, with the seed of HyperLogLogs."""
    m = 0xC6A4A7935BD1E995
    h = 0xADC83B19 ^ len(data) * m & MASK
    for i in range(0, len(data), 8):
        piece = data[i : i + 8]
        k = int.from_bytes(piece, "little")
        if len(piece) == 8:
            k = k * m & MASK
            k = (k ^ k >> 47) * m & MASK
        h = (h ^ k) * m & MASK
    h = (h ^ h >> 47) * m & MASK
    return h ^ h >> 47


def element(data: bytes) -> tuple[int, int]:
    h = murmur(data)
    bits = bin(h >> 14 | 1 << 50)[2:]
    return h & 16383, len(bits) - len(bits.rstrip("0")) + 1


def parse(body: bytes) -> list[Run] | None:
    runs: list[Run] = []
    at = 0
    while at < len(body):
        head = body[at]
        at += 1
        if head >= 128:
            runs.append(("v", (head & 3) + 1, (head >> 2 & 31) + 1))
        elif head < 64:
            runs.append(("z", head + 1, 0))
        elif at == len(body):
            return None
        else:
            runs.append(("Z", ((head & 63) << 8 | body[at]) + 1, 0))
            at += 1
    return runs


def unparse(runs: list[Run]) -> bytes:
    out = bytearray()
    for kind, span, rank in runs:
        if kind == "v":
            out.append(128 | rank - 1 << 2 | span - 1)
        elif kind == "z":
            out.append(span - 1)
        else:
            out += (0x4000 | span - 1).to_bytes(2, "big")
    return bytes(out)


def run_of(rank: int, span: int) -> list[Run]:
    if span == 0:
        return []
    return [("v" if rank else "z" if span <= 64 else "Z", span, rank)]


def raise_sparse(data: bytes, index: int, rank: int, limit: int) -> tuple[int, bytes]:
    if rank > 32:
        return PROMOTE, data
    runs = parse(data[HEADER:])
    if runs is None:
        half, runs = True, parse(data[HEADER:-1])
        assert runs is not None
    else:
        half = False
    ends = list(itertools.accumulate(span for _, span, _ in runs))
    at = bisect.bisect_right(ends, index)
    if at == len(runs):
        return DAMAGED, data
    _, span, old = runs[at]
    first = ends[at] - span
    if old >= rank:
        return UNCHANGED, data
    pieces = run_of(old, index - first) + run_of(rank, 1) + run_of(old, first + span - 1 - index)
    growth = len(unparse(pieces)) - len(unparse([runs[at]]))
    if growth > 0 and len(data) + growth > limit:
        return PROMOTE, data
    runs[at : at + 1] = pieces
    at = max(0, at - 1)
    for _ in range(5):
        if at + 1 < len(runs):
            (kind, span, rank), following = runs[at], runs[at + 1]
            if kind == following[0] == "v" and rank == following[2] and span + following[1] <= 4:
                runs[at : at + 2] = [("v", span + following[1], rank)]
                continue
        at += 1
    return CHANGED, data[:HEADER] + unparse(runs) + (data[-1:] if half else b"")


def registers_of(data: bytes) -> bytes | None:
    """Of a sparse one. None: it is damaged."""
    runs = parse(data[HEADER:])
    if runs is None or sum(span for _, span, _ in runs) != REGISTERS:
        return None
    return b"".join(bytes([rank]) * span for _, span, rank in runs)


def pack(registers: bytes) -> bytes:
    """The bytes of dense registers: one long number, the first register its lowest bits."""
    number = int("".join(f"{rank:06b}" for rank in reversed(registers)), 2)
    return number.to_bytes(DENSE_BYTES - HEADER, "little")


# --- what cases are made of ------------------------------------------------------------------------------------------

EMPTY = b"HYLL\x01" + bytes(11) + b"\x7f\xff"
CHANGE = st.tuples(st.integers(0, REGISTERS - 1), st.integers(1, 32))
# Close together, so that runs are cut and joined; ranks few, so that neighbours are equal.
CROWDED = st.tuples(st.integers(0, 300) | st.integers(REGISTERS - 20, REGISTERS - 1), st.integers(1, 4))
CHANGES = st.lists(CHANGE | CROWDED, max_size=80)


@st.composite
def lists(draw: st.DrawFn) -> bytes:
    """Sparse lists by another hand: any runs in any order; some have all 16384 registers, some end in half a run."""
    run = st.one_of(
        st.tuples(st.just("v"), st.integers(1, 4), st.integers(1, 32)),
        st.tuples(st.just("z"), st.integers(1, 64), st.just(0)),
        st.tuples(st.just("Z"), st.integers(1, 16384) | st.integers(1, 300), st.just(0)),
    )
    runs = draw(st.lists(run, max_size=40))
    missing = REGISTERS - sum(span for _, span, _ in runs)
    if missing > 0 and draw(st.booleans()):
        runs.insert(draw(st.integers(0, len(runs))), ("Z", missing, 0))
    return EMPTY[:HEADER] + unparse(runs) + (b"\x41" if draw(st.integers(0, 4)) == 0 else b"")


# --- elements --------------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_element(data: bytes):
    assert probe.element(data) == element(data)


# --- sparse ----------------------------------------------------------------------------------------------------------


def test_empty():
    assert probe.empty() == EMPTY
    assert registers_of(EMPTY) == bytes(REGISTERS)


def check_raising(data: bytes, changes: list[tuple[int, int]], limit: int, in_order: bool = False) -> bytes:
    outcomes, expected = [], data
    for index, rank in changes:
        outcome, expected = raise_sparse(expected, index, rank, limit)
        outcomes.append(outcome)
    assert probe.raise_sparse(data, changes, limit, in_order) == (outcomes, expected)
    return expected


@settings(max_examples=200, deadline=None)
@given(CHANGES)
def test_raising(changes: list[tuple[int, int]]):
    data = check_raising(EMPTY, changes, LIMIT)
    registers = bytearray(REGISTERS)
    for index, rank in changes:
        registers[index] = max(registers[index], rank)
    assert registers_of(data) == registers


@settings(max_examples=100, deadline=None)
@given(CHANGES, st.integers(16, 60))
def test_limit(changes: list[tuple[int, int]], limit: int):
    check_raising(EMPTY, changes, limit)


@pytest.mark.parametrize("rank", [32, 33, 51])
def test_the_highest_ranks_need_another_form(rank: int):
    assert probe.raise_sparse(EMPTY, [(5, rank)], LIMIT, False)[0] == [CHANGED if rank == 32 else PROMOTE]


def test_all_registers():
    """Every register, in an order that fills gaps from all sides."""
    order = list(range(600))
    random.Random(3).shuffle(order)
    data = check_raising(EMPTY, [(i, i % 7 // 3 + 1) for i in order], 1 << 20)
    registers = registers_of(data)
    assert registers is not None
    assert registers[:600] == bytes(i % 7 // 3 + 1 for i in range(600))


@settings(max_examples=200, deadline=None)
@given(CHANGES, CHANGES)
def test_raising_in_order_goes_on_where_it_was(before: list[tuple[int, int]], changes: list[tuple[int, int]]):
    data = check_raising(EMPTY, before, LIMIT)
    check_raising(data, sorted(dict(changes).items()), LIMIT, in_order=True)


@settings(max_examples=300, deadline=None)
@given(lists(), CHANGES, st.booleans())
def test_lists_by_another_hand(data: bytes, changes: list[tuple[int, int]], in_order: bool):
    check_raising(data, sorted(dict(changes).items()) if in_order else changes, LIMIT, in_order)


@settings(max_examples=150, deadline=None)
@given(lists() | st.binary(max_size=40).map(lambda body: EMPTY[:HEADER] + body))
def test_reading_lists_by_another_hand(data: bytes):
    registers = registers_of(data)
    if registers is None:
        assert probe.to_dense(data) is None
        assert probe.count(data) is None
        assert probe.merge([data]) is None
        return
    dense = probe.to_dense(data)
    assert dense == b"HYLL\x00" + data[5:HEADER] + pack(registers)
    assert probe.merge([data]) == (registers, probe.count(data))
    assert probe.count(dense) == probe.count(data)


# --- dense -----------------------------------------------------------------------------------------------------------


def random_registers(seed: int, top: int = 63) -> bytes:
    rng = random.Random(seed)
    return bytes(rng.randrange(top + 1) for _ in range(REGISTERS))


def dense(registers: bytes) -> bytes:
    return b"HYLL" + bytes(12) + pack(registers)


def test_dense_registers():
    for seed in range(5):
        registers = random_registers(seed)
        data = dense(registers)
        assert probe.registers_of_dense(data) == registers
        assert probe.merge([data])[0] == registers
        assert probe.with_registers(dense(random_registers(seed + 100)), registers) == data


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.lists(st.tuples(st.integers(0, REGISTERS - 1), st.integers(1, 51)), max_size=50))
def test_raising_dense(seed: int, changes: list[tuple[int, int]]):
    registers = bytearray(random_registers(seed, 20))
    data = dense(registers)
    expected = []
    for index, rank in changes:
        expected.append(registers[index] < rank)
        registers[index] = max(registers[index], rank)
    assert probe.raise_dense(data, changes) == (expected, dense(registers))


def test_merging():
    several = [random_registers(seed, top) for seed, top in ((1, 63), (2, 30), (3, 5), (4, 40))]
    expected = bytes(map(max, *several))
    sparse = check_raising(EMPTY, [(i, 32) for i in range(0, REGISTERS, 400)], LIMIT)
    expected = bytes(max(rank, 32) if i % 400 == 0 else rank for i, rank in enumerate(expected))
    values = [*map(dense, several), sparse]
    for _ in range(3):
        assert probe.merge(values) == (expected, probe.count(dense(expected)))
        random.Random(5).shuffle(values)


def test_machines_without_wide_words():
    ours, others = random_registers(21), random_registers(22)
    assert probe.the_plain_way(dense(others), ours) == (bytes(map(max, ours, others)), dense(ours))


# --- counting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 10, 100, 1000, 10_000, 300_000])
def test_the_estimate_is_near(n: int):
    registers = bytearray(REGISTERS)
    rng = random.Random(n)
    for _ in range(n):
        index, bits = rng.randrange(REGISTERS), rng.getrandbits(50) | 1 << 50
        registers[index] = max(registers[index], (bits & -bits).bit_length())
    assert abs(probe.count(dense(registers)) - n) <= 4 * 1.04 / 128 * n


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        (EMPTY, True),
        (EMPTY[:16], True),
        (EMPTY[:15], False),
        (b"", False),
        (b"HYLM" + EMPTY[4:], False),
        (b"HYLL\x00" + EMPTY[5:], False),
        (b"HYLL\x02" + EMPTY[5:], False),
        (b"HYLL\xff" + EMPTY[5:], False),
        (dense(bytes(REGISTERS)), True),
        (dense(bytes(REGISTERS))[:-1], False),
        (dense(bytes(REGISTERS)) + b"\x00", False),
    ],
)
def test_is_valid(data: bytes, valid: bool):
    assert probe.is_valid(data) == valid
