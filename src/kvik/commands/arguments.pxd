"""Reading arguments, and the errors they give. See arguments.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.text cimport Slice, SlicePtr, is_word
from kvik.keyspace.call cimport Call

cdef enum:                      # what read_set_options may find
    SET_NX = 1
    SET_XX = 2
    SET_IFEQ = 4
    SET_GET = 8
    SET_KEEPTTL = 16
    SET_PERSIST = 32
    SET_EXPIRY = 64
    SET_FNX = 128
    SET_FXX = 256

cdef struct SetOptions:
    int flags
    int64_t expiry              # ms since 1970, with SET_EXPIRY
    int expiry_argument         # where it was read
    bint seconds
    bint absolute
    int expected                # with SET_IFEQ: which argument to compare with

cdef bint read_integer(Call *call, int i, int64_t *value) noexcept nogil
cdef bint read_moment(
    Call *call, int i, int64_t least, bint seconds, bint absolute, int64_t *when) noexcept nogil
cdef bint read_expiry(Call *call, int i, bint seconds, bint absolute, int64_t *when) noexcept nogil
cdef bint read_count(Call *call, int i, int64_t least, const char *refusal, uint64_t *n) noexcept nogil
cdef bint read_signed_count(Call *call, int i, int64_t *value) noexcept nogil
cdef void reply_syntax_error(Call *call) noexcept nogil
cdef void reply_error_about(Call *call, const char *format, const Slice *s) noexcept nogil
cdef void reply_invalid_expire(Call *call) noexcept nogil
cdef bint read_set_options(Call *call, int i, int allowed, SetOptions *options) noexcept nogil
cdef bint find_set_options(Call *call, int i, int end, int allowed, SetOptions *options) noexcept nogil
cdef int set_option(const Slice *word) noexcept nogil
cdef bint contradicts(int one, int flags) noexcept nogil
cdef bint read_expiry_option(Call *call, int *i, int end, SetOptions *options) noexcept nogil
cdef bint read_database(Call *call, int i, int *id) noexcept nogil
cdef bint read_timeout(Call *call, int i, int64_t *ms) noexcept nogil
cdef bint read_timeout_ms(Call *call, int i, int64_t *ms) noexcept nogil
cdef bint timeout_fits(Call *call, int64_t value, int64_t *ms) noexcept nogil
