"""Replying many elements of a listpack: one tight loop from the listpack to what the client is owed.

Short texts and integers, which is what most elements are, are written without a function call each.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.collections import reply_item
from cython.cimports.kvik.engine.listpack import listpack_item, listpack_skip
from cython.cimports.kvik.engine.text import format_integer
from cython.cimports.kvik.wire.output import output_reserve
from cython.cimports.libc.stdint import uint8_t


def reply_elements(c, p, n):
    """The n elements (there are so many) of a listpack from p on as bulk strings."""
    out: cython.p_char = c.out.pos
    end: cython.p_char = c.out.end
    scratch: cython.char[24]
    item: Item
    head: uint8_t
    while n > 0:
        n -= 1
        if end - out < SHORT_ROOM:
            c.out.pos = out
            out = output_reserve(c, SHORT_ROOM)
            end = c.out.end
        head = cast(uint8_t, p[0])
        if 128 <= head < 192:
            out = put_short(out, p + 1, head & SHORT_MAX)
            p += 2 + (head & SHORT_MAX)
            continue
        item = listpack_item(p)
        if item.p == NULL:
            out = put_short(out, scratch, format_integer(scratch, item.integer))
        else:
            c.out.pos = out
            reply_item(c, address(item))
            out = c.out.pos
            end = c.out.end
        p = listpack_skip(cast(cython.p_char, p))
    c.out.pos = out
