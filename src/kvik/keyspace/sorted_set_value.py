"""Sorted sets, whatever their form: made, searched, walked, changed, converted, freed. Nothing of clients or replies.

Small sets are a listpack (`sorted_set_listpack.py`). Large ones, which OBJECT ENCODING calls `skiplist`, are a table of
members and an order of the same members:

    table    bytes ──▶ member ◀── leaf ◀── inner nodes    (engine/ordered_set.py)
                       score

A member is one block with its score, shared by both, so that finding it by name gives the score, and by the score its
place. A set grows out of its listpack when it gets more than `max_entries` members or one longer than `max_value`
bytes, and does not go back.

The functions take the key's entry, whose word points to the value; what changes the form changes the word and the
encoding. When memory is short, nothing has changed.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import (
    ENCODING_LISTPACK,
    ENCODING_SKIPLIST,
    TYPE_SORTED_SET,
    entry_encoding,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_free, heap_release
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_LIMIT,
    listpack_at,
    listpack_bytes,
    listpack_copy,
    listpack_count,
    listpack_delete,
    listpack_first,
    listpack_free,
    listpack_last,
    listpack_new,
    listpack_previous,
    listpack_text,
)
from cython.cimports.kvik.engine.member import member_bytes, member_free, member_new, member_set_score
from cython.cimports.kvik.engine.ordered_set import (
    LeafPtr,
    leaf_member,
    ordered_set_at,
    ordered_set_bytes,
    ordered_set_descend,
    ordered_set_first,
    ordered_set_free,
    ordered_set_init,
    ordered_set_insert_at,
    ordered_set_last,
    ordered_set_load,
    ordered_set_move,
    ordered_set_rank,
    ordered_set_rank_of,
    ordered_set_remove,
    ordered_set_take,
    target_bytes,
    target_member,
    target_score,
)
from cython.cimports.kvik.engine.table import (
    table_bytes,
    table_find,
    table_init,
    table_insert,
    table_prefetch_bucket,
    table_release,
    table_remove,
)
from cython.cimports.kvik.keyspace.sorted_set_listpack import (
    LEX_EXCLUDED,
    LEX_HIGHEST,
    LEX_INCLUDED,
    LEX_LOWEST,
    pairs_find,
    pairs_insert,
    pairs_lex_range,
    pairs_move,
    pairs_rank,
    pairs_score_range,
)
from cython.cimports.libc.math import isnan
from cython.cimports.libc.stdint import uint64_t, uintptr_t

# --- life ------------------------------------------------------------------------------------------------------------


def sorted_set_new(rules, members, longest, encoding):
    """An empty value, for so many members as far as is known, the longest of so many bytes. NULL: no memory."""
    if sorted_set_is_small(rules, members, longest):
        encoding[0] = ENCODING_LISTPACK
        return listpack_new(rules.heap)
    encoding[0] = ENCODING_SKIPLIST
    return sorted_set_new_large(rules.heap, rules.key)


def sorted_set_new_large(heap, key):
    s: SortedSetPtr = cast(SortedSetPtr, heap_alloc(heap, sizeof(SortedSet)))
    if s == NULL:
        return NULL
    ordered_set_init(address(s.order), heap)
    if table_init(address(s.members), heap, key):
        return s
    heap_free(heap, s, sizeof(SortedSet))
    return NULL


def sorted_set_free(heap, value, encoding, remote):
    """`remote`: on a thread that does not own the heap."""
    if encoding == ENCODING_LISTPACK:
        heap_release(heap, value, listpack_bytes(cast(Listpack, value)), remote)
    else:
        sorted_set_free_large(heap, cast(SortedSetPtr, value), remote)


def sorted_set_free_large(heap, s, remote):
    """Free a set of the large form with all members that its order holds."""
    leaf: LeafPtr = s.order.first
    i: cython.int
    while leaf != NULL:
        for i in range(cast(cython.int, leaf.count)):
            prefetch(leaf_member(leaf, i))
        for i in range(cast(cython.int, leaf.count)):
            member_free(heap, leaf_member(leaf, i), remote)
        leaf = leaf.next
    ordered_set_free(address(s.order), remote)
    table_release(address(s.members), remote)
    heap_release(heap, s, sizeof(SortedSet), remote)


def sorted_set_effort(e):
    """How many blocks freeing it takes, roughly."""
    return 1 if entry_encoding(e) == ENCODING_LISTPACK else entry_sorted_set(e).order.count


def sorted_set_copy(heap, e):
    """A copy of the value, in the same form. NULL when memory is short."""
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_copy(heap, entry_pairs(e))
    return large_copy(heap, entry_sorted_set(e))


def large_copy(heap, s):
    place: Place = ordered_set_first(address(s.order))
    rows: cython.pointer(EntryPtr)
    size: cython.size_t = (s.order.count + 1) * sizeof(EntryPtr)
    count: cython.size_t = 0
    m: EntryPtr
    fresh: SortedSetPtr = sorted_set_new_large(heap, s.members.key)
    if fresh == NULL:
        return NULL
    rows = cast(cython.pointer(EntryPtr), heap_alloc(heap, size))
    while rows != NULL and place.leaf != NULL:
        m = place_member(address(place))
        rows[count] = large_new_member(
            fresh, entry_key(m), entry_key_length(m), hash_bytes(s.members.key, entry_key(m), entry_key_length(m)),
            member_score(m))
        if rows[count] == NULL:
            break
        count += 1
        place_next(address(place))
    if rows != NULL and count == s.order.count and ordered_set_load(address(fresh.order), rows, count):
        heap_free(heap, rows, size)
        return fresh
    while count > 0:
        count -= 1
        member_free(heap, rows[count], False)
    if rows != NULL:
        heap_free(heap, rows, size)
    sorted_set_free_large(heap, fresh, False)
    return NULL


def sorted_set_bytes(e):
    """What the value takes; of a large one the first leaf's members stand for all."""
    s: SortedSetPtr
    leaf: LeafPtr
    sample: cython.size_t = 0
    i: cython.int
    if entry_encoding(e) == ENCODING_LISTPACK:
        return heap_block_bytes(entry_pairs(e), listpack_bytes(entry_pairs(e)))
    s = entry_sorted_set(e)
    leaf = s.order.first
    for i in range(cast(cython.int, leaf.count)):
        sample += heap_block_bytes(leaf_member(leaf, i), member_bytes(leaf_member(leaf, i)))
    return heap_block_bytes(s, sizeof(SortedSet)) + table_bytes(address(s.members)) \
        + ordered_set_bytes(address(s.order)) + s.order.count * sample // leaf.count


# --- members of the large form ---------------------------------------------------------------------------------------


def large_find(s, p, n, h):
    """The member p[:n], whose hash is h, or NULL."""
    slot: cython.pointer(EntryPtr) = table_find(cast(TablePtr, address(s.members)), p, n, h)
    return NULL if slot == NULL else slot[0]


def large_new_member(s, p, n, h, score):
    """A member that is not there yet, in the table and not in the order. NULL when memory is short."""
    m: EntryPtr = member_new(s.members.heap, p, n, True)
    if m == NULL:
        return NULL
    member_set_score(m, score)
    if table_insert(address(s.members), m, h):
        return m
    member_free(s.members.heap, m, False)
    return NULL


def large_drop_member(s, m):
    """Free a member that has left the order."""
    table_remove(
        address(s.members), entry_key(m), entry_key_length(m),
        hash_bytes(s.members.key, entry_key(m), entry_key_length(m)))
    member_free(s.members.heap, m, False)


def large_taken(context, members, count):
    """What `ordered_set_take` took out of the set `context`."""
    s: SortedSetPtr = cast(SortedSetPtr, context)
    i: cython.int
    for i in range(count):
        table_prefetch_bucket(
            address(s.members), hash_bytes(s.members.key, entry_key(members[i]), entry_key_length(members[i])))
    for i in range(count):
        large_drop_member(s, members[i])


# --- looking ---------------------------------------------------------------------------------------------------------


def sorted_set_count(e):
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_count(entry_pairs(e)) // 2
    return entry_sorted_set(e).order.count


def sorted_set_score(e, member, score):
    """The score of a member. False: it is not there. O(1) in the large form."""
    p: cython.p_char
    s: SortedSetPtr
    m: EntryPtr
    if entry_encoding(e) == ENCODING_LISTPACK:
        p = pairs_find(entry_pairs(e), member)
        if p == NULL:
            return False
        score[0] = pair_score(p)
        return True
    s = entry_sorted_set(e)
    m = large_find(s, member.p, member.n, hash_bytes(s.members.key, member.p, member.n))
    if m == NULL:
        return False
    score[0] = member_score(m)
    return True


def sorted_set_rank(e, member, rank, score):
    """Rank and score of a member. False: it is not there. O(log n) in the large form."""
    p: cython.p_char
    s: SortedSetPtr
    m: EntryPtr
    if entry_encoding(e) == ENCODING_LISTPACK:
        p = pairs_find(entry_pairs(e), member)
        if p == NULL:
            return False
        rank[0] = pairs_rank(entry_pairs(e), p)
        score[0] = pair_score(p)
        return True
    s = entry_sorted_set(e)
    m = large_find(s, member.p, member.n, hash_bytes(s.members.key, member.p, member.n))
    if m == NULL:
        return False
    rank[0] = ordered_set_rank_of(address(s.order), m)
    score[0] = member_score(m)
    return True


def ranks_between(first, end):
    found: RankRange
    found.first = first
    found.count = end - first if end > first else 0
    return found


def sorted_set_score_range(e, within):
    """The members whose score is in the range. O(log n) in the large form."""
    order: OrderedSetPtr
    low: Target
    high: Target
    if entry_encoding(e) == ENCODING_LISTPACK:
        return pairs_score_range(entry_pairs(e), within)
    order = address(entry_sorted_set(e).order)
    target_score(address(low), within.min, within.min_excluded)
    target_score(address(high), within.max, not within.max_excluded)
    return ranks_between(ordered_set_rank(order, address(low)), ordered_set_rank(order, address(high)))


def lex_rank(order, bound, upper):
    """How many members are before the bound (those that equal it among them, if it is the upper one and included)."""
    t: Target
    if bound.kind == LEX_LOWEST:
        return 0
    if bound.kind == LEX_HIGHEST:
        return order.count
    target_bytes(address(t), bound.text.p, bound.text.n, bound.kind == (LEX_INCLUDED if upper else LEX_EXCLUDED))
    return ordered_set_rank(order, address(t))


def sorted_set_lex_range(e, within):
    """The members between two texts, where all scores are the same. O(log n) in the large form."""
    order: OrderedSetPtr
    if entry_encoding(e) == ENCODING_LISTPACK:
        return pairs_lex_range(entry_pairs(e), within)
    order = address(entry_sorted_set(e).order)
    return ranks_between(lex_rank(order, address(within.min), False), lex_rank(order, address(within.max), True))


# --- walking ---------------------------------------------------------------------------------------------------------


def sorted_set_seek(e, rank, cursor):
    """Place the cursor at a rank; `ended` if there is none. O(log n) in the large form, then O(1) a step."""
    cursor.small = entry_encoding(e) == ENCODING_LISTPACK
    if cursor.small:
        cursor.lp = entry_pairs(e)
        cursor.p = listpack_at(cursor.lp, cast(int64_t, 2 * rank))
        cursor.ended = cursor.p == NULL
    else:
        cursor.place = ordered_set_at(address(entry_sorted_set(e).order), rank)
        cursor.ended = cursor.place.leaf == NULL


def sorted_set_seek_end(e, last, cursor):
    """Place the cursor at the first or last member (a set has one at least). O(1)."""
    cursor.small = entry_encoding(e) == ENCODING_LISTPACK
    cursor.ended = False
    if cursor.small:
        cursor.lp = entry_pairs(e)
        if last:
            cursor.p = listpack_previous(cursor.lp, listpack_last(cursor.lp))
        else:
            cursor.p = listpack_first(cursor.lp)
    elif last:
        cursor.place = ordered_set_last(address(entry_sorted_set(e).order))
    else:
        cursor.place = ordered_set_first(address(entry_sorted_set(e).order))


def cursor_next_pair(cursor):
    cursor.p = listpack_next(listpack_next(cursor.p))
    cursor.ended = cursor.p == NULL


def cursor_previous_pair(cursor):
    cursor.p = listpack_previous(cursor.lp, cursor.p)
    if cursor.p != NULL:
        cursor.p = listpack_previous(cursor.lp, cursor.p)
    cursor.ended = cursor.p == NULL


def member_ahead(place, steps):
    """The member some steps from the place (backwards below 0), if that is no further than the next leaf, or NULL."""
    leaf: LeafPtr = place.leaf
    i: cython.int = place.index + steps
    if i < 0:
        leaf = leaf.previous
        if leaf != NULL:
            i += cast(cython.int, leaf.count)
    elif i >= cast(cython.int, leaf.count):
        i -= cast(cython.int, leaf.count)
        leaf = leaf.next
    if leaf == NULL or i < 0 or i >= cast(cython.int, leaf.count):
        return NULL
    return leaf_member(leaf, i)


def cursor_prefetch(cursor, back):
    """Fetch a member some steps ahead, for walks that read many."""
    m: EntryPtr
    if cursor.small:
        return
    m = member_ahead(address(cursor.place), -WALK_LEAD if back else WALK_LEAD)
    if m != NULL:
        prefetch(m)


def sorted_set_fetch_end(e, last):
    """A member is about to be taken from an end: fetch what it takes to take those that will be next."""
    s: SortedSetPtr
    m: EntryPtr
    place: Place
    if entry_encoding(e) == ENCODING_LISTPACK:
        return
    s = entry_sorted_set(e)
    place = ordered_set_last(address(s.order)) if last else ordered_set_first(address(s.order))
    m = member_ahead(address(place), -WALK_LEAD if last else WALK_LEAD)
    if m != NULL:
        prefetch(m)
    m = member_ahead(address(place), -WALK_LEAD // 2 if last else WALK_LEAD // 2)
    if m != NULL:
        table_prefetch_bucket(address(s.members), hash_bytes(s.members.key, entry_key(m), entry_key_length(m)))


def cursor_text(cursor, scratch):
    """The member's bytes; an integer of a listpack is written to `scratch` (INTEGER_MAX bytes)."""
    text: Slice
    m: EntryPtr
    if cursor.small:
        return listpack_text(cursor.p, scratch)
    m = place_member(address(cursor.place))
    text.p = entry_key(m)
    text.n = entry_key_length(m)
    return text


# --- adding ----------------------------------------------------------------------------------------------------------


def new_score(flags, old, score):
    """What becomes of a member that is there and has the score `old`; `score` is its new one then."""
    if flags & ADD_IF_NEW:
        return ADDED_NOTHING
    if flags & ADD_INCREMENT:
        score[0] += old
        if isnan(score[0]):
            return ADDED_NAN
    if (flags & ADD_IF_LESS and score[0] >= old) or (flags & ADD_IF_GREATER and score[0] <= old):
        return ADDED_NOTHING
    return ADDED_SCORE if score[0] != old else ADDED_SAME


def sorted_set_add(rules, e, member, score, flags, result):
    """Give a member a score, as ZADD with these flags. Says what came of it; `result` is the score it has then."""
    if entry_encoding(e) == ENCODING_LISTPACK:
        return small_add(rules, e, member, score, flags, result)
    return large_add(entry_sorted_set(e), member, score, flags, result)


def small_add(rules, e, member, score, flags, result):
    lp: Listpack = entry_pairs(e)
    p: cython.p_char = pairs_find(lp, member)
    outcome: cython.int = ADDED_MEMBER
    if p != NULL:
        outcome = new_score(flags, pair_score(p), address(score))
        result[0] = score
        if outcome != ADDED_SCORE:
            return outcome
        lp = pairs_move(rules.heap, lp, p, member, score)
        if lp == NULL:
            return ADDED_FAILED
    else:
        if flags & ADD_IF_THERE:
            return ADDED_NOTHING
        result[0] = score
        if not sorted_set_is_small(rules, listpack_count(lp) // 2 + 1, member.n) \
                or listpack_bytes(lp) + member.n + 64 > LISTPACK_LIMIT:
            if not sorted_set_enlarge(rules, e):
                return ADDED_FAILED
            return large_add(entry_sorted_set(e), member, score, flags, result)
        lp = pairs_insert(rules.heap, lp, member, score)
        if lp == NULL:
            return ADDED_FAILED
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
    return outcome


def large_add(s, member, score, flags, result):
    h: uint64_t = hash_bytes(s.members.key, member.p, member.n)
    t: Target
    path: Path
    m: EntryPtr
    outcome: cython.int
    table_prefetch_bucket(address(s.members), h)
    target_member(address(t), score, member.p, member.n)
    if not flags & ADD_INCREMENT:
        ordered_set_descend(address(s.order), address(t), address(path))    # the leaf comes while the table is searched
    m = large_find(s, member.p, member.n, h)
    if m != NULL:
        outcome = new_score(flags, member_score(m), address(score))
        result[0] = score
        if outcome == ADDED_SCORE and not ordered_set_move(address(s.order), m, score):
            return ADDED_FAILED
        return outcome
    if flags & ADD_IF_THERE:
        return ADDED_NOTHING
    result[0] = score
    m = large_new_member(s, member.p, member.n, h, score)
    if m == NULL:
        return ADDED_FAILED
    if flags & ADD_INCREMENT:
        ordered_set_descend(address(s.order), address(t), address(path))
    if ordered_set_insert_at(address(s.order), address(t), address(path), m):
        return ADDED_MEMBER
    large_drop_member(s, m)
    return ADDED_FAILED


def sorted_set_prepare(rules, e, members, longest):
    """So many members are to be added, whether they are there or not. False when memory is short."""
    return entry_encoding(e) != ENCODING_LISTPACK or sorted_set_is_small(rules, members, longest) \
        or sorted_set_enlarge(rules, e)


def sorted_set_enlarge(rules, e):
    """Change a listpack into the large form. False when memory is short."""
    lp: Listpack = entry_pairs(e)
    s: SortedSetPtr = sorted_set_new_large(rules.heap, rules.key)
    p: cython.p_char = listpack_first(lp)
    scratch: cython.char[24]
    member: Slice
    score: cython.double
    if s == NULL:
        return False
    while p != NULL:
        member = listpack_text(p, scratch)
        score = 0
        if large_add(s, address(member), pair_score(p), 0, address(score)) == ADDED_FAILED:
            sorted_set_free_large(rules.heap, s, False)
            return False
        p = listpack_next(listpack_next(p))
    listpack_free(rules.heap, lp)
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, s)))
    entry_set_kind(e, TYPE_SORTED_SET, ENCODING_SKIPLIST)
    return True


# --- removing --------------------------------------------------------------------------------------------------------


def sorted_set_remove(heap, e, member):
    """Remove a member. False: it was not there. The set may be empty then: the caller's to see to."""
    lp: Listpack
    p: cython.p_char
    s: SortedSetPtr
    m: EntryPtr
    h: uint64_t
    if entry_encoding(e) == ENCODING_LISTPACK:
        lp = entry_pairs(e)
        p = pairs_find(lp, member)
        if p == NULL:
            return False
        lp = listpack_delete(heap, lp, p, 2)
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
        return True
    s = entry_sorted_set(e)
    h = hash_bytes(s.members.key, member.p, member.n)
    m = table_remove(address(s.members), member.p, member.n, h)
    if m == NULL:
        return False
    ordered_set_remove(address(s.order), m)
    member_free(heap, m, False)
    return True


def sorted_set_remove_range(heap, e, gone):
    """Remove the members of these ranks, which must be there."""
    lp: Listpack
    s: SortedSetPtr
    if gone.count == 0:
        return
    if entry_encoding(e) == ENCODING_LISTPACK:
        lp = entry_pairs(e)
        lp = listpack_delete(heap, lp, listpack_at(lp, cast(int64_t, 2 * gone.first)), 2 * gone.count)
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
    else:
        s = entry_sorted_set(e)
        ordered_set_take(address(s.order), gone.first, gone.count, large_taken, s)
