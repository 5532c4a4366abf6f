"""IDs of stream entries, as text `<ms>-<seq>`. They only ever grow within a stream."""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.text import MINUS, format_unsigned, is_space, parse_unsigned
from cython.cimports.libc import errno
from cython.cimports.libc.string import memcpy, strchr, strcmp, strlen


def stream_id_parse(p, n, allowed, missing, id, auto):
    """p[:n] as an ID; `missing` is the sequence number where there is none. False when it is none.

    `auto` is set when the sequence number is left to the stream (`*`). As in Redis a NUL ends the text, and numbers may
    have what strtoull accepts.
    """
    text: cython.char[128]
    dash: cython.p_char
    auto[0] = False
    if n == 0 or n > STREAM_ID_TEXT:
        return False
    memcpy(text, p, n)
    text[n] = 0
    if allowed & ID_EDGES and text[0] == MINUS and text[1] == 0:
        id[0] = stream_id(0, 0)
        return True
    if allowed & ID_EDGES and strcmp(text, "+") == 0:
        id[0] = stream_id_last()
        return True
    dash = strchr(text, MINUS)
    id.seq = missing
    if dash == NULL:
        return number_parse(text, address(id.ms))
    dash[0] = 0
    if not number_parse(text, address(id.ms)):
        return False
    if allowed & ID_AUTO_SEQ and strcmp(dash + 1, "*") == 0:
        id.seq = 0
        auto[0] = True
        return True
    return number_parse(dash + 1, address(id.seq))


def number_parse(p, value):
    """All of a NUL-terminated text as a number: its plain form, else what strtoull takes."""
    end: cython.p_char = NULL
    number: cython.ulonglong
    if parse_unsigned(p, strlen(p), value):
        return True
    if p[0] == MINUS and not is_space(p[1]) and p[1] != 0:
        return False
    errno.errno = 0
    number = strtoull(p, address(end), 10)
    value[0] = number
    return errno.errno == 0 and p[0] != 0 and end[0] == 0


def stream_id_format(out, id):
    """Write the ID to `out` (STREAM_ID_MAX bytes) and return its length."""
    n: cython.int = format_unsigned(out, id.ms)
    out[n] = MINUS
    if id.seq < 10:
        out[n + 1] = cython.cast(cython.char, 48 + id.seq)
        return n + 2
    return n + 1 + format_unsigned(out + n + 1, id.seq)


def stream_id_next(id):
    """The ID behind this one; 0-0 behind the last one."""
    id.seq += 1
    if id.seq == 0:
        id.ms += 1
    return id


def stream_id_previous(id):
    """The ID before this one; the last one before 0-0."""
    if id.seq == 0:
        id.ms -= 1
    id.seq -= 1
    return id
