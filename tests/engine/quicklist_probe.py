"""A quicklist for tests: elements are bytes. Texts are handed over in blocks that end where they end."""

# ruff: noqa: F821
import threading

import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.listpack import (
    listpack_append,
    listpack_bytes,
    listpack_free,
    listpack_is_valid,
    listpack_new,
    sought_of,
)
from cython.cimports.kvik.engine.quicklist import (
    list_close,
    list_item,
    list_next,
    list_previous,
    list_reserve,
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
from cython.cimports.kvik.engine.quicklist_node import (
    NODE_COMPRESSED,
    NODE_PACKED,
    NODE_PLAIN,
    NodePtr,
    node_length,
)
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.tests.engine.exact import exact_copy, exact_free


def item_bytes(item):
    return b"%d" % item.integer if item.p == NULL else item.p[: item.n]


class QuicklistProbe:
    def __init__(self, owner: HeapProbe, fill: cython.int = -2, depth: cython.int = 0, elements=None):
        """Empty; with `elements`, made of a listpack of them. MemoryError when memory is short."""
        lp: cython.p_char
        each: bytes
        s: Slice
        self.owner = owner
        if elements is None:
            self.list = quicklist_new(address(owner.heap), fill, depth)
        else:
            lp = listpack_new(address(owner.heap))
            for each in elements:
                s.p = each
                s.n = len(each)
                lp = listpack_append(address(owner.heap), lp, address(s))
            self.list = quicklist_of_listpack(address(owner.heap), lp, fill, depth)
            if self.list == NULL:
                listpack_free(address(owner.heap), lp)
        if self.list == NULL:
            raise MemoryError

    @property
    def count(self) -> int:
        return self.list.count

    @property
    def memory(self) -> int:
        return quicklist_memory(self.list)

    def push(self, data: bytes, at_head: cython.bint) -> bool:
        s: Slice
        s.p = exact_copy(data)
        s.n = len(data)
        done: cython.bint = quicklist_push(address(self.owner.heap), self.list, address(s), at_head)
        exact_free(s.p)
        return done

    def open_at(self, index: uint64_t) -> bool:
        return quicklist_open_at(address(self.owner.heap), self.list, index)

    def pop(self, at_head: cython.bint) -> None:
        quicklist_pop(address(self.owner.heap), self.list, at_head)

    def walk(self, start: uint64_t, forward: cython.bint, count: uint64_t, reserve: cython.bint = False):
        """`count` elements (or fewer, if there are no more) from number `start` on, or backwards from there.

        None when memory is short; with `reserve` only from the start on.
        """
        c: ListCursor
        item: Item
        found: list = []
        if not quicklist_seek(address(self.owner.heap), self.list, start, address(c)):
            return None
        if reserve and not list_reserve(address(c), count, forward):
            list_close(address(c))
            return None
        while True:
            item = list_item(address(c))
            found.append(item_bytes(address(item)))
            if len(found) == count or not (list_next(address(c)) if forward else list_previous(address(c))):
                break
        list_close(address(c))
        assert not (reserve and c.failed)
        return None if c.failed else found

    def insert(self, index: uint64_t, data: bytes, after: cython.bint) -> bool:
        c: ListCursor
        s: Slice
        s.p = exact_copy(data)
        s.n = len(data)
        done: cython.bint = quicklist_seek(address(self.owner.heap), self.list, index, address(c))
        if done:
            done = quicklist_insert(address(c), address(s), after)
            list_close(address(c))
        exact_free(s.p)
        return done

    def replace(self, index: uint64_t, data: bytes) -> bool:
        c: ListCursor
        s: Slice
        s.p = exact_copy(data)
        s.n = len(data)
        done: cython.bint = quicklist_seek(address(self.owner.heap), self.list, index, address(c))
        if done:
            done = quicklist_replace(address(c), address(s))
            list_close(address(c))
        exact_free(s.p)
        return done

    def remove_range(self, start: uint64_t, count: uint64_t) -> bool:
        return quicklist_remove_range(address(self.owner.heap), self.list, start, count)

    def remove_equal(self, data: bytes, limit: uint64_t, from_tail: cython.bint) -> tuple:
        """How many were removed, and whether memory was short."""
        s: Slice
        sought: Sought
        s.p = exact_copy(data)
        s.n = len(data)
        sought_of(address(sought), address(s))
        failed: cython.bint = False
        removed: uint64_t = quicklist_remove_equal(
            address(self.owner.heap), self.list, address(sought), limit, from_tail, address(failed))
        exact_free(s.p)
        return removed, failed

    def nodes(self) -> list:
        """("plain", bytes) or (bytes of the listpack, elements) of each node; AssertionError where one is damaged."""
        found: list = []
        node: NodePtr = self.list.head
        previous: NodePtr = NULL
        raw: RawPtr
        counted: cython.size_t = 0
        lp: cython.p_char
        while node != NULL:
            assert node.previous == previous
            if node.form & NODE_PLAIN:
                assert node.count == 1
                if node.form == NODE_PLAIN:
                    raw = cast(RawPtr, node.data)
                    assert raw.capacity >= raw.length
                found.append(("plain", node_length(node)))
            else:
                if node.form == NODE_PACKED:
                    assert node.lead + node.bytes <= node.capacity
                    lp = exact_copy(node.data[: node.bytes])
                    assert listpack_is_valid(lp, node.bytes, address(counted))
                    exact_free(lp)
                    assert counted == node.count > 0
                found.append((node.bytes, node.count))
            previous = node
            node = node.next
        assert self.list.tail == previous
        assert self.list.nodes == len(found)
        return found

    def compressed(self) -> list:
        """Of each node, its length and the length that it is compressed to (0: it is not)."""
        found: list = []
        node: NodePtr = self.list.head
        while node != NULL:
            found.append((node_length(node), node.capacity if node.form & NODE_COMPRESSED else 0))
            node = node.next
        return found

    def spare(self) -> list:
        """(unused bytes before, behind) the listpack of each packed node that is not compressed."""
        found: list = []
        node: NodePtr = self.list.head
        while node != NULL:
            if node.form == NODE_PACKED:
                found.append((node.lead, node.capacity - node.lead - node.bytes))
            node = node.next
        return found

    def copy(self):
        """A copy, None when memory is short."""
        fresh: QuicklistProbe = QuicklistProbe.__new__(QuicklistProbe)
        fresh.owner = self.owner
        fresh.list = quicklist_copy(address(self.owner.heap), self.list)
        return None if fresh.list == NULL else fresh

    def to_listpack(self):
        """The listpack that the list becomes; the list is gone then. None when memory is short."""
        lp: cython.p_char = quicklist_to_listpack(address(self.owner.heap), self.list)
        if lp == NULL:
            return None
        self.list = NULL
        data: bytes = lp[: listpack_bytes(lp)]
        listpack_free(address(self.owner.heap), lp)
        return data

    def free(self, remote: cython.bint = False) -> None:
        """`remote`: on another thread."""
        if remote:
            thread = threading.Thread(target=self.free_remote)
            thread.start()
            thread.join()
        else:
            quicklist_free(address(self.owner.heap), self.list, False)

    def free_remote(self) -> None:
        quicklist_free(address(self.owner.heap), self.list, True)
