"""Ranges of sorted sets. See sorted_set_range.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.sorted_set_listpack cimport LexBound, LexRange, RankRange, ScoreRange

cdef enum:                      # RangeOptions.by
    RANGE_ANY = 0               # what the options say; ranks if nothing
    RANGE_RANK = 1
    RANGE_SCORE = 2
    RANGE_LEX = 3

cdef enum:                      # RangeOptions.order
    ORDER_ANY = 0               # what the options say
    ORDER_UP = 1
    ORDER_DOWN = 2

cdef struct RangeOptions:
    int by
    int order
    bint with_scores
    int64_t offset              # of LIMIT
    int64_t limit               # below 0: no limit
    int64_t start               # ranks, from the end when negative
    int64_t stop
    ScoreRange scores
    LexRange texts

ctypedef RangeOptions *RangeOptionsPtr

cdef void zrange_command(Call *call) noexcept nogil
cdef void zrevrange_command(Call *call) noexcept nogil
cdef void zrangebyscore_command(Call *call) noexcept nogil
cdef void zrevrangebyscore_command(Call *call) noexcept nogil
cdef void zrangebylex_command(Call *call) noexcept nogil
cdef void zrevrangebylex_command(Call *call) noexcept nogil
cdef void zcount_command(Call *call) noexcept nogil
cdef void zlexcount_command(Call *call) noexcept nogil
cdef void zremrangebyrank_command(Call *call) noexcept nogil
cdef void zremrangebyscore_command(Call *call) noexcept nogil
cdef void zremrangebylex_command(Call *call) noexcept nogil

cdef bint read_range(Call *call, int i, int by, int order, bint storing, RangeOptions *options) noexcept nogil
cdef bint read_range_words(Call *call, int i, bint storing, RangeOptions *options) noexcept nogil
cdef bint read_bounds(Call *call, int i, RangeOptions *options) noexcept nogil
cdef bint read_score_bounds(Call *call, int min, int max, ScoreRange *within) noexcept nogil
cdef bint read_score_bound(const Slice *s, double *score, bint *excluded) noexcept nogil
cdef bint read_lex_bounds(Call *call, int min, int max, LexRange *within) noexcept nogil
cdef bint read_lex_bound(const Slice *s, LexBound *bound) noexcept nogil
cdef RankRange find_range(const Entry *e, const RangeOptions *options) noexcept nogil
cdef RankRange ranks_of(uint64_t members, const RangeOptions *options) noexcept nogil
cdef void answer_range(Call *call, int by, int order) noexcept nogil
cdef void reply_range(Call *call, const Entry *e, RankRange found, bint back, bint with_scores) noexcept nogil
cdef void answer_count(Call *call, int by) noexcept nogil
cdef void remove_range(Call *call, int by, const char *event) noexcept nogil
