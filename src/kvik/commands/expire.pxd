"""Expiry commands. See expire.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call

cdef enum:
    EXPIRE_NX = 1
    EXPIRE_XX = 2
    EXPIRE_GT = 4
    EXPIRE_LT = 8

cdef void expire_command(Call *call) noexcept nogil
cdef void pexpire_command(Call *call) noexcept nogil
cdef void expireat_command(Call *call) noexcept nogil
cdef void pexpireat_command(Call *call) noexcept nogil
cdef void ttl_command(Call *call) noexcept nogil
cdef void pttl_command(Call *call) noexcept nogil
cdef void expiretime_command(Call *call) noexcept nogil
cdef void pexpiretime_command(Call *call) noexcept nogil
cdef void persist_command(Call *call) noexcept nogil

cdef void expire_generic(Call *call, bint seconds, bint absolute) noexcept nogil
cdef bint read_conditions(Call *call, int i, int end, int *conditions) noexcept nogil
cdef bint conditions_met(int conditions, int64_t now, int64_t when) noexcept nogil
cdef int64_t shown_expiry(Call *call, int64_t when, bint seconds, bint absolute) noexcept nogil
cdef void expiry_generic(Call *call, bint seconds, bint absolute) noexcept nogil
