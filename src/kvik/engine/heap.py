"""The heap: blocks in size classes 8 bytes apart, so that a small entry wastes next to nothing.

Why not malloc: its blocks carry 8 bytes of header and come 16 bytes apart, which is a fifth of a typical entry.
Here the caller says the size again when it gives a block back, so a block needs no header.

* A *span* of 64 KiB serves blocks of one size: first those given back (`free`), then fresh ones in order. Spans
  with room stand in one list a size class; the first is in use. A full span leaves the list and comes back, at the
  end, when one of its blocks does: so old spans can run empty and go back to the system.
* Free spans belong to their *chunk*. A few stay as they are, the others give their memory back at once
  (`madvise`), and a chunk whose spans are all free is unmapped.
* Blocks over 4 KiB come from malloc, whose large blocks grow in place (`mremap`).
* One thread owns a heap. Another (the one that frees large values) may only call `heap_free_remote`: it hangs the
  block on its span and the span on `remote_spans`, both without a lock, and the owner takes them from there.

Everything is O(1). `used` is exact: what was asked for, rounded up to what is really kept.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.intrinsics import (
    add_shared,
    low_bit,
    ones,
    read_pointer,
    replace_pointer,
    swap_pointer,
    swap_shared,
)
from cython.cimports.libc.stdint import uint64_t, uintptr_t
from cython.cimports.libc.stdlib import free, malloc, realloc
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.posix.mman import (
    MADV_DONTNEED,
    MAP_ANONYMOUS,
    MAP_FAILED,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    madvise,
    mmap,
    munmap,
)

# --- chunks and spans ------------------------------------------------------------------------------------------------


def chunk_link(heap, chunk):
    chunk.previous = NULL
    chunk.next = heap.chunks
    if heap.chunks != NULL:
        heap.chunks.previous = chunk
    heap.chunks = chunk


def chunk_unlink(heap, chunk):
    if chunk.next != NULL:
        chunk.next.previous = chunk.previous
    if chunk.previous != NULL:
        chunk.previous.next = chunk.next
    else:
        heap.chunks = chunk.next


def chunk_map(heap):
    """A new chunk from the system, aligned to its size: twice as much is mapped, the ends are given back."""
    start: uintptr_t
    aligned: uintptr_t
    chunk: ChunkPtr
    p: cython.p_void = mmap(NULL, 2 * CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if p == MAP_FAILED:
        return NULL
    start = cast(uintptr_t, p)
    aligned = (start + CHUNK_BYTES - 1) & ~cast(uintptr_t, CHUNK_BYTES - 1)
    if aligned > start:
        munmap(p, aligned - start)
    if aligned < start + CHUNK_BYTES:
        munmap(cast(cython.p_void, aligned + CHUNK_BYTES), start + CHUNK_BYTES - aligned)
    chunk = cast(ChunkPtr, cast(cython.p_void, aligned))
    chunk.free = ~cast(uint64_t, 1)
    chunk.clean = chunk.free
    chunk.all_previous = NULL
    chunk.all_next = heap.all_chunks
    if heap.all_chunks != NULL:
        heap.all_chunks.all_previous = chunk
    heap.all_chunks = chunk
    heap.mapped += CHUNK_BYTES
    chunk_link(heap, chunk)
    return chunk


def span_take(heap):
    """A free span, one that still holds memory if there is any; NULL when the system has no more."""
    chunk: ChunkPtr = heap.chunks
    bits: uint64_t
    i: cython.int
    if chunk == NULL:
        chunk = chunk_map(heap)
        if chunk == NULL:
            return NULL
    bits = chunk.free & ~chunk.clean
    if bits == 0:
        bits = chunk.free
    else:
        heap.idle -= SPAN_BYTES
    i = low_bit(bits)
    chunk.free &= ~(cast(uint64_t, 1) << i)
    chunk.clean &= ~(cast(uint64_t, 1) << i)
    if chunk.free == 0:
        chunk_unlink(heap, chunk)
    return cast(cython.p_char, chunk) + cast(cython.size_t, i) * SPAN_BYTES


def span_give(heap, span):
    """Give a span back to its chunk, and its memory to the system if enough free spans hold some already."""
    chunk: ChunkPtr = cast(ChunkPtr, cast(cython.p_void, cast(uintptr_t, span) & ~cast(uintptr_t, CHUNK_BYTES - 1)))
    bit: uint64_t = cast(uint64_t, 1) << ((cast(uintptr_t, span) & (CHUNK_BYTES - 1)) // SPAN_BYTES)
    if chunk.free == 0:
        chunk_link(heap, chunk)
    chunk.free |= bit
    if heap.idle >= IDLE_SPANS * SPAN_BYTES:
        madvise(span, SPAN_BYTES, MADV_DONTNEED)
        chunk.clean |= bit
    else:
        heap.idle += SPAN_BYTES
    if chunk.free == ~cast(uint64_t, 1) and (chunk.next != NULL or chunk.previous != NULL):
        chunk_release(heap, chunk)


def chunk_release(heap, chunk):
    """Unmap a chunk whose spans are all free. (The last chunk with a free span stays, or the heap would flutter.)"""
    heap.idle -= cast(cython.size_t, ones(chunk.free & ~chunk.clean)) * SPAN_BYTES
    heap.mapped -= CHUNK_BYTES
    chunk_unlink(heap, chunk)
    if chunk.all_next != NULL:
        chunk.all_next.all_previous = chunk.all_previous
    if chunk.all_previous != NULL:
        chunk.all_previous.all_next = chunk.all_next
    else:
        heap.all_chunks = chunk.all_next
    munmap(chunk, CHUNK_BYTES)


# --- blocks ----------------------------------------------------------------------------------------------------------


def span_link_first(heap, span):
    first: SpanPtr = heap.rooms[span.size_class]
    span.previous = NULL
    span.next = first
    if first != NULL:
        first.previous = span
    heap.rooms[span.size_class] = span
    span.linked = 1


def span_link_second(heap, span):
    """Behind the span in use, which keeps serving until it is full."""
    first: SpanPtr = heap.rooms[span.size_class]
    if first == NULL:
        span_link_first(heap, span)
        return
    span.previous = first
    span.next = first.next
    if first.next != NULL:
        first.next.previous = span
    first.next = span
    span.linked = 1


def span_unlink(heap, span):
    if span.next != NULL:
        span.next.previous = span.previous
    if span.previous != NULL:
        span.previous.next = span.next
    else:
        heap.rooms[span.size_class] = span.next
    span.next = NULL
    span.previous = NULL
    span.linked = 0


def span_new(heap, c):
    span: SpanPtr = cast(SpanPtr, span_take(heap))
    if span == NULL:
        return NULL
    memset(span, 0, sizeof(Span))
    span.fresh = SPAN_HEADER
    span.size_class = c
    span.block = class_bytes(c)
    heap.spans += SPAN_BYTES
    span_link_first(heap, span)
    return span


def heap_alloc_small(heap, c):
    span: SpanPtr = heap.rooms[c]
    block: cython.p_void
    while span != NULL:
        if span.free != NULL:
            block = span.free
            span.free = cast(cython.pp_void, block)[0]
            break
        if span.fresh + span.block <= SPAN_BYTES:
            block = cast(cython.p_char, span) + span.fresh
            span.fresh += span.block
            break
        span_unlink(heap, span)     # full; comes back with the first block given back
        span = heap.rooms[c]
    else:
        span = span_new(heap, c)
        if span == NULL:
            return NULL
        block = cast(cython.p_char, span) + span.fresh
        span.fresh += span.block
    span.used += 1
    heap.used += span.block
    return block


def heap_alloc_slow(heap, n):
    p: cython.p_void
    if heap.limit != 0 and heap.used + n > heap.limit:
        return NULL
    if n <= SMALL_MAX and SANITIZED:
        p = malloc(n)
        if p != NULL:
            heap.used += class_bytes(size_class(n))
    elif n <= SMALL_MAX:
        p = heap_alloc_small(heap, size_class(n))
    else:
        p = malloc(n)
        if p != NULL:
            large_add(heap, heap_block_bytes(p, n))
    if heap.used > heap.peak:
        heap.peak = heap.used
    return p


def heap_free_slow(heap, p, n):
    span: SpanPtr
    if n > SMALL_MAX:
        large_remove(heap, heap_block_bytes(p, n))
        free(p)
        return
    if SANITIZED:
        heap.used -= heap_block_bytes(p, n)
        free(p)
        return
    span = span_of(p)
    cast(cython.pp_void, p)[0] = span.free
    span.free = p
    heap.used -= span.block
    span_returned(heap, span, 1)


def span_returned(heap, span, blocks):
    """`blocks` of the span came back: put it where spans with room stand, or give it back when it is empty."""
    span.used -= blocks
    if span.used == 0:
        if span.linked:
            if heap.rooms[span.size_class] == span and span.next == NULL:
                # The last of its size: keep it, but start afresh, in order of address.
                span.free = NULL
                span.fresh = SPAN_HEADER
                return
            span_unlink(heap, span)
        heap.spans -= SPAN_BYTES
        span_give(heap, span)
    elif not span.linked:
        span_link_second(heap, span)


def heap_alloc_smaller(heap, n):
    """A block to take the place of a larger one: `limit` does not stand in its way."""
    limit: cython.size_t = heap.limit
    p: cython.p_void
    heap.limit = 0
    p = heap_alloc(heap, n)
    heap.limit = limit
    return p


def heap_resize(heap, p, old, n):
    """Like realloc: the block moves if it must, its first min(old, n) bytes stay. NULL leaves the old block alone.

    A block that is not there yet is NULL, of 0 bytes.
    """
    q: cython.p_void
    before: cython.size_t
    if p == NULL:
        return heap_alloc(heap, n)
    if same_block(old, n):
        return p
    if old > SMALL_MAX and n > SMALL_MAX:
        if heap.limit != 0 and n > old and heap.used + (n - old) > heap.limit:
            return NULL
        before = malloc_usable_size(p)
        q = realloc(p, n)
        if q != NULL:
            large_remove(heap, before)
            large_add(heap, malloc_usable_size(q))
        return q
    q = heap_alloc(heap, n) if n > old else heap_alloc_smaller(heap, n)
    if q != NULL:
        memcpy(q, p, old if old < n else n)
        heap_free(heap, p, old)
    return q


def heap_double(heap, items, capacity, first, bytes):
    """An array of items of so many bytes, with room for twice as many; for `first` where there is none yet (NULL, 0). NULL
    leaves the old one alone. What is added one by one is so moved O(1) times each. See `doubled`.
    """
    return heap_resize(heap, items, capacity * bytes, doubled(capacity, first) * bytes)


def heap_alloc_aligned(heap, n):
    """n bytes aligned to 64, n a multiple of 64, zeroed: the segments of tables. A whole span when n is SPAN_BYTES."""
    p: cython.p_void
    if n == SPAN_BYTES:
        if heap.limit != 0 and heap.used + n > heap.limit:
            return NULL
        p = span_take(heap)
        if p != NULL:
            large_add(heap, n)
    elif n <= SMALL_MAX and not SANITIZED:
        p = heap_alloc(heap, n)     # a multiple of 64 behind a header of 64: aligned
    else:
        if heap.limit != 0 and heap.used + n > heap.limit:
            return NULL
        p = NULL
        if posix_memalign(address(p), 64, n) != 0:
            return NULL
        if n > SMALL_MAX:
            large_add(heap, heap_block_bytes(p, n))
        else:
            heap.used += heap_block_bytes(p, n)
    if p != NULL:
        memset(p, 0, n)
    return p


def heap_free_aligned(heap, p, n):
    if n == SPAN_BYTES:
        large_remove(heap, n)
        span_give(heap, p)
    else:
        heap_free(heap, p, n)


def large_add(heap, n):
    """So many more bytes are in use outside the spans of small blocks."""
    heap.used += n
    heap.large += n
    if heap.used > heap.peak:
        heap.peak = heap.used


def large_remove(heap, n):
    heap.used -= n
    heap.large -= n


def heap_is_sparse(heap, p, n):
    """Would the block, of n bytes, be better off elsewhere? In a span with much room, and not the one in use.

    The sanitizer build has no spans: there every block moves, so that a stale pointer to one is found.
    """
    span: SpanPtr
    if SANITIZED or n > SMALL_MAX:
        return SANITIZED
    span = span_of(p)
    return span.linked and span != heap.rooms[span.size_class] and span.used * span.block < SPARSE


def heap_waste(heap):
    """Bytes of the spans of small blocks that are in no block: what moving blocks together could give back."""
    small: cython.size_t = heap_small(heap)
    if SANITIZED:
        return small
    return heap.spans - small if heap.spans > small else 0


def heap_small(heap):
    """Bytes in use in small blocks."""
    return heap.used - heap.large if heap.used > heap.large else 0


def heap_block_bytes(p, n):
    """What a block asked for with n really takes."""
    if n <= SMALL_MAX:
        return class_bytes(size_class(n))
    return malloc_usable_size(p) + LARGE_OVERHEAD


# --- blocks that another thread gives back ---------------------------------------------------------------------------


def heap_free_remote(heap, p, n):
    """`heap_free` for a thread that does not own the heap. Never blocks."""
    span: SpanPtr
    head: cython.p_void
    below: uintptr_t
    if SANITIZED or n > SMALL_MAX:
        add_shared(address(heap.remote_large), heap_block_bytes(p, n))
        free(p)
        return
    span = span_of(p)
    while True:
        head = read_pointer(address(span.remote))
        below = 0
        if head != NULL:
            below = cast(uintptr_t, cast(cython.pp_void, head)[1])
        cast(cython.pp_void, p)[0] = head
        cast(cython.pp_void, p)[1] = cast(cython.p_void, below + 1)
        if replace_pointer(address(span.remote), head, p):
            break
    if head == NULL:                # else the span hangs on the list already
        remote_spans_push(heap, span)


def heap_free_aligned_remote(heap, p, n):
    """`heap_free_aligned` for a thread that does not own the heap."""
    head: cython.p_void
    if n != SPAN_BYTES:
        heap_free_remote(heap, p, n)
        return
    while True:
        head = read_pointer(address(heap.remote_segments))
        cast(cython.pp_void, p)[0] = head
        if replace_pointer(address(heap.remote_segments), head, p):
            return


def collect_segments(heap, spans):
    """Take back whole spans that other threads freed, `spans` at most. True while some are left."""
    p: cython.p_void
    if heap.returning == NULL and read_pointer(address(heap.remote_segments)) != NULL:
        heap.returning = swap_pointer(address(heap.remote_segments), NULL)
    while heap.returning != NULL and spans > 0:
        p = heap.returning
        heap.returning = cast(cython.pp_void, p)[0]
        heap_free_aligned(heap, p, SPAN_BYTES)
        spans -= 1
    return heap.returning != NULL


def heap_collect_remote(heap, spans):
    """The owner takes back what other threads freed, from at most `spans` spans. True while some are left."""
    span: SpanPtr
    following: SpanPtr
    more: cython.bint = collect_segments(heap, spans)
    remote: uint64_t = swap_shared(address(heap.remote_large), 0)
    if SANITIZED:                   # all blocks are counted there, small ones too
        heap.used -= remote
    else:
        large_remove(heap, remote)
    if read_pointer(address(heap.remote_spans)) == NULL:
        return more
    span = cast(SpanPtr, swap_pointer(address(heap.remote_spans), NULL))
    while span != NULL and spans > 0:
        following = span.remote_next
        span_collect(heap, span)
        span = following
        spans -= 1
    if span == NULL:
        return more
    while span != NULL:             # too much for one tick: back on the list
        following = span.remote_next
        remote_spans_push(heap, span)
        span = following
    return True


def remote_spans_push(heap, span):
    head: cython.p_void
    while True:
        head = read_pointer(address(heap.remote_spans))
        span.remote_next = cast(SpanPtr, head)
        if replace_pointer(address(heap.remote_spans), head, span):
            return


def span_collect(heap, span):
    blocks: cython.p_void = swap_pointer(address(span.remote), NULL)
    count: cython.size_t
    tail: cython.p_void
    if blocks == NULL:
        return
    count = cast(uintptr_t, cast(cython.pp_void, blocks)[1])
    heap.used -= count * span.block
    if count < span.used:           # else the whole span goes: no need to link its blocks
        tail = blocks
        while cast(cython.pp_void, tail)[0] != NULL:
            tail = cast(cython.pp_void, tail)[0]
        cast(cython.pp_void, tail)[0] = span.free
        span.free = blocks
    span_returned(heap, span, count)


# --- the whole heap --------------------------------------------------------------------------------------------------


def heap_init(heap):
    memset(heap, 0, sizeof(Heap))


def heap_destroy(heap):
    """Unmap every chunk. Blocks over SMALL_MAX are the owner's to free before."""
    chunk: ChunkPtr = heap.all_chunks
    following: ChunkPtr
    while chunk != NULL:
        following = chunk.all_next
        munmap(chunk, CHUNK_BYTES)
        chunk = following
    heap_init(heap)


def heap_trim(heap):
    """Give the memory of all free spans back to the system."""
    chunk: ChunkPtr = heap.chunks
    following: ChunkPtr
    bits: uint64_t
    i: cython.int
    while chunk != NULL:
        following = chunk.next
        bits = chunk.free & ~chunk.clean
        while bits != 0:
            i = low_bit(bits)
            madvise(cast(cython.p_char, chunk) + cast(cython.size_t, i) * SPAN_BYTES, SPAN_BYTES, MADV_DONTNEED)
            bits &= bits - 1
            heap.idle -= SPAN_BYTES
        chunk.clean = chunk.free
        chunk = following
    malloc_trim(0)
