"""SCAN, KEYS and RANDOMKEY. See scan.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.heap cimport Heap
from kvik.engine.table cimport Table
from kvik.engine.text cimport Slice, SlicePtr
from kvik.keyspace.call cimport Call
from kvik.keyspace.database cimport Keyspace

cdef struct Found:              # entries that a walk has found
    Heap *heap
    Keyspace *keyspace
    Entry **entries
    size_t count
    size_t capacity
    const Slice *pattern        # NULL: any key
    int kind                    # the type wanted, -1: any
    uint64_t seen
    bint failed                 # memory was short

cdef enum:                      # what is scanned, which decides on options
    SCAN_KEYS = 0
    SCAN_HASH = 1
    SCAN_SET = 2
    SCAN_SORTED_SET = 3

cdef struct ScanOptions:
    const Slice *pattern        # NULL: any key
    int64_t count
    int kind                    # -1: any
    bint bare                   # NOVALUES, NOSCORES

ctypedef Found *FoundPtr
ctypedef ScanOptions *ScanOptionsPtr
ctypedef Entry **EntryPtrPtr

cdef void scan_command(Call *call) noexcept nogil
cdef void keys_command(Call *call) noexcept nogil
cdef void randomkey_command(Call *call) noexcept nogil

cdef void found_init(Found *found, Call *call, const Slice *pattern, int kind) noexcept nogil
cdef const Slice *pattern_of(const Slice *pattern) noexcept nogil
cdef void found_add(void *context, Entry *e) noexcept nogil
cdef void found_reply(Call *call, Found *found) noexcept nogil
cdef void found_free(Found *found) noexcept nogil
cdef bint read_cursor(Call *call, int i, uint64_t *cursor) noexcept nogil
cdef bint read_scan_options(Call *call, int i, int scanned, ScanOptions *options) noexcept nogil
cdef uint64_t scan_table(Table *t, uint64_t cursor, int64_t count, Found *found) noexcept nogil
cdef void reply_cursor(Call *call, uint64_t cursor) noexcept nogil
cdef void reply_table_scan(Call *call, Table *t, uint64_t cursor, const ScanOptions *options) noexcept nogil
cdef int type_number(const Slice *name) noexcept nogil
