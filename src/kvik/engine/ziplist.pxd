"""Ziplists and zipmaps: how old Redis kept small collections. They are only read. See ziplist.py.

    ziplist   | bytes | tail offset | entries | entry | entry | ... | 0xFF |
                4 B     4 B           2 B                             1 B

    entry     | length of the entry before | encoding | data |
                1 B, or 254 and 4 B

    00llllll                    string of up to 63 bytes
    01llllll llllllll           string of up to 16383 bytes, big-endian
    10000000 + 4 B              longer string, big-endian
    11000000 / 11010000 / 11100000 + 2 / 4 / 8 B     integers, little-endian
    11110000 + 3 B, 11111110 + 1 B                   likewise
    1111nnnn                    the integer n - 1, n from 1 to 13

    zipmap    | pairs | length | field | length | free | value | free bytes | ... | 0xFF |
                1 B     1 B, or 254 and 4 B        1 B
"""

from libc.stddef cimport size_t
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t

from kvik.engine.listpack cimport Item, ItemPtr
from kvik.engine.text cimport Slice

cdef enum:
    ZIPLIST_HEADER = 10
    ZIPLIST_END = 255
    ZIPLIST_LONG = 254          # the length stands in the next four bytes

cdef struct PackedReader:       # a walk through a ziplist or zipmap
    const char *p
    const char *end             # behind the last byte
    size_t before               # bytes of the entry that was read last
    bint damaged
    bint done

ctypedef PackedReader *PackedReaderPtr
ctypedef const char *Bytes

cdef bint ziplist_open(PackedReader *reader, const char *p, size_t n) noexcept nogil
cdef bint ziplist_read(PackedReader *reader, Item *item) noexcept nogil
cdef bint ziplist_read_pair(PackedReader *reader, Slice *first, Slice *second, char *scratch) noexcept nogil
cdef bint zipmap_open(PackedReader *reader, const char *p, size_t n) noexcept nogil
cdef bint zipmap_read(PackedReader *reader, Item *field, Item *value) noexcept nogil
cdef bint damaged(PackedReader *reader) noexcept nogil
cdef bint ziplist_integer(PackedReader *reader, uint8_t head, Item *item) noexcept nogil
cdef bint ziplist_string(PackedReader *reader, uint8_t head, Item *item) noexcept nogil
cdef bint zipmap_text(PackedReader *reader, bint is_value, Item *item) noexcept nogil

cdef inline size_t left(const PackedReader *reader) noexcept nogil:
    return <size_t>(reader.end - reader.p)
