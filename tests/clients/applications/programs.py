"""A program that a test starts, mostly a worker. Its output goes to a file; it is ended by its own pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.servers import REPOSITORY, eventually


class Program:
    """`command` is a Python module's name with its arguments."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="kvik-test-program-"))
        self.log_path = self.directory / "log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )  # fmt: skip

    def output(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for(self, text: str, timeout: float = 30.0) -> None:
        """Wait until the program has written `text`."""
        eventually(lambda: text in self.output() or self.process.poll() is not None, timeout, f"output {text!r}")
        assert text in self.output(), f"ended with {self.process.returncode}:\n{self.output()}"

    def kill(self) -> None:
        """It alone, not the processes that it has started."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def kill_all(self) -> None:
        """With the processes that it has started, which are of its own process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        """At once: the work that a worker still has is lost on nobody."""
        self.kill_all()
        shutil.rmtree(self.directory, ignore_errors=True)
