"""Hash commands on single fields. See hash.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.listpack cimport Listpack
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.database cimport EncodingLimitsPtr, Keyspace, KeyspacePtr
from kvik.keyspace.hash_value cimport HashSettings, Place

cdef struct Sets:               # what setting fields has come to
    int64_t done
    int64_t added
    int64_t revived             # of those added: there had been one whose time was up

ctypedef Sets *SetsPtr

cdef void hset_command(Call *call) noexcept nogil
cdef void hmset_command(Call *call) noexcept nogil
cdef void hsetnx_command(Call *call) noexcept nogil
cdef void hget_command(Call *call) noexcept nogil
cdef void hmget_command(Call *call) noexcept nogil
cdef void hexists_command(Call *call) noexcept nogil
cdef void hstrlen_command(Call *call) noexcept nogil
cdef void hlen_command(Call *call) noexcept nogil
cdef void hdel_command(Call *call) noexcept nogil
cdef void hincrby_command(Call *call) noexcept nogil
cdef void hincrbyfloat_command(Call *call) noexcept nogil

cdef bint read_hash(Call *call, EntryPtr *e) noexcept nogil
cdef bint write_hash(Call *call, EntryPtr *e) noexcept nogil
cdef Entry *open_hash(Call *call, Entry *e) noexcept nogil
cdef void hash_settings(Call *call, HashSettings *settings) noexcept nogil
cdef bint set_pair(
    const HashSettings *settings, Entry *e, const Slice *field, const Slice *value, int64_t expiry,
    Sets *sets) noexcept nogil
cdef void set_one(
    Call *call, Entry *e, const Slice *value, int64_t expiry, const char *event, Sets *sets) noexcept nogil
cdef void finish_sets(Call *call, Entry *e, const Sets *sets, const char *event) noexcept nogil
cdef void finish_removals(Call *call, Entry *e, int64_t removed, const char *event) noexcept nogil
cdef void reply_place(Call *call, const Place *place) noexcept nogil
cdef bint set_pairs(Call *call, Sets *sets) noexcept nogil
cdef bint convert_ahead(Call *call, Entry *e) noexcept nogil
cdef void effect_field(Call *call, const Slice *value) noexcept nogil
cdef void effect_field_kept(Call *call, const Slice *value) noexcept nogil
