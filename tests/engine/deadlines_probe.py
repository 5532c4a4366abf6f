"""Deadlines for tests: entries are made here, and named by numbers."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.deadlines import (
    deadlines_bytes,
    deadlines_first,
    deadlines_free,
    deadlines_init,
    deadlines_insert,
    deadlines_passed,
    deadlines_remove,
    deadlines_take,
    leaf_at,
)
from cython.cimports.kvik.engine.entry import entry_expiry, entry_free, entry_integer, entry_new, entry_set_word
from cython.cimports.libc.stdint import int64_t, uintptr_t


def deadline(e):
    return entry_expiry(e)


class DeadlinesProbe:
    def __init__(self, owner: HeapProbe):
        self.owner = owner
        self.entries = {}
        deadlines_init(address(self.deadlines), address(owner.heap), deadline)

    def insert(self, name: cython.longlong, when: int64_t) -> bool:
        """False when memory is short."""
        e: cython.pointer(Entry) = entry_new(address(self.owner.heap), "", 0, when, True, 0)
        if e == NULL:
            return False
        entry_set_word(e, name)
        if not deadlines_insert(address(self.deadlines), e):
            entry_free(address(self.owner.heap), e)
            return False
        self.entries[name] = cast(uintptr_t, e)
        return True

    def remove(self, name: cython.longlong) -> None:
        place: uintptr_t = self.entries.pop(name)
        e: cython.pointer(Entry) = cast(cython.pointer(Entry), place)
        deadlines_remove(address(self.deadlines), e)
        entry_free(address(self.owner.heap), e)

    def take(self, now: int64_t, most: cython.int) -> list:
        """The names of those taken out."""
        taken: cython.pointer(Entry)[512]
        names: list = []
        i: cython.int
        n: cython.int = deadlines_take(address(self.deadlines), now, taken, most)
        for i in range(n):
            name = entry_integer(taken[i])
            place: uintptr_t = self.entries.pop(name)
            assert place == cast(uintptr_t, taken[i])
            entry_free(address(self.owner.heap), taken[i])
            names.append(name)
        return names

    def passed(self, now: int64_t) -> int:
        return deadlines_passed(address(self.deadlines), now)

    def free(self) -> None:
        place: uintptr_t
        for place in self.entries.values():
            entry_free(address(self.owner.heap), cast(cython.pointer(Entry), place))
        self.entries.clear()
        deadlines_free(address(self.deadlines), False)

    def leaves(self) -> list:
        """Of each leaf: its bound, how many entries it has, and for how many there is room."""
        return [
            (leaf_at(address(self.deadlines), i).start.when, leaf_at(address(self.deadlines), i).count,
             leaf_at(address(self.deadlines), i).capacity)
            for i in range(self.deadlines.leaves)
        ]  # fmt: skip

    @property
    def first(self) -> int:
        return deadlines_first(address(self.deadlines))

    @property
    def count(self) -> int:
        return self.deadlines.count

    @property
    def size(self) -> int:
        return deadlines_bytes(address(self.deadlines))
