"""Nodes of a quicklist: a listpack with room on both sides, or one long element. See quicklist_node.py.

    packed        data ──────────┐
                                 ▼
    block  |  lead bytes, unused | listpack, `bytes` long    | unused    |     `capacity` bytes

    plain         data ──▶ Raw: one element, too long for a listpack of this list
    compressed    data ──▶ `capacity` bytes of LZF; `bytes` long before, a listpack or the element of a plain node
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from kvik.engine.entry cimport Raw, RawPtr
from kvik.engine.heap cimport Heap
from kvik.engine.listpack cimport Element, Listpack, Sought
from kvik.engine.text cimport Slice

cdef enum:                      # Node.form
    NODE_PACKED = 0
    NODE_PLAIN = 1
    NODE_COMPRESSED = 2         # beside either of them

cdef enum:
    NODE_ELEMENTS_MAX = 65534   # the most that a listpack can tell the number of
    ROOM_MIN = 32               # spare room that a growing node gets at least; else half of what it has
    THIN = 4                    # a node that fills less than one THINth of its block gets a smaller one
    FIT_MIN = 64                # bytes that are worth a new block
    COMPRESS_MIN = 48           # shorter ones are not compressed,
    COMPRESS_GAIN = 8           # nor those that would not get shorter by so much

cdef struct Node:
    Node *previous
    Node *next
    char *data
    uint32_t bytes
    uint32_t capacity
    uint32_t lead
    uint16_t count              # elements
    uint8_t form

ctypedef Node *NodePtr

cdef Node *node_new(Heap *heap, int form, void *data) noexcept nogil
cdef Node *node_of_listpack(Heap *heap, Listpack lp) noexcept nogil
cdef Node *node_of_raw(Heap *heap, Raw *raw) noexcept nogil
cdef Node *node_of_text(Heap *heap, const Slice *s) noexcept nogil
cdef Node *node_of_element(Heap *heap, const Element *element) noexcept nogil
cdef Node *node_copy(Heap *heap, const Node *node) noexcept nogil
cdef void node_release(Heap *heap, Node *node, bint remote) noexcept nogil
cdef size_t node_memory(const Node *node) noexcept nogil

cdef bint node_push(Heap *heap, Node *node, const Element *element, bint at_head, size_t most) noexcept nogil
cdef void node_pop(Heap *heap, Node *node, bint at_head) noexcept nogil
cdef bint node_insert(Heap *heap, Node *node, char *p, const Element *element, size_t most) noexcept nogil
cdef bint node_replace(Heap *heap, Node *node, char *p, const Element *element, size_t most) noexcept nogil
cdef void node_remove(Heap *heap, Node *node, char *p, uint32_t count) noexcept nogil
cdef uint32_t node_remove_equal(
    Heap *heap, Node *node, const Sought *sought, size_t skip, uint64_t limit) noexcept nogil
cdef Node *node_split(Heap *heap, Node *node, uint32_t at) noexcept nogil
cdef bint node_append(Heap *heap, Node *node, const Node *other, size_t most) noexcept nogil
cdef bint node_fit(Heap *heap, Node *node) noexcept nogil
cdef void node_trim(Heap *heap, Node *node) noexcept nogil

cdef bint node_open(Heap *heap, Node *node) noexcept nogil
cdef void node_compress(Heap *heap, Node *node) noexcept nogil
cdef size_t node_length(const Node *node) noexcept nogil

cdef char *node_gap(Heap *heap, Node *node, char *p, size_t n, size_t most) noexcept nogil
cdef char *node_cut(Node *node, char *p, char *end, uint32_t removed) noexcept nogil
cdef bint node_room(Heap *heap, Node *node, size_t need, bint at_head, size_t most) noexcept nogil
cdef bint node_regrow(Heap *heap, Node *node, size_t capacity, bint at_head) noexcept nogil
cdef void node_slide(Node *node, size_t lead) noexcept nogil
cdef void node_thin(Heap *heap, Node *node) noexcept nogil
cdef void node_header(Node *node) noexcept nogil

cdef inline size_t node_slack(const Node *node) noexcept nogil:
    """Unused bytes behind the listpack."""
    return node.capacity - node.lead - node.bytes

cdef inline char *node_end(const Node *node) noexcept nogil:
    """The end byte of the listpack."""
    return node.data + node.bytes - 1
