"""What the algebra of sorted sets reads: sorted sets, and sets as if all their members had the score 1. See .py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.hashing cimport HashKey
from kvik.keyspace.set_value cimport MEMBERS, Member, MemberPtr, SetWalk
from kvik.keyspace.sorted_set_value cimport SortedSet, SortedSetCursor, SortedSetPtr

cdef enum:                      # Aggregate
    AGGREGATE_SUM = 0
    AGGREGATE_MIN = 1
    AGGREGATE_MAX = 2

cdef struct Source:
    Entry *e                    # NULL: no key, and so no members
    uint64_t count              # members
    double weight               # what scores are multiplied with

ctypedef Source *SourcePtr
ctypedef const Source *ConstSourcePtr

cdef struct SourceWalk:
    const Source *source
    SetWalk members             # of a set
    SortedSetCursor cursor      # of a sorted set
    Entry *ahead[32]            # of a large one: what comes next, on its way into the cache
    int ahead_count

ctypedef SourceWalk *SourceWalkPtr

cdef void source_of(Source *source, Entry *e) noexcept nogil
cdef void source_walk(SourceWalk *walk, const Source *source) noexcept nogil
cdef int source_walk_next(SourceWalk *walk, Member *members, double *scores) noexcept nogil
cdef int source_keep(
    const Source *source, Member *members, double *scores, int count, int aggregate) noexcept nogil
cdef int source_drop(const Source *source, Member *members, double *scores, int count) noexcept nogil
cdef double aggregated(int aggregate, double a, double b) noexcept nogil

cdef bint is_large(const Source *source) noexcept nogil
cdef void fetch_ahead(SourceWalk *walk) noexcept nogil
cdef void source_prefetch(const Source *source, Member *members, int count) noexcept nogil
cdef bint source_score(const Source *source, Member *m, double *score) noexcept nogil
cdef double or_zero(double score) noexcept nogil
