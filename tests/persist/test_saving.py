"""SAVE, BGSAVE, LASTSAVE, DEBUG RELOAD: replies, and what INFO tells of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.conftest import BOTH
from tests.support.resp import OK, Connection, Error, Status
from tests.support.servers import ServerProcess, eventually

MISCONF = (
    "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may "
    "modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
    "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Valkey logs for details about the RDB "
    "error."
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "saving" in metafunc.fixturenames:
        names = BOTH[:1] if metafunc.config.getoption("only_kvik") else BOTH
        metafunc.parametrize("saving", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def saving(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """A server with save points that are far off, and a directory that may be changed."""
    with ServerProcess(request.param, save="3600 1", enable_protected_configs="yes", hz="100") as server:
        yield server


@pytest.fixture
def s(saving: ServerProcess) -> Iterator[Connection]:
    r = saving.connect()
    assert r("CONFIG", "SET", "dir", str(saving.directory), "rdb-key-save-delay", 0) == OK
    eventually(lambda: r("SAVE") == OK, what="a background save has ended")
    assert r("FLUSHALL") == OK
    assert r("SAVE") == OK
    r.server = saving
    yield r
    r.close()
    assert saving.alive(), saving.log()[-3000:]


def facts(r: Connection) -> dict[str, str]:
    return r.info("persistence")


def settled(r: Connection) -> None:
    eventually(lambda: facts(r)["rdb_bgsave_in_progress"] == "0")


def slow_save(r: Connection, keys: int = 200) -> None:
    for i in range(keys):
        r("SET", f"key {i}", i)
    assert r("CONFIG", "SET", "rdb-key-save-delay", 100_000) == OK
    assert r("BGSAVE") == Status("Background saving started")


def test_save(s: Connection) -> None:
    before = facts(s)
    s("SET", "a", 1)
    assert s.dirty() == 1
    assert s("SAVE") == OK
    after = facts(s)
    assert s.dirty() == 0
    assert int(after["rdb_saves"]) == int(before["rdb_saves"]) + 1
    assert after["rdb_last_bgsave_status"] == "ok"
    assert abs(int(after["rdb_last_save_time"]) - time.time()) < 10
    assert s("LASTSAVE") == int(after["rdb_last_save_time"])
    assert (s.server.directory / "dump.rdb").stat().st_size > 20


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("SAVE", "x"), "ERR wrong number of arguments for 'save' command"),
        (("LASTSAVE", "x"), "ERR wrong number of arguments for 'lastsave' command"),
        (("BGSAVE", "x"), "ERR syntax error"),
        (("BGSAVE", "SCHEDULE", "x"), "ERR syntax error"),
        (("BGSAVE", "SCHEDULE", "CANCEL"), "ERR syntax error"),
        (("BGSAVE", "CANCEL"), "ERR Background saving is currently not in progress or scheduled"),
        (("DEBUG", "RELOAD", "x"), "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."),
        (("SHUTDOWN", "x"), "ERR syntax error"),
        (("SHUTDOWN", "SAVE", "NOSAVE"), "ERR syntax error"),
        (("SHUTDOWN", "ABORT", "NOW"), "ERR syntax error"),
        (("SHUTDOWN", "ABORT"), "ERR No shutdown in progress."),
    ],
)
def test_what_is_refused(s: Connection, command: tuple[str, ...], error: str) -> None:
    assert s(*command) == Error(error)


def test_one_background_save_at_a_time(s: Connection) -> None:
    slow_save(s)
    busy = Error("ERR Background save already in progress")
    assert [s("BGSAVE"), s("BGSAVE", "SCHEDULE"), s("SAVE")] == [busy] * 3
    now = facts(s)
    assert (now["rdb_bgsave_in_progress"], now["current_save_keys_total"]) == ("1", "200")
    assert int(now["rdb_current_bgsave_time_sec"]) >= 0
    assert int(s.info("stats")["latest_fork_usec"]) > 0
    assert s("BGSAVE", "CANCEL") == Status("Background saving cancelled")
    settled(s)
    after = facts(s)
    assert (after["rdb_last_bgsave_status"], after["rdb_current_bgsave_time_sec"]) == ("ok", "-1")
    assert s.dirty() == 200
    assert [each.name for each in s.server.directory.glob("temp-*")] == []


def test_a_background_save(s: Connection) -> None:
    before = facts(s)
    for i in range(10):
        s("SET", f"key {i}", i)
    assert s("CONFIG", "SET", "rdb-key-save-delay", 10_000) == OK
    assert s("BGSAVE") == Status("Background saving started")
    s("SET", "later", "not saved")
    settled(s)
    after = facts(s)
    assert s.dirty() == 1
    assert int(after["rdb_saves"]) == int(before["rdb_saves"]) + 1
    assert int(after["rdb_last_cow_size"]) > 0
    assert int(after["rdb_last_bgsave_time_sec"]) >= 0
    for line in ("DB saved on disk", "Fork CoW for RDB", "Background saving terminated with success"):
        assert line in s.server.log()


def test_flushall_ends_a_background_save_and_saves(s: Connection) -> None:
    slow_save(s)
    assert s("FLUSHALL") == OK
    settled(s)
    assert facts(s)["rdb_last_bgsave_status"] == "ok"
    assert s.dirty() == 0
    s("SET", "a", 1)
    assert s("DEBUG", "RELOAD", "NOSAVE") == OK
    assert s("DBSIZE") == 0


def test_flushdb_does_not(s: Connection) -> None:
    slow_save(s)
    assert s("FLUSHDB") == OK
    assert facts(s)["rdb_bgsave_in_progress"] == "1"
    assert s("BGSAVE", "CANCEL") == Status("Background saving cancelled")


def test_writes_are_refused_while_background_saves_fail(s: Connection) -> None:
    s("SET", "a", 1)
    assert s("CONFIG", "SET", "dir", "/proc") == OK
    assert s("SAVE") == Error("ERR")
    assert s("SET", "a", 2) == OK
    assert s("BGSAVE") == Status("Background saving started")
    eventually(lambda: facts(s)["rdb_last_bgsave_status"] == "err")
    assert s("SET", "a", 3) == Error(MISCONF)
    assert s("FLUSHALL") == Error(MISCONF)
    assert s("PING") == Error(MISCONF)
    assert s("GET", "a") == b"2"
    assert s("NOSUCH") == Error("ERR unknown command 'NOSUCH', with args beginning with: ")
    assert s("SET", "a") == Error("ERR wrong number of arguments for 'set' command")
    # It depends on two directives,
    assert s("CONFIG", "SET", "stop-writes-on-bgsave-error", "no") == OK
    assert s("SET", "a", 4) == OK
    assert s("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes") == OK
    assert s("SET", "a", 5) == Error(MISCONF)
    assert s("CONFIG", "SET", "save", "") == OK
    assert s("SET", "a", 6) == OK
    assert s("CONFIG", "SET", "save", "3600 1") == OK
    assert s("SET", "a", 7) == Error(MISCONF)
    assert s("SHUTDOWN") == Error("ERR Errors trying to SHUTDOWN. Check logs.")
    # and ends with the first save that goes well.
    assert s("CONFIG", "SET", "dir", str(s.server.directory)) == OK
    assert s("SAVE") == OK
    assert s("SET", "a", 8) == OK


def test_a_child_that_is_killed_has_failed(s: Connection) -> None:
    slow_save(s)
    os.kill(int(s.server.log().rsplit("Background saving started by pid ", 1)[1].split()[0]), signal.SIGKILL)
    eventually(lambda: facts(s)["rdb_last_bgsave_status"] == "err")
    assert "Background saving terminated by signal 9" in s.server.log()
    assert s("SET", "a", 1) == Error(MISCONF)
    eventually(lambda: not list(s.server.directory.glob("temp-*")))


def test_reload(s: Connection) -> None:
    s("SET", "a", 1)
    assert s("DEBUG", "RELOAD") == OK
    assert (s("GET", "a"), s.dirty()) == (b"1", 0)
    s("SET", "a", 2)
    assert s("DEBUG", "RELOAD", "NOSAVE") == OK
    assert s("GET", "a") == b"1"
    s("SET", "a", 3)
    s("SET", "b", 3)
    assert s("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE") == OK
    assert (s("GET", "a"), s("GET", "b")) == (b"1", b"3")
    assert facts(s)["rdb_last_load_keys_loaded"] == "1"


def test_save_points() -> None:
    with ServerProcess("kvik", save="1 3", hz="100") as server:
        r = server.connect()
        r("SET", "a", 1)
        r("SET", "b", 1)
        assert r("DEBUG", "SLEEP", 1.2) == OK
        assert facts(r)["rdb_saves"] == "0"
        r("SET", "c", 1)
        eventually(lambda: facts(r)["rdb_saves"] == "1" and r.dirty() == 0)
        assert "3 changes in 1 seconds. Saving..." in server.log()


def test_bgsave_waits_when_it_is_scheduled(s: Connection) -> None:
    """Behind another child: here that is the oracle's rewriting of its append-only file."""
    if s.server.name == "kvik":
        assert s("BGSAVE", "SCHEDULE") == Status("Background saving started")
        settled(s)
        return
    assert s("BGREWRITEAOF") == Status("Background append only file rewriting started")
    assert s("BGSAVE", "SCHEDULE") == Status("Background saving scheduled")
    assert s("BGSAVE", "CANCEL") == Status("Scheduled background saving cancelled")
