"""What a power cut leaves of a server's files: of each what had been synchronised, and nothing of the others.

A preloaded library (bad_disk.c) notes the size of every file that any of the server's processes hands to fsync, or
fdatasync. (That a name is lost, whose directory was not synchronised, is not imitated.)
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.faults.bad_disk import compiled

NOTE = struct.Struct("=qq")     # inode, size


class PowerCut:
    """For servers that are started while `monkeypatch` lasts. `directory`: for this class's own files."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.notes = directory / "synced"
        monkeypatch.setenv("BAD_DISK_SYNCED", str(self.notes))
        monkeypatch.setenv("LD_PRELOAD", str(compiled(directory)))

    def cut(self, directory: Path) -> int:
        """The server is dead: take away what was not synchronised. How many bytes that were."""
        sizes: dict[int, int] = dict(NOTE.iter_unpack(self.notes.read_bytes()))
        lost = 0
        for path in directory.rglob("*"):
            if path.is_file():
                there = path.stat().st_size
                kept = min(there, sizes.get(path.stat().st_ino, 0))
                lost += there - kept
                with path.open("r+b") as file:
                    file.truncate(kept)
        return lost
