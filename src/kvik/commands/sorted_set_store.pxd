"""Storing sorted sets that a command has built. See sorted_set_store.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.sorted_set_builder cimport SortedSetBuilder

cdef void zrangestore_command(Call *call) noexcept nogil

cdef void store_result(Call *call, SortedSetBuilder *result, const char *event) noexcept nogil
