"""Fixtures for every layer: servers that live as long as the test run, connections that live as long as a test.

    r           a connection to an empty server, once for each of kvik/oracle x RESP2/RESP3
    r2          the same in RESP2 only, where the protocol changes nothing
    kvik        Kvik's ServerProcess          oracle      the real Valkey's
    both        a connection to either, RESP2, both empty: see support/both.py
    start       starts servers of a test's own kind, with directives, and ends them after the test
    name        kvik, then oracle: what `start` is to start

`--only-kvik` leaves the oracle out (the sanitizer build cannot load it). With `--embedded` the server of `r` and `kvik` is
in this process, and so are connections to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.both import Both
from tests.support.resp import Connection
from tests.support.servers import ServerProcess, fresh

BOTH = ("kvik", "oracle")
Start = Callable[..., ServerProcess]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only-kvik", action="store_true", help="run the command suites on Kvik alone")
    parser.addoption("--embedded", action="store_true", help="run them on Kvik embedded alone, over in-process connections")


class Servers:
    """The servers of this run, started when first asked for, and again if a test has brought one down."""

    def __init__(self, embedded: bool) -> None:
        self.embedded = embedded
        self.running: dict[str, ServerProcess] = {}

    def get(self, name: str) -> ServerProcess:
        if name not in self.running or not self.running[name].alive():
            if self.embedded and name == "kvik":
                from tests.support.embedded import EmbeddedServer

                self.running[name] = EmbeddedServer(name)
            else:
                self.running[name] = ServerProcess(name)
        return self.running[name]

    def stop(self) -> None:
        for each in self.running.values():
            each.stop()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    servers = Servers(pytestconfig.getoption("embedded"))
    yield servers
    servers.stop()


@pytest.fixture
def kvik(servers: Servers) -> ServerProcess:
    return servers.get("kvik")


@pytest.fixture
def oracle(servers: Servers) -> ServerProcess:
    return servers.get("oracle")


@pytest.fixture
def both(kvik: ServerProcess, oracle: ServerProcess) -> Iterator[Both]:
    with fresh(kvik, 2) as ours, fresh(oracle, 2) as theirs:
        yield ours, theirs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`r`, `r2` and `name` are parametrized here, so that --only-kvik can leave the oracle out."""
    options = metafunc.config.option
    names = BOTH[:1] if options.only_kvik or options.embedded else BOTH
    marks = metafunc.definition.iter_markers("parametrize")
    if "name" in metafunc.fixturenames and not any("name" in mark.args[0] for mark in marks):
        metafunc.parametrize("name", names)
    if "r2" in metafunc.fixturenames:
        metafunc.parametrize("_target", [(n, 2) for n in names], indirect=True, ids=lambda t: t[0])
    elif "r" in metafunc.fixturenames:
        targets = [(n, p) for n in names for p in (2, 3)]
        metafunc.parametrize("_target", targets, indirect=True, ids=lambda t: f"{t[0]}-resp{t[1]}")


@pytest.fixture
def _target(request: pytest.FixtureRequest) -> tuple[str, int]:
    """The server and the protocol that pytest_generate_tests has chosen."""
    target: tuple[str, int] = request.param
    return target


@pytest.fixture
def r(servers: Servers, _target: tuple[str, int]) -> Iterator[Connection]:
    name, resp = _target
    server = servers.get(name)
    connection = fresh(server, resp)
    connection.server = server
    yield connection
    connection.close()
    assert server.alive(), f"the test has brought {name} down:\n{server.log()[-4000:]}"


@pytest.fixture
def r2(r: Connection) -> Connection:
    return r


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ServerProcess] = []

    def start(name: str, *arguments: str, **directives: str) -> ServerProcess:
        started.append(ServerProcess(name, *arguments, **directives))
        return started[-1]

    yield start
    for each in started:
        each.stop()
