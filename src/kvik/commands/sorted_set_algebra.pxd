"""Unions, intersections and differences of sorted sets. See sorted_set_algebra.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.set_value cimport Member
from kvik.keyspace.sorted_set_builder cimport SortedSetBuilder
from kvik.keyspace.sorted_set_sources cimport Source, SourcePtr, SourceWalk

cdef enum:                      # Algebra.operation
    UNION = 0
    INTERSECTION = 1
    DIFFERENCE = 2
    COUNT = 3                   # an intersection of which only the size is wanted

cdef struct Algebra:            # a command as it was read
    int operation
    bint store                  # in argv[1]
    Source *sources
    int count
    int aggregate
    bint with_scores
    uint64_t limit              # of COUNT; 0: none

ctypedef Algebra *AlgebraPtr

cdef void zunion_command(Call *call) noexcept nogil
cdef void zinter_command(Call *call) noexcept nogil
cdef void zdiff_command(Call *call) noexcept nogil
cdef void zunionstore_command(Call *call) noexcept nogil
cdef void zinterstore_command(Call *call) noexcept nogil
cdef void zdiffstore_command(Call *call) noexcept nogil
cdef void zintercard_command(Call *call) noexcept nogil

cdef void run_algebra(Call *call, int operation, bint store, const char *event) noexcept nogil
cdef bint read_algebra(Call *call, int i, Algebra *algebra) noexcept nogil
cdef bint read_sources(Call *call, int i, Algebra *algebra) noexcept nogil
cdef bint read_algebra_words(Call *call, int i, Algebra *algebra) noexcept nogil
cdef bint read_weights(Call *call, int i, Algebra *algebra) noexcept nogil
cdef bint read_aggregate(Call *call, const Slice *word, Algebra *algebra) noexcept nogil
cdef bint read_limit(Call *call, int i, uint64_t *limit) noexcept nogil
cdef void free_sources(Call *call, Algebra *algebra) noexcept nogil
cdef void smallest_first(Algebra *algebra) noexcept nogil
cdef void unite(const Algebra *algebra, SortedSetBuilder *result) noexcept nogil
cdef void unite_batch(
    const Algebra *algebra, SortedSetBuilder *result, Member *members, const double *scores, int n, bint known
) noexcept nogil
cdef void intersect(const Algebra *algebra, SortedSetBuilder *result) noexcept nogil
cdef void subtract(const Algebra *algebra, SortedSetBuilder *result) noexcept nogil
cdef int keep_common(const Algebra *algebra, Member *members, double *scores, int n) noexcept nogil
cdef void add_all(SortedSetBuilder *result, Member *members, const double *scores, int n) noexcept nogil
cdef uint64_t count_common(const Algebra *algebra) noexcept nogil
cdef void reply_members(Call *call, SortedSetBuilder *result, bint with_scores) noexcept nogil
