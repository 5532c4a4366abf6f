"""Integers of any width inside strings. See bitfield.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.wire.parser cimport CharPtr

cdef enum:                      # what an operation does
    FIELD_GET = 0
    FIELD_SET = 1
    FIELD_INCRBY = 2
    FIELD_OVERFLOW = 3          # says what those that follow do when a number does not fit

cdef enum:                      # OVERFLOW
    OVERFLOW_WRAP = 0
    OVERFLOW_SAT = 1
    OVERFLOW_FAIL = 2

cdef enum:
    LETTER_I = 105
    LETTER_U = 117

cdef struct FieldOperation:
    int kind
    int width
    bint is_signed
    int overflow
    uint64_t offset
    int64_t value               # to set or to add

ctypedef FieldOperation *FieldOperationPtr

cdef struct FieldPlan:          # what all operations of a command come to
    int count                   # of replies
    bint writes
    uint64_t last               # bit that is written to

ctypedef FieldPlan *FieldPlanPtr

cdef void bitfield_command(Call *call) noexcept nogil
cdef void bitfield_ro_command(Call *call) noexcept nogil

cdef bint read_plan(Call *call, FieldPlan *plan) noexcept nogil
cdef bint next_operation(Call *call, int *i, FieldOperation *op) noexcept nogil
cdef bint read_overflow(Call *call, int i, FieldOperation *op) noexcept nogil
cdef bint read_type(Call *call, int i, FieldOperation *op) noexcept nogil
cdef void read_fields(Call *call, const FieldPlan *plan) noexcept nogil
cdef void change_fields(Call *call, const FieldPlan *plan) noexcept nogil
cdef int64_t field_number(const char *p, size_t n, const FieldOperation *op) noexcept nogil
cdef bint change_field(
    char *p, size_t n, const FieldOperation *op, int64_t *answer, bint *differs) noexcept nogil
