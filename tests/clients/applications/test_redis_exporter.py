"""Debian's prometheus-redis-exporter: the metrics that it makes of INFO, CONFIG, SLOWLOG, LATENCY and chosen keys."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest
import redis

from tests.support.servers import eventually, free_port

NAME = "prometheus-redis-exporter"


def version() -> str:
    """What Debian calls it; the program does not know."""
    command = ["dpkg-query", "--show", "--showformat", "${Version}", NAME]
    return subprocess.run(command, capture_output=True, text=True).stdout if shutil.which(command[0]) else ""


pytestmark = [
    pytest.mark.application(NAME, source="command", version=version()),
    pytest.mark.skipif(not shutil.which(NAME), reason=f"{NAME} is missing: apt-get install {NAME}"),
]


@pytest.fixture
def metrics_at(url: str) -> Iterator[str]:
    """The address of an exporter's metrics."""
    address = f"127.0.0.1:{free_port()}"
    command = [NAME, "-redis.addr", url, "-web.listen-address", address, "-check-single-keys", "db0=watched",
               "-export-client-list", "-include-system-metrics"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as exporter:
        yield f"http://{address}/metrics"
        exporter.terminate()


def read(address: str) -> dict[str, float]:
    """Metric with its labels, value."""
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10) as response:
        lines = [line for line in response.read().decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    return {}


def test_metrics(metrics_at: str, client: redis.Redis) -> None:
    client.rpush("watched", *range(7))
    client.set("short", 1, ex=1000)
    client.config_set("slowlog-log-slower-than", 0)
    client.get("short")
    client.config_set("slowlog-log-slower-than", 10_000)
    with contextlib.suppress(redis.ResponseError):
        client.incr("watched")
    eventually(lambda: read(metrics_at))
    metrics = read(metrics_at)
    assert metrics["redis_up"] == 1
    assert metrics["redis_exporter_last_scrape_error{err=\"\"}"] == 0
    assert metrics['redis_db_keys{db="db0"}'] == 2
    assert metrics['redis_db_keys_expiring{db="db0"}'] == 1
    assert metrics['redis_key_size{db="db0",key="watched"}'] == 7
    assert metrics['redis_commands_total{cmd="get"}'] >= 1
    assert metrics["redis_slowlog_length"] >= 1
    assert metrics["redis_memory_used_bytes"] > 0
    assert metrics["redis_connected_clients"] >= 1
    assert metrics["redis_uptime_in_seconds"] >= 0
