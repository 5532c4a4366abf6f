"""The log of a server, in Redis's formats.

``log-format legacy`` (``log-timestamp-format`` changes the time in all three)::

    4242:M 23 Nov 2026 08:58:07.790 * Ready to accept connections tcp

is process id, role (M primary, S replica, C child), local time, and level: ``.`` debug, ``-`` verbose,
``*`` notice, ``#`` warning. ``logfmt`` and ``json`` say the same in words::

    pid=4242 role=primary timestamp="23 Nov 2026 08:58:07.790" level=notice message="Ready to ..."

A log file is opened by name for each line and closed again, as Redis does it: whoever rotates logs renames
the file and needs to tell nobody, no line goes to a file that was deleted, and nothing has to be watched.
Each line is one write(2) in append mode, so lines of the server and its children do not mix. A log that
cannot be written is not a reason to stop: the line is lost.
"""

from __future__ import annotations

import contextlib
import enum
import os
import socket
import time
from collections.abc import Callable
from typing import Final

from kvik.server.config import Config
from kvik.server.config_text import encode


class Level(enum.IntEnum):
    DEBUG = 0
    VERBOSE = 1
    NOTICE = 2
    WARNING = 3
    NOTHING = 4
    """As `loglevel`: no line at all."""


class Role(enum.Enum):
    """Who logs: the letter of the legacy format, and the word of the others."""

    PRIMARY = ("M", "primary")
    REPLICA = ("S", "replica")
    CHILD = ("C", "RDB/AOF")


_MARKS: Final = ".-*#"
_LEVEL_WORDS: Final = ("debug", "info", "notice", "warning")
_SYSLOG_SEVERITIES: Final = (7, 6, 5, 4)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ServerLog:
    def __init__(
        self,
        level: Level = Level.NOTICE,
        path: str = "",
        *,
        write: Callable[[bytes], object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Lines go to the file `path`; without one to `write`, by default standard output."""
        self.level = level
        self.path = path
        self.role = Role.PRIMARY
        self.format = "legacy"
        self.timestamp_format = "legacy"
        self.syslog: Syslog | None = None
        self._write = write or _write_standard_output
        self._clock = clock

    def follow(self, config: Config) -> None:
        """Log as `config` says, now and after each CONFIG SET. Called once the configuration is loaded."""
        if logfile := config.get_str("logfile"):
            self.path = os.path.join(config.get_str("dir"), logfile)
        if config.get_bool("syslog-enabled"):
            self.syslog = Syslog(config.get_str("syslog-ident"), config.get_str("syslog-facility"))
        self._take_over(config)
        config.on_change(("loglevel", "log-format", "log-timestamp-format"), self._take_over)

    def _take_over(self, config: Config) -> str | None:
        self.level = Level[config.get_str("loglevel").upper()]
        self.format = config.get_str("log-format")
        self.timestamp_format = config.get_str("log-timestamp-format")
        return None

    def debug(self, message: str) -> None:
        self.log(Level.DEBUG, message)

    def verbose(self, message: str) -> None:
        self.log(Level.VERBOSE, message)

    def notice(self, message: str) -> None:
        self.log(Level.NOTICE, message)

    def warning(self, message: str) -> None:
        self.log(Level.WARNING, message)

    def log(self, level: Level, message: str) -> None:
        if level < self.level or level >= Level.NOTHING:
            return
        line = encode(self._line(level, message) + "\n")
        with contextlib.suppress(OSError):
            if self.path:
                _append(self.path, line)
            else:
                self._write(line)
        if self.syslog:
            self.syslog.send(level, message, self._clock())

    def _line(self, level: Level, message: str) -> str:
        pid, when = os.getpid(), format_time(self._clock(), self.timestamp_format)
        letter, word = self.role.value
        if self.format == "logfmt":
            text = message.translate({ord('"'): "'", ord("\n"): " ", ord("\r"): " "})
            return f'pid={pid} role={word} timestamp="{when}" level={_LEVEL_WORDS[level]} message="{text}"'
        if self.format == "json":
            import json  # late: seldom needed, and slow to import

            fields = {
                "pid": pid,
                "role": word,
                "timestamp": when,
                "level": _LEVEL_WORDS[level],
                "message": message,
            }
            return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return f"{pid}:{letter} {when} {_MARKS[level]} {message}"


def format_time(now: float, timestamp_format: str) -> str:
    """A moment as ``legacy`` (23 Nov 2026 08:58:07.790), ``iso8601`` or ``milliseconds`` since 1970."""
    seconds, milliseconds = divmod(int(now * 1000), 1000)
    if timestamp_format == "milliseconds":
        return str(seconds * 1000 + milliseconds)
    local = time.localtime(seconds)
    clock = f"{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}.{milliseconds:03}"
    if timestamp_format == "iso8601":
        hours, minutes = divmod(abs(local.tm_gmtoff) // 60, 60)
        sign = "-" if local.tm_gmtoff < 0 else "+"
        date = f"{local.tm_year:04}-{local.tm_mon:02}-{local.tm_mday:02}"
        return f"{date}T{clock}{sign}{hours:02}:{minutes:02}"
    return f"{local.tm_mday:02} {_MONTHS[local.tm_mon - 1]} {local.tm_year} {clock}"


def _write_standard_output(line: bytes) -> None:
    _write_all(1, line)


def _append(path: str, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _write_all(descriptor, line)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class Syslog:
    """The system's log, over its socket: the module `syslog` has one ident for the whole process."""

    def __init__(self, ident: str, facility: str, address: str = "/dev/log") -> None:
        self._ident = ident
        self._facility = 1 if facility == "user" else 16 + int(facility.removeprefix("local"))
        self._address = address
        self._socket: socket.socket | None = None

    def send(self, level: Level, message: str, now: float) -> None:
        priority = self._facility * 8 + _SYSLOG_SEVERITIES[level]
        local = time.localtime(now)
        when = f"{_MONTHS[local.tm_mon - 1]} {local.tm_mday:2} {time.strftime('%H:%M:%S', local)}"
        packet = encode(f"<{priority}>{when} {self._ident}[{os.getpid()}]: {message}")
        # Once more on a new socket: the syslog daemon may have been started again.
        for _ in range(2):
            try:
                self._connected().send(packet)
                return
            except OSError:
                self.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            new = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            try:
                new.setblocking(False)
                new.connect(self._address)
            except OSError:
                new.close()
                raise
            self._socket = new
        return self._socket

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
