"""HyperLogLogs on Kvik and on the real server, the same commands by the thousand: all replies and bytes are equal."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.support.both import Both, same
from tests.support.hyperloglog import element
from tests.support.resp import Argument, Error

Commands = list[tuple[Argument, ...]]


@pytest.fixture(autouse=True)
def usual_limit(both: Both) -> Iterator[None]:
    with both[0].config(hll_sparse_max_bytes=3000), both[1].config(hll_sparse_max_bytes=3000):
        yield


def plain(rng: random.Random) -> list[Argument]:
    """Elements like anybody's."""
    return [f"{rng.randrange(100_000)}" for _ in range(rng.choice([0, 1, 1, 2, 5, 20, 100]))]


def crowded(rng: random.Random) -> list[Argument]:
    """Elements whose registers are neighbours, with few ranks: runs are cut and joined all the time."""
    start, top = rng.randrange(16384), rng.randrange(1, 5)
    return [
        element((start + rng.randrange(30)) % 16384, rng.randrange(1, top + 1), rng.randrange(4))
        for _ in range(rng.randrange(40))
    ]


def high(rng: random.Random) -> list[Argument]:
    """Elements of all ranks."""
    return [element(rng.randrange(16384), rng.randrange(1, rng.choice([33, 33, 33, 52]))) for _ in range(3)]


def additions(rng: random.Random, key: str, most: int) -> Commands:
    return [("PFADD", key, *rng.choice([plain, crowded, high])(rng)) for _ in range(rng.randrange(1, most))]


def test_bytes_of_2000(both: Both) -> None:
    """Short and long ones, with all limits, so that many are made dense."""
    rng = random.Random(11)
    commands: Commands = []
    for i in range(2000):
        if i % 20 == 0:
            commands.append(("CONFIG", "SET", "hll-sparse-max-bytes", rng.choice([0, 40, 100, 300, 1000, 3000, 6000])))
        key = f"hll:{i}"
        commands += additions(rng, key, 60 if i % 20 == 0 else 4)
        if i % 40 == 1:
            commands += [("PFADD", key, *(rng.getrandbits(62) for _ in range(50))) for _ in range(50)]
        if i % 3 == 0:
            commands += [("PFCOUNT", key), *additions(rng, key, 2)]
        commands += [("GET", key), ("PFCOUNT", key)]
    replies = same(both, commands)
    lengths = [len(reply) for reply in replies if isinstance(reply, bytes)]
    assert len(lengths) == 2000
    assert 100 < lengths.count(12304) < 1000
    assert max(n for n in lengths if n != 12304) > 2048 + 64


def test_10000_estimates(both: Both) -> None:
    """Growing ones, from nothing to some hundred thousand elements, by themselves and several together."""
    rng = random.Random(12)
    commands: Commands = []
    for i in range(10_000):
        key = f"hll:{rng.randrange(40)}"
        if i % 10 == 0:
            commands.append(("PFADD", key, *(rng.getrandbits(62) for _ in range(rng.choice([10, 100, 300])))))
        else:
            commands.append(("PFADD", key, rng.getrandbits(62), rng.getrandbits(62)))
        commands.append(("PFCOUNT", key) if i % 8 else ("PFCOUNT", key, f"hll:{i % 7}", "hll:7"))
    replies = same(both, commands)
    assert len({reply for command, reply in zip(commands, replies, strict=True) if command[0] == "PFCOUNT"}) > 4000


def test_merges(both: Both) -> None:
    rng = random.Random(13)
    commands: Commands = []
    for i in range(600):
        if i % 50 == 0:
            commands.append(("FLUSHALL",))
            commands.append(("CONFIG", "SET", "hll-sparse-max-bytes", rng.choice([60, 300, 3000, 6000])))
        key = f"hll:{rng.randrange(12)}"
        commands += additions(rng, key, 6)
        into = f"hll:{rng.randrange(12)}"
        commands.append(("PFMERGE", into, *(f"hll:{rng.randrange(14)}" for _ in range(rng.randrange(4)))))
        commands += [("GET", into), ("PFCOUNT", into), ("GET", key)]
    same(both, commands)


def hostile(rng: random.Random, samples: list[bytes]) -> bytes:
    """A HyperLogLog with some bytes changed, cut or added."""
    value = bytearray(rng.choice(samples))
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        at = rng.randrange(len(value)) if rng.randrange(3) else rng.randrange(min(len(value), 24))
        match rng.randrange(4):
            case 0:
                del value[at : at + rng.randrange(3)]
            case 1:
                value[at:at] = rng.randbytes(rng.randrange(3))
            case _:
                value[at] = rng.randrange(256)
    # Half a run at the end: the real server reads on behind its string. Kvik does not.
    return bytes(value) + (b"\x01\x01" if len(value) < 12304 else b"")


def test_damaged_ones(both: Both) -> None:
    rng = random.Random(14)
    making: Commands = []
    for i in range(40):
        making += [*additions(rng, f"hll:{i}", 5), ("GET", f"hll:{i}")]
    samples = [reply for reply in same(both, making) if isinstance(reply, bytes)]
    short = [value[:-2] for value in samples if len(value) < 12304]
    commands: Commands = [("SET", "good", samples[0])]
    uses: Commands = [
        ("PFADD", "k"),
        ("PFCOUNT", "k"),
        ("PFCOUNT", "k", "good"),
        ("PFMERGE", "other", "k"),
        ("PFDEBUG", "DECODE", "k"),
        ("PFDEBUG", "ENCODING", "k"),
        ("PFDEBUG", "TODENSE", "k"),
    ]
    for _ in range(1500):
        value = hostile(rng, samples if rng.randrange(10) == 0 else short)
        use = rng.choice(uses) if rng.randrange(3) else ("PFADD", "k", *crowded(rng))
        commands += [("SET", "k", value), use, ("GET", "k"), ("DEL", "other")]
    replies = same(both, commands)
    kinds = {reply for reply in replies if isinstance(reply, Error)}
    assert len(kinds) == 3, kinds
