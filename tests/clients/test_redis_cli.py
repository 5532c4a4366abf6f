"""redis-cli 7.0.15 in the ways people run it."""

from __future__ import annotations

import functools
import re
import signal
import subprocess

import pytest

from tests.clients.conftest import Tool, tool_path
from tests.support.resp import OK, encode_command
from tests.support.servers import ServerProcess

pytestmark = pytest.mark.application("redis-cli", source="command")


def test_commands(redis_tool: Tool) -> None:
    assert redis_tool("redis-cli", "set", "key", "value") == "OK\n"
    assert redis_tool("redis-cli", "get", "key") == "value\n"
    assert redis_tool("redis-cli", "--no-raw", "get", "key") == '"value"\n'
    assert redis_tool("redis-cli", "--no-raw", "get", "none") == "(nil)\n"
    assert redis_tool("redis-cli", "--no-raw", "incr", "n") == "(integer) 1\n"
    assert redis_tool("redis-cli", "--no-raw", "mget", "key", "none") == '1) "value"\n2) (nil)\n'
    assert redis_tool("redis-cli", "-n", "3", "dbsize") == "0\n"
    assert redis_tool("redis-cli", "incr", "key").startswith("ERR value is not an integer")
    assert redis_tool("redis-cli", "-e", "incr", "key", code=1).startswith("ERR value is not an integer")


def test_resp3(redis_tool: Tool) -> None:
    assert redis_tool("redis-cli", "-3", "--no-raw", "get", "none") == "(nil)\n"
    shown = redis_tool("redis-cli", "-3", "--no-raw", "config", "get", "maxmemory-policy")
    assert shown == '1# "maxmemory-policy" => "noeviction"\n'
    hello = redis_tool("redis-cli", "-3", "--no-raw", "hello")
    assert '"proto" => (integer) 3' in hello
    assert "redis_version:" in redis_tool("redis-cli", "-3", "info", "server")


def test_a_session_from_standard_input(redis_tool: Tool) -> None:
    """What redis-cli does for people at a terminal begins with COMMAND DOCS; it must not mind."""
    session = b"set a 1\nincr a\n3 incr b\nselect 2\ndbsize\nnosuch\nget a\n"
    lines = redis_tool("redis-cli", stdin=session).split("\n")
    assert lines[:7] == ["OK", "2", "1", "2", "3", "OK", "0"]
    assert lines[7].startswith("ERR unknown command 'nosuch'")


def test_an_argument_from_standard_input(redis_tool: Tool) -> None:
    assert redis_tool("redis-cli", "-x", "set", "key", stdin=b"from a file\x00\xff") == "OK\n"
    assert redis_tool("redis-cli", "strlen", "key") == "13\n"
    assert redis_tool("redis-cli", "-X", "tag", "set", "tag", "value", stdin=b"name") == "OK\n"
    assert redis_tool("redis-cli", "get", "name") == "value\n"


def test_repeat(redis_tool: Tool) -> None:
    assert redis_tool("redis-cli", "-r", "5", "incr", "n") == "1\n2\n3\n4\n5\n"


def test_csv_and_json(redis_tool: Tool, server: ServerProcess) -> None:
    with server.connect() as r:
        assert r("MSET", "a", 'one"', "b", "two") == OK
    assert redis_tool("redis-cli", "--csv", "mget", "a", "b", "none") == '"one\\"","two",NULL\n'
    assert redis_tool("redis-cli", "--json", "mget", "a", "b", "none") == '["one\\"","two",null]\n'
    assert redis_tool("redis-cli", "--quoted-input", "get", '"\\x61"') == 'one"\n'


def test_pipe(redis_tool: Tool, server: ServerProcess) -> None:
    count = 50_000
    commands = b"".join(encode_command(["SET", f"key:{number}", f"value {number}"]) for number in range(count))
    assert f"errors: 0, replies: {count}" in redis_tool("redis-cli", "--pipe", stdin=commands)
    with server.connect() as r:
        assert r("DBSIZE") == count
        assert r("MGET", "key:0", "key:49999") == [b"value 0", b"value 49999"]


def test_pipe_counts_errors(redis_tool: Tool) -> None:
    commands = b"SET word abc\r\nINCR word\r\nGET word\r\nNOSUCH\r\n"
    assert "errors: 2, replies: 4" in redis_tool("redis-cli", "--pipe", stdin=commands, code=1)


def test_scan(redis_tool: Tool, server: ServerProcess) -> None:
    with server.connect() as r:
        r.many([["SET", f"{kind}:{number}", "x"] for kind in ("a", "b") for number in range(300)])
    found = redis_tool("redis-cli", "--scan", "--pattern", "a:*").split()
    assert sorted(found) == sorted(f"a:{number}" for number in range(300))
    assert len(redis_tool("redis-cli", "--scan").split()) == 600


@pytest.mark.parametrize("option", ["--bigkeys", "--memkeys"])
def test_search_for_large_keys(redis_tool: Tool, server: ServerProcess, option: str) -> None:
    with server.connect() as r:
        r.many([["SET", f"key:{number}", "x"] for number in range(500)] + [["SET", "giant", "x" * 100_000]])
    report = redis_tool("redis-cli", option)
    assert "Sampled 501 keys in the keyspace!" in report
    assert re.search(r"Biggest string found '\"giant\"' has \d+ bytes", report)
    assert "501 strings with" in report


def test_search_for_hot_keys(redis_tool: Tool, server: ServerProcess) -> None:
    with server.connect() as r, r.config(maxmemory_policy="allkeys-lfu"):
        r.many([["SET", f"key:{number}", "x"] for number in range(500)])
        r.many([["GET", "key:7"]] * 2000)
        report = redis_tool("redis-cli", "--hotkeys")
    assert "Sampled 500 keys in the keyspace!" in report
    found = re.findall(r'hot key found with counter: (\d+)\tkeyname: "key:(\d+)"', report)
    assert max(found, key=lambda pair: int(pair[0]))[1] == "7"


def test_stat(server: ServerProcess) -> None:
    """It never ends by itself: its first lines, then SIGINT, as a person would."""
    command = [tool_path("redis-cli"), "-p", str(server.port), "-i", "0.01", "--stat"]
    with server.connect() as r:
        assert r("MSET", "a", 1, "b", 2) == OK
        # Whoever runs tests in the background may have had SIGINT ignored, and that is inherited.
        heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as tool:
            assert tool.stdout is not None
            lines = [tool.stdout.readline() for _ in range(6)]
            tool.send_signal(signal.SIGINT)
            tool.wait(10)
    assert lines[1].split()[:4] == ["keys", "mem", "clients", "blocked"]
    assert all(re.match(r"2 +[0-9.]+[KMG] +\d+ +0 +\d+ \(\+\d+\)", line) for line in lines[2:])


def test_latency(server: ServerProcess) -> None:
    """With its output elsewhere than a terminal it measures for a while, prints one line and ends."""
    command = [tool_path("redis-cli"), "-p", str(server.port), "-i", "0.2", "--raw", "--latency"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    lowest, highest, average, samples = map(float, result.stdout.split())
    assert 0 <= lowest <= average <= highest
    assert samples > 1


def test_authentication(redis_tool: Tool, server: ServerProcess) -> None:
    with server.connect() as r, r.config(requirepass="secret"):
        assert redis_tool("redis-cli", "get", "key") == "NOAUTH Authentication required.\n\n"
        quiet = "--no-auth-warning"
        assert redis_tool("redis-cli", quiet, "-a", "secret", "set", "key", "value") == "OK\n"
        assert redis_tool("redis-cli", quiet, "--user", "default", "--pass", "secret", "get", "key") == "value\n"
        assert "WRONGPASS" in redis_tool("redis-cli", quiet, "-a", "wrong", "get", "key")
