"""PING, ECHO, SELECT, QUIT, RESET, HELLO and AUTH, with and without a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.resp import NOT_INTEGER, OK, SYNTAX, Connection, Error, Status, arity
from tests.support.servers import ServerProcess

PASSWORD = "a pässword"
NOAUTH = Error("NOAUTH Authentication required.")
NOAUTH_HELLO = Error(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
    "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
)
WRONGPASS = Error("WRONGPASS invalid username-password pair or user is disabled.")
BAD_NAME = Error("ERR Client names cannot contain spaces, newlines or special characters.")
NO_PASSWORD = Error(
    "ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)


def greeting(reply: Any) -> dict[bytes, Any]:
    """The map that HELLO answers, in either protocol."""
    assert not isinstance(reply, Error), reply
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


class Guarded:
    """The servers with a password from the command line, started when first asked for."""

    def __init__(self) -> None:
        self.running: dict[str, ServerProcess] = {}

    def get(self, name: str) -> ServerProcess:
        if name not in self.running:
            self.running[name] = ServerProcess(name, requirepass=PASSWORD)
        return self.running[name]


@pytest.fixture(scope="module")
def guarded_servers() -> Iterator[Guarded]:
    guarded = Guarded()
    yield guarded
    for each in guarded.running.values():
        each.stop()


@pytest.fixture
def locked(r2: Connection, guarded_servers: Guarded) -> Iterator[Connection]:
    """A connection that has not given the password yet."""
    with guarded_servers.get(r2.server.name).connect() as connection:
        yield connection


# PING, ECHO


def test_ping(r: Connection) -> None:
    assert r("PING") == Status("PONG")
    assert type(r("PING")) is Status
    assert r("ping", "hi") == b"hi"
    assert r("PING", "") == b""
    assert r("PING", b"\r\n\0\xff") == b"\r\n\0\xff"
    assert r("PING", "a", "b") == arity("ping")


def test_echo(r: Connection) -> None:
    assert r("ECHO", b"\r\n\0\xff") == b"\r\n\0\xff"
    assert r("EcHo", "") == b""
    big = bytes(range(256)) * 4096
    assert r("ECHO", big) == big
    assert r("ECHO") == arity("echo")
    assert r("ECHO", "a", "b") == arity("echo")


# SELECT


def test_select(r: Connection) -> None:
    assert r("SELECT", 15) == OK
    assert r("SET", "key", "fifteen") == OK
    assert r("SELECT", 0) == OK
    assert r("EXISTS", "key") == 0
    with r.another() as other:
        assert other("EXISTS", "key") == 0
        assert other("SELECT", 15) == OK
        assert other("GET", "key") == b"fifteen"
        assert r("EXISTS", "key") == 0


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("16", Error("ERR DB index is out of range")),
        ("-1", Error("ERR DB index is out of range")),
        ("2147483647", Error("ERR DB index is out of range")),
        ("2147483648", Error("ERR value is out of range, value must between -2147483648 and 2147483647")),
        ("-2147483649", Error("ERR value is out of range, value must between -2147483648 and 2147483647")),
        ("4294967296", Error("ERR value is out of range, value must between -2147483648 and 2147483647")),
        ("9223372036854775808", NOT_INTEGER),
        ("abc", NOT_INTEGER),
        ("1.0", NOT_INTEGER),
        ("01", NOT_INTEGER),
        (" 1", NOT_INTEGER),
        ("", NOT_INTEGER),
    ],
)
def test_select_refuses(r2: Connection, number: str, error: Error) -> None:
    assert r2("SELECT", 3) == OK
    assert r2("SELECT", number) == error
    assert " db=3 " in r2("CLIENT", "INFO").decode()


def test_select_counts_arguments(r2: Connection) -> None:
    assert r2("SELECT") == arity("select")
    assert r2("SELECT", 0, 1) == arity("select")


# QUIT


@pytest.mark.parametrize("line", [["QUIT"], ["quit", "a", "b"]])
def test_quit(r2: Connection, line: list[str]) -> None:
    with r2.another() as other:
        assert other(*line) == OK
        assert other.at_end()


def test_nothing_behind_quit_is_run(r2: Connection) -> None:
    with r2.another() as other:
        other.send_raw(b"PING\r\nQUIT\r\nSET key value\r\n")
        assert other.read_raw() == b"+PONG\r\n+OK\r\n"
    assert r2("EXISTS", "key") == 0


# RESET


def test_reset_puts_everything_back(r: Connection) -> None:
    with r.another() as other:
        for line in (
            ["SELECT", "7"],
            ["CLIENT", "SETNAME", "me"],
            ["CLIENT", "SETINFO", "LIB-NAME", "kept"],
            ["CLIENT", "NO-EVICT", "ON"],
            ["CLIENT", "NO-TOUCH", "ON"],
            ["CLIENT", "CAPA", "redirect"],
        ):
            assert other(*line) == OK
        assert other("RESET") == Status("RESET")
        line = other("CLIENT", "INFO")
        assert isinstance(line, bytes), "the protocol is RESP2 again"
        assert b" name= " in line
        assert b" db=0 " in line
        assert b" flags=N " in line
        assert b" capa=r " in line
        assert b" resp=2 " in line
        assert b" lib-name=kept " in line
        assert other("CLIENT", "GETNAME") is None


def test_reset_takes_no_arguments(r2: Connection) -> None:
    assert r2("RESET", "x") == arity("reset")


def test_reset_ends_client_reply_off(r2: Connection) -> None:
    r2.send("CLIENT", "REPLY", "OFF")
    r2.send("PING")
    assert r2.many([["RESET"], ["ECHO", "seen"]]) == [Status("RESET"), b"seen"]


# HELLO


def test_hello_describes_the_server(r: Connection) -> None:
    told = greeting(r("HELLO"))
    assert list(told)[:7] == [b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules"]
    assert told[b"proto"] == r.resp
    assert told[b"id"] == r("CLIENT", "ID")
    assert told[b"mode"] == b"standalone"
    assert told[b"role"] == b"master"
    assert isinstance(told[b"modules"], list)


def test_what_kvik_says_in_hello(kvik: ServerProcess) -> None:
    with kvik.connect() as connection:
        told = greeting(connection("HELLO", 3))
        assert (told[b"server"], told[b"version"], told[b"modules"]) == (b"redis", b"7.4.0", [])


def test_hello_changes_the_protocol(r2: Connection) -> None:
    for version in (3, 2, 3, 3, 2):
        reply = r2("HELLO", version)
        assert isinstance(reply, dict) == (version == 3)
        assert greeting(reply)[b"proto"] == version
        assert isinstance(r2("HELLO"), dict) == (version == 3), "it stays"
        assert f" resp={version} ".encode() in getattr(line := r2("CLIENT", "INFO"), "data", line)


def test_hello_in_a_pipeline_changes_what_comes_behind_it(r2: Connection) -> None:
    replies = r2.many([["CONFIG", "GET", "hz"], ["HELLO", 3], ["CONFIG", "GET", "hz"], ["HELLO", 2]])
    assert [type(each) for each in replies] == [list, dict, dict, list]


def test_hello_sets_the_name(r: Connection) -> None:
    greeting(r("HELLO", r.resp, "SETNAME", "bob"))
    assert r("CLIENT", "GETNAME") == b"bob"
    greeting(r("HELLO"))
    assert r("CLIENT", "GETNAME") == b"bob"
    greeting(r("HELLO", r.resp, "setname", ""))
    assert r("CLIENT", "GETNAME") is None


def test_hello_logs_in_where_no_password_is_asked(r: Connection) -> None:
    greeting(r("HELLO", r.resp, "auth", "default", "anything", "setname", "me"))
    assert r("CLIENT", "GETNAME") == b"me"
    assert r("HELLO", r.resp, "AUTH", "nobody", "anything", "SETNAME", "other") == WRONGPASS
    assert r("CLIENT", "GETNAME") == b"me"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["1"], "NOPROTO unsupported protocol version"),
        (["4"], "NOPROTO unsupported protocol version"),
        (["-3"], "NOPROTO unsupported protocol version"),
        (["1", "NOPE"], "NOPROTO unsupported protocol version"),
        (["abc"], "ERR Protocol version is not an integer or out of range"),
        (["3.0"], "ERR Protocol version is not an integer or out of range"),
        (["99999999999999999999"], "ERR Protocol version is not an integer or out of range"),
        (["AUTH", "default", "x"], "ERR Protocol version is not an integer or out of range"),
        (["3", "AUTH"], "ERR Syntax error in HELLO option 'AUTH'"),
        (["3", "auth", "default"], "ERR Syntax error in HELLO option 'auth'"),
        (["3", "SETNAME"], "ERR Syntax error in HELLO option 'SETNAME'"),
        (["3", "NOPE"], "ERR Syntax error in HELLO option 'NOPE'"),
        (["3", "SETNAME", "x", "NOPE", "y"], "ERR Syntax error in HELLO option 'NOPE'"),
        (["3", "SETNAME", "a b"], BAD_NAME),
        (["3", "AUTH", "default", "x", "SETNAME", "a\nb"], BAD_NAME),
    ],
)
def test_hello_refuses(r2: Connection, arguments: list[str], error: str) -> None:
    assert r2("HELLO", *arguments) == Error(error)
    assert isinstance(r2("HELLO"), list), "the protocol is as it was"
    assert r2("CLIENT", "GETNAME") is None


def test_hello_names_the_availability_zone(r: Connection) -> None:
    assert b"availability_zone" not in greeting(r("HELLO"))
    with r.config(availability_zone="zone-1"):
        assert greeting(r("HELLO"))[b"availability_zone"] == b"zone-1"


# AUTH where no password is asked


def test_auth_without_a_password(r: Connection) -> None:
    assert r("AUTH") == arity("auth")
    assert r("AUTH", "x") == NO_PASSWORD
    assert r("AUTH", "default", "x") == OK
    assert r("AUTH", "default", "") == OK
    assert r("AUTH", "nobody", "x") == WRONGPASS
    assert r("AUTH", "DEFAULT", "x") == WRONGPASS
    assert r("AUTH", "a", "b", "c") == SYNTAX


# With a password


@pytest.mark.parametrize(
    "line",
    [
        "PING", "GET key", "SET key value", "ECHO", "ECHO a b", "CLIENT ID", "CLIENT", "CLIENT NOPE", "COMMAND COUNT",
        "INFO", "NOPE", "nope a b", "SELECT 1", "CONFIG GET requirepass", "SHUTDOWN NOSAVE", "DEBUG SLEEP 0",
    ],
)  # fmt: skip
def test_nothing_runs_before_the_password(locked: Connection, line: str) -> None:
    assert locked(*line.split()) == NOAUTH
    assert locked("AUTH", PASSWORD) == OK
    assert locked("PING") == Status("PONG")


def test_hello_before_the_password(locked: Connection) -> None:
    for arguments in ([], [2], [3], [3, "SETNAME", "me"]):
        assert locked("HELLO", *arguments) == NOAUTH_HELLO
    assert locked("HELLO", 5) == Error("NOPROTO unsupported protocol version")
    assert locked("HELLO", 3, "NOPE") == Error("ERR Syntax error in HELLO option 'NOPE'")
    assert locked("HELLO", 3, "SETNAME", "a b") == BAD_NAME
    assert locked("HELLO", 3, "AUTH", "default", "wrong") == WRONGPASS
    assert locked("HELLO", 3, "AUTH", "nobody", PASSWORD) == WRONGPASS
    assert locked("HELLO", 3, "AUTH", "default", PASSWORD, "SETNAME", "a b") == BAD_NAME
    assert locked("PING") == NOAUTH
    assert isinstance(locked("HELLO", 3, "AUTH", "default", PASSWORD, "SETNAME", "me"), dict)
    assert locked("CLIENT", "GETNAME") == b"me"


def test_reset_and_quit_need_no_password(locked: Connection) -> None:
    assert locked("RESET") == Status("RESET")
    assert locked("PING") == NOAUTH
    assert locked("QUIT") == OK
    assert locked.at_end()


def test_wrong_counts_of_arguments_before_the_password(locked: Connection) -> None:
    assert locked("AUTH") == arity("auth")
    assert locked("RESET", "x") == arity("reset")
    assert locked("AUTH", "default", PASSWORD, "x") == SYNTAX


def test_a_wrong_password_changes_nothing(locked: Connection) -> None:
    denied = []
    assert locked("AUTH", PASSWORD) == OK
    denied.append(int(locked.info("stats")["acl_access_denied_auth"]))
    for arguments in (
        ["wrong"], [""], [PASSWORD + "x"], [PASSWORD[:-1]], [PASSWORD.upper()], ["default", "wrong"],
        ["nobody", PASSWORD], ["Default", PASSWORD], ["", PASSWORD],
    ):  # fmt: skip
        assert locked("AUTH", *arguments) == WRONGPASS
        assert locked("PING") == Status("PONG"), "who was let in stays in"
    denied.append(int(locked.info("stats")["acl_access_denied_auth"]))
    assert denied[1] - denied[0] == 9


def test_reset_logs_out(locked: Connection) -> None:
    assert locked("AUTH", "default", PASSWORD) == OK
    assert locked("PING") == Status("PONG")
    assert locked("RESET") == Status("RESET")
    assert locked("PING") == NOAUTH


def test_a_refusal_is_counted_as_a_rejected_call(locked: Connection) -> None:
    assert locked("STRLEN", "key") == NOAUTH
    assert locked("AUTH", PASSWORD) == OK
    statistics = dict(each.split("=") for each in locked.info("commandstats")["cmdstat_strlen"].split(","))
    assert statistics["calls"] == "0"
    assert int(statistics["rejected_calls"]) >= 1
    assert "errorstat_NOAUTH" in locked.info("errorstats")


def test_a_password_set_later(r: Connection) -> None:
    assert r("CONFIG", "SET", "requirepass", "later") == OK
    try:
        assert r("PING") == Status("PONG"), "whoever is in stays in"
        with r.another(2) as other:
            assert other("PING") == NOAUTH
            assert other("AUTH", "later") == OK
            assert other("PING") == Status("PONG")
        waiting = r.another(2)
        assert waiting("PING") == NOAUTH
    finally:
        assert r("CONFIG", "SET", "requirepass", "") == OK
    with r.another(2) as other:
        assert other("PING") == Status("PONG")
    with waiting:
        assert waiting("AUTH", "default", "") == OK
        assert waiting("PING") == Status("PONG")


# Unknown commands


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (["NOPE"], "ERR unknown command 'NOPE', with args beginning with: "),
        (["nope", "a", "b c"], "ERR unknown command 'nope', with args beginning with: 'a' 'b c' "),
        (["nope", "a\r\nb"], "ERR unknown command 'nope', with args beginning with: 'a  b' "),
        (["no\r\npe"], "ERR unknown command 'no  pe', with args beginning with: "),
        (["n" * 200], f"ERR unknown command '{'n' * 128}', with args beginning with: "),
        (["nope", "a" * 200, "b"], f"ERR unknown command 'nope', with args beginning with: '{'a' * 128}' "),
        (
            ["nope", "a" * 100, "b" * 100],
            f"ERR unknown command 'nope', with args beginning with: '{'a' * 100}' '{'b' * 25}' ",
        ),
        (["CLIENT|LIST"], "ERR unknown command 'CLIENT|LIST', with args beginning with: "),
        (["CLIENT", "nope", "x"], "ERR unknown subcommand 'nope'. Try CLIENT HELP."),
        (["config", "NOPE"], "ERR unknown subcommand 'NOPE'. Try CONFIG HELP."),
        (["config", "n" * 200], f"ERR unknown subcommand '{'n' * 128}'. Try CONFIG HELP."),
        (["CLIENT"], "ERR wrong number of arguments for 'client' command"),
        (["client", "ID", "x"], "ERR wrong number of arguments for 'client|id' command"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_unknown_commands(r2: Connection, line: list[str], error: str) -> None:
    assert r2(*line) == Error(error)


