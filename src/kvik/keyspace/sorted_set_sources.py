"""What the algebra of sorted sets reads: sorted sets, and sets as if all their members had the score 1.

Whatever form a source has, it gives its members in batches of up to MEMBERS, with their weighted scores, and a batch is
then looked up in the other sources: so a member is hashed once for all of them, and the cache misses of a batch run
side by side.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.entry import ENCODING_SKIPLIST, TYPE_SET, entry_encoding, entry_type
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.ordered_set import place_member
from cython.cimports.kvik.engine.table import table_prefetch_bucket, table_prefetch_entry
from cython.cimports.kvik.engine.text import Slice
from cython.cimports.kvik.keyspace.set_value import (
    member_hash,
    member_of_entry,
    member_of_item,
    member_text,
    set_count,
    set_has,
    set_prefetch,
    set_walk,
    set_walk_next,
)
from cython.cimports.kvik.keyspace.sorted_set_listpack import pairs_find
from cython.cimports.kvik.keyspace.sorted_set_value import (
    cursor_next,
    entry_pairs,
    entry_sorted_set,
    large_find,
    pair_score,
    sorted_set_count,
    sorted_set_seek_end,
)
from cython.cimports.libc.math import isnan


def source_of(source, e):
    """The source that the entry e (NULL: no key) of a set or sorted set is, with weight 1."""
    source.e = e
    source.weight = 1.0
    source.count = 0
    if e != NULL:
        source.count = set_count(e) if entry_type(e) == TYPE_SET else sorted_set_count(e)


def is_large(source):
    """Is it a sorted set with a table?"""
    return entry_encoding(source.e) == ENCODING_SKIPLIST


def or_zero(score):
    """What is no number (infinity less infinity, or times 0) counts as 0."""
    return 0.0 if isnan(score) else score


def aggregated(aggregate, a, b):
    """The score of a member that had a, and has b in another source."""
    if aggregate == AGGREGATE_SUM:
        return or_zero(a + b)
    if aggregate == AGGREGATE_MIN:
        return b if b < a else a
    return b if b > a else a


# --- walking ---------------------------------------------------------------------------------------------------------


def source_walk(walk, source):
    """Begin a walk through the source's members. It must not change meanwhile."""
    walk.source = source
    if source.e == NULL:
        return
    if entry_type(source.e) == TYPE_SET:
        set_walk(address(walk.members), source.e)
        return
    sorted_set_seek_end(source.e, False, address(walk.cursor))
    if is_large(source):
        fetch_ahead(walk)


def fetch_ahead(walk):
    """The next members of a large sorted set."""
    walk.ahead_count = 0
    while walk.ahead_count < MEMBERS and not walk.cursor.ended:
        walk.ahead[walk.ahead_count] = place_member(address(walk.cursor.place))
        prefetch(walk.ahead[walk.ahead_count])
        walk.ahead_count += 1
        cursor_next(address(walk.cursor))


def source_walk_next(walk, members, scores):
    """The next members, MEMBERS at most, and their weighted scores; how many, 0 at the end."""
    source: ConstSourcePtr = walk.source
    n: cython.int = 0
    i: cython.int
    if source.e == NULL:
        return 0
    if entry_type(source.e) == TYPE_SET:
        n = set_walk_next(address(walk.members), members)
        for i in range(n):
            scores[i] = 1.0
    elif is_large(source):
        n = walk.ahead_count
        for i in range(n):
            member_of_entry(address(members[i]), walk.ahead[i])
            scores[i] = member_score(walk.ahead[i])
        fetch_ahead(walk)
    else:
        while n < MEMBERS and not walk.cursor.ended:
            member_of_item(address(members[n]), walk.cursor.p)
            scores[n] = pair_score(walk.cursor.p)
            n += 1
            cursor_next(address(walk.cursor))
    for i in range(n):
        scores[i] = or_zero(source.weight * scores[i])
    return n


# --- looking up ------------------------------------------------------------------------------------------------------


def source_prefetch(source, members, count):
    """Before these members are looked for: fetch what a table has in their places."""
    s: SortedSetPtr
    i: cython.int
    if entry_type(source.e) == TYPE_SET:
        set_prefetch(source.e, members, count)
    elif is_large(source):
        s = entry_sorted_set(source.e)
        for i in range(count):
            table_prefetch_bucket(address(s.members), member_hash(s.members.key, address(members[i])))
        for i in range(count):
            table_prefetch_entry(address(s.members), members[i].hash)


def source_score(source, m, score):
    """The member's weighted score. False: it is not there."""
    scratch: cython.char[24]
    text: Slice
    s: SortedSetPtr
    found: EntryPtr
    p: cython.p_char
    if entry_type(source.e) == TYPE_SET:
        if not set_has(source.e, m):
            return False
        score[0] = source.weight
        return True
    text = member_text(m, scratch)
    if is_large(source):
        s = entry_sorted_set(source.e)
        found = large_find(s, text.p, text.n, member_hash(s.members.key, m))
        if found == NULL:
            return False
        score[0] = source.weight * member_score(found)
        return True
    p = pairs_find(entry_pairs(source.e), address(text))
    if p == NULL:
        return False
    score[0] = source.weight * pair_score(p)
    return True


def source_keep(source, members, scores, count, aggregate):
    """Of these members, keep those that the source has too, and aggregate their scores. How many that are."""
    n: cython.int = 0
    i: cython.int
    score: cython.double = 0
    if source.e == NULL:
        return 0
    source_prefetch(source, members, count)
    for i in range(count):
        if source_score(source, address(members[i]), address(score)):
            members[n] = members[i]
            scores[n] = aggregated(aggregate, scores[i], score)
            n += 1
    return n


def source_drop(source, members, scores, count):
    """Of these members, keep those that the source has not. How many that are."""
    n: cython.int = 0
    i: cython.int
    score: cython.double = 0
    if source.e == NULL:
        return count
    source_prefetch(source, members, count)
    for i in range(count):
        if not source_score(source, address(members[i]), address(score)):
            members[n] = members[i]
            scores[n] = scores[i]
            n += 1
    return n
