"""Consumer groups: XGROUP, XACK, XPENDING. See stream_group.py."""

from libc.stdint cimport int64_t

from kvik.engine.id_map cimport IdCursor, IdMap, IdMapPtr
from kvik.engine.stream cimport Stream, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr, name_of
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.wire.client cimport Client

cdef struct CreateOptions:
    bint make_stream            # MKSTREAM
    int64_t entries_read

ctypedef CreateOptions *CreateOptionsPtr

cdef struct PendingOptions:     # of XPENDING
    int64_t idle_ms             # at least so long
    StreamID first
    StreamID last
    int64_t count
    int consumer                # where its name is, 0: all of them

ctypedef PendingOptions *PendingOptionsPtr

cdef void xgroup_create_command(Call *call) noexcept nogil
cdef void xgroup_setid_command(Call *call) noexcept nogil
cdef void xgroup_destroy_command(Call *call) noexcept nogil
cdef void xgroup_createconsumer_command(Call *call) noexcept nogil
cdef void xgroup_delconsumer_command(Call *call) noexcept nogil
cdef void xack_command(Call *call) noexcept nogil
cdef void xpending_command(Call *call) noexcept nogil

cdef bint reply_bad_subcommand(Call *call) noexcept nogil
cdef bint read_create_options(Call *call, bint creating, CreateOptions *options) noexcept nogil
cdef bint need_stream(Call *call, StreamPtr *s) noexcept nogil
cdef bint need_group(Call *call, StreamPtr *s, GroupPtr *group) noexcept nogil
cdef bint create_stream(Call *call, StreamPtr *s) noexcept nogil
cdef void reply_name(Client *c, const void *named) noexcept nogil
cdef void pending_summary(Call *call, const Group *group) noexcept nogil
cdef bint read_pending_options(Call *call, PendingOptions *options) noexcept nogil
cdef void pending_list(Call *call, const Group *group, const PendingOptions *options) noexcept nogil
