"""The RESP parser: bytes to arguments. No I/O, no state but what is handed in. See parser.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from kvik.engine.heap cimport Heap
from kvik.engine.text cimport CR, LF, Slice, SlicePtr

cdef extern from *:
    """
    #include <string.h>
    static inline int kv_is_crlf(const char *p) { return memcmp(p, "\\r\\n", 2) == 0; }   /* one compare */
    """
    bint is_crlf "kv_is_crlf"(const char *p) noexcept nogil

cdef enum:
    INLINE_MAX = 65536              # longest inline command and longest length line
    BIG_ARGUMENT = 65536            # a bulk of this size is received into a block of its own
    UNAUTHENTICATED_ARGUMENTS = 10
    SHORT_COUNT = 9                 # arguments of a command that parse_short takes
    UNAUTHENTICATED_BULK = 16384
    ARGUMENTS_MAX = 2147483647
    TAB = 9
    LETTER_X = 120

cdef enum ParseResult:
    PARSE_INCOMPLETE
    PARSE_COMMAND
    PARSE_EMPTY                     # an empty line or `*0`: nothing to run, nothing to answer
    PARSE_BIG                       # the next argument is big and not there yet: see ParseState.bulk
    PARSE_ERROR
    PARSE_FULL                      # no room to unquote an inline command: run the batch first

cdef struct Arguments:              # a growing array of slices
    Slice *items
    size_t count
    size_t capacity

cdef struct ParseState:             # where parsing of one command stands
    size_t position                 # bytes of the buffer parsed so far
    int64_t remaining               # arguments still to come; -1: the command has not begun
    int64_t bulk                    # length of the argument to come; -1: its header is not parsed yet
    const char *error               # with PARSE_ERROR: what to answer
    char unexpected                 # the byte that stood where error has %c

cdef struct ParseLimits:
    int64_t bulk_max                # proto-max-bulk-len
    bint authenticated
    char *scratch                   # room for unquoted inline arguments
    size_t scratch_left

ctypedef ParseState *ParseStatePtr

cdef bint arguments_add(Heap *heap, Arguments *arguments, char *p, size_t n) noexcept nogil
cdef void arguments_free(Heap *heap, Arguments *arguments) noexcept nogil
cdef void parse_begin(ParseState *state, size_t position) noexcept nogil
cdef ParseResult parse_command(
    Heap *heap, ParseState *state, ParseLimits *limits, Arguments *arguments, char *buffer, size_t length,
    ) noexcept nogil
cdef char *parse_short(Arguments *arguments, char *p, const char *end) noexcept nogil
cdef ParseResult parse_inline(
    Heap *heap, ParseState *state, ParseLimits *limits, Arguments *arguments, char *buffer, size_t length,
    ) noexcept nogil
cdef ParseResult parse_count(ParseState *state, ParseLimits *limits, char *buffer, size_t length) noexcept nogil
cdef ParseResult parse_bulk_header(
    ParseState *state, ParseLimits *limits, char *buffer, size_t length) noexcept nogil
cdef ParseResult parse_error(ParseState *state, const char *error) noexcept nogil
cdef ParseResult bad_crlf(ParseState *state) noexcept nogil
cdef bint split_word(char **text, const char *end, char **out, bint *quoted) noexcept nogil
cdef int hex_value(char c) noexcept nogil
cdef char unescape(char c) noexcept nogil

ctypedef char *CharPtr
