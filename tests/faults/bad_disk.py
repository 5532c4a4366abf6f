"""A server on a disk that fails or is slow when the test says so. See bad_disk.c, which is compiled here."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.servers import ServerProcess

SOURCE = Path(__file__).with_suffix(".c")
SYNC_ERROR, SYNC_DELAY, WRITE_ERROR, SYNCS = range(0, 16, 4)


def compiled(directory: Path) -> Path:
    library = directory / "bad_disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True, timeout=60)
    return library


class BadDisk:
    """What the disk does to files whose path contains `path`; nothing until it is told to."""

    def __init__(self, path: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="kvik-test-disk-"))
        self.path = path
        self.library = compiled(self.directory)
        self.control = self.directory / "control"
        self.control.write_bytes(bytes(16))
        with self.control.open("r+b") as file:
            self.words = mmap.mmap(file.fileno(), 16)

    def _set(self, place: int, value: int) -> None:
        self.words[place : place + 4] = struct.pack("=i", value)

    def fail_syncs(self, error: int) -> None:
        self._set(SYNC_ERROR, error)

    def slow_syncs(self, milliseconds: int) -> None:
        self._set(SYNC_DELAY, milliseconds)

    def fail_writes(self, error: int) -> None:
        self._set(WRITE_ERROR, error)

    def recover(self) -> None:
        for place in (SYNC_ERROR, SYNC_DELAY, WRITE_ERROR):
            self._set(place, 0)

    @property
    def syncs(self) -> int:
        """How many there were."""
        count: int = struct.unpack_from("=i", self.words, SYNCS)[0]
        return count

    def server(self, monkeypatch: pytest.MonkeyPatch, name: str, **directives: str) -> ServerProcess:
        with monkeypatch.context() as patch:
            for variable, value in (("LD_PRELOAD", self.library), ("BAD_DISK", self.control), ("BAD_DISK_PATH", self.path)):
                patch.setitem(os.environ, variable, str(value))
            return ServerProcess(name, **directives)

    def close(self) -> None:
        self.words.close()
        shutil.rmtree(self.directory, ignore_errors=True)
