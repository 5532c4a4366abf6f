"""GEOSEARCH, GEOSEARCHSTORE, the GEORADIUS family: options, errors, orders, what is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import NOT_INTEGER, OK, SYNTAX, WRONGTYPE, Connection, Error, Status, arity

SICILY = "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"
NOT_FLOAT = Error("ERR value is not a valid float")
UNIT = Error("ERR unsupported unit provided. please use M, KM, FT, MI")
RADIUS = Error("ERR need numeric radius")
NEGATIVE = Error("ERR radius cannot be negative")
COUNT = Error("ERR COUNT must be > 0")
ANY = Error("ERR the ANY argument requires COUNT argument")
NO_MEMBER = Error("ERR member nope does not exist")
OUTSIDE = Error("ERR invalid longitude,latitude pair 300.000000,37.000000")
STORE = Error("ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
SEARCH_STORE = Error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
NEGATIVE_BOX = Error("ERR height or width cannot be negative")
CORNERS = Error("ERR invalid number of vertices")
FEW_CORNERS = Error("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices")
P, C = b"Palermo", b"Catania"


def no_center(name: str) -> Error:
    return Error(f"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {name}")


def no_shape(name: str) -> Error:
    return Error(f"ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for {name}")


# --- GEORADIUS and GEORADIUSBYMEMBER: arguments behind the key, reply -------------------------------------------------

AROUND: list[tuple[str, Any]] = [
    ("15 37 200 km", [P, C]),
    ("15 37 200000 m", [P, C]),
    ("15 37 150 MI", [P, C]),
    ("15 37 700000 Ft", [P, C]),
    ("15 37 100 km", [C]),
    ("15 37 0 km", []),
    ("15 37 -0 km", []),
    ("15 37 inf m", [P, C]),
    ("15 37 1e308 km", [P, C]),
    ("+15 37 200 km", [P, C]),
    ("15 37 200 km ASC", [C, P]),
    ("15 37 200 km desc", [P, C]),
    ("15 37 200 km DESC ASC", [C, P]),
    ("15 37 200 km WITHDIST", [[P, b"190.4424"], [C, b"56.4413"]]),
    ("15 37 200 km WITHDIST ASC", [[C, b"56.4413"], [P, b"190.4424"]]),
    ("15 37 200 mi WITHDIST", [[P, b"118.3357"], [C, b"35.0711"]]),
    ("15 37 200 km WITHHASH WITHHASH", [[P, 3479099956230698], [C, 3479447370796909]]),
    ("15 37 200 km WITHHASH WITHDIST", [[P, b"190.4424", 3479099956230698], [C, b"56.4413", 3479447370796909]]),
    ("15 37 200 km COUNT 1", [C]),
    ("15 37 200 km COUNT 1 DESC", [P]),
    ("15 37 200 km COUNT 9223372036854775807", [C, P]),
    ("15 37 200 km COUNT 1 ANY", [P]),
    ("15 37 200 km ANY COUNT 1", [P]),
    ("15 37 200 km COUNT 1 ANY DESC", [P]),
    ("15 37 200 km COUNT 1 ANY ASC", [P]),
    ("15 37 200 km COUNT 2 ANY ASC", [C, P]),
    ("15 37 200 km COUNT 5 COUNT 1", [C]),
    ("15 37 200 km COUNT 0", COUNT),
    ("15 37 200 km COUNT -1", COUNT),
    ("15 37 200 km COUNT x", NOT_INTEGER),
    ("15 37 200 km COUNT ANY", NOT_INTEGER),
    ("15 37 200 km COUNT 9223372036854775808", NOT_INTEGER),
    ("15 37 200 km COUNT", SYNTAX),
    ("15 37 200 km ANY", ANY),
    ("15 37 200 km STORE", SYNTAX),
    ("15 37 200 km STOREDIST", SYNTAX),
    ("15 37 200 km nonsense", SYNTAX),
    ("15 37 200 km FROMMEMBER Palermo", SYNTAX),
    ("15 37 200 km BYRADIUS 1 m", SYNTAX),
    ("15 37 200 km STORE d WITHDIST", STORE),
    ("15 37 200 km STORE d WITHHASH", STORE),
    ("15 37 200 km WITHCOORD STOREDIST d", STORE),
    ("x 37 200 km", NOT_FLOAT),
    ("15 x 200 km", NOT_FLOAT),
    ("' 15' 37 200 km", NOT_FLOAT),
    ("300 37 200 km", OUTSIDE),
    ("15 37 x km", RADIUS),
    ("15 37 nan km", RADIUS),
    ("15 37 1e400 km", RADIUS),
    ("15 37 -1 km", NEGATIVE),
    ("15 37 -1 x", NEGATIVE),
    ("15 37 1 x", UNIT),
]


@pytest.mark.parametrize(("arguments", "reply"), AROUND)
def test_georadius(r: Connection, arguments: str, reply: Any) -> None:
    run(r, SICILY)
    assert run(r, f"GEORADIUS s {arguments}") == reply
    if "STORE" in arguments:
        reply = SYNTAX
    assert run(r, f"GEORADIUS_RO s {arguments}") == reply


AROUND_MEMBER: list[tuple[str, Any]] = [
    ("Catania 200 km", [P, C]),
    ("Catania 100 km", [C]),
    ("Catania 0 km", [C]),
    ("Catania 200 km WITHDIST COUNT 10 DESC", [[P, b"166.2742"], [C, b"0.0000"]]),
    ("nope 200 km", NO_MEMBER),
    ("nope x km", NO_MEMBER),
    ("Catania x km", RADIUS),
    ("Catania -1 km", NEGATIVE),
    ("Catania 1 x", UNIT),
    ("Catania 200 km STORE d WITHDIST", STORE),
    ("nope 200 km STORE d WITHDIST", NO_MEMBER),
    ("Catania 200 km ANY", ANY),
]


@pytest.mark.parametrize(("arguments", "reply"), AROUND_MEMBER)
def test_georadiusbymember(r2: Connection, arguments: str, reply: Any) -> None:
    run(r2, SICILY)
    assert run(r2, f"GEORADIUSBYMEMBER s {arguments}") == reply
    if "STORE" in arguments and reply == STORE:
        reply = SYNTAX
    assert run(r2, f"GEORADIUSBYMEMBER_RO s {arguments}") == reply


NO_KEY: list[tuple[str, Any]] = [
    ("GEORADIUS s 15 37 1 m", []),
    ("GEORADIUS s 15 37 1 m STORE d", 0),
    ("GEORADIUS s 15 37 1 m x", SYNTAX),
    ("GEORADIUS s x 37 1 m", NOT_FLOAT),
    ("GEORADIUS s 300 37 1 m", OUTSIDE),
    ("GEORADIUS s 15 37 x m", RADIUS),
    ("GEORADIUS s 15 37 -1 m", NEGATIVE),
    ("GEORADIUS s 15 37 1 x", UNIT),
    ("GEORADIUS s 15 37 1 m COUNT 0", COUNT),
    ("GEORADIUS s 15 37 1 m ANY", ANY),
    ("GEORADIUS s 15 37 1 m STORE d WITHDIST", STORE),
    ("GEORADIUSBYMEMBER s nope 200 km", []),
    ("GEORADIUSBYMEMBER s nope x km", []),
    ("GEORADIUSBYMEMBER s nope 200 x", []),
    ("GEORADIUSBYMEMBER s nope 200 km STORE d", 0),
    ("GEORADIUSBYMEMBER s nope 200 km COUNT 0", COUNT),
    ("GEORADIUSBYMEMBER s nope 200 km ASC x", SYNTAX),
    ("GEORADIUSBYMEMBER s nope 200 km ANY", ANY),
    ("GEORADIUSBYMEMBER s nope 200 km STORE d WITHDIST", STORE),
    ("GEOSEARCH s FROMMEMBER nope BYRADIUS 200 km", []),
    ("GEOSEARCH s FROMMEMBER nope BYRADIUS 200 x", UNIT),
    ("GEOSEARCH s FROMLONLAT x 3 BYRADIUS 200 m", NOT_FLOAT),
    ("GEOSEARCH s BYPOLYGON 3 10 30 20 30 15 45", []),
    ("GEOSEARCH s FROMLONLAT 15 37 ASC ASC ASC", no_shape("GEOSEARCH")),
    ("GEOSEARCH s BYBOX 15 37 m ASC ASC ASC", no_center("GEOSEARCH")),
    ("GEOSEARCHSTORE d s FROMMEMBER x BYRADIUS 200 km", 0),
]


@pytest.mark.parametrize(("command", "reply"), NO_KEY)
def test_no_key(r2: Connection, command: str, reply: Any) -> None:
    assert run(r2, command) == reply
    assert r2.dirty() == 0 or r2("DBSIZE") == 0


@pytest.mark.parametrize(
    "command",
    [
        "GEORADIUS s 15 37 1 m",
        "GEORADIUS s x 37 1 m",
        "GEORADIUS s 15 37 1 x",
        "GEORADIUS_RO s 15 37 1 m",
        "GEORADIUSBYMEMBER s nope x km",
        "GEORADIUSBYMEMBER_RO s nope x km",
        "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km",
        "GEOSEARCH s foo bar baz 1 2 3",
        "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km",
    ],
)
def test_other_types(r2: Connection, command: str) -> None:
    run(r2, "SET s x")
    assert run(r2, command) == WRONGTYPE


# --- GEOSEARCH -------------------------------------------------------------------------------------------------------

TRIANGLE = "BYPOLYGON 3 10 30 20 30 15 45"
SEARCHING: list[tuple[str, Any]] = [
    ("FROMLONLAT 15 37 BYRADIUS 200 km ASC", [C, P]),
    ("BYRADIUS 200 km FROMLONLAT 15 37", [P, C]),
    ("FROMMEMBER Palermo BYRADIUS 200 km ASC", [P, C]),
    ("FROMMEMBER Palermo BYRADIUS 0 km", [P]),
    ("FROMMEMBER Palermo BYBOX 0 0 km", [P]),
    ("FROMMEMBER Palermo BYBOX inf 100 km", [P]),
    ("FROMMEMBER Palermo BYBOX inf inf km", [P, C]),
    ("fromlonlat 15 37 byradius 200 km withdist count 5 any", [[P, b"190.4424"], [C, b"56.4413"]]),
    ("FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHDIST", [[C, b"56.4413"], [P, b"190.4424"]]),
    ("FROMLONLAT 15 37 BYBOX 400 200 km ASC", [C]),
    ("FROMLONLAT 15 37 BYBOX 200 400 km ASC", [C]),
    ("FROMMEMBER Palermo FROMMEMBER Catania BYRADIUS 1 m", [C]),
    ("FROMLONLAT 1 1 FROMLONLAT 13.361389 38.115556 BYRADIUS 1 m BYRADIUS 100 m", [P]),
    ("FROMLONLAT 15 37 BYBOX 1 1 m BYBOX 400 400 km", [P, C]),
    (f"{TRIANGLE} ASC", [C, P]),
    (f"{TRIANGLE} ASC WITHDIST", [[C, b"271790.7291"], [P, b"369997.5654"]]),
    (f"{TRIANGLE} WITHHASH COUNT 1", [[C, 3479447370796909]]),
    (f"{TRIANGLE} COUNT 1 ANY", [P]),
    (f"BYPOLYGON 4 14 36 14 39 16 39 16 36 {TRIANGLE}", [P, C]),
    ("BYPOLYGON 4 14 36 14 39 16 39 16 36", [C]),
    ("BYPOLYGON 3 14 36 14 36 14 36", []),
    ("BYPOLYGON 2 10 30 20 30 ASC", FEW_CORNERS),
    ("BYPOLYGON 0 10 30 20 30 ASC", FEW_CORNERS),
    ("BYPOLYGON -1 10 30 20 30 ASC", FEW_CORNERS),
    ("BYPOLYGON 3 10 30 20 30 15", FEW_CORNERS),
    ("BYPOLYGON 4 10 30 20 30 15 45 ASC", FEW_CORNERS),
    ("BYPOLYGON 2147483647 10 30 20 30 15 45", FEW_CORNERS),
    ("ASC ASC ASC BYPOLYGON 1 3", FEW_CORNERS),
    ("BYPOLYGON 4 10 30 20 30 15 45 ASC DESC", NOT_FLOAT),
    ("BYPOLYGON 3 10 30 20 30 15 x ASC", NOT_FLOAT),
    ("BYPOLYGON 3 10 30 300 37 15 x ASC", OUTSIDE),
    ("BYPOLYGON 3 10 30 20 30 300 37 ASC", OUTSIDE),
    ("BYPOLYGON x 10 30 20 30 ASC", CORNERS),
    ("BYPOLYGON 3.0 10 30 20 30 15 45", CORNERS),
    ("BYPOLYGON 2147483648 10 30 20 30 15 45", CORNERS),
    ("BYPOLYGON 9223372036854775807 10 30 20 30 15 45", CORNERS),
    ("ASC ASC ASC ASC BYPOLYGON 3", SYNTAX),
    ("ASC ASC ASC ASC ASC BYPOLYGON", SYNTAX),
    (f"FROMMEMBER Palermo {TRIANGLE}", SYNTAX),
    (f"{TRIANGLE} FROMMEMBER nope", SYNTAX),
    (f"{TRIANGLE} FROMLONLAT 15 37", SYNTAX),
    (f"{TRIANGLE} BYRADIUS 10 km", SYNTAX),
    (f"BYRADIUS 10 km {TRIANGLE}", SYNTAX),
    (f"{TRIANGLE} BYBOX 1 1 m", SYNTAX),
    (f"{TRIANGLE} STOREDIST", SYNTAX),
    ("FROMLONLAT 15 37 BYBOX -400 400 km", NEGATIVE_BOX),
    ("FROMLONLAT 15 37 BYBOX 400 -400 km", NEGATIVE_BOX),
    ("FROMLONLAT 15 37 BYBOX 400 -400 x", NEGATIVE_BOX),
    ("FROMLONLAT 15 37 BYBOX x 400 km", Error("ERR need numeric width")),
    ("FROMLONLAT 15 37 BYBOX 400 x km", Error("ERR need numeric height")),
    ("FROMLONLAT 15 37 BYBOX 400 400 x", UNIT),
    ("FROMLONLAT 15 37 BYBOX 400 400", SYNTAX),
    ("FROMLONLAT 15 37 BYRADIUS 200", SYNTAX),
    ("FROMLONLAT 15 37 BYRADIUS 200 x", UNIT),
    ("FROMLONLAT 15 37 BYRADIUS 200 km BYBOX 1 1 km", SYNTAX),
    ("FROMLONLAT 15 37 FROMMEMBER Palermo BYRADIUS 200 km", SYNTAX),
    ("FROMMEMBER Palermo FROMLONLAT 15 37 BYRADIUS 200 km", SYNTAX),
    ("FROMLONLAT 15 37 BYRADIUS 200 km STORE d", SYNTAX),
    ("FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST d", SYNTAX),
    ("FROMLONLAT 15 37 BYRADIUS 200 km COUNT 0", COUNT),
    ("FROMLONLAT 15 37 BYRADIUS 200 km ANY", ANY),
    ("FROMLONLAT 300 37 BYRADIUS 200 km", OUTSIDE),
    ("FROMMEMBER nope BYRADIUS 200 km", NO_MEMBER),
    ("FROMMEMBER nope FROMMEMBER Catania BYRADIUS 1 m", NO_MEMBER),
    ("FROMMEMBER nope BYRADIUS x m", NO_MEMBER),
    ("BYRADIUS x m FROMMEMBER nope", RADIUS),
    ("FROMLONLAT 15 37 ASC WITHDIST", no_shape("GEOSEARCH")),
    ("BYRADIUS 200 km ASC WITHDIST", no_center("GEOSEARCH")),
    ("ASC ASC ASC ASC ASC", no_center("GEOSEARCH")),
    ("ASC ASC ASC ASC ASC FROMMEMBER", SYNTAX),
    ("foo bar baz 1 2 3", SYNTAX),
    ("FROMMEMBER", arity("geosearch")),
]


@pytest.mark.parametrize(("arguments", "reply"), SEARCHING)
def test_geosearch(r: Connection, arguments: str, reply: Any) -> None:
    run(r, SICILY)
    dirty = r.dirty()
    assert run(r, f"GEOSEARCH s {arguments}") == reply
    assert r.dirty() == dirty


def test_errors_name_the_command_as_it_was_typed(r2: Connection) -> None:
    assert run(r2, "GeoSearch s asc asc asc asc asc") == no_center("GeoSearch")
    assert run(r2, "geosearchstore d s fromlonlat 1 2 asc asc asc") == no_shape("geosearchstore")


def test_everything_about_a_place(r: Connection) -> None:
    run(r, SICILY)
    place: list[Any] = [b"13.36138933897018433", b"38.11555639549629859"]
    if r.resp == 3:
        place = [*map(float, place)]
    for command in (
        "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC COUNT 1 WITHCOORD WITHHASH WITHDIST",
        "GEORADIUS s 15 37 200 km WITHCOORD COUNT 1 DESC WITHDIST WITHHASH",
    ):
        assert run(r, command) == [[P, b"190.4424", 3479099956230698, place]]


# --- storing: before, command, reply, changes, the members and scores of d afterwards ---------------------------------

HASHES = [P, b"3479099956230698", C, b"3479447370796909"]
DISTANCES = [C, b"56.4412578701582", P, b"190.44242984775784"]
NEAR = "FROMLONLAT 15 37 BYRADIUS 200 km"
STORING: list[tuple[str, str, Any, int, list[bytes]]] = [
    (SICILY, "GEORADIUS s 15 37 200 km STORE d", 2, 2, HASHES),
    (SICILY, "GEORADIUS s 15 37 200 km STOREDIST d", 2, 2, DISTANCES),
    (SICILY, "GEORADIUS s 15 37 200 km STOREDIST d STORE d", 2, 2, HASHES),
    (SICILY, "GEORADIUS s 15 37 200 km STORE x storedist d", 2, 2, DISTANCES),
    (SICILY, "GEORADIUS s 15 37 200 km STORE d COUNT 1", 1, 1, HASHES[2:]),
    (SICILY, "GEORADIUS s 15 37 200 km COUNT 1 ANY STORE d", 1, 1, HASHES[:2]),
    (SICILY, "GEORADIUSBYMEMBER s Catania 1 m STORE d", 1, 1, HASHES[2:]),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR}", 2, 2, HASHES),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} STOREDIST", 2, 2, DISTANCES),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} STOREDIST ASC COUNT 1", 1, 1, DISTANCES[:2]),
    (SICILY, f"GEOSEARCHSTORE d s {TRIANGLE}", 2, 2, HASHES),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} WITHDIST", SEARCH_STORE, 0, []),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} STORE x", SYNTAX, 0, []),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} COUNT 0", COUNT, 0, []),
    (SICILY, f"GEOSEARCHSTORE d s {NEAR} ANY", ANY, 0, []),
    (SICILY, "GEOSEARCHSTORE d s FROMMEMBER nope BYRADIUS 1 m", NO_MEMBER, 0, []),
    (SICILY, "GEOSEARCHSTORE d s BYRADIUS 1 m WITHDIST FROMLONLAT 1 2", SEARCH_STORE, 0, []),
    (f"{SICILY} ; SET d x", f"GEOSEARCHSTORE d s {NEAR}", 2, 2, HASHES),
    (f"{SICILY} ; ZADD d 1 x", f"GEOSEARCHSTORE d s {NEAR}", 2, 2, HASHES),
    (f"{SICILY} ; ZADD d 1 x ; EXPIRE d 1000", f"GEOSEARCHSTORE d s {NEAR}", 2, 2, HASHES),
    (f"{SICILY} ; SET d x", "GEORADIUS s 15 37 1 m STORE d", 0, 1, []),
    (f"{SICILY} ; SET d x", "GEOSEARCHSTORE d s FROMLONLAT 1 1 BYRADIUS 1 m", 0, 1, []),
    (SICILY, "GEORADIUS s 15 37 1 m STORE d", 0, 0, []),
    ("SET d x", f"GEOSEARCHSTORE d s {NEAR}", 0, 1, []),
    ("SET d x", "GEORADIUSBYMEMBER s nope 1 m STORE d", 0, 1, []),
    (SICILY.replace(" s ", " d "), f"GEOSEARCHSTORE d d {NEAR} STOREDIST", 2, 2, DISTANCES),
    (SICILY.replace(" s ", " d "), "GEOSEARCHSTORE d d FROMLONLAT 1 1 BYRADIUS 1 m", 0, 1, []),
]


@pytest.mark.parametrize(("before", "command", "reply", "changes", "stored"), STORING)
def test_storing(r2: Connection, before: str, command: str, reply: Any, changes: int, stored: list[bytes]) -> None:
    run(r2, before)
    dirty = r2.dirty()
    assert run(r2, command) == reply
    assert r2.dirty() - dirty == changes
    assert r2("TYPE", "d") == Status("zset" if stored else "none")
    assert r2("ZRANGE", "d", 0, -1, "WITHSCORES") == stored
    assert r2("TTL", "d") == (-1 if stored else -2)


def test_the_form_of_what_is_stored(r2: Connection) -> None:
    run(r2, SICILY)
    with r2.config(zset_max_listpack_entries=1):
        assert run(r2, f"GEOSEARCHSTORE d s {NEAR} COUNT 1") == 1
        assert r2("OBJECT", "ENCODING", "d") == b"listpack"
        assert run(r2, f"GEOSEARCHSTORE d s {NEAR}") == 2
        assert r2("OBJECT", "ENCODING", "d") == b"skiplist"
    with r2.config(zset_max_listpack_value=6):
        assert run(r2, f"GEOSEARCHSTORE d s {NEAR} COUNT 1") == 1
        assert r2("OBJECT", "ENCODING", "d") == b"skiplist"


def test_members_that_are_numbers(r2: Connection) -> None:
    assert run(r2, "GEOADD s 15 37 12 15.1 37.1 -7 15.2 37.2 012") == 3
    assert run(r2, f"GEOSEARCH s {NEAR} ASC") == [b"12", b"-7", b"012"]
    assert run(r2, f"GEOSEARCHSTORE d s {NEAR}") == 3
    assert sorted(r2("ZRANGE", "d", 0, -1)) == [b"-7", b"012", b"12"]


@pytest.mark.parametrize("count", [1, 2, 7, 100, 499, 500, 501])
def test_the_nearest_of_many(r2: Connection, count: int) -> None:
    """COUNT keeps the nearest, and in order, however many there are."""
    places = [word for i in range(500) for word in ((i * 7919 % 500) / 100, 0, f"m{i * 7919 % 500:03}")]
    assert r2("GEOADD", "s", *places) == 500
    names = [b"m%03d" % i for i in range(500)]
    search = ("GEOSEARCH", "s", "FROMLONLAT", 0, 0, "BYRADIUS", 1000, "km")
    assert r2(*search, "COUNT", count) == names[:count]
    assert r2(*search, "COUNT", count, "DESC") == names[::-1][:count]
    assert r2(*search, "DESC") == names[::-1]
    assert r2(*search, "ASC") == names
    some = r2(*search, "COUNT", count, "ANY")
    assert len(set(some)) == min(count, 500)
    assert r2(*search, "COUNT", count, "ANY", "ASC") == sorted(some)
    assert r2("FLUSHALL") == OK
