"""GEOADD, GEOPOS, GEOHASH, GEODIST: replies, errors, what counts as a change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.script import run
from tests.support.resp import NULL_ARRAY, SYNTAX, WRONGTYPE, Connection, Error, arity

SICILY = "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"
ODD = "ZADD s 1.5 a -5 b 1e30 c inf d 4503599627370495 e 4503599627370496 f 9007199254740993 g"
NOT_FLOAT = Error("ERR value is not a valid float")
UNIT = Error("ERR unsupported unit provided. please use M, KM, FT, MI")


def pair(longitude: str, latitude: str) -> Error:
    return Error(f"ERR invalid longitude,latitude pair {longitude},{latitude}")


# --- GEOADD: before, command, reply, changes -------------------------------------------------------------------------

ADDING: list[tuple[str, str, Any, int]] = [
    ("", SICILY, 2, 2),
    (SICILY, SICILY, 0, 0),
    (SICILY, "GEOADD s 13.4 38.115556 Palermo", 0, 1),
    (SICILY, "GEOADD s CH 13.4 38.115556 Palermo", 1, 1),
    (SICILY, "GEOADD s CH 13.4 38.115556 Palermo 1 2 c", 2, 2),
    (SICILY, "GEOADD s NX 13.4 38.115556 Palermo", 0, 0),
    (SICILY, "GEOADD s NX 13.4 38.115556 Palermo 1 2 c", 1, 1),
    (SICILY, "GEOADD s XX CH 13.4 38.115556 Palermo 1 2 c", 1, 1),
    (SICILY, "GEOADD s xx ch 13.4 38.115556 Palermo", 1, 1),
    (SICILY, "GEOADD s ch nx 1 2 c", 1, 1),
    (SICILY, "GEOADD s NX CH CH NX 1 2 c", 1, 1),
    (SICILY, "GEOADD s XX 1 2 c", 0, 0),
    (SICILY, "GEOADD s 15 37 x 16 38 x", 1, 2),
    (SICILY, "GEOADD s 1e1 +1 c", 1, 1),
    (SICILY, "GEOADD s 180 85.05112878 c -180 -85.05112878 d", 2, 2),
    (SICILY, "GEOADD s 1 2 ''", 1, 1),
    ("", "GEOADD s XX 1 2 a", 0, 0),
    ("", "GEOADD s NX XX 1 2 a", SYNTAX, 0),
    (SICILY, "GEOADD s XX NX CH 1 2 a", SYNTAX, 0),
    (SICILY, "GEOADD s INCR 1 2 a", SYNTAX, 0),
    (SICILY, "GEOADD s GT 1 2 a", SYNTAX, 0),
    (SICILY, "GEOADD s NX 1 2", SYNTAX, 0),
    (SICILY, "GEOADD s NX CH XX", SYNTAX, 0),
    (SICILY, "GEOADD s NX CH CH", SYNTAX, 0),
    (SICILY, "GEOADD s 1 2 a 3", SYNTAX, 0),
    (SICILY, "GEOADD s 1 2 a 3 4", SYNTAX, 0),
    (SICILY, "GEOADD s NX 2 a 3 4 b", SYNTAX, 0),
    (SICILY, "GEOADD s x 2 a", NOT_FLOAT, 0),
    (SICILY, "GEOADD s 2 x a", NOT_FLOAT, 0),
    (SICILY, "GEOADD s 1 2 a 3 x b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s nan 1 b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s 1 nan b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s '' 1 b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s 15 '37 ' b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s ' 15' 37 b", NOT_FLOAT, 0),
    (SICILY, "GEOADD s inf 1 b", pair("inf", "1.000000"), 0),
    (SICILY, "GEOADD s 1 -inf b", pair("1.000000", "-inf"), 0),
    (SICILY, "GEOADD s 200 2 a", pair("200.000000", "2.000000"), 0),
    (SICILY, "GEOADD s 2 86 a", pair("2.000000", "86.000000"), 0),
    (SICILY, "GEOADD s -1000 -90 a", pair("-1000.000000", "-90.000000"), 0),
    (SICILY, "GEOADD s 2 85.05112879 a", pair("2.000000", "85.051129"), 0),
    (SICILY, "GEOADD s 180 1 a 180.000001 1 b", pair("180.000001", "1.000000"), 0),
    ("", "GEOADD s 180.000001 1 b", pair("180.000001", "1.000000"), 0),
    ("", f"GEOADD s 1e308 1 {'b' * 100}", pair(f"{1e308:f}", "1.000000"), 0),
    ("SET s x", "GEOADD s 1 2 a", WRONGTYPE, 0),
    ("SET s x", "GEOADD s x 2 a", NOT_FLOAT, 0),
    ("SET s x", "GEOADD s NX XX 2 a", SYNTAX, 0),
    ("", "GEOADD s", arity("geoadd"), 0),
    ("", "GEOADD s 1 2", arity("geoadd"), 0),
    ("", "GEOADD s NX CH", arity("geoadd"), 0),
]


@pytest.mark.parametrize(("before", "command", "reply", "changes"), ADDING, ids=lambda text: str(text)[:60])
def test_geoadd(r: Connection, before: str, command: str, reply: Any, changes: int) -> None:
    run(r, before)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() - dirty == changes


def test_geoadd_makes_nothing_when_it_fails(r2: Connection) -> None:
    run(r2, "GEOADD s 1 2 a 200 3 b")
    assert r2("EXISTS", "s") == 0


def test_geoadd_of_many(r2: Connection) -> None:
    """More than are kept between checking and adding; a set that outgrows its small form."""
    places = [(i % 360 - 180, i % 170 - 85, f"member {i}") for i in range(1000)]
    assert r2("GEOADD", "s", *(word for place in places for word in place)) == 1000
    assert r2("OBJECT", "ENCODING", "s") == b"skiplist"
    assert r2("ZCARD", "s") == 1000
    for longitude, latitude, member in places[::97]:
        found = r2("GEOPOS", "s", member)[0]
        assert float(found[0]) == pytest.approx(longitude, abs=1e-5)
        assert float(found[1]) == pytest.approx(latitude, abs=1e-5)


def test_scores(r2: Connection) -> None:
    run(r2, SICILY)
    assert r2("ZRANGE", "s", 0, -1, "WITHSCORES") == [
        b"Palermo", b"3479099956230698", b"Catania", b"3479447370796909",
    ]  # fmt: skip
    assert r2("OBJECT", "ENCODING", "s") == b"listpack"


# --- asking: before, command, reply ----------------------------------------------------------------------------------

ASKING: list[tuple[str, str, Any]] = [
    (SICILY, "GEODIST s Palermo Catania", b"166274.1516"),
    (SICILY, "GEODIST s Catania Palermo", b"166274.1516"),
    (SICILY, "GEODIST s Palermo Catania m", b"166274.1516"),
    (SICILY, "GEODIST s Palermo Catania km", b"166.2742"),
    (SICILY, "GEODIST s Palermo Catania KM", b"166.2742"),
    (SICILY, "GEODIST s Palermo Catania mi", b"103.3182"),
    (SICILY, "GEODIST s Palermo Catania Ft", b"545518.8700"),
    (SICILY, "GEODIST s Palermo Palermo", b"0.0000"),
    (SICILY, "GEODIST s Palermo Catania foo", UNIT),
    (SICILY, "GEODIST s Palermo Catania m x", SYNTAX),
    (SICILY, "GEODIST s Palermo nope", None),
    (SICILY, "GEODIST s nope Palermo", None),
    (SICILY, "GEODIST s nope nope", None),
    (SICILY, "GEODIST s Palermo", arity("geodist")),
    ("", "GEODIST s a b", None),
    ("", "GEODIST s a b foo", UNIT),
    ("", "GEODIST s a b m foo", SYNTAX),
    ("SET s x", "GEODIST s a b", WRONGTYPE),
    ("SET s x", "GEODIST s a b foo", UNIT),
    (ODD, "GEODIST s a b", b"18919844.3072"),
    (ODD, "GEODIST s b c", b"18919844.5891"),
    (SICILY, "GEOHASH s Palermo Catania nope", [b"sqc8b49rny0", b"sqdtr74hyu0", None]),
    (SICILY, "GEOHASH s", []),
    ("", "GEOHASH s a b", [None, None]),
    ("SET s x", "GEOHASH s a", WRONGTYPE),
    ("", "GEOHASH", arity("geohash")),
    (
        ODD,
        "GEOHASH s a b c d e f g",
        [
            b"00bh0hbj210", b"bp05b5048p0", b"00bh0hbj200", b"00bh0hbj200", b"zzpgzgpfxz0", b"bp05b5048p0",
            b"00bh0hbj200",
        ],
    ),
    (SICILY, "GEOPOS s", []),
    ("", "GEOPOS s", []),
    ("SET s x", "GEOPOS s a", WRONGTYPE),
    ("", "GEOPOS", arity("geopos")),
]  # fmt: skip


@pytest.mark.parametrize(("before", "command", "reply"), ASKING)
def test_asking(r: Connection, before: str, command: str, reply: Any) -> None:
    run(r, before)
    dirty = r.dirty()
    assert run(r, command) == reply
    assert r.dirty() == dirty


@pytest.mark.parametrize(
    ("before", "command", "places"),
    [
        ("", "GEOPOS s a b", [None, None]),
        (
            SICILY,
            "GEOPOS s Palermo Catania nope",
            [
                (b"13.36138933897018433", b"38.11555639549629859"),
                (b"15.08726745843887329", b"37.50266842333162032"),
                None,
            ],
        ),
        ("GEOADD s -180 0 a", "GEOPOS s a", [(b"-179.99999731779098511", b"0.00000126736058093")]),
        (
            ODD,
            "GEOPOS s a b c e f g",
            [
                (b"-179.99999731779098511", b"-85.05112497791824921"),
                (b"180", b"85.0511287799999991"),
                (b"-179.99999731779098511", b"-85.05112751263942528"),
                (b"179.99999731779098511", b"85.05112751263942528"),
                (b"-179.99999731779098511", b"85.0511287799999991"),
                (b"180", b"-85.05112751263942528"),
            ],
        ),
    ],
)
def test_geopos(r: Connection, before: str, command: str, places: list[Any]) -> None:
    run(r, before)
    if r.resp == 2:
        assert run(r, command) == [NULL_ARRAY if place is None else list(place) for place in places]
    else:
        assert run(r, command) == [None if place is None else [*map(float, place)] for place in places]


def test_geopos_gives_all_digits_in_both_protocols(r: Connection) -> None:
    run(r, SICILY)
    r.send("GEOPOS", "s", "Palermo")
    r.send("QUIT")
    kinds = b"$20\r\n" if r.resp == 2 else b","
    assert r.read_raw().startswith(b"*1\r\n*2\r\n" + kinds + b"13.36138933897018433\r\n" + kinds)
