"""Replies of stream commands. See stream_reply.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.listpack cimport Item, listpack_item, listpack_skip
from kvik.engine.stream cimport Stream, StreamCursor
from kvik.engine.stream_id cimport StreamID
from kvik.wire.client cimport Client
from kvik.wire.reply cimport reply_bulk

cdef enum:
    DOLLAR_SIGN = 36

cdef void reply_id(Client *c, StreamID id) noexcept nogil
cdef void reply_entry(Client *c, StreamCursor *cursor) noexcept nogil
cdef void reply_entries(Client *c, StreamCursor *cursor, const Stream *s, int64_t count) noexcept nogil
cdef void reply_entry_at(Client *c, const Stream *s, StreamID id) noexcept nogil
cdef int64_t at_most(uint64_t there, int64_t count) noexcept nogil

cdef inline char *reply_element(Client *c, char *p) noexcept nogil:
    """The element of a listpack at p as bulk string; behind it."""
    cdef Item item = listpack_item(p)
    if item.p != NULL:
        reply_bulk(c, item.p, item.n)
    else:
        reply_number(c, item.integer)
    return listpack_skip(p)

cdef void reply_number(Client *c, int64_t value) noexcept nogil
