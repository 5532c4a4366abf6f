"""Lists, whatever their form: a listpack, or a quicklist when that would be too large."""

# ruff: noqa: F821
from cython.cimports.kvik.engine.heap import heap_block_bytes, heap_release
from cython.cimports.kvik.engine.listpack import listpack_bytes, listpack_copy
from cython.cimports.kvik.engine.quicklist import quicklist_copy, quicklist_free, quicklist_memory


def list_free(heap, e, remote):
    if list_is_listpack(e):
        heap_release(heap, list_listpack(e), listpack_bytes(list_listpack(e)), remote)
    else:
        quicklist_free(heap, list_quicklist(e), remote)


def list_effort(e):
    return 1 if list_is_listpack(e) else list_quicklist(e).nodes


def list_copy(heap, e):
    if list_is_listpack(e):
        return listpack_copy(heap, list_listpack(e))
    return quicklist_copy(heap, list_quicklist(e))


def list_bytes(e):
    if list_is_listpack(e):
        return heap_block_bytes(list_listpack(e), listpack_bytes(list_listpack(e)))
    return quicklist_memory(list_quicklist(e))
