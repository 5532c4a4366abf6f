"""The append-only file: what is logged, which files there are, rewriting, switching on and off, loading."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.persist.dataset import contents, fill
from tests.support.resp import OK, Connection, Error, Status
from tests.support.servers import ServerProcess, eventually

MANIFEST = "file appendonly.aof.{0}.base.rdb seq {0} type b\nfile appendonly.aof.{0}.incr.aof seq {0} type i\n"


def folder(server: ServerProcess) -> Path:
    return server.directory / "appendonlydir"


def manifest(server: ServerProcess) -> str:
    return (folder(server) / "appendonly.aof.manifest").read_text()


def log_of(server: ServerProcess, number: int = 1) -> bytes:
    return (folder(server) / f"appendonly.aof.{number}.incr.aof").read_bytes()


def facts(r: Connection) -> dict[str, str]:
    return {key: value for key, value in r.info("persistence").items() if key.startswith("aof_")}


def rewritten(r: Connection) -> None:
    eventually(lambda: facts(r)["aof_rewrite_in_progress"] == "0" and facts(r)["aof_rewrite_scheduled"] == "0")


def kill(server: ServerProcess, r: Connection) -> None:
    """Once all is written: with `everysec` that may wait for an fsync."""
    eventually(lambda: facts(r).get("aof_buffer_length", "0") == "0")
    server.kill()


# --- what is logged --------------------------------------------------------------------------------------------------

LIBRARY = """#!lua name=mylib
redis.register_function('put', function(keys, args) return redis.call('set', keys[1], args[1]) end)
local function seen(keys) return redis.call('get', keys[1]) end
redis.register_function{function_name='seen', callback=seen, flags={'no-writes'}}
"""

LOGGED: list[list[tuple[object, ...]]] = [
    [("SET", "a", 1), ("SET", "a", 2, "NX"), ("SET", "a", 3, "GET"), ("SETNX", "b", 1), ("APPEND", "a", "x"), ("GET", "a")],
    [("SET", "a", 1, "EX", 100), ("SETEX", "b", 100, "v"), ("PSETEX", "c", 100000, "v"), ("GETEX", "a", "PERSIST")],
    [("SET", "a", 1), ("EXPIRE", "a", 100), ("PEXPIRE", "a", 100000), ("PERSIST", "a"), ("EXPIREAT", "a", 4102444800)],
    [("SET", "a", 1), ("GETEX", "a", "EX", 100), ("GETDEL", "a"), ("GETDEL", "a")],
    [("SET", "a", 1), ("INCR", "a"), ("INCRBY", "a", 5), ("DECR", "a"), ("INCRBYFLOAT", "a", "0.5")],
    [("SET", "a", 1), ("EXPIRE", "a", -1)],
    [("SET", "a", 1), ("GETEX", "a", "PXAT", 1), ("SET", "a", 1), ("SET", "a", 1, "PXAT", 1)],
    [("SET", "a", 1), ("PUBLISH", "c", "x"), ("SPUBLISH", "c", "x"), ("MULTI",), ("PUBLISH", "c", "x"), ("EXEC",)],
    [("MSET", "a", 1, "b", 2), ("DEL", "a", "b", "c"), ("DEL", "a"), ("UNLINK", "a")],
    [("SADD", "s", "only"), ("SPOP", "s"), ("SADD", "s", 5), ("SPOP", "s", 9), ("SADD", "s", "x"), ("SREM", "s", "x", "y")],
    [("RPUSH", "l", 1, 2, 3), ("LPOP", "l"), ("BLPOP", "none", "l", 1), ("BRPOP", "l", 1), ("LPUSHX", "l", 1)],
    [("RPUSH", "l", 1, 2, 3), ("BLMOVE", "l", "m", "LEFT", "RIGHT", 1), ("BRPOPLPUSH", "l", "m", 1)],
    [("ZADD", "z", 1, "a", 2, "b", 3, "c"), ("BZPOPMIN", "z", 1), ("ZPOPMAX", "z"), ("ZADD", "z", "XX", 5, "b"),
     ("BZMPOP", 1, 1, "z", "MIN")],
    [("HSET", "h", "f", "v"), ("HINCRBY", "h", "n", 5), ("HDEL", "h", "f"), ("HSETNX", "h", "n", 1),
     ("HSETNX", "h", "m", 1)],
    [("HSET", "h", "f", 1, "g", 2), ("HEXPIRE", "h", 100, "FIELDS", 1, "f"), ("HPERSIST", "h", "FIELDS", 1, "f"),
     ("HEXPIRE", "h", 0, "FIELDS", 1, "g")],
    [("XADD", "x", "*", "f", "v"), ("XADD", "x", "MAXLEN", "~", 1000, "*", "f", "v"), ("XTRIM", "x", "MAXLEN", 1)],
    [("XADD", "x", "1-1", "f", "v"), ("XGROUP", "CREATE", "x", "g", 0), ("XGROUP", "CREATECONSUMER", "x", "g", "c"),
     ("XACK", "x", "g", "1-1"), ("XDEL", "x", "1-1"), ("XSETID", "x", "9-9")],
    [("SET", "a", 1), ("RENAME", "a", "b"), ("COPY", "b", "c"), ("MOVE", "c", 3), ("SELECT", 3), ("SET", "d", 1),
     ("SWAPDB", 3, 4), ("SELECT", 0)],
    [("SET", "a", 1), ("FLUSHDB",), ("SET", "a", 1), ("FLUSHALL",)],
    [("RPUSH", "l", 3, 1, 2), ("SORT", "l", "STORE", "d"), ("SORT", "l")],
    [("PFADD", "p", "a"), ("PFADD", "p", "a"), ("PFMERGE", "q", "p")],
    [("ZADD", "g", 3479099956230698, "here"), ("GEOSEARCHSTORE", "d", "g", "FROMMEMBER", "here", "BYRADIUS", 1, "km")],
    [("SETBIT", "b", 7, 1), ("BITOP", "NOT", "c", "b"), ("BITFIELD", "b", "SET", "u8", 0, 5), ("SETRANGE", "b", 3, "x")],
    [("MULTI",), ("SET", "a", 1), ("INCR", "a"), ("GET", "a"), ("EXEC",), ("MULTI",), ("SET", "a", 1), ("EXEC",), ("MULTI",),
     ("GET", "a"), ("EXEC",), ("MULTI",), ("SET", "a", 1), ("DISCARD",)],
    [("MULTI",), ("SADD", "s", 1), ("SPOP", "s"), ("BLPOP", "none", 0), ("SELECT", 2), ("SET", "b", 1), ("EXEC",),
     ("SELECT", 0)],
    [("EVAL", "return redis.call('set', KEYS[1], ARGV[1])", 1, "a", "b"),
     ("EVAL", "return redis.call('get', KEYS[1])", 1, "a"), ("EVAL", "return 1", 0),
     ("EVAL", "redis.call('set', 'a', 1) redis.call('incr', 'a') return redis.call('get', 'a')", 0)],
    [("EVAL", "redis.call('sadd', 's', 1) redis.call('spop', 's') redis.call('set', 'e', 1, 'EX', 100)", 0),
     ("EVAL", "redis.call('select', 3) redis.call('set', 'a', 1) redis.call('select', 4) redis.call('set', 'b', 1)", 0)],
    [("EVAL", "redis.set_repl(redis.REPL_NONE) redis.call('set', 'a', 1) redis.set_repl(redis.REPL_ALL) "
      "redis.call('set', 'b', 1)", 0),
     ("EVAL", "redis.set_repl(redis.REPL_AOF) redis.call('set', 'c', 1) redis.set_repl(redis.REPL_REPLICA) "
      "redis.call('set', 'd', 1)", 0)],
    [("EVAL", "redis.pcall('set', 'a', 1) redis.pcall('hset', 'a', 1, 1) return redis.pcall('incr', 'a')", 0),
     ("EVAL", "return pcall(function() redis.call('set', 'a', 'x') redis.call('incr', 'a') end)", 0)],
    [("EVAL", "redis.call('set', KEYS[1], 1) redis.call('publish', 'c', 'x') redis.call('del', KEYS[1])", 1, "a"),
     ("EVAL", "redis.call('get', 'a') redis.call('del', 'none')", 0)],
    [("MULTI",), ("EVAL", "redis.call('set', 'a', 1) redis.call('set', 'b', 1)", 0), ("SET", "c", 1), ("EXEC",)],
    [("SCRIPT", "LOAD", "return 1"), ("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", 0), ("SCRIPT", "FLUSH")],
    [("FUNCTION", "LOAD", "REPLACE", LIBRARY), ("FCALL", "put", 1, "a", "b"), ("FCALL_RO", "seen", 1, "a"),
     ("FUNCTION", "DELETE", "mylib"), ("FUNCTION", "LOAD", LIBRARY), ("FUNCTION", "FLUSH")],
    [("SUNIONSTORE", "d", "none"), ("SADD", "s", 1), ("SUNIONSTORE", "d", "s"), ("SMOVE", "s", "d", 1),
     ("ZUNIONSTORE", "z", 1, "d")],
]  # fmt: skip


def words(log: bytes) -> list[str]:
    """The commands of a log, with moments of now taken out."""
    found = []
    at = 0
    while at < len(log):
        count, _, _ = log[at + 1 :].partition(b"\r\n")
        at += len(count) + 3
        command = []
        for _ in range(int(count)):
            length, _, _ = log[at + 1 :].partition(b"\r\n")
            at += len(length) + 3
            command.append(log[at : at + int(length)].decode("latin-1"))
            at += int(length) + 2
        found.append(re.sub(r"17\d{11}(-\d+)?", "<now>", " ".join([command[0].upper(), *command[1:]])))
    return found


@pytest.fixture(scope="module")
def logging() -> Iterator[tuple[ServerProcess, ServerProcess]]:
    with ServerProcess("kvik", appendonly="yes") as ours, ServerProcess("oracle", appendonly="yes") as theirs:
        yield ours, theirs


@pytest.mark.parametrize("commands", LOGGED, ids=lambda commands: commands[-1][0])
def test_what_is_logged(logging: tuple[ServerProcess, ServerProcess], commands: list[tuple[object, ...]]) -> None:
    """Word for word what Valkey logs."""
    logs = []
    first, last = secrets.token_hex(8), secrets.token_hex(8)
    for server in logging:
        with server.connect() as r:
            r("FLUSHALL")
            for command in (("SET", first, 1), *commands, ("SET", last, 1)):
                assert not isinstance(r(*command), Error), command
            eventually(lambda server=server: log_of(server).endswith(last.encode() + b"\r\n$1\r\n1\r\n"))
        found = words(log_of(server))
        logs.append(found[found.index(f"SET {first} 1") + 1 : -1])
    ours, theirs = logs
    assert ours == theirs


def test_what_expires_is_logged_as_removed(start: Start) -> None:
    """By active expiry, and when a command finds that the time is up."""
    server = start("kvik", appendonly="yes")
    r = server.connect()
    r("SET", "gone", 1, "PX", 1)
    eventually(lambda: "UNLINK gone" in words(log_of(server)))
    r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    r("SET", "a", 1, "PX", 1)
    eventually(lambda: r("PTTL", "a") == -2)
    eventually(lambda: "UNLINK a" in words(log_of(server)))
    assert words(log_of(server)) == [
        "SELECT 0", "SET gone 1 PXAT <now>", "UNLINK gone", "SET a 1 PXAT <now>", "UNLINK a"
    ]  # fmt: skip


def test_timestamps(name: str, start: Start) -> None:
    server = start(name, appendonly="yes", aof_timestamp_enabled="yes")
    r = server.connect()
    r("SET", "a", 1)
    eventually(lambda: b"SET" in log_of(server))
    assert re.match(rb"#TS:\d{10}\r\n\*2\r\n\$6\r\nSELECT", log_of(server))
    kill(server, r)
    server.start()
    assert server.connect()("GET", "a") == b"1"


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_fresh_start(name: str, start: Start) -> None:
    server = start(name, appendonly="yes")
    assert manifest(server) == MANIFEST.format(1)
    assert sorted(os.listdir(folder(server))) == [
        "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"
    ]  # fmt: skip
    assert log_of(server) == b""


def test_rewriting(name: str, start: Start) -> None:
    server = start(name, appendonly="yes")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(100)])
    before = facts(r)
    assert before["aof_enabled"] == "1"
    assert int(before["aof_current_size"]) >= int(before["aof_base_size"])
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    rewritten(r)
    eventually(lambda: manifest(server) == MANIFEST.format(2))
    eventually(lambda: len(os.listdir(folder(server))) == 3, what="what is history has gone")
    after = facts(r)
    assert after["aof_last_bgrewrite_status"] == "ok"
    assert int(after["aof_rewrites"]) == int(before["aof_rewrites"]) + 1
    assert after["aof_current_size"] == after["aof_base_size"]
    assert r("SET", "later", 1) == OK
    eventually(lambda: words(log_of(server, 2)) == ["SELECT 0", "SET later 1"])
    kill(server, r)
    server.start()
    assert server.connect()("DBSIZE") == 101


def test_one_child_at_a_time(name: str, start: Start) -> None:
    server = start(name, appendonly="yes", rdb_key_save_delay="20000")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(50)])
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    assert facts(r)["aof_rewrite_in_progress"] == "1"
    assert r("BGREWRITEAOF") == Error("ERR Background append only file rewriting already in progress")
    assert isinstance(r("BGSAVE"), Error)
    assert r("BGSAVE", "SCHEDULE") == Status("Background saving scheduled")
    rewritten(r)
    eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == "1")
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting scheduled")
    assert facts(r)["aof_rewrite_scheduled"] == "1"
    rewritten(r)
    eventually(lambda: manifest(server) == MANIFEST.format(3))


def test_a_child_waits_for_the_end_of_a_transaction(name: str, start: Start) -> None:
    """What it writes is not to have half of one."""
    server = start(name, appendonly="yes")
    r = server.connect()
    commands = [("MULTI",), ("INCR", "a"), ("BGREWRITEAOF",), ("BGSAVE",), ("INCR", "a"), ("EXEC",)]
    replies = [1, Status("Background append only file rewriting scheduled"), Status("Background saving scheduled"), 2]
    assert r.many(commands)[-1] == replies
    eventually(lambda: manifest(server) == MANIFEST.format(2))
    eventually(lambda: (server.directory / "dump.rdb").exists())
    kill(server, r)
    server.start()
    assert server.connect()("GET", "a") == b"2"


def test_switched_within_a_transaction(start: Start) -> None:
    """The log goes on with what follows, whatever was logged before."""
    server = start("kvik", appendonly="yes")
    r = server.connect()
    r.many([("SET", f"key {i}", "x" * 100) for i in range(100)])
    within = [("SET", "a", "x" * 5000), ("DEBUG", "LOADAOF"), ("SET", "b", 1), ("SET", "c", 1)]
    assert r.many([("MULTI",), *within, ("EXEC",)])[-1] == [OK] * 4
    switch = [("CONFIG", "SET", "appendonly", "no"), ("CONFIG", "SET", "appendonly", "yes")]
    within = [("SET", "d", 1), *switch, ("SET", "e", 1)]
    assert r.many([("MULTI",), *within, ("SET", "f", 1), ("EXEC",)])[-1] == [OK] * 5
    rewritten(r)
    before = contents(r, 1)
    kill(server, r)
    server.start()
    assert contents(server.connect(), 1) == before


def test_writes_during_a_rewrite_are_kept(start: Start) -> None:
    server = start("kvik", appendonly="yes")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(20000)])
    for round_ in range(5):
        assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
        at = 0
        while facts(r)["aof_rewrite_in_progress"] == "1" or at == 0:
            r.many([("INCR", f"key {i}") for i in range(at, at + 50)] + [("RPUSH", f"list {round_}", at)])
            at = (at + 50) % 20000
    before = contents(r, 1)
    kill(server, r)
    server.start()
    assert contents(server.connect(), 1) == before


def test_a_rewrite_that_fails_changes_nothing(start: Start) -> None:
    server = start("kvik", appendonly="yes", rdb_key_save_delay="20000")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(100)])
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    child = int(re.findall(r"rewriting started by pid (\d+)", server.log())[-1])
    os.kill(child, 9)
    rewritten(r)
    assert facts(r)["aof_last_bgrewrite_status"] == "err"
    assert r("SET", "later", 1) == OK
    assert manifest(server) == (
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
        "file appendonly.aof.2.incr.aof seq 2 type i\n"
    )
    assert list(server.directory.glob("temp-*")) == []
    kill(server, r)
    server.directives["rdb-key-save-delay"] = "0"
    server.start()
    r = server.connect()
    assert r("DBSIZE") == 101
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    rewritten(r)
    assert facts(r)["aof_last_bgrewrite_status"] == "ok"
    assert manifest(server) == (
        "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.3.incr.aof seq 3 type i\n"
    )


def test_automatic_rewriting(name: str, start: Start) -> None:
    server = start(name, appendonly="yes", auto_aof_rewrite_min_size="20kb", auto_aof_rewrite_percentage="100")
    r = server.connect()
    eventually(lambda: [r("SET", "key", "x" * 1000) for _ in range(10)] and int(facts(r)["aof_rewrites"]) > 0)
    rewritten(r)
    assert "Starting automatic rewriting of AOF on" in server.log()
    assert int(facts(r)["aof_current_size"]) < 40_000


# --- on and off ------------------------------------------------------------------------------------------------------


def test_switched_on_and_off(name: str, start: Start) -> None:
    server = start(name)
    r = server.connect()
    assert facts(r)["aof_enabled"] == "0"
    assert "aof_current_size" not in facts(r)
    r.many([("SET", f"key {i}", i) for i in range(100)])
    assert r("CONFIG", "SET", "appendonly", "yes") == OK
    assert r("SET", "key 0", "changed meanwhile") == OK
    rewritten(r)
    eventually(lambda: manifest(server) == MANIFEST.format(1))
    r("SET", "later", 1)
    assert facts(r)["aof_enabled"] == "1"
    assert r("CONFIG", "SET", "appendonly", "no") == OK
    r("SET", "not logged", 1)
    kill(server, r)
    server.directives["appendonly"] = "yes"
    server.start()
    r = server.connect()
    assert r("DBSIZE") == 101
    assert r("GET", "key 0") == b"changed meanwhile"
    assert r("EXISTS", "not logged") == 0


def test_switched_off_while_the_first_base_is_written(name: str, start: Start) -> None:
    server = start(name, rdb_key_save_delay="20000")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(100)])
    assert r("CONFIG", "SET", "appendonly", "yes") == OK
    assert facts(r)["aof_rewrite_in_progress"] == "1"
    assert r("CONFIG", "SET", "appendonly", "no") == OK
    rewritten(r)
    assert facts(r)["aof_enabled"] == "0"
    assert r("CONFIG", "SET", "rdb-key-save-delay", 0, "appendonly", "yes") == OK
    rewritten(r)
    eventually(lambda: manifest(server) == MANIFEST.format(1))


def test_switched_on_during_a_background_save(name: str, start: Start) -> None:
    server = start(name, rdb_key_save_delay="10000")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(50)])
    assert r("BGSAVE") == Status("Background saving started")
    assert r("CONFIG", "SET", "appendonly", "yes") == OK
    assert facts(r)["aof_rewrite_scheduled"] == "1"
    r("SET", "later", 1)
    eventually(lambda: (folder(server) / "appendonly.aof.manifest").exists())
    rewritten(r)
    kill(server, r)
    server.directives["appendonly"] = "yes"
    server.start()
    assert server.connect()("DBSIZE") == 51


# --- interchange -----------------------------------------------------------------------------------------------------

DIRECTIONS = [("kvik", "oracle"), ("kvik", "redis"), ("oracle", "kvik"), ("redis", "kvik"), ("kvik", "kvik")]


@pytest.mark.parametrize("base", ["rdb", "plain", "none"])
@pytest.mark.parametrize(("writer", "reader"), DIRECTIONS)
def test_all_that_one_logs_the_other_runs(start: Start, writer: str, reader: str, base: str) -> None:
    settings = {"appendonly": "yes", "aof_use_rdb_preamble": "no" if base == "plain" else "yes"}
    first = start(writer, **settings)
    r = first.connect()
    fill(r, field_expiry="redis" not in (writer, reader))
    if base != "none":
        assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
        rewritten(r)
        r("SET", "behind the base", 1)
    elif writer != "kvik":      # what Redis logs of groups is not all there is to know of them
        assert r("DEBUG", "LOADAOF") == OK
    written = contents(r)
    assert r("CONFIG", "SET", "appendonly", "no") == OK     # so that all of it is in the file
    first.kill()
    second = start(reader, dir=str(first.directory), **settings)
    read = contents(second.connect())
    assert sorted(read) == sorted(written)
    for key, value in written.items():
        assert read[key] == value, key


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_redis_check_aof_accepts_what_kvik_writes(start: Start, preamble: str) -> None:
    server = start("kvik", appendonly="yes", aof_use_rdb_preamble=preamble)
    r = server.connect()
    fill(r)
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    rewritten(r)
    r("FLUSHALL")
    fill(r)
    assert r("CONFIG", "SET", "appendonly", "no") == OK
    done = subprocess.run(
        ["redis-check-aof", str(folder(server) / "appendonly.aof.manifest")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "All AOF files and manifest are valid" in done.stdout


def test_a_snapshot_is_left_alone(name: str, start: Start) -> None:
    """With a log switched on, dump.rdb counts for nothing: what the log says is the data."""
    server = start(name)
    r = server.connect()
    r("SET", "a", 1)
    assert r("SAVE") == OK
    kill(server, r)
    server.directives["appendonly"] = "yes"
    server.start()
    assert server.connect()("DBSIZE") == 0


@pytest.mark.parametrize("preamble", [True, False])
def test_a_single_file_of_old(name: str, start: Start, preamble: bool) -> None:
    """As servers before 7.0 wrote it, with a snapshot in front or without."""
    server = start(name)
    r = server.connect()
    r("SET", "from the snapshot", 1)
    assert r("SAVE") == OK
    kill(server, r)
    snapshot = (server.directory / "dump.rdb").read_bytes() if preamble else b""
    commands = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n"
    (server.directory / "appendonly.aof").write_bytes(snapshot + commands)
    server.directives["appendonly"] = "yes"
    server.start()
    r = server.connect()
    assert sorted(r("KEYS", "*")) == ([b"a", b"from the snapshot"] if preamble else [b"a"])
    assert not (server.directory / "appendonly.aof").exists()
    assert manifest(server).startswith("file appendonly.aof seq 1 type b\n")
    assert r("BGREWRITEAOF") == Status("Background append only file rewriting started")
    rewritten(r)
    eventually(lambda: "appendonly.aof.2.base.rdb" in manifest(server))
    eventually(lambda: not (folder(server) / "appendonly.aof").exists())


def test_shutdown_leaves_everything_in_the_file(name: str, start: Start) -> None:
    server = start(name, appendonly="yes")
    r = server.connect()
    r.many([("SET", f"key {i}", i) for i in range(1000)])
    r.send("SHUTDOWN")
    assert server.wait(30) == 0
    assert "Calling fsync() on the AOF file." in server.log()
    server.start()
    assert server.connect()("DBSIZE") == 1000
