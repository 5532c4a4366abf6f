"""rename-command: who calls a command how, what it is called where it is shown, and what the log of effects says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Error, Status
from tests.support.servers import command_line, eventually

LINES = """\
rename-command GET fetch
rename-command FLUSHALL ""
rename-command CONFIG Cfg
rename-command SET put
rename-command DEL SET
rename-command PING PiNg2
rename-command SREM ""
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "renamed.conf"
    path.write_text(LINES)
    return str(path)


def test_calls(name: str, start: Start, config: str) -> None:
    with start(name, config).connect() as r:
        assert r("PUT", "a", "1") == OK
        assert r("FETCH", "a") == b"1"
        assert r("fetch", "a") == b"1"
        assert r("GET", "a") == Error("ERR unknown command 'GET', with args beginning with: 'a' ")
        assert r("FETCH") == Error("ERR wrong number of arguments for 'get' command")
        assert r("SET", "a") == 1
        assert r("flushall") == Error("ERR unknown command 'flushall', with args beginning with: ")
        assert r("ping2") == Status("PONG")
        assert r("cfg", "GET", "port")[0] == b"port"
        assert r("CFG", "NOPE") == Error("ERR unknown subcommand 'NOPE'. Try CFG HELP.")
        assert r("CFG") == Error("ERR wrong number of arguments for 'config' command")
        assert r("cfg", "HELP")[0].startswith("CFG <subcommand>")
        assert r.many([["MULTI"], ["FETCH", "a"], ["PUT", "a", "2"], ["EXEC"]])[3] == [None, OK]


def test_tables(name: str, start: Start, config: str) -> None:
    with start(name, config).connect() as r:
        found = r("COMMAND", "INFO", "get", "fetch", "FETCH", "flushall", "cfg", "cfg|get", "config|get")
        assert [each and each[0] for each in found] == [None, b"get", b"get", None, b"config", b"config|get", None]
        assert r("COMMAND", "LIST", "FILTERBY", "PATTERN", "*etch*") == []
        assert r("COMMAND", "LIST", "FILTERBY", "PATTERN", "flushall") == []
        assert sorted(r("COMMAND", "LIST", "FILTERBY", "PATTERN", "config*"))[0] == b"config"
        assert r("COMMAND", "GETKEYS", "put", "x", "y") == [b"x"]
        assert r("COMMAND", "DOCS", "fetch")[0] == b"get"
        assert r("COMMAND", "DOCS", "get") == []
        r("FETCH", "a")
        assert "cmdstat_get" in r.info("commandstats")
        with r.another() as other:
            other("FETCH", "a")
            assert " cmd=get " in r("CLIENT", "LIST").decode()


def test_the_log_of_effects_says_the_real_names(start: Start, config: str) -> None:
    """So that it can be read by a server that calls them otherwise, this one among them."""
    server = start("kvik", config, appendonly="yes", appendfsync="always")
    with server.connect() as r:
        r.many([["PUT", "a", "1"], ["PUT", "b", "1"], ["SADD", "s", "x", "y"], ["SPOP", "s"], ["SET", "b"]])
        r.many([["XGROUP", "CREATE", "stream", "g", "$", "MKSTREAM"]])
        left = r("SMEMBERS", "s")
    log = b"".join(path.read_bytes() for path in (server.directory / "appendonlydir").glob("*.incr.aof")).upper()
    assert log.count(b"$3\r\nSET\r\n") == 2
    assert log.count(b"$3\r\nDEL\r\n") == 1
    assert log.count(b"$6\r\nXGROUP\r\n") == 1
    assert log.count(b"$4\r\nSREM\r\n") == 1
    server.kill()
    server.start()
    with server.connect() as r:
        assert r("FETCH", "a") == b"1"
        assert r("EXISTS", "b") == 0
        assert r("SMEMBERS", "s") == left
        eventually(lambda: r("DBSIZE") == 3)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("rename-command NOPE x", "No such command in rename-command"),
        ("rename-command GET SET", "Target command name already exists"),
        ("rename-command GET", "Bad directive or wrong number of arguments"),
        ('rename-command GET ""\nrename-command GET x', "No such command in rename-command"),
        ('rename-command "" x', "No such command in rename-command"),
        ("rename-command GET foo\nrename-command SET foo", "Target command name already exists"),
    ],
)
def test_what_cannot_be(name: str, tmp_path: Path, lines: str, reason: str) -> None:
    path = tmp_path / "bad.conf"
    path.write_text(lines + "\n")
    ended = subprocess.run([*command_line(name), str(path)], capture_output=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert reason in ended.stderr.decode()
