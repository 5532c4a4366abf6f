"""LATENCY: events that held the server up, and histograms of commands; INFO latencystats."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kvik.commands.info import percentile
from kvik.commands.sparkline import sparkline
from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, Verbatim, arity
from tests.support.servers import eventually


def pairs(r: Connection, reply: Any) -> dict[Any, Any]:
    """A map, as either protocol has it."""
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


def text(reply: Any) -> str:
    return (reply.data if isinstance(reply, Verbatim) else reply).decode()


def histogram(r: Connection, *names: str) -> dict[str, tuple[int, dict[int, int]]]:
    found = {}
    for name, fields in pairs(r, r("LATENCY", "HISTOGRAM", *names)).items():
        parts = pairs(r, fields)
        found[name.decode()] = (parts[b"calls"], pairs(r, parts[b"histogram_usec"]))
    return found


# --- histograms ------------------------------------------------------------------------------------------------------


def test_histogram(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    for i in range(100):
        r("SET", i, i)
    r("DEBUG", "SLEEP", "0.02")
    found = histogram(r)
    calls, counts = found["set"]
    assert calls == 100
    assert list(counts) == sorted(counts)
    assert list(counts.values()) == sorted(set(counts.values()))
    assert counts[max(counts)] == 100
    assert found["debug"] == (1, {33816: 1})
    assert "get" not in found


def test_histogram_of_some(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    r("GET", "x")
    r("CONFIG", "GET", "port")
    r("CLIENT", "ID")
    assert set(histogram(r, "get", "nope", "config", "CLIENT|ID")) == {"get", "config|get", "client|id", "config|resetstat"}
    assert set(histogram(r, "set")) == set()


def test_histogram_steps_are_powers_of_two(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    for _ in range(1000):
        r("PING")
    steps = {(limit + limit // 128 - 1) // 1000 for limit in (1024 << n for n in range(22))}
    assert set(histogram(r, "ping")["ping"][1]) <= steps


def test_resetstat_forgets_histograms(r: Connection) -> None:
    r("GET", "x")
    r("CONFIG", "RESETSTAT")
    assert set(histogram(r)) == {"config|resetstat"}


def test_latency_tracking_off(r: Connection) -> None:
    with r.config(latency_tracking="no"):
        r("CONFIG", "RESETSTAT")
        r("GET", "x")
        assert histogram(r) == {}
        assert "latency_percentiles_usec_get" not in r.info("latencystats")


def test_info_latencystats(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    for i in range(100):
        r("SET", i, i)
    shown = r.info("latencystats")["latency_percentiles_usec_set"]
    assert re.fullmatch(r"p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}", shown)
    values = [float(part.split("=")[1]) for part in shown.split(",")]
    assert values == sorted(values)
    assert values[0] > 0
    with r.config(latency_tracking_info_percentiles="0 99.99 100"):
        shown = r.info("latencystats")["latency_percentiles_usec_set"]
        assert re.fullmatch(r"p0=\d+\.\d{3},p99\.99=\d+\.\d{3},p100=\d+\.\d{3}", shown)
    with r.config(latency_tracking_info_percentiles=""):
        assert r.info("latencystats")["latency_percentiles_usec_set"] == ""
    assert "latency_percentiles_usec_set" not in r.info("default")
    assert "latency_percentiles_usec_set" in r.info("all")


def test_a_slow_command_in_info(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    r("DEBUG", "SLEEP", "0.02")
    shown = r.info("latencystats")["latency_percentiles_usec_debug"]
    assert 20_000 <= float(shown.split(",")[0].removeprefix("p50=")) < 2_000_000


@pytest.mark.parametrize(("percent", "value"), [(0, 10), (10, 10), (50, 20), (89, 20), (91, 30), (100, 30)])
def test_percentile(percent: float, value: int) -> None:
    assert percentile([(10, 10), (20, 80), (30, 10)], percent) == value


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def monitored(r: Connection) -> Any:
    with r.config(latency_monitor_threshold=10):
        r("LATENCY", "RESET")
        yield r
        r("LATENCY", "RESET")


def sleep_until_next_second(r: Connection) -> None:
    second = r("TIME")[0]
    eventually(lambda: r("TIME")[0] != second)


def test_an_event(monitored: Connection) -> None:
    r = monitored
    assert r("LATENCY", "LATEST") == []
    r("DEBUG", "SLEEP", "0.003")
    assert r("LATENCY", "LATEST") == []
    before = int(r("TIME")[0])
    r("DEBUG", "SLEEP", "0.05")
    ((name, when, latest, longest, total, count),) = r("LATENCY", "LATEST")
    assert name == b"command"
    assert before <= when <= int(r("TIME")[0])
    assert 50 <= latest < 5000
    assert (longest, total, count) == (latest, latest, 1)
    assert r("LATENCY", "HISTORY", "command") == [[when, latest]]


def test_one_sample_a_second_the_longest(monitored: Connection) -> None:
    r = monitored
    sleep_until_next_second(r)
    r("DEBUG", "SLEEP", "0.02")
    r("DEBUG", "SLEEP", "0.06")
    r("DEBUG", "SLEEP", "0.03")
    ((_, latest),) = r("LATENCY", "HISTORY", "command")
    assert 60 <= latest < 5000
    ((_, _, _, longest, total, count),) = r("LATENCY", "LATEST")
    assert (longest, count) == (latest, 3)
    assert total >= 110
    sleep_until_next_second(r)
    r("DEBUG", "SLEEP", "0.02")
    assert [sample[1] >= 60 for sample in r("LATENCY", "HISTORY", "command")] == [True, False]
    assert r("LATENCY", "LATEST")[0][3] == latest


def events(r: Connection) -> list[bytes]:
    return [each[0] for each in r("LATENCY", "LATEST")]


def test_fork(name: str, start: Start) -> None:
    """It is not known how long one takes here; the threshold is as low as it can be."""
    with start(name, latency_monitor_threshold="1").connect() as r:
        r.many([("SET", f"key:{i}", "x" * 5000) for i in range(20000)])
        r("BGSAVE")
        eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == "0")
        assert (b"fork" in events(r)) == (int(r.info("stats")["latest_fork_usec"]) >= 1000)


def test_expire_cycle(name: str, start: Start) -> None:
    """Nobody waits a millisecond for keys that expire, however many; for the end of a large one that is freed at once."""
    with start(name, latency_monitor_threshold="1", lazyfree_lazy_expire="no").connect() as r:
        for first in range(0, 400_000, 1000):
            r("SADD", "key", *(f"member:{i}" for i in range(first, first + 1000)))
        r("PEXPIRE", "key", 1)
        eventually(lambda: b"expire-cycle" in events(r))


def test_eviction_cycle(name: str, start: Start) -> None:
    server = start(
        name, latency_monitor_threshold="1", maxmemory_policy="allkeys-random", maxmemory_eviction_tenacity="100"
    )
    with server.connect() as r:
        r.many([("SET", f"key:{i}", "x" * 100) for i in range(200_000)])
        r("CONFIG", "SET", "maxmemory", int(r.info("memory")["used_memory"]) * 2 // 3)
        eventually(lambda: r("SET", "key", "value") and b"eviction-cycle" in events(r))


def test_reset(monitored: Connection) -> None:
    r = monitored
    r("DEBUG", "SLEEP", "0.02")
    assert r("LATENCY", "RESET", "nope") == 0
    assert r("LATENCY", "RESET", "command", "nope") == 1
    r("DEBUG", "SLEEP", "0.02")
    assert r("LATENCY", "RESET") == 1
    assert r("LATENCY", "LATEST") == []
    assert r("LATENCY", "HISTORY", "command") == []


def test_graph(monitored: Connection) -> None:
    r = monitored
    assert r("LATENCY", "GRAPH", "command") == Error("ERR No samples available for event 'command'")
    r("DEBUG", "SLEEP", "0.02")
    ((_, latest),) = r("LATENCY", "HISTORY", "command")
    lines = text(r("LATENCY", "GRAPH", "command")).split("\n")
    assert lines[0] == f"command - high {latest} ms, low {latest} ms (all time high {latest} ms)"
    assert lines[1] == "-" * 80
    assert lines[2:7] == [" ", " ", " ", "_", " "]
    assert lines[8:] == ["s", ""]


def test_doctor(r: Connection) -> None:
    with r.config(latency_monitor_threshold=0):
        assert "latency-monitor-threshold" in text(r("LATENCY", "DOCTOR"))
    with r.config(latency_monitor_threshold=10):
        r("LATENCY", "RESET")
        r("DEBUG", "SLEEP", "0.02")
        found = text(r("LATENCY", "DOCTOR"))
        assert re.search(r"1\. command: 1 latency spikes \(average \d+ms, mean deviation 0ms, period ", found)
        assert re.search(r"Worst all time event \d+ms\.", found)
        r("LATENCY", "RESET")


def test_sparkline_of_several_lines() -> None:
    drawn = sparkline([10, 21, 30, 300], ["4s", "3s", "2s", "0s"], 80, 4)
    assert drawn == "   #\n   |\n   |\n___|\n    \n4320\nssss\n"
    assert sparkline([1, 2, 3], ["1h", "12m", "3s"], 2, 2) == " _\n_|\n  \n11\nh2\n m\n\n#\n|\n \n3\ns\n"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("LATENCY", arity("latency")),
        ("LATENCY NOPE", Error("ERR unknown subcommand 'NOPE'. Try LATENCY HELP.")),
        ("LATENCY LATEST x", arity("latency|latest")),
        ("LATENCY HISTORY", arity("latency|history")),
        ("LATENCY GRAPH", arity("latency|graph")),
        ("LATENCY DOCTOR x", arity("latency|doctor")),
    ],
)
def test_errors(r: Connection, line: str, reply: Error) -> None:
    assert r(*line.split()) == reply


def test_turning_the_monitor_off_keeps_what_it_knows(monitored: Connection) -> None:
    r = monitored
    r("DEBUG", "SLEEP", "0.02")
    with r.config(latency_monitor_threshold=0):
        r("DEBUG", "SLEEP", "0.02")
        assert r("LATENCY", "LATEST")[0][5] == 1
        assert r("CONFIG", "SET", "latency-monitor-threshold", "0") == OK
