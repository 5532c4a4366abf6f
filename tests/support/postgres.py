"""A PostgreSQL that tests start: in a directory of its own, on 127.0.0.1 and a free port, ended by its own pid.

Debian's package puts initdb and postgres where PATH does not see them. PostgreSQL refuses to run as root; then it runs as
the user postgres, which the package makes.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.support.servers import eventually, free_port


class MissingError(Exception):
    """What is not there for a PostgreSQL to be started."""


def programs() -> Path:
    """The directory with initdb and postgres of the newest version there is."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not versions:
        raise MissingError("PostgreSQL is missing: apt-get install postgresql")
    return max(versions, key=lambda path: [int(digits) for digits in re.findall(r"\d+", path.parent.name)])


def identity() -> dict[str, Any]:
    """Arguments of Popen: who runs it."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise MissingError("PostgreSQL does not run as root, and there is no user postgres") from None
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
    """A running server, with a superuser `postgres` who needs no password."""

    def __init__(self) -> None:
        bin, who = programs(), identity()
        self.directory = Path(tempfile.mkdtemp(prefix="kvik-test-postgres-"))
        if who:
            os.chown(self.directory, who["user"], who["group"])
        data, log = self.directory / "data", self.directory / "log"
        subprocess.run(
            [bin / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"],
            cwd=self.directory, capture_output=True, check=True, **who,
        )  # fmt: skip
        self.port = free_port()
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [bin / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **who,
            )  # fmt: skip
        eventually(
            lambda: b"ready to accept connections" in log.read_bytes() or self.process.poll() is not None,
            60, "PostgreSQL is up",
        )  # fmt: skip
        assert self.process.poll() is None, log.read_text()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)        # at once
            self.process.wait(30)
        shutil.rmtree(self.directory)
