"""XREAD and XREADGROUP. See stream_read.py."""

from libc.stdint cimport int64_t

from kvik.engine.id_map cimport IdCursor
from kvik.engine.stream cimport Stream, StreamCursor, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr
from kvik.engine.stream_id cimport STREAM_ID_MAX, StreamID
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.wire.client cimport Client

cdef enum:
    GREATER = 62
    ASKED_FEW = 8               # for so many streams a command needs no memory

cdef struct Asked:              # one of the streams that a command asks for
    Stream *s                   # NULL: there is no such key
    Group *group
    bint new_only               # > or no group at all: what is behind `after`. Else the consumer's history
    StreamID after

ctypedef Asked *AskedPtr

cdef struct ReadOptions:
    bint grouped                # XREADGROUP
    int group                   # where its name is, 0: not said
    int consumer
    bint no_ack
    int64_t timeout_ms          # -1: does not wait
    int64_t count               # of entries a stream, -1: all
    int first                   # the first key, 0: not said
    int streams                 # how many

ctypedef ReadOptions *ReadOptionsPtr

cdef struct Resolved:           # an ID that was written as $ or +
    Slice written
    char text[48]

ctypedef Resolved *ResolvedPtr

cdef void xread_command(Call *call) noexcept nogil
cdef void xreadgroup_command(Call *call) noexcept nogil

cdef void read_command(Call *call, bint grouped) noexcept nogil
cdef bint read_options(Call *call, ReadOptions *options) noexcept nogil
cdef bint read_streams(Call *call, ReadOptions *options) noexcept nogil
cdef bint only_with_group(Call *call, const ReadOptions *options, const char *error) noexcept nogil
cdef bint resolve(Call *call, const ReadOptions *options, Asked *asked) noexcept nogil
cdef bint resolve_id(Call *call, int i, const ReadOptions *options, Asked *a) noexcept nogil
cdef bint has_more(const Stream *s, StreamID after) noexcept nogil
cdef Consumer *consumer_of(Call *call, int key, Group *group, int name) noexcept nogil
cdef void serve(Call *call, const ReadOptions *options, Asked *asked) noexcept nogil
cdef void reply_stream(Call *call, const ReadOptions *options, Asked *a, int key, Consumer *consumer) noexcept nogil
cdef void reply_new(Call *call, const ReadOptions *options, Asked *a, int key, Consumer *consumer) noexcept nogil
cdef void reply_history(Call *call, const ReadOptions *options, Asked *a, Consumer *consumer) noexcept nogil
cdef void wait(Call *call, const ReadOptions *options, const Asked *asked) noexcept nogil
cdef void read_timed_out(Client *c) noexcept nogil
cdef void effect_consumer(Call *call, int key, const Group *group, int name) noexcept nogil
cdef void effect_claim(Call *call, int key, const Group *group, StreamID id, const Pending *pending) noexcept nogil
cdef void effect_position(Call *call, int key, const Group *group) noexcept nogil
