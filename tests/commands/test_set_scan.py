"""SSCAN: options and errors, small sets at once, large ones in steps, and what it guarantees while they change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.commands.sets import LIMITS, fill, numbers
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error, arity

CURSOR = Error("ERR invalid cursor")
SMALL = [b"0", [b"1", b"2", b"a"]]
NOTHING: list[Any] = [b"0", []]


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("SSCAN s 0", SMALL),
        ("SSCAN s 5", SMALL),
        ("SSCAN s 18446744073709551615", SMALL),
        ("SSCAN s 0 COUNT 1", SMALL),
        ("sscan s 0 count 1 match *", SMALL),
        ("SSCAN s 0 MATCH ?", SMALL),
        ("SSCAN s 0 MATCH [0-9]", [b"0", [b"1", b"2"]]),
        ("SSCAN s 0 MATCH a", [b"0", [b"a"]]),
        ("SSCAN s 0 MATCH x", NOTHING),
        ("SSCAN s 0 MATCH ''", NOTHING),
        ("SSCAN s 0 MATCH a COUNT 5 MATCH 2", [b"0", [b"2"]]),
        ("SSCAN none 0", NOTHING),
        ("SSCAN none 0 NONSENSE", NOTHING),
        ("SSCAN none 0 COUNT 0", NOTHING),
        ("SSCAN none x", CURSOR),
        ("SSCAN k x", CURSOR),
        ("SSCAN s ''", CURSOR),
        ("SSCAN s -", CURSOR),
        ("SSCAN s 1x", CURSOR),
        ("SSCAN s 18446744073709551616", CURSOR),
        ("SSCAN k 0", WRONGTYPE),
        ("SSCAN k 0 NONSENSE", WRONGTYPE),
        ("SSCAN s 0 NONSENSE", SYNTAX),
        ("SSCAN s 0 MATCH", SYNTAX),
        ("SSCAN s 0 COUNT", SYNTAX),
        ("SSCAN s 0 COUNT 0", SYNTAX),
        ("SSCAN s 0 COUNT -1", SYNTAX),
        ("SSCAN s 0 COUNT x", NOT_INTEGER),
        ("SSCAN s 0 COUNT 9223372036854775808", NOT_INTEGER),
        ("SSCAN s 0 TYPE set", SYNTAX),
        ("SSCAN s 0 TYPE nonsense", SYNTAX),
        ("SSCAN s 0 NOVALUES", Error("ERR NOVALUES option can only be used in HSCAN")),
        ("SSCAN s 0 NOSCORES", Error("ERR NOSCORES option can only be used in ZSCAN")),
        ("SSCAN s 0 COUNT 1 NOVALUES", Error("ERR NOVALUES option can only be used in HSCAN")),
        ("SSCAN s", arity("sscan")),
    ],
)
@pytest.mark.parametrize("encoding", ["listpack", "hashtable"])
def test_options(r: Connection, command: str, reply: Any, encoding: str) -> None:
    with r.config(**LIMITS[encoding]):
        run(r, "SADD s 1 2 a ; SET k v")
    answer = run(r, command)
    if encoding == "hashtable" and isinstance(answer, list) and reply == SMALL:
        assert set(answer[1]) <= set(reply[1])      # a step, from wherever the cursor is
    elif encoding == "hashtable" and isinstance(answer, list):
        assert sorted(answer[1]) == reply[1]
    else:
        assert answer == reply


@pytest.mark.parametrize("encoding", ["intset", "listpack"])
@pytest.mark.parametrize("count", [1, 32, 33, 1000])
def test_small_forms_are_answered_at_once(r: Connection, encoding: str, count: int) -> None:
    with r.config(**LIMITS[encoding]):
        fill(r, "s", numbers(count))
    assert r("SSCAN", "s", 0, "COUNT", 1) == [b"0", numbers(count)]
    matching = [text for text in numbers(count) if text.startswith(b"1")]
    assert r("SSCAN", "s", 0, "MATCH", "1*") == [b"0", matching]


def scanned(r: Connection, *options: str | int, between: Any = None) -> list[bytes]:
    """What one scan from start to end returns; `between` is called before each further step."""
    found: list[bytes] = []
    cursor = b"0"
    while True:
        cursor, some = r("SSCAN", "s", cursor, *options)
        found += some
        if cursor == b"0":
            return found
        if between is not None:
            between()


@pytest.mark.parametrize("size", [1, 129, 3000])
@pytest.mark.parametrize("count", [1, 10, 1000, 100_000])
def test_a_scan_returns_all(r: Connection, size: int, count: int) -> None:
    texts = [b"member:%d" % i for i in range(size)]
    with r.config(**LIMITS["hashtable"]):
        fill(r, "s", texts)
    assert sorted(scanned(r, "COUNT", count)) == sorted(texts)


def test_patterns(r: Connection) -> None:
    fill(r, "s", [b"member:%d" % i for i in range(1000)])
    assert sorted(scanned(r, "MATCH", "member:7?")) == [b"member:7%d" % i for i in range(10)]
    assert scanned(r, "MATCH", "nothing", "COUNT", 100) == []


def test_steps_are_about_as_long_as_the_count(r: Connection) -> None:
    fill(r, "s", [b"member:%d" % i for i in range(5000)])
    cursor, found = r("SSCAN", "s", 0, "COUNT", 100)
    assert cursor != b"0"
    assert 90 <= len(found) <= 160
    cursor, found = r("SSCAN", "s", cursor)
    assert 5 <= len(found) <= 60


@pytest.mark.parametrize("change", ["growing", "shrinking", "both"])
def test_what_is_there_throughout_is_returned(r: Connection, change: str) -> None:
    """Hundreds of others come or go between two steps."""
    kept = [b"kept:%d" % i for i in range(1000)]
    others = [b"other:%d" % i for i in range(20_000)]
    fill(r, "s", kept if change == "growing" else kept + others)
    parts = iter([others[i : i + 200] for i in range(0, len(others), 200)])

    def between() -> None:
        part = next(parts, None)
        if part is None:
            return
        if change == "growing":
            r("SADD", "s", *part)
        else:
            r("SREM", "s", *part)
            if change == "both":
                r("SADD", "s", *(b"late:" + text for text in part[:150]))

    assert set(scanned(r, between=between)) >= set(kept)


def test_a_set_that_becomes_small_or_goes_ends_the_scan(r: Connection) -> None:
    fill(r, "s", [b"member:%d" % i for i in range(1000)])
    cursor, _ = r("SSCAN", "s", 0)
    assert cursor != b"0"
    r("DEL", "s")
    assert r("SSCAN", "s", cursor) == NOTHING
    r("SADD", "s", "a")
    assert r("SSCAN", "s", cursor) == [b"0", [b"a"]]
