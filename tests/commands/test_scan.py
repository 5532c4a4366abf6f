"""What SCAN, HSCAN, SSCAN and KEYS take: patterns and options. Iterations are in the tests of tables and of types."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import SYNTAX, Connection, Error

KEYS, HASH, SET = "MSET '' 0 a 1", "HSET h '' 0 a 1", "SADD s '' a"
LARGE = " ".join(f"n{number}" for number in range(200))


@pytest.mark.parametrize(
    ("before", "command", "with_empty"),
    [
        (KEYS, "KEYS", lambda reply: b"" in reply),
        (KEYS, "SCAN 0 COUNT 100 MATCH", lambda reply: b"" in reply[1]),
        (HASH, "HSCAN h 0 NOVALUES MATCH", lambda reply: b"" in reply[1]),
        (f"{HASH} {LARGE}", "HSCAN h 0 COUNT 1000 NOVALUES MATCH", lambda reply: b"" in reply[1]),
        (SET, "SSCAN s 0 MATCH", lambda reply: b"" in reply[1]),
        (f"{SET} {LARGE}", "SSCAN s 0 COUNT 1000 MATCH", lambda reply: b"" in reply[1]),
    ],
)
def test_only_a_lone_star_matches_what_is_empty(r: Connection, before: str, command: str, with_empty: Any) -> None:
    run(r, before)
    assert with_empty(run(r, f"{command} *"))
    for pattern in ("**", "*?", "''"):
        assert with_empty(run(r, f"{command} {pattern}")) == (pattern == "''"), pattern


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("SSCAN s 0 TYPE set", SYNTAX),
        ("HSCAN h 0 TYPE hash", SYNTAX),
        ("SSCAN s 0 NOVALUES", Error("ERR NOVALUES option can only be used in HSCAN")),
        ("SCAN 0 NOSCORES", Error("ERR NOSCORES option can only be used in ZSCAN")),
        ("HSCAN h 0 NOSCORES", Error("ERR NOSCORES option can only be used in ZSCAN")),
    ],
)
def test_options_of_others(r: Connection, command: str, reply: Error) -> None:
    run(r, f"{HASH} ; {SET}")
    assert run(r, command) == reply
