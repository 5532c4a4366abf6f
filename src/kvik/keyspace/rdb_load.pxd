"""Values as RDB files and DUMP payloads hold them: reading. See rdb_load.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.entry cimport Entry, EntryPtr, Raw, RawPtr
from kvik.engine.heap cimport Heap, HeapPtr
from kvik.engine.listpack cimport Item, Listpack
from kvik.engine.quicklist cimport Quicklist, QuicklistPtr
from kvik.engine.quicklist_node cimport Node, NodePtr
from kvik.engine.rdb_format cimport Scratch
from kvik.engine.source cimport Source
from kvik.engine.text cimport Slice
from kvik.engine.ziplist cimport PackedReader
from kvik.keyspace.database cimport EncodingLimitsPtr, Keyspace
from kvik.keyspace.set_value cimport Member, SetContext
from kvik.keyspace.sorted_set_builder cimport SortedSetBuilder
from kvik.keyspace.sorted_set_value cimport SortedSetRules

cdef extern from *:
    """
    #define KV_EXPIRY_MAX 0x3FFFFFFFFFFFFFFFLL /* ms since 1970: no moment beyond is believed */
    """
    const int64_t EXPIRY_MAX "KV_EXPIRY_MAX"

cdef enum:
    EXPECTED_MAX = 65536        # members that room is made for on the word of a length alone

cdef struct RdbLoader:          # what reading a value needs
    Keyspace *ks
    Source *source
    Scratch first               # of the string that is being read
    Scratch second              # of the one before it: field and value, member and score

ctypedef RdbLoader *RdbLoaderPtr

cdef Entry *rdb_load_value(RdbLoader *r, int kind, const Slice *key, int64_t expiry) noexcept nogil
cdef void rdb_loader_free(RdbLoader *r) noexcept nogil
cdef void set_usage(const Keyspace *ks, Entry *e, int64_t idle, int64_t frequency) noexcept nogil
cdef bint fail(RdbLoader *r, const char *error) noexcept nogil
cdef bint give(RdbLoader *r, Entry *e, int kind, int encoding, void *value) noexcept nogil
cdef bint load_into(RdbLoader *r, int kind, Entry *e) noexcept nogil
cdef bint keep_block(RdbLoader *r, Entry *e, const Slice *s, int encoding) noexcept nogil
cdef bint take_string(RdbLoader *r, Slice *s) noexcept nogil
cdef bint take_kept(RdbLoader *r, Slice *s) noexcept nogil
cdef Entry *load_string(RdbLoader *r, const Slice *key, int64_t expiry) noexcept nogil

cdef bint load_list(RdbLoader *r, Entry *e) noexcept nogil
cdef bint list_settled(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_list_ziplist(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_list_nodes(RdbLoader *r, Entry *e, bint old) noexcept nogil
cdef bint load_only_node(RdbLoader *r, Entry *e) noexcept nogil
cdef bint add_node(RdbLoader *r, Quicklist *q, uint64_t container, const Slice *s) noexcept nogil
cdef bint load_list_node(RdbLoader *r, Quicklist *q) noexcept nogil
cdef bint push_listpack(RdbLoader *r, Quicklist *q, Listpack lp) noexcept nogil
cdef bint push_ziplist(RdbLoader *r, Quicklist *q, const Slice *s) noexcept nogil
cdef bint list_push(RdbLoader *r, Quicklist *q, const Slice *s) noexcept nogil
cdef Listpack take_listpack(RdbLoader *r, const Slice *s) noexcept nogil

cdef bint set_put(RdbLoader *r, SetContext *context, Entry *e, const Slice *s) noexcept nogil
cdef bint set_put_member(RdbLoader *r, SetContext *context, Entry *e, Member *m) noexcept nogil
cdef bint set_begin(RdbLoader *r, SetContext *context, Entry *e, Member *m, uint64_t expected) noexcept nogil
cdef bint load_set(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_set_intset(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_set_listpack(RdbLoader *r, Entry *e) noexcept nogil
cdef void set_context(RdbLoader *r, SetContext *context) noexcept nogil

cdef bint zset_put(RdbLoader *r, SortedSetRules *rules, Entry *e, const Slice *member, double score) noexcept nogil
cdef void zset_rules(RdbLoader *r, SortedSetRules *rules) noexcept nogil
cdef bint take_scored(RdbLoader *r, bint as_text, Slice *s, double *score) noexcept nogil
cdef bint load_large_zset(RdbLoader *r, Entry *e, bint as_text, uint64_t n) noexcept nogil
cdef bint load_zset(RdbLoader *r, Entry *e, bint as_text) noexcept nogil
cdef bint load_zset_listpack(RdbLoader *r, Entry *e) noexcept nogil
cdef bint load_zset_ziplist(RdbLoader *r, Entry *e) noexcept nogil
cdef bint score_of(const Slice *s, double *score) noexcept nogil
