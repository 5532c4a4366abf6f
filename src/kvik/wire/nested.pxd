"""A tick of the loop within another one. See nested.py."""

from libc.stddef cimport size_t

from kvik.engine.text cimport Slice
from kvik.wire.client cimport Client, ClientPtr
from kvik.wire.loop cimport Loop, Request, RequestPtr
from kvik.wire.parser cimport Arguments
from kvik.wire.poller cimport EVENTS_MAX, PollEvent

cdef struct OuterTick:          # what the outer tick is in the midst of
    char *input
    size_t input_used
    char *output
    size_t output_used
    char *scratch
    char *scratch_now
    size_t scratch_left
    Request *requests
    int request_count
    Arguments arguments
    Client *executing
    Client *parsing
    size_t share_used
    bint failed
    char *deferred
    size_t deferred_bytes
    size_t deferred_capacity
    Client **group
    int group_count
    int group_capacity
    Client **flush
    int flush_count
    int flush_capacity
    Client **again
    int again_count
    int again_capacity
    PollEvent events[EVENTS_MAX]

ctypedef OuterTick *OuterTickPtr

ctypedef void (*AnswerRest)(void *owner, Request *requests, int count, Slice *argv) noexcept nogil

cdef void loop_serve_others(Loop *loop, AnswerRest answer_rest) noexcept nogil
cdef void take_over_flush(Loop *loop, OuterTick *outer) noexcept nogil
cdef void let_go(Loop *loop, OuterTick *outer) noexcept nogil
cdef void set_aside(Loop *loop, OuterTick *outer, char *room) noexcept nogil
cdef void take_up(Loop *loop, OuterTick *outer) noexcept nogil
cdef void inner_tick(Loop *loop) noexcept nogil
cdef bint is_in_outer_group(Loop *loop, void *data) noexcept nogil
