"""Set commands. See set.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.scan cimport ScanOptions, ScanOptionsPtr
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport Effects
from kvik.keyspace.set_random cimport Choice
from kvik.keyspace.set_value cimport Member, SetContext, SetWalk
from kvik.wire.client cimport Client, ClientPtr

cdef struct Several:            # a reply of several members, on its way
    Client *client
    int64_t announce            # how many, while that has not been written
    bint as_set
    Effects *log                # where they are written to as well, or NULL

ctypedef Several *SeveralPtr

cdef inline SetContext set_context(const Call *call) noexcept nogil:
    cdef SetContext context
    context.heap = call.keyspace.heap
    context.hash_key = &call.keyspace.hash_key
    context.limits = &call.keyspace.limits
    context.expected = 0
    context.failed = False
    return context

cdef void sadd_command(Call *call) noexcept nogil
cdef void srem_command(Call *call) noexcept nogil
cdef void smove_command(Call *call) noexcept nogil
cdef void scard_command(Call *call) noexcept nogil
cdef void sismember_command(Call *call) noexcept nogil
cdef void smismember_command(Call *call) noexcept nogil
cdef void smembers_command(Call *call) noexcept nogil
cdef void spop_command(Call *call) noexcept nogil
cdef void srandmember_command(Call *call) noexcept nogil
cdef void sscan_command(Call *call) noexcept nogil

cdef void reply_member(Client *c, const Member *m) noexcept nogil
cdef void reply_next(void *context, const Member *m) noexcept nogil
cdef void reply_members(Client *c, const Entry *e) noexcept nogil
cdef int members_from(const Call *call, int i, const Entry *e, Member *members) noexcept nogil
cdef uint64_t add_arguments(Call *call, SetContext *context, Entry *e) noexcept nogil
cdef Entry *set_for_first(SetContext *context, const Slice *key, Member *first, size_t expected) noexcept nogil
cdef void move_member(Call *call, Entry *source, Entry *target, Member *m, uint64_t h, uint64_t to) noexcept nogil
cdef void pop_one(Call *call) noexcept nogil
cdef void pop_some(Call *call, Entry *e, int64_t count) noexcept nogil
cdef void pop_all(Call *call, Entry *e) noexcept nogil
cdef void random_repeated(Call *call, const Entry *e, int64_t count) noexcept nogil
cdef void random_distinct(Call *call, const Entry *e, uint64_t count) noexcept nogil
cdef void reply_small_scan(Call *call, const Entry *e, const ScanOptions *options) noexcept nogil
cdef bint matches(const Member *m, const Slice *pattern) noexcept nogil
cdef void log_member(Effects *f, const Member *m) noexcept nogil
