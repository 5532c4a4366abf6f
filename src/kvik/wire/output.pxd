"""What a client is owed: the open region of the arena, and queued blocks. See output.py."""

from libc.stddef cimport size_t
from libc.string cimport memcpy


from kvik.engine.heap cimport Heap
from kvik.wire.client cimport CLIENT_MUTED, OUTPUT_BLOCK, Client, ClientPtr, OutputBlock, OutputBlockPtr, Shared
from kvik.wire.parser cimport CharPtr

cdef enum:
    SENT = 0                    # all of it
    SENT_PART = 1               # the socket takes no more now
    SEND_FAILED = 2

cdef struct Mark:               # a place in what a client is owed, until its command ends
    OutputBlock *block          # NULL: in the region, be it still there or spilled into the first block
    size_t offset

ctypedef Mark *MarkPtr

cdef extern from "sys/socket.h" nogil:
    enum: MSG_NOSIGNAL
    ssize_t send(int fd, const void *p, size_t n, int flags) noexcept

cdef char *output_room(Client *c, size_t n) noexcept nogil
cdef void output_write_long(Client *c, const char *p, size_t n) noexcept nogil
cdef Mark output_mark(Client *c) noexcept nogil
cdef char *output_at(Client *c, const Mark *mark) noexcept nogil
cdef void output_cut(Client *c, const Mark *mark, size_t n) noexcept nogil
cdef void output_close_region(Client *c) noexcept nogil
cdef void output_mute(Client *c) noexcept nogil
cdef void output_unmute(Client *c) noexcept nogil
cdef int output_send(Client *c) noexcept nogil
cdef ssize_t transmit(Client *c, const char *p, size_t n) noexcept nogil
cdef void output_discard(Client *c) noexcept nogil
cdef size_t output_queued(const Client *c) noexcept nogil
cdef OutputBlock *output_add_block(Client *c, size_t n) noexcept nogil
cdef void output_append(Client *c, OutputBlock *block) noexcept nogil
cdef void output_share(Client *c, Shared *shared) noexcept nogil
cdef void output_free_block(Heap *heap, OutputBlock *block) noexcept nogil
cdef void shared_release(Heap *heap, Shared *shared) noexcept nogil
cdef bint output_spill_region(Client *c) noexcept nogil
cdef int output_send_blocks(Client *c) noexcept nogil
cdef void output_settle(Client *c) noexcept nogil
cdef char *output_nowhere(Client *c) noexcept nogil
cdef bint goes_nowhere(const Client *c) noexcept nogil

cdef inline char *output_reserve(Client *c, size_t n) noexcept nogil:
    """Room for n bytes (at most OUTPUT_BLOCK) in one piece; write them and advance c.out.pos. Never NULL."""
    if <size_t>(c.out.end - c.out.pos) >= n:
        return c.out.pos
    return output_room(c, n)

cdef inline void output_write(Client *c, const char *p, size_t n) noexcept nogil:
    """Append n bytes to what the client is owed."""
    if <size_t>(c.out.end - c.out.pos) >= n:
        memcpy(c.out.pos, p, n)
        c.out.pos += n
    else:
        output_write_long(c, p, n)

cdef inline size_t output_total(const Client *c) noexcept nogil:
    """Bytes the client is owed, as output_queued says; quick while its replies are in the region, or there are none."""
    if (c.out.pos != NULL) == (c.out.region != NULL):
        return c.out.queued + (c.out.pos - c.out.region)
    return output_queued(c)
