"""LCS. See lcs.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, TYPE_STRING
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.wire.parser cimport CharPtr

ctypedef uint64_t *WordPtr

cdef struct LcsOptions:
    bint only_length            # LEN
    bint indexes                # IDX
    bint with_length            # WITHMATCHLEN
    int64_t shortest            # MINMATCHLEN

cdef struct Lcs:
    Slice a
    Slice b
    unsigned char *carries      # by row: the carry into the next column of words
    uint64_t *steps             # by column of words, then by row; NULL: only the length is wanted
    size_t length

ctypedef Lcs *LcsPtr

cdef struct Run:                # a[a:a + length] == b[b:b + length], a part of the subsequence
    size_t a
    size_t b
    size_t length

cdef void lcs_command(Call *call) noexcept nogil

cdef bint read_lcs_options(Call *call, LcsOptions *options) noexcept nogil
cdef bint find_strings(Call *call, Slice *a, char *scratch_a, Slice *b, char *scratch_b) noexcept nogil
cdef bint lcs_init(Heap *heap, Lcs *lcs, bint steps) noexcept nogil
cdef void lcs_free(Heap *heap, Lcs *lcs) noexcept nogil
cdef size_t step_words(const Lcs *lcs) noexcept nogil
cdef void lcs_solve(Lcs *lcs) noexcept nogil
cdef uint64_t solve_column(Lcs *lcs, const uint64_t *places, uint64_t *steps) noexcept nogil
cdef bint previous_run(const Lcs *lcs, Run *run) noexcept nogil
cdef void reply_subsequence(Call *call, const Lcs *lcs) noexcept nogil
cdef void reply_indexes(Call *call, const Lcs *lcs, const LcsOptions *options) noexcept nogil
cdef void reply_pair(Call *call, size_t first, size_t length) noexcept nogil
