"""Commands about several sets. See set_algebra.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap
from kvik.keyspace.call cimport Call
from kvik.keyspace.lookup cimport Prefetched
from kvik.keyspace.set_value cimport Member, SetContext, SetWalk

cdef extern from "stdlib.h" nogil:
    void qsort(void *base, size_t count, size_t n, int (*compare)(const void *, const void *) noexcept nogil) noexcept

cdef enum:
    FEW_SETS = 16               # so many need no memory for their list
    RESULTS_AHEAD = 16          # members that are fetched before their turn to be answered comes

cdef struct Sources:            # the sets that a command names, NULL for keys that are not there
    Heap *heap
    Entry **sets
    int count
    int missing
    Entry *few[16]

ctypedef Sources *SourcesPtr
ctypedef Entry **EntryPtrPtr

cdef struct Results:            # members that were found, in words that `member_at` reads
    Heap *heap
    uint64_t *words
    size_t count
    size_t capacity
    size_t enough               # stop at so many
    bint counted                # it is only asked how many there are
    bint failed                 # memory was short

ctypedef Results *ResultsPtr
ctypedef uint64_t *WordPtr

cdef void sinter_command(Call *call) noexcept nogil
cdef void sinterstore_command(Call *call) noexcept nogil
cdef void sintercard_command(Call *call) noexcept nogil
cdef void sunion_command(Call *call) noexcept nogil
cdef void sunionstore_command(Call *call) noexcept nogil
cdef void sdiff_command(Call *call) noexcept nogil
cdef void sdiffstore_command(Call *call) noexcept nogil

cdef bint read_sources(Call *call, int first, int count, Sources *sources) noexcept nogil
cdef bint read_source(Call *call, int i, uint64_t h, Sources *sources) noexcept nogil
cdef void free_sources(Sources *sources) noexcept nogil
cdef int by_count(const void *a, const void *b) noexcept nogil
cdef int by_count_down(const void *a, const void *b) noexcept nogil
cdef void smallest_first(Sources *sources) noexcept nogil
cdef void results_init(Results *results, Call *call) noexcept nogil
cdef void results_add(Results *results, const Member *members, int count) noexcept nogil
cdef void results_free(Results *results) noexcept nogil
cdef void reply_results(Call *call, const Results *results, int encoding) noexcept nogil
cdef void reply_and_free(Call *call, SetContext *context, Entry *e) noexcept nogil
cdef void store_set(Call *call, SetContext *context, Entry *e, const char *event) noexcept nogil
cdef void find_common(const Sources *sources, Results *results) noexcept nogil
cdef void find_rest(const Sources *sources, Results *results) noexcept nogil
cdef bint all_integers(const Results *results, int encoding) noexcept nogil
cdef Entry *build_common(Call *call, SetContext *context, const Results *results, int encoding) noexcept nogil
cdef void add_results(SetContext *context, Entry *e, const Results *results, int encoding) noexcept nogil
cdef void add_all(SetContext *context, Entry *e, const Entry *source) noexcept nogil
cdef void remove_all(SetContext *context, Entry *e, const Entry *source) noexcept nogil
cdef Entry *build_union(Call *call, SetContext *context, const Sources *sources, bint store) noexcept nogil
cdef bint is_better_removed(const Sources *sources) noexcept nogil
cdef Entry *build_rest(Call *call, SetContext *context, const Sources *sources) noexcept nogil
