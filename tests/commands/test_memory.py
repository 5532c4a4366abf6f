"""MEMORY STATS, DOCTOR, PURGE, MALLOC-STATS, HELP. What they say of the allocator is each server's own."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Start
from tests.support.resp import OK, Connection, Error, Verbatim


def stats(r: Connection) -> dict[bytes, object]:
    reply = r("MEMORY", "STATS")
    return dict(reply) if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


NAMES = """
peak.allocated total.allocated startup.allocated replication.backlog replicas.repl.buffer clients.slaves clients.normal
cluster.links cluster.slot_import cluster.slot_export aof.buffer lua.caches functions.caches
overhead.db.hashtable.lut overhead.db.hashtable.rehashing overhead.total db.dict.rehashing.count keys.count
keys.bytes-per-key dataset.bytes dataset.percentage peak.percentage allocator.allocated allocator.active
allocator.resident allocator.muzzy allocator-fragmentation.ratio allocator-fragmentation.bytes allocator-rss.ratio
allocator-rss.bytes rss-overhead.ratio rss-overhead.bytes fragmentation fragmentation.bytes
""".split()


def test_stats_has_these_fields_in_this_order(r: Connection) -> None:
    names = [name.decode() for name in stats(r)]
    assert [name for name in names if not re.fullmatch(r"db\.\d+", name)] == NAMES, "those of databases come and go"


def test_stats_of_databases(name: str, start: Start) -> None:
    r = start(name).connect()
    r("SELECT", 3)
    r.many([("SET", f"key {i}", "x" * 1000, "EX", 1000) for i in range(500)])
    found = stats(r)
    assert b"db.3" in found
    assert b"db.2" not in found
    assert found[b"keys.count"] == 500
    assert 1000 <= int(str(found[b"keys.bytes-per-key"])) <= 5000
    assert int(str(found[b"dataset.bytes"])) >= 500_000
    assert int(str(found[b"total.allocated"])) > int(str(found[b"startup.allocated"]))


def test_purge(r: Connection) -> None:
    assert r("MEMORY", "PURGE") == OK


def text(reply: bytes | Verbatim) -> bytes:
    return reply.data if isinstance(reply, Verbatim) else reply


def test_doctor_of_an_empty_server(r: Connection) -> None:
    assert len(text(r("MEMORY", "DOCTOR"))) > 20


def test_malloc_stats(r: Connection) -> None:
    assert len(text(r("MEMORY", "MALLOC-STATS"))) > 10


@pytest.mark.parametrize("name", ["stats", "purge", "doctor", "malloc-stats"])
def test_wrong_number_of_arguments(r: Connection, name: str) -> None:
    assert r("MEMORY", name, "x") == Error(f"ERR wrong number of arguments for 'memory|{name}' command")


def test_help(r: Connection) -> None:
    assert [line for line in r("MEMORY", "HELP") if not str(line).startswith(" ")][1:-1] == [
        "DOCTOR", "MALLOC-STATS", "PURGE", "STATS", "USAGE <key> [SAMPLES <count>]"
    ]  # fmt: skip
