"""The thread of an embedded server: it makes the server, loads, serves, and frees everything at its end.

    start() ──▶ thread: Server, open, load ──▶ ready ──▶ run ......... SHUTDOWN, stop() ──▶ close ──▶ ended

Nothing here touches what is the process's: no signal handler, no working directory, no standard stream, no exit.
"""

from __future__ import annotations

import logging
import os
import resource
import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from kvik.embed.lifecycle import LIFECYCLE
from kvik.server import listeners
from kvik.server.config import Config
from kvik.server.config_file import ConfigFileError, ConfigReader, check_whole
from kvik.server.config_text import quote
from kvik.server.server import Server
from kvik.server.server_log import Level, ServerLog

if TYPE_CHECKING:
    import socket

    from kvik.server.core import Core

_LEVELS: Final = (logging.DEBUG, logging.DEBUG, logging.INFO, logging.WARNING)
_RESERVED_DESCRIPTORS: Final = 32


class StartError(RuntimeError):
    """The server cannot start; the text says why."""


class LoggerLog(ServerLog):
    """Log lines go to a logger of Python's, or nowhere. The last one is kept: it says why a start has failed."""

    def __init__(self, logger: logging.Logger | None) -> None:
        super().__init__()
        self._logger = logger
        self.last = ""

    def log(self, level: Level, message: str) -> None:
        if level < self.level or level >= Level.NOTHING:
            return
        self.last = message
        if self._logger is not None:
            self._logger.log(_LEVELS[level], "%s", message)


def private_directory() -> str:
    """Made, for nobody else. (`tempfile` takes longer to import than all else that is done here.)"""
    path = os.path.join(os.environ.get("TMPDIR") or "/tmp", f"kvik-{os.urandom(8).hex()}")
    os.mkdir(path, 0o700)
    return path


def as_text(value: Any) -> str:
    """A directive's value as a configuration file has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(as_text(each) for each in value)
    return quote(os.fspath(value) if isinstance(value, os.PathLike) else str(value))


class Engine:
    def __init__(
        self,
        directives: Mapping[str, Any],
        *,
        host: str | None,
        port: int,
        directory: str | None,
        logger: logging.Logger | None,
        modules: Sequence[str | os.PathLike[str] | ModuleType] = (),
    ) -> None:
        """`host`: listen there on TCP, on the port or (0) on a free one. `directory`: None for one of its own, which
        is deleted at the end. Raises ValueError for directives that are wrong."""
        self._host = host
        self._modules = modules
        self._port = port
        self._log = LoggerLog(logger)
        self._private = private_directory() if directory is None else None
        self.directory = os.path.abspath(directory or self._private or "")
        self._pid = os.getpid()
        self._server: Server | None = None
        self._values: dict[str, Any] = {}
        self._thread: threading.Thread | None = None
        self._changed: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._stopping = False
        self.ready = threading.Event()
        self.ended = threading.Event()
        self.failure: Exception | None = None
        self.port = 0
        try:
            self.config = self._configure(directives)
        except BaseException:
            self._remove_directory()
            raise

    def _configure(self, directives: Mapping[str, Any]) -> Config:
        config = Config()
        text = "".join(f"{name} {as_text(value)}\n" for name, value in directives.items())
        reader = ConfigReader(config)
        try:
            reader.read_text(f"dir {quote(self.directory)}\nport 0\n{text}", "the arguments of kvik.Server")
            check_whole(config)
        except ConfigFileError as error:
            line = f"{error.statement.line}: " if error.statement else ""
            raise ValueError(f"{line}{error}") from None
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            room = max(1, soft - _RESERVED_DESCRIPTORS)
            config.assign("maxclients", str(min(config.get_int("maxclients"), room)))
        return config

    @property
    def core(self) -> Core:
        if self._server is None or self.ended.is_set():
            raise StartError("the server is not running")
        return self._server.core

    @property
    def is_mine(self) -> bool:
        """Not of the parent of a forked child."""
        return self._pid == os.getpid()

    # --- start and stop, from other threads ---

    def start(self) -> None:
        """Let the thread begin; `ready` or `ended` will be set."""
        self._thread = threading.Thread(target=self._main, name="kvik", daemon=True)
        LIFECYCLE.enter(self)
        self._thread.start()

    def when(self, event: threading.Event, callback: Callable[[], object]) -> None:
        """Call back, on some thread, once one of the events is set."""
        with self._lock:
            if not event.is_set():
                self._changed.append(callback)
                return
        callback()

    def request_stop(self) -> None:
        if self.is_mine:
            with self._lock:
                self._stopping = True
                if self._server is not None and not self.ended.is_set():
                    self._server.stop(("force",))

    def stop(self) -> None:
        """End the thread and wait for it, unless it is the caller, or waits for the caller."""
        if not self.is_mine or self._thread is None:
            return
        self.request_stop()
        if self._thread is threading.current_thread() or (self._server and self._server.core.sharing.is_inside()):
            return
        self._thread.join()

    def restore(self) -> None:
        """Settings and statistics as they were at the start; nobody is paused."""
        server = self._server
        if server is not None and self.hold():
            try:
                self.config.restore(self._values)
                server.core.unpause()
                server.reset_statistics()
            finally:
                self.release()

    # --- the thread ---

    def _main(self) -> None:
        try:
            self._serve()
        except Exception as error:
            self.failure = error
        finally:
            self._end()

    def _serve(self) -> None:
        config = self.config
        elsewhere = config.get_str("logfile") or config.get_bool("syslog-enabled")
        log = ServerLog(write=lambda line: None) if elsewhere else self._log
        log.follow(config)
        server = Server(config, None, log, owns_process=False)
        self._server = server
        try:
            server.open(self._listen())
        except listeners.ListenError as error:
            raise StartError(str(error)) from None
        self.port = server.port
        config.assign("port", str(self.port))
        server.modules.wanted += self._modules
        if not server.load():
            raise StartError(self._log.last or "the data could not be loaded: see the log")
        self._values = config.values()
        server.core.sharing.begin(server.wake_descriptor)
        self._announce(self.ready)
        if self._stopping:              # since before there was a server to tell
            server.stop(("force",))
        server.run()

    def _listen(self) -> list[socket.socket]:
        if self._host is None:
            return []
        return [listeners.open_free(self._host, self._port, self.config.get_int("tcp-backlog"))]

    def _end(self) -> None:
        server = self._server
        if server is not None:
            server.core.sharing.end()
        with self._lock:
            self.ended.set()
        if server is not None:
            server.close()
        self._remove_directory()
        LIFECYCLE.leave(self)
        self._announce(self.ended)

    def _announce(self, event: threading.Event) -> None:
        with self._lock:
            event.set()
            waiting, self._changed = self._changed, []
        for callback in waiting:
            callback()

    def _remove_directory(self) -> None:
        if self._private is None:
            return
        try:
            os.rmdir(self._private)
        except OSError:                 # there is something in it, because somebody has saved
            import shutil

            shutil.rmtree(self._private, ignore_errors=True)

    # --- fork ---

    def hold(self) -> bool:
        return self._server is not None and self._server.core.sharing.hold()

    def release(self) -> None:
        if self._server is not None:
            self._server.core.sharing.release()

    def abandon(self) -> None:
        """In the child. (A server that was just starting or ending has nothing open that can be named.)"""
        if self._server is not None and self._server.core.sharing.on:
            self._server.abandon()
        self.ended.set()
