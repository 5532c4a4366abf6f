"""Functions live on in snapshots and in the append-only file, Kvik's, redis-server's and Valkey's alike."""

from __future__ import annotations

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error
from tests.support.servers import ServerProcess, eventually

DIRECTIONS = [("kvik", "oracle"), ("kvik", "redis"), ("oracle", "kvik"), ("redis", "kvik"), ("kvik", "kvik")]
PUTS = """#!lua name=puts
redis.register_function('put', function(keys, args) return redis.call('set', keys[1], args[1]) end)
"""
SEES = """#!lua name=sees
local function seen(keys) return redis.call('get', keys[1]) end
redis.register_function{function_name='seen', callback=seen, flags={'no-writes'}, description='what is there'}
"""


def load(r: Connection) -> None:
    for code in (PUTS, SEES):
        assert not isinstance(r("FUNCTION", "LOAD", code), Error)
    assert r("FCALL", "put", 1, "key", "value") == OK


def check(r: Connection) -> None:
    assert r("FCALL_RO", "seen", 1, "key") == b"value"
    assert r("FCALL", "put", 1, "other", "x") == OK
    listed = [dict(zip(each[::2], each[1::2], strict=True)) for each in r("FUNCTION", "LIST", "WITHCODE")]
    assert sorted(each[b"library_code"] for each in listed) == sorted([PUTS.encode(), SEES.encode()])


def saved(server: ServerProcess, kind: str) -> None:
    """All that there is, in the files."""
    r = server.connect()
    if kind == "snapshot":
        assert r("SAVE") == OK
    elif kind == "base":
        r("BGREWRITEAOF")
        eventually(lambda: r.info("persistence")["aof_rewrite_in_progress"] == "0")
    if kind != "snapshot":
        assert r("CONFIG", "SET", "appendonly", "no") == OK
    server.kill()


@pytest.mark.parametrize("kind", ["snapshot", "increment", "base", "plain base"])
@pytest.mark.parametrize(("writer", "reader"), DIRECTIONS)
def test_one_reads_what_the_other_has_written(start: Start, writer: str, reader: str, kind: str) -> None:
    settings = {} if kind == "snapshot" else {"appendonly": "yes"}
    if kind == "plain base":
        settings["aof_use_rdb_preamble"] = "no"
    first = start(writer, **settings)
    load(first.connect())
    saved(first, "base" if kind == "plain base" else kind)
    check(start(reader, dir=str(first.directory), **settings).connect())


@pytest.mark.parametrize("appendonly", ["yes", "no"])
def test_they_are_there_again_after_a_restart_and_gone_once_flushed(start: Start, appendonly: str) -> None:
    server = start("kvik", appendonly=appendonly, save="3600 1")
    r = server.connect()
    load(r)
    assert r("DEBUG", "RELOAD") == OK
    check(r)
    assert r("FUNCTION", "FLUSH") == OK
    assert r("DEBUG", "RELOAD") == OK
    assert r("FUNCTION", "LIST") == []
    assert isinstance(r("FCALL", "seen", 1, "key"), Error)


def test_flushall_leaves_them(start: Start) -> None:
    r = start("kvik").connect()
    load(r)
    assert r("FLUSHALL") == OK
    assert len(r("FUNCTION", "LIST")) == 2


def test_what_a_killed_server_was_told_is_there(start: Start) -> None:
    """`always`: a library that was acknowledged is in the file."""
    first = start("kvik", appendonly="yes", appendfsync="always")
    load(first.connect())
    first.kill()
    check(start("kvik", dir=str(first.directory), appendonly="yes").connect())


def test_a_script_is_there_as_a_whole_or_not_at_all(start: Start) -> None:
    """The file ends within what a script has done: none of it is loaded."""
    first = start("kvik", appendonly="yes", appendfsync="always")
    r = first.connect()
    r("EVAL", "for i = 1, 10 do redis.call('rpush', 'list', i) end", 0)
    r("EVAL", "for i = 11, 20 do redis.call('rpush', 'list', i) end", 0)
    first.kill()
    log = next((first.directory / "appendonlydir").glob("*.incr.aof"))
    whole = log.read_bytes()
    second_script = whole.rindex(b"MULTI")
    for end in range(second_script + 6, len(whole), 37):
        log.write_bytes(whole[:end])
        with start("kvik", dir=str(first.directory), appendonly="yes") as second:
            assert second.connect()("LLEN", "list") == 10
