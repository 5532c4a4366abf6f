"""The words of the RDB format: lengths, strings, numbers. See rdb_format.py.

    length    00nnnnnn                          up to 63
              01nnnnnn nnnnnnnn                 up to 16383, big-endian
              10000000 + 4 B, 10000001 + 8 B    32 or 64 bits, big-endian
              11000000 + 1 B, 11000001 + 2 B, 11000010 + 4 B      (a string that is an integer, little-endian)
              11000011 + length + length + data (a string in LZF: compressed length, its own length)
    string    length, bytes
    double    8 B, little-endian
    float     1 B length and text; 253 nan, 254 inf, 255 -inf     (old files)
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t

from kvik.engine.heap cimport Heap
from kvik.engine.sink cimport Sink
from kvik.engine.source cimport Source
from kvik.engine.text cimport Slice

cdef enum:                      # types of values
    RDB_STRING = 0
    RDB_LIST = 1
    RDB_SET = 2
    RDB_ZSET = 3
    RDB_HASH = 4
    RDB_ZSET_2 = 5
    RDB_MODULE = 6
    RDB_MODULE_2 = 7
    RDB_HASH_ZIPMAP = 9
    RDB_LIST_ZIPLIST = 10
    RDB_SET_INTSET = 11
    RDB_ZSET_ZIPLIST = 12
    RDB_HASH_ZIPLIST = 13
    RDB_LIST_QUICKLIST = 14
    RDB_STREAM = 15
    RDB_HASH_LISTPACK = 16
    RDB_ZSET_LISTPACK = 17
    RDB_LIST_QUICKLIST_2 = 18
    RDB_STREAM_2 = 19
    RDB_SET_LISTPACK = 20
    RDB_STREAM_3 = 21
    RDB_HASH_2 = 22             # Valkey 9: fields with expiry; in Redis 7.4 a form that was never released
    RDB_HASH_METADATA = 24      # Redis 7.4: fields with expiry
    RDB_HASH_LISTPACK_EX = 25   # likewise, as listpack

cdef enum:
    RDB_VERSION_BASE = 10       # what redis-server 7.0 reads
    RDB_VERSION_HASH_2 = 80     # Valkey 9
    RDB_VERSION_REDIS_MAX = 12  # Redis 7.4
    RDB_NODE_PLAIN = 1          # how a node of RDB_LIST_QUICKLIST_2 is kept
    RDB_NODE_PACKED = 2
    LZF_EXPANSION = 90          # LZF makes at most so many bytes out of one

cdef struct Scratch:            # room for strings that do not stand in the source as they are
    Heap *heap
    char *data
    size_t capacity

ctypedef Scratch *ScratchPtr

cdef void scratch_free(Scratch *scratch) noexcept nogil
cdef char *scratch_room(Scratch *scratch, size_t n) noexcept nogil

cdef void rdb_put_length(Sink *sink, uint64_t n) noexcept nogil
cdef void rdb_put_string(Sink *sink, const char *p, size_t n, bint compress) noexcept nogil
cdef bint rdb_put_compressed(Sink *sink, const char *p, size_t n) noexcept nogil
cdef void rdb_put_lzf(Sink *sink, const char *p, size_t packed, size_t n) noexcept nogil
cdef bint rdb_put_if_integer(Sink *sink, const char *p, size_t n) noexcept nogil
cdef void rdb_put_integer(Sink *sink, int64_t value) noexcept nogil
cdef void rdb_put_int64(Sink *sink, int64_t value) noexcept nogil
cdef void rdb_put_double(Sink *sink, double value) noexcept nogil
cdef bint rdb_get_length(Source *source, uint64_t *n) noexcept nogil
cdef bint rdb_get_length_or_kind(Source *source, uint64_t *n, int *kind) noexcept nogil
cdef bint rdb_get_string(Source *source, Scratch *scratch, Slice *s) noexcept nogil
cdef bint rdb_get_integer(Source *source, Scratch *scratch, int kind, Slice *s) noexcept nogil
cdef bint rdb_get_compressed(Source *source, Scratch *scratch, Slice *s) noexcept nogil
cdef bint rdb_get_int64(Source *source, int64_t *value) noexcept nogil
cdef bint rdb_get_double(Source *source, double *value) noexcept nogil
cdef bint rdb_get_float(Source *source, double *value) noexcept nogil
