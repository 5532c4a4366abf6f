"""Which clients cache which keys, for tests: clients are numbers from 1 to 15, without connections. What memory was short
for answers False."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.entry import EntryPtr
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.table import table_remove
from cython.cimports.kvik.keyspace.tracking import (
    has_prefix,
    is_tracking,
    prefix_add,
    tracked_count,
    tracked_free,
    tracked_id,
    tracker,
    tracking_forget,
    tracking_free,
    tracking_init,
    tracking_remember,
    tracking_start,
    tracking_stop,
)
from cython.cimports.kvik.wire.client import client_free, client_new

BROADCAST = 2


class TrackingProbe:
    def __init__(self, owner: HeapProbe):
        i: cython.int
        self.owner = owner
        for i in range(4):
            self.key.words[i] = 0x9E3779B97F4A7C15 + i
        for i in range(1, 16):
            self.clients[i] = client_new(address(owner.heap), NULL, -1, i)
        assert tracking_init(address(self.tracking), address(owner.heap), address(self.key))

    def start(self, i: cython.int, options: cython.int, target: cython.int) -> bool:
        """`target` 0: none."""
        return tracking_start(
            address(self.tracking), self.clients[i], options, NULL if target == 0 else self.clients[target])

    def stop(self, i: cython.int) -> None:
        tracking_stop(address(self.tracking), self.clients[i])

    def forget(self, i: cython.int) -> None:
        """The client goes, and one of the same number comes."""
        tracking_forget(address(self.tracking), self.clients[i])
        assert self.clients[i].tracker == NULL

    def target(self, i: cython.int) -> int:
        """Who is told instead of it; 0: nobody, or nobody any more."""
        if not is_tracking(self.clients[i]) or tracker(self.clients[i]).target == NULL:
            return 0
        return tracker(self.clients[i]).target.client.id

    def remember(self, i: cython.int, key: bytes) -> bool:
        return tracking_remember(address(self.tracking), tracker(self.clients[i]), key, len(key),
                                 hash_bytes(address(self.key), key, len(key)))

    def take(self, key: bytes) -> list:
        """Who has read it; it is forgotten."""
        e: EntryPtr = table_remove(address(self.tracking.keys), key, len(key),
                                   hash_bytes(address(self.key), key, len(key)))
        if e == NULL:
            return []
        ids: list = [tracked_id(e, i) for i in range(tracked_count(e))]
        tracked_free(address(self.tracking), e)
        return ids

    def add_prefix(self, i: cython.int, prefix: bytes) -> bool:
        return prefix_add(address(self.tracking), tracker(self.clients[i]), prefix, len(prefix))

    def prefixes(self, i: cython.int) -> list:
        of = tracker(self.clients[i])
        if of == NULL:
            return []
        return [of.prefixes[k].data[: of.prefixes[k].n] for k in range(of.count)]

    def has_prefix(self, key: bytes) -> bool:
        return has_prefix(address(self.tracking), key, len(key))

    def figures(self) -> tuple:
        """Clients, readers, keys, items, prefixes."""
        t = address(self.tracking)
        return t.clients, t.readers, t.keys.count, t.items, t.prefix_count

    def free(self) -> None:
        i: cython.int
        for i in range(1, 16):
            tracking_forget(address(self.tracking), self.clients[i])
            client_free(address(self.owner.heap), self.clients[i])
        tracking_free(address(self.tracking))
