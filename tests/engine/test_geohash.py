"""Places and shapes against the same formulas in plain Python: equal to the last digit."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine import geohash_probe as probe
from tests.support import geo
from tests.support.geo import LATITUDE_MAX, Place, Shape

LONGITUDE = st.sampled_from([-180.0, 180.0, 0.0, -0.0]) | st.floats(-180, 180)
LATITUDE = st.sampled_from([-LATITUDE_MAX, LATITUDE_MAX, 0.0]) | st.floats(-LATITUDE_MAX, LATITUDE_MAX)
PLACE = st.tuples(LONGITUDE, LATITUDE)
SIZE = st.sampled_from([0.0, 1.0, math.inf, geo.EARTH_HALF]) | st.floats(0, 3e7) | st.floats(0, 5000)
MORE = settings(max_examples=500, deadline=None)


@st.composite
def near(draw: st.DrawFn, middle: Place) -> Place:
    """A place not too far from another."""
    span = draw(st.sampled_from([0.0001, 0.01, 1.0, 30.0]))
    longitude = middle[0] + draw(st.floats(-span, span))
    latitude = middle[1] + draw(st.floats(-span, span))
    return min(180.0, max(-180.0, longitude)), min(LATITUDE_MAX, max(-LATITUDE_MAX, latitude))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    center = draw(PLACE)
    match draw(st.integers(0, 2)):
        case 0:
            return Shape(center, radius=draw(SIZE))
        case 1:
            return Shape(center, size=(draw(SIZE), draw(SIZE)))
        case _:
            return Shape(vertices=draw(st.lists(near(center), min_size=3, max_size=8)))


# --- places ----------------------------------------------------------------------------------------------------------


@MORE
@given(PLACE)
def test_encoding(place: Place) -> None:
    assert probe.is_valid(place)
    assert probe.encode(place) == geo.encode(place)
    assert probe.text(place) == geo.text(place)


@MORE
@given(PLACE)
@example((179.99999999999997, 2.0))
def test_there_and_back(place: Place) -> None:
    """Half a cell away at most, and the same cell again. What lies on the edge of the map, or nearer to it than doubles can
    tell, is in no cell, but near."""
    longitude, latitude = probe.decode(probe.encode(place))
    cells = 0.500001 if place[0] < 180.0 - 1e-9 and place[1] < LATITUDE_MAX - 1e-9 else 2
    assert abs(longitude - place[0]) <= cells * 360.0 / (1 << 26)
    assert abs(latitude - place[1]) <= cells * 2 * LATITUDE_MAX / (1 << 26)
    if cells < 1:
        assert probe.encode((longitude, latitude)) == probe.encode(place)


@MORE
@given(st.integers(0, (1 << 54) - 1))
def test_decoding(score: int) -> None:
    score = int(float(score))
    assert probe.decode(float(score)) == geo.decode(score)
    assert probe.is_valid(probe.decode(float(score)))


@MORE
@given(st.floats(allow_nan=False))
def test_any_score_is_a_place(score: float) -> None:
    assert probe.is_valid(probe.decode(score))


@pytest.mark.parametrize(
    ("place", "valid"),
    [
        ((180.0, LATITUDE_MAX), True),
        ((-180.0, -LATITUDE_MAX), True),
        ((180.00001, 0.0), False),
        ((0.0, 85.05112879), False),
        ((0.0, -85.05112879), False),
        ((math.inf, 0.0), False),
        ((math.nan, 0.0), False),
        ((0.0, math.nan), False),
    ],
)
def test_is_valid(place: Place, valid: bool) -> None:
    assert probe.is_valid(place) == valid


# --- distances -------------------------------------------------------------------------------------------------------


@MORE
@given(PLACE, st.data())
def test_distance(place: Place, data: st.DataObject) -> None:
    other = data.draw(PLACE | near(place))
    assert probe.distance(place, other) == geo.distance(place, other)


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0.0, "0.0000"),
        (1.0, "1.0000"),
        (0.00004, "0.0000"),
        (0.00005, "0.0000"),
        (0.00006, "0.0001"),
        (0.9999, "0.9999"),
        (0.99995, "1.0000"),
        (166274.15156960033, "166274.1516"),
        (20020741.55, "20020741.5500"),
    ],
)
def test_format_distance(metres: float, text: str) -> None:
    assert probe.format_distance(metres) == text


@MORE
@given(st.floats(0, 1e8))
def test_format_distance_rounds_once(metres: float) -> None:
    scaled = round(metres * 10000)
    assert probe.format_distance(metres) == f"{scaled // 10000}.{scaled % 10000:04}"


# --- shapes ----------------------------------------------------------------------------------------------------------


@MORE
@given(shapes(), st.data())
def test_contains(shape: Shape, data: st.DataObject) -> None:
    place = data.draw(PLACE | near(geo.center_of(shape)) | st.sampled_from([shape.center, *shape.vertices]))
    assert probe.contains(shape, place) == geo.contains(shape, place)


@MORE
@given(PLACE, st.data())
def test_on_the_rim(center: Place, data: st.DataObject) -> None:
    """A circle that reaches exactly to a place has it; the next smaller one does not."""
    place = data.draw(near(center))
    metres = geo.distance(center, place)
    assert probe.contains(Shape(center, radius=metres), place) == metres
    if metres > 0:
        assert probe.contains(Shape(center, radius=math.nextafter(metres, 0)), place) is None


@MORE
@given(PLACE, st.data())
def test_polygon_center(middle: Place, data: st.DataObject) -> None:
    vertices = data.draw(st.lists(near(middle), min_size=3, max_size=8))
    assert probe.polygon_center(vertices) == geo.polygon_center(vertices)


@MORE
@given(shapes())
def test_ranges(shape: Shape) -> None:
    found = probe.ranges(shape)
    assert found == [(int(float(low)), int(float(high))) for low, high in geo.ranges(shape)]
    assert 1 <= len(found) <= 9
    assert len(set(found)) == len(found)


@MORE
@given(st.tuples(st.floats(-150, 150), st.floats(-60, 60)), st.data())
def test_ranges_cover_the_shape(center: Place, data: st.DataObject) -> None:
    """Away from the poles and the date line, where nothing is cut off."""
    reach = data.draw(st.floats(0, 300_000))
    shape = data.draw(st.sampled_from([Shape(center, radius=reach), Shape(center, size=(reach, reach))]))
    place = data.draw(near(center))
    if geo.contains(shape, place) is not None:
        score = probe.encode(place)
        assert any(low <= score < high for low, high in probe.ranges(shape))
