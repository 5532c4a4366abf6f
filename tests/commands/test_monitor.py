"""MONITOR: which commands are shown, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, Status, encode_command
from tests.support.servers import eventually

LINE = re.compile(r"^(\d+)\.(\d{6}) \[(\d+) ([^\]]*\]?[^\]]*)\] (.*)$")
KEPT_OUT = Error("ERR Replica can't interact with the keyspace")


@pytest.fixture
def monitor(r: Connection) -> Iterator[Connection]:
    with r.another() as monitor:
        assert monitor("MONITOR") == OK
        yield monitor


def shown(r: Connection, monitor: Connection) -> list[str]:
    """The words of the lines up to now, with the database in front."""
    r("ECHO", "the end")
    found = []
    while True:
        line = monitor.read()
        assert type(line) is Status
        match = LINE.match(line)
        assert match, line
        if match[5] == '"ECHO" "the end"':
            return found
        found.append(f"{match[3]} {match[5]}")


def test_a_line(r: Connection, monitor: Connection) -> None:
    r("SELECT", 3)
    r("SET", "key", "value")
    r("SELECT", 0)
    monitor.read()
    match = LINE.match(monitor.read())
    assert match
    assert abs(int(match[1]) - int(r("TIME")[0])) < 60
    assert match[3] == "3"
    assert match[4] == "{}:{}".format(*r.socket.getsockname())
    assert match[5] == '"SET" "key" "value"'


def test_the_database_is_that_after_the_command(r: Connection, monitor: Connection) -> None:
    for line in (("SELECT", 3), ("GET", "k"), ("SELECT", 0)):
        r(*line)
    assert shown(r, monitor) == ['3 "SELECT" "3"', '3 "GET" "k"', '0 "SELECT" "0"']


def test_bytes_are_quoted(r: Connection, monitor: Connection) -> None:
    every = bytes(range(256))
    r("ECHO", every)
    quoted = "".join(
        {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}.get(
            byte, chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
        )
        for byte in every
    )
    assert shown(r, monitor) == [f'0 "ECHO" "{quoted}"']


def test_administrators_and_refused_commands_are_not_shown(r: Connection, monitor: Connection) -> None:
    for line in ("CONFIG GET port", "CLIENT LIST", "SLOWLOG LEN", "DEBUG SLEEP 0", "NOSUCH", "GET", "CLIENT NOPE",
                 "CLIENT ID", "INFO cpu", "LPOP x y"):  # fmt: skip
        r(*line.split())
    assert shown(r, monitor) == ['0 "CLIENT" "ID"', '0 "INFO" "cpu"', '0 "LPOP" "x" "y"']


def test_passwords_are_not_shown(r: Connection, monitor: Connection) -> None:
    r("AUTH", "secret")
    r("AUTH", "user", "secret")
    r("HELLO", r.resp, "AUTH", "default", "secret", "SETNAME", "me")
    hidden = '"(redacted)"'
    assert shown(r, monitor) == [
        f'0 "AUTH" {hidden}', f'0 "AUTH" {hidden} {hidden}',
        f'0 "HELLO" "{r.resp}" "AUTH" {hidden} {hidden} "SETNAME" "me"',
    ]  # fmt: skip


def test_a_transaction_is_shown_as_it_runs(r: Connection, monitor: Connection) -> None:
    for line in ("MULTI", "SET x 1", "CONFIG GET port", "GET x", "EXEC", "MULTI", "GET x", "DISCARD"):
        r(*line.split())
    assert shown(r, monitor) == [
        '0 "MULTI"', '0 "SET" "x" "1"', '0 "GET" "x"', '0 "EXEC"', '0 "MULTI"', '0 "DISCARD"',
    ]  # fmt: skip


def test_a_command_that_waits_is_shown_once_when_it_comes(r: Connection, monitor: Connection) -> None:
    with r.another(2) as waiting:
        waiting.send("BLPOP", "list", 0)
        eventually(lambda: r("CLIENT", "LIST").__repr__().count("cmd=blpop") == 1)
        r("RPUSH", "list", "x")
        assert waiting.read() == [b"list", b"x"]
    assert shown(r, monitor) == ['0 "BLPOP" "list" "0"', '0 "RPUSH" "list" "x"']


def test_a_pipeline(r: Connection, monitor: Connection) -> None:
    r.many([("SET", f"key:{i}", "x" * 100) for i in range(2000)])
    assert shown(r, monitor) == [f'0 "SET" "key:{i}" "{"x" * 100}"' for i in range(2000)]


def test_two_monitors_see_the_same(r: Connection, monitor: Connection) -> None:
    with r.another() as second:
        assert second("MONITOR") == OK
        r("SET", "a", "b")
        assert shown(r, monitor)[-1:] == ['0 "SET" "a" "b"']
        assert second.read().endswith('"SET" "a" "b"')


def test_a_monitor_sees_itself_but_may_not_ask_for_data(r: Connection, monitor: Connection) -> None:
    for line in ("GET k", "SET k v", "DBSIZE", "KEYS *"):
        assert monitor(*line.split()) == KEPT_OUT
    assert monitor("PING") == Status("PONG")
    assert monitor.read().endswith('"PING"')
    assert monitor("MULTI") == OK
    assert monitor.read().endswith('"MULTI"')
    assert monitor("GET", "x") == KEPT_OUT
    assert monitor("EXEC") == Error("EXECABORT Transaction discarded because of previous errors.")


def test_monitor_again_answers_nothing(r: Connection, monitor: Connection) -> None:
    monitor.send("MONITOR")
    assert monitor("PING") == Status("PONG")


def test_reset_ends_it(r: Connection, monitor: Connection) -> None:
    assert monitor("RESET") == Status("RESET")
    r("SET", "a", "b")
    assert monitor("GET", "a") == b"b"
    assert monitor("PING") == Status("PONG")


def test_not_in_a_transaction(r: Connection) -> None:
    r("MULTI")
    r("MONITOR")
    assert r("EXEC") == [Error("ERR MONITOR isn't allowed for DENY BLOCKING client")]


def test_client_list_tells_monitors(r: Connection, monitor: Connection) -> None:
    text = r("CLIENT", "LIST", "FLAGS", "O")
    line = (text if isinstance(text, bytes) else text.data).decode()
    assert line.count("\n") == 1
    assert " flags=O " in line
    assert r("CLIENT", "KILL", "FLAGS", "O") == 1


def test_an_ipv6_address_and_a_socket(name: str, start: Start) -> None:
    server = start(name, bind="127.0.0.1 ::1", unixsocket="kvik.sock")
    path = str(server.directory / "kvik.sock")
    with server.connect() as monitor, Connection(path) as local, Connection(("::1", server.port)) as six:
        assert monitor("MONITOR") == OK
        local("PING")
        assert re.search(r"\[0 unix:[^\]]*kvik\.sock\] \"PING\"$", monitor.read())
        six("PING")
        assert f"[0 [::1]:{six.socket.getsockname()[1]}] " in monitor.read()


def test_a_slow_monitor_keeps_nobody_waiting(name: str, start: Start) -> None:
    """It does not read. client-output-buffer-limit of normal clients closes it."""
    server = start(name, client_output_buffer_limit="normal 1mb 0 0")
    with server.connect() as monitor, server.connect() as r:
        assert monitor("MONITOR") == OK
        block = encode_command(["SET", "k", "x" * 10000]) * 10
        while " flags=O " in repr(r("CLIENT", "LIST")):
            r.send_raw(block)
            for _ in range(10):
                assert r.read() == OK
