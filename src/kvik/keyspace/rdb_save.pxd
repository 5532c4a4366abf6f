"""Values as RDB files and DUMP payloads hold them: writing. See rdb_save.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr
from kvik.engine.id_map cimport IdCursor, IdMap, IdSlotPtr
from kvik.engine.quicklist cimport Quicklist, QuicklistPtr
from kvik.engine.quicklist_node cimport NodePtr
from kvik.engine.rdb_format cimport RDB_VERSION_BASE
from kvik.engine.sink cimport Sink, SinkPtr
from kvik.engine.stream cimport Stream, StreamPtr
from kvik.engine.stream_group cimport Consumer, ConsumerPtr, Group, GroupPtr, PendingPtr
from kvik.engine.stream_id cimport StreamID
from kvik.engine.ordered_set cimport Place
from kvik.engine.table cimport TablePtr, TableWalk
from kvik.engine.text cimport Slice
from kvik.keyspace.fields cimport FieldsPtr
from kvik.keyspace.sorted_set_value cimport SortedSetPtr

cdef enum:
    WALKED = 32                 # entries of a table that are taken from it together

cdef int rdb_type(const Entry *e) noexcept nogil
cdef int rdb_version(const Entry *e) noexcept nogil
cdef void rdb_save_value(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_string(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_listpack(Sink *sink, const char *lp, bint compress) noexcept nogil
cdef void save_list(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_set(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_sorted_set(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_hash(Sink *sink, const Entry *e, bint compress) noexcept nogil
cdef void save_stream(Sink *sink, const Stream *s, bint compress) noexcept nogil
cdef void save_group(Sink *sink, const Group *group, bint compress) noexcept nogil
cdef void save_id(Sink *sink, StreamID id) noexcept nogil
cdef void put_id(Sink *sink, StreamID id) noexcept nogil
