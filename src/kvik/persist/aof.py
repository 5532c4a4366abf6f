"""The append-only file: loading it at the start, appending to it, rewriting it, switching it on and off.

    OFF ── CONFIG SET appendonly yes ──▶ WAITING ── its first base is written ──▶ ON
     ◀─────────────── CONFIG SET appendonly no ────────────────────────────────────┘

Rewriting: what is logged from now on goes to a new increment; a child writes the data set as it is at this moment as a
new base; when it has succeeded, the manifest names the new base and only the increments since. Whatever happens before
that, the old base and all increments are there and named. While WAITING there is nothing old to fall back to: the
increment has a temporary name, and base and increment come into the manifest together.

The work is done by compiled code (aof_worker.py, rdb_worker.py); which files there are is manifest.py.
"""

from __future__ import annotations

import contextlib
import enum
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kvik.persist.aof_loader import AofLoader
from kvik.persist.aof_worker import AofWorker
from kvik.persist.child import Child, ChildSlot
from kvik.persist.errors import STAGES, SaveError
from kvik.persist.manifest import TEMPORARY, Manifest, write
from kvik.persist.rdb import Snapshots
from kvik.persist.replace_file import sync_directory

if TYPE_CHECKING:
    from kvik.server.config import Config
    from kvik.server.server_log import ServerLog

POLICIES: Final = {"no": 0, "everysec": 1, "always": 2}
LOG_SECONDS: Final = 30
"""Between two log lines about the same trouble."""
FREE_FAILURES: Final = 3
"""So many rewrites in a row may fail before the next one of itself has to wait: a minute, two, four ..."""
LONGEST_DELAY: Final = 3600
REWRITE_PREFIX: Final = "temp-rewriteaof-bg-"


class State(enum.Enum):
    OFF = enum.auto()
    WAITING = enum.auto()
    ON = enum.auto()


class AppendOnly:
    def __init__(
        self,
        config: Config,
        log: ServerLog,
        worker: AofWorker,
        snapshots: Snapshots,
        children: ChildSlot,
        refuse_writes: Callable[[int], None],
        give_up: Callable[[], None],
    ) -> None:
        """`refuse_writes` is told errno when the file cannot be written, and 0 when it can again. `give_up` ends the
        server where it has promised otherwise."""
        self.config = config
        self.worker = worker
        self.loader = AofLoader(config, log, worker, snapshots)
        self.state = State.OFF
        self.manifest = Manifest()
        self.rewrite_scheduled = False
        self.rewrites = 0
        self.last_rewrite_ok = True
        self.last_rewrite_seconds = -1
        self.last_copied = 0
        self.failures = 0
        self.base_size = 0
        self._log = log
        self._snapshots = snapshots
        self._children = children
        self._refuse_writes = refuse_writes
        self._give_up = give_up
        self._next_try = 0.0
        self._next_line = 0.0
        self._trouble = 0
        config.on_change("appendonly", self._switch)
        config.on_change("appendfsync", self._set_policy)
        config.on_change("aof-timestamp-enabled", self._set_log)
        self._set_policy(config)

    # What it is about

    @property
    def directory(self) -> str:
        return self.loader.directory

    @property
    def prefix(self) -> str:
        return self.config.get_str("appendfilename")

    @property
    def is_rewriting(self) -> bool:
        return self._children.is_active("AOF")

    @property
    def write_status_ok(self) -> bool:
        return self._trouble == 0

    @property
    def total_size(self) -> int:
        return self.worker.figures.total

    def _set_policy(self, config: Config) -> None:
        self.worker.set_policy(POLICIES[config.get_str("appendfsync")])

    def _set_log(self, config: Config) -> None:
        if self.state is not State.OFF:
            self.worker.keep_log(True, config.get_bool("aof-timestamp-enabled"))

    # Start and end

    def load(self) -> bool:
        """At the start: run the log, if there is one. False: it cannot be, and the log lines say why."""
        manifest = self.loader.load(serve=True)
        if manifest is None:
            return False
        self.manifest = manifest
        return True

    def open(self) -> bool:
        """After loading: append from now on. False: that cannot be, and the log says why."""
        try:
            os.makedirs(self.directory, mode=0o755, exist_ok=True)
            if self.manifest.is_empty:
                self._write_first_base()
            if self.manifest.increments:
                self._log.notice(f"Opening AOF incr file {self.manifest.increments[-1].name} on server start")
            else:
                name = self.manifest.new_increment(self.prefix).name
                self._log.notice(f"Creating AOF incr file {name} on server start")
            fd = self._open_file(self.manifest.increments[-1].name)
            write(self.manifest, self.directory, self.loader.manifest_name)
        except (OSError, SaveError) as error:
            self._log.warning(f"Can't open the append-only file in {self.directory}: {error}")
            return False
        self.worker.open(fd, os.fstat(fd).st_size, self._measure())
        self.base_size = self.total_size
        self._log_effects()
        self.state = State.ON
        self._delete_history()
        return True

    def _write_first_base(self) -> None:
        """Of an empty data set, mostly: so that what a log begins with is always a base."""
        plain = not self.config.get_bool("aof-use-rdb-preamble")
        base = self.manifest.new_base(self.prefix, ".aof" if plain else ".rdb")
        self._snapshots.apply_options(for_log=True)
        self._log.notice(f"Creating AOF base file {base.name} on server start")
        self._snapshots.worker.save(
            self.directory, base.name, prefix="temp-rewriteaof-", suffix=".aof", aof_base=True, plain=plain
        )

    def _open_file(self, name: str) -> int:
        fd = os.open(
            os.path.join(self.directory, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644
        )
        sync_directory(self.directory)
        return fd

    def _measure(self) -> int:
        return sum(os.path.getsize(os.path.join(self.directory, each.name)) for each in self.manifest.files)

    def _log_effects(self) -> None:
        self.worker.keep_log(True, self.config.get_bool("aof-timestamp-enabled"))

    def reload(self) -> bool:
        """DEBUG LOADAOF: forget everything and load what the log says. False: it is damaged, see the log lines."""
        if self.state is State.ON:
            self.worker.flush(sync=True)
            self.worker.keep_log(False, False)
        self._snapshots.worker.empty()
        manifest = self.loader.load(serve=False)
        if self.state is State.ON:
            self._log_effects()
        return manifest is not None

    def finish(self) -> bool:
        """The server is about to end. False: what it was told could not be made to last."""
        if self.is_rewriting:
            self._log.warning("There is a child rewriting the AOF. Killing it!")
            self._children.kill("AOF")
        if self.state is State.WAITING:
            self._log.warning("Writing initial AOF. Can't exit.")
            return False
        if self.state is State.ON:
            self._log.notice("Calling fsync() on the AOF file.")
            if not self.worker.flush(sync=True):
                self._log.warning("Fail to fsync the AOF file: the last changes may not be on disk")
                return False
        return True

    def close(self) -> None:
        """Write what is left and close the file."""
        if self.state is not State.OFF:
            self.worker.flush(sync=True)
            self.worker.keep_log(False, False)
            self.worker.release()
            self.state = State.OFF

    # Switching

    def _switch(self, config: Config) -> str | None:
        """CONFIG SET appendonly."""
        if config.get_bool("appendonly") == (self.state is not State.OFF):
            return None
        if config.get_bool("appendonly"):
            return None if self._start() else "Unable to turn on AOF. Check server logs."
        self._stop()
        return None

    def _start(self) -> bool:
        self.state = State.WAITING
        if self._children.is_active("RDB"):
            self.rewrite_scheduled = True
            self._log.notice(
                "AOF was enabled but there is already another background operation. An AOF background was scheduled to "
                "start when possible."
            )
            return True
        if self.is_rewriting:
            self._log.notice(
                "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and "
                "starting a rewrite now."
            )
            self._children.kill("AOF")
        if self.rewrite():
            return True
        self._drop_waiting()
        return False

    def _stop(self) -> None:
        if self.is_rewriting:
            self._children.kill("AOF")
        if self.state is State.WAITING:
            self._drop_waiting()
        else:
            self.close()
        self.rewrite_scheduled = False
        self.base_size = 0
        self._recovered()

    def _drop_waiting(self) -> None:
        """What was logged for a base that never came."""
        self.state = State.OFF
        self.worker.keep_log(False, False)
        self.worker.release()
        with contextlib.suppress(OSError):
            os.unlink(self._waiting_path)

    @property
    def _waiting_path(self) -> str:
        return os.path.join(self.directory, f"{TEMPORARY}{self.prefix}.incr")

    # Rewriting

    def rewrite(self) -> bool:
        """Start the child that writes a new base. False: it cannot be, and the log says why. There must be no child."""
        self.rewrite_scheduled = False
        try:
            os.makedirs(self.directory, mode=0o755, exist_ok=True)
            self._begin_increment()
            child = self._start_child()
        except OSError as error:
            self._log.warning(f"Can't rewrite append only file in background: {error.strerror}")
            self._rewrite_failed()
            return False
        self.rewrites += 1
        self.worker.hold_sync(self.config.get_bool("no-appendfsync-on-rewrite"))
        self._log.notice(f"Background append only file rewriting started by pid {child.pid}")
        return True

    def _begin_increment(self) -> None:
        """What is logged from here on is not in the base that is about to be written."""
        if self.state is State.OFF:
            return
        if self.state is State.WAITING:
            self.worker.release()
            fd = os.open(self._waiting_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
            name, total = os.path.basename(self._waiting_path), 0
            self.worker.keep_log(False, False)
        else:
            self.worker.flush()
            figures = self.worker.figures
            if figures.unwritten:       # it must not come behind a base that has it already
                raise OSError(figures.error, os.strerror(figures.error))
            fresh = self.manifest.copy()
            name = fresh.new_increment(self.prefix).name
            fd = self._open_file(name)
            try:
                os.ftruncate(fd, 0)
                write(fresh, self.directory, self.loader.manifest_name)
            except OSError:
                os.close(fd)
                raise
            self.manifest, total = fresh, self.total_size
            self.worker.release()
        self._log.notice(f"Creating AOF incr file {name} on background rewrite")
        self.worker.open(fd, 0, total)
        self.worker.log_anew()
        self._log_effects()

    def _start_child(self) -> Child:
        snapshots, plain = self._snapshots, not self.config.get_bool("aof-use-rdb-preamble")
        snapshots.apply_options(for_log=True)
        suffix = ".aof" if plain else ".rdb"
        return self._children.start(
            "AOF",
            lambda fork: snapshots.worker.save_in_child(
                fork, self.config.get_str("dir"), "", prefix=REWRITE_PREFIX, suffix=".aof", aof_base=True, plain=plain
            ),
            lambda child: self._rewritten(child, suffix),
            snapshots.worker.keys,
        )

    def _rewritten(self, child: Child, suffix: str) -> None:
        """The child has ended."""
        self.worker.hold_sync(False)
        written = os.path.join(self.config.get_str("dir"), f"{REWRITE_PREFIX}{child.pid}.aof")
        self.last_rewrite_seconds = child.seconds
        if not child.succeeded:
            with contextlib.suppress(OSError):
                os.unlink(written)
            stage, errno = child.fork.failure
            if stage:
                self._log.warning(f"{STAGES[stage]}: {os.strerror(errno)}")
            if child.fork.signal:
                self._log.warning(f"Background AOF rewrite terminated by signal {child.fork.signal}")
            else:
                self._log.warning("Background AOF rewrite terminated with error")
            if not child.was_cancelled:
                self._rewrite_failed()
            return
        self._children.log_copied(child)
        self.last_copied = max(child.fork.copied[1], 0)
        self._log.notice("Background AOF rewrite terminated with success")
        try:
            self._install(written, suffix)
        except OSError as error:
            self._log.warning(f"Error putting the rewritten append only file into place: {error}")
            with contextlib.suppress(OSError):
                os.unlink(written)
            self._rewrite_failed()
            return
        self.last_rewrite_ok = True
        self.failures = 0
        self._log.notice("Background AOF rewrite finished successfully")

    def _install(self, written: str, suffix: str) -> None:
        """Let the manifest name the new base, and what was logged since."""
        fresh = self.manifest.copy()
        base = fresh.new_base(self.prefix, suffix)
        place = os.path.join(self.directory, base.name)
        os.rename(written, place)
        self._log.notice(
            f"Successfully renamed the temporary AOF base file {os.path.basename(written)} into {base.name}"
        )
        try:
            fresh.retire_increments(keep_last=self.state is State.ON)
            if self.state is State.WAITING:
                name = fresh.new_increment(self.prefix).name
                os.rename(self._waiting_path, os.path.join(self.directory, name))
                self._log.notice(
                    f"Successfully renamed the temporary AOF incr file {os.path.basename(self._waiting_path)} into {name}"
                )
            self.worker.flush(sync=self.state is State.WAITING)
            write(fresh, self.directory, self.loader.manifest_name)
        except OSError:
            os.rename(place, written)
            raise
        self.manifest = fresh
        self.state = State.ON if self.state is State.WAITING else self.state
        self.worker.set_total(self._measure())
        self.base_size = self.total_size
        self._delete_history()

    def _rewrite_failed(self) -> None:
        self.last_rewrite_ok = False
        self.failures += 1
        if self.failures >= FREE_FAILURES:
            delay = min(60 * 2 ** (self.failures - FREE_FAILURES), LONGEST_DELAY)
            self._next_try = time.monotonic() + delay
            self._log.warning(
                f"Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {delay // 60} minutes"
            )
        if self.state is State.WAITING:
            self.rewrite_scheduled = True

    def _delete_history(self) -> None:
        """Files that are in the base now. That one is left behind harms nobody: the next time it is tried again."""
        if not self.manifest.history or self.config.get_bool("aof-disable-auto-gc"):
            return
        for each in self.manifest.history:
            self._log.notice(f"Removing the history file {each.name} in the background")
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.directory, each.name))
        fresh = self.manifest.copy()
        fresh.history = []
        with contextlib.suppress(OSError):
            write(fresh, self.directory, self.loader.manifest_name)
            self.manifest = fresh

    def cron(self) -> None:
        """At every timer: is a rewrite due?"""
        if self._children.active is not None or self.loader.is_loading or time.monotonic() < self._next_try:
            return
        if self.rewrite_scheduled or (self.state is State.ON and self._has_grown()):
            self.rewrite()

    def _has_grown(self) -> bool:
        percentage, total = self.config.get_int("auto-aof-rewrite-percentage"), self.total_size
        if percentage == 0 or total <= self.config.get_int("auto-aof-rewrite-min-size"):
            return False
        base = self.base_size or 1
        growth = total * 100 // base - 100
        if growth < percentage:
            return False
        self._log.notice(f"Starting automatic rewriting of AOF on {growth}% growth")
        return True

    # Trouble

    def write_failed(self, what: int, errno: int) -> None:
        """The compiled side tells how writing went: `what` as in append_file.pxd, 0: what failed before works again."""
        if what == 0:
            self._recovered()
            return
        reason = os.strerror(errno)
        if self.config.get_str("appendfsync") == "always" and self.state is State.ON:
            verb = "fsync" if what == 3 else "write"
            self._log.warning(
                f"Can't recover from AOF {verb} error when the AOF fsync policy is 'always': {reason}. Exiting..."
            )
            self._give_up()
            return
        self._refuse_writes(errno)
        if what == self._trouble and time.monotonic() < self._next_line:
            return
        self._trouble = what
        self._next_line = time.monotonic() + LOG_SECONDS
        self._log.warning(_TROUBLE[what].format(reason))

    def _recovered(self) -> None:
        trouble, self._trouble = self._trouble, 0
        self._refuse_writes(0)
        if not trouble:
            return
        self._log.warning("AOF write error looks solved. The server can write again.")
        if trouble >= 3 and self.state is State.ON:
            self.rewrite_scheduled = True       # what the file should have, nobody knows: so it is made anew


_TROUBLE: Final = {
    1: "Error writing to the AOF file: {}",
    2: "Short write while writing to the AOF file: {}",
    3: "Fail to fsync the AOF file: {}",
    4: "No memory for the log of changes, so the AOF file is incomplete until it has been rewritten: {}",
}
