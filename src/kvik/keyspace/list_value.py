"""The value of a list in both its forms: making, reading and changing it at its ends and inside.

A small list is a listpack. It becomes a quicklist when what is to be added would make it too large for one node of one
(list-max-listpack-size), and a listpack again when after a removal (or LSET) all is in one node that is half full or
less. Both limits are those of the moment; a quicklist keeps those that it was made with for its nodes.

Elements are named by their number, from 0 on; ListCursor (engine/quicklist.pxd) walks over either form.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import ENCODING_QUICKLIST, TYPE_LIST, entry_set_kind, entry_set_word
from cython.cimports.kvik.engine.heap import heap_block_bytes, heap_release, heap_resize
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_EMPTY,
    LISTPACK_HEADER,
    element_of,
    listpack_at,
    listpack_bytes,
    listpack_copy,
    listpack_count_equal,
    listpack_delete,
    listpack_free,
    listpack_insert,
    listpack_of,
    listpack_remove_equal,
    listpack_replace,
    listpack_skip,
    listpack_splice,
    sought_of,
)
from cython.cimports.kvik.engine.quicklist import (
    bytes_limit,
    fits_node,
    list_close,
    listpack_seek,
    quicklist_copy,
    quicklist_free,
    quicklist_insert,
    quicklist_memory,
    quicklist_new,
    quicklist_of_listpack,
    quicklist_open_at,
    quicklist_pop,
    quicklist_push,
    quicklist_remove_equal,
    quicklist_remove_range,
    quicklist_replace,
    quicklist_seek,
    quicklist_to_listpack,
)
from cython.cimports.kvik.engine.quicklist_node import NODE_PLAIN
from cython.cimports.libc.stdint import uint64_t, uintptr_t

# --- life ------------------------------------------------------------------------------------------------------------


def list_new(rules, elements, count, at_head, encoding):
    """The value of a new list with these elements, pushed one after the other. NULL when memory is short."""
    q: QuicklistPtr
    lp: Listpack = NULL
    if not outgrows(rules, LISTPACK_EMPTY, 0, elements, count):
        encoding[0] = ENCODING_LISTPACK
        if not small_push(rules.heap, address(lp), elements, count, at_head) and lp != NULL:
            listpack_free(rules.heap, lp)
            lp = NULL
        return lp
    encoding[0] = ENCODING_QUICKLIST
    q = quicklist_new(rules.heap, rules.fill, rules.depth)
    if q != NULL and not large_push(rules.heap, q, elements, count, at_head):
        quicklist_free(rules.heap, q, False)
        return NULL
    return q


def list_free(heap, value, encoding, remote):
    """`remote`: on a thread that does not own the heap."""
    lp: Listpack
    if encoding == ENCODING_LISTPACK:
        lp = cast(Listpack, value)
        heap_release(heap, lp, listpack_bytes(lp), remote)
    else:
        quicklist_free(heap, cast(QuicklistPtr, value), remote)


def list_effort(e):
    """How many blocks freeing the value takes."""
    return 1 if list_is_small(e) else list_quicklist(e).nodes


def list_copy(heap, e):
    """A copy of the value. NULL when memory is short."""
    if list_is_small(e):
        return listpack_copy(heap, list_listpack(e))
    return quicklist_copy(heap, list_quicklist(e))


def list_memory(e):
    """What the value takes beside its entry."""
    if list_is_small(e):
        return heap_block_bytes(list_listpack(e), listpack_bytes(list_listpack(e)))
    return quicklist_memory(list_quicklist(e))


# --- from one form to the other --------------------------------------------------------------------------------------


def outgrows(rules, n, held, elements, count):
    """Are so many elements more too much for a listpack of n bytes with `held` elements?"""
    i: cython.int
    for i in range(count):
        n += elements[i].n
    return not fits_node(rules.fill, n, held + count)


def list_grow(rules, e, elements, count):
    """These elements are to be added: see to it that they have room. False when memory is short."""
    lp: Listpack
    q: QuicklistPtr
    if not list_is_small(e):
        return True
    lp = list_listpack(e)
    if not outgrows(rules, listpack_bytes(lp), listpack_count(lp), elements, count):
        return True
    q = quicklist_of_listpack(rules.heap, lp, rules.fill, rules.depth)
    if q == NULL:
        return False
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, q)))
    entry_set_kind(e, TYPE_LIST, ENCODING_QUICKLIST)
    return True


def list_shrink(rules, e):
    """Elements have gone: a listpack is enough for a list of one node that is half full or less."""
    q: QuicklistPtr
    node: NodePtr
    lp: Listpack
    if list_is_small(e):
        return
    q = list_quicklist(e)
    node = q.head
    if node != q.tail or node == NULL or node.form & NODE_PLAIN:
        return
    if rules.fill < 0:
        if node.bytes > bytes_limit(rules.fill) >> 1:
            return
    elif node.count > (rules.fill if rules.fill > 1 else 1) >> 1:
        return
    lp = quicklist_to_listpack(rules.heap, q)
    if lp != NULL:
        small_put(e, lp)
        entry_set_kind(e, TYPE_LIST, ENCODING_LISTPACK)


def small_put(e, lp):
    """A change may have moved the listpack. False: it was refused."""
    if lp == NULL:
        return False
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, lp)))
    return True


# --- at the ends -----------------------------------------------------------------------------------------------------


def list_push(rules, e, elements, count, at_head):
    """Push the elements one after the other. False: memory is short, and none was pushed."""
    lp: Listpack
    done: cython.bint
    if not list_grow(rules, e, elements, count):
        return False
    if list_is_small(e):
        lp = list_listpack(e)
        done = small_push(rules.heap, address(lp), elements, count, at_head)
        small_put(e, lp)
        return done
    return large_push(rules.heap, list_quicklist(e), elements, count, at_head)


def small_push(heap, lp, elements, count, at_head):
    """Push to a listpack, which may move; NULL: to a new one. False: memory is short, and none was pushed."""
    some: Element[PUSHED_AT_ONCE]
    fresh: Listpack
    at: cython.size_t = LISTPACK_HEADER
    done: cython.int = 0
    n: cython.int
    i: cython.int
    while done < count:
        n = count - done
        if n > PUSHED_AT_ONCE:
            n = PUSHED_AT_ONCE
        for i in range(n):
            element_of(address(some[n - 1 - i if at_head else i]), address(elements[done + i]))
        if lp[0] == NULL:
            fresh = listpack_of(heap, some, n)
        else:
            if not at_head:
                at = listpack_bytes(lp[0]) - 1
            fresh = listpack_splice(heap, lp[0], at, 0, 0, some, n)
        if fresh == NULL:
            if done > 0:
                lp[0] = listpack_delete(heap, lp[0], listpack_at(lp[0], 0 if at_head else -done), done)
            return False
        lp[0] = fresh
        done += n
    return True


def large_push(heap, q, elements, count, at_head):
    i: cython.int
    for i in range(count):
        if not quicklist_push(heap, q, address(elements[i]), at_head):
            if i > 0:
                quicklist_remove_range(heap, q, 0 if at_head else q.count - i, i)
            return False
    return True


def list_open_at(heap, e, index):
    """Before elements are read and then removed: see to it that the removal cannot fail. False: no memory.

    For list_pop, `index` is that of the element; for list_remove_range it is called for the first and the last.
    """
    return list_is_small(e) or quicklist_open_at(heap, list_quicklist(e), index)


def list_pop(heap, e, at_head):
    """Take out the element at that end; there is another one, and list_open_at was called for this one.

    list_shrink is the caller's to call, who may push to the list again first.
    """
    lp: Listpack
    if list_is_small(e):
        lp = list_listpack(e)
        small_put(e, listpack_delete(heap, lp, listpack_at(lp, 0 if at_head else -1), 1))
    else:
        quicklist_pop(heap, list_quicklist(e), at_head)


# --- inside ----------------------------------------------------------------------------------------------------------


def list_seek(heap, e, index, c):
    """Set the cursor to element number `index`; there is one. False: memory is short, nothing to close."""
    if list_is_small(e):
        listpack_seek(list_listpack(e), index, c)
        return True
    return quicklist_seek(heap, list_quicklist(e), index, c)


def list_insert(rules, e, index, s, after):
    """One more element behind or before number `index`; list_grow has been called. False when memory is short."""
    lp: Listpack
    p: cython.p_char
    c: ListCursor
    done: cython.bint
    if list_is_small(e):
        lp = list_listpack(e)
        p = listpack_at(lp, index)
        if after:
            p = listpack_skip(p)
        return small_put(e, listpack_insert(rules.heap, lp, p - lp, s))
    if not quicklist_seek(rules.heap, list_quicklist(e), index, address(c)):
        return False
    done = quicklist_insert(address(c), s, after)
    list_close(address(c))
    return done


def list_replace(rules, e, index, s):
    """Another element in the place of number `index`; list_grow has been called. False when memory is short."""
    lp: Listpack
    c: ListCursor
    done: cython.bint
    if list_is_small(e):
        lp = list_listpack(e)
        return small_put(e, listpack_replace(rules.heap, lp, listpack_at(lp, index), s))
    if not quicklist_seek(rules.heap, list_quicklist(e), index, address(c)):
        return False
    done = quicklist_replace(address(c), s)
    list_close(address(c))
    if done:
        list_shrink(rules, e)
    return done


def list_remove_range(rules, e, start, count):
    """Take out `count` elements from number `start` on; there are more. False when memory is short (list_open_at)."""
    lp: Listpack
    if count == 0:
        return True
    if list_is_small(e):
        lp = list_listpack(e)
        return small_put(e, listpack_delete(rules.heap, lp, listpack_at(lp, start), count))
    if not quicklist_remove_range(rules.heap, list_quicklist(e), start, count):
        return False
    list_shrink(rules, e)
    return True


def list_remove_equal(rules, e, s, limit, from_tail, failed):
    """Take out the elements equal to s, at most `limit` of them, counted from that end. How many?

    `failed`: memory was too short to look at all of them.
    """
    sought: Sought
    removed: uint64_t
    sought_of(address(sought), s)
    failed[0] = False
    if list_is_small(e):
        return small_remove_equal(rules.heap, e, address(sought), limit, from_tail)
    removed = quicklist_remove_equal(
        rules.heap, list_quicklist(e), address(sought), limit, from_tail, failed)
    if removed > 0:
        list_shrink(rules, e)
    return removed


def small_remove_equal(heap, e, sought, limit, from_tail):
    lp: Listpack = list_listpack(e)
    before: cython.size_t = listpack_bytes(lp)
    found: uint64_t
    skip: cython.size_t = 0
    if from_tail:
        found = listpack_count_equal(lp, sought)
        if found > limit:
            skip = found - limit
    found = listpack_remove_equal(lp, sought, skip, limit)
    if found > 0:
        small_put(e, cast(Listpack, heap_resize(heap, lp, before, listpack_bytes(lp))))
    return found
