"""Ordered maps of stream IDs for tests: IDs are pairs, values integers."""

import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.id_map import (
    NODE_SLOTS,
    IdCursor,
    IdNodePtr,
    IdSlotPtr,
    cursor_next,
    cursor_previous,
    cursor_slot,
    id_map_find,
    id_map_first,
    id_map_free,
    id_map_from,
    id_map_insert,
    id_map_last,
    id_map_remove,
    id_map_until,
    node_memory,
)
from cython.cimports.kvik.engine.stream_id import StreamID, stream_id
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.tests.engine.heap_probe import HeapProbe

SLOTS = NODE_SLOTS


class IdMapProbe:
    def __init__(self, owner: HeapProbe):
        self.owner = owner

    def insert(self, id: tuple, value: uintptr_t) -> bool:
        key: StreamID = stream_id(id[0], id[1])
        return id_map_insert(address(self.owner.heap), address(self.map), key, cast(cython.p_void, value))

    def remove(self, id: tuple) -> int:
        """Its value; 0: it is not there."""
        key: StreamID = stream_id(id[0], id[1])
        return cast(uintptr_t, id_map_remove(address(self.owner.heap), address(self.map), key))

    def find(self, id: tuple):
        key: StreamID = stream_id(id[0], id[1])
        slot: IdSlotPtr = id_map_find(address(self.map), key)
        return None if slot == NULL else cast(uintptr_t, slot.value)

    def walk(self, id: tuple, backwards: cython.bint, most: cython.int = -1) -> list:
        """The IDs from this one on, it included, in this direction."""
        key: StreamID = stream_id(id[0], id[1])
        at: IdCursor = id_map_until(address(self.map), key) if backwards else id_map_from(address(self.map), key)
        found: list = []
        while at.leaf != NULL and len(found) != most:
            found.append((cursor_slot(address(at)).id.ms, cursor_slot(address(at)).id.seq))
            if backwards:
                cursor_previous(address(at))
            else:
                cursor_next(address(at))
        return found

    def edges(self) -> tuple:
        """The first and the last ID."""
        if self.map.count == 0:
            assert id_map_first(address(self.map)).leaf == NULL
            assert id_map_last(address(self.map)) == NULL
            return ()
        at: IdCursor = id_map_first(address(self.map))
        first: StreamID = cursor_slot(address(at)).id
        last: StreamID = id_map_last(address(self.map)).id
        return (first.ms, first.seq), (last.ms, last.seq)

    def check_node(self, node, height, leaves):
        i: cython.int
        size: cython.size_t = node_memory(node.capacity)
        assert 0 < node.count <= node.capacity <= NODE_SLOTS
        if height == 0:
            leaves.append((cast(uintptr_t, node), cast(uintptr_t, node.previous), cast(uintptr_t, node.next)))
            return size
        assert node.capacity == NODE_SLOTS
        for i in range(node.count):
            size += self.check_node(cast(IdNodePtr, node.slots[i].value), height - 1, leaves)
        return size

    def check(self) -> list:
        """Assert that the tree is in order; how many slots each leaf has."""
        leaves: list = []
        if self.map.root == NULL:
            assert self.map.first == NULL and self.map.last == NULL and self.map.height == 0
            assert self.map.bytes == 0 and self.map.count == 0
            return []
        assert self.map.height == 0 or self.map.root.count > 1
        assert self.check_node(self.map.root, self.map.height, leaves) == self.map.bytes
        addresses = [0, *(each[0] for each in leaves), 0]
        assert [each[1] for each in leaves] == addresses[:-2]
        assert [each[2] for each in leaves] == addresses[2:]
        assert cast(uintptr_t, self.map.first) == addresses[1] and cast(uintptr_t, self.map.last) == addresses[-2]
        counts: list = []
        node: IdNodePtr = self.map.first
        while node != NULL:
            counts.append(node.count)
            node = node.next
        assert sum(counts) == self.map.count
        return counts

    def free(self, remote: cython.bint = False) -> None:
        id_map_free(address(self.owner.heap), address(self.map), remote)

    @property
    def count(self) -> int:
        return self.map.count

    @property
    def height(self) -> int:
        return self.map.height

    @property
    def bytes(self) -> int:
        return self.map.bytes
