"""Is a block of a stream, which came from outside, one that the engine can work with?

A walk through it makes sure of every word that engine/stream.py relies on: that its elements are entries, as many as the
master entry says, in ascending order, each with the way back to its start.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_END,
    LISTPACK_HEADER,
    listpack_is_valid,
    listpack_item,
    listpack_skip,
)
from cython.cimports.kvik.engine.stream import ENTRY_DELETED, ENTRY_SAME_FIELDS
from cython.cimports.kvik.engine.stream_id import id_less, stream_id
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t


def take_integer(at, value):
    """The element at `at`, which must be an integer; moves behind it."""
    item: Item
    if cast(uint8_t, at[0][0]) == LISTPACK_END:
        return False
    item = listpack_item(at[0])
    value[0] = item.integer
    at[0] = listpack_skip(at[0])
    return item.p == NULL


def skip_some(at, n):
    """Move behind n elements. False: there are not so many."""
    while n > 0:
        if cast(uint8_t, at[0][0]) == LISTPACK_END:
            return False
        at[0] = listpack_skip(at[0])
        n -= 1
    return True


def block_is_valid(s, master, last, live):
    """Is s a block whose first entry has the ID `master`? Its last ID, and how many more entries live."""
    count: cython.size_t = 0
    entries: int64_t = 0
    deleted: int64_t = 0
    fields: int64_t = 0
    zero: int64_t = 0
    check: BlockCheck
    at: cython.p_char = s.p + LISTPACK_HEADER
    if not listpack_is_valid(s.p, s.n, address(count)) or count == 0:
        return False
    if not take_integer(address(at), address(entries)) or not take_integer(address(at), address(deleted)) \
            or not take_integer(address(at), address(fields)):
        return False
    if fields < 0 or fields > cast(int64_t, count) or not skip_some(address(at), fields) \
            or not take_integer(address(at), address(zero)) or zero != 0:
        return False
    check.master = master
    check.live = 0
    check.deleted = 0
    while cast(uint8_t, at[0]) != LISTPACK_END:
        if not entry_is_valid(address(at), fields, address(check)):
            return False
    last[0] = check.last
    live[0] += cast(uint64_t, check.live)
    return check.live == entries and check.deleted == deleted and check.live > 0


def entry_is_valid(at, master_fields, check):
    flags: int64_t = 0
    ms: int64_t = 0
    seq: int64_t = 0
    fields: int64_t = master_fields
    elements: int64_t = 0
    wanted: int64_t
    id: StreamID
    if not take_integer(at, address(flags)) or not take_integer(at, address(ms)) or not take_integer(at, address(seq)):
        return False
    if flags & ~3:
        return False
    if flags & ENTRY_SAME_FIELDS:
        wanted = fields + 3
    else:
        if not take_integer(at, address(fields)) or fields < 0 or fields > ELEMENTS_MAX:
            return False
        wanted = 2 * fields + 4
        fields *= 2
    if not skip_some(at, fields) or not take_integer(at, address(elements)) or elements != wanted:
        return False
    id = stream_id(check.master.ms + cast(uint64_t, ms), check.master.seq + cast(uint64_t, seq))
    if check.live + check.deleted > 0 and not id_less(check.last, id):
        return False
    if check.live + check.deleted == 0 and id_less(id, check.master):
        return False
    check.last = id
    if flags & ENTRY_DELETED:
        check.deleted += 1
    else:
        check.live += 1
    return True
