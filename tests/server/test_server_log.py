"""Log lines: the formats of the real Valkey, files that are rotated, syslog."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvik.server.config import Config
from kvik.server.server_log import Level, Role, ServerLog, Syslog, format_time
from tests.server.config_oracle import run_oracle

NOON = 1795424287.790


@pytest.fixture
def zone() -> Iterator[None]:
    """A time zone that is not a whole hour from UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "IST-5:30"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def logged(log_format: str = "legacy", *, role: Role = Role.PRIMARY, level: Level, message: str) -> str:
    lines: list[bytes] = []
    log = ServerLog(Level.DEBUG, write=lines.append, clock=lambda: NOON)
    log.format = log_format
    log.role = role
    log.log(level, message)
    return b"".join(lines).decode()


@pytest.mark.usefixtures("zone")
def test_legacy_lines() -> None:
    pid = os.getpid()
    marks = {Level.DEBUG: ".", Level.VERBOSE: "-", Level.NOTICE: "*", Level.WARNING: "#"}
    for level, mark in marks.items():
        line = logged(level=level, message='Ready "to"\nx')
        assert line == f'{pid}:M 23 Nov 2026 14:28:07.790 {mark} Ready "to"\nx\n'
    assert logged(role=Role.REPLICA, level=Level.NOTICE, message="x").startswith(f"{pid}:S ")
    assert logged(role=Role.CHILD, level=Level.NOTICE, message="x").startswith(f"{pid}:C ")


@pytest.mark.usefixtures("zone")
def test_logfmt_lines() -> None:
    assert logged("logfmt", level=Level.VERBOSE, message='a "b" \\ c\r\nd\té') == (
        f'pid={os.getpid()} role=primary timestamp="23 Nov 2026 14:28:07.790" level=info'
        " message=\"a 'b' \\ c  d\té\"\n"
    )


@pytest.mark.usefixtures("zone")
def test_json_lines() -> None:
    message = 'a "b" \\ c\r\nd\té\x01/'
    line = logged("json", role=Role.CHILD, level=Level.DEBUG, message=message)
    assert line.startswith(f'{{"pid":{os.getpid()},"role":"RDB/AOF","timestamp":"23 Nov 2026 14:28:07.790",')
    assert json.loads(line)["message"] == message
    assert line.count("\n") == 1


@pytest.mark.usefixtures("zone")
def test_timestamps() -> None:
    assert format_time(NOON, "legacy") == "23 Nov 2026 14:28:07.790"
    assert format_time(NOON, "iso8601") == "2026-11-23T14:28:07.790+05:30"
    assert format_time(NOON, "milliseconds") == "1795424287790"


@pytest.mark.parametrize("log_format", ["legacy", "logfmt", "json"])
@pytest.mark.parametrize("timestamp_format", ["legacy", "iso8601", "milliseconds"])
def test_as_valkey_logs(tmp_path: Path, log_format: str, timestamp_format: str) -> None:
    settings = ["--log-format", log_format, "--log-timestamp-format", timestamp_format, "--loglevel", "debug"]
    out, _ = run_oracle(tmp_path, "--port", "0", *settings)
    config = Config()
    config.set([("log-format", log_format), ("log-timestamp-format", timestamp_format)])
    lines: list[bytes] = []
    log = ServerLog(write=lines.append)
    log.follow(config)
    log.notice("Running mode=standalone, port=0.")
    log.warning("Configured to not listen anywhere, exiting.")
    # The same with every digit taken for any other.
    shapes = [
        re.sub(r"\d+", "0", line) for line in out.splitlines() if "mode=" in line or "not listen" in line
    ]
    assert re.sub(r"\d+", "0", b"".join(lines).decode()).splitlines() == shapes


def test_levels() -> None:
    lines: list[bytes] = []
    log = ServerLog(Level.NOTICE, write=lines.append)
    log.debug("a")
    log.verbose("b")
    log.notice("c")
    log.warning("d")
    log.level = Level.NOTHING
    log.warning("e")
    assert [line.split()[-1] for line in lines] == [b"c", b"d"]


def test_the_configuration_is_followed(tmp_path: Path) -> None:
    config = Config()
    config.assign("dir", str(tmp_path))
    config.assign("logfile", "kvik.log")
    log = ServerLog()
    log.follow(config)
    log.verbose("a")
    config.set([("loglevel", "verbose"), ("log-format", "json")])
    log.verbose("b")
    assert [json.loads(line)["message"] for line in (tmp_path / "kvik.log").read_text().splitlines()] == ["b"]


def test_a_renamed_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "kvik.log"
    log = ServerLog(path=str(path))
    log.notice("a")
    path.rename(tmp_path / "kvik.log.1")
    log.notice("b")
    assert path.read_text().endswith(" * b\n")
    assert (tmp_path / "kvik.log.1").read_text().endswith(" * a\n")


def test_a_file_that_cannot_be_written_loses_the_line(tmp_path: Path) -> None:
    log = ServerLog(path=str(tmp_path / "gone" / "kvik.log"))
    log.notice("a")
    (tmp_path / "gone").mkdir()
    log.notice("b")
    assert (tmp_path / "gone" / "kvik.log").read_text().endswith(" * b\n")


def test_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    ServerLog().notice("Ready to accept connections tcp")
    assert capfd.readouterr().out.endswith(" * Ready to accept connections tcp\n")


def test_bytes_that_are_not_utf8() -> None:
    lines: list[bytes] = []
    for log_format in ("legacy", "logfmt", "json"):
        log = ServerLog(write=lines.append)
        log.format = log_format
        log.notice(b"a\xffb".decode("utf-8", "surrogateescape"))
    assert all(b"a\xffb" in line for line in lines)


def test_syslog(tmp_path: Path) -> None:
    address = str(tmp_path / "log")

    def listen() -> socket.socket:
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        daemon.settimeout(10)
        daemon.bind(address)
        return daemon

    log = ServerLog(write=lambda line: None, clock=lambda: NOON)
    log.syslog = Syslog("kvik", "local3", address)
    log.notice("nobody listens")
    with listen() as daemon:
        log.warning("a")
        packet = daemon.recv(1000).decode()
        assert re.fullmatch(rf"<156>Nov 2[34] \d\d:\d\d:07 kvik\[{os.getpid()}\]: a", packet)
    os.unlink(address)
    with listen() as daemon:
        log.notice("after a restart of the daemon")
        assert daemon.recv(1000).startswith(b"<157>")
    log.syslog.close()
