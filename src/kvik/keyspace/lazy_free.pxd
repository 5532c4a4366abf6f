"""Freeing large values on another thread. See lazy_free.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.table cimport Table, TablePtr
from kvik.engine.threads cimport pthread_cond_t, pthread_mutex_t, pthread_t

cdef enum:
    LAZY_EFFORT = 64            # values of fewer blocks are freed at once
    SPANS_A_TICK = 32           # with blocks that were freed remotely, that the owner takes back a tick

cdef struct Job:
    Job *next
    Entry *entry                # free this, or
    Table table                 # all of this

ctypedef Job *JobPtr

cdef struct LazyFree:
    Heap *heap
    pthread_t thread
    pthread_mutex_t mutex
    pthread_cond_t wanted
    bint started
    bint stopping
    Job *todo                   # under the mutex
    Job *todo_last
    uint64_t pending            # objects handed over and not freed yet (atomic)
    uint64_t freed              # objects freed since the start (atomic)

ctypedef LazyFree *LazyFreePtr

cdef void lazy_init(LazyFree *lazy, Heap *heap) noexcept nogil
cdef void lazy_stop(LazyFree *lazy) noexcept nogil
cdef void lazy_release(LazyFree *lazy, Entry *e, bint lazily) noexcept nogil
cdef bint lazy_release_table(LazyFree *lazy, Table *table) noexcept nogil
cdef bint lazy_collect(LazyFree *lazy) noexcept nogil
cdef bint lazy_start(LazyFree *lazy) noexcept nogil
cdef bint lazy_submit(LazyFree *lazy, Job *job, uint64_t objects) noexcept nogil
cdef void *lazy_run(void *context) noexcept nogil
cdef void run_job(LazyFree *lazy, Job *job) noexcept nogil
cdef void free_entry_remote(void *context, Entry *e) noexcept nogil
cdef void free_entry_here(Heap *heap, Entry *e) noexcept nogil
