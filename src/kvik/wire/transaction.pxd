"""Commands that wait for EXEC. See transaction.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from kvik.engine.heap cimport Heap
from kvik.engine.text cimport Slice
from kvik.wire.client cimport Client

cdef struct Queued:             # a command with a copy of its arguments, all in one block
    Queued *next
    void *command               # the upper layers' word for it
    size_t bytes                # of the block
    int argc
    Slice argv[1]

cdef struct Transaction:
    Queued *first
    Queued *last
    int count
    size_t bytes                # of all this
    uint32_t flags              # those of all its commands together

ctypedef Queued *QueuedPtr
ctypedef Transaction *TransactionPtr

cdef bint transaction_begin(Heap *heap, Client *c) noexcept nogil
cdef bint transaction_add(Heap *heap, Client *c, void *command, uint32_t flags, const Slice *argv, int argc) noexcept nogil
cdef Transaction *transaction_take(Client *c) noexcept nogil
cdef void transaction_free(Heap *heap, Transaction *t) noexcept nogil
cdef void transaction_drop(Heap *heap, Client *c) noexcept nogil

cdef inline Transaction *transaction_of(const Client *c) noexcept nogil:
    """NULL: c has not said MULTI."""
    return <Transaction *>c.transaction
