"""An ordered map from stream IDs to pointers, a B+ tree. See id_map.py.

    root            | - | ID | ID |            the ID of a child is a bound: nothing in it or behind it is smaller
                      │    │    └──────────┐   (the first child of all has none)
                      ▼    ▼               ▼
    leaves    | ID value | ID value ... | ⇄ | ID value ... | ⇄ | ID value |

    node   | count | capacity |      | previous | next | slot | slot | ...
             2 B     2 B       4 B     8 B        8 B    24 B each: an ID and a value or child
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint16_t, uint64_t

from kvik.engine.heap cimport Heap, class_bytes, size_class
from kvik.engine.stream_id cimport StreamID, id_less

cdef enum:
    NODE_HEADER = 24
    NODE_SLOTS = 41             # of a full node: 1008 bytes, a size class
    NODE_LOW = 10               # a node with fewer joins a neighbour,
    NODE_JOINED = 30            # if they have no more together
    HEIGHT_MAX = 24             # levels: more than memory could hold

cdef struct IdSlot:
    StreamID id
    void *value

ctypedef IdSlot *IdSlotPtr

cdef struct IdNode:
    uint16_t count
    uint16_t capacity           # of a leaf, which grows; inner nodes have room for NODE_SLOTS
    IdNode *previous            # leaves only
    IdNode *next
    IdSlot slots[1]             # `capacity` of them

ctypedef IdNode *IdNodePtr

cdef struct IdMap:              # all zero: empty
    IdNode *root
    IdNode *first               # leaf
    IdNode *last
    uint64_t count
    size_t bytes                # memory of all nodes
    int height                  # levels of inner nodes above the leaves

ctypedef IdMap *IdMapPtr

cdef struct IdCursor:           # a place in the map, good until the map changes
    IdNode *leaf                # NULL: beyond either end
    int at

ctypedef IdCursor *IdCursorPtr

cdef struct IdPath:             # from the root (0) to a leaf, and which slot was taken in each
    IdNode *nodes[25]
    int at[25]

ctypedef IdPath *IdPathPtr

cdef inline size_t node_bytes(int capacity) noexcept nogil:
    return NODE_HEADER + <size_t>capacity * sizeof(IdSlot)

cdef inline size_t node_memory(int capacity) noexcept nogil:
    """What its block takes."""
    return class_bytes(size_class(node_bytes(capacity)))

cdef inline IdSlot *cursor_slot(const IdCursor *cursor) noexcept nogil:
    return &cursor.leaf.slots[cursor.at]

cdef inline int node_place(const IdNode *node, StreamID id) noexcept nogil:
    """How many slots of the node have a smaller ID."""
    cdef int low = 0
    cdef int high = node.count
    cdef int middle
    while low < high:
        middle = (low + high) >> 1
        if id_less(node.slots[middle].id, id):
            low = middle + 1
        else:
            high = middle
    return low

cdef inline int child_place(const IdNode *node, StreamID id) noexcept nogil:
    """Which child of an inner node `id` belongs in. The bound of the first one counts for nothing."""
    cdef int low = 1
    cdef int high = node.count
    cdef int middle
    while low < high:
        middle = (low + high) >> 1
        if id_less(id, node.slots[middle].id):
            high = middle
        else:
            low = middle + 1
    return low - 1

cdef inline void cursor_next(IdCursor *cursor) noexcept nogil:
    cursor.at += 1
    if cursor.at == cursor.leaf.count:
        cursor.leaf = cursor.leaf.next
        cursor.at = 0

cdef inline void cursor_previous(IdCursor *cursor) noexcept nogil:
    cursor.at -= 1
    if cursor.at < 0:
        cursor.leaf = cursor.leaf.previous
        if cursor.leaf != NULL:
            cursor.at = cursor.leaf.count - 1

cdef void id_map_free(Heap *heap, IdMap *map, bint remote) noexcept nogil
cdef void nodes_free(Heap *heap, IdNode *node, int height, bint remote) noexcept nogil
cdef IdSlot *id_map_find(const IdMap *map, StreamID id) noexcept nogil
cdef IdSlot *id_map_last(const IdMap *map) noexcept nogil
cdef bint id_map_insert(Heap *heap, IdMap *map, StreamID id, void *value) noexcept nogil
cdef void *id_map_remove(Heap *heap, IdMap *map, StreamID id) noexcept nogil
cdef IdCursor id_map_first(const IdMap *map) noexcept nogil
cdef IdCursor place_of(const IdMap *map, StreamID id) noexcept nogil
cdef IdCursor id_map_from(const IdMap *map, StreamID id) noexcept nogil
cdef IdCursor id_map_until(const IdMap *map, StreamID id) noexcept nogil

cdef IdNode *node_new(Heap *heap, IdMap *map, int capacity) noexcept nogil
cdef void node_free(Heap *heap, IdMap *map, IdNode *node) noexcept nogil
cdef IdNode *leaf_of(const IdMap *map, StreamID id) noexcept nogil
cdef IdNode *descend(const IdMap *map, StreamID id, IdPath *path) noexcept nogil
cdef void node_put(IdNode *node, int at, StreamID id, void *value) noexcept nogil
cdef void node_take(IdNode *node, int at) noexcept nogil
cdef void leaf_link(IdMap *map, IdNode *left, IdNode *fresh) noexcept nogil
cdef void leaf_unlink(IdMap *map, IdNode *leaf) noexcept nogil
cdef IdNode *leaf_resize(Heap *heap, IdMap *map, IdPath *path, int capacity) noexcept nogil
cdef bint insert_splitting(Heap *heap, IdMap *map, IdPath *path, int at, StreamID id, void *value) noexcept nogil
cdef IdNode *spares_new(Heap *heap, IdMap *map, const IdPath *path) noexcept nogil
cdef IdNode *node_split(IdNode *node, IdNode *fresh, int at, StreamID id, void *value, bint append) noexcept nogil
cdef void settle(Heap *heap, IdMap *map, IdPath *path) noexcept nogil
cdef bint join(Heap *heap, IdMap *map, IdPath *path, int level) noexcept nogil
cdef void lower_root(Heap *heap, IdMap *map) noexcept nogil
