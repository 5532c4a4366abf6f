"""Libraries that store what they do in Redis, used as their users use them, with real worker processes.

    server      a ServerProcess, empty when a module begins: Kvik's, and with `-m soak` the oracle's too, which shows that
                the tests themselves are right
    url         redis://127.0.0.1:port/0
    client      a redis-py client of it
    program     starts a program (a worker), and ends it after the test
    workers     the same, for a whole module

A module's tests share a server and often a worker, so each uses names of its own. `pytest.mark.application` says whose
users these are: see support/compatibility.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from tests.clients.applications.programs import Program
from tests.conftest import Servers
from tests.support.servers import ServerProcess, fresh

Run = Callable[..., Program]


@pytest.fixture(scope="module", params=["kvik", pytest.param("oracle", marks=pytest.mark.soak)])
def server(request: pytest.FixtureRequest, servers: Servers) -> Iterator[ServerProcess]:
    running = servers.get(request.param)
    fresh(running, 2).close()
    yield running
    assert running.alive(), f"the tests have brought {request.param} down:\n{running.log()[-4000:]}"


@pytest.fixture(scope="module")
def url(server: ServerProcess) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def client(url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(url, decode_responses=True, socket_timeout=60) as client:
        yield client


def runner() -> Iterator[Run]:
    programs: list[Program] = []

    def run(*command: str, ready: str = "", **environment: str) -> Program:
        """Start it, and wait until its output has `ready` in it."""
        programs.append(Program(command, environment))
        programs[-1].wait_for(ready)
        return programs[-1]

    yield run
    for each in programs:
        each.stop()


program = pytest.fixture(runner)
workers = pytest.fixture(runner, scope="module")
