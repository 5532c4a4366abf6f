"""A disk that is full: writes are refused as Redis refuses them, nothing acknowledged is lost, and all goes on when there
is room again.

RLIMIT_FSIZE plays the full disk: a file cannot grow beyond it, and writing says so with an error.
"""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator

import pytest

from tests.conftest import Start
from tests.support.resp import OK, ClosedError, Connection, Error, Status
from tests.support.servers import ServerProcess, eventually

FULL = Error("MISCONF Errors writing to the AOF file: File too large")


def room(server: ServerProcess, size: int) -> None:
    """So many bytes a file may have; -1: as many as it likes."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def logging(start: Start) -> Iterator[ServerProcess]:
    return start("kvik", appendonly="yes", logfile="")


def fill_up(r: Connection) -> dict[bytes, int]:
    """SET until it is refused; what was acknowledged."""
    acknowledged = {}
    for number in range(100_000):
        reply = r("SET", f"key {number}", number)
        if reply != OK:
            assert reply == FULL
            return acknowledged
        acknowledged[b"key %d" % number] = number
    raise AssertionError("never refused")


def test_the_log_cannot_grow(logging: ServerProcess) -> None:
    server = logging
    r = server.connect()
    room(server, 20_000)
    acknowledged = fill_up(r)
    assert len(acknowledged) > 100
    assert r("PING") == FULL
    assert r("GET", "key 5") == b"5"
    assert r("DEL", "key 5") == FULL
    assert r.info("persistence")["aof_last_write_status"] == "err"
    room(server, resource.RLIM_INFINITY)
    eventually(lambda: r("PING") == "PONG")
    assert r.info("persistence")["aof_last_write_status"] == "ok"
    assert r.info("persistence")["aof_buffer_length"] == "0"
    assert r("SET", "later", 1) == OK
    log = server.log()
    assert "riting to the AOF file: File too large" in log
    assert "AOF write error looks solved. The server can write again." in log
    eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0")
    server.kill()
    server.start()
    r = server.connect()
    assert r("GET", "later") == b"1"
    for key, value in acknowledged.items():
        assert r("GET", key) == b"%d" % value


def test_killed_while_the_disk_is_full(start: Start) -> None:
    """The file ends with a whole command all the same. (`no`: no write waits for an fsync.)"""
    server = start("kvik", appendonly="yes", appendfsync="no")
    r = server.connect()
    room(server, 20_000)
    acknowledged = fill_up(r)
    server.kill()
    server.start()
    there = server.connect()("DBSIZE")
    assert len(acknowledged) - 1 <= there <= len(acknowledged)
    assert "short read" not in server.log()


def test_always_gives_up_rather_than_lie(start: Start) -> None:
    server = start("kvik", appendonly="yes", appendfsync="always")
    r = server.connect()
    room(server, 20_000)
    acknowledged = 0
    with contextlib.suppress(ClosedError, OSError):
        while r("SET", f"key {acknowledged}", acknowledged) == OK:
            acknowledged += 1
    assert acknowledged > 100
    assert server.wait(10) == 1
    assert "Can't recover from AOF write error when the AOF fsync policy is 'always'" in server.log()
    server.start()
    assert server.connect()("DBSIZE") == acknowledged


def test_a_snapshot_cannot_be_written(start: Start) -> None:
    server = start("kvik", save="3600 100000")
    r = server.connect()
    r("SET", "a", "x")
    assert r("SAVE") == OK
    before = (server.directory / "dump.rdb").read_bytes()
    r.many([("SET", f"key {number}", f"value {number}") for number in range(5000)])
    room(server, 20_000)
    assert r("SAVE") == Error("ERR")
    assert r("BGSAVE") == Status("Background saving started")
    eventually(lambda: r.info("persistence")["rdb_last_bgsave_status"] == "err")
    assert str(r("SET", "b", 1)).startswith("MISCONF Valkey is configured to save RDB snapshots")
    assert r("GET", "a") == b"x"
    assert (server.directory / "dump.rdb").read_bytes() == before
    assert list(server.directory.glob("temp-*")) == []
    room(server, resource.RLIM_INFINITY)
    assert r("SAVE") == OK
    assert r("SET", "b", 1) == OK


def test_a_rewrite_has_no_room(logging: ServerProcess) -> None:
    server = logging
    r = server.connect()
    r.many([("SET", f"key {number}", f"value {number}") for number in range(500)])
    room(server, 1000)
    reply = r("BGREWRITEAOF")
    if reply == Status("Background append only file rewriting started"):
        eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0")
    assert r.info("persistence")["aof_last_bgrewrite_status"] == "err"
    room(server, resource.RLIM_INFINITY)
    eventually(lambda: r("SET", "later", 1) == OK)
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0")
    assert r.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0")
    server.kill()
    server.start()
    assert server.connect()("DBSIZE") == 501


def test_a_directory_that_is_gone(start: Start) -> None:
    """Nothing can be made in it any more: the log goes on in the file that is open, rewriting and snapshots say no."""
    server = start("kvik", appendonly="yes")
    r = server.connect()
    folder = server.directory / "appendonlydir"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    assert r("SET", "a", 1) == OK
    assert r("BGREWRITEAOF") == Error(
        "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
    )
    assert r("SET", "b", 1) == OK
