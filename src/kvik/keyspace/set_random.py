"""Random members of sets: drawing one, many, or many different ones, and taking them out.

Every member is equally likely, whatever the form of the set, and of many different ones every choice is. Three ways lead
there:

* **Drawing** one after another: O(1) each in an intset or table. To get different ones, what comes again is passed over
  (`Seen`); that is good as long as few are wanted of many.
* **Choosing** in one walk through the set (`Draw`): O(members), in the order of the set, without any memory. Listpacks
  always go this way, since finding a place in one is a walk anyway.
* **Sweeping**: choosing in a walk through a table that takes the chosen ones out on its way.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import ENCODING_HASHTABLE, ENCODING_INTSET, ENCODING_LISTPACK, entry_encoding
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import mul_high, prefetch
from cython.cimports.kvik.engine.intset import (
    intset_add,
    intset_at,
    intset_count,
    intset_find,
    intset_free,
    intset_new,
    intset_remove,
)
from cython.cimports.kvik.engine.listpack import (
    listpack_append,
    listpack_append_integer,
    listpack_at,
    listpack_count,
    listpack_delete,
    listpack_first,
    listpack_free,
    listpack_new,
    listpack_next,
)
from cython.cimports.kvik.engine.member import member_free
from cython.cimports.kvik.engine.sampling import draw_takes, seen_add, seen_free, seen_init
from cython.cimports.kvik.engine.table import random_next, table_random, table_random_spot, table_sweep, table_take
from cython.cimports.kvik.engine.text import Slice
from cython.cimports.kvik.keyspace.set_value import (
    MEMBER_INTEGER,
    MEMBERS,
    member_at,
    member_of_entry,
    set_count,
    set_intset,
    set_listpack,
    set_table,
    set_value,
    set_walk,
    set_walk_next,
)
from cython.cimports.libc.stdint import uint32_t, uint64_t, uintptr_t

# --- one -------------------------------------------------------------------------------------------------------------


def set_random(e, seed, choice):
    """Draw a member of a set that is not empty."""
    encoding: cython.int = entry_encoding(e)
    n: uint64_t
    if encoding == ENCODING_HASHTABLE:
        member_of_entry(address(choice.member), table_random_spot(set_table(e), seed, address(choice.spot)))
        return
    n = mul_high(random_next(seed), set_count(e))
    if encoding == ENCODING_INTSET:
        choice.at = cast(uint32_t, n)
        n = cast(uint64_t, intset_at(set_intset(e), choice.at))
    else:
        n = cast(uintptr_t, listpack_at(set_listpack(e), n))
    member_at(address(choice.member), encoding, n)


def set_take(context, e, choice):
    """Take the member out that was drawn. It may leave an empty set."""
    encoding: cython.int = entry_encoding(e)
    s: Intset
    if encoding == ENCODING_HASHTABLE:
        member_free(context.heap, table_take(set_table(e), address(choice.spot)), False)
    elif encoding == ENCODING_INTSET:
        s = intset_remove(context.heap, set_intset(e), choice.at)
        if s == NULL:
            context.failed = True
        else:
            set_value(e, encoding, s)
    else:
        set_value(e, encoding, listpack_delete(
            context.heap, set_listpack(e), cast(Listpack, cast(uintptr_t, choice.member.word)), 1))


# --- many, the same again among them ---------------------------------------------------------------------------------


def set_draw(e, seed, members, count):
    """Draw `count` members, MEMBERS at most, each from all of a set that is not empty. How many were drawn."""
    encoding: cython.int = entry_encoding(e)
    drawn: EntryPtr[32]
    size: uint64_t
    i: cython.int
    if count > MEMBERS:
        count = MEMBERS
    if encoding == ENCODING_HASHTABLE:
        for i in range(count):
            drawn[i] = table_random(set_table(e), seed)
            prefetch(drawn[i])
        for i in range(count):
            member_of_entry(address(members[i]), drawn[i])
    elif encoding == ENCODING_INTSET:
        size = intset_count(set_intset(e))
        for i in range(count):
            member_at(address(members[i]), encoding, cast(uint64_t, intset_at(
                set_intset(e), cast(uint32_t, mul_high(random_next(seed), size)))))
    else:
        draw_places(set_listpack(e), seed, members, count)
    return count


def draw_places(lp, seed, members, count):
    """`set_draw` from a listpack. Where each element of a short one stands is looked up only once."""
    places: cython.p_char[256]
    size: uint64_t = listpack_count(lp)
    n: uint64_t = 0
    i: cython.int
    p: cython.p_char = listpack_first(lp)
    if count > 2 and size <= PLACES:
        while p != NULL:
            places[n] = p
            n += 1
            p = listpack_next(p)
    for i in range(count):
        n = mul_high(random_next(seed), size)
        p = places[n] if count > 2 and size <= PLACES else listpack_at(lp, n)
        member_at(address(members[i]), ENCODING_LISTPACK, cast(uintptr_t, p))


# --- many different ones ---------------------------------------------------------------------------------------------


def set_sample(heap, e, count, seed, each, context):
    """Call `each` for `count` different members, fewer than there are. False when memory is short, before any call."""
    seen: Seen
    members: Member[32]
    n: cython.int = MEMBERS
    i: cython.int
    if entry_encoding(e) == ENCODING_LISTPACK or count > set_count(e) // 3:
        sample_walk(e, count, seed, each, context)
        return True
    if not seen_init(address(seen), heap, count):
        return False
    while count > 0:
        if count < MEMBERS:
            n = cast(cython.int, count)
        set_draw(e, seed, members, n)
        for i in range(n):
            if seen_add(address(seen), place_of(e, address(members[i]))):
                each(context, address(members[i]))
                count -= 1
    seen_free(address(seen))
    return True


def place_of(e, m):
    """A number for the member m of an intset or table, another one for each and never 0."""
    at: uint32_t = 0
    if entry_encoding(e) != ENCODING_INTSET:
        return m.word
    intset_find(set_intset(e), m.integer, address(at))
    return cast(uint64_t, at) + 1


def sample_walk(e, count, seed, each, context):
    walk: SetWalk
    members: Member[32]
    draw: Draw
    n: cython.int
    i: cython.int
    draw.wanted = count
    draw.left = set_count(e)
    set_walk(address(walk), e)
    while draw.wanted > 0:
        n = set_walk_next(address(walk), members)
        for i in range(n):
            if draw_takes(address(draw), seed):
                each(context, address(members[i]))


# --- taking many out -------------------------------------------------------------------------------------------------


def set_take_many(context, e, count, seed, each, each_context):
    """Take `count` members out, fewer than there are, and call `each` for every one.

    When memory is short (`failed`), nothing has changed and `each` was not called.
    """
    choice: Choice
    sweep: Sweep
    if entry_encoding(e) != ENCODING_HASHTABLE:
        take_from_small(context, e, count, seed, each, each_context)
    elif count > set_count(e) // 4:
        sweep.heap = context.heap
        sweep.draw.left = set_count(e)
        sweep.draw.wanted = count
        sweep.seed = seed
        sweep.each = each
        sweep.context = each_context
        table_sweep(set_table(e), sweep_member, address(sweep))
    else:
        while count > 0:
            set_random(e, seed, address(choice))
            each(each_context, address(choice.member))
            set_take(context, e, address(choice))
            count -= 1


def sweep_member(context, e):
    """Does this member go?"""
    sweep: SweepPtr = cast(SweepPtr, context)
    m: Member
    if not draw_takes(address(sweep.draw), sweep.seed):
        return False
    member_of_entry(address(m), e)
    sweep.each(sweep.context, address(m))
    member_free(sweep.heap, e, False)
    return True


def take_from_small(context, e, count, seed, each, each_context):
    """Build what is left, then tell what is gone, then put the one in place of the other."""
    members: Member[1]
    encoding: cython.int = entry_encoding(e)
    words: WordPtr = cast(WordPtr, heap_alloc(context.heap, count * sizeof(uint64_t)))
    rest: cython.p_void = NULL
    i: uint64_t
    if words != NULL:
        rest = without_chosen(context, e, words, count, seed)
    if rest == NULL:
        context.failed = True
    else:
        for i in range(count):
            member_at(members, encoding, words[i])
            each(each_context, members)
        if encoding == ENCODING_INTSET:
            intset_free(context.heap, set_intset(e), False)
        else:
            listpack_free(context.heap, set_listpack(e))
        set_value(e, encoding, rest)
    if words != NULL:
        heap_free(context.heap, words, count * sizeof(uint64_t))


def without_chosen(context, e, words, count, seed):
    """A new intset or listpack of the members that are not chosen; the words of the `count` that are. NULL: no memory."""
    walk: SetWalk
    members: Member[32]
    heap: HeapPtr = context.heap
    is_intset: cython.bint = entry_encoding(e) == ENCODING_INTSET
    rest: cython.p_char = intset_new(heap) if is_intset else listpack_new(heap)
    longer: cython.p_char
    added: cython.bint = False
    draw: Draw
    taken: uint64_t = 0
    s: Slice
    n: cython.int = 1
    i: cython.int
    draw.wanted = count
    draw.left = set_count(e)
    set_walk(address(walk), e)
    while n > 0 and rest != NULL:
        n = set_walk_next(address(walk), members)
        for i in range(n):
            if draw_takes(address(draw), seed):
                words[taken] = members[i].word
                taken += 1
                continue
            if is_intset:
                longer = intset_add(heap, rest, members[i].integer, address(added))
            elif members[i].known & MEMBER_INTEGER:
                longer = listpack_append_integer(heap, rest, members[i].integer)
            else:
                s.p = members[i].p
                s.n = members[i].n
                longer = listpack_append(heap, rest, address(s))
            if longer == NULL:
                if is_intset:
                    intset_free(heap, rest, False)
                else:
                    listpack_free(heap, rest)
                return NULL
            rest = longer
    return rest
