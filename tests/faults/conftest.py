"""Fixtures for faults, beside those of all layers.

    server      Kvik's and then the oracle's ServerProcess, emptied, its settings as at the start
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Servers
from tests.support.servers import ServerProcess, fresh


@pytest.fixture
def server(servers: Servers, name: str) -> Iterator[ServerProcess]:
    running = servers.get(name)
    fresh(running, 2).close()
    yield running
    assert running.alive(), f"the test has brought {name} down:\n{running.log()[-4000:]}"
