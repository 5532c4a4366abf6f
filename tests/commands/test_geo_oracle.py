"""Places and searches on Kvik and on the real server, by the thousand: the same members, order, digits and scores."""

from __future__ import annotations

import random

import pytest

from tests.support import geo
from tests.support.both import Both, same
from tests.support.geo import LATITUDE_MAX, Place, Shape
from tests.support.resp import Argument
from tests.support.servers import ServerProcess, fresh

Commands = list[tuple[Argument, ...]]
SPANS = (0.01, 1.0, 10.0, 90.0)


def near(rng: random.Random, middle: Place, span: float) -> Place:
    longitude, latitude = middle[0] + rng.uniform(-span, span), middle[1] + rng.uniform(-span, span)
    return min(180.0, max(-180.0, longitude)), min(LATITUDE_MAX, max(-LATITUDE_MAX, latitude))


def anywhere(rng: random.Random) -> Place:
    return rng.choice(
        [
            (rng.uniform(-180, 180), rng.uniform(-85, 85)),
            (rng.choice([-180.0, 0.0, 180.0, 179.9, -179.9]), rng.uniform(-85, 85)),
            (rng.uniform(-180, 180), rng.choice([-LATITUDE_MAX, 0.0, LATITUDE_MAX, 80.0, -66.0, 66.1])),
        ]
    )


def extras(rng: random.Random) -> list[Argument]:
    words: list[Argument] = [word for word in ("WITHDIST", "WITHCOORD", "WITHHASH") if rng.randrange(3) == 0]
    words += rng.choice([[], [], ["ASC"], ["DESC"]])
    match rng.randrange(4):
        case 0:
            words += ["COUNT", rng.randrange(1, 30)]
        case 1:
            words += ["COUNT", rng.randrange(1, 30), "ANY"]
    return words


def search(rng: random.Random, middle: Place, span: float, places: list[Place]) -> tuple[Argument, ...]:
    """Some GEOSEARCH near there; polygons often have corners right on a place."""
    size = rng.uniform(0, span) * 111_000 * rng.choice([1, 0.1, 0.3])
    around: list[Argument] = ["FROMLONLAT", *map(repr, near(rng, middle, span / 2))]
    if rng.randrange(2):
        around = ["FROMMEMBER", f"m{rng.randrange(len(places))}"]
    match rng.randrange(3):
        case 0:
            unit = rng.choice([("m", 1), ("km", 1000), ("mi", 1609.34), ("ft", 0.3048)])
            shape = [*around, "BYRADIUS", repr(size / unit[1]), unit[0]]
        case 1:
            shape = [*around, "BYBOX", repr(size), repr(size * rng.uniform(0.1, 10)), "m"]
        case _:
            reach = span * rng.choice([1, 0.1, 0.5])
            start = near(rng, middle, span / 2)
            corners = [
                geo.decode(geo.encode(rng.choice(places))) if rng.randrange(3) == 0 else near(rng, start, reach)
                for _ in range(rng.randrange(3, 8))
            ]
            # Beyond the last latitude the real server looks nowhere, if the middle of the corners is there.
            if abs(geo.polygon_center(corners)[1]) > LATITUDE_MAX:
                return ("GEOSEARCH", "g", *around, "BYRADIUS", 10, "km")
            shape = ["BYPOLYGON", len(corners), *(repr(each) for corner in corners for each in corner)]
    return ("GEOSEARCH", "g", *shape, *extras(rng))


@pytest.mark.parametrize("seed", range(6))
def test_searches(both: Both, seed: int) -> None:
    rng = random.Random(seed)
    found = 0
    for span in SPANS:
        middle = anywhere(rng)
        # Each in a cell of its own: among equals the real server's sort, not being stable, puts any first.
        cells = {geo.encode(place): place for place in (near(rng, middle, span) for _ in range(rng.choice([50, 600])))}
        places = list(cells.values())
        commands: Commands = [("DEL", "g")]
        commands += [("GEOADD", "g", *map(repr, place), f"m{i}") for i, place in enumerate(places)]
        commands += [search(rng, middle, span, places) for _ in range(150)]
        replies = same(both, commands)
        found += sum(len(reply) for reply in replies if isinstance(reply, list))
    assert found > 2000


def test_digits(both: Both) -> None:
    """Scores, places, geohashes and distances of thousands of places."""
    rng = random.Random(21)
    commands: Commands = []
    for i in range(2000):
        commands.append(("GEOADD", "g", *map(repr, anywhere(rng)), f"m{i}"))
    commands.append(("ZRANGE", "g", 0, -1, "WITHSCORES"))
    members = [f"m{i}" for i in range(2000)]
    commands += [("GEOPOS", "g", *members), ("GEOHASH", "g", *members)]
    commands += [
        ("GEODIST", "g", *rng.choices(members, k=2), rng.choice(["m", "km", "mi", "ft"])) for _ in range(5000)
    ]
    same(both, commands)


def test_stored_results(both: Both) -> None:
    rng = random.Random(22)
    places = [near(rng, (10.0, 45.0), 5.0) for _ in range(300)]
    commands: Commands = [("GEOADD", "g", *map(repr, place), f"m{i}") for i, place in enumerate(places)]
    for i in range(150):
        words = [word for word in search(rng, (10.0, 45.0), 5.0, places)[2:] if not str(word).startswith("WITH")]
        commands.append(("GEOSEARCHSTORE", f"d{i % 3}", "g", *words, *rng.choice([[], ["STOREDIST"]])))
        commands.append(("ZRANGE", f"d{i % 3}", 0, -1, "WITHSCORES"))
        commands.append(("OBJECT", "ENCODING", f"d{i % 3}"))
    same(both, commands)


OFF_THE_MAP: list[list[Place]] = [
    [(139.7, 85.0), (87.4, 82.5), (52.9, 85.0)],
    [(-0.1, 85.0), (-179.9, 51.4), (-179.8, 0.03), (15.1, 84.9), (0.0, 38.2), (13.3, 38.1)],
    [(0.0, 85.05112878), (120.0, 84.0), (-120.0, 85.05112878)],
    [(36.0, -71.7), (173.1, 16.1), (51.4, -47.1), (-40.6, -41.2), (156.9, -47.6), (-111.5, -75.4), (-40.7, -54.6)],
]


@pytest.mark.parametrize("corners", OFF_THE_MAP)
def test_the_middle_of_a_polygon_may_lie_off_the_map(kvik: ServerProcess, corners: list[Place]) -> None:
    """The corners are on the map, but their middle is nearer to the pole. (The real server finds less there.)"""
    shape = Shape(vertices=corners)
    assert abs(geo.polygon_center(corners)[1]) > LATITUDE_MAX
    with fresh(kvik, 2) as r:
        rng = random.Random(23)
        places = [(rng.uniform(-180, 180), rng.uniform(-85, 85)) for _ in range(2000)]
        places += [near(rng, corners[0], 5.0) for _ in range(300)]
        for i, place in enumerate(places):
            r("GEOADD", "g", *map(repr, place), f"m{i}")
        found = r("GEOSEARCH", "g", "BYPOLYGON", len(corners), *(repr(each) for corner in corners for each in corner))
        stored = [geo.decode(geo.encode(place)) for place in places]
        inside = {b"m%d" % i for i, place in enumerate(stored) if geo.contains(shape, place) is not None}
        assert set(found) == inside
        assert len(inside) > 3
