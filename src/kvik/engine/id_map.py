"""An ordered map from stream IDs to pointers: a B+ tree with the IDs inside its nodes. The layout is drawn in id_map.pxd.

Streams keep three kinds of things by ID: their blocks, what a group has delivered and not seen acknowledged, and which
of that each consumer has. IDs mostly come in ascending order, and go in that order too. So an ID behind the last one
opens a new leaf instead of halving the full one (leaves stay full), leaves begin small and grow, and one that runs low
joins a neighbour of the same parent where both fit.

What the values point to is the owner's. Costs: find, insert, remove O(log n); a step of a cursor O(1).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_release, heap_resize
from cython.cimports.libc.stdint import uint16_t
from cython.cimports.libc.string import memcpy, memmove, memset

# --- nodes -----------------------------------------------------------------------------------------------------------


def node_new(heap, map, capacity):
    node: IdNodePtr = cast(IdNodePtr, heap_alloc(heap, node_bytes(capacity)))
    if node == NULL:
        return NULL
    node.count = 0
    node.capacity = cast(uint16_t, capacity)
    node.previous = NULL
    node.next = NULL
    map.bytes += node_memory(capacity)
    return node


def node_free(heap, map, node):
    map.bytes -= node_memory(node.capacity)
    heap_free(heap, node, node_bytes(node.capacity))


def node_put(node, at, id, value):
    """Into slot `at`; those from there on move up. There is room."""
    slot: IdSlotPtr = address(node.slots[at])
    memmove(slot + 1, slot, (node.count - at) * sizeof(IdSlot))
    slot.id = id
    slot.value = value
    node.count += 1


def node_take(node, at):
    """Out of slot `at`; those behind it move down."""
    node.count -= 1
    memmove(address(node.slots[at]), address(node.slots[at + 1]), (node.count - at) * sizeof(IdSlot))


def leaf_link(map, left, fresh):
    """Put the leaf `fresh` behind `left`."""
    fresh.previous = left
    fresh.next = left.next
    if left.next != NULL:
        left.next.previous = fresh
    else:
        map.last = fresh
    left.next = fresh


def leaf_unlink(map, leaf):
    if leaf.previous != NULL:
        leaf.previous.next = leaf.next
    else:
        map.first = leaf.next
    if leaf.next != NULL:
        leaf.next.previous = leaf.previous
    else:
        map.last = leaf.previous


def leaf_resize(heap, map, path, capacity):
    """Give the leaf at the end of the path another capacity, which may move it. NULL: no memory, nothing changed."""
    old: IdNodePtr = path.nodes[map.height]
    before: cython.int = old.capacity
    leaf: IdNodePtr = cast(IdNodePtr, heap_resize(heap, old, node_bytes(before), node_bytes(capacity)))
    if leaf == NULL:
        return NULL
    leaf.capacity = cast(uint16_t, capacity)
    map.bytes += node_memory(capacity)
    map.bytes -= node_memory(before)
    if leaf.previous != NULL:
        leaf.previous.next = leaf
    else:
        map.first = leaf
    if leaf.next != NULL:
        leaf.next.previous = leaf
    else:
        map.last = leaf
    if map.height > 0:
        path.nodes[map.height - 1].slots[path.at[map.height - 1]].value = leaf
    else:
        map.root = leaf
    path.nodes[map.height] = leaf
    return leaf


# --- life ------------------------------------------------------------------------------------------------------------


def id_map_free(heap, map, remote):
    """Free the nodes (`remote`: on a thread that does not own the heap) and leave an empty map. O(n)."""
    if map.root != NULL:
        nodes_free(heap, map.root, map.height, remote)
    memset(map, 0, sizeof(IdMap))


def nodes_free(heap, node, height, remote):
    i: cython.int
    if height > 0:
        for i in range(node.count):
            nodes_free(heap, cast(IdNodePtr, node.slots[i].value), height - 1, remote)
    heap_release(heap, node, node_bytes(node.capacity), remote)


# --- finding ---------------------------------------------------------------------------------------------------------


def leaf_of(map, id):
    """The leaf where `id` is or would be. The map is not empty."""
    node: IdNodePtr = map.root
    level: cython.int
    for level in range(map.height):
        node = cast(IdNodePtr, node.slots[child_place(node, id)].value)
    return node


def descend(map, id, path):
    """`leaf_of`, with the way there."""
    node: IdNodePtr = map.root
    level: cython.int
    at: cython.int
    for level in range(map.height):
        at = child_place(node, id)
        path.nodes[level] = node
        path.at[level] = at
        node = cast(IdNodePtr, node.slots[at].value)
    path.nodes[map.height] = node
    return node


def id_map_find(map, id):
    """The slot of `id`, NULL if there is none. Good until the map changes."""
    leaf: IdNodePtr
    at: cython.int
    if map.root == NULL:
        return NULL
    leaf = leaf_of(map, id)
    at = node_place(leaf, id)
    if at == leaf.count or id_less(id, leaf.slots[at].id):
        return NULL
    return address(leaf.slots[at])


def id_map_last(map):
    """The slot of the largest ID, NULL if the map is empty. O(1)."""
    return NULL if map.last == NULL else address(map.last.slots[map.last.count - 1])


def id_map_first(map):
    """At the smallest ID. O(1)."""
    cursor: IdCursor
    cursor.leaf = map.first
    cursor.at = 0
    return cursor


def place_of(map, id):
    """In the leaf where `id` belongs: at it, or where it would stand, which may be behind the last one."""
    cursor: IdCursor
    cursor.leaf = leaf_of(map, id)
    cursor.at = node_place(cursor.leaf, id)
    return cursor


def id_map_from(map, id):
    """At `id` or the first ID behind it."""
    cursor: IdCursor
    if map.root == NULL:
        return id_map_first(map)
    cursor = place_of(map, id)
    if cursor.at == cursor.leaf.count:
        cursor.leaf = cursor.leaf.next
        cursor.at = 0
    return cursor


def id_map_until(map, id):
    """At `id` or the last ID before it."""
    cursor: IdCursor
    if map.root == NULL:
        return id_map_first(map)
    cursor = place_of(map, id)
    if cursor.at == cursor.leaf.count or id_less(id, cursor.leaf.slots[cursor.at].id):
        cursor_previous(address(cursor))
    return cursor


# --- inserting -------------------------------------------------------------------------------------------------------


def id_map_insert(heap, map, id, value):
    """Insert an ID that is not there. False when memory is short: nothing has changed then."""
    path: IdPath
    leaf: IdNodePtr
    at: cython.int
    room: cython.int
    if map.root == NULL:
        leaf = node_new(heap, map, 1)
        if leaf == NULL:
            return False
        map.root = leaf
        map.first = leaf
        map.last = leaf
    leaf = descend(map, id, address(path))
    at = node_place(leaf, id)
    if leaf.count == NODE_SLOTS:
        if not insert_splitting(heap, map, address(path), at, id, value):
            return False
    else:
        if leaf.count == leaf.capacity:
            room = 2 * leaf.capacity
            leaf = leaf_resize(heap, map, address(path), room if room < NODE_SLOTS else NODE_SLOTS)
            if leaf == NULL:
                return False
        node_put(leaf, at, id, value)
    map.count += 1
    return True


def spares_new(heap, map, path):
    """A node for each one on the path that will split, from the leaf up, linked by `next`. NULL: no memory."""
    level: cython.int = map.height
    spares: IdNodePtr = NULL
    fresh: IdNodePtr
    while level >= -1:
        fresh = node_new(heap, map, NODE_SLOTS)
        if fresh == NULL:
            while spares != NULL:
                fresh = spares.next
                node_free(heap, map, spares)
                spares = fresh
            return NULL
        fresh.next = spares
        spares = fresh
        level -= 1
        if level >= 0 and path.nodes[level].count < NODE_SLOTS:
            break
    return spares


def insert_splitting(heap, map, path, at, id, value):
    """Insert into the full leaf at the end of the path, at `at`. Nodes split from there up to the first with room."""
    level: cython.int = map.height
    spares: IdNodePtr = spares_new(heap, map, path)
    fresh: IdNodePtr
    node: IdNodePtr
    append: cython.bint = map.last == path.nodes[level] and at == NODE_SLOTS
    if spares == NULL:
        return False
    while True:
        node = path.nodes[level]
        fresh = spares
        spares = fresh.next
        fresh.next = NULL
        if level == map.height:
            leaf_link(map, node, fresh)
        node_split(node, fresh, at, id, value, append)
        id = fresh.slots[0].id
        value = fresh
        if level == 0:
            break
        level -= 1
        at = path.at[level] + 1
        if path.nodes[level].count < NODE_SLOTS:
            node_put(path.nodes[level], at, id, value)
            return True
    node_put(spares, 0, map.root.slots[0].id, map.root)
    node_put(spares, 1, id, value)
    map.root = spares
    map.height += 1
    return True


def node_split(node, fresh, at, id, value, append):
    """The upper half of the full `node`, or none of it when `append`, goes to `fresh`; the new slot where it belongs."""
    kept: cython.int = NODE_SLOTS if append else NODE_SLOTS // 2
    fresh.count = cast(uint16_t, NODE_SLOTS - kept)
    memcpy(fresh.slots, address(node.slots[kept]), fresh.count * sizeof(IdSlot))
    node.count = cast(uint16_t, kept)
    if at > kept or append:
        node_put(fresh, at - kept, id, value)
    else:
        node_put(node, at, id, value)
    return fresh


# --- removing --------------------------------------------------------------------------------------------------------


def id_map_remove(heap, map, id):
    """Take `id` out and return its value, NULL if it is not there."""
    path: IdPath
    leaf: IdNodePtr
    at: cython.int
    value: cython.p_void
    if map.root == NULL:
        return NULL
    leaf = descend(map, id, address(path))
    at = node_place(leaf, id)
    if at == leaf.count or id_less(id, leaf.slots[at].id):
        return NULL
    value = leaf.slots[at].value
    node_take(leaf, at)
    map.count -= 1
    if leaf.count < NODE_LOW:
        settle(heap, map, address(path))
    return value


def settle(heap, map, path):
    """The leaf at the end of the path has become small: drop it or join it to a neighbour, and so upwards."""
    level: cython.int = map.height
    node: IdNodePtr
    while level > 0:
        node = path.nodes[level]
        if node.count == 0:
            if level == map.height:
                leaf_unlink(map, node)
            node_free(heap, map, node)
            node_take(path.nodes[level - 1], path.at[level - 1])
        elif node.count >= NODE_LOW or not join(heap, map, path, level):
            break
        level -= 1
    lower_root(heap, map)
    node = map.root
    if map.height == 0 and node != NULL and node.capacity >= 8 and node.count <= node.capacity // 4:
        path.nodes[0] = node
        leaf_resize(heap, map, path, node.capacity // 2)


def join(heap, map, path, level):
    """Put a node and one next to it, of the same parent, together. False: they do not fit, or memory is short."""
    parent: IdNodePtr = path.nodes[level - 1]
    at: cython.int = path.at[level - 1]
    left: IdNodePtr
    right: IdNodePtr
    if parent.count < 2:
        return False
    if at + 1 == parent.count or (at > 0 and cast(IdNodePtr, parent.slots[at - 1].value).count
                                  < cast(IdNodePtr, parent.slots[at + 1].value).count):
        at -= 1
    left = cast(IdNodePtr, parent.slots[at].value)
    right = cast(IdNodePtr, parent.slots[at + 1].value)
    if left.count + right.count > NODE_JOINED:
        return False
    if left.capacity < left.count + right.count:
        path.nodes[level] = left        # a leaf: inner nodes have room
        path.at[level - 1] = at
        left = leaf_resize(heap, map, path, NODE_SLOTS)
        if left == NULL:
            return False
    if level < map.height:
        right.slots[0].id = parent.slots[at + 1].id     # the first bound of a node may be wrong, as nobody reads it
    else:
        leaf_unlink(map, right)
    memcpy(address(left.slots[left.count]), right.slots, right.count * sizeof(IdSlot))
    left.count += right.count
    node_free(heap, map, right)
    node_take(parent, at + 1)
    return True


def lower_root(heap, map):
    """A root with a single child gives way to it, an empty leaf to nothing."""
    root: IdNodePtr = map.root
    while map.height > 0 and root.count == 1:
        map.root = cast(IdNodePtr, root.slots[0].value)
        map.height -= 1
        node_free(heap, map, root)
        root = map.root
    if map.height == 0 and root.count == 0:
        node_free(heap, map, root)
        map.root = NULL
        map.first = NULL
        map.last = NULL
