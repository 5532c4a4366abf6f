"""Random members of sets. See set_random.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.intset cimport Intset
from kvik.engine.listpack cimport Listpack
from kvik.engine.sampling cimport Draw, Seen
from kvik.engine.table cimport Spot, Table, TablePtr
from kvik.keyspace.set_value cimport Member, MemberPtr, SetContext, SetWalk

cdef enum:
    PLACES = 256                # of a listpack that are looked up together

cdef struct Choice:             # a member that was drawn, and where it stands: good until the set changes
    Member member
    Spot spot                   # table
    uint32_t at                 # intset

ctypedef Choice *ChoicePtr
ctypedef uint64_t *WordPtr
ctypedef void (*MemberFunction)(void *context, const Member *m) noexcept nogil

cdef struct Sweep:              # what taking many members out of a table goes by
    Heap *heap
    Draw draw
    uint64_t *seed
    MemberFunction each
    void *context

ctypedef Sweep *SweepPtr

cdef void set_random(const Entry *e, uint64_t *seed, Choice *choice) noexcept nogil
cdef void set_take(SetContext *context, Entry *e, const Choice *choice) noexcept nogil
cdef int set_draw(const Entry *e, uint64_t *seed, Member *members, int count) noexcept nogil
cdef bint set_sample(
    Heap *heap, const Entry *e, uint64_t count, uint64_t *seed, MemberFunction each, void *context) noexcept nogil
cdef void set_take_many(
    SetContext *context, Entry *e, uint64_t count, uint64_t *seed, MemberFunction each, void *each_context
    ) noexcept nogil

cdef void draw_places(Listpack lp, uint64_t *seed, Member *members, int count) noexcept nogil
cdef uint64_t place_of(const Entry *e, const Member *m) noexcept nogil
cdef void sample_walk(
    const Entry *e, uint64_t count, uint64_t *seed, MemberFunction each, void *context) noexcept nogil
cdef bint sweep_member(void *context, Entry *e) noexcept nogil
cdef void take_from_small(
    SetContext *context, Entry *e, uint64_t count, uint64_t *seed, MemberFunction each, void *each_context
    ) noexcept nogil
cdef void *without_chosen(SetContext *context, const Entry *e, uint64_t *words, uint64_t count, uint64_t *seed) noexcept nogil
