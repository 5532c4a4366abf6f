"""Places and shapes in plain Python, formula by formula: what engine/geohash.py is held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

RADIAN = math.pi / 180
EARTH_RADIUS = 6372797.560856
EARTH_HALF = 20037726.37
LATITUDE_MAX = 85.05112878
STEPS = 26
LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"
DIRECTIONS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""East and north: the order in which cells are searched."""

Place = tuple[float, float]
"""Longitude and latitude."""
Box = tuple[float, float, float, float]
"""West, south, east, north."""


@dataclass(frozen=True)
class Shape:
    """A circle, a rectangle or a polygon; sizes in metres."""

    center: Place = (0.0, 0.0)
    radius: float | None = None
    size: Place | None = None
    vertices: Sequence[Place] = ()


def cell_of(place: Place, step: int, latitude_max: float = LATITUDE_MAX) -> tuple[int, int]:
    parts = 1 << step
    return (
        int((place[0] + 180.0) / 360.0 * parts),
        int((place[1] + latitude_max) / (2 * latitude_max) * parts),
    )


def interleave(x: int, y: int) -> int:
    return sum((y >> i & 1) << 2 * i | (x >> i & 1) << 2 * i + 1 for i in range(32))


def apart(bits: int) -> tuple[int, int]:
    return (
        sum((bits >> 2 * i + 1 & 1) << i for i in range(32)),
        sum((bits >> 2 * i & 1) << i for i in range(32)),
    )


def encode(place: Place) -> int:
    return interleave(*cell_of(place, STEPS))


def cell_box(x: int, y: int, step: int) -> Box:
    parts = 1 << step

    def edge(lowest: float, cell: int, span: float) -> float:
        return lowest + (cell & 0xFFFFFFFF) / parts * span

    return (
        edge(-180.0, x, 360.0),
        edge(-LATITUDE_MAX, y, 2 * LATITUDE_MAX),
        edge(-180.0, x + 1, 360.0),
        edge(-LATITUDE_MAX, y + 1, 2 * LATITUDE_MAX),
    )


def decode(bits: int) -> Place:
    west, south, east, north = cell_box(*apart(bits), STEPS)
    return (
        min(180.0, max(-180.0, (west + east) / 2)),
        min(LATITUDE_MAX, max(-LATITUDE_MAX, (south + north) / 2)),
    )


def text(place: Place) -> str:
    bits = interleave(*cell_of(place, STEPS, 90.0))
    return "".join(LETTERS[bits >> 52 - 5 * i & 31] for i in range(1, 11)) + "0"


def distance(a: Place, b: Place) -> float:
    v = math.sin((b[0] * RADIAN - a[0] * RADIAN) / 2)
    first, second = a[1] * RADIAN, b[1] * RADIAN
    if v == 0.0:
        return EARTH_RADIUS * abs(second - first)
    u = math.sin((second - first) / 2)
    return 2.0 * EARTH_RADIUS * math.asin(math.sqrt(u * u + math.cos(first) * math.cos(second) * v * v))


def polygon_center(vertices: Sequence[Place]) -> Place:
    x = y = z = 0.0
    for longitude, latitude in vertices:
        x += math.cos(latitude * RADIAN) * math.cos(longitude * RADIAN)
        y += math.cos(latitude * RADIAN) * math.sin(longitude * RADIAN)
        z += math.sin(latitude * RADIAN)
    return math.atan2(y, x) / RADIAN, math.atan2(z, math.sqrt(x * x + y * y)) / RADIAN


def center_of(shape: Shape) -> Place:
    return polygon_center(shape.vertices) if shape.vertices else shape.center


def in_polygon(place: Place, vertices: Sequence[Place]) -> bool:
    inside = False
    for (ax, ay), (bx, by) in zip([vertices[-1], *vertices[:-1]], vertices, strict=True):
        if (by > place[1]) != (ay > place[1]) and place[0] < (ax - bx) * (place[1] - by) / (ay - by) + bx:
            inside = not inside
    return inside


def contains(shape: Shape, place: Place) -> float | None:
    """The distance from the centre, if the place is in the shape."""
    center = center_of(shape)
    if shape.radius is not None:
        inside = distance(center, place) <= shape.radius
    elif shape.size is not None:
        up = EARTH_RADIUS * abs(place[1] * RADIAN - center[1] * RADIAN)
        inside = up <= shape.size[1] / 2 and distance(place, (center[0], place[1])) <= shape.size[0] / 2
    else:
        inside = in_polygon(place, shape.vertices)
    return distance(center, place) if inside else None


def box_of(shape: Shape) -> Box:
    if shape.vertices:
        longitudes, latitudes = zip(*shape.vertices, strict=True)
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)
    longitude, latitude = shape.center
    aside, up = (shape.radius, shape.radius) if shape.radius is not None else (shape.size[0] / 2, shape.size[1] / 2)
    up = up / EARTH_RADIUS / RADIAN
    edge = latitude - up if latitude < 0 else latitude + up
    cosine = math.cos(edge * RADIAN) if math.isfinite(edge) else math.nan
    aside = aside / EARTH_RADIUS / cosine / RADIAN
    return longitude - aside, latitude - up, longitude + aside, latitude + up


def reach_of(shape: Shape) -> float:
    if shape.radius is not None:
        return shape.radius
    if shape.size is not None:
        return math.sqrt((shape.size[0] / 2) ** 2 + (shape.size[1] / 2) ** 2)
    west, south, east, north = box_of(shape)
    return max(distance(center_of(shape), (x, y)) for x in (west, east) for y in (south, north))


def steps_for(reach: float, latitude: float) -> int:
    if reach == 0:
        return STEPS
    steps = 1
    while reach < EARTH_HALF:
        reach *= 2
        steps += 1
    steps -= 2 + (abs(latitude) > 66) + (abs(latitude) > 80)
    return min(STEPS, max(1, steps))


def beside(cell: tuple[int, int], step: int, east: int, north: int) -> tuple[int, int]:
    last = (1 << step) - 1
    return (cell[0] + east & last if east else cell[0], cell[1] + north & last if north else cell[1])


def ranges(shape: Shape) -> list[tuple[int, int]]:
    """The ranges of scores to look in."""
    middle = center_of(shape)
    west, south, east, north = box_of(shape)
    step = steps_for(reach_of(shape), middle[1])
    if abs(middle[1]) > LATITUDE_MAX:
        middle, step = shape.vertices[0], 1
    cell = cell_of(middle, step)
    if step > 1 and (
        cell_box(*beside(cell, step, 0, 1), step)[3] < north
        or cell_box(*beside(cell, step, 0, -1), step)[1] > south
        or cell_box(*beside(cell, step, 1, 0), step)[2] < east
        or cell_box(*beside(cell, step, -1, 0), step)[0] > west
    ):
        step -= 1
        cell = cell_of(middle, step)
    own = cell_box(*cell, step)
    unneeded = {(-1, 0): own[0] < west, (1, 0): own[2] > east, (0, -1): own[1] < south, (0, 1): own[3] > north}
    found: list[int] = []
    for x, y in DIRECTIONS:
        if step >= 2 and ((x and unneeded[x, 0]) or (y and unneeded[0, y])):
            continue
        bits = interleave(*beside(cell, step, x, y))
        if len(found) < 2 or found[-1] != bits:
            found.append(bits)
    shift = 2 * (STEPS - step)
    return [(bits << shift, bits + 1 << shift) for bits in found]
