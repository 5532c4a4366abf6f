"""Lists of clients: those whose input is in the arena, those that are owed something, monitors.

An array that doubles when it is full. All zeros is the empty list, which holds no memory.
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import doubled, heap_double, heap_free


def client_list_add(heap, clients, c):
    """False when memory is short."""
    grown: ClientPtrPtr
    if clients.count == clients.capacity:
        grown = cast(ClientPtrPtr, heap_double(heap, clients.items, clients.capacity, 64, sizeof(ClientPtr)))
        if grown == NULL:
            return False
        clients.items = grown
        clients.capacity = cast(cython.int, doubled(clients.capacity, 64))
    clients.items[clients.count] = c
    clients.count += 1
    return True


def client_list_remove(clients, c):
    """Take c out; the others stay in order. O(clients)."""
    i: cython.int
    kept: cython.int = 0
    for i in range(clients.count):
        if clients.items[i] != c:
            clients.items[kept] = clients.items[i]
            kept += 1
    clients.count = kept


def client_list_skip(clients, n):
    """Take the first n out."""
    i: cython.int
    for i in range(n, clients.count):
        clients.items[i - n] = clients.items[i]
    clients.count -= n


def client_list_free(heap, clients):
    if clients.items != NULL:
        heap_free(heap, clients.items, clients.capacity * sizeof(ClientPtr))
    clients.items = NULL
    clients.count = 0
    clients.capacity = 0
