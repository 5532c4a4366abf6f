"""Nodes of a quicklist; the drawing is in quicklist_node.pxd.

A node's listpack is always whole and in one piece, so that it can be copied to a file as it stands; but it may begin
behind the start of its block and end before the block does. So pushing at the head writes the element, and before it
the listpack's header, which moves down with it, and popping there moves the header up: neither moves the other
elements, as neither does at the tail. Inside, whatever is shorter moves, the part before or the part behind.

A node that needs room gets half as much again as it has, up to the size (`most`) at which its list starts another node;
`node_trim` takes the spare room away when the node is no longer at an end of the list.

A compressed node can be copied and freed; for anything else it is opened (`node_open`).

Costs: push and pop at either end O(element) amortized; everything else O(bytes).
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.entry import raw_bytes, raw_free, raw_new
from cython.cimports.kvik.engine.heap import (
    SMALL_MAX,
    class_bytes,
    heap_alloc,
    heap_block_bytes,
    heap_free,
    heap_release,
    heap_resize,
    same_block,
    size_class,
)
from cython.cimports.kvik.engine.intrinsics import store32
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_EMPTY,
    LISTPACK_END,
    LISTPACK_HEADER,
    LISTPACK_LIMIT,
    element_bytes,
    element_write,
    listpack_at,
    listpack_bytes,
    listpack_count,
    listpack_last,
    listpack_remove_equal,
    listpack_skip,
    store16,
)
from cython.cimports.kvik.engine.lzf import lzf_compress, lzf_decompress
from cython.cimports.libc.stdint import UINT32_MAX, uint16_t, uint32_t
from cython.cimports.libc.string import memcpy, memmove, memset

# --- life ------------------------------------------------------------------------------------------------------------


def node_new(heap, form, data):
    node: NodePtr = cast(NodePtr, heap_alloc(heap, sizeof(Node)))
    if node != NULL:
        memset(node, 0, sizeof(Node))
        node.form = form
        node.count = 1
        node.data = cast(cython.p_char, data)
    return node


def node_of_listpack(heap, lp):
    """A node that takes the listpack over. NULL when memory is short."""
    node: NodePtr = node_new(heap, NODE_PACKED, lp)
    if node != NULL:
        node.bytes = cast(uint32_t, listpack_bytes(lp))
        node.capacity = node.bytes
        node.count = cast(uint16_t, listpack_count(lp))
    return node


def node_of_raw(heap, raw):
    """A plain node that takes the block over. NULL when memory is short."""
    return node_new(heap, NODE_PLAIN, raw)


def node_of_text(heap, s):
    """A plain node. NULL when memory is short."""
    node: NodePtr
    raw: RawPtr = raw_new(heap, s.n)
    if raw == NULL:
        return NULL
    memcpy(raw.data, s.p, s.n)
    raw.length = s.n
    node = node_of_raw(heap, raw)
    if node == NULL:
        raw_free(heap, raw)
    return node


def node_of_element(heap, element):
    """A packed node with this one element. NULL when memory is short."""
    n: cython.size_t = LISTPACK_EMPTY + element_bytes(element)
    data: cython.p_char = cast(cython.p_char, heap_alloc(heap, n))
    node: NodePtr
    if data == NULL:
        return NULL
    node = node_new(heap, NODE_PACKED, data)
    if node == NULL:
        heap_free(heap, data, n)
        return NULL
    node.bytes = cast(uint32_t, n)
    node.capacity = node.bytes
    node_header(node)
    element_write(data + LISTPACK_HEADER, element)[0] = cast(cython.char, LISTPACK_END)
    return node


def node_copy(heap, node):
    """A node by itself with the same elements. NULL when memory is short."""
    fresh: NodePtr = node_new(heap, node.form, NULL)
    n: cython.size_t = node.capacity if node.form & NODE_COMPRESSED else node.bytes
    raw: RawPtr
    own: RawPtr
    if fresh == NULL:
        return NULL
    if node.form == NODE_PLAIN:
        raw = cast(RawPtr, node.data)
        own = raw_new(heap, raw.length)
        if own != NULL:
            memcpy(own.data, raw.data, raw.length)
            own.length = raw.length
        fresh.data = cast(cython.p_char, own)
    else:
        fresh.data = cast(cython.p_char, heap_alloc(heap, n))
        if fresh.data != NULL:
            memcpy(fresh.data, node.data, n)
        fresh.bytes = node.bytes
        fresh.capacity = cast(uint32_t, n)
        fresh.count = node.count
    if fresh.data == NULL:
        heap_free(heap, fresh, sizeof(Node))
        return NULL
    return fresh


def node_release(heap, node, remote):
    """Free the node and its elements. `remote`: on a thread that does not own the heap."""
    raw: RawPtr
    if node.form == NODE_PLAIN:
        raw = cast(RawPtr, node.data)
        heap_release(heap, raw, raw_bytes(raw.capacity), remote)
    else:
        heap_release(heap, node.data - node.lead, node.capacity, remote)
    heap_release(heap, node, sizeof(Node), remote)


def node_memory(node):
    """What the node takes."""
    n: cython.size_t = heap_block_bytes(cast(NodePtr, node), sizeof(Node))
    raw: RawPtr
    if node.form == NODE_PLAIN:
        raw = cast(RawPtr, node.data)
        return n + heap_block_bytes(raw, raw_bytes(raw.capacity))
    return n + heap_block_bytes(node.data - node.lead, node.capacity)


# --- room in the block -----------------------------------------------------------------------------------------------


def node_header(node):
    """Write the listpack's header, where it begins now."""
    store32(node.data, node.bytes)
    store16(node.data + 4, node.count)


def node_slide(node, lead):
    """Move the listpack inside its block."""
    to: cython.p_char = node.data - node.lead + lead
    memmove(to, node.data, node.bytes)
    node.data = to
    node.lead = cast(uint32_t, lead)


def node_regrow(heap, node, capacity, at_head):
    """Another block of `capacity` bytes, all the room in it before the listpack or behind it."""
    block: cython.p_char
    lead: cython.size_t
    if capacity <= SMALL_MAX:
        capacity = class_bytes(size_class(capacity))
    if not at_head and node.lead == 0:
        block = cast(cython.p_char, heap_resize(heap, node.data, node.capacity, capacity))
        if block == NULL:
            return False
    else:
        block = cast(cython.p_char, heap_alloc(heap, capacity))
        if block == NULL:
            return False
        lead = capacity - node.bytes if at_head else 0
        memcpy(block + lead, node.data, node.bytes)
        heap_free(heap, node.data - node.lead, node.capacity)
        node.lead = cast(uint32_t, lead)
        block += lead
    node.data = block
    node.capacity = cast(uint32_t, capacity)
    return True


def node_room(heap, node, need, at_head, most):
    """At least `need` unused bytes on that side of the listpack. False when memory is short; nothing is changed then.

    When the block has room enough for some time, but on the other side, the listpack slides to the middle of it.
    """
    room: cython.size_t = node.lead if at_head else node_slack(node)
    unused: cython.size_t = node.capacity - node.bytes
    least: cython.size_t = node.bytes + need
    extra: cython.size_t = node.bytes >> 1
    if room >= need:
        return True
    if need > LISTPACK_LIMIT or least > LISTPACK_LIMIT:
        return False
    if unused >= need + (node.bytes >> 2):
        node_slide(node, ((unused - need) >> 1) + (need if at_head else cast(cython.size_t, 0)))
        return True
    if extra < ROOM_MIN:
        extra = ROOM_MIN
    if least + extra > most:
        extra = most - least if least < most else 0
    return node_regrow(heap, node, least + extra, at_head) or node_regrow(heap, node, least, at_head)


def node_fit(heap, node):
    """A block just as long as the listpack, so that it could go without the node. False when memory is short."""
    block: cython.p_char
    if node.lead > 0:
        node_slide(node, 0)
    if not same_block(node.capacity, node.bytes):
        block = cast(cython.p_char, heap_resize(heap, node.data, node.capacity, node.bytes))
        if block == NULL:
            return False
        node.data = block
    node.capacity = node.bytes
    return True


def node_trim(heap, node):
    """Give back the room of a node that will hardly change any more, if it is worth it."""
    if node.form == NODE_PACKED and node.capacity - node.bytes >= FIT_MIN:
        node_fit(heap, node)


def node_thin(heap, node):
    """Elements were taken out: a smaller block if much of it is unused now."""
    if node.capacity >= FIT_MIN + THIN * node.bytes:
        node_fit(heap, node)


# --- changing --------------------------------------------------------------------------------------------------------


def node_push(heap, node, element, at_head, most):
    """One more element at that end. False when memory is short."""
    n: cython.size_t = element_bytes(element)
    if not node_room(heap, node, n, at_head, most):
        return False
    if at_head:
        node.data -= n
        node.lead -= cast(uint32_t, n)
        element_write(node.data + LISTPACK_HEADER, element)
    else:
        element_write(node_end(node), element)[0] = cast(cython.char, LISTPACK_END)
    node.bytes += cast(uint32_t, n)
    node.count += 1
    node_header(node)
    return True


def node_pop(heap, node, at_head):
    """Take out the element at that end; there is one."""
    p: cython.p_char
    if at_head:
        p = node.data + LISTPACK_HEADER
        node_cut(node, p, listpack_skip(p), 1)
    else:
        node_cut(node, listpack_last(node.data), node_end(node), 1)
    node_thin(heap, node)


def node_gap(heap, node, p, n, most):
    """n bytes at p to be written; what stood there stands behind them. Where are they? NULL when memory is short.

    The listpack's header is the caller's to write anew.
    """
    front: cython.size_t = p - node.data
    at_head: cython.bint = front < node.bytes - front
    if (node.lead if at_head else node_slack(node)) < n <= (node_slack(node) if at_head else node.lead):
        at_head = not at_head       # the longer part moves, but no new block is needed
    if not node_room(heap, node, n, at_head, most):
        return NULL
    p = node.data + front
    if at_head:
        memmove(node.data - n, node.data, front)
        node.data -= n
        node.lead -= cast(uint32_t, n)
        p -= n
    else:
        memmove(p + n, p, node.bytes - front)
    node.bytes += cast(uint32_t, n)
    return p


def node_cut(node, p, end, removed):
    """Take out the bytes from p up to `end`, which are `removed` elements. Where does what stood at `end` stand now?"""
    n: cython.size_t = end - p
    front: cython.size_t = p - node.data
    behind: cython.size_t = node.bytes - front - n
    if front < behind:
        if front > LISTPACK_HEADER:     # the header is written anew anyhow
            memmove(node.data + n, node.data, front)
        node.data += n
        node.lead += cast(uint32_t, n)
        p = end
    else:
        memmove(p, end, behind)
    node.bytes -= cast(uint32_t, n)
    node.count -= cast(uint16_t, removed)
    node_header(node)
    return p


def node_insert(heap, node, p, element, most):
    """One more element before the one at p. False when memory is short."""
    p = node_gap(heap, node, p, element_bytes(element), most)
    if p == NULL:
        return False
    element_write(p, element)
    node.count += 1
    node_header(node)
    return True


def node_replace(heap, node, p, element, most):
    """Another element in the place of that at p. False when memory is short."""
    old: cython.size_t = listpack_skip(p) - p
    n: cython.size_t = element_bytes(element)
    if n < old:
        p = node_cut(node, p, p + (old - n), 0)
    elif n > old:
        p = node_gap(heap, node, p, n - old, most)
        if p == NULL:
            return False
        node_header(node)
    element_write(p, element)
    return True


def node_remove(heap, node, p, count):
    """Take out the element at p and those behind it, `count` in all; there are so many."""
    end: cython.p_char = p
    _: uint32_t
    for _ in range(count):
        end = listpack_skip(end)
    node_cut(node, p, end, count)
    node_thin(heap, node)


def node_remove_equal(heap, node, sought, skip, limit):
    """Take out the elements that are what is sought, but for the first `skip`, at most `limit`. How many?"""
    removed: cython.size_t = listpack_remove_equal(node.data, sought, skip, limit)
    node.bytes = cast(uint32_t, listpack_bytes(node.data))
    node.count -= cast(uint16_t, removed)
    node_thin(heap, node)
    return removed


def node_split(heap, node, at):
    """Move the elements from number `at` on (not all, not none) to a node of their own. NULL when memory is short."""
    p: cython.p_char = listpack_at(node.data, at)
    n: cython.size_t = node_end(node) - p
    lp: cython.p_char = cast(cython.p_char, heap_alloc(heap, LISTPACK_EMPTY + n))
    fresh: NodePtr
    if lp == NULL:
        return NULL
    fresh = node_new(heap, NODE_PACKED, lp)
    if fresh == NULL:
        heap_free(heap, lp, LISTPACK_EMPTY + n)
        return NULL
    memcpy(lp + LISTPACK_HEADER, p, n + 1)
    fresh.bytes = cast(uint32_t, LISTPACK_EMPTY + n)
    fresh.capacity = fresh.bytes
    fresh.count = cast(uint16_t, node.count - at)
    node_header(fresh)
    node_cut(node, p, node_end(node), fresh.count)
    node_trim(heap, node)
    return fresh


def node_append(heap, node, other, most):
    """The elements of `other` once more, behind those of `node`. False when memory is short."""
    n: cython.size_t = other.bytes - LISTPACK_EMPTY
    if not node_room(heap, node, n, False, most):
        return False
    memcpy(node_end(node), other.data + LISTPACK_HEADER, n + 1)
    node.bytes += cast(uint32_t, n)
    node.count += other.count
    node_header(node)
    return True


# --- compression -----------------------------------------------------------------------------------------------------


def node_length(node):
    """The bytes of the listpack or of the plain element, whether it is compressed or not."""
    raw: RawPtr
    if node.form == NODE_PLAIN:
        raw = cast(RawPtr, node.data)
        return raw.length
    return node.bytes


def node_compress(heap, node):
    """Compress the node, unless that gains little or memory is short."""
    n: cython.size_t = node_length(node)
    source: cython.p_char = node.data
    block: cython.p_char
    shorter: cython.p_char
    size: cython.size_t
    raw: RawPtr
    if node.form & NODE_COMPRESSED or n < COMPRESS_MIN or n > UINT32_MAX:
        return
    block = cast(cython.p_char, heap_alloc(heap, n))
    if block == NULL:
        return
    if node.form & NODE_PLAIN:
        raw = cast(RawPtr, node.data)
        source = raw.data
    size = lzf_compress(source, n, block, n - COMPRESS_GAIN)
    shorter = NULL
    if size > 0:
        shorter = cast(cython.p_char, heap_resize(heap, block, n, size))
    if shorter == NULL:
        heap_free(heap, block, n)
        return
    if node.form & NODE_PLAIN:
        raw_free(heap, cast(RawPtr, node.data))
    else:
        heap_free(heap, node.data - node.lead, node.capacity)
    node.form |= NODE_COMPRESSED
    node.data = shorter
    node.lead = 0
    node.bytes = cast(uint32_t, n)
    node.capacity = cast(uint32_t, size)


def node_open(heap, node):
    """Uncompress the node, if it is compressed. False when memory is short."""
    raw: RawPtr = NULL
    data: cython.p_char
    if not node.form & NODE_COMPRESSED:
        return True
    if node.form & NODE_PLAIN:
        raw = raw_new(heap, node.bytes)
        if raw == NULL:
            return False
        raw.length = node.bytes
        lzf_decompress(node.data, node.capacity, raw.data, node.bytes)
        data = cast(cython.p_char, raw)
    else:
        data = cast(cython.p_char, heap_alloc(heap, node.bytes))
        if data == NULL:
            return False
        lzf_decompress(node.data, node.capacity, data, node.bytes)
    heap_free(heap, node.data, node.capacity)
    node.form &= NODE_PLAIN
    node.data = data
    node.capacity = node.bytes
    return True
