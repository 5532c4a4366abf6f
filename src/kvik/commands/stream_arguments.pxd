"""Arguments of stream commands. See stream_arguments.py."""

from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.stream cimport Stream, StreamPtr, Trim
from kvik.engine.stream_group cimport Group, GroupPtr
from kvik.engine.stream_id cimport StreamID
from kvik.engine.text cimport Slice, SlicePtr, is_word
from kvik.keyspace.call cimport Call
from kvik.keyspace.effects cimport Effects

cdef enum:
    EQUALS = 61
    TILDE = 126
    TRIM_BLOCKS = 100           # an approximate trimming removes so many full blocks at most, unless told otherwise;
    TRIM_LIMIT = 10000          # or so many entries, where blocks have no limit of entries;
    TRIM_LIMIT_MAX = 1000000    # and never more than that

cdef struct AddOptions:         # of XADD and XTRIM
    Trim trim
    bint no_create              # NOMKSTREAM
    bint auto_id                # *
    bint auto_seq               # <ms>-*
    StreamID id
    int at                      # which argument the ID is; argc: there is none

ctypedef AddOptions *AddOptionsPtr

cdef bint read_stream(Call *call, int i, uint64_t h, StreamPtr *s) noexcept nogil
cdef bint write_stream(Call *call, int i, uint64_t h, StreamPtr *s) noexcept nogil
cdef bint is_sign(const Slice *s, char sign) noexcept nogil
cdef bint read_id(Call *call, int i, StreamID *id) noexcept nogil
cdef bint read_id_or_edge(Call *call, int i, StreamID *id) noexcept nogil
cdef bint read_bound(Call *call, int i, bint is_end, StreamID *id) noexcept nogil
cdef bint read_all_ids(Call *call, int i) noexcept nogil
cdef bint read_count(Call *call, int i, int64_t *count) noexcept nogil
cdef bint read_add_options(Call *call, bint adding, AddOptions *options) noexcept nogil
cdef void reply_invalid_id(Call *call) noexcept nogil
cdef void reply_two(Call *call, const char *format, const Slice *a, const Slice *b) noexcept nogil
cdef void reply_no_group(Call *call, int key, int group) noexcept nogil

cdef bint read_trim(Call *call, int *i, AddOptions *options) noexcept nogil
cdef bint check_limit(Call *call, int64_t limit, AddOptions *options) noexcept nogil
cdef void effect_id(Effects *f, StreamID id) noexcept nogil
