"""A tick of the loop within another one. See nested.py."""

from libc.stddef cimport size_t

from kvik.engine.text cimport Slice
from kvik.wire.client cimport ClientPtr
from kvik.wire.client_list cimport ClientListPtr
from kvik.wire.loop cimport Loop, Request, RequestPtr, Tick
from kvik.wire.poller cimport EVENTS_MAX, PollEvent

cdef struct OuterTick:          # all that the inner tick would overwrite
    Tick tick
    char *scratch               # of `limits`
    size_t scratch_left
    PollEvent events[EVENTS_MAX]

ctypedef OuterTick *OuterTickPtr

ctypedef void (*AnswerRest)(void *owner, Request *requests, int count, Slice *argv) noexcept nogil

cdef void loop_serve_others(Loop *loop, AnswerRest answer_rest) noexcept nogil
cdef void take_over_flush(Loop *loop, Tick *outer) noexcept nogil
cdef void let_go(Loop *loop, Tick *outer) noexcept nogil
cdef void set_aside(Loop *loop, OuterTick *outer, char *room) noexcept nogil
cdef void take_up(Loop *loop, OuterTick *outer) noexcept nogil
cdef void inner_tick(Loop *loop) noexcept nogil
cdef bint is_in_outer_group(Loop *loop, void *data) noexcept nogil
