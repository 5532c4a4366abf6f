"""maxmemory: what is refused, what is evicted, and which keys the policies choose.

Sizes differ between servers: so limits are set relative to what a server has in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.resp import OK, Connection, Error
from tests.support.servers import eventually

OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")
ROOM = 1_000_000
VALUE = b"v" * 1000
POLICIES = [
    "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"
]  # fmt: skip
ALLKEYS = [policy for policy in POLICIES if policy.startswith("allkeys")]
VOLATILE = [policy for policy in POLICIES if policy.startswith("volatile")]

Limit = Callable[[str, int], None]


def used(r: Connection) -> int:
    return int(r.info("memory")["used_memory"])


def evicted(r: Connection) -> int:
    return int(r.info("stats")["evicted_keys"])


@pytest.fixture
def limited(r: Connection) -> Iterator[Limit]:
    """Sets the policy, and a limit of so many bytes over what is in use now."""

    def limit(policy: str, room: int) -> None:
        assert r("CONFIG", "SET", "maxmemory-policy", policy) == OK
        assert r("CONFIG", "SET", "maxmemory", used(r) + room) == OK

    r("CONFIG", "SET", "maxmemory-eviction-tenacity", 100)
    yield limit
    r("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction", "maxmemory-eviction-tenacity", 10)


REFUSED = [
    ("SET", "a", "1"), ("SETNX", "a", "1"), ("APPEND", "s", "1"), ("INCR", "n"), ("MSET", "a", "1"), ("GETSET", "s", "1"),
    ("LPUSH", "l", "1"), ("RPUSHX", "l", "1"), ("LINSERT", "l", "BEFORE", "a", "b"), ("LSET", "l", 0, "x"),
    ("SADD", "set", "x"), ("SINTERSTORE", "d", "set"), ("ZADD", "z", 1, "x"), ("HSET", "h", "f", "v"),
    ("XADD", "x", "*", "f", "v"), ("SETBIT", "s", 1, 1), ("PFADD", "p", "x"), ("GEOADD", "g", 1, 1, "x"),
    ("SORT", "l", "STORE", "d"), ("COPY", "s", "d"),
]  # fmt: skip
ALLOWED = [
    ("GET", "s"), ("DEL", "nothing"), ("EXPIRE", "s", 100), ("LPOP", "l"), ("SPOP", "set"), ("HDEL", "h", "f"),
    ("RENAME", "s", "s2"), ("UNLINK", "s2"), ("PING",), ("ZREM", "z", "m"), ("LTRIM", "l", 0, 0), ("XDEL", "x", "1-1"),
]  # fmt: skip


def test_without_eviction_writes_that_may_need_memory_are_refused(r: Connection, limited: Limit) -> None:
    r("SET", "s", "value")
    r("RPUSH", "l", "a", "b", "c")
    r("SADD", "set", "a", "b")
    r("ZADD", "z", 1, "m")
    r("HSET", "h", "f", "v")
    limited("noeviction", -100_000)
    for command in REFUSED:
        assert r(*command) == OOM, command
    for command in ALLOWED:
        assert not isinstance(r(*command), Error), command
    assert evicted(r) == 0
    r("CONFIG", "SET", "maxmemory", 0)
    assert r("SET", "a", "1") == OK


def test_refusals_are_counted(r: Connection, limited: Limit) -> None:
    r("CONFIG", "RESETSTAT")
    limited("noeviction", -100_000)
    assert r("SET", "a", "1") == OOM
    assert r("SET", "a", "1") == OOM
    assert "rejected_calls=2" in r.info("commandstats")["cmdstat_set"]
    assert r.info("errorstats")["errorstat_OOM"] == "count=2"
    eventually(lambda: int(r.info("stats")["current_eviction_exceeded_time"]) > 0)
    limited("noeviction", ROOM)
    assert r("SET", "a", "1") == OK
    assert int(r.info("stats")["current_eviction_exceeded_time"]) == 0
    assert int(r.info("stats")["total_eviction_exceeded_time"]) > 0


@pytest.mark.parametrize("policy", POLICIES)
def test_the_limit_holds(r: Connection, limited: Limit, policy: str) -> None:
    """Ten times as much as there is room for."""
    r("CONFIG", "RESETSTAT")
    limited(policy, ROOM)
    limit = int(r.info("memory")["maxmemory"])
    for first in range(0, 10_000, 500):
        replies = r.many([("SET", f"k{i}", VALUE, "EX", 10_000 + i) for i in range(first, first + 500)])
        assert set(replies) == {OK}
        assert used(r) <= limit + 200_000
    left = r("DBSIZE")
    assert 200 <= left <= 4000
    assert evicted(r) >= 10_000 - left


@pytest.mark.parametrize("policy", VOLATILE)
def test_keys_that_do_not_expire_stay(r: Connection, limited: Limit, policy: str) -> None:
    for i in range(200):
        r("SET", f"kept{i}", VALUE)
    limited(policy, ROOM)
    r.many([("SET", f"k{i}", VALUE, "EX", 10_000) for i in range(3000)])
    assert r("EXISTS", *[f"kept{i}" for i in range(200)]) == 200
    assert evicted(r) > 0
    r("FLUSHALL")
    replies = r.many([("SET", f"k{i}", VALUE) for i in range(3000)])
    assert OOM in replies, "nothing expires, so nothing may go"
    assert evicted(r) > 0


@pytest.mark.parametrize("policy", ALLKEYS)
def test_all_databases_give_keys(r: Connection, limited: Limit, policy: str) -> None:
    r("SELECT", 3)
    r.many([("SET", f"k{i}", VALUE) for i in range(500)])
    r("SELECT", 0)
    limited(policy, 0)
    r.many([("SET", f"k{i}", VALUE) for i in range(2000)])
    r("SELECT", 3)
    assert r("DBSIZE") < 500


def test_lru_keeps_what_is_used(r: Connection, limited: Limit) -> None:
    r.many([("SET", f"old{i}", VALUE) for i in range(500)])
    eventually(lambda: r("OBJECT", "IDLETIME", "old0") >= 2, what="the old keys are two seconds old")
    r.many([("GET", f"old{i}") for i in range(0, 500, 5)])
    limited("allkeys-lru", 0)
    r.many([("SET", f"new{i}", VALUE) for i in range(250)])
    used_ones = r("EXISTS", *[f"old{i}" for i in range(0, 500, 5)])
    idle_ones = r("EXISTS", *[f"old{i}" for i in range(500) if i % 5])
    assert used_ones >= 80, "of 100"
    assert idle_ones <= 280, "of 400"


def test_lfu_keeps_what_is_used_often(r: Connection, limited: Limit) -> None:
    with r.config(lfu_log_factor=0):
        r("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        r.many([("SET", f"k{i}", VALUE) for i in range(500)])
        for _ in range(5):
            r.many([("GET", f"k{i}") for i in range(0, 500, 5)])
        limited("allkeys-lfu", 0)
        r.many([("SET", f"new{i}", VALUE) for i in range(250)])
        assert r("EXISTS", *[f"k{i}" for i in range(0, 500, 5)]) >= 80, "of 100, of which chance would keep 50"


def test_ttl_takes_what_expires_first(r: Connection, limited: Limit) -> None:
    r.many([("SET", f"k{i}", VALUE, "EX", 10_000 + 100 * i) for i in range(500)])
    limited("volatile-ttl", 0)
    r.many([("SET", f"new{i}", VALUE, "EX", 10_000_000) for i in range(200)])
    sooner = 250 - r("EXISTS", *[f"k{i}" for i in range(250)])
    later = 250 - r("EXISTS", *[f"k{i}" for i in range(250, 500)])
    assert sooner >= 100, "how many go depends on how the server's tables grow"
    assert later <= 0.35 * (sooner + later), "a policy that does not look takes half of them here"


@pytest.mark.parametrize("lazily", ["yes", "no"])
def test_large_values_go_whole(r: Connection, limited: Limit, lazily: str) -> None:
    with r.config(lazyfree_lazy_eviction=lazily):
        for i in range(10):
            r("SADD", f"set{i}", *[b"member-%d-%d" % (i, j) for j in range(5000)])
        limited("allkeys-random", 0)
        before = evicted(r)
        r.many([("SET", f"k{i}", VALUE) for i in range(200)])
        assert evicted(r) > before
        assert r("DBSIZE") < 210
        for i in range(10):
            assert r("SCARD", f"set{i}") in (0, 5000)


def test_a_lower_limit_takes_effect_at_once(r: Connection, limited: Limit) -> None:
    r.many([("SET", f"k{i}", VALUE) for i in range(3000)])
    limited("allkeys-lru", -1_500_000)
    eventually(lambda: r("DBSIZE") < 2000)
    assert r("DBSIZE") > 500
