"""XCLAIM and XAUTOCLAIM. See stream_claim.py."""

from libc.stdint cimport int64_t

from kvik.engine.id_map cimport IdCursor
from kvik.engine.stream cimport Stream, StreamCursor, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr
from kvik.engine.stream_id cimport StreamID, StreamIDPtr
from kvik.engine.text cimport SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr

cdef enum:
    COUNT_DEFAULT = 100         # entries that XAUTOCLAIM claims
    TRIES = 10                  # and so many times as many it looks at

cdef extern from *:
    """
    #define KV_AUTOCLAIM_COUNT_MAX 576460752303423487LL
    """
    const int64_t COUNT_MAX "KV_AUTOCLAIM_COUNT_MAX"

cdef struct ClaimOptions:
    int64_t min_idle_ms
    int end                     # of the IDs that begin at argv[5]
    int64_t delivered_ms        # what is noted as the moment of delivery
    int64_t deliveries          # and as their number, -1: one more than before
    bint force
    bint just_id
    StreamID last_id
    StreamID start              # XAUTOCLAIM
    int64_t count

ctypedef ClaimOptions *ClaimOptionsPtr

cdef struct Claimed:            # what XAUTOCLAIM has claimed, and has found deleted
    StreamID *ids               # claimed ones from the front, deleted ones from the back
    int64_t room
    int64_t claimed
    int64_t deleted
    StreamID next               # where to go on, 0-0: at the end

ctypedef Claimed *ClaimedPtr

cdef void xclaim_command(Call *call) noexcept nogil
cdef void xautoclaim_command(Call *call) noexcept nogil

cdef bint find_group(Call *call, StreamPtr *s, GroupPtr *group) noexcept nogil
cdef bint read_argument(Call *call, int i, int64_t *value, const char *error) noexcept nogil
cdef bint read_min_idle(Call *call, ClaimOptions *options, const char *error) noexcept nogil
cdef bint read_claim_options(Call *call, ClaimOptions *options) noexcept nogil
cdef void read_claim_ids(Call *call, ClaimOptions *options) noexcept nogil
cdef bint claim(
    Call *call, Group *group, StreamID id, Pending *pending, Consumer *consumer, const ClaimOptions *options) noexcept nogil
cdef bint claim_one(
    Call *call, Stream *s, Group *group, StreamID id, Consumer *consumer, const ClaimOptions *options,
    StreamCursor *cursor) noexcept nogil
cdef bint read_autoclaim_options(Call *call, ClaimOptions *options) noexcept nogil
cdef void autoclaim(
    Call *call, const Stream *s, Group *group, Consumer *consumer, const ClaimOptions *options, Claimed *found) noexcept nogil
cdef void reply_claimed(Call *call, const Stream *s, const ClaimOptions *options, const Claimed *found) noexcept nogil
cdef void drop_deleted(Call *call, Group *group, StreamID id) noexcept nogil
