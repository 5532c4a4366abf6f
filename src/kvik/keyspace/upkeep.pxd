"""What keeps the keyspace in order between commands. See upkeep.py."""

from libc.stdint cimport int64_t

from kvik.keyspace.database cimport Keyspace

cdef enum:                      # kinds of work; bits
    UPKEEP_EXPIRY = 1           # keys whose time is up
    UPKEEP_FIELDS = 2           # fields of hashes, likewise
    UPKEEP_DEFRAG = 4
    UPKEEP_KINDS = 3
    ENOUGH_US = 100             # after so much in a tick, what else is due waits for the next one
    FIELDS_WAIT_MS = 2          # the loop sleeps no longer while fields are due

cdef void upkeep_begin(Keyspace *ks, int hz) noexcept nogil
cdef int upkeep_slice(Keyspace *ks) noexcept nogil
cdef bint work(Keyspace *ks, int kind) noexcept nogil
cdef int upkeep_wait_ms(const Keyspace *ks) noexcept nogil
