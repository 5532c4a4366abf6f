"""The end of a server and its beginning: signals, what is left behind, what is in the way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.faults.watch import served
from tests.support.resp import OK, ClosedError, Connection
from tests.support.servers import REPOSITORY, ServerProcess, command_line, eventually, free_port

GOODBYE = {"kvik": "Kvik is now ready to exit, bye bye", "oracle": "Valkey is now ready to exit, bye bye"}


def load(server: ServerProcess, ready: threading.Barrier) -> None:
    """SET and GET until the server is gone."""
    with contextlib.suppress(ClosedError, OSError), server.connect() as r:
        r("PING")
        ready.wait()
        commands = [["SET", f"key:{number % 100}", number] for number in range(500)] + [["GET", "key:7"]]
        while True:
            r.many(commands)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_under_load_and_started_at_once_on_the_same_port(name: str, start: Start, number: int) -> None:
    server = start(name)
    for _ in range(3):
        ready = threading.Barrier(4)
        threads = [threading.Thread(target=load, args=(server, ready)) for _ in range(3)]
        for thread in threads:
            thread.start()
        ready.wait(30)
        with server.connect() as r:
            eventually(lambda r=r: r("EXISTS", "key:99") == 1)
        assert server.kill(number) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        server.start()
        with server.connect() as r:
            assert r("DBSIZE") == 0
            assert r("SET", "key", "value") == OK


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end(name: str, start: Start, tmp_path: Path, number: signal.Signals) -> None:
    pid_file, unix = tmp_path / "server.pid", tmp_path / "server.sock"
    server = start(name, pidfile=str(pid_file), unixsocket=str(unix))
    assert pid_file.read_text() == f"{server.pid}\n"
    with Connection(str(unix)) as local, server.connect() as r, server.connect() as half:
        assert local("PING") == r("PING") == "PONG"
        half.send_raw(b"*3\r\n$3\r\nSET\r\n")
        assert server.kill(number) == 0
        assert local.at_end()
        assert r.at_end()
    log = server.log()
    assert f"Received {number.name} scheduling shutdown..." in log
    assert "User requested shutdown..." in log
    assert GOODBYE[name] in log
    assert log.index("scheduling shutdown") < log.index("User requested shutdown") < log.index(GOODBYE[name])
    assert not pid_file.exists()
    assert not unix.exists()


def test_shutdown_ends_like_a_signal(name: str, start: Start, tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid"
    server = start(name, pidfile=str(pid_file))
    with server.connect() as r, server.connect() as other:
        r.send("SHUTDOWN", "NOSAVE")
        assert r.at_end()
        assert other.at_end()
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert "User requested shutdown..." in server.log()
    assert not pid_file.exists()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGPIPE])
def test_signals_that_are_ignored(name: str, start: Start, number: int) -> None:
    server = start(name)
    with served(server):
        for _ in range(20):
            os.kill(server.pid, number)
    with server.connect() as r:
        assert r("PING") == "PONG"


def test_signals_while_busy(start: Start) -> None:
    """A signal ends the server though it never waits, and though a client never stops sending."""
    server = start("kvik")
    ready = threading.Barrier(3)
    threads = [threading.Thread(target=load, args=(server, ready)) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    assert server.kill(signal.SIGTERM) == 0
    for thread in threads:
        thread.join(30)


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The server in the foreground, when it is expected to end by itself."""
    return subprocess.run(
        [*command_line(name), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
    )  # fmt: skip


def test_port_in_use(name: str, start: Start) -> None:
    server = start(name)
    result = run(name, "--port", str(server.port), "--bind", "127.0.0.1", "--save", "")
    assert result.returncode == 1
    lines = [line for line in result.stdout.splitlines() if "Address already in use" in line]
    assert lines
    assert f"127.0.0.1:{server.port}: bind: Address already in use" in lines[0]
    if name == "kvik":
        assert len(lines) == 1
        assert result.stdout.splitlines()[-1] == lines[0]
    with server.connect() as r:
        assert r("PING") == "PONG"


@pytest.mark.parametrize(
    ("directive", "value", "says"),
    [
        ("bind", "203.0.113.7", "Cannot assign requested address"),
        ("unixsocket", "/nonexistent/directory/socket", "No such file or directory"),
    ],
)
def test_addresses_that_are_not_there(start: Start, directive: str, value: str, says: str) -> None:
    arguments = {"port": str(free_port()), "bind": "127.0.0.1", "save": "", directive: value}
    result = run("kvik", *[word for key, text in arguments.items() for word in (f"--{key}", text)])
    assert result.returncode == 1
    assert says in result.stdout.splitlines()[-1]
    assert "Traceback" not in result.stdout


def test_an_old_unix_socket_is_replaced(name: str, start: Start, tmp_path: Path) -> None:
    """One that a killed server left."""
    unix = tmp_path / "server.sock"
    server = start(name, unixsocket=str(unix))
    server.kill(signal.SIGKILL)
    assert unix.exists()
    server.start()
    with Connection(str(unix)) as local:
        assert local("PING") == "PONG"


def test_daemonize(name: str, tmp_path: Path) -> None:
    port, pid_file, log = free_port(), tmp_path / "daemon.pid", tmp_path / "daemon.log"
    result = run(
        name, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "yes",
        "--dir", str(tmp_path), "--pidfile", str(pid_file), "--logfile", str(log),
    )  # fmt: skip
    assert result.returncode == 0
    eventually(lambda: log.exists() and "Ready to accept connections" in log.read_text(), what="it is up")
    pid = int(pid_file.read_text())
    try:
        with Connection(("127.0.0.1", port)) as r:
            assert r("PING") == "PONG"
            assert r.info("server")["process_id"] == str(pid)
        assert os.getsid(pid) == pid                    # no terminal can end it
        assert os.readlink(f"/proc/{pid}/fd/0") == os.readlink(f"/proc/{pid}/fd/1") == "/dev/null"
    finally:
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: not pid_file.exists(), what="the pid file is gone")
    eventually(lambda: GOODBYE[name] in log.read_text())


def test_daemonize_on_a_port_in_use(start: Start, tmp_path: Path) -> None:
    """The reason stands in the log, for there is nobody left to tell."""
    server = start("kvik")
    log, pid_file = tmp_path / "daemon.log", tmp_path / "daemon.pid"
    run(
        "kvik", "--port", str(server.port), "--bind", "127.0.0.1", "--daemonize", "yes",
        "--dir", str(tmp_path), "--pidfile", str(pid_file), "--logfile", str(log),
    )  # fmt: skip
    eventually(lambda: log.exists() and "Address already in use" in log.read_text())
    assert not pid_file.exists()
