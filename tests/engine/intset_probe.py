"""An intset for tests, in the heap of a HeapProbe. What needs memory that is not there answers None."""

import cython
from cython import NULL, address
from cython.cimports.kvik.engine.intset import (
    Intset,
    intset_add,
    intset_at,
    intset_bytes,
    intset_copy,
    intset_count,
    intset_find,
    intset_free,
    intset_is_valid,
    intset_new,
    intset_remove,
    intset_truncate,
    intset_width,
)
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.tests.engine.exact import exact_copy, exact_free
from cython.cimports.tests.engine.heap_probe import HeapProbe


def is_valid(data: bytes) -> bool:
    p: cython.p_char = exact_copy(data)
    valid: cython.bint = intset_is_valid(p, len(data))
    exact_free(p)
    return valid


class IntsetProbe:
    def __init__(self, owner: HeapProbe):
        """MemoryError when intset_new refuses."""
        self.owner = owner
        self.s = intset_new(address(owner.heap))
        if self.s == NULL:
            raise MemoryError

    def add(self, value: int64_t):
        """Whether it was added."""
        added: cython.bint = False
        s: Intset = intset_add(address(self.owner.heap), self.s, value, address(added))
        if s == NULL:
            return None
        self.s = s
        return added

    def find(self, value: int64_t) -> tuple:
        """(is it there, where it is or would be)"""
        at: uint32_t = 0
        there: cython.bint = intset_find(self.s, value, address(at))
        return there, at

    def remove(self, at: uint32_t):
        s: Intset = intset_remove(address(self.owner.heap), self.s, at)
        if s == NULL:
            return None
        self.s = s
        return True

    def truncate(self, count: uint32_t):
        s: Intset = intset_truncate(address(self.owner.heap), self.s, count)
        if s == NULL:
            return None
        self.s = s
        return True

    def copy(self):
        """The bytes of a copy."""
        s: Intset = intset_copy(address(self.owner.heap), self.s)
        if s == NULL:
            return None
        data = s[: intset_bytes(s)]
        intset_free(address(self.owner.heap), s, False)
        return data

    def values(self) -> list:
        i: uint32_t
        return [intset_at(self.s, i) for i in range(intset_count(self.s))]

    @property
    def width(self) -> int:
        return intset_width(self.s)

    @property
    def data(self) -> bytes:
        return self.s[: intset_bytes(self.s)]

    def free(self, remote: cython.bint = False) -> None:
        intset_free(address(self.owner.heap), self.s, remote)
