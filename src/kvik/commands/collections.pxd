"""What the commands of all collection types share. See collections.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Slot
from kvik.engine.listpack cimport Item, listpack_item
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client

cdef bint read_collection(Call *call, int i, uint64_t h, int kind, EntryPtr *e) noexcept nogil
cdef bint write_collection(Call *call, int i, uint64_t h, int kind, EntryPtr *e) noexcept nogil
cdef Entry *new_collection(Call *call, int i, uint64_t h, int kind, int encoding, void *value) noexcept nogil
cdef bint add_collection(Call *call, uint64_t h, Entry *e) noexcept nogil
cdef bint store_collection(
    Call *call, int i, uint64_t h, Entry *e, int event_class, const char *event) noexcept nogil
cdef void delete_destination(Call *call) noexcept nogil
cdef bint is_read(const Call *call) noexcept nogil
cdef bint read_random_options(Call *call, const char *more, int64_t *count, bint *with_more) noexcept nogil
cdef void drop_emptied(Call *call, int i, uint64_t h) noexcept nogil
cdef void reply_item(Client *c, const Item *item) noexcept nogil
cdef void reply_integer_bulk(Client *c, int64_t value) noexcept nogil
