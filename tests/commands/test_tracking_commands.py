"""CLIENT TRACKING, TRACKINGINFO, CACHING and GETREDIR: options, and redirection to another client."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.commands.caches import CHANNEL, Cache, all_gone, fields_of, figures, info_of
from tests.support.both import Both, same
from tests.support.resp import OK, Connection, Error, Push, Status
from tests.support.servers import ServerProcess, eventually, fresh


@pytest.fixture
def c(r: Connection) -> Cache:
    return Cache(r)


@pytest.fixture(autouse=True)
def _gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with all_gone(monkeypatch):
        yield


# --- redirection -----------------------------------------------------------------------------------------------------


def test_who_can_be_told(r2: Connection) -> None:
    """In RESP2 nobody but a client that subscribes to something, and others redirect to."""
    c, target = r2.another(), r2.another()
    c("CLIENT", "TRACKING", "ON")
    c("GET", "key")
    r2("SET", "key", 1)
    assert c("PING") == "PONG"
    number = target("CLIENT", "ID")
    c("CLIENT", "TRACKING", "ON", "REDIRECT", number)
    c("GET", "key")
    r2("SET", "key", 2)
    assert target("PING") == "PONG"
    target("PSUBSCRIBE", "whatever*")
    c("GET", "key")
    r2("SET", "key", 3)
    assert target.read() == [b"message", CHANNEL, [b"key"]]
    r2("FLUSHALL")
    assert target.read() == [b"message", CHANNEL, None]


def test_protocols_that_differ(r2: Connection) -> None:
    two, three = r2.another(2), r2.another(3)
    two("CLIENT", "TRACKING", "ON", "REDIRECT", three("CLIENT", "ID"))
    three("CLIENT", "TRACKING", "ON", "REDIRECT", two("CLIENT", "ID"))
    two("SUBSCRIBE", "x")
    three("GET", "b")
    r2("MSET", "a", 1, "b", 1)
    assert two.read() == [b"message", CHANNEL, [b"b"]]
    two("UNSUBSCRIBE")
    two("GET", "a")
    r2("SET", "a", 1)
    assert three.read() == [b"invalidate", [b"a"]]


def test_the_target_changes_the_key_itself(r2: Connection) -> None:
    c, target = r2.another(3), r2.another(3)
    c("CLIENT", "TRACKING", "ON", "REDIRECT", target("CLIENT", "ID"))
    c("MGET", "a", "b")
    assert target.many([["MULTI"], ["SET", "a", 1], ["SET", "b", 1], ["EXEC"]])[-1] == [OK, OK]
    assert target.read() == [b"invalidate", [b"a"]]
    assert target.read() == [b"invalidate", [b"b"]]
    assert c("PING") == "PONG"


def test_redirecting_to_oneself(r2: Connection) -> None:
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON", "REDIRECT", c("CLIENT", "ID"))
    c("GET", "a")
    assert c("SET", "a", 1) == OK
    assert c.read() == [b"invalidate", [b"a"]]
    assert c("CLIENT", "TRACKING", "OFF") == OK
    assert c("CLIENT", "GETREDIR") == -1
    c("CLIENT", "TRACKING", "ON", "REDIRECT", c("CLIENT", "ID"))


def test_a_target_that_goes(r: Connection) -> None:
    c, target = r.another(), r.another()
    own, number = c("CLIENT", "ID"), target("CLIENT", "ID")
    c("CLIENT", "TRACKING", "ON", "REDIRECT", number)
    assert c("CLIENT", "GETREDIR") == number
    c("MGET", "a", "b")
    target.close()
    eventually(lambda: "id=" not in str(r("CLIENT", "LIST", "ID", number)), what="it has gone")
    assert info_of(c) == ({b"on"}, number, [])
    assert (fields_of(r, own)["flags"], fields_of(r, own)["redir"]) == ("t", str(number))
    for command in (["SET", "a", 1], ["SET", "b", 1], ["FLUSHALL"]):
        r(*command)
        if r.resp == 3:
            assert c.read() == Push([b"tracking-redir-broken", number])
        assert c("PING") == "PONG"
    assert info_of(c) == ({b"on", b"broken_redirect"}, number, [])
    assert (fields_of(r, own)["flags"], fields_of(r, own)["redir"]) == ("tR", str(number))
    assert c("CLIENT", "GETREDIR") == number
    c("GET", "a")
    assert c("SET", "a", 1) == OK
    if r.resp == 3:
        assert c.read() == Push([b"tracking-redir-broken", number])
    assert c("CLIENT", "TRACKING", "ON") == OK
    assert info_of(c) == ({b"on"}, 0, [])
    assert fields_of(r, own)["flags"] == "t"


def test_many_that_redirect_to_one(r2: Connection) -> None:
    """They come and go in any order, and so does the one that is told."""
    target = r2.another(3)
    number = target("CLIENT", "ID")
    clients = [r2.another(3) for _ in range(20)]
    for i, client in enumerate(clients):
        client("CLIENT", "TRACKING", "ON", "REDIRECT", number)
        client("GET", i)
    random.Random(3).shuffle(clients)
    for client in clients[:7]:
        client("CLIENT", "TRACKING", "OFF")
    for client in clients[7:10]:
        client.close()
    eventually(lambda: figures(r2)[0] == 10, what="some have gone")
    r2("MSET", *(word for i in range(20) for word in (i, 1)))
    told = [target.read()[1][0] for _ in range(10)]
    assert len(set(told)) == 10
    assert target("PING") == "PONG"
    r2("CLIENT", "KILL", "ID", number)
    for client in clients[10:]:
        client("GET", "key")
    r2("SET", "key", 1)
    for client in clients[10:]:
        assert client.read() == [b"tracking-redir-broken", number]


# --- the commands ----------------------------------------------------------------------------------------------------

WORDS = (
    ["BCAST"], ["OPTIN"], ["OPTOUT"], ["NOLOOP"], ["PREFIX", "a"], ["PREFIX", "ab"], ["PREFIX", "b"], ["PREFIX", ""],
    ["prefix", "abc"], ["bcast"], ["REDIRECT", "0"], ["REDIRECT", "999999999"], ["REDIRECT", "x"], ["PREFIX"], ["junk"],
    ["REDIRECT", "-1"], ["REDIRECT", "9223372036854775808"],
)  # fmt: skip


def test_options_in_any_combination(both: Both) -> None:
    draw = random.Random(5)
    commands: list[list[str]] = []
    for _ in range(3000):
        likely = draw.choices(WORDS, weights=[12, 6, 6, 6, 9, 5, 5, 2, 2, 2] + [1] * 7, k=draw.randint(0, 4))
        words = [word for option in likely for word in option]
        commands.append(["CLIENT", "TRACKING", draw.choice(["ON", "on", "ON", "OFF", "OFF", "off", "maybe"]), *words])
        commands.append(["CLIENT", "TRACKINGINFO"])
        commands.append(["CLIENT", "GETREDIR"])
        commands.append(["CLIENT", "CACHING", draw.choice(["YES", "NO", "yes", "maybe"])])
        if draw.random() < 0.05:
            commands.append(["RESET"])
    same(both, commands)


def test_overlaps_among_many_prefixes(both: Both) -> None:
    draw = random.Random(6)
    commands: list[list[str | bytes]] = []
    for _ in range(300):
        prefixes = [bytes(draw.choices(b"ab\xff", k=draw.randint(1, 9))) for _ in range(draw.randint(1, 5))]
        commands.append(["CLIENT", "TRACKING", "ON", "BCAST", *(word for each in prefixes for word in ("PREFIX", each))])
        commands.append(["CLIENT", "TRACKINGINFO"])
        if draw.random() < 0.2:
            commands.append(["CLIENT", "TRACKING", "OFF"])
    same(both, commands)


def test_redirecting_twice(r: Connection) -> None:
    number = r("CLIENT", "ID")
    assert r("CLIENT", "TRACKING", "ON", "REDIRECT", number, "REDIRECT", number) == Error(
        "ERR A client can only redirect to a single other client"
    )


def test_a_hundred_thousand_prefixes(kvik: ServerProcess) -> None:
    """In no order, and in a moment. (Valkey compares each with each, which takes it 40 seconds.)"""
    prefixes = [f"{i:06}" for i in range(100_000)]
    random.Random(1).shuffle(prefixes)
    with fresh(kvik, 2) as r:
        c = r.another(3)
        begun = time.monotonic()
        words = [word for prefix in prefixes for word in ("PREFIX", prefix)]
        assert c("CLIENT", "TRACKING", "ON", "BCAST", *words) == OK
        assert time.monotonic() - begun < 5
        assert figures(r) == (1, 0, 0, 100_000)
        r("MSET", "054321:a", 1, "other", 1)
        assert c.read() == [b"invalidate", [b"054321:a"]]
        assert str(c("CLIENT", "TRACKING", "ON", "BCAST", *words)).startswith(
            f"ERR Prefix '{prefixes[0]}' overlaps with an existing prefix"
        )
        c.close()
        eventually(lambda: figures(r) == (0, 0, 0, 0), what="it has gone")


def test_what_client_list_shows(r: Connection) -> None:
    c = r.another()
    number = c("CLIENT", "ID")
    assert (fields_of(r, number)["flags"], fields_of(r, number)["redir"]) == ("N", "-1")
    c("CLIENT", "TRACKING", "ON")
    assert (fields_of(r, number)["flags"], fields_of(r, number)["redir"]) == ("t", "0")
    c("CLIENT", "TRACKING", "OFF")
    c("CLIENT", "TRACKING", "ON", "BCAST")
    c("CLIENT", "NO-TOUCH", "ON")
    c("WATCH", "key")
    c("MULTI")
    r("SET", "key", 1)
    if r.resp == 3:
        assert c.read() == [b"invalidate", [b"key"]]
    assert fields_of(r, number)["flags"] == "xtBdT"
    assert f"id={number} " in str(r("CLIENT", "LIST", "FLAGS", "tB"))


def test_reset_and_hello(r: Connection) -> None:
    c = r.another(3)
    c("CLIENT", "TRACKING", "ON")
    c("GET", "a")
    c("HELLO", 2)
    r("SET", "a", 1)
    assert c("PING") == "PONG"
    c("GET", "a")
    c("HELLO", 3)
    r("SET", "a", 1)
    assert c.read() == [b"invalidate", [b"a"]]
    assert c("RESET") == Status("RESET")
    assert c("CLIENT", "GETREDIR") == -1
    assert figures(r)[0] == 0
    c("CLIENT", "TRACKING", "ON", "OPTIN")
    c("CLIENT", "CACHING", "YES")
    c("RESET")
    c("HELLO", 3)
    c("CLIENT", "TRACKING", "ON", "OPTIN")
    assert info_of(c)[0] == {b"on", b"optin"}


def test_off_and_on_again(r: Connection, c: Cache) -> None:
    """What was remembered before says something again."""
    c("GET", "a")
    c("CLIENT", "TRACKING", "OFF")
    assert figures(r) == (0, 1, 1, 0)
    c(*c.track)
    r("SET", "a", 1)
    assert c.told() == [[b"a"]]
    c("GET", "a")
    c("CLIENT", "TRACKING", "OFF")
    r("SET", "a", 1)
    assert c.told() == []


def test_client_reply(r2: Connection) -> None:
    """Messages are no replies."""
    c = r2.another(3)
    c("CLIENT", "TRACKING", "ON")
    c("GET", "a")
    c.send("CLIENT", "REPLY", "OFF")
    c.send("SET", "a", 1)
    assert c.read() == [b"invalidate", [b"a"]]
    c.send("GET", "a")
    c.send("GET", "b")
    eventually(lambda: figures(r2)[1] == 2, what="it has read")
    r2("SET", "a", 1)
    assert c.read() == [b"invalidate", [b"a"]]
    assert c("CLIENT", "REPLY", "ON") == OK
    c.send("CLIENT", "REPLY", "SKIP")
    c.send("SET", "b", 2)
    assert c.read() == [b"invalidate", [b"b"]]
    assert c("GET", "b") == b"2"


def test_help(r2: Connection) -> None:
    lines = r2("CLIENT", "HELP")
    for command in ("CACHING (YES|NO)", "GETREDIR", "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
                    "TRACKINGINFO"):  # fmt: skip
        assert command in lines
