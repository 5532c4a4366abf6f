"""The command line of kvik-server: ``kvik-server [file] [--directive value ...] [-]``.

The options become lines of a configuration file, as in Redis: ``--port 7000 --save 60 1`` is ``port "7000"``
and ``save "60" "1"``; `config_file.load_config` reads them after the file and standard input. The rules are
Redis's:

- the first argument is the file unless it begins with ``-``; a ``-`` first or last is standard input;
- ``--name`` begins an option, what follows belongs to it up to the next ``--name``;
- the first value of an option may begin with ``--`` (``--requirepass --secret``), except that of ``--save``,
  because ``--save --port 7000`` has always meant no snapshots.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import kvik
from kvik.server.config_text import quote


class Options(NamedTuple):
    """What the command line asks for: a message and an exit code, or a server with this configuration."""

    config_path: str | None = None
    """Absolute, so that CONFIG REWRITE finds it whatever `dir` is."""
    stdin_text: str = ""
    arguments_text: str = ""
    """The options, as lines of a configuration file."""
    message: str | None = None
    """To print instead of starting: to standard output if `exit_code` is 0, else to standard error."""
    exit_code: int = 0


def kvik_version() -> str:
    return kvik.__version__


def version_text() -> str:
    """One line in the form of redis-server's, which tools split at spaces and ``=``."""
    import platform  # late: seldom needed, and slow to import

    bits = 64 if platform.architecture()[0] == "64bit" else 32
    python = f"{platform.python_implementation().lower()}-{platform.python_version()}"
    return f"Kvik server v={kvik_version()} malloc=kvik bits={bits} python={python}\n"


USAGE = """\
Usage: kvik-server [/path/to/kvik.conf] [options] [-]
       kvik-server - (read the configuration from standard input)
       kvik-server -v or --version
       kvik-server -h or --help

An option is a directive of the configuration file with -- before it. It overrides the file.

Examples:
       kvik-server (start with the defaults)
       echo 'maxmemory 128mb' | kvik-server -
       kvik-server /etc/kvik/6379.conf
       kvik-server --port 7777 --save 60 1000 --appendonly yes
       kvik-server --port 7777 --bind 127.0.0.1 ::1 --save ""
       kvik-server /etc/kvik/6379.conf --loglevel verbose
       kvik-server /etc/kvik/6379.conf --maxmemory 2gb -
       kvik-server --module my_commands.py (commands in Python: docs/python-commands.md)
"""

_REFUSED = {
    "--test-memory": "Kvik has no memory test. Use memtester or memtest86+.\n",
    "--check-system": "Kvik has no --check-system. What it finds amiss at start it says in the log.\n",
    "--sentinel": "Kvik has no Sentinel mode. Run redis-sentinel or valkey-sentinel beside it.\n",
}


def parse_command_line(arguments: Sequence[str], read_stdin: Callable[[], str]) -> Options:
    """What the arguments (without the program's name) ask for. `read_stdin` is called if they hold ``-``."""
    rest = list(arguments)
    if rest and rest[0] in ("-v", "--version"):
        return Options(message=version_text())
    if rest and rest[0] in ("-h", "--help"):
        return Options(message=USAGE)
    for refused, explanation in _REFUSED.items():
        if refused in rest:
            return Options(message=explanation, exit_code=1)

    config_path = None
    stdin = False
    if rest and rest[0] == "-":
        stdin = True
        del rest[0]
    elif rest and not rest[0].startswith("-"):
        config_path = os.path.abspath(rest[0]) if rest[0] else ""
        del rest[0]
    if rest and rest[-1] == "-":
        stdin = True
        del rest[-1]
    return Options(
        config_path=config_path,
        stdin_text=read_stdin() if stdin else "",
        arguments_text=_as_lines(rest),
    )


def _as_lines(arguments: Sequence[str]) -> str:
    lines: list[str] = []
    first_value_follows = False
    for argument in arguments:
        if argument.startswith("--") and not first_value_follows:
            name = argument[2:]
            lines.append(name)
            # "--port 0" in one argument has its value already.
            first_value_follows = name.lower() != "save" and len(name.split()) < 2
        else:
            if not lines:
                lines.append("")
            lines[-1] += f" {quote(argument)}"
            first_value_follows = False
    return "".join(f"{line.strip()}\n" for line in lines)
