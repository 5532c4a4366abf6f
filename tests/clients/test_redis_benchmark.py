"""redis-benchmark 7.0.15: it runs to its end, does what it says, and its forms of output have every test in them.

Figures are not looked at here: the suite runs on machines that do other things as well. See bench/.
"""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.clients.conftest import Tool
from tests.support.servers import ServerProcess

pytestmark = pytest.mark.application("redis-benchmark", source="command")

NAMES = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"]


def test_pipelined(redis_tool: Tool, server: ServerProcess) -> None:
    with server.connect() as r:
        assert r("CONFIG", "RESETSTAT") == "OK"
        output = redis_tool("redis-benchmark", "-t", "ping,set,get,incr,mset", "-n", "20000", "-q", "-P", "16")
        lines = output.replace("\r", "\n")
        found = re.findall(r"^([A-Z_]+(?: \(10 keys\))?): ([0-9.]+) requests per second", lines, re.M)
        assert [name for name, _ in found] == NAMES
        assert all(float(rate) > 0 for _, rate in found)
        statistics = r.info("commandstats")
        for command, calls in [("ping", 40_000), ("set", 20_000), ("get", 20_000), ("incr", 20_000), ("mset", 20_000)]:
            assert int(statistics[f"cmdstat_{command}"].split(",")[0].removeprefix("calls=")) >= calls
        assert r("GET", "counter:__rand_int__") == b"20000"
        assert int(r.info("stats")["total_error_replies"]) == 0


@pytest.mark.parametrize("arguments", [["-P", "1"], ["-P", "50", "-r", "1000"], ["-3", "-d", "5000"]])
def test_csv(redis_tool: Tool, arguments: list[str]) -> None:
    output = redis_tool("redis-benchmark", "-t", "ping,set,get,incr,mset", "-n", "3000", "--csv", *arguments)
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["test"] for row in rows] == NAMES
    assert all(float(row["rps"]) > 0 and float(row["max_latency_ms"]) > 0 for row in rows)


def test_random_keys_and_own_commands(redis_tool: Tool, server: ServerProcess) -> None:
    redis_tool(
        "redis-benchmark", "-n", "5000", "-r", "100", "-q", "-P", "8", "--dbnum", "9",
        "set", "key:__rand_int__", "value",
    )  # fmt: skip
    with server.connect() as r:
        assert r("DBSIZE") == 0
        assert r("SELECT", 9) == "OK"
        assert 50 < r("DBSIZE") <= 100
        assert r("GET", "key:000000000042") in (b"value", None)


def test_a_thousand_connections_and_threads(redis_tool: Tool) -> None:
    output = redis_tool("redis-benchmark", "-t", "set,get", "-c", "500", "--threads", "2", "-n", "10000", "--csv")
    assert [row["test"] for row in csv.DictReader(io.StringIO(output))] == ["SET", "GET"]
