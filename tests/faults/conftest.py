"""Fixtures for faults, beside those of all layers.

    server      Kvik's and then the oracle's ServerProcess, emptied, with no clients, its settings as at the start
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Servers
from tests.faults.watch import settles
from tests.support.servers import ServerProcess, fresh


@pytest.fixture
def server(servers: Servers, name: str) -> Iterator[ServerProcess]:
    running = servers.get(name)
    with fresh(running, 2) as r:
        for kind in ("normal", "pubsub"):       # what other tests have left behind
            r("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        settles(r, 1)
    yield running
    assert running.alive(), f"the test has brought {name} down:\n{running.log()[-4000:]}"
