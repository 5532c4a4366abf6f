"""ZSCAN and ZRANDMEMBER. See sorted_set_walk.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.scan cimport Found, ScanOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.sampling cimport Draw, Seen
from kvik.keyspace.call cimport Call
from kvik.keyspace.sorted_set_value cimport SortedSet, SortedSetCursor

cdef extern from *:
    """
    #define KV_SCORE_DIGITS 100000000000000000LL
    """
    const int64_t SCORE_DIGITS "KV_SCORE_DIGITS"     # 10**17

cdef enum:
    DRAWN_TOGETHER = 32         # random members that are fetched side by side

cdef void zscan_command(Call *call) noexcept nogil
cdef void zrandmember_command(Call *call) noexcept nogil

cdef void scan_small(Call *call, const Entry *e, const ScanOptions *options) noexcept nogil
cdef bint cursor_matches(const SortedSetCursor *cursor, const ScanOptions *options) noexcept nogil
cdef void reply_found(Call *call, const Found *found, bint bare) noexcept nogil
cdef void reply_score_text(Call *call, double score) noexcept nogil
cdef void random_member(Call *call, const Entry *e) noexcept nogil
cdef void random_again(Call *call, const Entry *e, uint64_t count, int form) noexcept nogil
cdef void random_again_large(Call *call, SortedSet *s, uint64_t count, int form) noexcept nogil
cdef void random_again_small(Call *call, const Entry *e, uint64_t count, int form) noexcept nogil
cdef void random_distinct(Call *call, const Entry *e, uint64_t count, int form) noexcept nogil
cdef void random_few(Call *call, SortedSet *s, uint64_t count, int form) noexcept nogil
cdef void random_header(Call *call, uint64_t count, int form) noexcept nogil
