"""Listpacks: a sequence of strings and integers in one block. See listpack.py.

    | total bytes | elements | element | element | ...            | 0xFF |
       4 B LE        2 B LE    (65535: more than that, count them)   1 B

    element   | encoding and length | data | back length |

    0xxxxxxx                          7-bit unsigned integer
    10llllll                          string of up to 63 bytes
    110xxxxx xxxxxxxx                 13-bit signed integer
    1110llll llllllll                 string of up to 4095 bytes
    11110000 + 4 B LE                 string of up to 4 GiB
    11110001 / 2 / 3 / 4 + 2/3/4/8 B  16-, 24-, 32-, 64-bit signed integer, LE

The back length is the size of encoding and data in groups of 7 bits, written so that it can be read from its end:
the last byte has the lowest bits, and the top bit of a byte says that another one stands before it.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from kvik.engine.heap cimport Heap
from kvik.engine.intrinsics cimport load32
from kvik.engine.text cimport Slice, SlicePtr, format_integer

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    static inline uint16_t kv_load16(const void *p) { uint16_t v; memcpy(&v, p, 2); return v; }
    static inline void kv_store16(void *p, uint16_t v) { memcpy(p, &v, 2); }
    static const unsigned char kv_listpack_integer[5] = {0, 2, 3, 4, 8};
    """
    uint16_t load16 "kv_load16"(const void *p) noexcept nogil
    void store16 "kv_store16"(void *p, uint16_t v) noexcept nogil
    const uint8_t INTEGER_BYTES "kv_listpack_integer"[5]     # by the low bits of the encoding byte

cdef enum:
    LISTPACK_HEADER = 6
    LISTPACK_EMPTY = 7          # bytes of one without elements
    LISTPACK_END = 255
    LISTPACK_COUNT_MAX = 65535  # in the header: unknown
    ELEMENT_OVERHEAD = 10       # encoding, length and back length take no more than this
    LISTPACK_LIMIT = 1073741824 # no listpack grows beyond this

    ENCODING_STRING_12 = 224
    ENCODING_STRING_32 = 240
    ENCODING_INT_13 = 192
    ENCODING_INT_16 = 241
    ENCODING_INT_24 = 242
    ENCODING_INT_32 = 243
    ENCODING_INT_64 = 244

ctypedef char *Listpack
ctypedef Listpack *ListpackPtr

cdef struct Element:            # one element as it will be written
    uint8_t head[9]             # encoding, and the length of a string or all of an integer
    uint8_t head_bytes
    uint8_t back_bytes
    const char *data            # of a string
    size_t data_bytes

ctypedef Element *ElementPtr

cdef struct Item:               # one element as it was read
    char *p                     # NULL: an integer
    size_t n
    int64_t integer

ctypedef Item *ItemPtr

cdef struct Sought:             # what elements are compared with
    const char *p
    size_t n
    int64_t integer             # if it reads as one
    bint is_integer

ctypedef Sought *SoughtPtr

cdef Listpack listpack_new(Heap *heap) noexcept nogil
cdef Listpack listpack_of(Heap *heap, const Element *elements, int count) noexcept nogil
cdef void listpack_free(Heap *heap, Listpack lp) noexcept nogil
cdef Listpack listpack_copy(Heap *heap, const char *lp) noexcept nogil
cdef size_t listpack_count(const char *lp) noexcept nogil
cdef void element_of(Element *element, const Slice *s) noexcept nogil
cdef void element_of_integer(Element *element, int64_t value) noexcept nogil
cdef void element_of_string(Element *element, const char *p, size_t n) noexcept nogil
cdef Listpack listpack_splice(
    Heap *heap, Listpack lp, size_t at, size_t removed_bytes, size_t removed, const Element *elements, int count
) noexcept nogil
cdef Listpack listpack_append(Heap *heap, Listpack lp, const Slice *s) noexcept nogil
cdef Listpack listpack_append_integer(Heap *heap, Listpack lp, int64_t value) noexcept nogil
cdef Listpack listpack_insert(Heap *heap, Listpack lp, size_t at, const Slice *s) noexcept nogil
cdef Listpack listpack_replace(Heap *heap, Listpack lp, char *p, const Slice *s) noexcept nogil
cdef Listpack listpack_delete(Heap *heap, Listpack lp, char *p, size_t count) noexcept nogil
cdef char *listpack_last(Listpack lp) noexcept nogil
cdef char *listpack_previous(Listpack lp, char *p) noexcept nogil
cdef char *listpack_at(Listpack lp, int64_t index) noexcept nogil
cdef Slice listpack_text(const char *p, char *scratch) noexcept nogil
cdef char *listpack_find(Listpack lp, char *p, const Slice *s, int skip) noexcept nogil
cdef void sought_of(Sought *sought, const Slice *s) noexcept nogil
cdef size_t listpack_count_equal(Listpack lp, const Sought *sought) noexcept nogil
cdef size_t listpack_remove_equal(Listpack lp, const Sought *sought, size_t skip, uint64_t limit) noexcept nogil
cdef bint listpack_is_valid(const char *lp, size_t n, size_t *count) noexcept nogil
cdef size_t back_length_bytes(size_t n) noexcept nogil
cdef void back_length_write(char *p, size_t n, size_t size) noexcept nogil
cdef char *element_write(char *p, const Element *element) noexcept nogil

cdef inline size_t listpack_bytes(const char *lp) noexcept nogil:
    return load32(lp)

cdef inline size_t element_bytes(const Element *element) noexcept nogil:
    return element.head_bytes + element.data_bytes + element.back_bytes

cdef inline size_t encoded_bytes(const char *p) noexcept nogil:
    """Encoding, length and data of the element at p, without the back length."""
    cdef uint8_t head = <uint8_t>p[0]
    if head < 128:
        return 1
    if head < 192:
        return 1 + (head & 63)
    if head < 224:
        return 2
    if head < 240:
        return 2 + ((<size_t>(head & 15) << 8) | <uint8_t>p[1])
    if head == ENCODING_STRING_32:
        return 5 + <size_t>load32(p + 1)
    return 1 + INTEGER_BYTES[head & 7]

cdef inline char *listpack_skip(char *p) noexcept nogil:
    """Behind the element at p."""
    cdef size_t n = encoded_bytes(p)
    if n <= 127:
        return p + n + 1
    return p + n + back_length_bytes(n)

cdef inline char *listpack_first(Listpack lp) noexcept nogil:
    """The first element, NULL if there is none."""
    cdef char *p = lp + LISTPACK_HEADER
    return NULL if <uint8_t>p[0] == LISTPACK_END else p

cdef inline char *listpack_next(char *p) noexcept nogil:
    """The element behind the one at p, NULL at the end."""
    p = listpack_skip(p)
    return NULL if <uint8_t>p[0] == LISTPACK_END else p

cdef inline Item listpack_item(const char *p) noexcept nogil:
    """The element at p. A string's bytes are those in the listpack."""
    cdef Item item
    cdef uint8_t head = <uint8_t>p[0]
    item.p = NULL
    item.n = 0
    item.integer = head
    if head < 128:
        return item
    if head < 192:
        item.p = <char *>p + 1
        item.n = head & 63
    elif head < 224:
        item.integer = (<int64_t>(head & 31) << 8) | <uint8_t>p[1]
        if item.integer >= 4096:
            item.integer -= 8192
    elif head < 240:
        item.p = <char *>p + 2
        item.n = (<size_t>(head & 15) << 8) | <uint8_t>p[1]
    else:
        return listpack_long_item(p)
    return item

cdef Item listpack_long_item(const char *p) noexcept nogil

cdef inline Slice item_text(const Item *item, char *scratch) noexcept nogil:
    """The element as text; an integer is written to `scratch` (INTEGER_MAX bytes)."""
    cdef Slice s
    s.p = item.p
    s.n = item.n
    if item.p == NULL:
        s.p = scratch
        s.n = format_integer(scratch, item.integer)
    return s

cdef inline bint element_is(const char *p, const Sought *sought) noexcept nogil:
    """Is the element at p what is sought?"""
    cdef Item item = listpack_item(p)
    if item.p == NULL:
        return sought.is_integer and item.integer == sought.integer
    return item.n == sought.n and memcmp(item.p, sought.p, item.n) == 0

cdef bint back_length_is(const char *p, size_t n, size_t size) noexcept nogil
