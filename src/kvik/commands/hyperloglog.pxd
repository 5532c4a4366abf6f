"""HyperLogLog commands. See hyperloglog.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr, Slot
from kvik.engine.hashing cimport Text
from kvik.engine.hyperloglog cimport HllChange, HllPlace, HllRun, HllRunPtr, Registers
from kvik.engine.text cimport Slice
from kvik.keyspace.call cimport Call
from kvik.keyspace.lookup cimport Prefetched
from kvik.wire.client cimport Client
from kvik.wire.parser cimport CharPtr

cdef enum:
    SKETCH_EMBED_MAX = 2048     # EMBED_MAX
    SKETCH_SPARE = 48           # room for some more runs when a sparse list outside its entry grows
    SKETCH_NO_MEMORY = 4        # beside HLL_CHANGED and its like

cdef struct Sketch:             # the HyperLogLog of a key, while a command changes it
    int i                       # the key is argv[i]
    uint64_t h
    Slot slot                   # NULL: there is no such key yet
    char *p                     # its bytes: in the entry, in the block of the entry, in `raw` or in `buffer`
    size_t n
    Raw *raw                    # the block they are in, if any
    bint is_new                 # they are in no entry yet
    HllPlace place
    char buffer[2048]

ctypedef Sketch *SketchPtr

cdef void pfadd_command(Call *call) noexcept nogil
cdef void pfcount_command(Call *call) noexcept nogil
cdef void pfmerge_command(Call *call) noexcept nogil
cdef void pfdebug_command(Call *call) noexcept nogil
cdef void pfselftest_command(Call *call) noexcept nogil

cdef bint check_sketch(Call *call, const Entry *e, Slice *s) noexcept nogil
cdef void reply_damaged(Call *call) noexcept nogil
cdef bint sketch_open(Call *call, int i, Sketch *s) noexcept nogil
cdef bint sketch_close(Call *call, Sketch *s) noexcept nogil
cdef bint sketch_store(Call *call, Sketch *s) noexcept nogil
cdef void sketch_rewind(Sketch *s) noexcept nogil
cdef int sketch_raise(Call *call, Sketch *s, int index, int rank) noexcept nogil
cdef bint sketch_reserve(Call *call, Sketch *s, size_t n) noexcept nogil
cdef void sketch_take_block(Call *call, Sketch *s, Raw *raw) noexcept nogil
cdef int sketch_make_dense(Call *call, Sketch *s) noexcept nogil
cdef int add_elements(Call *call, Sketch *s, uint64_t *updated) noexcept nogil
cdef void count_one(Call *call) noexcept nogil
cdef bint merge_keys(Call *call, uint8_t *registers, bint *dense) noexcept nogil
cdef int raise_registers(Call *call, Sketch *s, const uint8_t *registers, bint dense) noexcept nogil
cdef void reply_failure(Call *call, int outcome) noexcept nogil
cdef bint densify(Call *call, Sketch *s) noexcept nogil
cdef void reply_registers(Call *call, const Sketch *s) noexcept nogil
cdef void reply_runs(Call *call, const Sketch *s) noexcept nogil
cdef int run_text(char *out, const HllRun *run) noexcept nogil
