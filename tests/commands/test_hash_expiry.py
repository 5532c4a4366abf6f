"""Fields that expire: HEXPIRE, HTTL and their relatives, HPERSIST, HSETEX, HGETEX, HGETDEL.

Moments are far ahead or past, so nothing waits; what is removed when a moment comes: test_hash_reaping.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import FAR, run
from tests.commands.test_hash_fields import items
from tests.support.resp import NOT_INTEGER, SYNTAX, WRONGTYPE, Connection, Error, arity

LAST = 9223372036854775807
NUMFIELDS = Error("ERR numfields should be greater than 0 and match the provided number of fields")
NX_ALONE = Error("ERR NX and XX, GT or LT options at the same time are not compatible")
GT_OR_LT = Error("ERR GT and LT options at the same time are not compatible")


def unsupported(option: str) -> Error:
    return Error(f"ERR Unsupported option {option}")


def invalid(command: str) -> Error:
    return Error(f"ERR invalid expire time in '{command}' command")


HASH = f"HSET h a 1 b 2 c 3 ; HEXPIREAT h {FAR} FIELDS 1 b"
"""Three fields, one of which expires."""

# --- HEXPIRE ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "ttl"),
    [
        ("HEXPIRE h 100 FIELDS 1 a", 100_000),
        ("HPEXPIRE h 100000 FIELDS 1 a", 100_000),
        ("hexpire h 100 nx fields 1 a", 100_000),
        ("HEXPIRE h 9000000000000 FIELDS 1 a", 9_000_000_000_000_000),
    ],
)
def test_times_from_now_on(r: Connection, command: str, ttl: int) -> None:
    run(r, HASH)
    assert run(r, command) == [1]
    left = r("HPTTL", "h", "FIELDS", 1, "a")[0]
    assert ttl - 10_000 < left <= ttl
    assert r("HTTL", "h", "FIELDS", 1, "a")[0] * 1000 - left in range(-501, 1001)


@pytest.mark.parametrize(
    ("command", "moment"),
    [
        (f"HEXPIREAT h {FAR} FIELDS 1 a", FAR * 1000),
        (f"HPEXPIREAT h {FAR * 1000 + 123} FIELDS 1 a", FAR * 1000 + 123),
        (f"HPEXPIREAT h {LAST} FIELDS 1 a", LAST),
        (f"HPEXPIREAT h {FAR * 1000 + 500} XX FIELDS 1 b", FAR * 1000 + 500),
    ],
)
def test_moments(r: Connection, command: str, moment: int) -> None:
    run(r, HASH)
    field = command[-1]
    assert run(r, command) == [1]
    assert r("HPEXPIRETIME", "h", "FIELDS", 1, field) == [moment]
    assert r("HEXPIRETIME", "h", "FIELDS", 1, field) == [(moment + 500) // 1000]
    assert items(r) == {b"a": b"1", b"b": b"2", b"c": b"3"}


# before is HASH: b expires at FAR. Command, reply, moments of a, b, c.
EARLY, LATE = FAR - 1, FAR + 1
CONDITIONS: list[tuple[str, Any, list[int]]] = [
    (f"HEXPIREAT h {LATE} FIELDS 4 a b x a", [1, 1, -2, 1], [LATE, LATE, -1]),
    (f"HEXPIREAT h {LATE} NX FIELDS 2 a b", [1, 0], [LATE, FAR, -1]),
    (f"HEXPIREAT h {LATE} XX FIELDS 2 a b", [0, 1], [-1, LATE, -1]),
    (f"HEXPIREAT h {LATE} GT FIELDS 2 a b", [0, 1], [-1, LATE, -1]),
    (f"HEXPIREAT h {FAR} GT FIELDS 2 a b", [0, 0], [-1, FAR, -1]),
    (f"HEXPIREAT h {EARLY} GT FIELDS 2 a b", [0, 0], [-1, FAR, -1]),
    (f"HEXPIREAT h {EARLY} LT FIELDS 2 a b", [1, 1], [EARLY, EARLY, -1]),
    (f"HEXPIREAT h {FAR} LT FIELDS 2 a b", [1, 0], [FAR, FAR, -1]),
    (f"HEXPIREAT h {LATE} LT FIELDS 2 a b", [1, 0], [LATE, FAR, -1]),
    (f"HEXPIREAT h {LATE} XX GT FIELDS 2 a b", [0, 1], [-1, LATE, -1]),
    (f"HEXPIREAT h {EARLY} XX LT FIELDS 2 a b", [0, 1], [-1, EARLY, -1]),
    (f"HEXPIREAT h {LATE} NX NX FIELDS 1 a", [1], [LATE, FAR, -1]),
    ("HEXPIREAT h 1 XX FIELDS 2 a b", [0, 2], [-1, -2, -1]),
    ("HEXPIREAT h 1 GT FIELDS 2 a b", [0, 0], [-1, FAR, -1]),
    ("HEXPIREAT h 1 LT FIELDS 2 a b", [2, 2], [-2, -2, -1]),
    ("HEXPIREAT h 1 NX FIELDS 2 a b", [2, 0], [-2, FAR, -1]),
    ("HEXPIREAT h 0 FIELDS 4 a x b a", [2, -2, 2, -2], [-2, -2, -1]),
    ("HPEXPIREAT h 1 FIELDS 1 c", [2], [-1, FAR, -2]),
    ("HEXPIRE h 0 FIELDS 1 c", [2], [-1, FAR, -2]),
    ("HPEXPIRE h 0 FIELDS 1 c", [2], [-1, FAR, -2]),
    ("HEXPIREAT h 1 FIELDS 3 a b c", [2, 2, 2], [-2, -2, -2]),
    ("HPERSIST h FIELDS 3 a b x", [-1, 1, -2], [-1, -1, -1]),
    ("HPERSIST h FIELDS 2 b b", [1, -1], [-1, -1, -1]),
]


@pytest.mark.parametrize(("command", "reply", "moments"), CONDITIONS)
def test_conditions(r: Connection, command: str, reply: Any, moments: list[int]) -> None:
    run(r, HASH)
    assert run(r, command) == reply
    assert r("HEXPIRETIME", "h", "FIELDS", 3, "a", "b", "c") == moments
    assert r("EXISTS", "h") == (0 if moments == [-2, -2, -2] else 1)
    assert len(items(r)) == r("HLEN", "h") == sum(moment != -2 for moment in moments)


@pytest.mark.parametrize("command", ["HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT"])
@pytest.mark.parametrize(
    ("arguments", "reply"),
    [
        ("h 10 FIELDS 1", "arity"),
        ("h 10 FIELDS 0 a", NUMFIELDS),
        ("h 10 FIELDS -1 a", NUMFIELDS),
        ("h 10 FIELDS 2 a", NUMFIELDS),
        ("h 10 FIELDS 1 a b", NUMFIELDS),
        ("h 10 FIELDS 4294967297 a", NUMFIELDS),
        ("h 10 FIELDS x a", NOT_INTEGER),
        ("h 10 FIELDS 9223372036854775808 a", NOT_INTEGER),
        ("h 10 FIELDS FIELDS 1", NOT_INTEGER),
        ("h 10 FIELD 1 a", NUMFIELDS),
        ("h 10 NX FIELD 1 a", NUMFIELDS),
        ("h 10 FOO FIELDS 1 a", unsupported("FOO")),
        ("h x FOO FIELDS 2 a", unsupported("FOO")),
        ("h 10 NX FOO FIELDS 1 a", unsupported("FOO")),
        ("h 10 FIELDS 1 a NX", NUMFIELDS),
        ("h 10 FIELDS 1 NX", [-2]),
        ("h 10 NX FIELDS 1", NUMFIELDS),
        ("h 10 NX XX FIELDS 1 a", NX_ALONE),
        ("h x NX GT FIELDS x a", NX_ALONE),
        ("h 10 NX XX GT FIELDS", NUMFIELDS),
        ("h 10 GT LT FIELDS 1 a", GT_OR_LT),
        ("h x FIELDS 1 a", NOT_INTEGER),
        ("h x FIELDS 2 a", NUMFIELDS),
        ("h 9223372036854775808 FIELDS 1 a", NOT_INTEGER),
        ("h -1 FIELDS 1 a", "invalid"),
        ("h -1 NX XX FIELDS 1 a", NX_ALONE),
        ("h -1 FIELDS 2 a", NUMFIELDS),
        ("h -9223372036854775808 FIELDS 1 a", "invalid"),
        ("s -1 FIELDS 1 a", "invalid"),
        ("s x FIELDS 1 a", NOT_INTEGER),
        ("s 10 FIELDS 1 a", WRONGTYPE),
        ("nope x FIELDS 1 a", NOT_INTEGER),
        ("nope -1 FIELDS 1 a", "invalid"),
        ("nope 10 FIELDS 3 a b a", [-2, -2, -2]),
    ],
)
def test_errors_of_hexpire(r: Connection, command: str, arguments: str, reply: Any) -> None:
    run(r, f"SET s v ; {HASH}")
    named = {"arity": arity(command.lower()), "invalid": invalid(command.lower())}
    assert run(r, f"{command} {arguments}") == (named[reply] if isinstance(reply, str) and reply in named else reply)
    assert r("HTTL", "h", "FIELDS", 1, "a") == [-1]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (f"HEXPIRE h {LAST} FIELDS 1 a", "hexpire"),
        (f"HEXPIRE h {LAST // 1000} FIELDS 1 a", "hexpire"),
        (f"HPEXPIRE h {LAST} FIELDS 1 a", "hpexpire"),
        (f"HEXPIREAT h {LAST // 1000 + 1} FIELDS 1 a", "hexpireat"),
        (f"HSETEX h EX {LAST} FIELDS 1 a 2", "hsetex"),
        (f"HSETEX h PX {LAST} FIELDS 1 a 2", "hsetex"),
        (f"HSETEX h EXAT {LAST} FIELDS 1 a 2", "hsetex"),
        (f"HGETEX h EX {LAST} FIELDS 1 a", "hgetex"),
        ("HGETEX h EX -1 FIELDS 1 a", "hgetex"),
        ("HSETEX h PXAT -1 FIELDS 1 a 2", "hsetex"),
    ],
)
def test_times_that_are_no_times(r: Connection, command: str, name: str) -> None:
    run(r, HASH)
    assert run(r, command) == invalid(name)
    assert items(r)[b"a"] == b"1"


@pytest.mark.parametrize("command", ["HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST", "HGETDEL"])
@pytest.mark.parametrize(
    ("arguments", "reply"),
    [
        ("h FIELDS 1", "arity"),
        ("h FIELD 1 a", SYNTAX),
        ("s FIELD 1 a", SYNTAX),
        ("h FIELDS 0 a", "count"),
        ("h FIELDS 2 a", "count"),
        ("h FIELDS 1 a b", "count"),
        ("s FIELDS 2 a", "count"),
        ("nope FIELDS 2 a", "count"),
        ("h FIELDS x a", NOT_INTEGER),
        ("s FIELDS x a", NOT_INTEGER),
        ("s FIELDS 1 a", WRONGTYPE),
        ("nope FIELDS 2 a a", "missing"),
        ("h fields 2 x y", "missing"),
    ],
)
def test_arguments_that_are_only_fields(r: Connection, command: str, arguments: str, reply: Any) -> None:
    run(r, f"SET s v ; {HASH}")
    named = {
        "arity": arity(command.lower()),
        "count": NUMFIELDS if command in ("HPERSIST", "HGETDEL") else SYNTAX,
        "missing": [None, None] if command == "HGETDEL" else [-2, -2],
    }
    assert run(r, f"{command} {arguments}") == (named[reply] if isinstance(reply, str) and reply in named else reply)


# --- what commands do to expiries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "moment"),
    [
        ("HSET h b 9", -1),
        ("HSET h b 2", -1),
        ("HMSET h b 9", -1),
        ("HSETNX h b 9", FAR),
        ("HINCRBY h b 5", FAR),
        ("HINCRBYFLOAT h b 1.25", FAR),
        ("HSETEX h FIELDS 1 b 9", -1),
        ("HSETEX h KEEPTTL FIELDS 1 b 9", FAR),
        ("HSETEX h KEEPTTL FIELDS 1 b 'a longer value than there was'", FAR),
        (f"HSETEX h EXAT {LATE} FIELDS 1 b 9", LATE),
        (f"HSETEX h FNX EXAT {LATE} FIELDS 1 b 9", FAR),
        ("HGETEX h FIELDS 1 b", FAR),
        ("HGETEX h PERSIST FIELDS 1 b", -1),
        (f"HGETEX h EXAT {LATE} FIELDS 1 b", LATE),
        ("HGET h b", FAR),
        ("HDEL h b", -2),
        ("HGETDEL h FIELDS 1 b", -2),
        ("HDEL h b ; HSET h b 2", -1),
        ("HDEL h b ; HSETEX h KEEPTTL FIELDS 1 b 2", -1),
        ("HSET h d 4", FAR),
        ("EXPIRE h 1000", FAR),
        ("EXPIRE h 1000 ; PERSIST h", FAR),
        ("RENAME h g ; RENAME g h", FAR),
        ("COPY h g ; DEL h ; RENAME g h", FAR),
        ("COPY h g ; HSET h b 9 ; RENAME g h", FAR),
        ("MOVE h 5 ; SELECT 5 ; MOVE h 0 ; SELECT 0", FAR),
        ("SWAPDB 0 5 ; SELECT 5 ; HSET h a 2 ; SWAPDB 0 5 ; SELECT 0", FAR),
        ("COPY h g ; HSET h b 9 ; COPY g h REPLACE", FAR),
    ],
)
def test_expiries_of_fields(r: Connection, command: str, moment: int) -> None:
    run(r, HASH)
    run(r, command)
    assert r("HEXPIRETIME", "h", "FIELDS", 1, "b") == [moment]


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("HEXPIRE h 10 FIELDS 1 a", b"hashtable"),
        ("HEXPIRE h 10 FIELDS 1 a ; HPERSIST h FIELDS 1 a", b"hashtable"),
        ("HEXPIRE h 10 FIELDS 1 x", b"listpack"),
        ("HEXPIRE h 10 XX FIELDS 1 a", b"listpack"),
        ("HEXPIREAT h 1 FIELDS 1 a", b"listpack"),
        ("HPERSIST h FIELDS 1 a", b"listpack"),
        ("HTTL h FIELDS 1 a", b"listpack"),
        ("HGETEX h FIELDS 1 a", b"listpack"),
        ("HGETEX h PERSIST FIELDS 1 a", b"listpack"),
        ("HGETEX h EX 10 FIELDS 1 x", b"listpack"),
        ("HGETEX h EX 10 FIELDS 1 a", b"hashtable"),
        ("HGETEX h EXAT 1 FIELDS 1 a", b"listpack"),
        ("HSETEX h FIELDS 1 a 2", b"listpack"),
        ("HSETEX h KEEPTTL FIELDS 1 a 2", b"listpack"),
        ("HSETEX h EX 10 FIELDS 1 a 2", b"hashtable"),
        ("HSETEX h EX 10 FXX FIELDS 1 x 2", b"listpack"),
        ("HSETEX h EXAT 1 FIELDS 1 a 2", b"listpack"),
    ],
)
def test_a_field_that_expires_makes_a_table(r: Connection, command: str, encoding: bytes) -> None:
    run(r, "HSET h a 1 b 2")
    run(r, command)
    assert r("OBJECT", "ENCODING", "h") == encoding


@pytest.mark.parametrize(
    ("command", "changes"),
    [
        ("HEXPIRE h 10 FIELDS 3 a x a", 2),
        ("HEXPIRE h 10 NX FIELDS 2 a b", 1),
        ("HEXPIRE h 10 FIELDS 1 x", 0),
        ("HEXPIREAT h 1 FIELDS 4 a a x b", 2),
        ("HPERSIST h FIELDS 3 a b x", 1),
        ("HPERSIST h FIELDS 1 a", 0),
        ("HTTL h FIELDS 1 a", 0),
        ("HGETEX h FIELDS 1 b", 0),
        ("HGETEX h PERSIST FIELDS 2 a b", 1),
        ("HGETEX h EX 10 FIELDS 3 a a x", 2),
        ("HGETEX h EXAT 1 FIELDS 3 a a b", 2),
        ("HGETDEL h FIELDS 3 a a x", 1),
        ("HSETEX h FIELDS 2 a 1 a 2", 2),
        ("HSETEX h EX 10 FIELDS 1 a 1", 1),
        ("HSETEX h FNX FIELDS 1 a 1", 0),
        ("HSETEX h EXAT 1 FIELDS 3 a 1 a 2 b 3", 2),
        ("HSETEX h EXAT 1 FIELDS 1 x 1", 0),
    ],
)
def test_changes_are_counted(r2: Connection, command: str, changes: int) -> None:
    run(r2, HASH)
    dirty = r2.dirty()
    run(r2, command)
    assert r2.dirty() - dirty == changes


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("HEXPIREAT h 1 FIELDS 3 a b x", 2),
        ("HGETEX h EXAT 1 FIELDS 2 a x", 1),
        ("HSETEX h EXAT 1 FIELDS 3 a 1 x 2 y 3", 3),
        ("HDEL h a b", 0),
        ("HPERSIST h FIELDS 1 b", 0),
    ],
)
def test_expired_fields_are_counted(r2: Connection, command: str, count: int) -> None:
    run(r2, HASH)
    before = int(r2.info("stats")["expired_fields"])
    run(r2, command)
    assert int(r2.info("stats")["expired_fields"]) - before == count


@pytest.mark.parametrize(
    ("script", "hashes"),
    [
        ("HSET h a 1", 0),
        (HASH, 1),
        (f"{HASH} ; HSETEX g EX 10 FIELDS 2 a 1 b 2", 2),
        (f"{HASH} ; HPERSIST h FIELDS 1 b", 0),
        (f"{HASH} ; HSET h b 1", 0),
        (f"{HASH} ; HDEL h b", 0),
        (f"{HASH} ; HGETDEL h FIELDS 1 b", 0),
        (f"{HASH} ; HSETEX h FIELDS 1 b 1", 0),
        (f"{HASH} ; HEXPIREAT h 1 FIELDS 1 b", 0),
        (f"{HASH} ; HGETEX h EXAT 1 FIELDS 1 b", 0),
        (f"{HASH} ; HGETEX h PERSIST FIELDS 1 b", 0),
        (f"{HASH} ; HSETEX h EXAT 1 FIELDS 1 b 1", 0),
        (f"{HASH} ; HEXPIRE h 10 FIELDS 1 a ; HPERSIST h FIELDS 1 b", 1),
        (f"{HASH} ; RENAME h g", 1),
        (f"{HASH} ; SET g v ; RENAME h g", 1),
        (f"{HASH} ; SET g v ; RENAME g h", 0),
        (f"{HASH} ; COPY h g", 2),
        (f"{HASH} ; COPY h g ; COPY h g REPLACE", 2),
        (f"{HASH} ; HSET g a 1 ; COPY g h REPLACE", 0),
        (f"{HASH} ; EXPIRE h 1000", 1),
        (f"{HASH} ; EXPIRE h 1000 ; PERSIST h", 1),
        (f"{HASH} ; EXPIREAT h 1 ; SET x y", 0),
        (f"{HASH} ; DEL h ; SET x y", 0),
        (f"{HASH} ; UNLINK h ; SET x y", 0),
        (f"{HASH} ; SET h v", 0),
        (f"{HASH} ; FLUSHDB ; SET x y", 0),
        (f"{HASH} ; FLUSHALL ASYNC ; SET x y", 0),
        (f"{HASH} ; MOVE h 1 ; SET x y", 0),
        (f"{HASH} ; MOVE h 1 ; SELECT 1 ; MOVE h 0 ; SELECT 0", 1),
        (f"{HASH} ; SWAPDB 0 1 ; SET x y", 0),
        (f"SELECT 1 ; {HASH} ; SWAPDB 0 1 ; SELECT 0", 1),
    ],
)
def test_the_database_knows_its_hashes_with_such_fields(r2: Connection, script: str, hashes: int) -> None:
    run(r2, script)
    assert r2.info("keyspace")["db0"].endswith(f",keys_with_volatile_items={hashes}")


# --- HGETEX ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("HGETEX h FIELDS 3 a x b", [b"1", None, b"2"]),
        ("HGETEX h PERSIST FIELDS 2 a b", [b"1", b"2"]),
        ("HGETEX h EX 10 FIELDS 2 a a", [b"1", b"1"]),
        ("HGETEX h EX 10 EX 20 FIELDS 1 a", [b"1"]),
        ("HGETEX h PXAT 1 FIELDS 3 a a x", [b"1", None, None]),
        ("HGETEX nope FIELDS 2 a b", [None, None]),
        ("HGETEX nope EX 10 FIELDS 1 a", [None]),
        ("HGETEX nope PERSIST PERSIST FIELDS 1 a", [None]),
        ("HGETEX h FIELDS 1", arity("hgetex")),
        ("HGETEX h EX 10 PX 10 FIELDS 1 a", SYNTAX),
        ("HGETEX h EX 10 PERSIST FIELDS 1 a", SYNTAX),
        ("HGETEX h PERSIST EX 10 FIELDS 1 a", SYNTAX),
        ("HGETEX h KEEPTTL FIELDS 1 a", SYNTAX),
        ("HGETEX h NX FIELDS 1 a", SYNTAX),
        ("HGETEX h FOO FIELDS 2 a", SYNTAX),
        ("HGETEX h EX FIELDS 1 a", SYNTAX),
        ("HGETEX s FOO FIELDS 1 a", SYNTAX),
        ("HGETEX h FOO BAR BAZ", NUMFIELDS),
        ("HGETEX h EX 10 PERSIST 10", NUMFIELDS),
        ("HGETEX h EX 10 FIELDS 0 a", NUMFIELDS),
        ("HGETEX h EX 10 FIELDS 2 a", NUMFIELDS),
        ("HGETEX h EX x FIELDS 2 a", NUMFIELDS),
        ("HGETEX h FIELDS 1 a EX 10", NUMFIELDS),
        ("HGETEX h FIELDS 1 a PERSIST", NUMFIELDS),
        ("HGETEX h EX 10 FIELDS x a", NOT_INTEGER),
        ("HGETEX h EX x FIELDS 1 a", NOT_INTEGER),
        ("HGETEX nope EX x FIELDS 1 a", NOT_INTEGER),
        ("HGETEX nope EX -1 FIELDS 1 a", invalid("hgetex")),
        ("HGETEX s EX x FIELDS 1 a", WRONGTYPE),
        ("HGETEX s FIELDS 2 a", NUMFIELDS),
        ("HGETEX fields EX 10 FIELDS 1 a", NOT_INTEGER),  # the key is taken for the word
        ("HGETEX FIELDS 2 a b", [None, None]),
    ],
)
def test_hgetex(r: Connection, command: str, reply: Any) -> None:
    run(r, f"SET s v ; {HASH}")
    assert run(r, command) == reply


def test_hgetex_until_nothing_is_left(r: Connection) -> None:
    run(r, HASH)
    assert run(r, "HGETEX h EXAT 1 FIELDS 3 a b c") == [b"1", b"2", b"3"]
    assert r("EXISTS", "h") == 0


# --- HGETDEL ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply", "left"),
    [
        ("HGETDEL h FIELDS 1 a", [b"1"], 2),
        ("HGETDEL h FIELDS 4 a b x a", [b"1", b"2", None, None], 1),
        ("HGETDEL h FIELDS 3 a b c", [b"1", b"2", b"3"], 0),
        ("HGETDEL h FIELDS 1 x", [None], 3),
    ],
)
def test_hgetdel(r: Connection, command: str, reply: Any, left: int) -> None:
    for before in (HASH, "DEL h ; HSET h a 1 b 2 c 3"):
        run(r, before)
        assert run(r, command) == reply
        assert r("HLEN", "h") == left
        assert r("EXISTS", "h") == (left > 0)


# --- HSETEX: before is HASH; command, reply, the hash, moments of a and b --------------------------------------------

UNCHANGED = {b"a": b"1", b"b": b"2", b"c": b"3"}
HSETEX: list[tuple[str, Any, dict[bytes, bytes], list[int]]] = [
    ("HSETEX h FIELDS 1 a 9", 1, UNCHANGED | {b"a": b"9"}, [-1, FAR]),
    ("HSETEX h FIELDS 2 a 8 a 9", 1, UNCHANGED | {b"a": b"9"}, [-1, FAR]),
    (f"HSETEX h EXAT {FAR} FIELDS 2 a 9 d 4", 1, UNCHANGED | {b"a": b"9", b"d": b"4"}, [FAR, FAR]),
    (f"hsetex h pxat {FAR}000 fields 1 a 9", 1, UNCHANGED | {b"a": b"9"}, [FAR, FAR]),
    (f"HSETEX h EXAT 5 EXAT {FAR} FIELDS 1 a 9", 1, UNCHANGED | {b"a": b"9"}, [FAR, FAR]),
    (f"HSETEX h EXAT x EXAT {FAR} FIELDS 1 a 9", 1, UNCHANGED | {b"a": b"9"}, [FAR, FAR]),
    ("HSETEX h KEEPTTL KEEPTTL FIELDS 2 a 9 b 9", 1, UNCHANGED | {b"a": b"9", b"b": b"9"}, [-1, FAR]),
    ("HSETEX h FIELDS 2 a 9 EX 10", 1, UNCHANGED | {b"a": b"9", b"EX": b"10"}, [-1, FAR]),
    ("HSETEX h XX FIELDS 1 a 9", 1, UNCHANGED | {b"a": b"9"}, [-1, FAR]),
    ("HSETEX h NX FIELDS 1 a 9", 0, UNCHANGED, [-1, FAR]),
    ("HSETEX h FXX FIELDS 2 a 9 b 9", 1, UNCHANGED | {b"a": b"9", b"b": b"9"}, [-1, -1]),
    ("HSETEX h FXX FIELDS 2 a 9 x 9", 0, UNCHANGED, [-1, FAR]),
    ("HSETEX h FNX FIELDS 2 x 9 x 8", 1, UNCHANGED | {b"x": b"8"}, [-1, FAR]),
    ("HSETEX h FNX FIELDS 2 x 9 a 9", 0, UNCHANGED, [-1, FAR]),
    ("HSETEX h XX FXX KEEPTTL FIELDS 1 b 9", 1, UNCHANGED | {b"b": b"9"}, [-1, FAR]),
    ("HSETEX h XX FNX FIELDS 1 x 9", 1, UNCHANGED | {b"x": b"9"}, [-1, FAR]),
    ("HSETEX h FXX XX FIELDS 1 x 9", 0, UNCHANGED, [-1, FAR]),
    ("HSETEX h EXAT 1 FIELDS 2 a 9 x 9", 1, {b"b": b"2", b"c": b"3"}, [-2, FAR]),
    ("HSETEX h EX 0 FIELDS 1 x 9", 1, UNCHANGED, [-1, FAR]),
    ("HSETEX h PXAT 0 FIELDS 3 a 9 b 9 c 9", 1, {}, [-2, -2]),
    ("HSETEX h EXAT 1 FXX FIELDS 2 a 9 x 9", 0, UNCHANGED, [-1, FAR]),
    ("HSETEX h EXAT 1 NX FIELDS 1 a 9", 0, UNCHANGED, [-1, FAR]),
]


@pytest.mark.parametrize(("command", "reply", "after", "moments"), HSETEX)
def test_hsetex(
    r: Connection, command: str, reply: Any, after: dict[bytes, bytes], moments: list[int]
) -> None:
    run(r, HASH)
    assert run(r, command) == reply
    assert items(r) == after
    assert r("HEXPIRETIME", "h", "FIELDS", 2, "a", "b") == moments


@pytest.mark.parametrize(
    ("command", "reply", "after"),
    [
        ("HSETEX g FIELDS 1 a 1", 1, {b"a": b"1"}),
        ("HSETEX g EX 100 FIELDS 1 a 1", 1, {b"a": b"1"}),
        ("HSETEX g NX FNX KEEPTTL FIELDS 1 a 1", 1, {b"a": b"1"}),
        ("HSETEX g XX FIELDS 1 a 1", 0, {}),
        ("HSETEX g FXX FIELDS 1 a 1", 0, {}),
        ("HSETEX g FXX EX 100 FIELDS 1 a 1", 0, {}),
        ("HSETEX g EXAT 1 FIELDS 1 a 1", 1, {}),
        ("HSETEX g EX 0 NX FIELDS 1 a 1", 1, {}),
    ],
)
def test_hsetex_of_a_hash_that_is_not_there(
    r: Connection, command: str, reply: int, after: dict[bytes, bytes]
) -> None:
    assert run(r, command) == reply
    assert items(r, "g") == after
    assert r("EXISTS", "g") == (1 if after else 0)


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("HSETEX h FIELDS 1 a", arity("hsetex")),
        ("HSETEX h NX XX FIELDS 1 a 1", SYNTAX),
        ("HSETEX h FNX FXX FIELDS 1 a 1", SYNTAX),
        ("HSETEX h EX 10 PX 10 FIELDS 1 a 1", SYNTAX),
        ("HSETEX h EX 10 KEEPTTL FIELDS 1 a 1", SYNTAX),
        ("HSETEX h KEEPTTL EX 10 FIELDS 1 a 1", SYNTAX),
        ("HSETEX h PERSIST FIELDS 1 a 1", SYNTAX),
        ("HSETEX h GET FIELDS 1 a 1", SYNTAX),
        ("HSETEX h FOO FIELDS 2 a 1", SYNTAX),
        ("HSETEX h EX FIELDS 1 a 1", SYNTAX),
        ("HSETEX h FIELDS 0 a 1", NUMFIELDS),
        ("HSETEX h FIELDS 2 a 1", NUMFIELDS),
        ("HSETEX h FIELDS 1 a 1 b", NUMFIELDS),
        ("HSETEX h FIELDS 1 a 1 b 2", NUMFIELDS),
        ("HSETEX h FIELDS 4611686018427387905 a 1 b 2", NUMFIELDS),
        ("HSETEX h FIELDS 1 a 1 EX 10", NUMFIELDS),
        ("HSETEX h EX x FIELDS 2 a 1", NUMFIELDS),
        ("HSETEX h FOO BAR BAZ QUX", NUMFIELDS),
        ("HSETEX h EX 10 FNX FIELDS 1", NUMFIELDS),
        ("HSETEX h NX EX 10 PX FIELDS", NUMFIELDS),
        ("HSETEX h FIELDS x a 1", NOT_INTEGER),
        ("HSETEX h FIELDS FIELDS 1 a 1", NOT_INTEGER),
        ("HSETEX h EX x FIELDS 1 a 1", NOT_INTEGER),
        ("HSETEX h EX -1 FIELDS 1 a 1", invalid("hsetex")),
        ("HSETEX h FXX EX -1 FIELDS 1 x 1", invalid("hsetex")),
        ("HSETEX h NX EX x FIELDS 1 x 1", 0),
        ("HSETEX s NX EX x FIELDS 1 x 1", WRONGTYPE),
        ("HSETEX s FIELDS 5 a 1", NUMFIELDS),
        ("HSETEX fields NX FIELDS 1 a 1", NOT_INTEGER),  # the key is taken for the word
        ("HSETEX FIELDS 2 a 1 b 2", 1),
    ],
)
def test_errors_of_hsetex(r: Connection, command: str, error: Any) -> None:
    run(r, f"SET s v ; {HASH}")
    assert run(r, command) == error
    assert items(r) == UNCHANGED


def test_thousands_of_fields_that_expire(r: Connection) -> None:
    pairs = {b"field:%d" % i: b"value:%d" % i for i in range(3000)}
    flat = [each for pair in pairs.items() for each in pair]
    assert r("HSETEX", "h", "EXAT", FAR, "FIELDS", 3000, *flat) == 1
    assert items(r) == pairs
    assert set(r("HEXPIRETIME", "h", "FIELDS", 3000, *pairs)) == {FAR}
    moments = [FAR + i % 777 for i in range(3000)]
    commands = [("HEXPIREAT", "h", moment, "FIELDS", 1, field) for field, moment in zip(pairs, moments, strict=True)]
    assert r.many(commands) == [[1]] * 3000
    assert r("HEXPIRETIME", "h", "FIELDS", 3000, *pairs) == moments
    assert r("HPERSIST", "h", "FIELDS", 1500, *list(pairs)[::2]) == [1] * 1500
    assert r("HSET", "h", *flat) == 0
    assert set(r("HTTL", "h", "FIELDS", 3000, *pairs)) == {-1}
    assert items(r) == pairs
    assert r("DEL", "h") == 1
