"""What the commands share that take elements from the ends of lists and sorted sets. See pops.py."""

from libc.stdint cimport uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport SlicePtr
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client

cdef struct PopOptions:         # of LMPOP, ZMPOP and their forms that wait
    int first                   # argv[first] is the first key
    int keys
    bint last                   # from the end: RIGHT, MAX
    uint64_t count

ctypedef PopOptions *PopOptionsPtr

cdef bint read_pop_options(
    Call *call, int i, const char *first, const char *last, PopOptions *options) noexcept nogil
cdef int find_filled(Call *call, int kind, int first, int count, uint64_t *h, EntryPtr *e) noexcept nogil
cdef void reply_timed_out(Client *c) noexcept nogil
