"""Freeing large values on another thread. See lazy_free.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.background cimport Background, Task
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.table cimport Table, TablePtr

cdef enum:
    LAZY_EFFORT = 64            # values of fewer blocks are freed at once
    SPANS_A_TICK = 32           # with blocks that were freed remotely, that the owner takes back a tick

cdef struct Job:
    Task task
    Entry *entry                # free this, or
    Table table                 # all of this

ctypedef Job *JobPtr

cdef struct LazyFree:
    Heap *heap
    Background background
    uint64_t pending            # objects handed over and not freed yet (atomic)
    uint64_t freed              # objects freed since the start (atomic)

ctypedef LazyFree *LazyFreePtr

cdef void lazy_init(LazyFree *lazy, Heap *heap) noexcept nogil
cdef void lazy_stop(LazyFree *lazy) noexcept nogil
cdef void lazy_release(LazyFree *lazy, Entry *e, bint lazily) noexcept nogil
cdef bint lazy_release_table(LazyFree *lazy, Table *table) noexcept nogil
cdef void lazy_drop_table(LazyFree *lazy, Table *table, bint lazily) noexcept nogil
cdef void release_entry(void *context, Entry *e) noexcept nogil
cdef bint lazy_collect(LazyFree *lazy) noexcept nogil
cdef bint lazy_submit(LazyFree *lazy, Job *job, uint64_t objects) noexcept nogil
cdef void run_job(void *owner, Task *task) noexcept nogil
cdef void free_entry_remote(void *context, Entry *e) noexcept nogil
cdef void free_entry_here(Heap *heap, Entry *e) noexcept nogil
