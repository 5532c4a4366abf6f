"""Sorted set commands. See sorted_set.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.sorted_set_value cimport SortedSetCursor, SortedSetRules

cdef enum:
    SCORES_KEPT = 64            # scores of one ZADD that are read once

cdef enum:                      # how a member is replied
    REPLY_MEMBER = 0            # without its score
    REPLY_FLAT = 1              # and its score
    REPLY_PAIR = 2              # with its score in an array of two

# Reads the score that begins at argv[i]. False: it is none, answered.
ctypedef bint (*ScoreReader)(Call *call, int i, double *score) noexcept nogil

cdef struct AddOptions:
    int flags                   # ADD_...
    bint changes                # CH: the reply counts changed members too
    int first                   # where the pairs begin
    int step                    # arguments of a pair: those of the score, and the member
    ScoreReader read

ctypedef AddOptions *AddOptionsPtr

cdef void zadd_command(Call *call) noexcept nogil
cdef void zincrby_command(Call *call) noexcept nogil
cdef void zrem_command(Call *call) noexcept nogil
cdef void zscore_command(Call *call) noexcept nogil
cdef void zmscore_command(Call *call) noexcept nogil
cdef void zcard_command(Call *call) noexcept nogil
cdef void zrank_command(Call *call) noexcept nogil
cdef void zrevrank_command(Call *call) noexcept nogil

cdef bint read_add_options(Call *call, AddOptions *options) noexcept nogil
cdef bint read_score(Call *call, int i, double *score) noexcept nogil
cdef Entry *set_to_add_to(Call *call, const AddOptions *options, bint *answered) noexcept nogil
cdef void answer_rank(Call *call, bint reverse) noexcept nogil

# For all sorted set commands.
cdef void add_pairs(Call *call, const AddOptions *options) noexcept nogil
cdef Entry *new_sorted_set(Call *call, int i, uint64_t h, size_t members, size_t longest) noexcept nogil
cdef void reply_member(Call *call, const SortedSetCursor *cursor, int form) noexcept nogil
cdef void reply_stored_member(Call *call, const Entry *m, int form) noexcept nogil

cdef inline int reply_form(const Call *call, bint with_scores) noexcept nogil:
    """How most commands reply members with their scores: RESP2 has no brackets for a pair."""
    if not with_scores:
        return REPLY_MEMBER
    return REPLY_FLAT if call.client.resp == 2 else REPLY_PAIR

cdef inline SortedSetRules sorted_set_rules(const Call *call) noexcept nogil:
    cdef SortedSetRules rules
    rules.heap = call.keyspace.heap
    rules.key = &call.keyspace.hash_key
    rules.max_entries = call.keyspace.limits.zset_max_listpack_entries
    rules.max_value = call.keyspace.limits.zset_max_listpack_value
    return rules
