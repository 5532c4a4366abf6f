"""Fixtures for clients that are used as they come.

    server      Kvik's and then the oracle's ServerProcess, emptied
    redis_tool  runs redis-cli or redis-benchmark against `server`
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Servers
from tests.support.servers import ServerProcess, fresh

Tool = Callable[..., str]


@pytest.fixture
def server(servers: Servers, name: str) -> Iterator[ServerProcess]:
    running = servers.get(name)
    fresh(running, 2).close()
    yield running
    assert running.alive(), f"the test has brought {name} down:\n{running.log()[-4000:]}"


def tool_path(tool: str) -> str:
    path = shutil.which(tool)
    assert path, f"{tool} is missing: apt-get install redis-tools"
    return path


@pytest.fixture
def redis_tool(server: ServerProcess) -> Tool:
    def run(tool: str, *arguments: str, stdin: bytes = b"", code: int = 0) -> str:
        """Its output; it must end by itself, with this exit code."""
        command = [tool_path(tool), "-p", str(server.port), *arguments]
        result = subprocess.run(command, input=stdin, capture_output=True, timeout=60)
        output = result.stdout.decode() + result.stderr.decode()
        assert result.returncode == code, output
        return output

    return run
