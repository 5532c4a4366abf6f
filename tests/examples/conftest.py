"""A server for each test of an example, embedded so that the test moves its clock, and programs as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

import kvik as kvik_package
from tests.support.servers import REPOSITORY, eventually


@pytest.fixture
def server() -> Iterator[kvik_package.Server]:
    with kvik_package.Server() as server:
        yield server


@pytest.fixture
def client(server: kvik_package.Server) -> Iterator[redis.Redis]:
    with server.connect(decode_responses=True) as client:
        yield client


class Program(NamedTuple):
    """An example that runs as a process of its own. What it prints goes to a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, words: str) -> None:
        """Wait until it has printed this."""
        eventually(lambda: words in self.log.read_text() or self.process.poll() is not None, what=f"{words!r} is said")
        assert words in self.log.read_text(), self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


Launch = Callable[..., Program]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """launch("chat", "--port", "0") starts examples/chat/chat.py; what still runs after the test is killed."""
    started: list[Program] = []

    def launch(example: str, *arguments: str) -> Program:
        log = tmp_path / f"{example}-{len(started)}.log"
        command = [sys.executable, str(REPOSITORY / "examples" / example / f"{example}.py"), *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
            )  # fmt: skip
        started.append(Program(process, log))
        return started[-1]

    yield launch
    for program in started:
        if program.process.poll() is None:
            program.end(signal.SIGKILL)
