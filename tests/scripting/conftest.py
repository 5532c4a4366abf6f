"""`kvik_alone`: a connection to Kvik, for what the oracle is not asked: whether hostile input brings it down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.resp import Connection
from tests.support.servers import ServerProcess, fresh


@pytest.fixture
def kvik_alone(kvik: ServerProcess) -> Iterator[Connection]:
    with fresh(kvik, 2) as connection:
        yield connection
    assert kvik.alive(), kvik.log()[-4000:]
