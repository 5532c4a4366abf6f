"""Sorted sets, whatever their form. See sorted_set_value.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, entry_pointer
from kvik.engine.hashing cimport HashKey
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item, ItemPtr, Listpack, listpack_item, listpack_next
from kvik.engine.member cimport member_score
from kvik.engine.ordered_set cimport (
    OrderedSet, OrderedSetPtr, Path, Place, Target, place_member, place_next, place_previous,
)
from kvik.engine.entry cimport entry_key, entry_key_length
from kvik.engine.table cimport Table, TablePtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.sorted_set_listpack cimport LexBound, LexRange, RankRange, ScoreRange, pair_score

cdef enum:                      # how sorted_set_add is to go about it
    ADD_IF_NEW = 1              # NX
    ADD_IF_THERE = 2            # XX
    ADD_IF_GREATER = 4          # GT: an existing member only changes to a higher score
    ADD_IF_LESS = 8             # LT
    ADD_INCREMENT = 16          # the score is added to that of the member

cdef enum:                      # what came of it
    ADDED_NOTHING = 0           # a condition was not met
    ADDED_MEMBER = 1
    ADDED_SCORE = 2             # the member has a new score
    ADDED_SAME = 3              # it had that score already
    ADDED_NAN = 4               # the sum is no number
    ADDED_FAILED = 5            # memory is short

cdef enum:
    WALK_LEAD = 8               # members that are fetched ahead

cdef struct SortedSet:          # the large form
    Table members               # by their bytes
    OrderedSet order            # by score

ctypedef SortedSet *SortedSetPtr

cdef struct SortedSetRules:     # what a sorted set is made with
    Heap *heap
    const HashKey *key
    int64_t max_entries         # of a listpack
    int64_t max_value           # bytes of a member in one

ctypedef SortedSetRules *SortedSetRulesPtr

cdef struct SortedSetCursor:    # a place in a sorted set, good until that changes
    Listpack lp
    char *p                     # small form: the member's element
    Place place                 # large form
    bint small
    bint ended

ctypedef SortedSetCursor *SortedSetCursorPtr

# Life.
cdef void *sorted_set_new(const SortedSetRules *rules, size_t members, size_t longest, int *encoding) noexcept nogil
cdef SortedSet *sorted_set_new_large(Heap *heap, const HashKey *key) noexcept nogil
cdef void sorted_set_free(Heap *heap, void *value, int encoding, bint remote) noexcept nogil
cdef void sorted_set_free_large(Heap *heap, SortedSet *s, bint remote) noexcept nogil
cdef size_t sorted_set_effort(const Entry *e) noexcept nogil
cdef void *sorted_set_copy(Heap *heap, const Entry *e) noexcept nogil
cdef size_t sorted_set_bytes(const Entry *e) noexcept nogil

# Looking.
cdef uint64_t sorted_set_count(const Entry *e) noexcept nogil
cdef bint sorted_set_score(const Entry *e, const Slice *member, double *score) noexcept nogil
cdef bint sorted_set_rank(const Entry *e, const Slice *member, uint64_t *rank, double *score) noexcept nogil
cdef RankRange sorted_set_score_range(const Entry *e, const ScoreRange *within) noexcept nogil
cdef RankRange sorted_set_lex_range(const Entry *e, const LexRange *within) noexcept nogil
cdef void sorted_set_seek(const Entry *e, uint64_t rank, SortedSetCursor *cursor) noexcept nogil
cdef void sorted_set_seek_end(const Entry *e, bint last, SortedSetCursor *cursor) noexcept nogil
cdef Entry *member_ahead(const Place *place, int steps) noexcept nogil
cdef void sorted_set_fetch_end(const Entry *e, bint last) noexcept nogil
cdef void cursor_prefetch(const SortedSetCursor *cursor, bint back) noexcept nogil
cdef Slice cursor_text(const SortedSetCursor *cursor, char *scratch) noexcept nogil

# Changing.
cdef int sorted_set_add(
    const SortedSetRules *rules, Entry *e, const Slice *member, double score, int flags, double *result) noexcept nogil
cdef bint sorted_set_remove(Heap *heap, Entry *e, const Slice *member) noexcept nogil
cdef void sorted_set_remove_range(Heap *heap, Entry *e, RankRange gone) noexcept nogil
cdef bint sorted_set_prepare(const SortedSetRules *rules, Entry *e, size_t members, size_t longest) noexcept nogil
cdef bint sorted_set_enlarge(const SortedSetRules *rules, Entry *e) noexcept nogil

cdef int new_score(int flags, double old, double *score) noexcept nogil
cdef int small_add(
    const SortedSetRules *rules, Entry *e, const Slice *member, double score, int flags, double *result) noexcept nogil
cdef int large_add(
    SortedSet *s, const Slice *member, double score, int flags, double *result) noexcept nogil
cdef Entry *large_find(const SortedSet *s, const char *p, size_t n, uint64_t h) noexcept nogil
cdef Entry *large_new_member(SortedSet *s, const char *p, size_t n, uint64_t h, double score) noexcept nogil
cdef void large_drop_member(SortedSet *s, Entry *m) noexcept nogil
cdef void large_taken(void *context, EntryPtr *members, int count) noexcept nogil
cdef RankRange ranks_between(uint64_t first, uint64_t end) noexcept nogil
cdef SortedSet *large_copy(Heap *heap, const SortedSet *s) noexcept nogil
cdef uint64_t lex_rank(const OrderedSet *order, const LexBound *bound, bint upper) noexcept nogil

cdef inline bint sorted_set_is_small(const SortedSetRules *rules, size_t members, size_t longest) noexcept nogil:
    """Are so many members, the longest of so many bytes, to be kept in a listpack?"""
    return <int64_t>members <= rules.max_entries and <int64_t>longest <= rules.max_value

cdef inline SortedSet *entry_sorted_set(const Entry *e) noexcept nogil:
    return <SortedSet *>entry_pointer(e)

cdef inline Listpack entry_pairs(const Entry *e) noexcept nogil:
    return <Listpack>entry_pointer(e)

cdef inline Item cursor_member(const SortedSetCursor *cursor) noexcept nogil:
    """The member; its bytes are those in the set."""
    cdef Item item
    cdef Entry *m
    if cursor.small:
        return listpack_item(cursor.p)
    m = place_member(&cursor.place)
    item.p = entry_key(m)
    item.n = entry_key_length(m)
    item.integer = 0
    return item

cdef inline double cursor_score(const SortedSetCursor *cursor) noexcept nogil:
    if cursor.small:
        return pair_score(cursor.p)
    return member_score(place_member(&cursor.place))

cdef void cursor_next_pair(SortedSetCursor *cursor) noexcept nogil
cdef void cursor_previous_pair(SortedSetCursor *cursor) noexcept nogil

cdef inline void cursor_next(SortedSetCursor *cursor) noexcept nogil:
    """To the next member; `ended` behind the last."""
    if cursor.small:
        cursor_next_pair(cursor)
    else:
        place_next(&cursor.place)
        cursor.ended = cursor.place.leaf == NULL

cdef inline void cursor_previous(SortedSetCursor *cursor) noexcept nogil:
    if cursor.small:
        cursor_previous_pair(cursor)
    else:
        place_previous(&cursor.place)
        cursor.ended = cursor.place.leaf == NULL
