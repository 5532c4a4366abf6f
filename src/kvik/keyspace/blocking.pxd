"""Commands that wait for keys. See blocking.py."""

from libc.stdint cimport int64_t

from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.keyspace.database cimport Database, DatabasePtr, Keyspace
from kvik.keyspace.wait_queues cimport Blocked, BlockedPtr, TimedOut, WaitQueue
from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.wire.client cimport Client

cdef void block_on_keys(
    Call *call, int first, int count, int step, int kind, int64_t timeout_ms, TimedOut timed_out) noexcept nogil
cdef void block_on_keys_or_removal(
    Call *call, int first, int count, int step, int kind, int64_t timeout_ms, TimedOut timed_out) noexcept nogil
cdef void block(
    Call *call, int first, int count, int step, int kind, bint on_removal, int64_t timeout_ms, TimedOut timed_out,
    ) noexcept nogil
cdef void unblock(Keyspace *ks, Client *c) noexcept nogil
cdef bint may_serve(Keyspace *ks, const WaitQueue *queue, const Blocked *b) noexcept nogil
