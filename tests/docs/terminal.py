"""A terminal in which what pages show can be run: the programs they name, on other ports and in other directories.

A page says ``redis-cli -p 6380`` and ``/var/lib/kvik``; what is run has a free port and a directory of the test instead, and
in what comes out both are put back. A server is started with ``--daemonize yes``, so that it needs no second terminal; its
wrapper returns when it answers, and puts its pid where `Terminal.close` finds it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from tests.clients.conftest import tool_path
from tests.support.servers import REPOSITORY, command_line, eventually, free_port

PORTS = ("6379", "6380", "6381")
PLACES = ("/var/lib/kvik", "/var/lib/redis", "/var/lib/valkey", "/etc/kvik", "/etc/redis", "/backup")
SERVERS = {"kvik-server": "kvik", "redis-server": "redis", "valkey-server": "oracle"}
CHECKS = {"kvik-check-rdb": "kvik.persist.check_rdb", "kvik-check-aof": "kvik.persist.check_aof"}

SERVER = """\
#!/bin/sh
case "$*" in
*--daemonize*) {command} "$@" --bind 127.0.0.1 --pidfile {run}/$$ > {run}/said || {{ cat {run}/said; exit 1; }}
    port=$( (cat "$1" 2> /dev/null; echo "$*") | sed -nE 's/(^|.* --|^--)port ([0-9]+).*/\\2/p' | tail -1)
    for i in $(seq 500); do
        case "$({cli} -p "$port" ping 2> /dev/null)" in PONG | NOAUTH*) exit 0 ;; esac
        sleep 0.02
    done
    echo "{command} does not answer on port $port"; exit 1 ;;
*) exec {command} "$@" ;;
esac
"""


class Terminal:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs, self.run_directory, self.root = (directory / name for name in ("bin", "run", "root"))
        for each in (self.programs, self.run_directory, self.root):
            each.mkdir()
        for place in PLACES:
            (self.root / place[1:]).mkdir(parents=True)
        self.ports = {shown: str(free_port()) for shown in PORTS}
        self._write_programs()
        path = f"{self.programs}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY / "src"), "TZ": "UTC"}

    def _write_programs(self) -> None:
        cli = tool_path("redis-cli")
        self._program("redis-cli", f'#!/bin/sh\nexec {cli} --no-raw "$@"\n')
        for program, name in SERVERS.items():
            command = shlex.join(command_line(name))
            self._program(program, SERVER.format(command=command, run=self.run_directory, cli=cli))
        for program, module in CHECKS.items():
            start = f"import sys; from {module} import main; sys.exit(main())"
            self._program(program, f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n')
        for name in ("redis-check-rdb", "redis-check-aof"):
            self._program(name, f'#!/bin/sh\nexec {tool_path(name)} "$@"\n')

    def _program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, command: str) -> str:
        """Run a command line of a page, and return what a reader would see."""
        result = subprocess.run(
            ["sh", "-c", self.adjust(command)], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        )  # fmt: skip
        return self.as_shown(result.stdout)

    def adjust(self, command: str) -> str:
        """What stands for the command of a page here. redis-cli and redis-py without a port mean 6379."""
        command = re.sub(r"redis-cli (?!.*-p \d)", f"redis-cli -p {PORTS[0]} ", command)
        command = re.sub(r"redis\.Redis\((?!.*port=)", f"redis.Redis(port={PORTS[0]}, ", command)
        for shown, used in self.ports.items():
            command = re.sub(rf"\b{shown}\b", used, command)
        return re.sub(rf"(?<![\w/.])({'|'.join(PLACES)})\b", rf"{self.root}\1", command)

    def as_shown(self, output: str) -> str:
        for shown, used in self.ports.items():
            output = re.sub(rf"\b{used}\b", shown, output)
        return output.replace(str(self.root), "")

    def close(self) -> None:
        """End the servers that are still there, by their pid."""
        for file in self.run_directory.iterdir():
            with contextlib.suppress(ProcessLookupError, ValueError, FileNotFoundError):
                pid = int(file.read_text())
                os.kill(pid, signal.SIGKILL)
                eventually(lambda pid=pid: not Path(f"/proc/{pid}/root").exists() or zombie(pid), what="the server is gone")


def zombie(pid: int) -> bool:
    """Has it ended, but nobody has asked how?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
