"""CLIENT TRACKING: what is remembered, who is told of changes, when, and in which words. Redirection and the commands
themselves are in test_tracking_commands.py.
"""

from __future__ import annotations

import random
import select
from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands.caches import Cache, all_gone, figures, info_of
from tests.support.resp import OK, Connection, Error, Push, encode_command
from tests.support.servers import ServerProcess, eventually, fresh


@pytest.fixture
def c(r: Connection) -> Cache:
    return Cache(r)


@pytest.fixture(autouse=True)
def _gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with all_gone(monkeypatch):
        yield


@pytest.fixture
def _lazily(r: Connection) -> Iterator[None]:
    """Nothing expires until somebody looks at it."""
    r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    yield
    r("DEBUG", "SET-ACTIVE-EXPIRE", 1)


def waits(r: Connection) -> None:
    """One client waits for keys."""
    eventually(lambda: r.info("clients")["blocked_clients"] == "1", what="it waits")


# --- keys that were read ---------------------------------------------------------------------------------------------


def test_a_key_that_was_read_is_told_once(r: Connection, c: Cache) -> None:
    r("SET", "key", 1)
    assert c("GET", "key") == b"1"
    assert c.told() == []
    r("SET", "key", 2)
    assert c.told() == [[b"key"]]
    r("SET", "key", 3)
    assert c.told() == []
    c("GET", "key")
    r("DEL", "key")
    assert c.told() == [[b"key"]]


def test_keys_that_are_not_there_are_remembered_too(r: Connection, c: Cache) -> None:
    assert c("MGET", "a", "b", "c") == [None, None, None]
    r("DEL", "a")
    assert c.told() == []
    r("MSET", "b", 1, "a", 2)
    assert c.told() == [[b"b"], [b"a"]]


def test_own_changes_are_told_after_the_reply(r: Connection, c: Cache) -> None:
    c("MGET", "a", "b")
    assert c.forget("MSET", "a", 1, "b", 2) == [[b"a"], [b"b"]]
    assert c.forget("SET", "a", 1) == []


def test_noloop(r: Connection) -> None:
    c = Cache(r, "NOLOOP")
    c("GET", "key")
    assert c.forget("SET", "key", 1) == []
    r("SET", "key", 2)
    assert c.told() == []       # its own change has had it forgotten
    c("GET", "key")
    r("SET", "key", 3)
    assert c.told() == [[b"key"]]
    assert c.forget("FLUSHALL") == [None]


def test_several_readers_of_a_key(r: Connection) -> None:
    caches = [Cache(r) for _ in range(5)]
    for i, cache in enumerate(caches):
        cache("MGET", *range(i + 1))
    assert figures(r) == (5, 5, 15, 0)
    caches.pop().client.close()
    eventually(lambda: figures(r) == (4, 5, 15, 0), what="one client less")
    r("MSET", 0, "a", 3, "b", 4, "c")
    assert [cache.told() for cache in caches] == [[[b"0"]], [[b"0"]], [[b"0"]], [[b"0"], [b"3"]]]
    assert figures(r) == (4, 2, 7, 0)


READS = (
    ("GET k", ()), ("TTL k", ()), ("EXISTS k other", ("other",)), ("TYPE k", ()), ("OBJECT ENCODING k", ()), ("DUMP k", ()),
    ("MEMORY USAGE k", ()), ("TOUCH k", ()), ("BITFIELD_RO k GET u8 0", ()), ("LCS k other", ("other",)),
    ("HGETALL k", ()), ("SMEMBERS k", ()), ("SINTERCARD 2 k other LIMIT 1", ("other",)), ("ZRANGE k 0 -1", ()),
    ("ZUNION 2 k other WITHSCORES", ("other",)), ("ZDIFF 1 k", ()), ("LRANGE k 0 -1", ()), ("SORT_RO k BY w_* GET v_*", ()),
    ("PFCOUNT k other", ("other",)), ("XRANGE k - +", ()), ("XREAD COUNT 1 STREAMS k other 0 0", ("other",)),
    ("GEODIST k a b", ()),
)  # fmt: skip
NO_READS = (
    "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "DEBUG OBJECT k", "WATCH k", "GETEX k", "SET k v GET", "COPY k copy",
    "BITFIELD k GET u8 0", "SORT k", "PING k", "GET", "XREAD STREAMS",
)  # fmt: skip


@pytest.mark.parametrize(("command", "others"), READS, ids=lambda value: value.split()[0] if isinstance(value, str) else "")
def test_what_reads(r2: Connection, command: str, others: tuple[str, ...]) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON")
    c(*command.split())
    assert figures(r2) == (1, 1 + len(others), 1 + len(others), 0)
    r2("SET", "k", "v")
    assert c.read() == [b"invalidate", [b"k"]]
    for other in others:
        r2("SET", other, "v")
        assert c.read() == [b"invalidate", [other.encode()]]


@pytest.mark.parametrize("command", NO_READS)
def test_what_does_not_read(r2: Connection, command: str) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON")
    c(*command.split())
    assert figures(r2) == (1, 0, 0, 0)


WRITES: tuple[tuple[str, list[str]], ...] = (
    ("SET a 1", ["a"]), ("EXPIRE a 100", ["a"]), ("PERSIST a", []), ("RENAME a b", ["a", "b"]), ("COPY a b", ["b"]),
    ("MOVE a 1", ["a"]), ("APPEND a x", ["a"]), ("SETNX a 1", []), ("INCR list", []), ("RPUSH list x", ["list"]),
    ("LMOVE list b LEFT LEFT", ["b", "list"]), ("SORT list STORE b", ["b"]), ("UNLINK a list none", ["a", "list"]),
    ("GETDEL a", ["a"]), ("XADD stream * f v", ["stream"]), ("XGROUP CREATE stream group $", []),
    ("XREADGROUP GROUP g consumer STREAMS stream >", []), ("HSET hash f 2", ["hash"]), ("SADD a x", []),
    ("SWAPDB 0 1", []), ("PFADD hll x", ["hll"]), ("PFCOUNT hll", []), ("XGROUP DESTROY stream g", []),
)  # fmt: skip


@pytest.mark.parametrize(("command", "changed"), WRITES, ids=lambda value: value if isinstance(value, str) else "")
def test_what_changes(r: Connection, c: Cache, command: str, changed: list[str]) -> None:
    r("SET", "a", "text")
    r("RPUSH", "list", 2, 1)
    r("HSET", "hash", "f", 1)
    r("XADD", "stream", "1-1", "f", "v")
    r("XGROUP", "CREATE", "stream", "g", 0)
    c("EXISTS", "a", "b", "list", "hash", "stream", "hll", "none")
    r(*command.split())
    assert c.told() == [[key.encode()] for key in changed]


def test_databases_are_not_told_apart(r: Connection, c: Cache) -> None:
    c("GET", "key")
    r("SELECT", 3)
    r("SET", "key", 1)
    assert c.told() == [[b"key"]]


def test_transactions(r: Connection, c: Cache) -> None:
    r("MSET", "a", 1, "b", 2)
    c("MGET", "a", "b")
    c.client.many([["MULTI"], ["SET", "a", 2], ["GET", "a"], ["SET", "b", 3]])
    assert c.forget("EXEC") == [[b"a"], [b"b"]]
    r("SET", "a", 3)
    assert c.told() == [[b"a"]]     # it was read in the transaction, after the change
    c("MGET", "a", "b")
    r.many([["MULTI"], ["SET", "a", 1], ["SET", "b", 1], ["SET", "a", 2], ["EXEC"]])
    assert c.told() == [[b"a"], [b"b"]]
    c("MULTI")
    c("GET", "a")
    c("DISCARD")
    r("SET", "a", 1)
    assert c.told() == []


def test_commands_that_wait(r2: Connection) -> None:
    """What such a command reads is remembered when it begins to wait, and again when it is served."""
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON")
    c.send("XREAD", "BLOCK", 0, "STREAMS", "x", "y", "$", "$")
    waits(r2)
    assert figures(r2)[1:3] == (2, 2)
    r2("XADD", "x", "1-1", "f", "v")
    assert c.read() == [b"invalidate", [b"x"]]
    assert c.read() == {b"x": [[b"1-1", [b"f", b"v"]]]}
    assert figures(r2)[1:3] == (2, 2)
    c.send("BLPOP", "list", 0)
    waits(r2)
    r2("RPUSH", "list", "v")
    assert c.read() == [b"list", b"v"]


# --- keys that go by themselves --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_lazily")
def test_expiry_that_somebody_comes_upon(r: Connection, c: Cache) -> None:
    other = Cache(r)
    r("SET", "key", 1, "PX", 30)
    assert c("EXISTS", "key") == other("EXISTS", "key") == 1
    eventually(lambda: r("EXISTS", "key") == 0, what="it has expired")
    assert c.told() == other.told() == [[b"key"]]


@pytest.mark.usefixtures("_lazily")
def test_expiry_that_one_comes_upon_oneself(r: Connection) -> None:
    c, quiet, prefixes = Cache(r), Cache(r, "NOLOOP"), Cache(r, "NOLOOP", "BCAST")
    for cache, expected in ((c, [[b"key"]]), (quiet, []), (prefixes, [[b"key"]])):
        r("SET", "key", 1, "PX", 30)
        prefixes.told()
        cache("EXISTS", "key")
        r("DEBUG", "SLEEP", 0.05)
        assert cache.forget("GET", "key") == expected
        c.told()
        quiet.told()


def test_active_expiry(r: Connection, c: Cache) -> None:
    r("SET", "key", 1, "PX", 20)
    r("HSET", "hash", "a", 1, "b", 2)
    r("HPEXPIRE", "hash", 20, "FIELDS", 1, "a")
    c("EXISTS", "key", "hash")
    told: list[Any] = []

    def both_gone() -> bool:
        told.extend(c.told())
        return len(told) == 2

    eventually(both_gone, what="both have expired")
    assert sorted(told) == [[b"hash"], [b"key"]]


def test_eviction(r: Connection, c: Cache) -> None:
    r("SET", "key", 1)
    c("GET", "key")
    with r.config(maxmemory_policy="allkeys-random", maxmemory=1):
        eventually(lambda: r("EXISTS", "key") == 0, what="it is evicted")
    assert c.told() == [[b"key"]]


def test_flushing(r: Connection, c: Cache) -> None:
    c("MGET", "a", "b")
    r("FLUSHALL")
    assert c.told() == [None]
    assert figures(r)[1:3] == (0, 0)
    r("SET", "a", 1)
    assert c.told() == []
    assert c.forget("FLUSHDB") == [None]
    r("SELECT", 3)
    r("FLUSHDB")
    assert c.told() == [None]
    c.client.many([["MULTI"], ["FLUSHALL"], ["FLUSHDB"]])
    assert c.forget("EXEC") == [None, None]
    c("GET", "a")
    assert r("DEBUG", "RELOAD") == OK
    assert c.told() == [None]
    assert figures(r)[1:3] == (0, 0)


@pytest.mark.parametrize("mode", ["SYNC", "ASYNC"])
def test_flushing_many_keys(r2: Connection, mode: str) -> None:
    c, d = r2.another(3), r2.another(3)
    for each in (c, d):
        each("CLIENT", "TRACKING", "ON")
    c("EXISTS", *range(20_000))
    d("EXISTS", *range(5_000, 10_000))
    assert figures(r2) == (2, 20_000, 25_000, 0)
    r2("FLUSHALL", mode)
    assert c.read() == d.read() == [b"invalidate", None]
    assert figures(r2) == (2, 0, 0, 0)
    c("GET", "key")
    r2("SET", "key", 1)
    assert c.read() == [b"invalidate", [b"key"]]


# --- the limit -------------------------------------------------------------------------------------------------------


def test_the_table_of_keys_has_a_limit(r: Connection, c: Cache) -> None:
    with r.config(tracking_table_max_keys=2):
        for key in "abcde":
            c.client.send("GET", key)
        told = c.told(replies=5)

        def trimmed() -> bool:
            told.extend(c.told())
            return len(told) == 3

        eventually(trimmed, what="three are forgotten")
        assert figures(r)[1:3] == (2, 2)
        kept = set(b"abcde") - {key[0] for (key,) in told}
        assert len(kept) == 2
        r("MSET", *(word for key in b"abcde" for word in (bytes([key]), 1)))
        assert sorted(c.told()) == sorted([bytes([key])] for key in kept)


def test_a_limit_that_is_lowered(r2: Connection) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON")
    c("EXISTS", *range(5_000))
    with r2.config(tracking_table_max_keys=10):
        eventually(lambda: figures(r2)[1] == 10, what="it is kept")
        told = {c.read()[1][0] for _ in range(4_990)}
        assert len(told) == 4_990
    c("EXISTS", *range(100))
    assert figures(r2)[1] >= 100
    with r2.config(tracking_table_max_keys=0):
        c("EXISTS", *range(5_000))
        assert figures(r2)[1] == 5_000


# --- OPTIN, OPTOUT ---------------------------------------------------------------------------------------------------


def test_optin(r: Connection) -> None:
    c = Cache(r, "OPTIN")
    c("GET", "a")
    assert c("CLIENT", "CACHING", "YES") == OK
    c("GET", "b")
    c("GET", "c")
    r("MSET", "a", 1, "b", 1, "c", 1)
    assert c.told() == [[b"b"]]
    assert c("CLIENT", "CACHING", "NO") == Error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
    )


def test_optout(r: Connection) -> None:
    c = Cache(r, "OPTOUT")
    c("GET", "a")
    assert c("CLIENT", "CACHING", "no") == OK
    c("GET", "b")
    c("GET", "c")
    r("MSET", "a", 1, "b", 1, "c", 1)
    assert c.told() == [[b"a"], [b"c"]]
    assert c("CLIENT", "CACHING", "YES") == Error(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
    )
    assert c("CLIENT", "CACHING", "maybe") == Error("ERR syntax error")


@pytest.mark.parametrize(
    ("between", "lasts"),
    [
        ("CLIENT ID", True), ("CLIENT TRACKINGINFO", True), ("CLIENT KILL nobody", True), ("PING", False),
        ("unknown", False), ("GET", False), ("CLIENT unknown", False), ("MULTI", True), ("WATCH a", False),
    ],
)  # fmt: skip
def test_how_long_caching_holds(r: Connection, between: str, lasts: bool) -> None:
    c = Cache(r, "OPTIN")
    c("CLIENT", "CACHING", "YES")
    c(*between.split())
    flags, _, _ = info_of(c.client) if between != "MULTI" else ({b"caching-yes"}, 0, [])
    assert (b"caching-yes" in flags) == lasts
    c("GET", "a")
    if between == "MULTI":
        c("GET", "b")
        c("EXEC")
        c("GET", "c")
    r("MSET", "a", 1, "b", 1, "c", 1)
    assert c.told() == ([[b"a"], [b"b"]] if between == "MULTI" else [[b"a"]] if lasts else [])


def test_caching_within_a_transaction(r: Connection) -> None:
    c = Cache(r, "OPTIN")
    replies = c.client.many([["MULTI"], ["GET", "a"], ["CLIENT", "CACHING", "YES"], ["GET", "b"], ["GET", "c"], ["EXEC"]])
    assert replies[-1] == [None, OK, None, None]
    c("GET", "d")
    r("MSET", "a", 1, "b", 1, "c", 1, "d", 1)
    assert c.told() == [[b"b"], [b"c"]]


def test_caching_and_a_command_that_waits(r2: Connection) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON", "OPTIN")
    c("CLIENT", "CACHING", "YES")
    c.send("XREAD", "BLOCK", 0, "STREAMS", "x", "$")
    waits(r2)
    r2("XADD", "x", "1-1", "f", "v")
    assert c.read() == [b"invalidate", [b"x"]]
    assert c.read() == {b"x": [[b"1-1", [b"f", b"v"]]]}
    c("EXISTS", "other")
    r2("XADD", "x", "1-2", "f", "v")
    r2("SET", "other", 1)
    assert c.read() == [b"invalidate", [b"x"]]
    assert c("PING") == "PONG"


# --- BCAST -----------------------------------------------------------------------------------------------------------


def test_all_keys(r: Connection) -> None:
    c = Cache(r, "BCAST")
    r("MSET", "c", 1, "b", 1, "a", 1)
    assert c.told() == [[b"a", b"b", b"c"]]
    r.many([["SET", "y", 1], ["SET", "x", 1], ["DEL", "y"]])
    assert c.told() == [[b"x", b"y"]]
    assert c.forget("SET", "x", 1) == [[b"x"]]
    r("FLUSHALL")
    assert c.told() == [None]
    c("GET", "x")
    assert figures(r) == (1, 0, 0, 1)


def test_own_changes_come_in_one_message_after_the_replies(r2: Connection) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON", "BCAST")
    assert c.many([["SET", "b", 1], ["PING"], ["SET", "a", 1], ["SET", "b", 2]]) == [OK, "PONG", OK, OK]
    assert c.read() == [b"invalidate", [b"a", b"b"]]
    c.send_raw(b"SET q 1\r\nFLUSHALL\r\nSET r 1\r\n")
    assert [c.read() for _ in range(5)] == [OK, OK, [b"invalidate", None], OK, [b"invalidate", [b"q", b"r"]]]


def test_prefixes(r: Connection) -> None:
    both, inner = Cache(r, "BCAST", "PREFIX", "b", "PREFIX", "a"), Cache(r, "BCAST", "PREFIX", "ab")
    other = Cache(r, "BCAST")
    assert figures(r) == (3, 0, 0, 4)
    r("MSET", "abc", 1, "ab", 1, "a", 1, "b", 1, "c", 1)
    assert both.told() == [[b"a", b"ab", b"abc"], [b"b"]]
    assert inner.told() == [[b"ab", b"abc"]]
    assert other.told() == [[b"a", b"ab", b"abc", b"b", b"c"]]
    inner.client.close()
    eventually(lambda: figures(r) == (2, 0, 0, 3), what="a prefix less")
    assert both("CLIENT", "TRACKING", "OFF") == OK
    assert figures(r) == (1, 0, 0, 1)
    r("SET", "abc", 1)
    assert both.told() == []
    assert other.told() == [[b"abc"]]


def test_noloop_with_prefixes(r: Connection) -> None:
    c, every = Cache(r, "BCAST", "NOLOOP"), Cache(r, "BCAST")
    assert c.forget("SET", "a", 1) == []
    assert every.told() == [[b"a"]]
    r("SET", "a", 2)
    assert c.told() == [[b"a"]]
    assert c.forget("FLUSHALL") == [None]


def test_who_changed_a_key_last_in_a_tick(r2: Connection) -> None:
    """With NOLOOP a client is told of keys that somebody else has changed after it, and only of these."""
    c, sleeper, other = r2.another(3), r2.another(), r2.another()
    c("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP")
    c.send("CLIENT", "ID")
    number = c.read()

    def while_it_sleeps(first: Connection, second: Connection) -> None:
        sleeper.send("DEBUG", "SLEEP", 0.2)
        first.send("MSET", "k", 1, first.socket.fileno(), 1)
        second.send("MSET", "k", 2, second.socket.fileno(), 1)
        assert first.read() == second.read() == sleeper.read() == OK

    while_it_sleeps(c, other)
    told: list[bytes] = []

    def heard(*wanted: bytes) -> bool:
        c.send("CLIENT", "ID")
        while (message := c.read()) != number:
            told.extend(message[1])
        return set(wanted) <= set(told)

    theirs = str(other.socket.fileno()).encode()
    eventually(lambda: heard(theirs), what="it is told of what the other did")
    assert str(c.socket.fileno()).encode() not in told


def test_many_prefixes_against_a_model(r2: Connection) -> None:
    """Clients with prefixes of a small alphabet, nested in each other; changes in batches."""
    draw = random.Random(11)
    wanted: list[set[bytes]] = []
    clients = []
    for i in range(12):
        prefixes: set[bytes] = set()
        for _ in range(draw.randint(1, 6)):
            prefix = bytes(draw.choices(b"abc", k=draw.randint(1, 4)))
            if not any(prefix.startswith(each) or each.startswith(prefix) for each in prefixes):
                prefixes.add(prefix)
        client = r2.another(3)
        words = [word for prefix in prefixes for word in ("PREFIX", prefix)]
        assert client("CLIENT", "TRACKING", "ON", "BCAST", *words) == OK
        assert info_of(client)[2] == sorted(prefixes)
        clients.append(client)
        wanted.append(prefixes)
        if i % 4 == 3:
            clients.pop(0).close()
            wanted.pop(0)
    eventually(lambda: figures(r2)[0] == len(clients), what="some have gone")
    assert figures(r2)[3] == len(set.union(*wanted))
    for _ in range(60):
        keys = {bytes(draw.choices(b"abcd", k=draw.randint(1, 6))) for _ in range(draw.randint(1, 30))}
        r2("MSET", *(word for key in keys for word in (key, 1)))
        for client, prefixes in zip(clients, wanted, strict=True):
            for prefix in sorted(prefixes):
                expected = sorted(key for key in keys if key.startswith(prefix))
                if expected:
                    assert client.read() == [b"invalidate", expected]
            assert client("PING") == "PONG"


# --- much at once ----------------------------------------------------------------------------------------------------


def test_long_pipelines_of_ones_own(r2: Connection) -> None:
    """Replies and messages are mixed, but none comes before the reply to the command that it is about."""
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON", "BCAST")
    r2("SET", "long", "x" * 2000)
    assert c.read() == [b"invalidate", [b"long"]]
    count = 3000
    commands = [command for i in range(count) for command in (["SET", f"key {i}", i], ["GET", "long"])]
    c.send_raw(b"".join(map(encode_command, commands)) + encode_command(["PING"]))
    replies, told = 0, 0
    while told < count or replies <= 2 * count:
        message = c.read()
        if isinstance(message, Push):
            assert all(2 * int(key.split()[1]) < replies for key in message[1])
            told += len(message[1])
        else:
            assert message == ("PONG" if replies == 2 * count else b"x" * 2000 if replies % 2 else OK)
            replies += 1
    assert told == count


def test_a_client_that_does_not_read(r2: Connection) -> None:
    """What it is told counts as what it is owed."""
    with r2.config(client_output_buffer_limit="normal 2000000 0 0"):
        c = r2.another(3)
        c("CLIENT", "TRACKING", "ON", "BCAST")

        def closed() -> bool:
            r2.many([["SET", f"{number}{'k' * 2000}", 1] for number in range(1000)])
            return figures(r2)[0] == 0

        eventually(closed, what="it is closed")


# --- what Kvik promises beyond that ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("BCAST",), ("BCAST", "PREFIX", "k")], ids=" ".join)
def test_invalidations_leave_before_the_reply(kvik: ServerProcess, options: tuple[str, ...]) -> None:
    """Who has seen that a key was written finds the message in the sockets of all who cache it."""
    with fresh(kvik, 3) as writer:
        readers = [writer.another() for _ in range(10)]
        for reader in readers:
            assert reader("CLIENT", "TRACKING", "ON", *options) == OK
        for number in range(100):
            for reader in readers:
                reader("GET", "key")
            assert writer.many([["SET", "key", number], ["PING"]])[0] == OK
            for reader in readers:
                assert select.select([reader.socket], [], [], 0)[0]
                assert reader.read() == [b"invalidate", [b"key"]]
