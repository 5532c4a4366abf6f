"""A disk that says EIO, or takes its time: writes are refused as Redis refuses them, replies promise no more than
`appendfsync` does, and nothing acknowledged is lost.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.bad_disk import BadDisk
from tests.support.resp import OK, ClosedError, Connection, Error, Status
from tests.support.servers import ServerProcess, eventually

REFUSED = "MISCONF Errors writing to the AOF file: "
FAILED = Error(REFUSED + "Input/output error")
Begin = Callable[..., ServerProcess]


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[BadDisk]:
    disk = BadDisk(getattr(request, "param", "appendonlydir"))
    yield disk
    disk.close()


@pytest.fixture
def begin(disk: BadDisk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Starts a server on that disk. When it is started again, the disk is a good one."""
    servers = []

    def started(name: str, **directives: str) -> ServerProcess:
        servers.append(disk.server(monkeypatch, name, **directives))
        return servers[-1]

    yield started
    disk.recover()
    for each in servers:
        each.stop()


def refused(r: Connection, acknowledged: list[int]) -> bool:
    """SET the next key; was it refused? Those that were not are noted."""
    number = acknowledged[-1] + 1 if acknowledged else 0
    reply = r("SET", f"key {number}", number)
    if reply == OK:
        acknowledged.append(number)
    else:
        assert str(reply).startswith(REFUSED)
    return bool(reply != OK)


def killed_and_back(server: ServerProcess, acknowledged: list[int]) -> None:
    """Nothing that was acknowledged is lost."""
    server.kill()
    server.start()
    with server.connect() as r:
        assert r.many([["GET", f"key {number}"] for number in acknowledged]) == [b"%d" % each for each in acknowledged]


# --- the append-only file --------------------------------------------------------------------------------------------


def test_fsync_fails_with_everysec(disk: BadDisk, begin: Begin, name: str) -> None:
    server = begin(name, appendonly="yes")
    r = server.connect()
    disk.fail_syncs(errno.EIO)
    acknowledged: list[int] = []
    eventually(lambda: refused(r, acknowledged), what="a write is refused")
    assert acknowledged
    assert r("PING") == r("FLUSHALL") == r("DEL", "key 0") == FAILED
    assert r("GET", "key 0") == b"0"
    assert r.info("persistence")["aof_last_write_status"] == "err"
    assert "Fail to fsync the AOF file: Input/output error" in server.log()
    if name == "kvik":      # Valkey tries no further fsync, for there are no writes
        disk.recover()
        eventually(lambda: not refused(r, acknowledged), what="writes are accepted again")
        assert r.info("persistence")["aof_last_write_status"] == "ok"
        eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0", what="all is written")
        killed_and_back(server, acknowledged)


def test_fsync_fails_with_always(disk: BadDisk, begin: Begin, name: str) -> None:
    """What cannot be promised is not answered: the server ends."""
    server = begin(name, appendonly="yes", appendfsync="always")
    r = server.connect()
    acknowledged: list[int] = []
    for _ in range(20):
        assert not refused(r, acknowledged)
    disk.fail_syncs(errno.EIO)
    with contextlib.suppress(OSError), pytest.raises(ClosedError):
        refused(r, acknowledged)
    assert len(acknowledged) == 20
    assert server.wait(20) == 1
    killed_and_back(server, acknowledged)


def test_fsync_that_nobody_asked_for(disk: BadDisk, begin: Begin, name: str) -> None:
    server = begin(name, appendonly="yes", appendfsync="no")
    r = server.connect()
    before = disk.syncs
    disk.fail_syncs(errno.EIO)
    assert r.many([["SET", "key", number] for number in range(100)]) == [OK] * 100
    assert r.info("persistence")["aof_last_write_status"] == "ok"
    assert disk.syncs == before


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_writes_fail(disk: BadDisk, begin: Begin, policy: str) -> None:
    server = begin("kvik", appendonly="yes", appendfsync=policy)
    r = server.connect()
    acknowledged: list[int] = []
    for error in (errno.EIO, errno.ENOSPC, errno.EIO):
        disk.fail_writes(error)
        eventually(lambda: r("SET", "other", 1) != OK, what="a write is refused")
        assert r.info("persistence")["aof_last_write_status"] == "err"
        assert r("GET", "key 0") == (b"0" if acknowledged else None)
        disk.recover()
        eventually(lambda: not refused(r, acknowledged), what="writes are accepted again")
        eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0", what="all is written")
    killed_and_back(server, acknowledged)


def test_writes_fail_with_always(disk: BadDisk, begin: Begin, name: str) -> None:
    server = begin(name, appendonly="yes", appendfsync="always")
    r = server.connect()
    acknowledged: list[int] = []
    for _ in range(20):
        assert not refused(r, acknowledged)
    disk.fail_writes(errno.EIO)
    with contextlib.suppress(OSError), pytest.raises(ClosedError):
        refused(r, acknowledged)
    assert server.wait(20) == 1
    killed_and_back(server, acknowledged)


def test_a_slow_fsync_keeps_nobody_waiting(disk: BadDisk, begin: Begin) -> None:
    """everysec: what comes meanwhile is kept in memory, for two seconds at most; then it is written all the same."""
    server = begin("kvik", appendonly="yes")
    r = server.connect()
    disk.slow_syncs(4000)
    acknowledged: list[int] = []
    assert not refused(r, acknowledged)
    eventually(lambda: r.info("persistence")["aof_pending_bio_fsync"] == "1", what="an fsync is under way")
    begun = time.monotonic()
    for _ in range(2000):
        assert not refused(r, acknowledged)
    assert time.monotonic() - begun < 2
    assert r.info("persistence")["aof_pending_bio_fsync"] == "1"

    def written_all_the_same() -> bool:
        assert not refused(r, acknowledged)
        return int(r.info("persistence")["aof_delayed_fsync"]) > 0

    eventually(written_all_the_same, what="two seconds are over")
    eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0", what="all is written")
    killed_and_back(server, acknowledged)


def test_replies_wait_for_a_slow_fsync(disk: BadDisk, begin: Begin, name: str) -> None:
    """always: no reply before what it promises; but one fsync is enough for all who came meanwhile."""
    server = begin(name, appendonly="yes", appendfsync="always")
    first = server.connect()
    others = [server.connect() for _ in range(20)]
    assert [each("PING") for each in others] == ["PONG"] * 20
    disk.slow_syncs(200)
    before, begun = disk.syncs, time.monotonic()
    first.send("SET", "key 0", 0)
    for number, each in enumerate(others, 1):
        each.send("SET", f"key {number}", number)
    assert first.read() == OK
    assert time.monotonic() - begun >= 0.2
    assert [each.read() for each in others] == [OK] * 20
    assert disk.syncs - before <= 4
    begun = time.monotonic()
    assert first("GET", "key 20") == b"20"
    assert time.monotonic() - begun < 0.2       # what changes nothing waits for nothing
    disk.recover()
    killed_and_back(server, list(range(21)))


def test_a_rewrite_on_a_failing_disk(disk: BadDisk, begin: Begin) -> None:
    """It fails, and the file that there is goes on."""
    server = begin("kvik", appendonly="yes", appendfsync="no")
    r = server.connect()
    acknowledged: list[int] = []
    for _ in range(100):
        assert not refused(r, acknowledged)
    disk.fail_syncs(errno.EIO)
    r("BGREWRITEAOF")
    eventually(lambda: r.info("persistence")["aof_last_bgrewrite_status"] == "err", what="it has failed")
    assert not refused(r, acknowledged)
    disk.recover()
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    eventually(lambda: r.info("persistence")["aof_last_bgrewrite_status"] == "ok", what="it has succeeded")
    assert not refused(r, acknowledged)
    eventually(lambda: r.info("persistence")["aof_buffer_length"] == "0", what="all is written")
    killed_and_back(server, acknowledged)


# --- snapshots -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("disk", ["temp-"], indirect=True)
def test_snapshots_fail(disk: BadDisk, begin: Begin, name: str) -> None:
    server = begin(name, save="3600 1000")
    r = server.connect()
    assert r("SET", "a", 1) == OK
    assert r("SAVE") == OK
    before = (server.directory / "dump.rdb").read_bytes()
    r("SET", "a", 2)
    disk.fail_syncs(errno.EIO)
    assert r("SAVE") == Error("ERR")
    assert r("BGSAVE") == Status("Background saving started")
    eventually(lambda: r.info("persistence")["rdb_last_bgsave_status"] == "err", what="it has failed")
    assert str(r("SET", "a", 3)).startswith("MISCONF Valkey is configured to save RDB snapshots")
    assert r("GET", "a") == b"2"
    assert (server.directory / "dump.rdb").read_bytes() == before
    assert list(server.directory.glob("temp-*")) == []
    disk.recover()
    assert r("SAVE") == OK
    assert r("SET", "a", 3) == OK
