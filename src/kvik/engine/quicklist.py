"""Quicklists: long lists, as a chain of nodes of bounded size. The drawing is in quicklist.pxd.

`fill` says how large a node becomes: -1 to -5 at most 4 KiB to 64 KiB, a positive number at most so many elements (and
8 KiB). An element that is longer than a node may be stands in a plain node of its own. Which node takes an element, and
where nodes are split and merged, is as in Redis, so that a list has the same nodes there and here, and in files.

Lists are used at their ends, where pushing and popping costs the same whatever the size of list and node is (see
quicklist_node.py). A node inside is never merged but after it was split. So costs are O(1) at the ends, O(nodes) to
find a place inside, from the nearer end, and O(bytes of a node) to change something there.

With a `depth` (list-compress-depth), all nodes but so many at either end are compressed, as far as memory and content
allow (`quicklist_settle`). Reading leaves them so: a cursor uncompresses the node that it is in to a scratch block of
its own. Whatever changes a node opens it first, which may fail for want of memory.
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
)
from cython.cimports.kvik.engine.lzf import lzf_decompress
from cython.cimports.kvik.engine.quicklist_node import (
    NODE_ELEMENTS_MAX,
    node_append,
    node_compress,
    node_copy,
    node_end,
    node_fit,
    node_insert,
    node_memory,
    node_of_element,
    node_of_listpack,
    node_of_text,
    node_open,
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
from cython.cimports.libc.string import memset

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
    if not node_open(heap, node) or not node_fit(heap, node):
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
    """The node, which is the list's from now on, and its elements behind all others. (Settle the list then.)"""
    link(q, node, q.tail, True)
    q.count += node.count


def quicklist_settle(heap, q):
    """The chain has changed: open the nodes that are less than `depth` from an end, compress those next to them."""
    front: NodePtr = q.head
    back: NodePtr = q.tail
    _: cython.int
    if q.depth == 0 or front == NULL:
        return
    for _ in range(q.depth):
        node_open(heap, front)
        node_open(heap, back)
        if front == back or front.next == back:
            return
        front = front.next
        back = back.previous
    node_compress(heap, front)
    node_compress(heap, back)


def is_inner(q, node):
    """Is it a node to compress?"""
    front: NodePtr = q.head
    back: NodePtr = q.tail
    _: cython.int
    if q.depth == 0:
        return False
    for _ in range(q.depth):
        if node in (front, back) or front == back or front.next == back:
            return False
        front = front.next
        back = back.previous
    return True


def settle_node(heap, q, node):
    """A node has changed: compress it if it is to be, or take its spare room if it is at neither end."""
    if is_inner(q, node):
        node_compress(heap, node)
    elif node.previous != NULL and node.next != NULL:
        node_trim(heap, node)


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


def push_to(heap, q, node, s, at_head):
    """One more element at that end of the node. False when memory is short."""
    element: Element
    if not node_open(heap, node):
        return False
    element_of(address(element), s)
    return node_push(heap, node, address(element), at_head, bytes_limit(q.fill))


# --- at the ends -----------------------------------------------------------------------------------------------------


def quicklist_push(heap, q, s, at_head):
    """One more element at that end. False when memory is short."""
    end: NodePtr = q.head if at_head else q.tail
    fresh: NodePtr
    if allows(q, end, s.n):
        if not push_to(heap, q, end, s, at_head):
            return False
    else:
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
        link(q, fresh, end, not at_head)
        if end != NULL:
            node_trim(heap, end)
            quicklist_settle(heap, q)
    q.count += 1
    return True


def quicklist_pop(heap, q, at_head):
    """Take out the element at that end; there is one, and quicklist_open_at has opened it."""
    end: NodePtr = q.head if at_head else q.tail
    if end.count == 1:
        drop(heap, q, end)
        quicklist_settle(heap, q)
    else:
        node_pop(heap, end, at_head)
    q.count -= 1


# --- finding a place -------------------------------------------------------------------------------------------------


def find_node(q, index, at):
    """The node with element number `index`, and the element's number in it. O(nodes from the nearer end)."""
    node: NodePtr
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
    at[0] = cast(uint32_t, index)
    return node


def quicklist_open_at(heap, q, index):
    """Open the node with element number `index`, so that no change there can fail for that. False: no memory."""
    at: uint32_t = 0
    return q.depth == 0 or node_open(heap, find_node(q, index, address(at)))


def list_open(c, heap, q):
    c.heap = heap
    c.list = q
    c.node = NULL
    c.failed = False
    c.scratch = NULL
    c.scratch_bytes = 0


def quicklist_seek(heap, q, index, c):
    """Set the cursor to element number `index`; there is one. False: memory is short, nothing to close."""
    at: uint32_t = 0
    node: NodePtr = find_node(q, index, address(at))
    list_open(c, heap, q)
    return enter_node(c, node, at)


def listpack_seek(lp, index, c):
    """Set the cursor to element number `index` of a listpack by itself; there is one."""
    list_open(c, NULL, NULL)
    c.lp = lp
    c.p = listpack_at(lp, index)
    c.at = cast(uint32_t, index)


def enter_node(c, node, at):
    """To element number `at` of the node. False: memory is short."""
    data: cython.p_char = node.data
    raw: RawPtr
    c.node = node
    c.at = at
    c.lp = NULL
    c.p = NULL
    if node.form & NODE_COMPRESSED:
        data = make_scratch(c, node.bytes)
        if data == NULL:
            c.failed = True
            return False
        lzf_decompress(node.data, node.capacity, data, node.bytes)
        c.plain.p = data
        c.plain.n = node.bytes
    elif node.form & NODE_PLAIN:
        raw = cast(RawPtr, data)
        c.plain.p = raw.data
        c.plain.n = raw.length
    if not node.form & NODE_PLAIN:
        c.lp = data
        c.p = listpack_at(data, at)
    return True


def make_scratch(c, n):
    if c.scratch_bytes < n:
        list_close(c)
        c.scratch = cast(cython.p_char, heap_alloc(c.heap, n))
        c.scratch_bytes = n if c.scratch != NULL else 0
    return c.scratch


def list_free_scratch(c):
    heap_free(c.heap, c.scratch, c.scratch_bytes)
    c.scratch = NULL
    c.scratch_bytes = 0


def list_reserve(c, count, forward):
    """See to it that walking over `count` elements, from the one at the cursor on, cannot fail. False: no memory."""
    node: NodePtr = c.node
    covered: uint64_t = 0           # elements of the nodes looked at
    most: cython.size_t = 0
    if c.list == NULL or c.list.depth == 0:
        return True
    count += c.at if forward else node.count - 1 - c.at
    while node != NULL and covered < count:
        if node.form & NODE_COMPRESSED and node.bytes > most:
            most = node.bytes
        covered += node.count
        node = node.next if forward else node.previous
    if most <= c.scratch_bytes:
        return True
    return make_scratch(c, most) != NULL and enter_node(c, c.node, c.at)


def list_next_node(c):
    """To the first element of the next node. False: there is none, or memory is short."""
    if c.node == NULL or c.node.next == NULL:
        return False
    return enter_node(c, c.node.next, 0)


def list_previous_node(c):
    """To the last element of the node before. False: there is none, or memory is short."""
    if c.node == NULL or c.node.previous == NULL:
        return False
    return enter_node(c, c.node.previous, c.node.previous.count - 1)


# --- inside ----------------------------------------------------------------------------------------------------------


def quicklist_insert(c, s, after):
    """One more element behind or before the one at the cursor. False when memory is short."""
    q: QuicklistPtr = c.list
    node: NodePtr = c.node
    at: uint32_t = c.at + 1 if after else c.at      # where the element belongs in the node
    neighbour: NodePtr = NULL
    element: Element
    p: cython.p_char
    done: cython.bint
    if after and at == node.count:
        neighbour = node.next
    elif not after and at == 0:
        neighbour = node.previous
    if allows(q, node, s.n):
        if not node_open(c.heap, node):
            return False
        element_of(address(element), s)
        p = node_end(node) if at == node.count else listpack_at(node.data, at)
        done = node_insert(c.heap, node, p, address(element), bytes_limit(q.fill))
        settle_node(c.heap, q, node)
    elif allows(q, neighbour, s.n):
        done = push_to(c.heap, q, neighbour, s, after)
        settle_node(c.heap, q, neighbour)
    else:
        done = insert_between(c.heap, q, node, at, s, after)
    if done:
        q.count += 1
    return done


def insert_between(heap, q, node, at, s, after):
    """The element as number `at` of a node that has no room for it. False when memory is short."""
    rest: NodePtr = NULL
    fresh: NodePtr = NULL
    inside: cython.bint = 0 < at < node.count
    if not inside or s.n > bytes_limit(q.fill):
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
    if inside:
        if node_open(heap, node):
            rest = node_split(heap, node, at)
        if rest == NULL:
            if fresh != NULL:
                node_release(heap, fresh, False)
            return False
        link(q, rest, node, True)
    if fresh != NULL:
        link(q, fresh, node, at > 0)
        settle_node(heap, q, fresh)
        settle_node(heap, q, node)
        if rest != NULL:
            settle_node(heap, q, rest)
    else:
        # It goes to the part with the element that it was to stand beside.
        if not push_to(heap, q, rest if after else node, s, after):
            return False
        merge_around(heap, q, node if after else rest)
    quicklist_settle(heap, q)
    return True


def quicklist_replace(c, s):
    """Another element in the place of the one at the cursor. False when memory is short."""
    q: QuicklistPtr = c.list
    node: NodePtr = c.node
    element: Element
    if node.form & NODE_PLAIN:
        return replace_plain(c.heap, q, node, s)
    if not node_open(c.heap, node):
        return False
    if s.n > bytes_limit(q.fill) or node.bytes + s.n > LISTPACK_LIMIT:
        return replace_by_large(c, s)
    element_of(address(element), s)
    if not node_replace(c.heap, node, listpack_at(node.data, c.at), address(element), bytes_limit(q.fill)):
        return False
    settle_node(c.heap, q, node)
    return True


def replace_plain(heap, q, node, s):
    """The element of a plain node. A short one goes to the next node if there is room."""
    fresh: NodePtr = node.next
    if allows(q, fresh, s.n):
        if not push_to(heap, q, fresh, s, True):
            return False
    else:
        fresh = new_node_for(heap, q, s)
        if fresh == NULL:
            return False
        link(q, fresh, node, True)
    drop(heap, q, node)
    settle_node(heap, q, fresh)
    quicklist_settle(heap, q)
    return True


def replace_by_large(c, s):
    """A long element in the place of one in a packed node, which is split there."""
    q: QuicklistPtr = c.list
    node: NodePtr = c.node
    rest: NodePtr = NULL
    fresh: NodePtr = new_node_for(c.heap, q, s)
    if fresh == NULL:
        return False
    if c.at + 1 < node.count:
        rest = node_split(c.heap, node, c.at + 1)
        if rest == NULL:
            node_release(c.heap, fresh, False)
            return False
        link(q, rest, node, True)
    link(q, fresh, node, True)
    if node.count == 1:
        drop(c.heap, q, node)
        if rest != NULL:
            settle_node(c.heap, q, rest)
    else:
        node_pop(c.heap, node, False)
        merge_around(c.heap, q, fresh)
    settle_node(c.heap, q, fresh)
    quicklist_settle(c.heap, q)
    return True


def merge_around(heap, q, node):
    """Merge those of the node and its neighbours that fit together, and settle what is left of them."""
    before: NodePtr
    if node.previous != NULL:
        merge(heap, q, node.previous.previous, node.previous)
    if node.next != NULL:
        merge(heap, q, node.next, node.next.next)
    before = node.previous
    if merge(heap, q, before, node):
        node = before
    merge(heap, q, node, node.next)
    settle_node(heap, q, node)
    if node.previous != NULL:
        settle_node(heap, q, node.previous)
    if node.next != NULL:
        settle_node(heap, q, node.next)


def merge(heap, q, node, following):
    """Append `following`, which is next, to the node if both (they may be NULL) fit into one. Did they?"""
    n: cython.size_t
    if node == NULL or following == NULL or (node.form | following.form) & NODE_PLAIN:
        return False
    n = cast(cython.size_t, node.bytes) + following.bytes - LISTPACK_EMPTY
    if not fits_node(q.fill, n, cast(uint64_t, node.count) + following.count) \
            or node.count + following.count > NODE_ELEMENTS_MAX \
            or not node_open(heap, node) or not node_open(heap, following) \
            or not node_append(heap, node, following, n):
        return False
    drop(heap, q, following)
    return True


# --- removing --------------------------------------------------------------------------------------------------------


def quicklist_remove_range(heap, q, start, count):
    """Take out `count` elements from number `start` on; there are so many.

    False when memory is short and nothing has changed: never when quicklist_open_at was called for the first and the
    last of them.
    """
    at: uint32_t = 0
    n: uint32_t
    node: NodePtr
    following: NodePtr
    if count == 0:
        return True
    if not quicklist_open_at(heap, q, start) or not quicklist_open_at(heap, q, start + count - 1):
        return False
    node = find_node(q, start, address(at))
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
            settle_node(heap, q, node)
        count -= n
        node = following
        at = 0
    quicklist_settle(heap, q)
    return True


def quicklist_remove_equal(heap, q, sought, limit, from_tail, failed):
    """Take out the elements that are what is sought, at most `limit` of them, counted from that end. How many?

    `failed`: memory was too short to look at all of them.
    """
    removed: uint64_t = 0
    c: ListCursor
    node: NodePtr = q.tail if from_tail else q.head
    following: NodePtr
    list_open(address(c), heap, q)
    while node != NULL and removed < limit and not c.failed:
        following = node.previous if from_tail else node.next
        removed += remove_from_node(address(c), node, sought, limit - removed, from_tail)
        node = following
    list_close(address(c))
    quicklist_settle(heap, q)
    q.count -= removed
    failed[0] = c.failed
    return removed


def remove_from_node(c, node, sought, limit, from_tail):
    found: uint64_t
    skip: cython.size_t = 0
    if not enter_node(c, node, 0):
        return 0
    if node.form & NODE_PLAIN:
        if not list_item_is(c, sought):
            return 0
        drop(c.heap, c.list, node)
        return 1
    if node.form & NODE_COMPRESSED or from_tail:
        found = listpack_count_equal(c.lp, sought)
        if found == 0:
            return 0
        if from_tail and found > limit:
            skip = found - limit
        if not node_open(c.heap, node):
            c.failed = True
            return 0
    found = node_remove_equal(c.heap, node, sought, skip, limit)
    if node.count == 0:
        drop(c.heap, c.list, node)
    elif found > 0:
        settle_node(c.heap, c.list, node)
    return found
