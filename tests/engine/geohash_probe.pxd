"""Places and shapes for tests. See geohash_probe.py."""

from kvik.engine.geohash cimport GeoPlace, GeoShape

cdef GeoPlace place_of(object place)
cdef void fill_shape(GeoShape *shape, object given) except *
