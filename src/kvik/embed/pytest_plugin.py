"""Fixtures for tests of code that uses Redis: a real server in the test process, and a clock that the test moves.

    def test_session(kvik, kvik_server):
        kvik.set("session", "ada", ex=1800)
        kvik_server.advance(1800)
        assert kvik.get("session") is None

`kvik_server` lives as long as the session, and is as new for each test that asks for it, `kvik` or `kvik_async`: no keys,
the configured settings, the system's time. Override `kvik_settings` in a conftest.py for other directives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import redis
    import redis.asyncio

    from kvik.embed.server import Server

async_fixture: Any
try:
    import pytest_asyncio
except ImportError:
    async_fixture = pytest.fixture      # anyio runs plain ones
else:
    async_fixture = pytest_asyncio.fixture


@pytest.fixture(scope="session")
def kvik_settings() -> dict[str, Any]:
    """Arguments of kvik.Server for the server of the session."""
    return {}


@pytest.fixture(scope="session")
def kvik_session(kvik_settings: dict[str, Any]) -> Iterator[Server]:
    """The server of the session, as the last test has left it."""
    from kvik.embed.server import Server

    with Server(**kvik_settings) as server:
        yield server


@pytest.fixture
def kvik_server(kvik_session: Server) -> Server:
    """A server without data, whose clock the test may move: see kvik.Server."""
    if not kvik_session.running:        # a test has shut it down
        kvik_session.start()
    kvik_session.reset()
    return kvik_session


@pytest.fixture
def kvik(kvik_server: Server) -> Iterator[redis.Redis]:
    """A redis-py client of `kvik_server`, in-process; strings come back as str."""
    with kvik_server.connect(decode_responses=True) as client:
        yield client


@async_fixture  # type: ignore[untyped-decorator]
async def kvik_async(kvik_server: Server) -> AsyncIterator[redis.asyncio.Redis]:
    """A redis.asyncio client of `kvik_server`; strings come back as str."""
    async with kvik_server.async_client(decode_responses=True) as client:
        yield client
