"""Fixtures for faults.

    server      Kvik's and then the oracle's ServerProcess, emptied, its settings as at the start
    start       starts servers of a test's own kind, with directives, and ends them after the test
    name        kvik, then oracle: what `start` is to start
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import BOTH, Servers
from tests.support.servers import ServerProcess, fresh

Start = Callable[..., ServerProcess]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        names = BOTH[:1] if metafunc.config.getoption("only_kvik") else BOTH
        metafunc.parametrize("name", names)


@pytest.fixture
def server(servers: Servers, name: str) -> Iterator[ServerProcess]:
    running = servers.get(name)
    fresh(running, 2).close()
    yield running
    assert running.alive(), f"the test has brought {name} down:\n{running.log()[-4000:]}"


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ServerProcess] = []

    def start(name: str, *arguments: str, **directives: str) -> ServerProcess:
        started.append(ServerProcess(name, *arguments, **directives))
        return started[-1]

    yield start
    for each in started:
        each.stop()
