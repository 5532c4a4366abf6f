"""Searches for places. See geo_search.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.sorted_set cimport sorted_set_rules
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.geohash cimport GeoPlace, GeoPlacePtr, GeoRange, GeoShape
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.sorted_set_value cimport SortedSetCursor, SortedSetRules

cdef enum:                      # what commands differ in
    GEO_RADIUS = 1              # GEORADIUS: a place and a radius stand first
    GEO_MEMBER = 2              # GEORADIUSBYMEMBER: a member and a radius stand first
    GEO_SEARCH = 4              # GEOSEARCH: all are options
    GEO_MAY_STORE = 8           # with the options STORE and STOREDIST
    GEO_STORES = 16             # GEOSEARCHSTORE

cdef enum:                      # what a search has been given
    HAS_PLACE = 1
    HAS_MEMBER = 2
    HAS_RADIUS = 4
    HAS_BOX = 8
    HAS_POLYGON = 16
    HAS_ANY = 32

cdef enum:
    ORDER_NONE = 0
    ORDER_NEAREST = 1
    ORDER_FARTHEST = 2

cdef enum:                      # what is replied beside the member
    WITH_DISTANCE = 1
    WITH_HASH = 2
    WITH_PLACE = 4

cdef struct GeoQuery:
    int kind                    # GEO_...
    int has                     # HAS_...
    int order
    int extras                  # WITH_...
    int64_t count               # 0: all
    int store                   # argv[store] is where the result goes; 0: it is replied
    bint store_distance         # with the distances as scores
    GeoShape shape

ctypedef GeoQuery *GeoQueryPtr

cdef struct GeoMatch:
    double distance
    double score
    uint64_t turn               # when it was found: among equals that comes first
    Item member

ctypedef GeoMatch *GeoMatchPtr

cdef struct GeoMatches:         # what was found; a heap with the worst one on top when only some may stay
    GeoMatch *items
    size_t count
    size_t capacity
    uint64_t found
    int64_t limit               # 0: none
    int order
    bint failed                 # no memory

ctypedef GeoMatches *GeoMatchesPtr

cdef void georadius_command(Call *call) noexcept nogil
cdef void georadius_ro_command(Call *call) noexcept nogil
cdef void georadiusbymember_command(Call *call) noexcept nogil
cdef void georadiusbymember_ro_command(Call *call) noexcept nogil
cdef void geosearch_command(Call *call) noexcept nogil
cdef void geosearchstore_command(Call *call) noexcept nogil

cdef void run_query(Call *call, int kind, int source) noexcept nogil
cdef bint read_query(Call *call, const Entry *e, GeoQuery *query) noexcept nogil
cdef bint read_options(Call *call, const Entry *e, GeoQuery *query, int i) noexcept nogil
cdef int read_extra(const Slice *a) noexcept nogil
cdef bint read_count(Call *call, int i, GeoQuery *query) noexcept nogil
cdef int read_store(Call *call, int i, GeoQuery *query) noexcept nogil
cdef int read_search_option(Call *call, const Entry *e, GeoQuery *query, int i) noexcept nogil
cdef bint check_query(Call *call, const GeoQuery *query) noexcept nogil
cdef bint read_size(Call *call, int i, double *size, const char *complaint) noexcept nogil
cdef bint read_circle(Call *call, int i, GeoShape *shape) noexcept nogil
cdef bint read_rectangle(Call *call, int i, GeoShape *shape) noexcept nogil
cdef bint read_polygon(Call *call, int *i, GeoShape *shape) noexcept nogil
cdef bint read_member(Call *call, const Entry *e, int i, GeoPlace *place) noexcept nogil
cdef void drop_vertices(Call *call, GeoShape *shape) noexcept nogil
cdef void find_matches(const Entry *e, const GeoQuery *query, GeoMatches *matches, Heap *heap) noexcept nogil
cdef void reply_matches(Call *call, const GeoQuery *query, const GeoMatches *matches) noexcept nogil
cdef void answer_nothing(Call *call, const GeoQuery *query) noexcept nogil
cdef void store_matches(Call *call, const GeoQuery *query, const GeoMatches *matches) noexcept nogil
cdef Entry *matches_set(Call *call, const GeoQuery *query, const GeoMatches *matches) noexcept nogil
cdef Slice match_text(const GeoMatch *match, char *scratch) noexcept nogil
cdef bint matches_add(GeoMatches *matches, Heap *heap, GeoMatch *match) noexcept nogil
cdef void matches_sort(GeoMatches *matches, int order) noexcept nogil
cdef void matches_heapify(GeoMatches *matches) noexcept nogil
cdef void sift_down(GeoMatches *matches, size_t at, size_t count) noexcept nogil
cdef bint is_behind(const GeoMatches *matches, const GeoMatch *a, const GeoMatch *b) noexcept nogil
