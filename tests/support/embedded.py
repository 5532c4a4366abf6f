"""An embedded Kvik in place of a ServerProcess: the command suites over in-process connections (`pytest --embedded`)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import kvik
from kvik.embed.link import Link
from tests.support.resp import Connection
from tests.support.servers import ServerProcess


class EmbeddedServer(ServerProcess):
    def start(self) -> None:
        del self.directives["port"], self.directives["bind"]
        log = str(Path(tempfile.mkdtemp(dir=self.directory)) / "server.log")
        self.log_path = Path(log)
        self.server = kvik.Server(logfile=log, **self.directives).start()
        self.port = self.server.port

    @property
    def pid(self) -> int:
        return os.getpid()

    def alive(self) -> bool:
        return self.server.running

    def connect(self, resp: int = 2, timeout: float = 60.0) -> Connection:
        return Connection(self._link, resp, timeout)

    def _link(self) -> Link:
        engine = self.server._engine
        assert engine is not None
        return Link(engine.core)

    def stop(self) -> None:
        self.server.stop()
