"""The RESP parser: bytes to arguments.

A command is an array of bulk strings (`*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n`) or a line of words, as typed into
telnet. The parser is handed a buffer, adds slices of it to `arguments` (behind those of the batch's other commands),
and keeps where it stands in a `ParseState`: when a command is not complete it goes on from there once more has come, so
a command of a million arguments is parsed once, not once a packet. It does no I/O, allocates nothing but the array of
slices, and believes no length before the bytes are there.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import doubled, heap_double, heap_free
from cython.cimports.kvik.engine.text import (
    APOSTROPHE,
    BACKSLASH,
    CR,
    DOLLAR,
    LF,
    QUOTE,
    SPACE,
    STAR,
    is_digit,
    is_space,
    parse_integer,
)
from cython.cimports.libc.stdint import int64_t
from cython.cimports.libc.string import memchr


def arguments_add(heap, arguments, p, n):
    """Append a slice; False when memory is short. Amortized O(1)."""
    grown: SlicePtr
    if arguments.count == arguments.capacity:
        grown = cast(SlicePtr, heap_double(heap, arguments.items, arguments.capacity, 16, sizeof(Slice)))
        if grown == NULL:
            return False
        arguments.items = grown
        arguments.capacity = doubled(arguments.capacity, 16)
    arguments.items[arguments.count].p = p
    arguments.items[arguments.count].n = n
    arguments.count += 1
    return True


def arguments_free(heap, arguments):
    if arguments.items != NULL:
        heap_free(heap, arguments.items, arguments.capacity * sizeof(Slice))
    arguments.items = NULL
    arguments.count = 0
    arguments.capacity = 0


def parse_begin(state, position):
    """Forget the last command; the next one starts at `position`."""
    state.position = position
    state.remaining = -1
    state.bulk = -1
    state.error = NULL


def parse_error(state, error):
    state.error = error
    return PARSE_ERROR


def bad_crlf(state):
    """Lines and arguments end in CR LF and in nothing else, or the next command would begin at the wrong place."""
    return parse_error(state, "invalid CRLF in request")


def parse_command(heap, state, limits, arguments, buffer, length):
    """Go on with the command of `state`, whose bytes are buffer[:length] from its start on.

    PARSE_COMMAND: its arguments are complete, `position` is behind it. PARSE_INCOMPLETE: call again with more bytes.
    """
    result: ParseResult
    n: cython.size_t
    behind: cython.p_char
    if state.remaining < 0:
        if state.position >= length:
            return PARSE_INCOMPLETE
        if arguments.capacity - arguments.count >= SHORT_COUNT:
            behind = parse_short(arguments, buffer + state.position, buffer + length)
            if behind != NULL:
                state.position = behind - buffer
                return PARSE_COMMAND
        if buffer[state.position] != STAR:
            return parse_inline(heap, state, limits, arguments, buffer, length)
        result = parse_count(state, limits, buffer, length)
        if result != PARSE_COMMAND:
            return result
    while state.remaining > 0:
        if state.bulk < 0:
            result = parse_bulk_header(state, limits, buffer, length)
            if result != PARSE_COMMAND:
                return result
        n = cast(cython.size_t, state.bulk)
        if length - state.position < n + 2:
            return PARSE_BIG if n >= BIG_ARGUMENT else PARSE_INCOMPLETE
        if not is_crlf(buffer + state.position + n):
            return bad_crlf(state)
        if not arguments_add(heap, arguments, buffer + state.position, n):
            return parse_error(state, "out of memory")
        state.position += n + 2
        state.bulk = -1
        state.remaining -= 1
    return PARSE_COMMAND


def parse_short(arguments, p, end):
    """A whole command of up to nine arguments of up to 999 bytes, as nearly all are: behind it, or NULL if it is none.

    The same as the long way, without a state that has to survive.
    """
    items: SlicePtr = arguments.items + arguments.count
    count: cython.uint
    digit: cython.uint
    n: cython.uint
    i: cython.uint
    if end - p < 4 or p[0] != STAR or not is_crlf(p + 2):
        return NULL
    count = cast(cython.uint, p[1]) - 48
    if count - 1 > SHORT_COUNT - 1:
        return NULL
    p += 4
    for i in range(count):
        if end - p < 6 or p[0] != DOLLAR:
            return NULL
        n = cast(cython.uint, p[1]) - 48
        if n > 9:
            return NULL
        p += 2
        while p[0] != CR:
            digit = cast(cython.uint, p[0]) - 48
            if digit > 9 or n == 0 or n > 99:
                return NULL
            n = n * 10 + digit
            p += 1
        p += 2
        if end - p < cast(cython.Py_ssize_t, n) + 2 or p[-1] != LF or not is_crlf(p + n):
            return NULL
        items[i].p = p
        items[i].n = n
        p += n + 2
    arguments.count += count
    return p


def parse_count(state, limits, buffer, length):
    """The `*N` line."""
    start: cython.p_char = buffer + state.position + 1
    end: cython.p_char
    count: int64_t = 0
    n: cython.size_t = length - state.position - 1
    if n >= 3 and is_digit(start[0]) and is_crlf(start + 1) and start[0] > 48:
        state.remaining = start[0] - 48
        state.position += 4
        return PARSE_COMMAND
    end = cast(CharPtr, memchr(start, CR, n))
    if end == NULL:
        if n > INLINE_MAX:
            return parse_error(state, "too big mbulk count string")
        return PARSE_INCOMPLETE
    if cast(cython.size_t, end - start) + 1 >= n:
        return PARSE_INCOMPLETE
    if end[1] != LF:
        return bad_crlf(state)
    if not parse_integer(start, end - start, address(count)) or count > ARGUMENTS_MAX:
        return parse_error(state, "invalid multibulk length")
    if count > UNAUTHENTICATED_ARGUMENTS and not limits.authenticated:
        return parse_error(state, "unauthenticated multibulk length")
    state.position = (end - buffer) + 2
    if count <= 0:
        return PARSE_EMPTY
    state.remaining = count
    return PARSE_COMMAND


def parse_bulk_header(state, limits, buffer, length):
    """The `$N` line."""
    start: cython.p_char
    end: cython.p_char
    count: int64_t = 0
    n: cython.size_t
    if state.position >= length:
        return PARSE_INCOMPLETE
    start = buffer + state.position
    n = length - state.position
    if n >= 4 and start[0] == DOLLAR and is_digit(start[1]):
        if is_crlf(start + 2):
            state.bulk = start[1] - 48
            state.position += 4
            return PARSE_COMMAND
        if n >= 5 and is_digit(start[2]) and is_crlf(start + 3) and start[1] > 48:
            state.bulk = (start[1] - 48) * 10 + (start[2] - 48)
            state.position += 5
            return PARSE_COMMAND
    end = cast(CharPtr, memchr(start, CR, n))
    if end == NULL:
        if n > INLINE_MAX:
            return parse_error(state, "too big bulk count string")
        return PARSE_INCOMPLETE
    if cast(cython.size_t, end - start) + 1 >= n:
        return PARSE_INCOMPLETE
    if start[0] != DOLLAR:
        state.unexpected = start[0]
        return parse_error(state, "expected '$', got '%c'")
    if end[1] != LF:
        return bad_crlf(state)
    if not parse_integer(start + 1, end - start - 1, address(count)) or count < 0 or count > limits.bulk_max:
        return parse_error(state, "invalid bulk length")
    if count > UNAUTHENTICATED_BULK and not limits.authenticated:
        return parse_error(state, "unauthenticated bulk length")
    state.position = (end - buffer) + 2
    state.bulk = count
    return PARSE_COMMAND


# --- inline commands -------------------------------------------------------------------------------------------------


def parse_inline(heap, state, limits, arguments, buffer, length):
    """A line of words, quoted or not. Quoted words are unquoted into `limits.scratch`."""
    start: cython.p_char = buffer + state.position
    text: cython.p_char = start
    end: cython.p_char = cast(CharPtr, memchr(start, LF, length - state.position))
    word: cython.p_char
    out: cython.p_char
    out_start: cython.p_char
    quoted: cython.bint = False
    first: cython.size_t = arguments.count          # those of other commands of the batch may stand before
    if end == NULL or memchr(start, 0, end - start) != NULL:        # as in Redis, a line with a NUL never ends
        if length - state.position > INLINE_MAX:
            return parse_error(state, "too big inline request")
        return PARSE_INCOMPLETE
    if end - start > INLINE_MAX:        # however it came in pieces, the answer is the same
        return parse_error(state, "too big inline request")
    if limits.scratch_left < cast(cython.size_t, end - start):
        return PARSE_FULL
    state.position = (end - buffer) + 1
    if end > start and end[-1] == CR:
        end -= 1
    out = limits.scratch
    while True:
        while text < end and is_space(text[0]):
            text += 1
        if text >= end:
            break
        word = text
        out_start = out
        if not split_word(address(text), end, address(out), address(quoted)):
            return parse_error(state, "unbalanced quotes in request")
        if quoted:
            limits.scratch_left -= out - out_start
            limits.scratch = out
            if not arguments_add(heap, arguments, out_start, out - out_start):
                return parse_error(state, "out of memory")
        elif not arguments_add(heap, arguments, word, text - word):
            return parse_error(state, "out of memory")
        if not quoted:
            out = out_start
    return PARSE_EMPTY if arguments.count == first else PARSE_COMMAND


def split_word(text, end, out, quoted):
    """Read one word from text[0] on and unquote it into out[0]; both move on. False when a quote is not closed.

    Quotes may begin and end anywhere in it (`a'b c'd` is one word). A backslash is for the character behind it only
    inside quotes, and only if that is not the last one of the line.
    """
    p: cython.p_char = text[0]
    o: cython.p_char = out[0]
    inside: cython.char = 0
    quoted[0] = False
    while p < end:
        if inside == 0:
            if p[0] in (SPACE, TAB, CR):
                break
            if p[0] == QUOTE or p[0] == APOSTROPHE:
                inside = p[0]
                quoted[0] = True
                p += 1
                continue
        elif p[0] == inside:
            inside = 0
            p += 1
            continue
        elif p[0] == BACKSLASH and p + 2 < end:
            if inside == QUOTE and p[1] == LETTER_X and p + 3 < end and hex_value(p[2]) >= 0 and hex_value(p[3]) >= 0:
                o[0] = cast(cython.char, hex_value(p[2]) * 16 + hex_value(p[3]))
                o += 1
                p += 4
                continue
            if inside == QUOTE:
                o[0] = unescape(p[1])
                o += 1
                p += 2
                continue
            if p[1] == APOSTROPHE:
                p += 1
        o[0] = p[0]
        o += 1
        p += 1
    text[0] = p
    out[0] = o
    return inside == 0


def hex_value(c):
    if 48 <= c <= 57:
        return c - 48
    if 97 <= c <= 102:
        return c - 87
    if 65 <= c <= 70:
        return c - 55
    return -1


def unescape(c):
    """What a letter behind a backslash stands for inside double quotes."""
    if c == 110:
        return 10
    if c == 114:
        return 13
    if c == 116:
        return 9
    if c == 98:
        return 8
    if c == 97:
        return 7
    return c
