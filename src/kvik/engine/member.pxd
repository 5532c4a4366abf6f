"""A member of a set or sorted set: an entry without what only keys need. See member.py.

    0        1      2         10
    | layout | klen | [score] | [long klen] | member ... |
      1 B      1 B    8 B       8 B           klen

`layout` has LAYOUT_MEMBER, with LAYOUT_WORD where there is a score and LAYOUT_LONG_KEY where the length does not fit
into `klen`. Tables take members as they take entries: `entry_key` and `entry_key_length` read both.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from kvik.engine.entry cimport (
    KEY_OFFSET, LAYOUT_LONG_KEY, LAYOUT_MEMBER, LAYOUT_WORD, Entry, EntryPtr, entry_key, entry_key_length,
)
from kvik.engine.heap cimport Heap

cdef extern from *:
    """
    #include <string.h>
    static inline double kv_load_double(const void *p) { double v; memcpy(&v, p, 8); return v; }
    static inline void kv_store_double(void *p, double v) { memcpy(p, &v, 8); }
    """
    double load_double "kv_load_double"(const void *p) noexcept nogil
    void store_double "kv_store_double"(void *p, double v) noexcept nogil

cdef inline size_t member_bytes(const Entry *m) noexcept nogil:
    """The size of the member's block."""
    return KEY_OFFSET[m.layout] + entry_key_length(m)

cdef inline double member_score(const Entry *m) noexcept nogil:
    """The score of a member that has one."""
    return load_double(<const char *>m + 2)

cdef inline void member_set_score(Entry *m, double score) noexcept nogil:
    store_double(<char *>m + 2, score)

cdef Entry *member_new(Heap *heap, const char *p, size_t n, bint scored) noexcept nogil
cdef void member_free(Heap *heap, Entry *m, bint remote) noexcept nogil
