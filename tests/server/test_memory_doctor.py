"""What MEMORY DOCTOR finds, on Kvik: the texts are its own."""

from __future__ import annotations

from tests.conftest import Start


def test_peak_and_limit(start: Start) -> None:
    r = start("kvik").connect()
    r.many([("SET", f"key {i}", "x" * 10_000) for i in range(15_000)])
    assert b"No trouble" in r("MEMORY", "DOCTOR")
    r("CONFIG", "SET", "maxmemory", 1_000_000)
    assert b"maxmemory is 1000000 bytes" in r("MEMORY", "DOCTOR")
    r("CONFIG", "SET", "maxmemory", 0)
    r("DEL", *[f"key {i}" for i in range(10_000)])
    report = r("MEMORY", "DOCTOR")
    assert b"Peak memory" in report
    assert b"Fragmentation" in report or b"\n * " in report


def test_purge_gives_back(start: Start) -> None:
    server = start("kvik")
    r = server.connect()
    r.many([("SET", f"key {i}", "x" * 10_000) for i in range(5000)])
    full = server.resident_bytes()
    r("FLUSHALL", "SYNC")
    r("MEMORY", "PURGE")
    assert server.resident_bytes() < full - 40_000_000
