"""Reading append-only files, unit by unit. See aof_reader.py."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from kvik.engine.text cimport Slice, SlicePtr

cdef enum:
    READ_BYTES = 262144         # that are read together
    BATCH_COMMANDS = 256        # that are handed out together, unless a transaction has more
    ARGUMENTS_MAX = 1048576
    BULK_MAX = 536870912
    LINE_MAX = 128              # of an annotation
    DIGITS_MAX = 19

cdef enum:                      # AofReader.outcome
    AOF_MORE = 0
    AOF_END = 1                 # nothing is left, and all was whole
    AOF_SHORT = 2               # the file ends in the midst of a command or a transaction
    AOF_BAD = 3                 # what stands there is no command: `error`
    AOF_FAILED = 4              # reading failed (errno), or memory was short (`error`)

cdef enum:                      # what parse_command says
    PARSED = 0
    INCOMPLETE = 1
    MALFORMED = 2
    NO_ROOM = 3

cdef struct AofCommand:
    size_t first                # of its arguments
    int count
    uint64_t offset             # in the file

ctypedef AofCommand *AofCommandPtr

cdef struct AofReader:
    int fd
    char *data                  # bytes of the file from `offset` on
    size_t capacity
    size_t used
    size_t at                   # how far they have been parsed
    uint64_t offset
    uint64_t left               # bytes of the file that have not been read
    Slice *arguments
    size_t argument_count
    size_t argument_capacity
    AofCommand *commands        # the batch: whole units, without MULTI and EXEC
    int count
    int command_capacity
    uint64_t good               # everything before this offset is whole
    uint64_t multi              # where the transaction begins that has not ended
    bint in_multi
    uint64_t bad                # where what is wrong stands
    int outcome
    const char *error
    int number                  # errno

ctypedef AofReader *AofReaderPtr
ctypedef char *CharPtr

cdef void aof_reader_init(AofReader *r, int fd, uint64_t offset, uint64_t size) noexcept nogil
cdef void aof_reader_free(AofReader *r) noexcept nogil
cdef bint aof_read(AofReader *r) noexcept nogil

cdef bint parse_units(AofReader *r) noexcept nogil
cdef int parse_command(AofReader *r, bint *annotation) noexcept nogil
cdef int parse_header(AofReader *r, char sign, uint64_t *value) noexcept nogil
cdef int skip_annotation(AofReader *r) noexcept nogil
cdef int malformed(AofReader *r, const char *why) noexcept nogil
cdef bint is_single(const AofReader *r, const AofCommand *command, const char *name) noexcept nogil
cdef bint refill(AofReader *r) noexcept nogil
cdef bint add_argument(AofReader *r, char *p, size_t n) noexcept nogil
cdef AofCommand *add_command(AofReader *r) noexcept nogil
