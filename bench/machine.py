"""What the figures were taken on: without it they cannot be compared with anyone else's."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.servers import CLOCK_TICKS, LOAD_CORE, REPOSITORY, SERVER_CORE, server_version
from bench.settings import Settings


def conditions(settings: Settings, argv: Sequence[str]) -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC)
    table = {
        "date": now.strftime("%Y-%m-%d %H:%M UTC"),
        "command": shlex.join(["python", "-m", "bench", *argv]),
        "commit": _first_line(["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"]) or "none",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "CPU": f"{_proc_field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{_kilobytes('MemTotal') / 1024 / 1024:.1f} GiB",
        "transparent huge pages": _huge_pages(),
        "Python": platform.python_version(),
        "cores": f"server on {SERVER_CORE}, load generator on {LOAD_CORE}; the other servers paused",
        "priority": f"nice {os.getpriority(os.PRIO_PROCESS, 0)}, server and generator alike",
        "load": _first_line(["redis-benchmark", "--version"]) or "no redis-benchmark",
        "repetitions": f"{settings.repetitions}, interleaved, medians; {settings.seconds:g} s a run",
    }
    table |= {name: server_version(name) for name in settings.servers}
    return table


def available_bytes() -> int:
    return _kilobytes("MemAvailable") * 1024


def stolen_seconds() -> float:
    """Time the hypervisor gave the server's core to somebody else, since boot."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{SERVER_CORE} "):
            return int(line.split()[8]) / CLOCK_TICKS
    return 0.0


def _kilobytes(name: str) -> int:
    return int(_proc_field("/proc/meminfo", name).split()[0])


def _proc_field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _huge_pages() -> str:
    try:
        text = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
    except OSError:
        return "unknown"
    return text.partition("[")[2].partition("]")[0]


def _first_line(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""
