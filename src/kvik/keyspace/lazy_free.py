"""Freeing large values on another thread.

UNLINK of ten million elements, FLUSHALL ASYNC: the loop thread takes the value out of its table, which costs nothing,
and hands it to one background thread as a job. That thread frees block after block with `heap_free_remote`, which
needs no lock; the loop takes them back into its heap a few spans a tick (`lazy_collect`).

The thread (engine/background.py) starts with the first job.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.background import background_init, background_start, background_stop, background_submit
from cython.cimports.kvik.engine.entry import entry_bytes, entry_free
from cython.cimports.kvik.engine.heap import heap_collect_remote, heap_free_remote
from cython.cimports.kvik.engine.intrinsics import add_shared
from cython.cimports.kvik.engine.table import table_each, table_free, table_release
from cython.cimports.kvik.keyspace.values import value_effort, value_free
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memset


def lazy_init(lazy, heap):
    memset(lazy, 0, sizeof(LazyFree))
    lazy.heap = heap
    background_init(address(lazy.background), run_job, lazy)


def lazy_stop(lazy):
    """Let the thread finish what it has, end it, and take everything back."""
    started: cython.bint = lazy.background.started
    background_stop(address(lazy.background))
    while started and lazy_collect(lazy):
        pass


def free_entry_here(heap, e):
    value_free(heap, e, False)
    entry_free(heap, e)


def lazy_release(lazy, e, lazily):
    """Free an entry that is in no table any more, and its value: here, or on the thread if that is much work."""
    job: JobPtr
    if lazily and value_effort(e) > LAZY_EFFORT:
        job = cast(JobPtr, malloc(sizeof(Job)))
        if job != NULL:
            memset(job, 0, sizeof(Job))
            job.entry = e
            if lazy_submit(lazy, job, 1):
                return
            free(job)
    free_entry_here(lazy.heap, e)


def lazy_release_table(lazy, table):
    """Free a table of entries with all their values on the thread. False: not taken, do it yourself."""
    job: JobPtr = cast(JobPtr, malloc(sizeof(Job)))
    if job == NULL:
        return False
    memset(job, 0, sizeof(Job))
    job.table = table[0]
    if lazy_submit(lazy, job, table.count):
        return True
    free(job)
    return False


def lazy_drop_table(lazy, table, lazily):
    """Free a table of entries with all their values: on the thread (if there are any, and it takes them), or here."""
    if not (lazily and table.count > 0 and lazy_release_table(lazy, table)):
        table_each(table, release_entry, lazy.heap)
        table_free(table)


def release_entry(context, e):
    free_entry_here(cast(HeapPtr, context), e)


def lazy_submit(lazy, job, objects):
    if not background_start(address(lazy.background)):
        return False
    add_shared(address(lazy.pending), objects)
    background_submit(address(lazy.background), address(job.task))
    return True


# --- on the thread ---------------------------------------------------------------------------------------------------


def run_job(owner, task):
    lazy: LazyFreePtr = cast(LazyFreePtr, owner)
    job: JobPtr = cast(JobPtr, task)
    objects: uint64_t = 1
    if job.entry != NULL:
        free_entry_remote(lazy.heap, job.entry)
    else:
        objects = job.table.count
        table_each(address(job.table), free_entry_remote, lazy.heap)
        table_release(address(job.table), True)
    free(job)
    add_shared(address(lazy.pending), 0 - objects)
    add_shared(address(lazy.freed), objects)


def free_entry_remote(context, e):
    heap: HeapPtr = cast(HeapPtr, context)
    value_free(heap, e, True)
    heap_free_remote(heap, e, entry_bytes(e))


# --- on the loop thread again ----------------------------------------------------------------------------------------


def lazy_collect(lazy):
    """Once a tick: take back a bounded part of what the thread freed. True while there is more."""
    return heap_collect_remote(lazy.heap, SPANS_A_TICK)
