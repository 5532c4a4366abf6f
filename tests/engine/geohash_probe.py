"""Places and shapes for tests: pairs of longitude and latitude, and tests.support.geo.Shape."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.geohash import (
    GEO_CELLS,
    GEO_CIRCLE,
    GEO_DISTANCE_MAX,
    GEO_POLYGON,
    GEO_RECTANGLE,
    GEO_TEXT,
    GeoPlacePtr,
    GeoRange,
    geo_distance,
    geo_format_distance,
    geo_place_is_valid,
    geo_polygon_center,
    geo_shape_contains,
    geo_shape_prepare,
    geo_shape_ranges,
    geohash_decode,
    geohash_encode,
    geohash_text,
)
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memset


def place_of(place):
    p: GeoPlace
    p.longitude = place[0]
    p.latitude = place[1]
    return p


def is_valid(place: tuple) -> bool:
    p: GeoPlace = place_of(place)
    return bool(geo_place_is_valid(address(p)))


def encode(place: tuple) -> int:
    p: GeoPlace = place_of(place)
    return geohash_encode(address(p))


def decode(score: cython.double) -> tuple:
    p: GeoPlace = geohash_decode(score)
    return p.longitude, p.latitude


def text(place: tuple) -> str:
    p: GeoPlace = place_of(place)
    out: cython.char[GEO_TEXT]
    geohash_text(address(p), out)
    return out[:GEO_TEXT].decode()


def distance(a: tuple, b: tuple) -> float:
    p: GeoPlace = place_of(a)
    q: GeoPlace = place_of(b)
    return geo_distance(address(p), address(q))


def format_distance(metres: cython.double) -> str:
    out: cython.char[GEO_DISTANCE_MAX]
    n: cython.int = geo_format_distance(out, metres)
    return out[:n].decode()


def fill_shape(shape, given):
    """The shape as the engine has it; its vertices are the caller's to free."""
    i: cython.int
    memset(shape, 0, sizeof(GeoShape))
    shape.unit = 1
    shape.center = place_of(given.center)
    if given.radius is not None:
        shape.kind = GEO_CIRCLE
        shape.radius = given.radius
    elif given.size is not None:
        shape.kind = GEO_RECTANGLE
        shape.width = given.size[0]
        shape.height = given.size[1]
    else:
        shape.kind = GEO_POLYGON
        shape.vertex_count = len(given.vertices)
        shape.vertices = cast(GeoPlacePtr, malloc(shape.vertex_count * sizeof(GeoPlace)))
        if shape.vertices == NULL:
            raise MemoryError
        for i in range(len(given.vertices)):
            shape.vertices[i] = place_of(given.vertices[i])
    geo_shape_prepare(shape)


def polygon_center(vertices: list) -> tuple:
    from tests.support.geo import Shape

    shape: GeoShape
    fill_shape(address(shape), Shape(vertices=vertices))
    p: GeoPlace = geo_polygon_center(shape.vertices, shape.vertex_count)
    free(shape.vertices)
    return p.longitude, p.latitude


def contains(given: object, place: tuple) -> object:
    """The distance from the centre; None: it is outside."""
    shape: GeoShape
    metres: cython.double = 0
    p: GeoPlace = place_of(place)
    fill_shape(address(shape), given)
    inside: cython.bint = geo_shape_contains(address(shape), address(p), address(metres))
    free(shape.vertices)
    return metres if inside else None


def ranges(given: object) -> list:
    shape: GeoShape
    found: GeoRange[GEO_CELLS]
    fill_shape(address(shape), given)
    n: cython.int = geo_shape_ranges(address(shape), found)
    free(shape.vertices)
    return [(int(found[i].min), int(found[i].max)) for i in range(n)]
