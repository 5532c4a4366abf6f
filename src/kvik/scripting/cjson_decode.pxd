"""cjson.decode. See cjson_decode.py."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from kvik.scripting.buffer cimport Buffer
from kvik.scripting.cjson cimport CjsonSettings
from kvik.scripting.lua cimport State

cdef extern from "strings.h" nogil:
    int strncasecmp(const char *a, const char *b, size_t n) noexcept

cdef enum:                      # Decoder.token
    TOKEN_OBJECT_BEGIN
    TOKEN_OBJECT_END
    TOKEN_ARRAY_BEGIN
    TOKEN_ARRAY_END
    TOKEN_STRING
    TOKEN_NUMBER
    TOKEN_BOOLEAN
    TOKEN_NULL
    TOKEN_COLON
    TOKEN_COMMA
    TOKEN_END
    TOKEN_WRONG

cdef enum:
    PLAIN_MAX = 17              # bytes of a number that needs no strtod
    CODE_POINT_MAX = 4          # bytes of a code point

cdef struct Decoder:
    State *L
    const CjsonSettings *settings
    Buffer unescaped
    const char *begin
    const char *p               # where the next token may begin
    int depth
    uint32_t steps
    # The token:
    int token
    const char *at              # where it is
    const char *text            # of a string; what is wrong
    size_t n
    double number
    bint truth

cdef int cjson_decode(State *L) noexcept nogil
cdef void decode_value(Decoder *d) noexcept nogil
cdef void decode_object(Decoder *d) noexcept nogil
cdef void decode_array(Decoder *d) noexcept nogil
cdef void descend(Decoder *d, int places) noexcept nogil
cdef void refuse_token(Decoder *d, const char *expected) noexcept nogil
cdef const char *token_name(int token) noexcept nogil
cdef void next_token(Decoder *d) noexcept nogil
cdef int mark_token(char c) noexcept nogil
cdef bint take_word(Decoder *d, const char *word, size_t n) noexcept nogil
cdef bint is_odd_number(const char *p) noexcept nogil
cdef bint is_strict_number(const char *p) noexcept nogil
cdef void wrong(Decoder *d, const char *at, const char *what) noexcept nogil
cdef void number_token(Decoder *d) noexcept nogil
cdef void string_token(Decoder *d) noexcept nogil
cdef const char *plain_end(const char *p) noexcept nogil
cdef const char *take_escape(Decoder *d, const char *p) noexcept nogil
cdef const char *take_code_point(Decoder *d, const char *p) noexcept nogil
cdef int hex_number(const char *p) noexcept nogil
cdef int put_code_point(char *out, int code) noexcept nogil
