"""Quicklists: long lists, as a chain of nodes of bounded size. See quicklist.py.

    Quicklist | head | tail | count | ...
                 │      └───────────────────────────┐
                 ▼                                  ▼
               Node  ⇄  Node  ⇄  Node  ⇄  ...  ⇄  Node          (quicklist_node.pxd)
                 │        │        │                │
                 ▼        ▼        ▼                ▼
              listpack listpack  one long        listpack
                                 element
"""

from libc.stddef cimport size_t
from libc.stdint cimport int16_t, int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from kvik.engine.entry cimport ENCODING_LISTPACK, ENCODING_QUICKLIST, Raw, RawPtr
from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport (
    Element, Item, Listpack, Sought, element_is, listpack_item, listpack_next, listpack_previous,
)
from kvik.engine.quicklist_node cimport NODE_COMPRESSED, NODE_PACKED, NODE_PLAIN, Node, NodePtr
from kvik.engine.text cimport Slice

cdef enum:
    NODE_BYTES_MIN = 4096       # most bytes of a node with fill -1; -2: twice that, and so on
    FILL_MIN = -5
    FILL_MAX = 32767            # most elements of a node
    FILLED_BYTES = 8192         # most bytes of a node that is limited by its elements
    ELEMENT_ESTIMATE = 8        # what an element is taken to need beside its bytes
    WEIGHED_NODES = 64          # nodes that quicklist_memory looks at

cdef struct Quicklist:
    Node *head                  # NULL, and tail too: empty
    Node *tail
    uint64_t count              # elements
    uint32_t nodes
    int16_t fill                # list-max-listpack-size when the list was made
    uint16_t depth              # list-compress-depth likewise

ctypedef Quicklist *QuicklistPtr

cdef struct ListCursor:         # at an element of a quicklist, or of a listpack by itself; good until that changes
    Heap *heap
    Quicklist *list             # NULL: a listpack by itself
    Node *node
    Listpack lp                 # what p points into
    char *p                     # the element; NULL: the node is a plain one, and the element
    Slice plain
    uint32_t at                 # its number in the node
    bint failed                 # memory is short: the cursor went nowhere
    char *scratch               # a compressed node, uncompressed; list_close frees it
    size_t scratch_bytes

ctypedef ListCursor *ListCursorPtr

cdef Quicklist *quicklist_new(Heap *heap, int64_t fill, int64_t depth) noexcept nogil
cdef Quicklist *quicklist_of_listpack(Heap *heap, Listpack lp, int64_t fill, int64_t depth) noexcept nogil
cdef Listpack quicklist_to_listpack(Heap *heap, Quicklist *q) noexcept nogil
cdef void *quicklist_smallest(Heap *heap, Quicklist *q, int *encoding) noexcept nogil
cdef Quicklist *quicklist_copy(Heap *heap, const Quicklist *q) noexcept nogil
cdef void quicklist_free(Heap *heap, Quicklist *q, bint remote) noexcept nogil
cdef size_t quicklist_memory(const Quicklist *q) noexcept nogil

cdef bint quicklist_push(Heap *heap, Quicklist *q, const Slice *s, bint at_head) noexcept nogil
cdef void quicklist_pop(Heap *heap, Quicklist *q, bint at_head) noexcept nogil
cdef bint quicklist_insert(ListCursor *c, const Slice *s, bint after) noexcept nogil
cdef bint quicklist_replace(ListCursor *c, const Slice *s) noexcept nogil
cdef bint quicklist_open_at(Heap *heap, Quicklist *q, uint64_t index) noexcept nogil
cdef bint quicklist_remove_range(Heap *heap, Quicklist *q, uint64_t start, uint64_t count) noexcept nogil
cdef uint64_t quicklist_remove_equal(
    Heap *heap, Quicklist *q, const Sought *sought, uint64_t limit, bint from_tail, bint *failed) noexcept nogil
cdef void quicklist_append_node(Quicklist *q, Node *node) noexcept nogil
cdef void quicklist_settle(Heap *heap, Quicklist *q) noexcept nogil

cdef bint quicklist_seek(Heap *heap, Quicklist *q, uint64_t index, ListCursor *c) noexcept nogil
cdef void listpack_seek(Listpack lp, uint64_t index, ListCursor *c) noexcept nogil
cdef bint list_reserve(ListCursor *c, uint64_t count, bint forward) noexcept nogil
cdef bint list_next_node(ListCursor *c) noexcept nogil
cdef bint list_previous_node(ListCursor *c) noexcept nogil
cdef void list_free_scratch(ListCursor *c) noexcept nogil

cdef bint allows(const Quicklist *q, const Node *node, size_t n) noexcept nogil
cdef Node *new_node_for(Heap *heap, const Quicklist *q, const Slice *s) noexcept nogil
cdef bint push_to(
    Heap *heap, Quicklist *q, Node *node, const Slice *s, bint at_head) noexcept nogil
cdef void link(Quicklist *q, Node *node, Node *beside, bint after) noexcept nogil
cdef void drop(Heap *heap, Quicklist *q, Node *node) noexcept nogil
cdef Node *find_node(const Quicklist *q, uint64_t index, uint32_t *at) noexcept nogil
cdef void list_open(ListCursor *c, Heap *heap, Quicklist *q) noexcept nogil
cdef bint enter_node(ListCursor *c, Node *node, uint32_t at) noexcept nogil
cdef char *make_scratch(ListCursor *c, size_t n) noexcept nogil
cdef bint insert_between(
    Heap *heap, Quicklist *q, Node *node, uint32_t at, const Slice *s, bint after) noexcept nogil
cdef bint replace_plain(Heap *heap, Quicklist *q, Node *node, const Slice *s) noexcept nogil
cdef bint replace_by_large(ListCursor *c, const Slice *s) noexcept nogil
cdef void merge_around(Heap *heap, Quicklist *q, Node *node) noexcept nogil
cdef bint merge(Heap *heap, Quicklist *q, Node *node, Node *following) noexcept nogil
cdef bint is_inner(const Quicklist *q, const Node *node) noexcept nogil
cdef void settle_node(Heap *heap, Quicklist *q, Node *node) noexcept nogil
cdef uint64_t remove_from_node(
    ListCursor *c, Node *node, const Sought *sought, uint64_t limit, bint from_tail) noexcept nogil

cdef inline size_t bytes_limit(int64_t fill) noexcept nogil:
    """The most bytes of a node, which is the most of an element in a packed one, too."""
    if fill >= 0:
        return FILLED_BYTES
    return <size_t>NODE_BYTES_MIN << (-1 - (fill if fill > FILL_MIN else FILL_MIN))

cdef inline bint fits_node(int64_t fill, size_t n, uint64_t count) noexcept nogil:
    """May a node have n bytes and so many elements?"""
    return n <= bytes_limit(fill) and (fill < 0 or count <= <uint64_t>(fill if fill > 1 else 1))

cdef inline Item list_item(const ListCursor *c) noexcept nogil:
    """The element. A string's bytes are those in the list, or in the cursor's scratch."""
    cdef Item item
    if c.p != NULL:
        return listpack_item(c.p)
    item.p = c.plain.p
    item.n = c.plain.n
    item.integer = 0
    return item

cdef inline bint list_item_is(const ListCursor *c, const Sought *sought) noexcept nogil:
    """Is the element what is sought?"""
    if c.p != NULL:
        return element_is(c.p, sought)
    return c.plain.n == sought.n and memcmp(c.plain.p, sought.p, sought.n) == 0

cdef inline bint list_next(ListCursor *c) noexcept nogil:
    """To the next element. False: that was the last, or memory is short (`failed`); the cursor is no good any more."""
    if c.p != NULL:
        c.p = listpack_next(c.p)
        c.at += 1
        if c.p != NULL:
            return True
    return list_next_node(c)

cdef inline bint list_previous(ListCursor *c) noexcept nogil:
    """To the element before. False: that was the first, or memory is short (`failed`); the cursor is no good any more.
    """
    if c.at > 0:
        c.p = listpack_previous(c.lp, c.p)
        c.at -= 1
        return True
    return list_previous_node(c)

cdef inline void list_close(ListCursor *c) noexcept nogil:
    """For a cursor that was set to an element, when it is not used any more."""
    if c.scratch != NULL:
        list_free_scratch(c)
