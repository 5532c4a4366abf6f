"""While a server loads its data it answers, but for what concerns the data: -LOADING. `key-load-delay` makes that last."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, Push, Status
from tests.support.servers import ServerProcess, eventually

LOADING = Error("LOADING Valkey is loading the dataset in memory")
KEYS = 20_000
SLOW = {"key-load-delay": "1000", "loading-process-events-interval-bytes": "1024"}


def filled(server: ServerProcess, keys: int) -> None:
    with server.connect() as r:
        r.many([["SET", f"key {i}", i] for i in range(keys)])
        if server.directives.get("appendonly") == "yes":
            r("BGREWRITEAOF")
            eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0", what="it is rewritten")
        else:
            assert r("SAVE") == OK
    server.kill()


@pytest.fixture(params=["rdb", "aof"])
def loading(request: pytest.FixtureRequest, start: Start, name: str) -> Iterator[Connection]:
    """A connection to a server that loads for 20 seconds."""
    server = start(name, appendonly="yes" if request.param == "aof" else "no")
    filled(server, KEYS)
    server.directives |= SLOW
    server.start(wait=False)
    with server.connect() as r:
        r.server = server
        yield r


REFUSED = (
    "PING", "GET key", "SET key value", "DBSIZE", "SCAN 0", "BGSAVE", "SAVE", "BGREWRITEAOF", "MEMORY USAGE key", "FLUSHALL",
    "XREAD BLOCK 0 STREAMS s $", "BLPOP list 0", "OBJECT ENCODING key", "EXISTS a", "SWAPDB 0 1",
)  # fmt: skip
ANSWERED: tuple[tuple[str, object], ...] = (
    ("ECHO text", b"text"), ("SELECT 1", OK), ("MULTI", OK), ("DISCARD", OK), ("WATCH key", OK), ("UNWATCH", OK),
    ("PUBLISH channel message", 0), ("CLIENT TRACKING ON", OK), ("CLIENT TRACKING OFF", OK), ("LATENCY LATEST", []),
    ("CONFIG SET maxclients 100", OK), ("GET", Error("ERR wrong number of arguments for 'get' command")),
    ("EXEC", Error("ERR EXEC without MULTI")), ("RESET", Status("RESET")),
)  # fmt: skip


def test_what_is_answered(loading: Connection) -> None:
    r = loading
    assert [r(*command.split()) for command in REFUSED] == [LOADING] * len(REFUSED)
    assert [r(*command.split()) for command, _ in ANSWERED] == [reply for _, reply in ANSWERED]
    assert r("CONFIG", "GET", "maxclients") == [b"maxclients", b"100"]
    assert isinstance(r("HELLO", 3), dict)
    assert r("PING") == LOADING
    assert r("SUBSCRIBE", "channel") == Push([b"subscribe", b"channel", 1])
    with r.another() as other:
        assert other("PUBLISH", "channel", "message") == 1
        assert r.read() == Push([b"message", b"channel", b"message"])
        assert other.many([["MULTI"], ["GET", "key"], ["EXEC"]]) == [
            OK, LOADING, Error("EXECABORT Transaction discarded because of previous errors.")
        ]  # fmt: skip
        assert other.info()["loading"] == "1"


def test_what_info_tells(loading: Connection) -> None:
    info = loading.info("persistence")
    names = {name for name in info if "loading" in name}
    assert names == {
        "loading", "async_loading", "loading_start_time", "loading_total_bytes", "loading_rdb_used_mem",
        "loading_loaded_bytes", "loading_loaded_perc", "loading_eta_seconds",
    }  # fmt: skip
    assert (info["loading"], info["async_loading"]) == ("1", "0")
    assert int(info["loading_total_bytes"]) > KEYS * 8
    now = int(loading("TIME")[0])
    assert now - 60 < int(info["loading_start_time"]) <= now
    seen = int(info["loading_loaded_bytes"])
    assert seen < int(info["loading_total_bytes"])
    eventually(lambda: int(loading.info("persistence")["loading_loaded_bytes"]) > seen, what="it goes on")
    perc = 100 * seen / int(info["loading_total_bytes"])
    assert float(info["loading_loaded_perc"]) == pytest.approx(perc, abs=0.02)
    assert int(info["loading_eta_seconds"]) > 0


def test_it_ends_when_it_is_told_to(loading: Connection) -> None:
    """And the files stay as they are."""
    server = loading.server
    server.process.send_signal(signal.SIGTERM)
    assert server.wait(30) in (0, -signal.SIGTERM)
    for directive in SLOW:
        del server.directives[directive]
    server.start()
    with server.connect() as r:
        assert r("DBSIZE") == KEYS


def test_then_all_is_there(start: Start, name: str) -> None:
    """Those who were told to wait are served, and what they did to their connection holds."""
    server = start(name)
    filled(server, 300)
    server.directives |= {**SLOW, "key-load-delay": "5000"}
    server.start(wait=False)
    with server.connect() as r, server.connect() as subscriber:
        assert r("GET", "key 1") == LOADING
        assert r("SELECT", 3) == OK
        assert subscriber("SUBSCRIBE", "channel") == [b"subscribe", b"channel", 1]
        eventually(lambda: r("PING") == "PONG", what="it has loaded")
        info = r.info("persistence")
        assert {name for name in info if "loading" in name} == {"loading", "async_loading"}
        assert info["loading"] == "0"
        assert r("SET", "here", 1) == OK
        assert r("SELECT", 0) == OK
        assert (r("DBSIZE"), r("GET", "key 1")) == (300, b"1")
        assert r("PUBLISH", "channel", "message") == 1
        assert subscriber.read() == [b"message", b"channel", b"message"]
