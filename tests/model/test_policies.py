"""Each eviction policy, driven over its limit for some time: which keys are kept?

KVIK_POLICY_SECONDS says for how long (as long as it takes to write four times the limit by default; `make soak` takes a
minute). A client keeps writing new keys with deadlines, while a tenth of a fixed set of keys is read over and over. A
second passes with each batch, for the server: the clock by which it knows what was used lately counts seconds.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.support.embedded import EmbeddedServer
from tests.support.resp import Connection, Error
from tests.support.servers import ServerProcess

SECONDS = float(os.environ.get("KVIK_POLICY_SECONDS", "0"))
MB = 1 << 20
LIMIT = 12 * MB
HOT = 1000
COLD = 9000
BATCH = 250
VALUE = b"x" * 200
LATEST = 10**6      # seconds; the deadlines of new keys are spread up to here
POLICIES = [
    "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
]  # fmt: skip


@dataclass
class Kept:
    """Shares of what was written that are still there, and what the deadlines of those are on average."""

    hot: float = 0.0
    cold: float = 0.0
    persistent: float = 0.0
    deadline: float = 0.0
    errors: int = 0
    written: int = 0
    memory: list[int] = field(default_factory=list)


def hot(i: int) -> bytes:
    return b"hot:%d" % i


def cold(i: int) -> bytes:
    return b"cold:%d" % i


def fresh(r: Connection, first: int, draw: random.Random) -> Iterator[tuple[object, ...]]:
    for i in range(first, first + BATCH):
        if i % 2:
            yield ("SET", b"volatile:%d" % i, VALUE, "EX", draw.randrange(LATEST // 2, LATEST))
        else:
            yield ("SET", b"volatile:%d" % i, VALUE, "EX", draw.randrange(LATEST // 5, LATEST // 2))
    for _ in range(BATCH):
        yield ("GET", hot(draw.randrange(HOT)))


def drive(server: EmbeddedServer, *, expire: bool) -> Kept:
    """`expire`: the fixed keys have a deadline too, the latest of all."""
    draw = random.Random(0)
    kept = Kept()
    ending = ("EX", 2 * LATEST) if expire else ()
    with server.connect() as r:
        fixed = [*map(hot, range(HOT)), *map(cold, range(COLD))]
        r.many([("SET", key, VALUE, *ending) for key in fixed])
        r.many([("SET", b"persistent:%d" % i, VALUE) for i in range(1000)])
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or kept.written < 4 * LIMIT // len(VALUE):
            server.server.advance(1)
            replies = r.many(list(fresh(r, kept.written, draw)))
            kept.errors += sum(isinstance(reply, Error) for reply in replies)
            kept.written += BATCH
            kept.memory.append(int(r.info("memory")["used_memory"]))
        kept.hot = sum(r.many([("EXISTS", hot(i)) for i in range(HOT)])) / HOT
        kept.cold = sum(r.many([("EXISTS", cold(i)) for i in range(COLD)])) / COLD
        kept.persistent = sum(r.many([("EXISTS", b"persistent:%d" % i) for i in range(1000)])) / 1000
        left = [ttl for ttl in r.many([("TTL", b"volatile:%d" % i) for i in range(kept.written)]) if ttl >= 0]
        kept.deadline = sum(left) / len(left) if left else 0.0
    return kept


@pytest.mark.timeout(SECONDS + 100)
@pytest.mark.parametrize("policy", POLICIES)
def test_which_keys_are_kept(policy: str) -> None:
    volatile = policy.startswith("volatile")
    with EmbeddedServer("kvik", maxmemory=str(LIMIT), maxmemory_policy=policy) as server:
        kept = drive(server, expire=volatile)
    assert kept.errors == 0
    assert max(kept.memory) <= LIMIT + MB // 2
    assert kept.memory[-1] > 0.9 * LIMIT      # it does not evict more than it has to
    if volatile:
        assert kept.persistent == 1.0
    match policy.partition("-")[2]:
        case "lru" | "lfu":
            assert kept.hot > 0.97
            assert kept.hot > kept.cold + 0.5
        case "random":      # so that what came first has had the most chances to go
            assert kept.hot < 0.5
            assert abs(kept.hot - kept.cold) < 0.05
        case "ttl":         # the fixed keys end after all others
            assert kept.hot > 0.97
            assert kept.cold > 0.97
            assert kept.deadline > 0.7 * LATEST


@pytest.mark.timeout(SECONDS + 100)
def test_noeviction_keeps_all_that_it_has_acknowledged() -> None:
    stored = 0
    with ServerProcess("kvik", maxmemory=str(LIMIT)) as server, server.connect() as r:
        end = time.monotonic() + SECONDS
        refused = 0
        while time.monotonic() < end or not refused:
            replies = r.many([("SET", b"key:%d" % (stored + i), VALUE) for i in range(BATCH)])
            good = next((i for i, reply in enumerate(replies) if isinstance(reply, Error)), BATCH)
            assert all(isinstance(reply, Error) for reply in replies[good:])
            stored += good
            refused += BATCH - good
        assert str(r("SET", "one more", VALUE)).startswith("OOM command not allowed when used memory > 'maxmemory'")
        assert r("DBSIZE") == stored
        assert int(r.info("memory")["used_memory"]) < LIMIT + MB
        assert r("DEL", b"key:0", b"key:1") == 2
        assert r("GET", b"key:2") == VALUE
