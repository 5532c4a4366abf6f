"""The heap: where every byte of the data set comes from. See heap.py for how it works.

A chunk is 4 MiB of address space, aligned to its size and cut into 64 spans of 64 KiB:

    chunk  | header | span 1 | span 2 | ...                               | span 63 |
    span   | header 64 B | block | block | block | ...  blocks of one size | unused  |

The header of a block's span is found by clearing the low 16 bits of its address, that of its chunk by
clearing the low 22. Segments of large tables are whole spans, without a header.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t, uintptr_t

cdef extern from *:
    """
    #include <malloc.h>
    /* Under AddressSanitizer every block is its own malloc block, so that it sees each overrun. */
    #if defined(__SANITIZE_ADDRESS__)
    #define KV_SANITIZED 1
    #else
    #define KV_SANITIZED 0
    #endif
    """
    const bint SANITIZED "KV_SANITIZED"

cdef extern from "malloc.h" nogil:
    size_t malloc_usable_size(void *p) noexcept
    int malloc_trim(size_t pad) noexcept

cdef extern from "stdlib.h" nogil:
    int posix_memalign(void **p, size_t alignment, size_t n) noexcept

cdef enum:
    SPAN_BYTES = 65536
    SPAN_HEADER = 64
    CHUNK_BYTES = 4194304
    CHUNK_SPANS = 64
    SMALL_MAX = 4096        # larger blocks come from malloc
    SIZE_CLASSES = 145
    IDLE_SPANS = 32         # free spans kept ready; the rest goes back to the system
    SPARSE = 57344          # of a span's bytes: with less in use, it is worth emptying
    LARGE_OVERHEAD = 8      # what malloc adds to a block

cdef struct Span:
    Span *next              # spans of this size class that have room
    Span *previous
    void *free              # blocks given back, linked through their first word
    void *remote            # blocks given back by another thread (atomic); second word: how many from here on
    Span *remote_next       # next span that other threads gave blocks back to
    uint32_t used           # blocks handed out
    uint32_t fresh          # offset of the first block never handed out
    uint32_t block          # bytes in a block
    uint32_t size_class
    uint64_t linked         # 1: in the list of its size class

ctypedef Span *SpanPtr

cdef struct Chunk:
    Chunk *next             # chunks that have a free span
    Chunk *previous
    Chunk *all_next         # every chunk of the heap
    Chunk *all_previous
    uint64_t free           # bit i: span i is free
    uint64_t clean          # bit i: span i is free and holds no memory of the system

ctypedef Chunk *ChunkPtr

cdef struct Heap:
    size_t used             # bytes handed out, rounded as they are kept
    size_t large            # of these, what is not in spans of small blocks
    size_t spans            # bytes of the spans that serve small blocks
    size_t peak
    size_t limit            # refuse to go over this; 0: no limit (tests of allocation failure)
    size_t mapped           # bytes of address space taken for chunks
    size_t idle             # bytes in free spans that still hold memory
    uint64_t remote_large   # bytes of malloc blocks freed by other threads, not yet taken off `used`
    void *remote_spans      # spans with blocks in `remote` (atomic)
    void *remote_segments   # whole spans that other threads freed, linked through their first word (atomic)
    void *returning         # those that the owner has taken over and not yet freed
    Chunk *chunks           # those with a free span
    Chunk *all_chunks
    Span *rooms[145]        # by size class: spans with room, the one in use first

ctypedef Heap *HeapPtr

cdef inline uint32_t size_class(size_t n) noexcept nogil:
    """The size class of a block of n bytes (n at most SMALL_MAX): steps of 8, then 16, then 64 bytes."""
    if n <= 512:
        return 2 if n <= 16 else <uint32_t>((n + 7) >> 3)
    if n <= 1024:
        return <uint32_t>(65 + ((n - 513) >> 4))
    return <uint32_t>(97 + ((n - 1025) >> 6))

cdef inline size_t class_bytes(uint32_t c) noexcept nogil:
    """The bytes of a block of size class c."""
    if c <= 64:
        return c << 3
    if c <= 96:
        return 512 + ((c - 64) << 4)
    return 1024 + ((c - 96) << 6)

cdef inline Span *span_of(void *p) noexcept nogil:
    """The span of a small block."""
    return <Span *>(<uintptr_t>p & ~<uintptr_t>(SPAN_BYTES - 1))

cdef inline bint same_block(size_t old, size_t n) noexcept nogil:
    """Would a block of n bytes be the very block that was asked for with `old`?"""
    if SANITIZED:
        return old == n
    return old <= SMALL_MAX and n <= SMALL_MAX and size_class(old) == size_class(n)

cdef void chunk_link(Heap *heap, Chunk *chunk) noexcept nogil
cdef void chunk_unlink(Heap *heap, Chunk *chunk) noexcept nogil
cdef Chunk *chunk_map(Heap *heap) noexcept nogil
cdef void chunk_release(Heap *heap, Chunk *chunk) noexcept nogil
cdef void *span_take(Heap *heap) noexcept nogil
cdef void span_give(Heap *heap, void *span) noexcept nogil
cdef void span_link_first(Heap *heap, Span *span) noexcept nogil
cdef void span_link_second(Heap *heap, Span *span) noexcept nogil
cdef void span_unlink(Heap *heap, Span *span) noexcept nogil
cdef Span *span_new(Heap *heap, uint32_t c) noexcept nogil
cdef void span_returned(Heap *heap, Span *span, uint32_t blocks) noexcept nogil
cdef void span_collect(Heap *heap, Span *span) noexcept nogil
cdef void remote_spans_push(Heap *heap, Span *span) noexcept nogil
cdef void *heap_alloc_small(Heap *heap, uint32_t c) noexcept nogil

cdef void heap_init(Heap *heap) noexcept nogil
cdef void heap_destroy(Heap *heap) noexcept nogil
cdef void *heap_alloc_slow(Heap *heap, size_t n) noexcept nogil
cdef void heap_free_slow(Heap *heap, void *p, size_t n) noexcept nogil
cdef void *heap_alloc_smaller(Heap *heap, size_t n) noexcept nogil
cdef void *heap_resize(Heap *heap, void *p, size_t old, size_t n) noexcept nogil
cdef void *heap_double(Heap *heap, void *items, size_t capacity, size_t first, size_t bytes) noexcept nogil

cdef inline size_t doubled(size_t capacity, size_t first) noexcept nogil:
    """The capacity after heap_double."""
    return capacity * 2 if capacity > 0 else first

cdef void *heap_alloc_aligned(Heap *heap, size_t n) noexcept nogil
cdef void heap_free_aligned(Heap *heap, void *p, size_t n) noexcept nogil
cdef void heap_free_remote(Heap *heap, void *p, size_t n) noexcept nogil
cdef void heap_free_aligned_remote(Heap *heap, void *p, size_t n) noexcept nogil
cdef bint heap_collect_remote(Heap *heap, int spans) noexcept nogil
cdef bint collect_segments(Heap *heap, int spans) noexcept nogil
cdef bint heap_is_sparse(const Heap *heap, void *p, size_t n) noexcept nogil
cdef size_t heap_small(const Heap *heap) noexcept nogil
cdef size_t heap_waste(const Heap *heap) noexcept nogil
cdef void large_add(Heap *heap, size_t n) noexcept nogil
cdef void large_remove(Heap *heap, size_t n) noexcept nogil
cdef size_t heap_block_bytes(void *p, size_t n) noexcept nogil
cdef void heap_trim(Heap *heap) noexcept nogil

cdef inline void *heap_alloc(Heap *heap, size_t n) noexcept nogil:
    """A block of n bytes (n at least 1), aligned to 8; NULL when there is no memory. O(1)."""
    cdef Span *span
    cdef void *block
    if not SANITIZED and n <= SMALL_MAX and heap.limit == 0:
        span = heap.rooms[size_class(n)]
        if span != NULL and span.free != NULL:
            block = span.free
            span.free = (<void **>block)[0]
            span.used += 1
            heap.used += span.block
            return block
    return heap_alloc_slow(heap, n)

cdef inline void heap_free(Heap *heap, void *p, size_t n) noexcept nogil:
    """Give back a block that was asked for with the same n. O(1)."""
    cdef Span *span
    if not SANITIZED and n <= SMALL_MAX:
        span = span_of(p)
        if span.linked and span.used > 1:
            (<void **>p)[0] = span.free
            span.free = p
            span.used -= 1
            heap.used -= span.block
            return
    heap_free_slow(heap, p, n)

cdef inline void heap_release(Heap *heap, void *p, size_t n, bint remote) noexcept nogil:
    """`heap_free`, or on a thread that does not own the heap `heap_free_remote`."""
    if remote:
        heap_free_remote(heap, p, n)
    else:
        heap_free(heap, p, n)
