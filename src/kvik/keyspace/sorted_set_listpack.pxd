"""Sorted sets in a listpack: member, score, member, score, ... in order. See sorted_set_listpack.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Element, Item, ItemPtr, Listpack
from kvik.engine.text cimport Slice, SlicePtr

cdef enum:                      # LexBound.kind
    LEX_LOWEST = 0              # -
    LEX_INCLUDED = 1            # [text
    LEX_EXCLUDED = 2            # (text
    LEX_HIGHEST = 3             # +

cdef struct ScoreRange:
    double min
    double max
    bint min_excluded
    bint max_excluded

cdef struct LexBound:
    Slice text
    int kind

cdef struct LexRange:           # of a set whose scores are all the same
    LexBound min
    LexBound max

cdef struct RankRange:          # `count` members from rank `first` on
    uint64_t first
    uint64_t count

ctypedef ScoreRange *ScoreRangePtr
ctypedef LexRange *LexRangePtr
ctypedef RankRange *RankRangePtr

cdef char *pairs_find(Listpack lp, const Slice *member) noexcept nogil
cdef double pair_score(char *p) noexcept nogil
cdef double score_of_item(const Item *item) noexcept nogil
cdef Listpack pairs_insert(Heap *heap, Listpack lp, const Slice *member, double score) noexcept nogil
cdef size_t pairs_place(Listpack lp, const Slice *member, double score) noexcept nogil
cdef Listpack pairs_move(Heap *heap, Listpack lp, char *p, const Slice *member, double score) noexcept nogil
cdef Listpack pairs_append(Heap *heap, Listpack lp, const Slice *member, double score) noexcept nogil
cdef Listpack pairs_put(Heap *heap, Listpack lp, size_t at, const Slice *member, double score) noexcept nogil
cdef void element_of_score(Element *element, double score, char *scratch) noexcept nogil
cdef uint64_t pairs_rank(Listpack lp, const char *p) noexcept nogil
cdef RankRange pairs_score_range(Listpack lp, const ScoreRange *within) noexcept nogil
cdef RankRange pairs_lex_range(Listpack lp, const LexRange *within) noexcept nogil
cdef int compare_element(const char *p, const Slice *text) noexcept nogil

cdef inline bint above_min(const ScoreRange *within, double score) noexcept nogil:
    return score > within.min if within.min_excluded else score >= within.min

cdef inline bint below_max(const ScoreRange *within, double score) noexcept nogil:
    return score < within.max if within.max_excluded else score <= within.max

cdef inline bint lex_above(const LexBound *min, int order) noexcept nogil:
    """Is a text inside, which compares with the lower bound's like this?"""
    return min.kind == LEX_LOWEST or (min.kind == LEX_INCLUDED and order >= 0) or (min.kind == LEX_EXCLUDED and order > 0)

cdef inline bint lex_below(const LexBound *max, int order) noexcept nogil:
    return max.kind == LEX_HIGHEST or (max.kind == LEX_INCLUDED and order <= 0) or (max.kind == LEX_EXCLUDED and order < 0)
