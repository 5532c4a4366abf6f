"""The package index of this machine's Debian release, a day's work: the same answers from Kvik and both its peers."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from tests.clients.package_index import COPIES, packages_of, read_index
from tests.support.servers import REPOSITORY, ServerProcess, fresh


def work(server: ServerProcess) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.clients.package_index", "--port", str(server.port)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=100)


@pytest.mark.timeout(300)
def test_three_servers_give_the_same_answers() -> None:
    told = {}
    for name in ("kvik", "oracle", "redis"):
        with ServerProcess(name) as server:
            result = work(server)
        assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
        told[name] = result.stdout
    assert told["kvik"] == told["oracle"] == told["redis"]
    index = read_index()
    assert told["kvik"].count(hashlib.sha256(index).hexdigest()) == 2
    assert f" {len(packages_of(index)):,} keys, those that were set" in told["kvik"]
    assert f" {COPIES:,} copies, each with its time to live, and all gone after it" in told["kvik"]


def test_a_server_that_holds_keys_is_left_alone(kvik: ServerProcess) -> None:
    with fresh(kvik, 2) as r:
        r("SET", "key", "value")
        result = work(kvik)
        assert (result.returncode, result.stdout) == (1, "")
        assert "the server holds keys" in result.stderr
        assert r("DBSIZE") == 1
