"""`kvik.Server`: a real server in this process, on a thread of its own that does not need the GIL.

    with kvik.Server() as server:                       async with kvik.Server() as server:
        r = server.connect()        in-process              r = server.async_client()
        r = server.client()         by socket

What the thread does is engine.py; in-process clients are client.py.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from kvik.embed.engine import Engine, StartError

if TYPE_CHECKING:
    import redis
    import redis.asyncio

    from kvik.embed.client import InProcessRedis

_PAST_MS: Final = 2
"""`advance` ends this much later: what is due after n seconds is overdue then, as it is after a sleep of n seconds."""


class Server:
    """A server in this process. See docs/embedding.md."""

    def __init__(
        self,
        persist: str | os.PathLike[str] | None = None,
        *,
        host: str | None = "127.0.0.1",
        port: int = 0,
        unixsocket: str | os.PathLike[str] | bool | None = None,
        log: logging.Logger | str | bool | None = "kvik",
        modules: Sequence[str | os.PathLike[str] | ModuleType] = (),
        **directives: Any,
    ) -> None:
        """`persist`: a directory for an append-only file, or a file `*.rdb` for a snapshot that is saved at the end;
        None: nothing lasts. `port` 0: a free one. `unixsocket`: its path, or True for one in a private directory, and no
        TCP then, unless a port is named; `host=None`: no TCP. `log`: a logger or its name; False: nowhere. `modules`: with
        commands in Python (docs/python-commands.md), as files or as what was imported.

        Further arguments are directives of the configuration file, with underscores for dashes: `maxmemory="100mb"`.
        ValueError if one is wrong.
        """
        if unixsocket and port == 0:
            host = None
        self._host = host
        self._port = port
        self._unixsocket = unixsocket
        self._persist = os.path.abspath(persist) if persist is not None else None
        self._logger = logging.getLogger(log) if isinstance(log, str) else None if isinstance(log, bool) else log
        self._directives = {name.replace("_", "-"): value for name, value in directives.items()}
        self._modules = list(modules)
        self._engine: Engine | None = None
        self._moved_us = 0
        self.unixsocket: str | None = None

    def __repr__(self) -> str:
        state = f"port={self.port}, unixsocket={self.unixsocket!r}" if self.running else "not running"
        return f"<kvik.Server {state}>"

    # --- start and stop ---

    def _make_engine(self) -> Engine:
        if self.running:
            raise StartError("the server is running already")
        directory, directives = self._storage()
        engine = Engine(
            directives | self._directives, host=self._host, port=self._port, directory=directory, logger=self._logger,
            modules=self._modules,
        )  # fmt: skip
        if self._unixsocket:
            path = os.path.join(engine.directory, "kvik.sock") if self._unixsocket is True else self._unixsocket
            self.unixsocket = os.path.abspath(os.fspath(path))
            engine.config.assign("unixsocket", self.unixsocket)
        self._moved_us = 0
        self._engine = engine
        return engine

    def _storage(self) -> tuple[str | None, dict[str, Any]]:
        """The directory, and what the directives are unless others are given."""
        if self._persist is None:
            return None, {"save": ""}
        if self._persist.endswith(".rdb"):
            directory, name = os.path.split(self._persist)
            os.makedirs(directory, exist_ok=True)
            return directory, {"dbfilename": name}
        os.makedirs(self._persist, exist_ok=True)
        return self._persist, {"save": "", "appendonly": True}

    def start(self) -> Self:
        """Start, and wait until it is ready. StartError: it cannot; the text says why."""
        engine = self._make_engine()
        either = threading.Event()
        engine.when(engine.ready, either.set)
        engine.start()
        either.wait()
        return self._started(engine)

    def _started(self, engine: Engine) -> Self:
        if not engine.ready.is_set():
            self._engine = None
            raise engine.failure or StartError("the server has ended before it was ready")
        return self

    def stop(self) -> None:
        """Stop, save what is to last, and free everything. What is stopped already, or the parent's, stays as it is."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        engine = self._make_engine()
        try:
            await _until(engine, engine.ready, engine.start)
        except BaseException:           # cancelled
            self._engine = None
            engine.request_stop()
            raise
        return self._started(engine)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        engine, self._engine = self._engine, None
        if engine is not None and engine.is_mine:
            await _until(engine, engine.ended, engine.request_stop)
            engine.stop()

    def __del__(self) -> None:
        if self.__dict__.get("_engine") is not None:
            self.stop()

    # --- what it is ---

    @property
    def running(self) -> bool:
        return self._engine is not None and not self._engine.ended.is_set()

    def _running_engine(self) -> Engine:
        if self._engine is None or self._engine.ended.is_set():
            raise StartError("the server is not running")
        return self._engine

    @property
    def host(self) -> str | None:
        return self._host

    @property
    def port(self) -> int:
        """The TCP port; 0: it has none."""
        return self._engine.port if self._engine is not None else 0

    @property
    def url(self) -> str:
        """For `redis.from_url`, and for everything else that wants one."""
        self._running_engine()
        if self.port:
            return f"redis://{self._host}:{self.port}/0"
        if self.unixsocket:
            return f"unix://{self.unixsocket}?db=0"
        raise StartError("the server listens nowhere: only in-process clients can talk to it")

    # --- clients ---

    def connect(self, **options: Any) -> InProcessRedis:
        """A redis-py client that runs its commands in this process. `options` are those of redis.Redis."""
        from kvik.embed.client import in_process_client

        return in_process_client(self._running_engine().core, **options)

    def client(self, **options: Any) -> redis.Redis:
        """A redis-py client that is connected by a socket. `options` are those of redis.Redis."""
        from kvik.embed.client import redis_py

        client: redis.Redis = redis_py().Redis(**self._address(), **options)
        return client

    def async_client(self, **options: Any) -> redis.asyncio.Redis:
        """A redis.asyncio client, connected by a socket."""
        from kvik.embed.client import redis_py

        redis_py()
        import redis.asyncio

        return redis.asyncio.Redis(**self._address(), **options)

    def _address(self) -> dict[str, Any]:
        engine = self._running_engine()
        password = engine.config.get_str("requirepass")
        credentials = {"password": password} if password else {}
        if self.unixsocket:
            return {"unix_socket_path": self.unixsocket, **credentials}
        if engine.port:
            return {"host": self._host, "port": engine.port, **credentials}
        raise StartError("the server listens nowhere: use connect()")

    # --- time ---

    def time(self) -> float:
        """The server's time, in seconds since 1970."""
        return self._running_engine().core.sharing.now_us() / 1e6

    def advance(self, seconds: float | timedelta) -> None:
        """Let so much time pass for the server. What was due in it has happened when this returns: keys and fields have
        expired, waiting clients were told that their time is over."""
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        if seconds < 0:
            raise ValueError("time goes forward only")
        self._move(round(seconds * 1_000_000) + _PAST_MS * 1000)

    def _move(self, microseconds: int) -> None:
        self._running_engine().core.sharing.pass_time(microseconds)
        self._moved_us += microseconds

    def reset(self) -> None:
        """As new: no keys, no scripts, the settings of the start, statistics of nothing, the system's time. Connections
        stay."""
        self._running_engine().restore()
        with self.connect() as client:
            client.flushall()
            client.script_flush()
            client.function_flush()
        if self._moved_us:
            self._move(-self._moved_us)


async def _until(engine: Engine, event: threading.Event, begin: Callable[[], None]) -> None:
    """Call `begin`, and wait for the event without holding up the event loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell() -> None:
        if not done.done():
            done.set_result(None)

    engine.when(event, lambda: loop.call_soon_threadsafe(tell))
    begin()
    await done
