"""Quicklists: long lists, as a chain of nodes of bounded size. The drawing is in quicklist.pxd.

`fill` says how large a node becomes: -1 to -5 at most 4 KiB to 64 KiB, a positive number at most so many elements (and
8 KiB). An element that is longer than a node may be stands in a plain node of its own. Which node takes an element and
where nodes are split and merged is as in Redis, so that a list has the same nodes there and here, in memory and in files.

Lists are used at their ends, where pushing and popping costs the same whatever the list's and the node's size is (see
quicklist_node.py). A node inside is never merged but after it was split; so costs are O(1) at the ends, O(nodes) to find
a place inside, from the nearer end, and O(bytes of a node) to change something there.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_free, heap_release
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_EMPTY,
    LISTPACK_LIMIT,
    element_of,
    listpack_at,
    listpack_count_equal,
    listpack_skip,
)
from cython.cimports.kvik.engine.quicklist_node import (
    NODE_ELEMENTS_MAX,
    node_append,
    node_copy,
    node_fit,
    node_insert,
    node_memory,
    node_of_element,
    node_of_listpack,
    node_of_text,
    node_pop,
    node_push,
    node_release,
    node_remove,
    node_remove_equal,
    node_replace,
    node_split,
    node_trim,
)
from cython.cimports.libc.stdint import int16_t, uint16_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcmp, memset

# --- life ------------------------------------------------------------------------------------------------------------


def quicklist_new(heap, fill, depth):
    """An empty list, NULL when memory is short."""
    q: QuicklistPtr = cast(QuicklistPtr, heap_alloc(heap, sizeof(Quicklist)))
    if q == NULL:
        return NULL
    memset(q, 0, sizeof(Quicklist))
    if fill > FILL_MAX:
        fill = FILL_MAX
    elif fill < FILL_MIN:
        fill = FILL_MIN
    if depth > 65535:
        depth = 65535
    q.fill = cast(int16_t, fill)
    q.depth = cast(uint16_t, depth)
    return q


def quicklist_of_listpack(heap, lp, fill, depth):
    """A list whose only node is the listpack, which it takes over. NULL when memory is short. O(1)."""
    q: QuicklistPtr = quicklist_new(heap, fill, depth)
    node: NodePtr
    if q == NULL:
        return NULL
    node = node_of_listpack(heap, lp)
    if node == NULL:
        heap_free(heap, q, sizeof(Quicklist))
        return NULL
    if node.count > 0:
        quicklist_append_node(q, node)
    else:
        node_release(heap, node, False)
    return q


def quicklist_to_listpack(heap, q):
    """The listpack of a list that has only one node, a packed one; the list is gone. NULL when memory is short."""
    node: NodePtr = q.head
    lp: Listpack
    if not node_fit(heap, node):
        return NULL
    lp = node.data
    heap_free(heap, node, sizeof(Node))
    heap_free(heap, q, sizeof(Quicklist))
    return lp


def quicklist_smallest(heap, q, encoding):
    """What a list that has been built is kept as: its listpack where that fits, else itself. NULL when memory is short."""
    if q.nodes == 1 and q.head.form == NODE_PACKED and fits_node(q.fill, q.head.bytes, q.count):
        encoding[0] = ENCODING_LISTPACK
        return quicklist_to_listpack(heap, q)
    encoding[0] = ENCODING_QUICKLIST
    return q


def quicklist_copy(heap, q):
    """A list by itself with the same elements. NULL when memory is short."""
    fresh: QuicklistPtr = quicklist_new(heap, q.fill, q.depth)
    node: NodePtr = q.head
    own: NodePtr
    while fresh != NULL and node != NULL:
        own = node_copy(heap, node)
        if own == NULL:
            quicklist_free(heap, fresh, False)
            return NULL
        quicklist_append_node(fresh, own)
        node = node.next
    return fresh


def quicklist_free(heap, q, remote):
    """`remote`: on a thread that does not own the heap."""
    node: NodePtr = q.head
    following: NodePtr
    while node != NULL:
        following = node.next
        node_release(heap, node, remote)
        node = following
    heap_release(heap, q, sizeof(Quicklist), remote)


def quicklist_memory(q):
    """What the list takes; of a long one, nodes are taken to be like the first WEIGHED_NODES."""
    n: cython.size_t = 0
    weighed: uint32_t = 0
    node: NodePtr = q.head
    while node != NULL and weighed < WEIGHED_NODES:
        n += node_memory(node)
        weighed += 1
        node = node.next
    if weighed > 0:
        n = n * q.nodes // weighed
    return n + heap_block_bytes(cast(QuicklistPtr, q), sizeof(Quicklist))


# --- the chain -------------------------------------------------------------------------------------------------------


def link(q, node, beside, after):
    """Put the node behind or before `beside`; `beside` NULL: it is the first of the list."""
    node.previous = NULL
    node.next = NULL
    if beside != NULL and after:
        node.previous = beside
        node.next = beside.next
    elif beside != NULL:
        node.next = beside
        node.previous = beside.previous
    if node.previous != NULL:
        node.previous.next = node
    else:
        q.head = node
    if node.next != NULL:
        node.next.previous = node
    else:
        q.tail = node
    q.nodes += 1


def drop(heap, q, node):
    """Take the node out of the list and free it; the elements have been counted off."""
    if node.previous != NULL:
        node.previous.next = node.next
    else:
        q.head = node.next
    if node.next != NULL:
        node.next.previous = node.previous
    else:
        q.tail = node.previous
    q.nodes -= 1
    node_release(heap, node, False)


def quicklist_append_node(q, node):
    """The node, which is the list's from now on, and its elements behind all others."""
    link(q, node, q.tail, True)
    q.count += node.count


def allows(q, node, n):
    """May an element of n bytes go into the node (which may be NULL)?"""
    if node == NULL or node.form & NODE_PLAIN or n > bytes_limit(q.fill):
        return False
    return fits_node(q.fill, node.bytes + n + ELEMENT_ESTIMATE, node.count + 1) and node.count < NODE_ELEMENTS_MAX


def new_node_for(heap, q, s):
    """A node with this one element. NULL when memory is short."""
    element: Element
    if s.n > bytes_limit(q.fill):
        return node_of_text(heap, s)
    element_of(address(element), s)
    return node_of_element(heap, address(element))


def trim_inner(heap, q, node):
    """Take the spare room of a node that is at neither end."""
    if node.previous != NULL and node.next != NULL:
        node_trim(heap, node)


# --- at the ends -----------------------------------------------------------------------------------------------------


def quicklist_push(heap, q, s, at_head):
    """One more element at that end. False when memory is short."""
    end: NodePtr = q.head if at_head else q.tail
    fresh: NodePtr
    element: Element
    if allows(q, end, s.n):
        element_of(address(element), s)
        if not node_push(heap, end, address(element), at_head, bytes_limit(q.fill)):
            return False
    else:
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
        link(q, fresh, end, not at_head)
        if end != NULL:
            node_trim(heap, end)
    q.count += 1
    return True


def quicklist_pop(heap, q, at_head):
    """Take out the element at that end; there is one."""
    end: NodePtr = q.head if at_head else q.tail
    if end.count == 1:
        drop(heap, q, end)
    else:
        node_pop(heap, end, at_head)
    q.count -= 1


# --- finding a place -------------------------------------------------------------------------------------------------


def enter_node(c, node, at):
    c.node = node
    c.at = at
    c.lp = NULL
    c.p = NULL
    if node.form == NODE_PACKED:
        c.lp = node.data
        c.p = listpack_at(c.lp, at)


def quicklist_seek(q, index, c):
    """To element number `index`; there is one. O(nodes from the nearer end)."""
    node: NodePtr
    c.list = q
    if index < q.count >> 1:
        node = q.head
        while index >= node.count:
            index -= node.count
            node = node.next
    else:
        index = q.count - index     # from the end, 1 for the last
        node = q.tail
        while index > node.count:
            index -= node.count
            node = node.previous
        index = node.count - index
    enter_node(c, node, cast(uint32_t, index))


def listpack_seek(lp, index, c):
    """To element number `index` of a listpack by itself; there is one."""
    c.list = NULL
    c.node = NULL
    c.lp = lp
    c.p = listpack_at(lp, index)
    c.at = cast(uint32_t, index)


def cursor_next_node(c):
    """To the first element of the next node. False: there is none."""
    if c.node == NULL or c.node.next == NULL:
        return False
    enter_node(c, c.node.next, 0)
    return True


def cursor_previous_node(c):
    """To the last element of the node before. False: there is none."""
    if c.node == NULL or c.node.previous == NULL:
        return False
    enter_node(c, c.node.previous, c.node.previous.count - 1)
    return True


def plain_item(node):
    item: Item
    raw: RawPtr = cast(RawPtr, node.data)
    item.p = raw.data
    item.n = raw.length
    item.integer = 0
    return item


# --- inside ----------------------------------------------------------------------------------------------------------


def quicklist_insert(heap, c, s, after):
    """One more element behind or before the one at the cursor. False when memory is short."""
    q: QuicklistPtr = c.list
    node: NodePtr = c.node
    at: uint32_t = c.at + 1 if after else c.at      # where the element belongs in the node
    neighbour: NodePtr = NULL
    element: Element
    done: cython.bint
    if after and at == node.count:
        neighbour = node.next
    elif not after and at == 0:
        neighbour = node.previous
    element_of(address(element), s)
    if allows(q, node, s.n):
        done = node_insert(
            heap, node, listpack_skip(c.p) if after else c.p, address(element), bytes_limit(q.fill))
        trim_inner(heap, q, node)
    elif allows(q, neighbour, s.n):
        done = node_push(heap, neighbour, address(element), after, bytes_limit(q.fill))
        trim_inner(heap, q, neighbour)
    else:
        done = insert_between(heap, q, node, at, s, after)
    if done:
        q.count += 1
    return done


def insert_between(heap, q, node, at, s, after):
    """The element as number `at` of a node that has no room for it. False when memory is short."""
    rest: NodePtr
    fresh: NodePtr = NULL
    element: Element
    if at == 0 or at == node.count or s.n > bytes_limit(q.fill):
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
    if at == 0 or at == node.count:
        link(q, fresh, node, at > 0)
        return True
    rest = node_split(heap, node, at)
    if rest == NULL:
        if fresh != NULL:
            node_release(heap, fresh, False)
        return False
    link(q, rest, node, True)
    if fresh != NULL:
        link(q, fresh, node, True)
        return True
    # It goes to the part with the element that it was to stand beside.
    element_of(address(element), s)
    if not node_push(heap, rest if after else node, address(element), after, bytes_limit(q.fill)):
        return False
    merge_around(heap, q, node if after else rest)
    return True


def quicklist_replace(heap, c, s):
    """Another element in the place of the one at the cursor. False when memory is short."""
    q: QuicklistPtr = c.list
    element: Element
    if c.node.form & NODE_PLAIN:
        return replace_plain(heap, q, c.node, s)
    if s.n > bytes_limit(q.fill) or c.node.bytes + s.n > LISTPACK_LIMIT:
        return replace_by_large(heap, c, s)
    element_of(address(element), s)
    if not node_replace(heap, c.node, c.p, address(element), bytes_limit(q.fill)):
        return False
    trim_inner(heap, q, c.node)
    return True


def replace_plain(heap, q, node, s):
    """The element of a plain node. A short one goes to the next node if there is room."""
    fresh: NodePtr
    element: Element
    if allows(q, node.next, s.n):
        element_of(address(element), s)
        if not node_push(heap, node.next, address(element), True, bytes_limit(q.fill)):
            return False
        trim_inner(heap, q, node.next)
    else:
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
        link(q, fresh, node, True)
    drop(heap, q, node)
    return True


def replace_by_large(heap, c, s):
    """A long element in the place of one in a packed node, which is split there."""
    q: QuicklistPtr = c.list
    node: NodePtr = c.node
    rest: NodePtr = NULL
    fresh: NodePtr = new_node_for(heap, q, s)
    if fresh == NULL:
        return False
    if c.at + 1 < node.count:
        rest = node_split(heap, node, c.at + 1)
        if rest == NULL:
            node_release(heap, fresh, False)
            return False
        link(q, rest, node, True)
    link(q, fresh, node, True)
    if node.count == 1:
        drop(heap, q, node)
    else:
        node_pop(heap, node, False)
        merge_around(heap, q, fresh)
    return True


def merge_around(heap, q, node):
    """Merge those of the node and its neighbours that fit together."""
    before: NodePtr
    if node.previous != NULL:
        merge(heap, q, node.previous.previous, node.previous)
    if node.next != NULL:
        merge(heap, q, node.next, node.next.next)
    before = node.previous
    if merge(heap, q, before, node):
        node = before
    merge(heap, q, node, node.next)


def merge(heap, q, node, following):
    """Append `following`, which is next, to the node if both (they may be NULL) fit into one. Did they?"""
    n: cython.size_t
    if node == NULL or following == NULL or (node.form | following.form) & NODE_PLAIN:
        return False
    n = cast(cython.size_t, node.bytes) + following.bytes - LISTPACK_EMPTY
    if not fits_node(q.fill, n, cast(uint64_t, node.count) + following.count) \
            or node.count + following.count > NODE_ELEMENTS_MAX \
            or not node_append(heap, node, following, n):
        return False
    drop(heap, q, following)
    return True


# --- removing --------------------------------------------------------------------------------------------------------


def quicklist_remove_range(heap, q, start, count):
    """Take out `count` elements from number `start` on; there are so many."""
    c: ListCursor
    node: NodePtr
    following: NodePtr
    n: uint32_t
    at: uint32_t
    if count == 0:
        return
    quicklist_seek(q, start, address(c))
    node = c.node
    at = c.at
    q.count -= count
    while count > 0:
        following = node.next
        n = node.count - at
        if n > count:
            n = cast(uint32_t, count)
        if n == node.count:
            drop(heap, q, node)
        else:
            node_remove(heap, node, listpack_at(node.data, at), n)
        count -= n
        node = following
        at = 0


def quicklist_remove_equal(heap, q, sought, limit, from_tail):
    """Take out the elements that are what is sought, at most `limit` of them, counted from that end. How many?"""
    removed: uint64_t = 0
    node: NodePtr = q.tail if from_tail else q.head
    following: NodePtr
    while node != NULL and removed < limit:
        following = node.previous if from_tail else node.next
        removed += remove_from_node(heap, q, node, sought, limit - removed, from_tail)
        node = following
    q.count -= removed
    return removed


def remove_from_node(heap, q, node, sought, limit, from_tail):
    item: Item
    found: uint64_t
    skip: cython.size_t = 0
    if node.form & NODE_PLAIN:
        item = plain_item(node)
        if item.n != sought.n or memcmp(item.p, sought.p, item.n) != 0:
            return 0
        drop(heap, q, node)
        return 1
    if from_tail:
        found = listpack_count_equal(node.data, sought)
        if found > limit:
            skip = found - limit
    found = node_remove_equal(heap, node, sought, skip, limit)
    if node.count == 0:
        drop(heap, q, node)
    return found
