"""Commands about places in sorted sets. See geo.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.commands.sorted_set cimport AddOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.geohash cimport GeoPlace
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client

cdef void geoadd_command(Call *call) noexcept nogil
cdef void geodist_command(Call *call) noexcept nogil
cdef void geohash_command(Call *call) noexcept nogil
cdef void geopos_command(Call *call) noexcept nogil

cdef bint read_place_score(Call *call, int i, double *score) noexcept nogil
cdef void reply_coordinate(Client *c, double value) noexcept nogil

# For all commands about places.
cdef bint read_place(Call *call, int i, GeoPlace *place) noexcept nogil
cdef bint read_unit(Call *call, int i, double *unit) noexcept nogil
cdef bint member_place(const Entry *e, const Slice *member, GeoPlace *place) noexcept nogil
cdef void reply_place(Client *c, const GeoPlace *place) noexcept nogil
cdef void reply_distance(Client *c, double distance) noexcept nogil
