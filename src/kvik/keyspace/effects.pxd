"""What requests have changed, as commands that change it again: see effects.py.

    data                                     unit                        used                  capacity
    | written to the file at the next tick … | *3 SREM s b *2 UNLINK k … | room                |
                                             └ the unit that is running ┘
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.clock cimport Clock
from kvik.engine.text cimport Slice, SlicePtr
from kvik.wire.parser cimport CharPtr
from kvik.wire.reply cimport HEADER_MAX

cdef enum:
    ANNOTATION_MAX = 32         # `#TS:<seconds>` likewise
    MULTI_BYTES = 15
    NO_DATABASE = -1

cdef struct Draft:              # a command that is being put together: its arguments as bulk strings
    char *data
    size_t used
    size_t capacity
    int count
    int db

cdef struct Effects:
    Clock *clock
    bint on                     # somebody keeps the log; else nothing here is called
    bint replaced               # the running request has said itself what its effect is
    bint lost                   # there was no memory for a part of the log: it cannot be relied on any more
    bint timestamps             # aof-timestamp-enabled
    int64_t stamped_s           # the last moment that was written into the log
    int depth                   # of units in units
    int commands                # of the running unit
    int db                      # the database that the log is in; NO_DATABASE: it has not said
    char *data
    size_t used
    size_t capacity
    size_t unit                 # where the running unit begins
    uint64_t appended           # bytes, ever
    Draft draft

ctypedef Effects *EffectsPtr
ctypedef Draft *DraftPtr

cdef void effects_init(Effects *f, Clock *clock) noexcept nogil
cdef void effects_free(Effects *f) noexcept nogil
cdef void unit_end(Effects *f) noexcept nogil
cdef void effect_command(Effects *f, int db, const Slice *argv, int argc) noexcept nogil
cdef void effect_removal(Effects *f, int db, const char *key, size_t n, bint lazy) noexcept nogil
cdef void effect_open(Effects *f, int db, const char *name) noexcept nogil
cdef void effect_bytes(Effects *f, const char *p, size_t n) noexcept nogil
cdef void effect_word(Effects *f, const char *word) noexcept nogil
cdef void effect_integer(Effects *f, int64_t value) noexcept nogil
cdef void effect_close(Effects *f) noexcept nogil
cdef void effects_written(Effects *f, size_t n) noexcept nogil

cdef size_t effects_complete(const Effects *f) noexcept nogil
cdef bint reserve(char **data, size_t *capacity, size_t needed) noexcept nogil
cdef char *begin_command(Effects *f, int db, size_t room) noexcept nogil
cdef bint open_multi(Effects *f) noexcept nogil

cdef inline void unit_begin(Effects *f) noexcept nogil:
    """What is appended up to unit_end belongs together: all of it takes effect again, or nothing."""
    if f.depth == 0:
        f.unit = f.used
        f.commands = 0
    f.depth += 1

cdef inline void effect_slice(Effects *f, const Slice *s) noexcept nogil:
    effect_bytes(f, s.p, s.n)
