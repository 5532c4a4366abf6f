"""Places on the earth as numbers of 52 bits, and shapes to look for them in. The layout is drawn in geohash.pxd.

Places near each other mostly have numbers near each other. So a sorted set with these numbers as scores is an index:
to look in a shape, take a cell about as large as the shape and its eight neighbours, which together cover it; the
places of each cell are a range of scores; and those of them are asked one by one whether they are in the shape.

Which cells are taken, and in which order, is Redis's choice, since it is the order of the answer where none is asked
for. So is each formula: distances are equal to Redis's in their last digit. The earth is a sphere here.
"""

# ruff: noqa: F821
import cython
from cython import address, cast
from cython.cimports.kvik.engine.text import POINT, ZERO, format_integer
from cython.cimports.libc.math import asin, atan2, cos, fabs, llrint, sin, sqrt
from cython.cimports.libc.stdint import uint32_t, uint64_t

# --- places and numbers ----------------------------------------------------------------------------------------------


def spread_bits(v):
    """The low 32 bits, each with a zero above it."""
    v &= HALVES
    v = (v | (v << 16)) & SIXTEENS
    v = (v | (v << 8)) & EIGHTS
    v = (v | (v << 4)) & FOURS
    v = (v | (v << 2)) & TWOS
    return (v | (v << 1)) & ONES


def gather_bits(v):
    """Every second bit, from the lowest on."""
    v &= ONES
    v = (v | (v >> 1)) & TWOS
    v = (v | (v >> 2)) & FOURS
    v = (v | (v >> 4)) & EIGHTS
    v = (v | (v >> 8)) & SIXTEENS
    return cast(uint32_t, (v | (v >> 16)) & HALVES)


def interleave(x, y):
    return (spread_bits(x) << 1) | spread_bits(y)


def cell_of(place, step, latitude_max):
    """The cell of a valid place. (At the very east or north edge it lies one beyond the last.)"""
    cell: GeoCell
    parts: cython.double = cast(uint64_t, 1) << step
    cell.x = cast(uint32_t, (place.longitude + LONGITUDE_MAX) / (2 * LONGITUDE_MAX) * parts)
    cell.y = cast(uint32_t, (place.latitude + latitude_max) / (2 * latitude_max) * parts)
    cell.step = step
    return cell


def cell_box(cell):
    box: GeoBox
    parts: cython.double = cast(uint64_t, 1) << cell.step
    # One beyond is computed in 32 bits, as in Redis: that matters where a score is no place at all.
    box.west = -LONGITUDE_MAX + cell.x / parts * (2 * LONGITUDE_MAX)
    box.south = -LATITUDE_MAX + cell.y / parts * (2 * LATITUDE_MAX)
    box.east = -LONGITUDE_MAX + cast(uint32_t, cell.x + 1) / parts * (2 * LONGITUDE_MAX)
    box.north = -LATITUDE_MAX + cast(uint32_t, cell.y + 1) / parts * (2 * LATITUDE_MAX)
    return box


def geohash_encode(place):
    """The number of a valid place."""
    cell: GeoCell = cell_of(place, GEO_STEPS, LATITUDE_MAX)
    return interleave(cell.x, cell.y)


def geohash_decode(score):
    """The place, the middle of its cell, of a score. Whatever the score, the place is valid."""
    place: GeoPlace
    cell: GeoCell
    box: GeoBox
    bits: uint64_t = cast(uint64_t, score)
    cell.x = gather_bits(bits >> 1)
    cell.y = gather_bits(bits)
    cell.step = GEO_STEPS
    box = cell_box(address(cell))
    place.longitude = (box.west + box.east) / 2
    place.latitude = (box.south + box.north) / 2
    if place.longitude > LONGITUDE_MAX:
        place.longitude = LONGITUDE_MAX
    if place.longitude < -LONGITUDE_MAX:
        place.longitude = -LONGITUDE_MAX
    if place.latitude > LATITUDE_MAX:
        place.latitude = LATITUDE_MAX
    if place.latitude < -LATITUDE_MAX:
        place.latitude = -LATITUDE_MAX
    return place


def geohash_text(place, out):
    """The usual text of a place, GEO_TEXT characters. The world's geohashes reach to the poles: other cells."""
    letters: cython.p_const_char = "0123456789bcdefghjkmnpqrstuvwxyz"
    cell: GeoCell = cell_of(place, GEO_STEPS, 90.0)
    bits: uint64_t = interleave(cell.x, cell.y)
    i: cython.int
    for i in range(GEO_TEXT - 1):
        out[i] = letters[(bits >> (2 * GEO_STEPS - 5 * (i + 1))) & 31]
    out[GEO_TEXT - 1] = letters[0]      # of the last five bits there are only two


# --- distances -------------------------------------------------------------------------------------------------------


def arc(longitude, latitude, cosine, place):
    """The distance of the place from one given in radians, with the cosine of its latitude: the haversine formula."""
    u: cython.double
    v: cython.double = sin((place.longitude * RADIAN - longitude) / 2)
    other: cython.double = place.latitude * RADIAN
    if v == 0.0:
        return EARTH_RADIUS * fabs(other - latitude)
    u = sin((other - latitude) / 2)
    return 2.0 * EARTH_RADIUS * asin(sqrt(u * u + cosine * cos(other) * v * v))


def geo_distance(a, b):
    """In metres."""
    latitude: cython.double = a.latitude * RADIAN
    return arc(a.longitude * RADIAN, latitude, cos(latitude), b)


def geo_format_distance(out, distance):
    """With four decimals. `out` has room for GEO_DISTANCE_MAX. Returns the length."""
    scaled: uint64_t = cast(uint64_t, llrint(distance * 10000))
    part: uint64_t = scaled % 10000
    n: cython.int = format_integer(out, scaled // 10000)
    i: cython.int
    out[n] = POINT
    for i in range(4, 0, -1):
        out[n + i] = cast(cython.char, ZERO + part % 10)
        part //= 10
    return n + 5


# --- shapes ----------------------------------------------------------------------------------------------------------


def geo_polygon_center(vertices, count):
    """The middle of the corners: the direction of their sum as points in space, seen from the middle of the earth."""
    x: cython.double = 0
    y: cython.double = 0
    z: cython.double = 0
    longitude: cython.double
    latitude: cython.double
    center: GeoPlace
    i: cython.size_t
    for i in range(count):
        longitude = vertices[i].longitude * RADIAN
        latitude = vertices[i].latitude * RADIAN
        x += cos(latitude) * cos(longitude)
        y += cos(latitude) * sin(longitude)
        z += sin(latitude)
    center.longitude = atan2(y, x) / RADIAN
    center.latitude = atan2(z, sqrt(x * x + y * y)) / RADIAN
    return center


def geo_shape_prepare(shape):
    """Call it when the shape is complete."""
    if shape.kind == GEO_POLYGON:
        shape.center = geo_polygon_center(shape.vertices, shape.vertex_count)
    shape.longitude = shape.center.longitude * RADIAN
    shape.latitude = shape.center.latitude * RADIAN
    shape.latitude_cosine = cos(shape.latitude)


def from_center(shape, place):
    return arc(shape.longitude, shape.latitude, shape.latitude_cosine, place)


def geo_shape_contains(shape, place, distance):
    """Is the place in the shape? How far from its centre, in metres?"""
    reach: cython.double
    north: cython.double = EARTH_RADIUS * fabs(place.latitude * RADIAN - shape.latitude)
    level: GeoPlace
    if shape.kind == GEO_CIRCLE:
        reach = shape.radius * shape.unit
        if north > reach * 1.000001 + 0.001:    # the cheap part, with more room than any rounding needs
            return False
        distance[0] = from_center(shape, place)
        return not distance[0] > reach
    if shape.kind == GEO_RECTANGLE:
        if north > shape.height * shape.unit / 2:
            return False
        level.longitude = shape.center.longitude
        level.latitude = place.latitude
        if geo_distance(place, address(level)) > shape.width * shape.unit / 2:
            return False
    elif not in_polygon(shape, place):
        return False
    distance[0] = from_center(shape, place)
    return True


def in_polygon(shape, place):
    """Does a line from the place eastwards cross the edges an odd number of times? On a flat map, not a globe."""
    inside: cython.bint = False
    i: cython.size_t
    a: GeoPlacePtr = shape.vertices + shape.vertex_count - 1
    b: GeoPlacePtr
    for i in range(shape.vertex_count):
        b = shape.vertices + i
        if (b.latitude > place.latitude) != (a.latitude > place.latitude) \
                and place.longitude < (a.longitude - b.longitude) * (place.latitude - b.latitude) \
                / (a.latitude - b.latitude) + b.longitude:
            inside = not inside
        a = b
    return inside


# --- where to look ---------------------------------------------------------------------------------------------------


def shape_box(shape):
    """A box around the shape."""
    box: GeoBox
    i: cython.size_t
    v: GeoPlacePtr
    up: cython.double = shape.unit * (shape.radius if shape.kind == GEO_CIRCLE else shape.height / 2)
    aside: cython.double = shape.unit * (shape.radius if shape.kind == GEO_CIRCLE else shape.width / 2)
    if shape.kind == GEO_POLYGON:
        box.west = box.east = shape.vertices[0].longitude
        box.south = box.north = shape.vertices[0].latitude
        for i in range(1, shape.vertex_count):
            v = shape.vertices + i
            box.west = v.longitude if v.longitude < box.west else box.west
            box.east = v.longitude if v.longitude > box.east else box.east
            box.south = v.latitude if v.latitude < box.south else box.south
            box.north = v.latitude if v.latitude > box.north else box.north
        return box
    up = up / EARTH_RADIUS / RADIAN
    # The side nearer to the pole is where a degree of longitude is shortest.
    aside = aside / EARTH_RADIUS / cos(
        RADIAN * (shape.center.latitude - up if shape.center.latitude < 0 else shape.center.latitude + up)) / RADIAN
    box.west = shape.center.longitude - aside
    box.east = shape.center.longitude + aside
    box.south = shape.center.latitude - up
    box.north = shape.center.latitude + up
    return box


def shape_reach(shape, box):
    """How far from its centre the shape reaches, in metres."""
    corner: GeoPlace
    far: cython.double = 0
    distance: cython.double
    i: cython.int
    if shape.kind == GEO_CIRCLE:
        return shape.radius * shape.unit
    if shape.kind == GEO_RECTANGLE:
        return sqrt(shape.width / 2 * (shape.width / 2) + shape.height / 2 * (shape.height / 2)) * shape.unit
    for i in range(4):
        corner.longitude = box.west if i & 1 else box.east
        corner.latitude = box.south if i & 2 else box.north
        distance = from_center(shape, address(corner))
        far = distance if distance > far else far
    return far


def steps_for(reach, latitude):
    """How many steps make cells of which nine cover what reaches so far."""
    steps: cython.int = 1
    if reach == 0:
        return GEO_STEPS
    while reach < EARTH_HALF:
        reach *= 2
        steps += 1
    steps -= 2
    if latitude > 66 or latitude < -66:     # cells are narrow near the poles
        steps -= 1
        if latitude > 80 or latitude < -80:
            steps -= 1
    if steps < 1:
        return 1
    return steps if steps < GEO_STEPS else GEO_STEPS


def cell_beside(cell, east, north):
    """So many cells further, around the world if need be."""
    other: GeoCell = cell[0]
    last: uint32_t = cast(uint32_t, (cast(uint64_t, 1) << cell.step) - 1)
    if east != 0:
        other.x = (cell.x + cast(uint32_t, east)) & last
    if north != 0:
        other.y = (cell.y + cast(uint32_t, north)) & last
    return other


def cell_range(cell):
    bounds: GeoRange
    shift: cython.int = 2 * (GEO_STEPS - cell.step)
    bits: uint64_t = interleave(cell.x, cell.y)
    bounds.min = cast(cython.double, bits << shift)
    bounds.max = cast(cython.double, (bits + 1) << shift)
    return bounds


def neighbours_cover(cell, box):
    """Do the neighbours reach as far as the box on all four sides?"""
    north: GeoCell = cell_beside(cell, 0, 1)
    south: GeoCell = cell_beside(cell, 0, -1)
    east: GeoCell = cell_beside(cell, 1, 0)
    west: GeoCell = cell_beside(cell, -1, 0)
    return not (
        cell_box(address(north)).north < box.north
        or cell_box(address(south)).south > box.south
        or cell_box(address(east)).east < box.east
        or cell_box(address(west)).west > box.west
    )


def geo_shape_ranges(shape, ranges):
    """Where the places of the shape are: up to GEO_CELLS ranges, none twice, in the order to look. Returns how many."""
    box: GeoBox = shape_box(shape)
    off_map: cython.bint = fabs(shape.center.latitude) > LATITUDE_MAX
    cell: GeoCell
    own: GeoBox
    other: GeoCell
    i: cython.int
    east: cython.int
    north: cython.int
    n: cython.int = 0
    steps: cython.int
    # The middle of a polygon may be nearer to a pole than the map reaches, its corners may not. Around the pole, no
    # neighbours cover all longitudes but those of the largest cells.
    steps = 1 if off_map else steps_for(shape_reach(shape, address(box)), shape.center.latitude)
    cell = cell_of(shape.vertices if off_map else address(shape.center), steps, LATITUDE_MAX)
    if steps > 1 and not neighbours_cover(address(cell), address(box)):
        steps -= 1
        cell = cell_of(address(shape.center), steps, LATITUDE_MAX)
    own = cell_box(address(cell))
    for i in range(GEO_CELLS):
        # Itself, then north, south, east, west, north-east, north-west, south-east, south-west.
        east = 0 if i < 3 else 1 if i & 1 else -1
        north = 0 if i == 0 or i == 3 or i == 4 else 1 if i == 1 or i == 5 or i == 6 else -1
        if steps >= 2 and ((north < 0 and own.south < box.south) or (north > 0 and own.north > box.north)
                           or (east < 0 and own.west < box.west) or (east > 0 and own.east > box.east)):
            continue
        other = cell_beside(address(cell), east, north)
        ranges[n] = cell_range(address(other))
        # Where cells are so large that the next to the east is the next to the west, one is enough.
        if n < 2 or ranges[n].min != ranges[n - 1].min:
            n += 1
    return n
