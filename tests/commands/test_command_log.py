"""SLOWLOG and COMMANDLOG: what is logged, how it is cut, and what is kept secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, arity

ALL = ("commandlog-execution-slower-than", "commandlog-request-larger-than", "commandlog-reply-larger-than")
NO_TYPE = Error("ERR type should be one of the following: slow, large-request, large-reply")
NO_COUNT = Error("ERR count should be greater than or equal to -1")


@pytest.fixture
def logging(r: Connection) -> Iterator[Connection]:
    """r, on a server that logs every command; the logs are empty but for the CONFIG SET that began it."""
    before = [r("CONFIG", "GET", name) for name in ALL]
    values = [reply[name.encode()] if isinstance(reply, dict) else reply[1] for name, reply in zip(ALL, before, strict=True)]
    empty_logs(r)
    assert r("CONFIG", "SET", *(word for name in ALL for word in (name, 0))) == OK
    yield r
    assert r("CONFIG", "SET", *(word for pair in zip(ALL, values, strict=True) for word in pair)) == OK
    empty_logs(r)


def empty_logs(r: Connection) -> None:
    for kind in ("slow", "large-request", "large-reply"):
        assert r("COMMANDLOG", "RESET", kind) == OK


def entries(r: Connection, kind: str = "slow") -> list[Any]:
    """The oldest first, without the CONFIG SET that began it."""
    found = r("COMMANDLOG", "GET", -1, kind)
    return list(reversed(found))[1:]


def logged(r: Connection, kind: str = "slow") -> list[list[bytes]]:
    """The arguments of what is logged, but for COMMANDLOG itself."""
    return [each[3] for each in entries(r, kind) if each[3][0] != b"COMMANDLOG"]


def test_an_entry(logging: Connection) -> None:
    r = logging
    r("CLIENT", "SETNAME", "me")
    r("SET", "key", "value")
    entry = entries(r)[-1]
    number, when, microseconds, args, peer, name = entry
    assert args == [b"SET", b"key", b"value"]
    assert abs(when - int(r("TIME")[0])) < 60
    assert 0 <= microseconds < 10_000_000
    assert peer.decode() == "{}:{}".format(*r.socket.getsockname())
    assert name == b"me"
    assert number > 0
    r("CLIENT", "SETNAME", "")


def test_sizes_are_those_of_the_protocol(logging: Connection) -> None:
    r = logging
    r("SET", "key", "x" * 200)
    r("GET", "key")
    r("PING")
    requests = [(each[3][0], each[2]) for each in entries(r, "large-request")]
    replies = [(each[3][0], each[2]) for each in entries(r, "large-reply")]
    assert requests[:3] == [(b"SET", 230), (b"GET", 22), (b"PING", 14)]
    assert replies[:3] == [(b"SET", 5), (b"GET", 208), (b"PING", 7)]


def test_long_arguments_are_cut(logging: Connection) -> None:
    r = logging
    for n in (128, 129, 200):
        r("ECHO", "x" * n)
    assert [args[1] for args in logged(r)] == [
        b"x" * 128, b"x" * 128 + b"... (1 more bytes)", b"x" * 128 + b"... (72 more bytes)",
    ]  # fmt: skip


def test_many_arguments_are_cut(logging: Connection) -> None:
    r = logging
    for n in (31, 32, 80):
        r("DEL", *["k"] * n)
    found = logged(r)
    assert found[0] == [b"DEL", *[b"k"] * 31]
    assert found[1] == [b"DEL", *[b"k"] * 30, b"... (2 more arguments)"]
    assert found[2] == [b"DEL", *[b"k"] * 30, b"... (50 more arguments)"]


def test_what_is_not_run_is_not_logged(logging: Connection) -> None:
    r = logging
    for line in (("NOSUCH",), ("GET",), ("CLIENT", "NOSUCH"), ("LPOP", "k")):
        r(*line)
    assert logged(r) == [[b"LPOP", b"k"]]


def test_a_transaction_is_logged_as_its_commands(logging: Connection) -> None:
    r = logging
    for line in (("MULTI",), ("SET", "k", "1"), ("GET", "k"), ("EXEC",)):
        r(*line)
    assert logged(r) == [[b"MULTI"], [b"SET", b"k", b"1"], [b"GET", b"k"]]
    assert [each[2] for each in entries(r, "large-request")][:3] == [15, 14, 14]
    assert [each[2] for each in entries(r, "large-reply")][:3] == [5, 9, 16]


def test_a_command_that_waits_is_logged_when_it_is_served(logging: Connection) -> None:
    r = logging
    with r.another() as waiting:
        waiting.send("BLPOP", "list", 0)
        while r.info("clients")["blocked_clients"] != "1":
            pass
        r("RPUSH", "list", "x")
        assert waiting.read() == [b"list", b"x"]
    found = [args for args in logged(r) if args[0] not in (b"INFO", b"HELLO")]
    assert found == [[b"RPUSH", b"list", b"x"], [b"BLPOP", b"list", b"0"]]
    sizes = {each[3][0]: each[2] for each in entries(r, "large-request")}
    assert sizes[b"BLPOP"] == 32
    assert {each[3][0]: each[2] for each in entries(r, "large-reply")}[b"BLPOP"] == 21


def test_secrets_are_not_shown(logging: Connection) -> None:
    r = logging
    r("AUTH", "secret")
    r("AUTH", "user", "secret")
    r("AUTH", "a", "b", "c")
    r("HELLO", r.resp, "AUTH", "default", "secret", "SETNAME", "me")
    r("CONFIG", "SET", "maxmemory", "0", "requirepass", "", "masterauth", "")
    r("CONFIG", "SET", "maxmemory", "0")
    hidden = b"(redacted)"
    assert logged(r) == [
        [b"AUTH", hidden], [b"AUTH", hidden, hidden], [b"AUTH", b"a", b"b", b"c"],
        [b"HELLO", b"%d" % r.resp, b"AUTH", hidden, hidden, b"SETNAME", b"me"],
        [b"CONFIG", b"SET", b"maxmemory", b"0", b"requirepass", hidden, b"masterauth", hidden],
        [b"CONFIG", b"SET", b"maxmemory", b"0"],
    ]  # fmt: skip
    r("CLIENT", "SETNAME", "")


def test_large_ones_by_the_usual_limits(r: Connection) -> None:
    """A request in a block of its own, and a reply in several: with limits that are not looked at each time."""
    empty_logs(r)
    r("SET", "small", "x" * 1000)
    r("SET", "large", "x" * (1 << 20))
    r("GET", "large")
    r.many([("SET", "half", "x" * 600_000), ("GET", "half"), ("GET", "half"), ("MGET", "half", "half"), ("PING",)])
    assert [each[3][:2] for each in r("COMMANDLOG", "GET", -1, "large-request")] == [[b"SET", b"large"]]
    assert [each[3][:2] for each in r("COMMANDLOG", "GET", -1, "large-reply")] == [[b"MGET", b"half"], [b"GET", b"large"]]
    assert r("COMMANDLOG", "GET", -1, "large-request")[0][2] == 1048576 + 36
    assert r("COMMANDLOG", "GET", -1, "large-reply")[1][2] == 1048576 + 12
    assert r("COMMANDLOG", "LEN", "LARGE-reply") == 2


def test_length_and_reset(logging: Connection) -> None:
    r = logging
    with r.config(slowlog_max_len=3):
        for _ in range(5):
            r("PING")
        assert r("SLOWLOG", "LEN") == 3
        assert len(r("SLOWLOG", "GET")) == 3
    with r.config(commandlog_slow_execution_max_len=0):
        before = r("SLOWLOG", "LEN")
        r("PING")
        assert r("SLOWLOG", "LEN") == before
    assert r("COMMANDLOG", "RESET", "large-reply") == OK
    assert r("COMMANDLOG", "LEN", "large-reply") == 1       # the RESET itself
    assert r("SLOWLOG", "RESET") == OK
    assert r("COMMANDLOG", "LEN", "SLOW") == 1


def test_get_takes_the_newest(logging: Connection) -> None:
    r = logging
    for i in range(12):
        r("ECHO", i)
    assert [each[3] for each in r("SLOWLOG", "GET", 2)] == [[b"ECHO", b"11"], [b"ECHO", b"10"]]
    assert len(r("SLOWLOG", "GET")) == 10
    assert r("SLOWLOG", "GET", 0) == []
    assert len(r("SLOWLOG", "GET", -1)) > 12


def test_off(logging: Connection) -> None:
    r = logging
    with r.config(slowlog_log_slower_than=-1):
        before = r("SLOWLOG", "LEN")
        r("PING")
        assert r("SLOWLOG", "LEN") == before


def test_a_slow_command(name: str, start: Start) -> None:
    with start(name).connect() as r:
        r("PING")
        r("DEBUG", "SLEEP", "0.02")
        assert [each[3] for each in r("SLOWLOG", "GET")] == [[b"DEBUG", b"SLEEP", b"0.02"]]
        assert r("SLOWLOG", "GET")[0][2] >= 20_000


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("SLOWLOG", arity("slowlog")),
        ("SLOWLOG NOPE", Error("ERR unknown subcommand 'NOPE'. Try SLOWLOG HELP.")),
        ("SLOWLOG GET x", NO_COUNT),
        ("SLOWLOG GET -2", NO_COUNT),
        ("SLOWLOG GET 1 2", Error("ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.")),
        ("SLOWLOG LEN x", arity("slowlog|len")),
        ("SLOWLOG RESET x", arity("slowlog|reset")),
        ("COMMANDLOG", arity("commandlog")),
        ("COMMANDLOG GET 1", arity("commandlog|get")),
        ("COMMANDLOG GET x slow", NO_COUNT),
        ("COMMANDLOG GET x nope", NO_COUNT),
        ("COMMANDLOG GET 1 nope", NO_TYPE),
        ("COMMANDLOG LEN nope", NO_TYPE),
        ("COMMANDLOG RESET nope", NO_TYPE),
        ("COMMANDLOG LEN", arity("commandlog|len")),
    ],
)
def test_errors(r: Connection, line: str, reply: Error) -> None:
    assert r(*line.split()) == reply


@pytest.mark.parametrize(
    "command", ["SLOWLOG", "COMMANDLOG", "LATENCY", "OBJECT", "XINFO", "XGROUP", "MEMORY", "CONFIG", "COMMAND"]
)
def test_help(both: tuple[Connection, Connection], command: str) -> None:
    ours, theirs = both
    assert ours(command, "HELP") == theirs(command, "HELP")
