"""Snapshots: when the data set is saved to `dbfilename` and what comes of it, and loading it at the start.

    SAVE, SHUTDOWN ──────────▶ save()                 here, while nobody is served
    BGSAVE, save points ─────▶ save_in_background()   in a child; `_background_ended` hears of its end
    start, DEBUG RELOAD ─────▶ load()

What is counted here is what INFO shows as rdb_*. The work is done by compiled code (rdb_worker.py); how children are
started and ended is child.py.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kvik.persist.child import Child, ChildSlot
from kvik.persist.errors import STAGES, RdbError, RdbLoaded, SaveError
from kvik.persist.rdb_worker import RdbWorker

if TYPE_CHECKING:
    from kvik.server.config import Config
    from kvik.server.server_log import ServerLog

RETRY_SECONDS: Final = 5
"""How long save points keep still after a background save that failed."""
WRITTEN_VERSION: Final = b"7.4.0"
"""What files say as `redis-ver`: what INFO says too."""


class Snapshots:
    def __init__(
        self,
        config: Config,
        log: ServerLog,
        worker: RdbWorker,
        children: ChildSlot,
        refuse_writes: Callable[[bool], None],
    ) -> None:
        """`refuse_writes` is told whether writes are to be answered with an error, whenever that may have changed."""
        self.config = config
        self.worker = worker
        self._log = log
        self._children = children
        self.last_save = int(time.time())
        self.last_status_ok = True
        self.last_duration = -1
        self.last_copied = 0
        self.saves = 0
        self.scheduled = False
        self.loading_since: float | None = None
        self._keys_loaded = (0, 0)
        self._last_try = 0.0
        self._saved_changes = 0
        self._forked_changes = 0
        self._directory = ""
        self._refuse_writes = refuse_writes
        config.on_change(("save", "stop-writes-on-bgsave-error"), self._judge)

    # What it is about

    @property
    def path(self) -> str:
        return os.path.join(self.config.get_str("dir"), self.config.get_str("dbfilename"))

    @property
    def changes(self) -> int:
        """Since the last save."""
        return self.worker.changes - self._saved_changes

    @property
    def in_progress(self) -> bool:
        return self._children.is_active("RDB")

    def _judge(self, config: Config | None = None) -> None:
        """Refuse writes as long as background saves fail, if there should be any (stop-writes-on-bgsave-error)."""
        self._refuse_writes(
            not self.last_status_ok
            and bool(self.config.save_points)
            and self.config.get_bool("stop-writes-on-bgsave-error")
        )

    def _ended(self, ok: bool) -> None:
        """A save has ended so."""
        self.last_status_ok = ok
        self._judge()

    def apply_options(self, *, for_log: bool = False) -> None:
        """Tell the worker how files are made and read, as it is configured now. `for_log`: the base of a log."""
        config = self.config
        policy = config.get_str("maxmemory-policy")
        self.worker.set_options(
            WRITTEN_VERSION,
            2 if policy.endswith("lfu") else 1 if policy.endswith("lru") else 0,
            config.get_bool("rdbchecksum"),
            config.get_bool("aof-rewrite-incremental-fsync" if for_log else "rdb-save-incremental-fsync"),
            config.get_int("rdb-key-save-delay"),
            config.get_int("key-load-delay"),
            config.get_str("rdb-version-check") == "relaxed",
        )

    # Saving

    def save(self) -> bool:
        """Save here and now. False: it failed, and the log says why."""
        self.apply_options()
        try:
            self.worker.save(self.config.get_str("dir"), self.config.get_str("dbfilename"))
        except SaveError as error:
            self._log.warning(self._explain(error.stage, error.errno, os.getpid()))
            return False
        self._log.notice("DB saved on disk")
        self._saved(self.worker.changes)
        return True

    def _saved(self, changes: int) -> None:
        self._saved_changes = changes
        self.last_save = int(time.time())
        self._ended(True)

    def save_in_background(self) -> bool:
        """Start a child that saves. False: there can be none, and the log says why. There must be no child yet."""
        self.apply_options()
        self._forked_changes = self.worker.changes
        self._last_try = time.monotonic()
        self.saves += 1
        self.scheduled = False
        directory, name = self.config.get_str("dir"), self.config.get_str("dbfilename")
        try:
            child = self._children.start(
                "RDB",
                lambda fork: self.worker.save_in_child(fork, directory, name),
                self._background_ended,
                self.worker.keys,
            )
        except OSError as error:
            self._ended(False)
            self._log.warning(f"Can't save in background: fork: {error.strerror}")
            return False
        self._directory = directory
        self._log.notice(f"Background saving started by pid {child.pid}")
        return True

    def _background_ended(self, child: Child) -> None:
        self.last_duration = child.seconds
        if child.succeeded:
            self._log.notice("DB saved on disk")
            self._children.log_copied(child)
            self._log.notice("Background saving terminated with success")
            self._saved(self._forked_changes)
            self.last_copied = max(child.fork.copied[1], 0)
            return
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._directory, f"temp-{child.pid}.rdb"))
        stage, errno = child.fork.failure
        if stage:
            self._log.warning(self._explain(stage, errno, child.pid))
        if child.fork.signal == 0:
            self._log.warning("Background saving error")
        else:
            self._log.warning(f"Background saving terminated by signal {child.fork.signal}")
        if not child.was_cancelled:
            self._ended(False)

    def _explain(self, stage: int, errno: int, pid: int) -> str:
        directory = self.config.get_str("dir")
        reason = os.strerror(errno)
        if stage == 1:
            return (
                f"Failed opening the temp RDB file temp-{pid}.rdb (in server root dir {directory}) for saving: {reason}"
            )
        if stage == 4:
            return (
                f"Error moving temp DB file temp-{pid}.rdb on the final destination "
                f"{self.config.get_str('dbfilename')} (in server root dir {directory}): {reason}"
            )
        return f"{STAGES[stage]}: {reason}"

    def cancel(self) -> bool:
        """End a background save. False: there is none."""
        return self._children.kill("RDB")

    def cron(self) -> None:
        """At every timer: is a save point reached, or a save wanted that had to wait?"""
        if self._children.active is not None or self.loading_since is not None:
            return
        changes = self.changes
        if changes and self._may_try():
            since = int(time.time()) - self.last_save
            for point in self.config.save_points:
                if changes >= point.changes and since > point.seconds:
                    self._log.notice(f"{point.changes} changes in {point.seconds} seconds. Saving...")
                    self.save_in_background()
                    return
        if self.scheduled and self._may_try():
            self.save_in_background()

    def _may_try(self) -> bool:
        return self.last_status_ok or time.monotonic() - self._last_try > RETRY_SECONDS

    def flushed(self) -> None:
        """All keys have been deleted (FLUSHALL): a snapshot in progress is of no use, and the file shall know."""
        self._children.kill("RDB")
        if self.config.save_points:
            self.save()

    def finish(self, *, save: bool | None, force: bool) -> bool:
        """The server is about to end: save for the last time, by default if there are save points. May it end?"""
        if self._children.is_active("RDB"):
            self._log.warning("There is a child saving an .rdb. Killing it!")
            self._children.kill("RDB")
        if save is None:
            save = bool(self.config.save_points)
        if not save or self.loading_since is not None:
            return True
        self._log.notice("Saving the final RDB snapshot before exiting.")
        if self.save():
            return True
        if force:
            self._log.warning("Error trying to save the DB, but it is exiting anyway, as it was told to.")
            return True
        self._log.warning("Error trying to save the DB, can't exit.")
        return False

    # Loading

    @property
    def keys_loaded(self) -> tuple[int, int]:
        """From the last file, or from the one that is being loaded: keys, and those that had expired."""
        return self.worker.position[1:] if self.loading_since is not None else self._keys_loaded

    def load(self, *, replace: bool = False, serve: bool = False) -> RdbLoaded | None:
        """Load `dbfilename`; None if there is none. `serve`: clients have their turn in between.

        RdbError if it is damaged, OSError if it cannot be read.
        """
        self.apply_options()
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        started = time.monotonic()
        self.begin_loading()
        try:
            loaded = self.worker.load(
                fd,
                replace=replace,
                serve=serve,
                interval=self.config.get_int("loading-process-events-interval-bytes"),
            )
        finally:
            self.end_loading()
            os.close(fd)
        self.describe(loaded)
        self._log.notice(f"DB loaded from disk: {time.monotonic() - started:.3f} seconds")
        return loaded

    def reload(self, *, save: bool, empty: bool, replace: bool) -> str:
        """DEBUG RELOAD: save, forget everything, load. The error that it answers, "" if all went well."""
        self._children.kill("RDB")
        if save and not self.save():
            return "ERR"
        if empty:
            self.worker.empty()
        try:
            self.load(replace=replace)
        except (RdbError, OSError) as error:
            self._log.warning(f"Failed to load {self.path}: {error}")
            return "ERR Error trying to load the RDB dump, check server logs."
        return ""

    def begin_loading(self) -> None:
        """From here on clients are told that the server is loading."""
        self.loading_since = time.time()
        self.worker.set_loading(True)

    def end_loading(self) -> None:
        self.loading_since = None
        self.worker.set_loading(False)

    def describe(self, loaded: RdbLoaded) -> None:
        """Log what a file told, and keep it for INFO."""
        self._keys_loaded = (loaded.keys, loaded.expired)
        if loaded.writer:
            product = "Valkey version" if loaded.by_valkey else "version"
            self._log.notice(f"Loading RDB produced by {product} {loaded.writer}")
        if loaded.created >= 0:
            self._log.notice(f"RDB age {max(0, int(time.time()) - loaded.created)} seconds")
        if loaded.used_memory >= 0:
            self._log.notice(f"RDB memory usage when created {loaded.used_memory / 1048576:.2f} Mb")
        if loaded.aof_base:
            self._log.notice("RDB is base AOF")
        self._log.notice(
            f"Done loading RDB, keys loaded: {loaded.keys}, keys expired: {loaded.expired}, "
            f"all fields expired hashes: {loaded.hashes_expired}."
        )

    def forget_changes(self) -> None:
        """What is in memory is what is on disk."""
        self._saved_changes = self.worker.changes
