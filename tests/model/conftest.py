"""Servers of this layer's own: commands that wait come back quickly, and encodings are set as runs need them.

    start       start("kvik") or start("oracle"): one of each for all tests, more by another second argument
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.servers import ServerProcess

Start = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    running: dict[tuple[str, int], ServerProcess] = {}

    def start(name: str, number: int = 0) -> ServerProcess:
        if (name, number) not in running:
            running[name, number] = ServerProcess(name, hz="500")
        return running[name, number]

    yield start
    for each in running.values():
        each.stop()
