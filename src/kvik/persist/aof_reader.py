"""Reading append-only files, unit by unit: a unit is a command, or all commands of a transaction.

    *2 SELECT 0   *3 SET a 1   #TS:1795609125   *1 MULTI   *2 INCR b   *2 INCR c   *1 EXEC   *3 SE
    └── unit ──┘  └─ unit ─┘                    └───────────────── unit ─────────────────┘  └ short
                                                                                            ▲ good

A unit is handed out when all of it is there, so that half a transaction never runs; `good` is the offset behind the last
whole one, up to where a file that was cut off can be believed. A length is believed no further than the file goes.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.text import CR, DOLLAR, LF, STAR, same_word
from cython.cimports.libc.errno import EINTR, errno
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import free, realloc
from cython.cimports.libc.string import memmove, memset
from cython.cimports.posix.unistd import read


def aof_reader_init(r, fd, offset, size):
    """Read what follows in the descriptor, which stands at `offset` of a file of `size` bytes."""
    memset(r, 0, sizeof(AofReader))
    r.fd = fd
    r.offset = offset
    r.good = offset
    r.left = size - offset if size > offset else 0


def aof_reader_free(r):
    """The descriptor stays open."""
    free(r.data)
    free(r.arguments)
    free(r.commands)


def aof_read(r):
    """The next units, in `commands`, good until the next call. False: there are no more, and `outcome` says why.

    Units before a fault are handed out before that is told.
    """
    r.count = 0
    while r.outcome == AOF_MORE:
        if parse_units(r):
            return True
        if r.outcome == AOF_MORE and not refill(r):
            break
    return r.count > 0


# --- parsing ---------------------------------------------------------------------------------------------------------


def parse_units(r):
    """Fill the batch from what is at hand. False: there is not one unit in it, or there is a fault behind those."""
    command: AofCommandPtr
    annotation: cython.bint = False
    outcome: cython.int
    kept_commands: cython.int = 0
    kept_arguments: cython.size_t = 0
    r.count = 0
    r.argument_count = 0
    r.in_multi = False
    r.at = cast(cython.size_t, r.good - r.offset)
    while r.count < BATCH_COMMANDS or r.in_multi:
        r.bad = r.offset + r.at
        outcome = parse_command(r, address(annotation))
        if outcome != PARSED:
            r.count = kept_commands
            r.argument_count = kept_arguments
            if outcome == MALFORMED:
                r.outcome = AOF_BAD
            elif outcome == NO_ROOM:
                r.outcome = AOF_FAILED
                r.error = "out of memory"
            return r.count > 0
        if not annotation:
            command = address(r.commands[r.count - 1])
            if is_single(r, command, "multi"):
                if r.in_multi:
                    malformed(r, "MULTI within a transaction")
                    r.outcome = AOF_BAD
                    r.count = kept_commands
                    return r.count > 0
                r.in_multi = True
                r.multi = command.offset
                r.count -= 1
            elif is_single(r, command, "exec"):
                r.in_multi = False
                r.count -= 1
        if not r.in_multi:
            r.good = r.offset + r.at
            kept_commands = r.count
            kept_arguments = r.argument_count
    return True


def parse_command(r, annotation):
    """The next command, appended to the batch, or an annotation, which is skipped."""
    at: cython.size_t = r.at
    count: uint64_t = 0
    length: uint64_t = 0
    i: uint64_t
    outcome: cython.int
    command: AofCommandPtr
    first: cython.size_t = r.argument_count
    annotation[0] = r.at < r.used and r.data[r.at] == 35
    if annotation[0]:
        return skip_annotation(r)
    outcome = parse_header(r, STAR, address(count))
    if outcome != PARSED:
        return outcome
    if count == 0 or count > ARGUMENTS_MAX:
        return malformed(r, "a command with no or too many arguments")
    for i in range(count):
        outcome = parse_header(r, DOLLAR, address(length))
        if outcome != PARSED:
            return outcome
        if length > BULK_MAX:
            return malformed(r, "an argument that is too long")
        if length + 2 > r.used - r.at:
            if length + 2 > r.used - r.at + r.left:
                r.left = 0              # so much the file does not have: there is no use in reading on
            return INCOMPLETE
        if not add_argument(r, r.data + r.at, cast(cython.size_t, length)):
            return NO_ROOM
        r.at += cast(cython.size_t, length)
        if r.data[r.at] != CR or r.data[r.at + 1] != LF:
            return malformed(r, "no line end behind an argument")
        r.at += 2
    command = add_command(r)
    if command == NULL:
        return NO_ROOM
    command.first = first
    command.count = cast(cython.int, count)
    command.offset = r.offset + at
    return PARSED


def parse_header(r, sign, value):
    """`sign`, digits and a line end."""
    p: cython.p_char = r.data + r.at
    end: cython.p_char = r.data + r.used
    start: cython.p_char
    n: uint64_t = 0
    if p == end:
        return INCOMPLETE
    if p[0] != sign:
        return malformed(r, "no command where one should begin" if sign == STAR else "no argument where one should begin")
    p += 1
    start = p
    while p < end and 48 <= p[0] <= 57 and p - start < DIGITS_MAX:
        n = n * 10 + cast(uint64_t, p[0] - 48)
        p += 1
    if end - p < 2:
        return INCOMPLETE
    if p == start or p[0] != CR or p[1] != LF:
        return malformed(r, "a length that is no number")
    value[0] = n
    r.at = p + 2 - r.data
    return PARSED


def skip_annotation(r):
    """`#` and text up to the end of the line."""
    p: cython.size_t = r.at
    while p < r.used and r.data[p] != LF:
        p += 1
        if p - r.at > LINE_MAX:
            return malformed(r, "an annotation that is too long")
    if p == r.used:
        return INCOMPLETE
    r.at = p + 1
    return PARSED


def malformed(r, why):
    r.bad = r.offset + r.at
    r.error = why
    return MALFORMED


def is_single(r, command, name):
    """Is it just this word?"""
    return command.count == 1 and same_word(r.arguments[command.first].p, r.arguments[command.first].n, name)


# --- memory ----------------------------------------------------------------------------------------------------------


def refill(r):
    """Read on behind the start of the unit that is not whole yet. False: there is nothing more."""
    drop: cython.size_t = cast(cython.size_t, r.good - r.offset)
    capacity: cython.size_t
    grown: CharPtr
    room: cython.size_t
    got: cython.Py_ssize_t
    if r.left == 0:
        r.outcome = AOF_END if r.used == drop else AOF_SHORT
        return False
    if drop > 0:
        memmove(r.data, r.data + drop, r.used - drop)
        r.used -= drop
        r.offset = r.good
    if r.capacity - r.used < READ_BYTES // 2:
        capacity = r.capacity * 2 if r.capacity > 0 else READ_BYTES
        grown = cast(CharPtr, realloc(r.data, capacity))
        if grown == NULL:
            r.outcome = AOF_FAILED
            r.error = "out of memory"
            return False
        r.data = grown
        r.capacity = capacity
    room = r.capacity - r.used
    if room > r.left:
        room = cast(cython.size_t, r.left)
    while True:
        got = read(r.fd, r.data + r.used, room)
        if got >= 0 or errno != EINTR:
            break
    if got <= 0:
        r.outcome = AOF_FAILED
        r.number = errno if got < 0 else 0
        r.error = "the file cannot be read" if got < 0 else "the file became shorter"
        return False
    r.used += got
    r.left -= got
    return True


def add_argument(r, p, n):
    capacity: cython.size_t
    grown: SlicePtr
    if r.argument_count == r.argument_capacity:
        capacity = r.argument_capacity * 2 if r.argument_capacity > 0 else 1024
        grown = cast(SlicePtr, realloc(r.arguments, capacity * sizeof(Slice)))
        if grown == NULL:
            return False
        r.arguments = grown
        r.argument_capacity = capacity
    r.arguments[r.argument_count].p = p
    r.arguments[r.argument_count].n = n
    r.argument_count += 1
    return True


def add_command(r):
    capacity: cython.int
    grown: AofCommandPtr
    if r.count == r.command_capacity:
        capacity = r.command_capacity * 2 if r.command_capacity > 0 else BATCH_COMMANDS
        grown = cast(AofCommandPtr, realloc(r.commands, capacity * sizeof(AofCommand)))
        if grown == NULL:
            return NULL
        r.commands = grown
        r.command_capacity = capacity
    r.count += 1
    return address(r.commands[r.count - 1])
