"""MULTI, EXEC, DISCARD: what is queued, what is not, what comes of it."""

from __future__ import annotations

import pytest

from tests.support.resp import OK, Connection, Error, Status, Verbatim
from tests.support.servers import eventually

QUEUED = Status("QUEUED")
ABORTED = Error("EXECABORT Transaction discarded because of previous errors.")
OOM = "OOM command not allowed when used memory > 'maxmemory'."


def in_multi(r: Connection, *commands: tuple[object, ...]) -> object:
    """What EXEC answers to these."""
    assert r("MULTI") == OK
    for command in commands:
        assert r(*command) == QUEUED, command
    return r("EXEC")


def test_replies_are_those_of_the_commands(r: Connection) -> None:
    replies = in_multi(
        r, ("SET", "a", 1), ("INCR", "a"), ("LPUSH", "a", "x"), ("GET", "a"), ("HSET", "h", "f", 1, "g", 2),
        ("HGETALL", "h"), ("PING",), ("ECHO", "x"), ("GET", "none"), ("MGET", "a", "none"),
    )  # fmt: skip
    wrong = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
    alone = [r("HGETALL", "h"), r("GET", "none"), r("MGET", "a", "none")]
    assert replies == [OK, 2, wrong, b"2", 2, alone[0], Status("PONG"), b"x", *alone[1:]]


def test_nothing_queued(r: Connection) -> None:
    assert in_multi(r) == []


def test_without_multi(r: Connection) -> None:
    assert r("EXEC") == Error("ERR EXEC without MULTI")
    assert r("DISCARD") == Error("ERR DISCARD without MULTI")
    assert r("UNWATCH") == OK


def test_discard(r: Connection) -> None:
    r("MULTI")
    assert r("SET", "a", 1) == QUEUED
    assert r("DISCARD") == OK
    assert r("EXISTS", "a") == 0
    assert r("EXEC") == Error("ERR EXEC without MULTI")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("SET", "a"), "ERR wrong number of arguments for 'set' command"),
        (("NOSUCH", "a"), "ERR unknown command 'NOSUCH', with args beginning with: 'a' "),
        (("CLIENT", "NOSUCH"), "ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."),
        (("MULTI",), "ERR Command 'multi' not allowed inside a transaction"),
        (("WATCH", "a"), "ERR Command 'watch' not allowed inside a transaction"),
        (("SAVE",), "ERR Command 'save' not allowed inside a transaction"),
        (("DISCARD", "x"), "ERR wrong number of arguments for 'discard' command"),
    ],
)
def test_what_cannot_be_queued_spoils_it(r: Connection, command: tuple[object, ...], error: str) -> None:
    r("MULTI")
    assert r("SET", "a", 1) == QUEUED
    assert r(*command) == Error(error)
    assert r("SET", "b", 1) == QUEUED
    assert r("EXEC") == ABORTED
    assert r("EXISTS", "a", "b") == 0
    assert in_multi(r, ("SET", "a", 1)) == [OK]


def test_a_wrong_exec_ends_it(r: Connection) -> None:
    r("MULTI")
    assert r("SET", "a", 1) == QUEUED
    assert r("EXEC", "x") == Error(
        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
    )
    assert r("SET", "b", 1) == OK
    assert r("EXISTS", "a") == 0


def test_errors_of_running_do_not_stop_it(r: Connection) -> None:
    replies = in_multi(r, ("SET", "a", "x"), ("INCR", "a"), ("SET", "b", 2))
    assert isinstance(replies, list)
    assert [replies[0], replies[2]] == [OK, OK]
    assert replies[1] == Error("ERR value is not an integer or out of range")
    assert r("GET", "b") == b"2"


def test_what_would_wait_does_not(r: Connection) -> None:
    commands = [
        ("BLPOP", "none", 0), ("BRPOP", "none", 0), ("BLMOVE", "none", "d", "LEFT", "LEFT", 0),
        ("BRPOPLPUSH", "none", "d", 0),
        ("BLMPOP", 0, 1, "none", "LEFT"), ("BZPOPMIN", "none", 0), ("BZMPOP", 0, 1, "none", "MIN"),
        ("XREAD", "BLOCK", 0, "STREAMS", "none", "$"),
    ]  # fmt: skip
    replies = in_multi(r, *commands)
    assert isinstance(replies, list)
    for command, reply in zip(commands, replies, strict=True):
        moves = command[0] in ("BLMOVE", "BRPOPLPUSH")
        assert reply is None or reply == r("BLPOP", "none", 0.001), command
        assert (reply is None) == (moves or r.resp == 3), command


def test_who_waits_is_served_when_it_is_over(r: Connection) -> None:
    with r.another() as other:
        other.send("BLPOP", "list", 0)
        eventually(lambda: r.info("clients")["blocked_clients"] == "1")
        assert in_multi(r, ("RPUSH", "list", "a", "b"), ("LPOP", "list"), ("LLEN", "list")) == [2, b"a", 1]
        assert other.read() == [b"list", b"b"]


def test_databases(r: Connection) -> None:
    r("SET", "a", "zero")
    assert in_multi(r, ("SELECT", 3), ("SET", "a", "three"), ("GET", "a")) == [OK, OK, b"three"]
    assert r("GET", "a") == b"three"
    r("SELECT", 0)
    assert r("GET", "a") == b"zero"


def test_commands_in_python_and_compiled_ones(r: Connection) -> None:
    replies = in_multi(
        r, ("SET", "a", 1), ("CONFIG", "GET", "maxmemory"), ("INCR", "a"), ("CLIENT", "ID"), ("OBJECT", "ENCODING", "a"),
        ("CONFIG", "SET", "maxmemory-samples", 6), ("GET", "a"), ("CONFIG", "SET", "maxmemory-samples", 5),
    )  # fmt: skip
    assert isinstance(replies, list)
    assert [replies[0], replies[2], *replies[4:]] == [OK, 2, b"int", OK, b"2", OK]
    assert replies[3] == r("CLIENT", "ID")


def test_the_protocol_may_change_within(r: Connection) -> None:
    r("HSET", "h", "f", "v")
    r("MULTI")
    r("HELLO", 5 - r.resp)
    r("HGETALL", "h")
    r("HELLO", r.resp)
    assert len(r("EXEC")) == 3


def test_reset_forgets_it(r: Connection) -> None:
    r("WATCH", "a")
    r("MULTI")
    assert r("SET", "a", 1) == QUEUED
    assert r("RESET") == Status("RESET")
    with r.another() as other:
        assert other.info("clients")["total_watched_keys"] == "0"
        assert other("EXISTS", "a") == 0


def test_the_end_of_the_connection_forgets_it(r: Connection) -> None:
    with r.another() as other:
        other("WATCH", "a", "b")
        other("MULTI")
        assert other("SET", "a", 1) == QUEUED
        assert r.info("clients")["watching_clients"] == "1"
        assert r.info("clients")["total_watched_keys"] == "2"
    eventually(lambda: r.info("clients")["watching_clients"] == "0")
    assert r.info("clients")["total_watched_keys"] == "0"
    assert r("EXISTS", "a") == 0


def test_client_list_tells(r: Connection) -> None:
    def line() -> str:
        reply = r("CLIENT", "LIST", "ID", number)
        return (reply.data if isinstance(reply, Verbatim) else reply).decode()

    with r.another() as other:
        other("CLIENT", "SETNAME", "busy")
        number = other("CLIENT", "ID")
        other("WATCH", "a", "b", "a")
        other("MULTI")
        other("SET", "a", "x" * 1000)
        fields = dict(field.split("=", 1) for field in line().split())
        assert (fields["flags"], fields["multi"], fields["watch"], fields["cmd"]) == ("x", "1", "2", "set")
        assert 1000 <= int(fields["multi-mem"]) < 1500
        r("SET", "a", 1)
        assert " flags=xd " in line()


def test_memory_is_short(r: Connection) -> None:
    r("SET", "there", 1)
    try:
        r("CONFIG", "SET", "maxmemory", 1)
        r("MULTI")
        assert r("SET", "a", 1) == Error(OOM)
        assert r("GET", "a") == QUEUED
        assert r("EXEC") == ABORTED
        assert in_multi(r, ("GET", "there"), ("DEL", "there")) == [b"1", 1]
        r("CONFIG", "SET", "maxmemory", 0)
        with r.another() as other:
            r("MULTI")
            assert r("SET", "a", 1) == QUEUED
            other("CONFIG", "SET", "maxmemory", 1)
            assert r("EXEC") == Error(f"EXECABORT Transaction discarded because of: {OOM}")
            other("CONFIG", "SET", "maxmemory", 0)
        assert r("EXISTS", "a") == 0
    finally:
        r("CONFIG", "SET", "maxmemory", 0)


def test_a_pause_of_writes_holds_exec(r: Connection) -> None:
    with r.another() as other:
        r("MULTI")
        assert r("SET", "a", 1) == QUEUED
        assert other("CLIENT", "PAUSE", 300, "WRITE") == OK
        assert r("GET", "a") == QUEUED
        r.send("EXEC")
        assert other("EXISTS", "a") == 0
        assert r.read() == [OK, b"1"]
        assert other("CLIENT", "UNPAUSE") == OK


def test_statistics_count_what_ran(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    in_multi(r, ("SET", "a", 1), ("SET", "a", 2), ("INCR", "none:\xff"))
    r("MULTI")
    r("SET", "a", 1)
    r("DISCARD")
    stats = r.info("commandstats")
    for name, calls in (("set", 2), ("multi", 2), ("exec", 1), ("discard", 1)):
        assert stats[f"cmdstat_{name}"].startswith(f"calls={calls},")


def test_many_commands(r: Connection) -> None:
    count = 20_000
    replies = r.many([("MULTI",), *[("INCR", "n")] * count, ("EXEC",)])
    assert replies[1 : count + 1] == [QUEUED] * count
    assert replies[-1] == list(range(1, count + 1))


def test_a_pipeline_of_many_transactions(r: Connection) -> None:
    replies = r.many([("MULTI",), ("INCR", "n"), ("EXEC",)] * 500)
    assert replies[2::3] == [[i] for i in range(1, 501)]


def test_changes_are_counted(r: Connection) -> None:
    before = r.dirty()
    in_multi(r, ("SET", "a", 1), ("RPUSH", "l", 1, 2), ("GET", "a"))
    assert r.dirty() == before + 3
