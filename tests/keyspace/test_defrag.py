"""Active defragmentation: everything may move at any time, nothing may change, and memory comes back."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.conftest import Start
from tests.engine.heap_probe import sanitized
from tests.support.resp import Argument, Connection
from tests.support.servers import ServerProcess, eventually

only_spans = pytest.mark.skipif(sanitized(), reason="every block is a malloc block in the sanitizer build")

EAGER = {
    "active-defrag-ignore-bytes": "1",
    "active-defrag-threshold-lower": "1",
    "active-defrag-cycle-min": "90",
    "active-defrag-cycle-max": "99",
    "hz": "100",
}


@pytest.fixture
def server(start: Start) -> ServerProcess:
    return start("kvik", **EAGER)


def figure(r: Connection, name: str) -> int:
    return int(r.info("everything")[name])


def settled(r: Connection) -> None:
    """A pass has ended that began after this call, and none follows."""
    before = figure(r, "active_defrag_key_misses") + figure(r, "active_defrag_key_hits")
    keys = r("DBSIZE")
    eventually(
        lambda: figure(r, "active_defrag_key_misses") + figure(r, "active_defrag_key_hits") >= before + keys
        or not figure(r, "active_defrag_running")
    )


def text(rng: random.Random, low: int = 1, high: int = 60) -> str:
    return rng.choice("abcdefg") * rng.randint(low, high)


def writes(rng: random.Random, i: int) -> list[tuple[Argument, ...]]:
    """What makes key number i: of every kind that is moved, and of those that stay."""
    key = f"key:{i}"
    far = 2_000_000_000_000 + rng.randrange(10**9)
    many = rng.choice([3, 20, 200, 400])
    match i % 13:
        case 0 | 1:
            return [("SET", key, text(rng, 1, 200))]
        case 2:
            return [("SET", key, text(rng, 1, 100), "PXAT", far)]
        case 3:
            return [("SET", key, text(rng, 2100, 3900))]
        case 4:
            return [("INCRBY", key, rng.randrange(10**12)), ("PEXPIREAT", key, far)]
        case 5:
            return [("HSET", key, *(w for j in range(many) for w in (f"f{j}", text(rng))))]
        case 6:
            return [
                ("HSET", key, *(w for j in range(many) for w in (f"f{j}", text(rng)))),
                ("HPEXPIREAT", key, far, "FIELDS", 2, "f0", "f2"),
            ]
        case 7:
            return [("SADD", key, *(text(rng) + str(j) for j in range(many)))]
        case 8:
            return [("SADD", key, *range(i, i + many))]
        case 9:
            return [("ZADD", key, *(w for j in range(many) for w in (rng.random(), f"m{j}")))]
        case 10:
            return [("RPUSH", key, *(text(rng) for _ in range(many)))]
        case 11:
            return [("XADD", key, f"{j + 1}-1", "field", text(rng)) for j in range(min(many, 30))]
        case _:
            return [("APPEND", key, text(rng, 50, 150)), ("APPEND", key, text(rng, 1, 5))]


def contents(r: Connection) -> dict[bytes, tuple[object, object]]:
    """Every key with what it holds, order of unordered elements aside, and its deadline."""
    found: dict[bytes, tuple[object, object]] = {}
    reads: dict[str, Callable[[bytes], object]] = {
        "string": lambda key: r("GET", key),
        "list": lambda key: r("LRANGE", key, 0, -1),
        "set": lambda key: sorted(r("SMEMBERS", key)),
        "zset": lambda key: r("ZRANGE", key, 0, -1, "WITHSCORES"),
        "hash": lambda key: sorted(zip(*[iter(r("HGETALL", key))] * 2, strict=True)),
        "stream": lambda key: r("XRANGE", key, "-", "+"),
    }
    for key in r("KEYS", "*"):
        found[key] = reads[r("TYPE", key)](key), r("PEXPIRETIME", key)
    return found


def test_nothing_changes(server: ServerProcess) -> None:
    rng = random.Random(1)
    with server.connect() as r:
        for i in range(4000):
            for command in writes(rng, i):
                r(*command)
        r("HSET", "large", *(w for j in range(20_000) for w in (f"f{j}", text(rng))))
        r("SADD", "large set", *(f"member {j}" for j in range(20_000)))
        for i in range(4000):
            if rng.random() < 0.7:
                r("DEL", f"key:{i}")
        r("HDEL", "large", *(f"f{j}" for j in range(0, 20_000, 3)))
        r("SREM", "large set", *(f"member {j}" for j in range(0, 20_000, 3)))
        before = contents(r)
        eventually(lambda: figure(r, "active_defrag_hits") > 1000)
        settled(r)
        assert contents(r) == before
        for key, (_, deadline) in before.items():       # the table of deadlines moved along
            assert r("PERSIST", key) == (deadline != -1)
        assert r("DEL", *before) == len(before)
        assert r("DBSIZE") == 0


@only_spans
def test_memory_comes_back(start: Start) -> None:
    server = start("kvik", **EAGER, activedefrag="no")
    with server.connect() as r:
        for base in range(0, 400_000, 1000):
            r("MSET", *(w for i in range(base, base + 1000) for w in (f"key:{i}", "x" * (20 + i * 7 % 300))))
        rng = random.Random(1)
        doomed = [i for i in range(400_000) if rng.random() < 0.7]
        for base in range(0, len(doomed), 1000):
            r("DEL", *(f"key:{i}" for i in doomed[base : base + 1000]))
        used, waste = figure(r, "used_memory"), figure(r, "allocator_frag_bytes")
        assert waste > used // 2
        r("CONFIG", "SET", "activedefrag", "yes")
        eventually(lambda: figure(r, "allocator_frag_bytes") < waste // 2)
        assert figure(r, "used_memory") < used * 1.02
        assert figure(r, "total_active_defrag_time") > 0
        assert r("GET", f"key:{next(i for i in range(400_000) if i not in set(doomed))}").strip(b"x") == b""


def test_commands_go_on_meanwhile(server: ServerProcess) -> None:
    """Strings, hashes and sets change all the time; a model in Python says what they hold."""
    rng = random.Random(2)
    strings: dict[str, str] = {}
    fields: dict[str, str] = {}
    members: set[str] = set()
    with server.connect() as r:
        for size in (100, 40, 160, 70, 130, 20):
            r("CONFIG", "SET", "activedefrag", "yes")       # a pass that had little to do is not the last one
            for _ in range(15_000):
                name, value = f"k{rng.randrange(15_000)}", text(rng, size, size + 8)
                match rng.randrange(6):
                    case 0 | 1:
                        strings[name] = value
                        r("SET", f"s:{name}", value)
                    case 2:
                        assert r("DEL", f"s:{name}") == (strings.pop(name, None) is not None)
                    case 3:
                        fields[name] = value[:50]
                        r("HSET", "fields", name, value[:50])
                    case 4:
                        assert r("HDEL", "fields", name) == (fields.pop(name, None) is not None)
                    case _:
                        member = name + value[:20]
                        assert r("SADD", "members", member) == (member not in members)
                        members.add(member)
                        if len(members) > 5000:
                            gone = members.pop()
                            assert r("SREM", "members", gone) == 1
        assert figure(r, "active_defrag_hits") > 500
        assert {name: r("GET", f"s:{name}").decode() for name in strings} == strings
        flat = [word.decode() for word in r("HGETALL", "fields")]
        assert dict(zip(flat[::2], flat[1::2], strict=True)) == fields
        assert {each.decode() for each in r("SMEMBERS", "members")} == members


def test_eviction_while_keys_move(start: Start) -> None:
    """Values of ever other sizes push each other out."""
    server = start("kvik", **EAGER, maxmemory="30mb", **{"maxmemory-policy": "allkeys-lru"})
    rng = random.Random(3)
    turn = 0
    with server.connect() as r:
        while figure(r, "active_defrag_hits") < 5000 or figure(r, "evicted_keys") < 5000:
            low = [10, 600, 100, 300][turn % 4]
            for _ in range(50_000):
                r.send("SET", f"key:{rng.randrange(400_000)}", "x" * rng.randint(low, low + 40), "EX", 1000)
            assert all(r.read() == "OK" for _ in range(50_000))
            turn += 1
        assert r("DBSIZE") == len(r("KEYS", "*"))
        assert figure(r, "used_memory") < 31_500_000
