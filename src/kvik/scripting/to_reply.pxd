"""What a script returns as a reply. See to_reply.py."""

from kvik.scripting.lua cimport State
from kvik.wire.client cimport Client

cdef enum:
    REPLY_STACK = 8             # Lua stack places that one level of a reply takes

cdef void reply_value(State *L, Client *c, int script_resp) noexcept nogil
cdef void reply_table(State *L, Client *c, int script_resp) noexcept nogil
cdef void reply_list(State *L, Client *c, int script_resp) noexcept nogil
cdef bint reply_line_field(State *L, Client *c, int table) noexcept nogil
cdef bint reply_number_field(State *L, Client *c, int table) noexcept nogil
cdef bint reply_verbatim_field(State *L, Client *c, int table) noexcept nogil
cdef bint reply_pairs_field(State *L, Client *c, int table, int script_resp) noexcept nogil
cdef bint reply_set_field(State *L, Client *c, int table, int script_resp) noexcept nogil
cdef bint table_field(State *L, int table, const char *name) noexcept nogil
cdef int count_pairs(State *L, int table) noexcept nogil
