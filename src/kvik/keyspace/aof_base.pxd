"""A data set as the commands that make it. See aof_base.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.child cimport Reporter
from kvik.engine.entry cimport Entry, EntryPtr
from kvik.engine.file_sink cimport FileSink
from kvik.engine.heap cimport Heap
from kvik.engine.id_map cimport IdCursor
from kvik.engine.listpack cimport Item
from kvik.engine.ordered_set cimport Place
from kvik.engine.quicklist cimport ListCursor
from kvik.engine.sink cimport Sink, SinkPtr
from kvik.engine.stream cimport Stream, StreamCursor, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, Pending, PendingPtr
from kvik.engine.stream_id cimport StreamID
from kvik.engine.table cimport TablePtr, TableWalk
from kvik.engine.text cimport Slice
from kvik.keyspace.database cimport Database, Keyspace
from kvik.keyspace.fields cimport FieldsPtr
from kvik.keyspace.rdb_save cimport WALKED
from kvik.keyspace.snapshot cimport Snapshot
from kvik.keyspace.sorted_set_value cimport SortedSetPtr

cdef enum:
    ELEMENTS_MAX = 64           # in one command

cdef struct Parts:              # a value that needs more than one command
    Sink *sink
    const char *name
    const Entry *entry
    uint64_t left               # elements
    int arguments               # of an element
    int room                    # for elements, in the command that has begun

ctypedef Parts *PartsPtr

cdef bint aof_base_write(FileSink *f, Keyspace *ks, int64_t key_delay_us, Reporter *reporter) noexcept nogil

cdef void put_entry(Sink *sink, Heap *heap, const Entry *e) noexcept nogil
cdef void put_expiry(Sink *sink, const Entry *e) noexcept nogil
cdef void put_command(Sink *sink, int count, const char *name) noexcept nogil
cdef void put_on_key(Sink *sink, int count, const char *name, const Entry *e) noexcept nogil
cdef void put_text(Sink *sink, const char *p, size_t n) noexcept nogil
cdef void put_word(Sink *sink, const char *word) noexcept nogil
cdef void put_integer(Sink *sink, int64_t value) noexcept nogil
cdef void put_score(Sink *sink, double score) noexcept nogil
cdef void put_id(Sink *sink, StreamID id) noexcept nogil
cdef void put_element(Sink *sink, const char *p) noexcept nogil
cdef Parts parts_of(Sink *sink, const char *name, const Entry *e, uint64_t elements, int arguments) noexcept nogil
cdef void put_next(Parts *parts) noexcept nogil
cdef void put_string(Sink *sink, const Entry *e) noexcept nogil
cdef void put_list(Sink *sink, Heap *heap, const Entry *e) noexcept nogil
cdef void put_set(Sink *sink, const Entry *e) noexcept nogil
cdef void put_sorted_set(Sink *sink, const Entry *e) noexcept nogil
cdef void put_hash(Sink *sink, const Entry *e) noexcept nogil
cdef void put_field_expiry(Sink *sink, const Entry *e, const Entry *field) noexcept nogil
cdef void put_stream(Sink *sink, const Entry *e, const Stream *s) noexcept nogil
cdef void put_stream_entry(Sink *sink, const Entry *e, StreamCursor *c) noexcept nogil
cdef void put_group(Sink *sink, const Entry *e, const Group *group) noexcept nogil
cdef void put_pending(
    Sink *sink, const Entry *e, const Group *group, const Consumer *consumer, StreamID id,
    const Pending *pending) noexcept nogil
