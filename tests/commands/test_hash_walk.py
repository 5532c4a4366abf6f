"""Hash commands on all fields and on random ones: HGETALL, HKEYS, HVALS, HSCAN, HRANDFIELD."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, SYNTAX, Connection, Error

INVALID_CURSOR = Error("ERR invalid cursor")
OUT_OF_RANGE = Error("ERR value is out of range")
LAST = 9223372036854775807
FORMS = pytest.mark.parametrize("entries", [512, 0], ids=["listpack", "hashtable"])


def fill(r: Connection, count: int, entries: int) -> dict[bytes, bytes]:
    """h with so many fields, integers among fields and values."""
    pairs = {b"%d" % i if i % 3 else b"field-%d" % i: b"value-%d" % i if i % 2 else b"%d" % i for i in range(count)}
    with r.config(hash_max_listpack_entries=entries):
        r("HSET", "h", *[each for pair in pairs.items() for each in pair])
    return pairs


def paired(flat: list[bytes]) -> dict[bytes, bytes]:
    assert len(flat) % 2 == 0
    pairs = dict(zip(flat[::2], flat[1::2], strict=True))
    assert len(pairs) == len(flat) // 2, "a field came twice"
    return pairs


# --- HGETALL, HKEYS, HVALS -------------------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize("count", [1, 20, 100])
def test_everything(r: Connection, entries: int, count: int) -> None:
    pairs = fill(r, count, entries)
    everything = r("HGETALL", "h")
    if r.resp == 3:
        assert everything == pairs
    else:
        assert paired(everything) == pairs
    assert sorted(r("HKEYS", "h")) == sorted(pairs)
    assert sorted(r("HVALS", "h")) == sorted(pairs.values())


def test_a_listpack_keeps_its_order(r: Connection) -> None:
    run(r, "HSET h c 1 a 2 b 3 ; HSET h a x ; HDEL h c ; HSET h c 4")
    assert r("HKEYS", "h") == [b"a", b"b", b"c"]
    assert r("HVALS", "h") == [b"x", b"3", b"4"]


def test_no_key(r: Connection) -> None:
    assert r("HGETALL", "h") == ({} if r.resp == 3 else [])
    assert r("HKEYS", "h") == []
    assert r("HVALS", "h") == []


# --- HSCAN -----------------------------------------------------------------------------------------------------------


def scanned(r: Connection, *options: str | int) -> list[bytes]:
    found: list[bytes] = []
    cursor = b"0"
    while True:
        cursor, some = r("HSCAN", "h", cursor, *options)
        found += some
        if cursor == b"0":
            return found


@FORMS
@pytest.mark.parametrize("count", [1, 100, 1500])
@pytest.mark.parametrize("options", [(), ("COUNT", 1), ("COUNT", 1000), ("COUNT", LAST)])
def test_scanning(r: Connection, entries: int, count: int, options: tuple[str | int, ...]) -> None:
    pairs = fill(r, count, entries)
    assert paired(scanned(r, *options)) == pairs
    assert sorted(scanned(r, *options, "NOVALUES")) == sorted(pairs)


@FORMS
@pytest.mark.parametrize("pattern", ["*", "field-*", "1?", "nothing", "", "[12]*", "\\*"])
def test_scanning_for_a_pattern(r: Connection, entries: int, pattern: str) -> None:
    pairs = fill(r, 60, entries)
    matching = {
        "*": lambda field: True,
        "field-*": lambda field: field.startswith(b"field-"),
        "1?": lambda field: len(field) == 2 and field[:1] == b"1",
        "[12]*": lambda field: field[:1] in (b"1", b"2"),
    }.get(pattern, lambda field: False)
    expected = {field: value for field, value in pairs.items() if matching(field)}
    assert paired(scanned(r, "MATCH", pattern)) == expected
    assert sorted(scanned(r, "NOVALUES", "MATCH", pattern, "COUNT", 5)) == sorted(expected)


def test_scanning_while_the_hash_grows_and_shrinks(r2: Connection) -> None:
    pairs = fill(r2, 1000, 0)
    found: set[bytes] = set()
    cursor, i = b"0", 0
    while True:
        cursor, some = r2("HSCAN", "h", cursor, "COUNT", 20)
        found |= set(some[::2])
        if cursor == b"0":
            break
        r2("HSET", "h", *[each for j in range(200) for each in (f"new-{i}-{j}", "v")])
        if i % 3 == 2:
            r2("HDEL", "h", *[f"new-{k}-{j}" for k in range(i + 1) for j in range(200)])
        i += 1
    assert set(pairs) <= found


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("HSCAN h x", INVALID_CURSOR),
        ("HSCAN h -1", INVALID_CURSOR),
        ("HSCAN h ''", INVALID_CURSOR),
        ("HSCAN h 99999999999999999999", INVALID_CURSOR),
        ("HSCAN s x", INVALID_CURSOR),
        ("HSCAN nope x", INVALID_CURSOR),
        ("HSCAN nope 0", [b"0", []]),
        ("HSCAN nope 0 COUNT 0", [b"0", []]),
        ("HSCAN h 0 COUNT 0", SYNTAX),
        ("HSCAN h 0 COUNT -1", SYNTAX),
        ("HSCAN h 0 COUNT x", NOT_INTEGER),
        ("HSCAN h 0 COUNT", SYNTAX),
        ("HSCAN h 0 MATCH", SYNTAX),
        ("HSCAN h 0 TYPE hash", SYNTAX),
        ("HSCAN h 0 x", SYNTAX),
        ("HSCAN h 0 NOSCORES", Error("ERR NOSCORES option can only be used in ZSCAN")),
        ("SCAN 0 NOVALUES", Error("ERR NOVALUES option can only be used in HSCAN")),
        ("HSCAN h 0 NOVALUES NOVALUES", [b"0", [b"a", b"b"]]),
        ("HSCAN h 0 novalues count 1", [b"0", [b"a", b"b"]]),
        ("HSCAN h 5", [b"0", [b"a", b"1", b"b", b"2"]]),
        ("HSCAN h 0 MATCH a MATCH b", [b"0", [b"b", b"2"]]),
    ],
)
def test_options_of_hscan(r: Connection, command: str, reply: Any) -> None:
    run(r, "SET s v ; HSET h a 1 b 2")
    assert run(r, command) == reply


# --- HRANDFIELD ------------------------------------------------------------------------------------------------------


def with_values(r: Connection, reply: list[Any]) -> list[tuple[bytes, bytes]]:
    """RESP3 has an array for each pair."""
    if r.resp == 3:
        return [(field, value) for field, value in reply]
    return list(zip(reply[::2], reply[1::2], strict=True))


@FORMS
def test_one_random_field(r: Connection, entries: int) -> None:
    pairs = fill(r, 20, entries)
    assert {r("HRANDFIELD", "h") for _ in range(400)} == set(pairs)


@FORMS
@pytest.mark.parametrize("size", [1, 40, 300])
@pytest.mark.parametrize("count", [0, 1, 5, 20, 39, 40, 41, 299, 1000, LAST // 2])
def test_different_random_fields(r: Connection, entries: int, size: int, count: int) -> None:
    pairs = fill(r, size, entries)
    fields = r("HRANDFIELD", "h", count)
    assert len(fields) == len(set(fields)) == min(count, size)
    assert set(fields) <= set(pairs)
    found = with_values(r, r("HRANDFIELD", "h", count, "WITHVALUES"))
    assert len(found) == len(dict(found)) == min(count, size)
    assert set(found) <= set(pairs.items())


@FORMS
@pytest.mark.parametrize("count", [1, 5, 1000])
def test_random_fields_that_may_come_again(r: Connection, entries: int, count: int) -> None:
    pairs = fill(r, 40, entries)
    fields = r("HRANDFIELD", "h", -count)
    assert len(fields) == count
    assert set(fields) <= set(pairs)
    found = with_values(r, r("HRANDFIELD", "h", -count, "withvalues"))
    assert len(found) == count
    assert set(found) <= set(pairs.items())


@FORMS
@pytest.mark.parametrize(("size", "count"), [(10, 3), (60, 7), (60, 40), (10, -1)])
def test_each_field_is_as_likely_as_any_other(r2: Connection, entries: int, size: int, count: int) -> None:
    pairs = fill(r2, size, entries)
    rounds = 200 * size // abs(count)
    drawn = Counter(
        field for reply in r2.many([("HRANDFIELD", "h", count)] * rounds) for field in reply
    )  # fmt: skip
    assert drawn.keys() == pairs.keys()
    assert all(100 < times < 320 for times in drawn.values()), drawn


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("HRANDFIELD nope", None),
        ("HRANDFIELD nope 5", []),
        ("HRANDFIELD nope -5", []),
        ("HRANDFIELD nope 5 WITHVALUES", []),
        ("HRANDFIELD h 0", []),
        ("HRANDFIELD h 0 WITHVALUES", []),
        ("HRANDFIELD h 5", [b"a"]),
        ("HRANDFIELD h -2", [b"a", b"a"]),
        ("HRANDFIELD h x", NOT_INTEGER),
        ("HRANDFIELD h 9223372036854775808", NOT_INTEGER),
        ("HRANDFIELD h 1 WITHVALUE", SYNTAX),
        ("HRANDFIELD h x WITHVALUE", NOT_INTEGER),
        ("HRANDFIELD h 1 WITHVALUES x", SYNTAX),
        (
            "HRANDFIELD h -9223372036854775808",
            Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"),
        ),
        (f"HRANDFIELD h {LAST}", [b"a"]),
        (f"HRANDFIELD h {LAST // 2 + 1} WITHVALUES", OUT_OF_RANGE),
        (f"HRANDFIELD h -{LAST // 2 + 1} WITHVALUES", OUT_OF_RANGE),
        (f"HRANDFIELD nope {LAST // 2} WITHVALUES", []),
        (f"HRANDFIELD nope -{LAST // 2} WITHVALUES", []),
    ],
)
def test_options_of_hrandfield(r: Connection, command: str, reply: Any) -> None:
    run(r, "HSET h a 1")
    assert run(r, command) == reply
