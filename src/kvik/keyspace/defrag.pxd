"""Active defragmentation. See defrag.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr, Slot
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Table, TablePtr
from kvik.keyspace.database cimport Database, DatabasePtr, Defrag, DefragPtr, Keyspace, KeyspacePtr

cdef enum:
    DEFRAG_BUCKETS = 4          # buckets of a table between two looks at the time
    DEFRAG_INLINE = 256         # a collection with more elements is walked by itself, bit by bit
    DEFRAG_LARGE_MAX = 8        # such collections that are remembered at once
    DEFRAG_STALL_PERCENT = 5    # a pass that moves less than so much of the waste is the last for a while

cdef struct DefragWalk:         # what the walk over a table's entries is handed
    Keyspace *keyspace
    Database *db
    Table *table                # whose entries are looked at

ctypedef DefragWalk *DefragWalkPtr

cdef void defrag_cron(Keyspace *ks, int hz) noexcept nogil
cdef bint worth_while(Keyspace *ks, size_t waste) noexcept nogil
cdef int64_t allowance_of(Keyspace *ks, size_t waste, int hz) noexcept nogil
cdef void defrag_slice(Keyspace *ks) noexcept nogil
cdef void defrag_step(Keyspace *ks) noexcept nogil
cdef void end_pass(Keyspace *ks) noexcept nogil
cdef void defrag_drop(Keyspace *ks) noexcept nogil
cdef void visit_key(void *context, Entry *e) noexcept nogil
cdef void visit_element(void *context, Entry *e) noexcept nogil
cdef Entry *move_in_table(DefragWalk *w, Entry *e, size_t n) noexcept nogil
cdef Entry *move_entry(DefragWalk *w, Entry *e) noexcept nogil
cdef void *move_block(Keyspace *ks, void *p, size_t n) noexcept nogil
cdef void move_value(DefragWalk *w, Entry *e) noexcept nogil
cdef Table *elements_of(const Entry *e) noexcept nogil
cdef size_t block_of_value(const Entry *e) noexcept nogil
cdef void remember_large(Keyspace *ks, const Entry *e) noexcept nogil
cdef void step_large(Keyspace *ks) noexcept nogil
cdef void forget_large(Keyspace *ks) noexcept nogil
