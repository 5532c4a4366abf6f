"""Places on the earth as numbers of 52 bits, and shapes to look for them in. See geohash.py.

    bit    51      50      49      48           1       0
           | lon 25 | lat 25 | lon 24 | lat 24 | ... | lon 0 | lat 0 |

Longitude and latitude are cut into 2 ** 26 parts each; what is here called a *cell* of `step` bits is the area whose
places begin with the same 2 * step bits.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

cdef extern from *:
    """
    #define KV_HALVES 0x00000000FFFFFFFFULL
    #define KV_SIXTEENS 0x0000FFFF0000FFFFULL
    #define KV_EIGHTS 0x00FF00FF00FF00FFULL
    #define KV_FOURS 0x0F0F0F0F0F0F0F0FULL
    #define KV_TWOS 0x3333333333333333ULL
    #define KV_ONES 0x5555555555555555ULL
    #define KV_EARTH_RADIUS 6372797.560856      /* metres */
    #define KV_EARTH_HALF 20037726.37           /* metres: half of a Mercator map */
    #define KV_LONGITUDE_MAX 180.0
    #define KV_LATITUDE_MAX 85.05112878         /* where a Mercator map is a square */
    #define KV_RADIAN (3.14159265358979323846 / 180.0)
    """
    const uint64_t HALVES "KV_HALVES"
    const uint64_t SIXTEENS "KV_SIXTEENS"
    const uint64_t EIGHTS "KV_EIGHTS"
    const uint64_t FOURS "KV_FOURS"
    const uint64_t TWOS "KV_TWOS"
    const uint64_t ONES "KV_ONES"
    const double EARTH_RADIUS "KV_EARTH_RADIUS"
    const double EARTH_HALF "KV_EARTH_HALF"
    const double LONGITUDE_MAX "KV_LONGITUDE_MAX"
    const double LATITUDE_MAX "KV_LATITUDE_MAX"
    const double RADIAN "KV_RADIAN"

cdef enum:
    GEO_STEPS = 26
    GEO_TEXT = 11               # characters of a geohash in its usual form
    GEO_CELLS = 9               # a cell and its neighbours
    GEO_DISTANCE_MAX = 32       # room for a distance as text

cdef enum:                      # shapes
    GEO_CIRCLE = 0
    GEO_RECTANGLE = 1
    GEO_POLYGON = 2

cdef struct GeoPlace:
    double longitude
    double latitude

cdef struct GeoBox:
    double west
    double south
    double east
    double north

cdef struct GeoCell:
    uint32_t x                  # east of the date line
    uint32_t y                  # north of the lowest latitude
    int step

cdef struct GeoRange:           # places whose score is at least min and below max
    double min
    double max

cdef struct GeoShape:
    int kind
    double unit                 # metres in what the sizes are given in
    GeoPlace center             # of a polygon: see geo_polygon_center
    double radius               # of a circle
    double width                # of a rectangle
    double height
    GeoPlace *vertices          # of a polygon
    size_t vertex_count
    # Worked out by geo_shape_prepare:
    double longitude            # the centre in radians
    double latitude
    double latitude_cosine

ctypedef GeoPlace *GeoPlacePtr
ctypedef GeoBox *GeoBoxPtr
ctypedef GeoCell *GeoCellPtr
ctypedef GeoRange *GeoRangePtr
ctypedef GeoShape *GeoShapePtr

cdef uint64_t geohash_encode(const GeoPlace *place) noexcept nogil
cdef GeoPlace geohash_decode(double score) noexcept nogil
cdef void geohash_text(const GeoPlace *place, char *out) noexcept nogil
cdef double geo_distance(const GeoPlace *a, const GeoPlace *b) noexcept nogil
cdef int geo_format_distance(char *out, double distance) noexcept nogil
cdef GeoPlace geo_polygon_center(const GeoPlace *vertices, size_t count) noexcept nogil
cdef void geo_shape_prepare(GeoShape *shape) noexcept nogil
cdef int geo_shape_ranges(const GeoShape *shape, GeoRange *ranges) noexcept nogil
cdef bint geo_shape_contains(const GeoShape *shape, const GeoPlace *place, double *distance) noexcept nogil

cdef uint64_t interleave(uint32_t x, uint32_t y) noexcept nogil
cdef uint64_t spread_bits(uint64_t v) noexcept nogil
cdef uint32_t gather_bits(uint64_t v) noexcept nogil
cdef GeoCell cell_of(const GeoPlace *place, int step, double latitude_max) noexcept nogil
cdef GeoBox cell_box(const GeoCell *cell) noexcept nogil
cdef GeoCell cell_beside(const GeoCell *cell, int east, int north) noexcept nogil
cdef GeoRange cell_range(const GeoCell *cell) noexcept nogil
cdef double arc(double longitude, double latitude, double cosine, const GeoPlace *place) noexcept nogil
cdef double from_center(const GeoShape *shape, const GeoPlace *place) noexcept nogil
cdef GeoBox shape_box(const GeoShape *shape) noexcept nogil
cdef double shape_reach(const GeoShape *shape, const GeoBox *box) noexcept nogil
cdef int steps_for(double reach, double latitude) noexcept nogil
cdef bint neighbours_cover(const GeoCell *cell, const GeoBox *box) noexcept nogil
cdef bint in_polygon(const GeoShape *shape, const GeoPlace *place) noexcept nogil

cdef inline bint geo_place_is_valid(const GeoPlace *place) noexcept nogil:
    return -LONGITUDE_MAX <= place.longitude <= LONGITUDE_MAX and -LATITUDE_MAX <= place.latitude <= LATITUDE_MAX
