"""Taking elements from the ends of lists. See list_pop.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.commands.pops cimport PopOptions
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item
from kvik.engine.quicklist cimport ListCursor
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport EffectsPtr
from kvik.keyspace.list_value cimport ListRules

cdef enum:
    TEXT_KEPT = 128             # bytes of an element that LMOVE needs no block for

cdef struct Ends:               # of LMOVE: the end it takes from and the end it puts to
    bint from_head
    bint to_head

ctypedef Ends *EndsPtr

cdef void lpop_command(Call *call) noexcept nogil
cdef void rpop_command(Call *call) noexcept nogil
cdef void lmpop_command(Call *call) noexcept nogil
cdef void lmove_command(Call *call) noexcept nogil
cdef void rpoplpush_command(Call *call) noexcept nogil
cdef void blpop_command(Call *call) noexcept nogil
cdef void brpop_command(Call *call) noexcept nogil
cdef void blmpop_command(Call *call) noexcept nogil
cdef void blmove_command(Call *call) noexcept nogil
cdef void brpoplpush_command(Call *call) noexcept nogil

cdef void pop_command(Call *call, bint at_head) noexcept nogil
cdef bint read_end(Call *call, int i, Entry *e, bint at_head, Item *item) noexcept nogil
cdef void take_end(Call *call, int i, uint64_t h, Entry *e, bint at_head) noexcept nogil
cdef void pop_many(
    Call *call, int i, uint64_t h, Entry *e, bint at_head, uint64_t count, int key) noexcept nogil
cdef bint reply_backwards(Call *call, const Entry *e, uint64_t count, int key) noexcept nogil
cdef bint pop_from_any(Call *call, const PopOptions *options) noexcept nogil
cdef bint read_ends(Call *call, Ends *ends) noexcept nogil
cdef bint move_element(Call *call, const Ends *ends) noexcept nogil
cdef void move_between(
    Call *call, Entry *source, Entry *target, uint64_t to, const Ends *ends) noexcept nogil
cdef void rotate(Call *call, Entry *e, const Ends *ends) noexcept nogil
cdef void block_and_pop(Call *call, bint at_head) noexcept nogil
cdef void block_and_move(Call *call, int timeout, const Ends *ends) noexcept nogil
cdef void effect_pop(Call *call, int i, bint at_head, uint64_t count) noexcept nogil
cdef void effect_move(Call *call, int timeout) noexcept nogil
