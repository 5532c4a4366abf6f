"""The heap for tests: blocks are addresses (0 for NULL), their contents bytes."""

import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.heap import (
    SANITIZED,
    class_bytes,
    heap_alloc,
    heap_alloc_aligned,
    heap_block_bytes,
    heap_collect_remote,
    heap_destroy,
    heap_free,
    heap_free_aligned,
    heap_free_remote,
    heap_init,
    heap_resize,
    heap_trim,
    same_block,
    size_class,
)
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy


def sanitized() -> bool:
    """Is this the build in which every block is a malloc block?"""
    return SANITIZED


def class_of(n: cython.uint) -> int:
    return size_class(n)


def bytes_of_class(c: cython.uint) -> int:
    return class_bytes(c)


def is_same_block(old: cython.size_t, n: cython.size_t) -> bool:
    return same_block(old, n)


class HeapProbe:
    def __cinit__(self):
        heap_init(address(self.heap))

    def __dealloc__(self):
        heap_destroy(address(self.heap))

    @property
    def used(self) -> int:
        return self.heap.used

    @property
    def peak(self) -> int:
        return self.heap.peak

    @property
    def mapped(self) -> int:
        return self.heap.mapped

    @property
    def idle(self) -> int:
        return self.heap.idle

    @property
    def limit(self) -> int:
        return self.heap.limit

    @limit.setter
    def limit(self, n: cython.size_t):
        self.heap.limit = n

    def alloc(self, n: cython.size_t) -> int:
        return cast(uintptr_t, heap_alloc(address(self.heap), n))

    def free(self, p: uintptr_t, n: cython.size_t) -> None:
        heap_free(address(self.heap), cast(cython.p_void, p), n)

    def resize(self, p: uintptr_t, old: cython.size_t, n: cython.size_t) -> int:
        return cast(uintptr_t, heap_resize(address(self.heap), cast(cython.p_void, p), old, n))

    def alloc_aligned(self, n: cython.size_t) -> int:
        return cast(uintptr_t, heap_alloc_aligned(address(self.heap), n))

    def free_aligned(self, p: uintptr_t, n: cython.size_t) -> None:
        heap_free_aligned(address(self.heap), cast(cython.p_void, p), n)

    def free_remote(self, blocks: list) -> None:
        """Free [(address, n), ...] as a thread that does not own the heap; without the GIL, so beside it."""
        count: cython.size_t = len(blocks)
        i: cython.size_t
        p: cython.p_ulong = cast(cython.p_ulong, malloc((2 * count + 1) * cython.sizeof(cython.ulong)))
        if p == NULL:
            raise MemoryError
        for i in range(count):
            p[2 * i], p[2 * i + 1] = blocks[i]
        with cython.nogil:
            for i in range(count):
                heap_free_remote(
                    address(self.heap), cast(cython.p_void, cast(uintptr_t, p[2 * i])), p[2 * i + 1])
        free(p)

    def collect_remote(self, spans: cython.int) -> bool:
        return heap_collect_remote(address(self.heap), spans)

    def trim(self) -> None:
        heap_trim(address(self.heap))

    def block_bytes(self, p: uintptr_t, n: cython.size_t) -> int:
        return heap_block_bytes(cast(cython.p_void, p), n)

    def write(self, p: uintptr_t, data: bytes) -> None:
        memcpy(cast(cython.p_void, p), cast(cython.p_char, data), len(data))

    def read(self, p: uintptr_t, n: cython.Py_ssize_t) -> bytes:
        return cast(cython.p_char, p)[:n]
