"""Replies of stream commands: IDs, entries, ranges of them."""

# ruff: noqa: F821
import cython
from cython import address
from cython.cimports.kvik.commands.collections import reply_integer_bulk
from cython.cimports.kvik.engine.stream import ENTRY_SAME_FIELDS, stream_find, stream_next
from cython.cimports.kvik.engine.stream_id import STREAM_ID_MAX, stream_id_format
from cython.cimports.kvik.wire.output import output_reserve, output_write
from cython.cimports.kvik.wire.reply import (
    ARRAY_KIND,
    Later,
    put_crlf,
    reply_header,
    reply_later,
    reply_null,
    reply_settle,
)
from cython.cimports.libc.stdint import int64_t


def reply_number(c, value):
    reply_integer_bulk(c, value)


def reply_id(c, id):
    """An ID as bulk string. Nearly all have a length of two digits, and are written where they belong at once."""
    short: cython.char[STREAM_ID_MAX]
    out: cython.p_char = output_reserve(c, STREAM_ID_MAX + 8)
    n: cython.int = stream_id_format(out + 5, id)
    if n < 10:
        reply_bulk(c, short, stream_id_format(short, id))
        return
    out[0] = DOLLAR_SIGN
    out[1] = cython.cast(cython.char, 48 + n // 10)
    out[2] = cython.cast(cython.char, 48 + n % 10)
    put_crlf(out + 3)
    put_crlf(out + 5 + n)
    c.out.pos += n + 7


def reply_entry(c, cursor):
    """The entry that the cursor has found: its ID, and an array of fields and values."""
    p: cython.p_char = cursor.data
    field: cython.p_char = cursor.master_field
    n: int64_t = cursor.fields
    output_write(c, "*2\r\n", 4)
    reply_id(c, cursor.id)
    reply_header(c, ARRAY_KIND, 2 * n)
    if cursor.flags & ENTRY_SAME_FIELDS:
        while n > 0:
            field = reply_element(c, field)
            p = reply_element(c, p)
            n -= 1
    else:
        while n > 0:
            p = reply_element(c, p)
            p = reply_element(c, p)
            n -= 1
    if not cursor.backwards:
        cursor.at = p
        cursor.unread = 1


def at_most(there, count):
    """How many elements there can be, of `there` and `count` (-1: no limit) wanted."""
    most: int64_t = cython.cast(int64_t, there)
    return count if 0 <= count < most else most


def reply_entries(c, cursor, s, count):
    """An array of the entries that the cursor will find, `count` of them at most (-1: all)."""
    n: int64_t = 0
    later: Later = reply_later(c, ARRAY_KIND, at_most(s.length, count))
    while n != count and stream_next(cursor):
        reply_entry(c, cursor)
        n += 1
    reply_settle(c, address(later), n)


def reply_entry_at(c, s, id):
    """The entry with this ID, null if there is none."""
    cursor: StreamCursor
    if stream_find(address(cursor), s, id):
        reply_entry(c, address(cursor))
    else:
        reply_null(c)
