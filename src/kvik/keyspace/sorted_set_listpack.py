"""The small form of a sorted set: a listpack of member, score, member, score, ..., ordered by score and then by bytes.

    | total bytes | elements | "one" | 1 | "two" | 2 | "half more" | "2.5" | 0xFF |

A score that is a whole number stands there as an integer (and so -0 becomes 0), any other as the text that
`format_double` has for it. The form is Redis's in memory and in its files. Everything here is O(members), of which
there are few; a member is known by the address of its element, its score is the next one.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.doubles import double_integer, format_double
from cython.cimports.kvik.engine.listpack import (
    element_of,
    element_of_integer,
    listpack_bytes,
    listpack_delete,
    listpack_find,
    listpack_first,
    listpack_item,
    listpack_last,
    listpack_next,
    listpack_previous,
    listpack_skip,
    listpack_splice,
    listpack_text,
)
from cython.cimports.kvik.engine.ordered_set import compare_bytes
from cython.cimports.kvik.engine.text import parse_double
from cython.cimports.libc.stdint import int64_t, uint64_t


def pairs_find(lp, member):
    """The member's element, NULL if it is not there."""
    return listpack_find(lp, listpack_first(lp), member, 1)


def score_of_item(item):
    score: cython.double = 0
    if item.p == NULL:
        return cast(cython.double, item.integer)
    parse_double(item.p, item.n, address(score))
    return score


def pair_score(p):
    """The score of the member at p."""
    item: Item = listpack_item(listpack_next(p))
    return score_of_item(address(item))


def compare_element(p, text):
    """Does the element at p come before the text, is it the same, or behind it?"""
    scratch: cython.char[24]
    own: Slice = listpack_text(p, scratch)
    return compare_bytes(own.p, own.n, text.p, text.n)


# --- changing --------------------------------------------------------------------------------------------------------


def element_of_score(element, score, scratch):
    """How a score is written; `scratch` (DOUBLE_TEXT_MAX bytes) holds its text until it is."""
    integer: int64_t = 0
    text: Slice
    if double_integer(score, address(integer)):
        element_of_integer(element, integer)
        return
    text.p = scratch
    text.n = format_double(scratch, score)
    element_of(element, address(text))


def pairs_put(heap, lp, at, member, score):
    """Put a new member at the offset. NULL when memory is short: nothing has changed."""
    elements: Element[2]
    scratch: cython.char[32]
    element_of(address(elements[0]), member)
    element_of_score(address(elements[1]), score, scratch)
    return listpack_splice(heap, lp, at, 0, 0, elements, 2)


def pairs_place(lp, member, score):
    """The offset at which a member with this score belongs."""
    p: cython.p_char = listpack_first(lp)
    other: cython.double
    while p != NULL:
        other = pair_score(p)
        if other > score or (other == score and compare_element(p, member) > 0):
            return p - lp
        p = listpack_next(listpack_next(p))
    return listpack_bytes(lp) - 1


def pairs_insert(heap, lp, member, score):
    """Put a new member where it belongs. NULL when memory is short: nothing has changed."""
    return pairs_put(heap, lp, pairs_place(lp, member, score), member, score)


def pairs_append(heap, lp, member, score):
    """Put a new member at the end, where it belongs."""
    return pairs_put(heap, lp, listpack_bytes(lp) - 1, member, score)


def pairs_move(heap, lp, p, member, score):
    """Give the member at p another score. NULL when memory is short: nothing has changed."""
    element: Element
    scratch: cython.char[32]
    old: cython.size_t = p - lp
    place: cython.size_t = pairs_place(lp, member, score)
    before: cython.size_t = listpack_bytes(lp)
    p = listpack_skip(p)
    behind: cython.p_char = listpack_skip(p)
    if place == old or lp + place == behind:            # it stays where it is
        element_of_score(address(element), score, scratch)
        return listpack_splice(heap, lp, p - lp, behind - p, 1, address(element), 1)
    lp = pairs_put(heap, lp, place, member, score)      # first: nothing can fail once the old pair goes
    if lp == NULL:
        return NULL
    if place <= old:
        old += listpack_bytes(lp) - before
    return listpack_delete(heap, lp, lp + old, 2)


# --- ranges ----------------------------------------------------------------------------------------------------------


def pairs_rank(lp, p):
    """The rank of the member at p."""
    rank: uint64_t = 0
    q: cython.p_char = listpack_first(lp)
    while q != p:
        rank += 1
        q = listpack_next(listpack_next(q))
    return rank


def pairs_score_range(lp, within):
    """The members whose score is in the range."""
    found: RankRange
    p: cython.p_char = listpack_first(lp)
    found.first = 0
    found.count = 0
    while p != NULL and not above_min(within, pair_score(p)):
        found.first += 1
        p = listpack_next(listpack_next(p))
    while p != NULL and below_max(within, pair_score(p)):
        found.count += 1
        p = listpack_next(listpack_next(p))
    return found


def pairs_lex_range(lp, within):
    """The members between two texts. (Where scores differ: from the first above the lower bound, as long as they are
    below the upper one; and none if the first member is too high or the last too low.)
    """
    found: RankRange
    p: cython.p_char = listpack_first(lp)
    last: cython.p_char = listpack_previous(lp, listpack_last(lp))
    found.first = 0
    found.count = 0
    if not lex_below(address(within.max), compare_element(p, address(within.max.text))) \
            or not lex_above(address(within.min), compare_element(last, address(within.min.text))):
        return found
    while p != NULL and not lex_above(address(within.min), compare_element(p, address(within.min.text))):
        found.first += 1
        p = listpack_next(listpack_next(p))
    while p != NULL and lex_below(address(within.max), compare_element(p, address(within.max.text))):
        found.count += 1
        p = listpack_next(listpack_next(p))
    return found
