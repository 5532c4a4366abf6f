"""Runs redis-py's own test suite, as it is in the source distribution of the installed version, on Kvik.

    python -m scripts.redis_py_suite [--server kvik | oracle | redis] [--report FILE] [-- PYTEST OPTIONS]

Many of its tests connect to port 6379, whatever they are told. So server and tests run in a network namespace of their own,
where that port is always free (Linux, `unshare` of util-linux). What is left out, with the reasons, stands in
tests/clients/redis_py_left_out.txt; an entry there that fits no test is an error. Everything else must pass. What fails is
run once more by itself, since some of the tests measure time, which a busy machine spoils.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.servers import REPOSITORY, ServerProcess

LEFT_OUT = REPOSITORY / "tests" / "clients" / "redis_py_left_out.txt"
MARKED = "not onlycluster and not redismod and not ssl"
"""Tests that say themselves that they are for a cluster, modules or TLS."""
PORT = 6379
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def download(folder: Path) -> Path:
    """The unpacked source distribution."""
    wanted = f"redis=={version('redis')}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--no-binary", "redis", "--dest", str(folder), wanted]  # fmt: skip
    subprocess.run(command, check=True)
    archive = next(folder.glob("redis-*.tar.gz"))
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def left_out() -> list[str]:
    lines = [line.strip() for line in LEFT_OUT.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "["))]


def leave_out(entries: list[str]) -> list[str]:
    """Files and folders are not even imported: they may need what is not installed."""
    return [f"--deselect={entry}" if "::" in entry else f"--ignore={entry}" for entry in entries]


def run_pytest(source: Path, options: list[str], capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Without the repository on its path, which has a package `tests` as well, and without Kvik's plugin."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "pytest", "-p", "no:kvik", "-m", MARKED, "-W", "ignore",
               "--redis-mod-url", "redis://127.0.0.1:1/0", *options]  # fmt: skip
    return subprocess.run(command, cwd=source, env=environment, text=True, capture_output=capture)


def stale_entries(source: Path, entries: list[str]) -> list[str]:
    """Entries that name no file and begin no test's ID."""
    files = [entry for entry in entries if "::" not in entry]
    listed = run_pytest(source, ["--collect-only", "-q", *leave_out(files)], capture=True).stdout.splitlines()
    return [
        entry for entry in entries
        if not ((source / entry).exists() if entry in files else any(line.startswith(entry) for line in listed))
    ]  # fmt: skip


def count(results: Path) -> Counter[str]:
    """How many tests passed, failed and so on."""
    kinds = (case[0].tag if len(case) else "passed" for case in ElementTree.parse(results).iter("testcase"))
    return Counter({"failure": "failed", "error": "failed"}.get(kind, kind) for kind in kinds)


def raise_loopback() -> None:
    """A new network namespace has a loopback interface that is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack_from("16sh", fcntl.ioctl(control, SIOCGIFFLAGS, request.ljust(40, b"\0")))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP).ljust(40, b"\0"))


def run_suite(server: str, source: Path, report: Path | None, options: list[str]) -> int:
    raise_loopback()
    entries = left_out()
    with ServerProcess(server, port=str(PORT), enable_module_command="yes") as running:
        stale = stale_entries(source, entries)
        if stale:
            print(f"{LEFT_OUT.name} has entries that fit no test:", *stale, sep="\n  ")
            return 1
        options = ["-q", "--tb=short", *leave_out(entries), *options]
        first, second = source / "first.xml", source / "second.xml"
        code = run_pytest(source, [*options, f"--junit-xml={first}"]).returncode
        counts = count(first)
        if code == pytest.ExitCode.TESTS_FAILED:
            code = run_pytest(source, [*options, f"--junit-xml={second}", "--last-failed"]).returncode
            again = count(second)
            counts.update(passed=again["passed"], failed=again["failed"] - counts["failed"])
        if not running.alive():
            print(f"the server has ended:\n{running.log()[-4000:]}")
            return 1
    if report:
        uses = [f"all but {LEFT_OUT.relative_to(REPOSITORY)}; it skips by itself what is for other versions than 7.4"]
        note = {"name": "redis, its own test suite", "version": version("redis"), "source": "pypi", "uses": uses}
        report.write_text(json.dumps({"redis-py suite": {**note, "counts": counts}}) + "\n")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=["kvik", "oracle", "redis"], default="kvik")
    parser.add_argument("--report", type=Path, help="write what ran, in JSON")
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)      # set: this is the process in the namespace
    parser.add_argument("options", nargs="*", metavar="PYTEST OPTION")
    arguments = parser.parse_args()
    if arguments.source:
        return run_suite(arguments.server, arguments.source, arguments.report, arguments.options)
    with tempfile.TemporaryDirectory(prefix="kvik-redis-py-") as folder:
        source = download(Path(folder))
        command = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-m", "scripts.redis_py_suite",
                   "--server", arguments.server, "--source", str(source)]  # fmt: skip
        if arguments.report:
            command += ["--report", str(arguments.report.resolve())]
        return subprocess.run([*command, "--", *arguments.options], cwd=REPOSITORY).returncode


if __name__ == "__main__":
    sys.exit(main())
