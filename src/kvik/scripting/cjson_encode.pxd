"""cjson.encode. See cjson_encode.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from kvik.scripting.buffer cimport Buffer
from kvik.scripting.cjson cimport CjsonSettings
from kvik.scripting.lua cimport State

cdef extern from *:
    """
    /* For every byte what stands for it behind a backslash; 'u': its code; 0: the byte itself. */
    static const char kv_json_escapes[256] __attribute__((unused)) = {
        'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
        'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
        ['"'] = '"', ['/'] = '/', ['\\\\'] = '\\\\', [127] = 'u'};
    """
    const char ESCAPES "kv_json_escapes"[256]

cdef enum:
    NUMBER_TEXT_MAX = 32        # room for a number of PRECISION_MAX digits
    ESCAPE_MAX = 6              # bytes that stand for one
    TEXT_PART = 4096            # bytes of a text that are escaped at once

cdef struct Encoder:
    State *L
    const CjsonSettings *settings
    Buffer out
    uint32_t steps

cdef int cjson_encode(State *L) noexcept nogil
cdef void encode_value(Encoder *e, int depth) noexcept nogil
cdef void refuse_value(State *L, int index, const char *why) noexcept nogil
cdef void encode_text(Encoder *e, int index) noexcept nogil
cdef size_t escape(char *out, const char *text, size_t n) noexcept nogil
cdef void encode_number(Encoder *e, double number) noexcept nogil
cdef bint is_short_integer(double number) noexcept nogil
cdef void encode_odd_number(Encoder *e, double number) noexcept nogil
cdef void encode_table(Encoder *e, int depth) noexcept nogil
cdef int array_length(Encoder *e) noexcept nogil
cdef void encode_array(Encoder *e, int n, int depth) noexcept nogil
cdef void encode_object(Encoder *e, int depth) noexcept nogil
