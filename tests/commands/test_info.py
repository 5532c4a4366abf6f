"""INFO: which sections and fields there are, in which order, and what counts errors and calls."""

from __future__ import annotations

import pytest

from tests.support.resp import Connection, Verbatim
from tests.support.servers import ServerProcess

NOT_OURS = {
    "valkey_version", "valkey_release_stage", "gcc_version",            # Kvik says what it is itself
    "module",                                                           # Valkey's own for scripts
    "engines_count", "engines_total_used_memory", "engines_total_memory_overhead", "engine_0",
}  # fmt: skip
NOT_THEIRS = {"kvik_version", "redis_mode", "python_version"}
NOT_OUR_SECTIONS = {"TLS", "Cluster Info", "Scripting Engines"}


def sections(r: Connection, *names: str) -> dict[str, list[str]]:
    reply = r("INFO", *names)
    found: dict[str, list[str]] = {}
    for line in (reply.data if isinstance(reply, Verbatim) else reply).decode().split("\r\n"):
        if line.startswith("# "):
            found[line[2:]] = []
        elif line:
            list(found.values())[-1].append(line.partition(":")[0])
    return found


@pytest.mark.parametrize("names", [(), ("default",), ("all",), ("everything",), ("MEMORY", "cpu", "nope"), ("stats", "all")])
def test_fields(kvik: ServerProcess, oracle: ServerProcess, names: tuple[str, ...]) -> None:
    with kvik.connect() as ours, oracle.connect() as theirs:
        for r in (ours, theirs):
            r("FLUSHALL")
            r("CONFIG", "RESETSTAT")
            r("PING")
        got, wanted = sections(ours, *names), sections(theirs, *names)
    assert list(got) == [section for section in wanted if section not in NOT_OUR_SECTIONS]
    for section, fields in got.items():
        if section in ("Commandstats", "Latencystats"):         # in the order of a table
            assert sorted(fields) == sorted(wanted[section])
            continue
        assert [field for field in fields if field not in NOT_THEIRS] == [
            field for field in wanted[section] if field not in NOT_OURS
        ]


def test_no_such_section(r: Connection) -> None:
    reply = r("INFO", "nope")
    assert (reply.data if isinstance(reply, Verbatim) else reply) == b""


def test_commandstats(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    for line in ("SET k v", "INCR k", "INCR k x", "NOSUCH", "CLIENT ID", "OBJECT NOPE"):
        r(*line.split())
    shown = r.info("commandstats")
    assert shown["cmdstat_set"].endswith("rejected_calls=0,failed_calls=0")
    assert shown["cmdstat_incr"].startswith("calls=1,")
    assert shown["cmdstat_incr"].endswith("rejected_calls=1,failed_calls=1")
    assert shown["cmdstat_client|id"].startswith("calls=1,")


def test_errorstats(r: Connection) -> None:
    r("CONFIG", "RESETSTAT")
    r("SET", "k", "v")
    for line in ("INCR k", "LPUSH k x", "NOSUCH", "EXEC"):
        r(*line.split())
    assert r.info("errorstats") == {"errorstat_ERR": "count=3", "errorstat_WRONGTYPE": "count=1"}
    assert r.info("stats")["total_error_replies"] == "4"
