"""Hash commands on single fields: HSET and HGET with their relatives, HDEL, counters; and encodings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, OK, WRONGTYPE, Connection, Error, arity

FIRST, LAST = -9223372036854775808, 9223372036854775807
NOT_FLOAT = Error("ERR value is not a valid float")
NOT_FINITE = Error("ERR value is NaN or Infinity")
SUM_NOT_FINITE = Error("ERR increment would produce NaN or Infinity")
VALUE_NOT_INTEGER = Error("ERR hash value is not an integer")
VALUE_NOT_FLOAT = Error("ERR hash value is not a float")
OVERFLOW = Error("ERR increment or decrement would overflow")


def items(r: Connection, key: str = "h") -> dict[bytes, bytes]:
    """All of a hash, whatever the protocol."""
    reply = r("HGETALL", key)
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


@pytest.fixture(params=["listpack", "hashtable"])
def form(r: Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """Hashes made in this test have this encoding."""
    with r.config(hash_max_listpack_entries=512 if request.param == "listpack" else 0):
        yield request.param


# --- before, command, reply, what the hash is then -------------------------------------------------------------------

CASES: list[tuple[str, str, Any, dict[bytes, bytes]]] = [
    ("", "HSET h a 1", 1, {b"a": b"1"}),
    ("", "HSET h a 1 b 2", 2, {b"a": b"1", b"b": b"2"}),
    ("", "HSET h a 1 a 2", 1, {b"a": b"2"}),
    ("HSET h a 1 b 2", "HSET h a 1 c 3", 1, {b"a": b"1", b"b": b"2", b"c": b"3"}),
    ("HSET h a 1", "HSET h a ''", 0, {b"a": b""}),
    ("HSET h a 1", "HSET h '' ''", 1, {b"a": b"1", b"": b""}),
    ("HSET h a 1", "HSET h A 2", 1, {b"a": b"1", b"A": b"2"}),
    ("HSET h 1 a", "HSET h 01 b 1.0 c +1 d", 3, {b"1": b"a", b"01": b"b", b"1.0": b"c", b"+1": b"d"}),
    ("", "HSET h a\\x00b 1\\x00\\xff", 1, {b"a\0b": b"1\0\xff"}),
    ("HSET h a 1", "HSET h b", arity("hset"), {b"a": b"1"}),
    ("HSET h a 1", "HSET h a 2 b", arity("hset"), {b"a": b"1"}),
    ("HSET h a 1", "HSET h", arity("hset"), {b"a": b"1"}),
    ("", "HMSET h a 1", OK, {b"a": b"1"}),
    ("HSET h a 1", "HMSET h a 2 b 3", OK, {b"a": b"2", b"b": b"3"}),
    ("HSET h a 1", "HMSET h a 2 b", arity("hmset"), {b"a": b"1"}),
    ("", "HSETNX h a 1", 1, {b"a": b"1"}),
    ("HSET h a 1", "HSETNX h a 2", 0, {b"a": b"1"}),
    ("HSET h a 1", "HSETNX h b 2", 1, {b"a": b"1", b"b": b"2"}),
    ("HSET h a 1", "HSETNX h b 2 c 3", arity("hsetnx"), {b"a": b"1"}),
    ("HSET h a 1 b 2", "HDEL h a", 1, {b"b": b"2"}),
    ("HSET h a 1 b 2 c 3", "HDEL h a x c a", 2, {b"b": b"2"}),
    ("HSET h a 1 b 2", "HDEL h x y", 0, {b"a": b"1", b"b": b"2"}),
    ("HSET h a 1 b 2", "HDEL h b a", 2, {}),
    ("", "HDEL h a", 0, {}),
    ("HSET h a 1", "HDEL h", arity("hdel"), {b"a": b"1"}),
    ("", "HINCRBY h a 5", 5, {b"a": b"5"}),
    ("HSET h a 5 b x", "HINCRBY h a -8", -3, {b"a": b"-3", b"b": b"x"}),
    ("HSET h b x", "HINCRBY h a 0", 0, {b"a": b"0", b"b": b"x"}),
    (f"HSET h a {LAST}", f"HINCRBY h a {FIRST}", -1, {b"a": b"-1"}),
    (f"HSET h a {LAST - 1}", "HINCRBY h a 1", LAST, {b"a": b"%d" % LAST}),
    (f"HSET h a {LAST}", "HINCRBY h a 1", OVERFLOW, {b"a": b"%d" % LAST}),
    (f"HSET h a {FIRST}", "HINCRBY h a -1", OVERFLOW, {b"a": b"%d" % FIRST}),
    ("HSET h a x", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b"x"}),
    ("HSET h a ''", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b""}),
    ("HSET h a 05", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b"05"}),
    ("HSET h a +5", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b"+5"}),
    ("HSET h a ' 5'", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b" 5"}),
    ("HSET h a 1.5", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b"1.5"}),
    ("HSET h a 9223372036854775808", "HINCRBY h a 1", VALUE_NOT_INTEGER, {b"a": b"9223372036854775808"}),
    ("HSET h a 1", "HINCRBY h a x", NOT_INTEGER, {b"a": b"1"}),
    ("HSET h a 1", "HINCRBY h a 9223372036854775808", NOT_INTEGER, {b"a": b"1"}),
    ("", "HINCRBY h a x", NOT_INTEGER, {}),
    ("", "HINCRBYFLOAT h a 0.1", b"0.1", {b"a": b"0.1"}),
    ("HSET h a 10.50", "HINCRBYFLOAT h a 0.1", b"10.6", {b"a": b"10.6"}),
    ("HSET h a 5.0e3", "HINCRBYFLOAT h a 2.0e2", b"5200", {b"a": b"5200"}),
    ("HSET h a 0x10", "HINCRBYFLOAT h a 1", b"17", {b"a": b"17"}),
    ("HSET h a 3", "HINCRBYFLOAT h a -3", b"0", {b"a": b"0"}),
    (f"HSET h a {LAST}", "HINCRBYFLOAT h a 1", b"9223372036854775808", {b"a": b"9223372036854775808"}),
    ("HSET h a x", "HINCRBYFLOAT h a 1", VALUE_NOT_FLOAT, {b"a": b"x"}),
    ("HSET h a ''", "HINCRBYFLOAT h a 1", VALUE_NOT_FLOAT, {b"a": b""}),
    ("HSET h a ' 1'", "HINCRBYFLOAT h a 1", VALUE_NOT_FLOAT, {b"a": b" 1"}),
    ("HSET h a '1 '", "HINCRBYFLOAT h a 1", VALUE_NOT_FLOAT, {b"a": b"1 "}),
    ("HSET h a nan", "HINCRBYFLOAT h a 1", VALUE_NOT_FLOAT, {b"a": b"nan"}),
    ("HSET h a inf", "HINCRBYFLOAT h a 1", SUM_NOT_FINITE, {b"a": b"inf"}),
    ("HSET h a 1.1e4932", "HINCRBYFLOAT h a 1.1e4932", SUM_NOT_FINITE, {b"a": b"1.1e4932"}),
    ("HSET h a 1", "HINCRBYFLOAT h a x", NOT_FLOAT, {b"a": b"1"}),
    ("HSET h a 1", "HINCRBYFLOAT h a ''", NOT_FLOAT, {b"a": b"1"}),
    ("HSET h a 1", "HINCRBYFLOAT h a ' 1'", NOT_FLOAT, {b"a": b"1"}),
    ("HSET h a 1", "HINCRBYFLOAT h a nan", NOT_FLOAT, {b"a": b"1"}),
    ("HSET h a 1", "HINCRBYFLOAT h a inf", NOT_FINITE, {b"a": b"1"}),
    ("", "HINCRBYFLOAT h a -inf", NOT_FINITE, {}),
    ("", "HINCRBYFLOAT h a x", NOT_FLOAT, {}),
]


@pytest.mark.parametrize(("before", "command", "reply", "after"), CASES)
def test_changing(
    r: Connection, form: str, before: str, command: str, reply: Any, after: dict[bytes, bytes]
) -> None:
    run(r, before)
    assert run(r, command) == reply
    assert items(r) == after
    assert r("EXISTS", "h") == (1 if after else 0)
    if after:
        assert r("OBJECT", "ENCODING", "h") == form.encode()


@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ("", "HSET h a 1 b 2 a 3", 3),
        ("HSET h a 1", "HSET h a 1", 1),
        ("", "HMSET h a 1 b 2", 2),
        ("", "HSETNX h a 1", 1),
        ("HSET h a 1", "HSETNX h a 1", 0),
        ("HSET h a 1 b 2", "HDEL h a x", 1),
        ("HSET h a 1 b 2", "HDEL h a b x", 2),
        ("HSET h a 1", "HDEL h x", 0),
        ("", "HINCRBY h a 1", 1),
        ("HSET h a 1", "HINCRBYFLOAT h a 0", 1),
        ("HSET h a x", "HINCRBY h a 1", 0),
        ("HSET h a 1", "HGETALL h", 0),
    ],
)
def test_changes_are_counted(r2: Connection, before: str, command: str, changes: int) -> None:
    run(r2, before)
    dirty = r2.dirty()
    run(r2, command)
    assert r2.dirty() - dirty == changes


# --- reading ---------------------------------------------------------------------------------------------------------

HASH = "HSET h a 1 b two '' empty n -12345 e ''"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("HGET h a", b"1"),
        ("HGET h b", b"two"),
        ("HGET h ''", b"empty"),
        ("HGET h e", b""),
        ("HGET h n", b"-12345"),
        ("HGET h x", None),
        ("HGET h", arity("hget")),
        ("HGET h a b", arity("hget")),
        ("HGET nope a", None),
        ("HMGET h a x b a", [b"1", None, b"two", b"1"]),
        ("HMGET nope a b", [None, None]),
        ("HMGET h", arity("hmget")),
        ("HEXISTS h a", 1),
        ("HEXISTS h x", 0),
        ("HEXISTS nope a", 0),
        ("HSTRLEN h a", 1),
        ("HSTRLEN h b", 3),
        ("HSTRLEN h n", 6),
        ("HSTRLEN h e", 0),
        ("HSTRLEN h x", 0),
        ("HSTRLEN nope x", 0),
        ("HLEN h", 5),
        ("HLEN nope", 0),
        ("TYPE h", "hash"),
    ],
)
def test_reading(r: Connection, form: str, command: str, reply: Any) -> None:
    run(r, HASH)
    assert run(r, command) == reply


@pytest.mark.parametrize("value", [b"", b"x" * 63, b"x" * 64, b"x" * 65, b"x" * 4095, b"x" * 4096, b"x" * 100_000])
def test_values_of_all_lengths(r: Connection, value: bytes) -> None:
    for entries in (512, 0):
        with r.config(hash_max_listpack_value=1 << 20, hash_max_listpack_entries=entries):
            r("DEL", "h")
            assert r("HSET", "h", value, value, b"other", b"") == 2
            assert r("HGET", "h", value) == value
            assert r("HSTRLEN", "h", value) == len(value)
            assert r("HSET", "h", value, b"short") == 0
            assert r("HSET", "h", value, value[::-1]) == 0
            assert items(r) == {value: value, b"other": b""}


def test_thousands_of_fields(r: Connection) -> None:
    pairs = {b"field:%d" % i: b"value:%d" % (i * i) for i in range(5000)}
    assert r("HSET", "h", *[each for pair in pairs.items() for each in pair]) == 5000
    assert items(r) == pairs
    assert r("HMGET", "h", *pairs) == list(pairs.values())
    half = list(pairs)[::2]
    assert r("HDEL", "h", *half, *half) == 2500
    assert items(r) == {field: value for field, value in pairs.items() if field not in set(half)}
    assert r("HDEL", "h", *pairs) == 2500
    assert r("EXISTS", "h") == 0


@pytest.mark.parametrize(
    "command",
    [
        "HSET s a 1",
        "HMSET s a 1",
        "HSETNX s a 1",
        "HGET s a",
        "HMGET s a b",
        "HDEL s a",
        "HLEN s",
        "HSTRLEN s a",
        "HEXISTS s a",
        "HINCRBY s a 1",
        "HINCRBYFLOAT s a 1",
        "HGETALL s",
        "HKEYS s",
        "HVALS s",
        "HSCAN s 0",
        "HRANDFIELD s",
        "HRANDFIELD s 0",
        "HGETDEL s FIELDS 1 a",
        "HGETEX s FIELDS 1 a",
        "HSETEX s FIELDS 1 a 1",
        "HEXPIRE s 10 FIELDS 1 a",
        "HTTL s FIELDS 1 a",
        "HPERSIST s FIELDS 1 a",
    ],
)
def test_other_types(r: Connection, command: str) -> None:
    r("SET", "s", "v")
    assert run(r, command) == WRONGTYPE
    assert r("GET", "s") == b"v"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("HINCRBY s a x", NOT_INTEGER),
        ("HINCRBYFLOAT s a x", NOT_FLOAT),
        ("HSET s a", arity("hset")),
        ("HSET s a 1 b", arity("hset")),
        ("GET h", WRONGTYPE),
        ("INCR h", WRONGTYPE),
        ("GETDEL h", WRONGTYPE),
    ],
)
def test_which_error_comes_first(r: Connection, command: str, error: Error) -> None:
    run(r, "SET s v ; HSET h a 1")
    assert run(r, command) == error


# --- encodings -------------------------------------------------------------------------------------------------------

ENCODINGS: list[tuple[str, bytes]] = [
    ("HSET h a 1 b 2 c 3", b"listpack"),
    ("HSET h a 1 b 2 c 3 d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 ; HSET h d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 ; HSET h c 4", b"listpack"),
    ("HSET h a 1 b 2 c 3 ; HSETNX h d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 ; HSETNX h c 4", b"listpack"),
    ("HSET h a 1 b 2 c 3 ; HINCRBY h d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 ; HINCRBYFLOAT h d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 ; HSETEX h FIELDS 1 d 4", b"hashtable"),
    ("HSET h a 1 b 2 c 3 d 4 ; HDEL h b c d", b"hashtable"),
    ("HSET h a 1 a 2 a 3 a 4", b"hashtable"),
    ("HSET h a 1 a 2 a 3", b"listpack"),
    ("HMSET h a 1 a 2 a 3 a 4", b"hashtable"),
    ("HSETEX h FIELDS 4 a 1 a 2 a 3 a 4", b"listpack"),
    ("HSET h a 12345", b"listpack"),
    ("HSET h a 123456", b"hashtable"),
    ("HSET h abcdef 1", b"hashtable"),
    ("HSETNX h a 123456", b"hashtable"),
    ("HSET h a 1 ; HSETNX h a 123456", b"listpack"),
    ("HSETEX h FIELDS 1 a 123456", b"hashtable"),
    ("HSET h a 1 ; HSETEX h FNX FIELDS 1 a 123456", b"listpack"),
    ("HSET h a 1 ; HSETEX h EXAT 1 FIELDS 1 b 123456", b"listpack"),
    ("HINCRBY h a 99999", b"listpack"),
    ("HINCRBY h a 99999 ; HINCRBY h a 1", b"hashtable"),
    ("HINCRBY h abcdef 1", b"hashtable"),
    ("HINCRBYFLOAT h a 1.2500000", b"listpack"),
    ("HINCRBYFLOAT h a 1.25 ; HINCRBYFLOAT h a 0.00005", b"hashtable"),
    ("HSET h a 123456 ; HSET h a 1", b"hashtable"),
    ("HSET h a 123456 ; HSET h a 1 ; RENAME h g ; COPY g h", b"hashtable"),
]


@pytest.mark.parametrize(("script", "encoding"), ENCODINGS)
def test_encoding(r: Connection, script: str, encoding: bytes) -> None:
    with r.config(hash_max_listpack_entries=3, hash_max_listpack_value=5):
        run(r, script)
        assert r("OBJECT", "ENCODING", "h") == encoding


@pytest.mark.parametrize(
    ("limits", "encoding"),
    [
        ({"hash_max_listpack_value": 0}, b"hashtable"),
        ({"hash_max_listpack_entries": 0}, b"hashtable"),
        ({"hash_max_listpack_value": 1, "hash_max_listpack_entries": 1}, b"listpack"),
    ],
)
def test_limits_at_their_least(r: Connection, limits: dict[str, int], encoding: bytes) -> None:
    with r.config(**limits):
        r("HSET", "h", "a", "")
    assert r("OBJECT", "ENCODING", "h") == encoding


def test_limits_by_default(r: Connection) -> None:
    r("HSET", "h", *[each for i in range(512) for each in (i, "v" * 64)])
    assert r("OBJECT", "ENCODING", "h") == b"listpack"
    r("HSET", "h", 512, "")
    assert r("OBJECT", "ENCODING", "h") == b"hashtable"


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("HGET h a", b"listpack"),
        ("HSETNX h a 2", b"listpack"),
        ("HDEL h a", b"listpack"),
        ("HSET h a 1", b"hashtable"),
        ("HINCRBY h a 0", b"hashtable"),
    ],
)
def test_a_limit_that_falls_converts_when_a_field_is_set(r: Connection, command: str, encoding: bytes) -> None:
    run(r, "HSET h a 1 b 2 c 3")
    with r.config(hash_max_listpack_entries=1):
        run(r, command)
        assert r("OBJECT", "ENCODING", "h") == encoding


# --- whole keys ------------------------------------------------------------------------------------------------------


def test_keys_keep_their_expiry(r: Connection, form: str) -> None:
    run(r, "HSET h a 1 ; EXPIRE h 1000 ; HSET h b 2 ; HDEL h a ; HINCRBY h b 1")
    assert 990 < r("TTL", "h") <= 1000
    run(r, "HDEL h b ; HSET h a 1")
    assert r("TTL", "h") == -1


def test_copies_and_renamed_hashes(r: Connection, form: str) -> None:
    run(r, "HSET h a 1 b 2 ; COPY h g ; HSET h a 9 ; RENAME h i ; HDEL g b")
    assert items(r, "g") == {b"a": b"1"}
    assert items(r, "i") == {b"a": b"9", b"b": b"2"}
    run(r, "SET g v ; RENAME i g")
    assert items(r, "g") == {b"a": b"9", b"b": b"2"}


@pytest.mark.parametrize("command", ["DEL", "UNLINK"])
def test_deleting_large_hashes(r2: Connection, command: str) -> None:
    r2("HSET", "h", *[each for i in range(20_000) for each in (i, "v" * (5 if i % 100 else 5000))])
    assert r2(command, "h") == 1
    assert r2("EXISTS", "h") == 0
    assert r2("HSET", "h", "a", "1") == 1
    assert r2("FLUSHALL", "ASYNC") == OK
    assert r2("HLEN", "h") == 0
