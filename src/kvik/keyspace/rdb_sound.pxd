"""Is a small collection in a listpack what would have been made here? See rdb_sound.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from kvik.engine.hashing cimport HashKey
from kvik.engine.listpack cimport Item, Listpack
from kvik.engine.text cimport Slice

cdef enum:
    SOUND_MAX = 512             # pairs, or members; a larger one is put in element by element
    PLACES = 1024               # twice as many, a power of two

cdef struct Sound:              # a walk through such a listpack
    const HashKey *key
    char *lp
    int step                    # elements that belong together: the first one must be there once
    bint scored                 # the second one is a score, by which they are in order
    size_t longest              # bytes that an element may have (a score any number)
    uint32_t places[1024]       # open addressing: where in the listpack first elements stand
    uint32_t mask
    double score                # of the pair before
    char *before                # its member

ctypedef Sound *SoundPtr

cdef bint is_sound(
    const HashKey *key, char *lp, size_t count, int step, bint scored, int64_t most, int64_t longest) noexcept nogil
cdef bint is_shortest(const char *p, const Item *item) noexcept nogil
cdef bint is_first(Sound *sound, char *p) noexcept nogil
cdef bint is_in_order(Sound *sound, char *member, char *p) noexcept nogil
