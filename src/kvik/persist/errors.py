"""What comes of saving and loading, and of appending: results and errors."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

STAGES: Final = {
    1: "Failed opening the temp RDB file for saving",
    2: "Write error saving DB on disk",
    3: "Error making the RDB file last (fsync)",
    4: "Error moving the temp DB file to its final destination",
    5: "Error making the name of the RDB file last (fsync of the directory)",
}
"""What can fail when an RDB file is written."""


class SaveError(Exception):
    """A snapshot could not be written."""

    def __init__(self, stage: int, errno: int) -> None:
        self.stage = stage
        self.errno = errno
        super().__init__(f"{STAGES[stage]}: {os.strerror(errno)}")


class RdbError(Exception):
    """An RDB file is damaged, or holds what this server cannot load."""

    def __init__(self, offset: int, db: int, key: bytes | None, key_offset: int, reason: str, version: int) -> None:
        self.offset = offset
        self.db = db
        self.key = key
        self.key_offset = key_offset
        self.reason = reason
        self.version = version
        super().__init__(self.describe())

    def describe(self) -> str:
        where = f"at offset {self.offset}"
        if self.key is not None:
            where += f", in key {show_key(self.key)} of database {self.db}, which begins at offset {self.key_offset}"
        return f"{self.reason} ({where})"


class RdbLoaded(NamedTuple):
    """What an RDB file that was loaded told."""

    end: int
    """The offset behind its checksum."""
    version: int
    keys: int
    expiring: int
    """With an expiry, past or not."""
    expired: int
    hashes_expired: int
    """Hashes of which every field had expired."""
    writer: str
    """Version of the server that wrote it, "" if it does not say."""
    by_valkey: bool
    created: int
    """Seconds since 1970, -1 if it does not say."""
    used_memory: int
    """When it was written; likewise."""
    aof_base: bool


def show_key(key: bytes, most: int = 128) -> str:
    """A key for a person: readable, in one line, not too long."""
    shown = repr(key[:most])[1:]
    return shown if len(key) <= most else f"{shown}... ({len(key)} bytes)"


class AofError(Exception):
    """An append-only file cannot be run again."""

    def __init__(self, offset: int, reason: str, is_format: bool, good: int) -> None:
        """`is_format`: what stands at the offset is no command at all. `good`: everything before that offset is whole."""
        self.offset = offset
        self.good = good
        self.reason = reason
        self.is_format = is_format
        super().__init__(f"{reason} (at offset {offset})")


class AofLoaded(NamedTuple):
    """What running an append-only file again came to."""

    end: int
    """The offset behind the last whole unit."""
    commands: int
    is_short: bool
    """The file ends in the midst of a command or transaction, which was not run."""
    in_transaction: bool
    """Of a transaction."""


class AppendFigures(NamedTuple):
    """The append-only file at this moment; sizes in bytes."""

    size: int
    """Of the file that is appended to."""
    total: int
    """Of all files of the log."""
    unwritten: int
    """Logged, and in no file yet."""
    is_syncing: bool
    delayed: int
    """Times that writing waited too long for an fsync."""
    error: int
    """errno of the last failure, 0: all is well."""
