"""Commands that wait for EXEC: a list of them with each client that has said MULTI.

    client.transaction ──▶ Transaction ──▶ Queued ──▶ Queued        each one block: slices, then the bytes they show
"""

# ruff: noqa: F821
import cython
from cython import NULL, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.wire.client import CLIENT_DIRTY_EXEC, CLIENT_MULTI
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.string import memcpy, memset


def transaction_begin(heap, c):
    """MULTI. False when memory is short."""
    c.transaction = heap_alloc(heap, sizeof(Transaction))
    if c.transaction == NULL:
        return False
    memset(c.transaction, 0, sizeof(Transaction))
    c.transaction_bytes = sizeof(Transaction)
    c.flags |= CLIENT_MULTI
    return True


def transaction_add(heap, c, command, flags, argv, argc):
    """Queue a command with a copy of its arguments. False when memory is short. O(bytes)."""
    t: TransactionPtr = transaction_of(c)
    i: cython.int
    bytes: cython.size_t = sizeof(Queued) + argc * sizeof(Slice)
    q: QueuedPtr
    p: cython.p_char
    for i in range(argc):
        bytes += argv[i].n
    q = cast(QueuedPtr, heap_alloc(heap, bytes))
    if q == NULL:
        return False
    q.next = NULL
    q.command = command
    q.bytes = bytes
    q.argc = argc
    p = cast(cython.p_char, q) + sizeof(Queued) + argc * sizeof(Slice)
    for i in range(argc):
        q.argv[i].p = p
        q.argv[i].n = argv[i].n
        memcpy(p, argv[i].p, argv[i].n)
        p += argv[i].n
    if t.first == NULL:
        t.first = q
    else:
        t.last.next = q
    t.last = q
    t.count += 1
    t.flags |= flags
    c.transaction_bytes += bytes
    return True


def transaction_take(c):
    """c has none any more: it is the caller's to run and free."""
    t: TransactionPtr = transaction_of(c)
    c.transaction = NULL
    c.transaction_bytes = 0
    c.flags &= ~cast(uint32_t, CLIENT_MULTI | CLIENT_DIRTY_EXEC)
    return t


def transaction_free(heap, t):
    q: QueuedPtr = t.first
    following: QueuedPtr
    while q != NULL:
        following = q.next
        heap_free(heap, q, q.bytes)
        q = following
    heap_free(heap, t, sizeof(Transaction))


def transaction_drop(heap, c):
    """DISCARD, or the end of the connection: forget what was queued, if anything was."""
    if c.transaction != NULL:
        transaction_free(heap, transaction_take(c))
