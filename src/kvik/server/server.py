"""A server: its configuration, its compiled core, its sockets, its log, from start to shutdown.

    Server(config)  ──▶  open()  ──▶  run()  ──▶  close()
                         sockets      the loop     sockets, pid file

`run` blocks its thread until `stop` is called (from any thread) or SHUTDOWN is. The core calls back for what is in
Python: `cron` at every timer, `woken` after `stop` or a signal, `note` for log lines about clients. One object owns
everything; two servers can live in one process.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Sequence

from kvik.commands.table import CommandTable
from kvik.persist.aof import AppendOnly
from kvik.persist.child import ChildSlot
from kvik.persist.errors import RdbError
from kvik.persist.rdb import Snapshots
from kvik.scripting.functions import Functions
from kvik.scripting.modules import Modules
from kvik.scripting.script_commands import busy_with
from kvik.server import listeners, settings
from kvik.server.client_view import Client
from kvik.server.command_log import CommandLog
from kvik.server.config import Config
from kvik.server.config_rewrite import rewrite_file
from kvik.server.core import Core
from kvik.server.info_samples import Samples
from kvik.server.latency import LatencyMonitor
from kvik.server.server_log import Level, ServerLog


class Identity:
    """What tells this run of a server from another."""

    def __init__(self) -> None:
        self.run_id = os.urandom(20).hex()
        self.started = time.time()
        self.change_replication_id()

    def change_replication_id(self) -> None:
        self.replication_id = os.urandom(20).hex()


class Server:
    def __init__(
        self,
        config: Config,
        config_path: str | None = None,
        log: ServerLog | None = None,
        *,
        owns_process: bool = True,
    ) -> None:
        """`owns_process`: it may end or replace the process (where nothing else is left to do), which is its own."""
        self.owns_process = owns_process
        self.config = config
        self.config_path = config_path
        self.log = log or ServerLog()
        self.identity = Identity()
        self.table = CommandTable(calls=config.renames.calls)
        self.acl_denied_auth = 0
        self.unexpected_errors = 0
        self.uses_epoll = hasattr(select, "epoll") and "KVIK_POLL" not in os.environ
        self.core = Core(self, self.table, os.urandom(32), config.get_int("databases"), self.uses_epoll)
        self.functions = Functions(self.core.scripting)
        self.modules = Modules(self)
        self.samples = Samples()
        self.command_log = CommandLog(config)
        self.latency = LatencyMonitor(config)
        self.children = ChildSlot(self.log, self.latency)
        self.snapshots = Snapshots(config, self.log, self.core.rdb, self.children, self.core.refuse_writes)
        self.aof = AppendOnly(
            config, self.log, self.core.aof, self.snapshots, self.children, self.core.refuse_unlogged, self.give_up
        )
        self._tcp: list[socket.socket] = []
        self._unix: socket.socket | None = None
        self._wake_reader, self._wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop_reason: str | None = None
        self._stop_wanted: tuple[str, ...] = ()
        self.core.wake_by(self._wake_reader)
        settings.follow(self.core, config)
        config.on_change("maxmemory", self._warn_of_little_memory)
        config.on_change(("bind", "port", "tcp-backlog"), self._listen_again)
        self.startup_memory = self.core.memory()["used"]

    # Sockets

    @property
    def wake_descriptor(self) -> int:
        """Writing a byte to it calls `woken`: for `signal.set_wakeup_fd`."""
        return self._wake_writer

    @property
    def port(self) -> int:
        """The TCP port, also when the system chose it; 0 for none."""
        return int(self._tcp[0].getsockname()[1]) if self._tcp else 0

    def open(self, tcp: list[socket.socket] | None = None) -> None:
        """Listen on everything that the configuration names, or on the sockets `tcp`; raises `listeners.ListenError`."""
        config = self.config
        self._tcp = self._open_tcp(config) if tcp is None else tcp
        path = config.get_str("unixsocket")
        if path:
            self._unix = listeners.open_unix(
                path,
                config.get_int("unixsocketperm"),
                config.get_str("unixsocketgroup"),
                config.get_int("tcp-backlog"),
            )
        for each in self.listening:
            self.core.listen(each.fileno())

    @property
    def listening(self) -> list[socket.socket]:
        return [*self._tcp, self._unix] if self._unix else list(self._tcp)

    def describe_listeners(self) -> list[str]:
        """As INFO shows them."""
        described = []
        if self._tcp:
            addresses = ",".join(f"bind={each.getsockname()[0]}" for each in self._tcp)
            described.append(f"name=tcp,{addresses},port={self.port}")
        if self._unix:
            described.append(f"name=unix,bind={self.config.get_str('unixsocket')}")
        return described

    @staticmethod
    def _open_tcp(config: Config) -> list[socket.socket]:
        return listeners.open_tcp(config.get_list("bind"), config.get_int("port"), config.get_int("tcp-backlog"))

    def _listen_again(self, config: Config) -> str | None:
        """CONFIG SET bind or port: open the new sockets, then close the old."""
        old = self._tcp
        for each in old:
            self.core.unlisten(each.fileno())
        kept = {each.getsockname()[:2]: each for each in old}
        listeners.close_all(old)
        try:
            fresh = self._open_tcp(config)
        except listeners.ListenError as error:
            self.log.warning(str(error))
            self._tcp = []
            for (host, port) in kept:
                self._tcp += listeners.open_tcp([host], port, config.get_int("tcp-backlog"))
            for each in self._tcp:
                self.core.listen(each.fileno())
            if config.get_int("port"):
                return "Unable to listen on this port"
            return "Failed to bind to specified addresses."
        self._tcp = fresh
        for each in fresh:
            self.core.listen(each.fileno())
        return None

    # Running

    def load(self) -> bool:
        """Load modules, then what was saved, while clients are told to wait. False: it cannot be, and the log says why."""
        if not self.modules.load_wanted():
            return False
        if self.config.get_bool("appendonly"):
            return self._stopped or (self.aof.load() and self.aof.open()) or self._stopped
        try:
            self.snapshots.load(serve=True)
        except (RdbError, OSError) as error:
            if self._stopped:
                return True
            self.log.warning(f"Fatal error loading the DB, check server logs. {self.snapshots.path}: {error}. Exiting.")
            return False
        return True

    @property
    def _stopped(self) -> bool:
        return self._stop_reason is not None

    def run(self) -> None:
        """Serve until stopped."""
        if self._stopped:
            return
        if self._tcp:
            self.log.notice("Ready to accept connections tcp")
        if self._unix:
            self.log.notice("Ready to accept connections unix")
        self.core.run()

    def stop(self, how: Sequence[str] = ("default",)) -> None:
        """Let `run` return soon. From any thread, and from signal handlers. `how`: as shutdown-on-sigterm."""
        self._stop_wanted = self._stop_wanted or tuple(how)
        os.write(self._wake_writer, b"s")

    def busy_error(self) -> str | None:
        running = self.core.scripting.running()
        return busy_with(running[0]) if running is not None else None

    def shutdown(self, *, save: bool | None = None, force: bool = False, reason: str = "") -> bool:
        """Stop at the end of this tick, on the loop's thread. `save`: a last snapshot, by default if there are save
        points. False: that failed, and the server goes on (unless `force`)."""
        self.log.notice("User requested shutdown..." + (f" ({reason})" if reason else ""))
        good = self.aof.finish() or save is False
        if not (self.snapshots.finish(save=save, force=force) and (good or force)):
            self.log.warning("Errors trying to shut down the server. Check the logs for more information.")
            return False
        self._stop_reason = reason or "stop"
        self.core.stop()
        return True

    def restart(self, delay_ms: int, *, graceful: bool) -> bool:
        """Run the same command line anew in this process; what is not inherited (sockets, files) closes by itself.
        `graceful`: save first. False: that failed."""
        if not self.owns_process:
            self.log.warning("Restarting: this process is not the server's own")
            return False
        if not graceful or self._saved_for_restart():
            self.log.warning(f"Restarting in {delay_ms} milliseconds.")
            self.children.kill()
            time.sleep(delay_ms / 1000)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        return False

    def _saved_for_restart(self) -> bool:
        if self.config_path:
            try:
                rewrite_file(self.config, self.config_path)
            except OSError as error:
                self.log.warning(f"Restarting: CONFIG REWRITE failed: {error}")
                return False
        return self.shutdown(reason="restart")

    def give_up(self) -> None:
        """What was promised cannot be kept: end at once, and tell nobody anything any more."""
        if self.owns_process:
            os._exit(1)
        self._stop_reason = "failure"
        self.core.sharing.drop_clients()
        self.core.stop()

    def abandon(self) -> None:
        """In a forked child: close the child's copies of what the server has open. Nothing else is touched."""
        self.core.abandon()
        listeners.close_all(self.listening)
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def close(self) -> None:
        """Close the sockets and free all data. The server cannot be used afterwards."""
        self.modules.close()
        self.children.kill()
        self.aof.close()
        listeners.close_all(self.listening)
        if self._unix:
            listeners.remove_unix(self.config.get_str("unixsocket"))
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        self.core.free()

    # What the core calls

    def cron(self) -> None:
        """At every timer of the loop (`hz` times a second)."""
        self.samples.take(self.core)
        self.children.poll()
        self.core.hold_defrag(self.children.active is not None)
        self.snapshots.cron()
        self.aof.cron()

    def _warn_of_little_memory(self, config: Config) -> None:
        limit, used = config.get_int("maxmemory"), self.core.memory()["used"]
        if 0 < limit < used:
            self.log.warning(
                f"WARNING: the new maxmemory value set via CONFIG SET ({limit}) is smaller than the current memory usage "
                f"({used}). This will result in key eviction and/or the inability to accept new write commands depending "
                "on the maxmemory-policy."
            )

    def flushed(self) -> None:
        """FLUSHALL has deleted every key."""
        self.snapshots.flushed()

    def append_failed(self, what: int, errno: int) -> None:
        """The append-only file cannot be written, or can again."""
        self.aof.write_failed(what, errno)

    def woken(self) -> None:
        """Somebody wrote to `wake_descriptor`. (A signal's Python handler has run by now.)"""
        how, self._stop_wanted = self._stop_wanted, ()
        if how:
            save = True if "save" in how else False if "nosave" in how else None
            self.shutdown(save=save, force="force" in how)

    def note(self, level: int, text: str, client: Client | None) -> None:
        """A log line of the compiled side, about a client if there is one."""
        self.log.log(Level(level), f"{text} {client.describe()}" if client else text)

    def handler_failed(self, args: Sequence[bytes], error: BaseException) -> None:
        """A handler in Python raised something that is no CommandError: a defect, which harms nobody else."""
        import traceback  # late: seldom needed, and slow to import

        self.unexpected_errors += 1
        name = args[0].decode(errors="replace")
        self.log.warning(f"Error in the handler of '{name}': " + "".join(traceback.format_exception(error)).rstrip())

    def keep_secret(self, *arguments: int) -> None:
        """These arguments of the running command are shown to nobody, neither by the command log nor by MONITOR."""
        for each in arguments:
            self.core.insight.keep_secret(each)

    def reset_statistics(self) -> None:
        """CONFIG RESETSTAT."""
        self.core.reset_statistics()
        self.samples = Samples()
        self.acl_denied_auth = 0
        self.unexpected_errors = 0
