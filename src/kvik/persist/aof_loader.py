"""Loading an append-only file: all that its manifest names, one after another.

A base in RDB format is loaded as a snapshot; everything else is commands that are run again. A file written before there
were manifests may be both: a snapshot, and commands behind it. Only the last file may end in the midst of something,
because only that can be the trace of a crash; with `aof-load-truncated` it is cut off there.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from kvik.persist.aof_worker import AofWorker
from kvik.persist.errors import AofError, AofLoaded, RdbError
from kvik.persist.manifest import BASE, LogFile, Manifest, ManifestError, read, write
from kvik.persist.rdb import Snapshots

if TYPE_CHECKING:
    from kvik.server.config import Config
    from kvik.server.server_log import ServerLog


class LoadError(Exception):
    """The log cannot be loaded; the text says all."""


class AofLoader:
    def __init__(self, config: Config, log: ServerLog, worker: AofWorker, snapshots: Snapshots) -> None:
        self.config = config
        self.is_loading = False
        self._log = log
        self._worker = worker
        self._snapshots = snapshots
        self._total = 0
        self._done = 0

    @property
    def directory(self) -> str:
        return os.path.join(self.config.get_str("dir"), self.config.get_str("appenddirname"))

    @property
    def manifest_name(self) -> str:
        return f"{self.config.get_str('appendfilename')}.manifest"

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes of all files, and how many of them have been read."""
        return self._total, self._done + (self._worker.position or self._snapshots.worker.position[0])

    def load(self, *, serve: bool) -> Manifest | None:
        """Load everything; the manifest, an empty one if there is no log. None: it failed, and the log says why."""
        started = time.monotonic()
        try:
            manifest = read(os.path.join(self.directory, self.manifest_name)) or Manifest()
            self._upgrade(manifest)
            if not manifest.is_empty:
                self._load_all(manifest, serve=serve)
        except ManifestError as error:
            self._log.warning(f"FATAL AOF MANIFEST FILE ERROR: {error}")
            return None
        except (LoadError, OSError) as error:
            self._log.warning(str(error))
            return None
        if not manifest.is_empty:
            self._log.notice(f"DB loaded from append only file: {time.monotonic() - started:.3f} seconds")
        return manifest

    def _upgrade(self, manifest: Manifest) -> None:
        """A single file of before Redis 7 becomes the base of a log with a manifest."""
        name = self.config.get_str("appendfilename")
        old, place = os.path.join(self.config.get_str("dir"), name), os.path.join(self.directory, name)
        if manifest.is_empty:
            if not os.path.isfile(old):
                return
            os.makedirs(self.directory, mode=0o755, exist_ok=True)
            manifest.base = LogFile(name, 1, BASE)
            manifest.base_sequence = 1
            write(manifest, self.directory, self.manifest_name)
        elif manifest.base is None or manifest.base.name != name or os.path.exists(place) or not os.path.exists(old):
            return
        os.rename(old, place)
        self._log.notice(f"Successfully migrated an old-style AOF configuration ({name}) into the AOF directory")

    def _load_all(self, manifest: Manifest, *, serve: bool) -> None:
        sizes = []
        for each in manifest.files:
            try:
                sizes.append(os.path.getsize(os.path.join(self.directory, each.name)))
            except OSError as error:
                raise LoadError(f"The AOF file {each.name}, which {self.manifest_name} names, cannot be read: "
                                f"{error.strerror}") from error
        self._total, self._done, self.is_loading = sum(sizes), 0, True
        self._snapshots.begin_loading()
        self._worker.set_replaying(True)
        try:
            for each, size in zip(manifest.files, sizes, strict=True):
                started = time.monotonic()
                self._load_file(each, is_last=each is manifest.files[-1], serve=serve)
                self._done += size
                what = "base" if each.kind == BASE else "incr"
                self._log.notice(f"DB loaded from {what} file {each.name}: {time.monotonic() - started:.3f} seconds")
        finally:
            self._worker.set_replaying(False)
            self._snapshots.end_loading()
            self.is_loading = False
        self._snapshots.forget_changes()

    def _load_file(self, each: LogFile, *, is_last: bool, serve: bool) -> None:
        fd = os.open(os.path.join(self.directory, each.name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            start = self._load_snapshot(fd, each, serve=serve) if is_snapshot(fd) else 0
            if start == os.fstat(fd).st_size:
                return
            interval = self.config.get_int("loading-process-events-interval-bytes")
            loaded = self._worker.load(fd, start, interval, serve, self.config.get_int("key-load-delay"))
        except AofError as error:
            raise LoadError(describe(each.name, error)) from error
        finally:
            os.close(fd)
        if loaded.is_short:
            self._cut_off(each, loaded, is_last=is_last)

    def _load_snapshot(self, fd: int, each: LogFile, *, serve: bool) -> int:
        """The snapshot that the file begins with; where it ends."""
        self._log.notice("Reading RDB base file on AOF loading...")
        self._snapshots.apply_options()
        interval = self.config.get_int("loading-process-events-interval-bytes")
        try:
            loaded = self._snapshots.worker.load(
                fd, preamble=True, keep_expired=True, serve=serve, interval=interval
            )
        except RdbError as error:
            raise LoadError(f"Error reading the RDB base of the append only file {each.name}: {error}") from error
        self._snapshots.describe(loaded)
        return loaded.end

    def _cut_off(self, each: LogFile, loaded: AofLoaded, *, is_last: bool) -> None:
        """The file ends in the midst of something."""
        if loaded.in_transaction:
            self._log.warning(f"Revert incomplete MULTI/EXEC transaction in AOF file {each.name}")
        if not is_last or not self.config.get_bool("aof-load-truncated"):
            remedy = "Make a backup of your AOF file, then use kvik-check-aof --fix <filename.manifest>."
            if is_last:
                remedy = f"You can: 1) {remedy} 2) Alternatively you can set the 'aof-load-truncated' configuration " \
                         "option to yes and restart the server."
            raise LoadError(f"Unexpected end of file reading the append only file {each.name}. {remedy}")
        self._log.warning(f"!!! Warning: short read while loading the AOF file {each.name}!!!")
        self._log.warning(f"!!! Truncating the AOF {each.name} at offset {loaded.end} !!!")
        os.truncate(os.path.join(self.directory, each.name), loaded.end)
        self._log.warning(f"AOF {each.name} loaded anyway because aof-load-truncated is enabled")


def is_snapshot(fd: int) -> bool:
    """Does the file begin as an RDB file does?"""
    return os.pread(fd, 6, 0)[:5] in (b"REDIS", b"VALKE")


def describe(name: str, error: AofError) -> str:
    if error.is_format:
        return (
            f"Bad file format reading the append only file {name}: {error}: make a backup of your AOF file, then use "
            "kvik-check-aof --fix <filename.manifest>"
        )
    return f"Error reading the append only file {name}, error: {error}"
