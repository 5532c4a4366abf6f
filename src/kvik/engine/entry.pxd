"""An entry: key, value and everything about them in one block.

    0        1      2        4      5          8
    | layout | klen | vlen   | kind | clock    | [expiry] [word] [long klen] | key ... | value ... |
      1 B      1 B    2 B      1 B    3 B         8 B      8 B    8 B          klen      vlen

`layout` says which of the three optional 8-byte slots are there; the key follows them, an embedded value
follows the key. A value is one of

* an integer: encoding INT, in `word`;
* embedded: no `word`, `vlen` bytes behind the key;
* in a block of its own: `word` points to it (a `Raw` for a string).

`kind` is type (low four bits) and encoding (high four). `clock` is the 24-bit LRU or LFU field.

Layouts with LAYOUT_MEMBER are those of members (member.pxd), which have two bytes of header; only `entry_key` and
`entry_key_length` work for both.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from kvik.engine.hashing cimport Text
from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport load64, store64

cdef extern from *:
    """
    /* Where the key starts, by layout: 8, of members 2, and 8 more for each optional slot. */
    static const unsigned char kv_key_offset[16] = {8, 16, 16, 24, 16, 24, 24, 32, 2, 0, 10, 0, 10, 0, 18, 0};
    """
    const uint8_t KEY_OFFSET "kv_key_offset"[16]

cdef enum:
    LAYOUT_EXPIRY = 1
    LAYOUT_WORD = 2
    LAYOUT_LONG_KEY = 4
    LAYOUT_MEMBER = 8
    SHORT_KEY_MAX = 255
    EMBED_MAX = 2048        # a larger value gets a block of its own
    RAW_HEADER = 16

cdef enum:
    TYPE_STRING = 0
    TYPE_LIST = 1
    TYPE_SET = 2
    TYPE_SORTED_SET = 3
    TYPE_HASH = 4
    TYPE_STREAM = 6

cdef enum:
    ENCODING_RAW = 0
    ENCODING_INT = 1
    ENCODING_HASHTABLE = 2
    ENCODING_INTSET = 6
    ENCODING_SKIPLIST = 7
    ENCODING_EMBSTR = 8
    ENCODING_QUICKLIST = 9
    ENCODING_STREAM = 10
    ENCODING_LISTPACK = 11

cdef struct Entry:
    uint8_t layout
    uint8_t klen
    uint16_t vlen
    uint32_t kind_clock

ctypedef Entry *EntryPtr
ctypedef EntryPtr *Slot         # the place in a table that points to an entry

cdef struct Raw:
    size_t length
    size_t capacity
    char data[1]                # `capacity` bytes

ctypedef Raw *RawPtr

cdef inline size_t entry_key_length(const Entry *e) noexcept nogil:
    if e.layout & LAYOUT_LONG_KEY:
        return load64(<const char *>e + KEY_OFFSET[e.layout] - 8)
    return e.klen

cdef inline char *entry_key(const Entry *e) noexcept nogil:
    return <char *>e + KEY_OFFSET[e.layout]

cdef inline size_t entry_bytes(const Entry *e) noexcept nogil:
    """The size of the entry's own block."""
    return KEY_OFFSET[e.layout] + entry_key_length(e) + e.vlen

cdef inline char *entry_embedded(const Entry *e) noexcept nogil:
    return <char *>e + KEY_OFFSET[e.layout] + entry_key_length(e)

cdef inline int entry_type(const Entry *e) noexcept nogil:
    return <int>(e.kind_clock & 15)

cdef inline int entry_encoding(const Entry *e) noexcept nogil:
    return <int>((e.kind_clock >> 4) & 15)

cdef inline void entry_set_kind(Entry *e, int kind, int encoding) noexcept nogil:
    e.kind_clock = (e.kind_clock & <uint32_t>0xFFFFFF00) | <uint32_t>(kind | (encoding << 4))

cdef inline uint32_t entry_clock(const Entry *e) noexcept nogil:
    return e.kind_clock >> 8

cdef inline void entry_set_clock(Entry *e, uint32_t clock) noexcept nogil:
    e.kind_clock = (e.kind_clock & 255) | (clock << 8)

cdef inline int64_t entry_expiry(const Entry *e) noexcept nogil:
    """The moment the entry dies, in ms since 1970, or -1."""
    if e.layout & LAYOUT_EXPIRY:
        return <int64_t>load64(<const char *>e + 8)
    return -1

cdef inline void entry_set_expiry(Entry *e, int64_t when) noexcept nogil:
    """For an entry that has the slot."""
    store64(<char *>e + 8, <uint64_t>when)

cdef inline char *entry_word_at(const Entry *e) noexcept nogil:
    return <char *>e + 8 + ((e.layout & LAYOUT_EXPIRY) << 3)

cdef inline int64_t entry_integer(const Entry *e) noexcept nogil:
    return <int64_t>load64(entry_word_at(e))

cdef inline void *entry_pointer(const Entry *e) noexcept nogil:
    return <void *>load64(entry_word_at(e))

cdef inline void entry_set_word(Entry *e, uint64_t word) noexcept nogil:
    store64(entry_word_at(e), word)

cdef inline size_t raw_bytes(size_t capacity) noexcept nogil:
    return RAW_HEADER + capacity

cdef Entry *entry_new(Heap *heap, const char *key, size_t n, int64_t expiry, bint word, size_t vlen) noexcept nogil
cdef void entry_free(Heap *heap, Entry *e) noexcept nogil
cdef Entry *entry_copy(
    Heap *heap, const Entry *e, const char *key, size_t n, int64_t expiry) noexcept nogil
cdef Raw *raw_new(Heap *heap, size_t capacity) noexcept nogil
cdef Raw *raw_reserve(Heap *heap, Raw *raw, size_t capacity) noexcept nogil
cdef void raw_free(Heap *heap, Raw *raw) noexcept nogil
