"""RDB files move between Kvik, redis-server 7.0 and Valkey 9.1 in every direction that both can read."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Start
from tests.persist.dataset import contents, fill
from tests.support.resp import OK
from tests.support.servers import eventually


def same(theirs: dict[Any, Any], ours: dict[Any, Any]) -> None:
    """Key by key, so that a difference is shown rather than two data sets."""
    assert sorted(ours) == sorted(theirs)
    for key, value in theirs.items():
        assert ours[key] == value, key


SETTINGS = [{}, {"rdbcompression": "no"}, {"rdbchecksum": "no"}, {"list-max-listpack-size": "4"}]
DIRECTIONS = [("kvik", "oracle"), ("kvik", "redis"), ("oracle", "kvik"), ("redis", "kvik"), ("kvik", "kvik")]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "-".join(settings) or "default")
@pytest.mark.parametrize(("writer", "reader"), DIRECTIONS)
def test_all_that_one_writes_the_other_reads(start: Start, writer: str, reader: str, settings: dict[str, str]) -> None:
    first = start(writer, **settings)
    r = first.connect()
    fill(r, field_expiry="redis" not in (writer, reader))
    written = contents(r)
    assert r("SAVE") == OK
    first.kill()
    second = start(reader, dir=str(first.directory), **settings)
    same(written, contents(second.connect()))
    assert "DB loaded from disk" in second.log()


def check(path: Path) -> str:
    done = subprocess.run(["redis-check-rdb", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_redis_check_rdb_accepts_what_kvik_writes(start: Start) -> None:
    server = start("kvik")
    r = server.connect()
    fill(r)
    assert r("SAVE") == OK
    report = check(server.directory / "dump.rdb")
    assert "Checksum OK" in report
    assert f"{sum(1 for _ in contents(r))} keys read" in report


def test_an_empty_data_set(start: Start) -> None:
    server = start("kvik")
    r = server.connect()
    assert r("SAVE") == OK
    check(server.directory / "dump.rdb")
    reader = start("oracle", dir=str(server.directory))
    assert reader.connect()("DBSIZE") == 0


@pytest.mark.parametrize(
    ("with_fields", "magic"), [(False, b"REDIS0010"), (True, b"VALKEY080")], ids=["plain", "field expiry"]
)
def test_the_version_is_the_lowest_that_will_do(start: Start, with_fields: bool, magic: bytes) -> None:
    server = start("kvik")
    r = server.connect()
    fill(r, with_fields)
    assert r("SAVE") == OK
    assert (server.directory / "dump.rdb").read_bytes()[:9] == magic


@pytest.mark.parametrize("reader", ["kvik", "oracle", "redis"])
@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lfu"])
def test_how_a_key_was_used_comes_along(start: Start, policy: str, reader: str) -> None:
    look = "IDLETIME" if policy.endswith("lru") else "FREQ"
    first = start("kvik", maxmemory_policy=policy)
    r = first.connect()
    option = "IDLETIME" if look == "IDLETIME" else "FREQ"
    r("SET", "source", "value")
    payload = r("DUMP", "source")
    for key, value in (("a", 200), ("b", 77)):
        assert r("RESTORE", key, 0, payload, option, value) == OK
    assert r("SAVE") == OK
    first.kill()
    r = start(reader, dir=str(first.directory), maxmemory_policy=policy).connect()
    for key, value in (("a", 200), ("b", 77)):
        assert value <= r("OBJECT", look, key) <= value + (30 if look == "IDLETIME" else 0)


def test_keys_that_have_expired_meanwhile_are_dropped(start: Start) -> None:
    for writer in ("oracle", "kvik"):
        first = start(writer)
        r = first.connect()
        r("DEBUG", "SET-ACTIVE-EXPIRE", 0)
        for i in range(50):
            r("SET", f"dies {i}", i, "PX", 1)
            r("SET", f"stays {i}", i)
        r("HSET", "hash", "a", 1)
        r("HPEXPIRE", "hash", 1, "FIELDS", 1, "a")
        r("HSET", "other", "a", 1, "b", 2)
        r("HPEXPIRE", "other", 1, "FIELDS", 1, "a")
        assert r("SAVE") == OK
        first.kill()
        for reader in ("oracle", "kvik"):
            second = start(reader, dir=str(first.directory))
            r = second.connect()
            assert r("DBSIZE") == 51, (writer, reader)
            assert r("HLEN", "other") == 1
            assert (r("EXISTS", "hash"), r("HGETALL", "other")) == (0, [b"b", b"2"])
            facts = r.info("persistence")
            assert (facts["rdb_last_load_keys_expired"], facts["rdb_last_load_keys_loaded"]) == ("50", "51")
            assert "keys loaded: 51, keys expired: 50, all fields expired hashes: 1." in second.log()
            second.kill()


def test_a_background_save_is_the_same(start: Start) -> None:
    server = start("kvik")
    r = server.connect()
    fill(r, True)
    written = contents(r)
    assert r("BGSAVE") == "Background saving started"
    for database in range(16):
        r("SELECT", database)
        r("DEL", "long", "large hash", "large zset", "stream", "large list")
        r("SET", "later", "x")
    eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == "0")
    assert r.info("persistence")["rdb_last_bgsave_status"] == "ok"
    server.kill()
    same(written, contents(start("oracle", dir=str(server.directory)).connect()))


def test_debug_reload_keeps_everything(start: Start) -> None:
    r = start("kvik").connect()
    fill(r, True)
    before = contents(r)
    for options in ((), ("MERGE", "NOFLUSH"), ("NOSAVE",)):
        assert r("DEBUG", "RELOAD", *options) == OK
        same(before, contents(r))
