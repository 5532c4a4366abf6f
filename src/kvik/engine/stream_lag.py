"""How far consumer groups have come in their stream: how many entries they have read, and how many are left.

A stream knows how many entries were ever added, and a group counts what it reads. That tells how far behind it is, as
long as nothing was deleted in between: a deleted entry was added, yet cannot be read. Where it is not known whether one
was, the number is not told. The places where it can be worked out afresh are the ends of the stream.
"""

# ruff: noqa: F821
from cython import cast
from cython.cimports.kvik.engine.stream_id import id_equal, id_is_zero, id_less
from cython.cimports.libc.stdint import int64_t


def has_gaps(s, id):
    """May entries have been deleted that stood at `id` or behind it?"""
    return s.length > 0 and not id_is_zero(s.max_deleted_id) and not id_less(s.max_deleted_id, id)


def entries_until(s, id):
    """How many entries were ever added up to `id`, itself included; READ_UNKNOWN where that cannot be told."""
    if s.entries_added == 0:
        return 0
    if s.length == 0 and not id_less(s.last_id, id):
        return cast(int64_t, s.entries_added)
    if not id_is_zero(id) and id_less(id, s.max_deleted_id):
        return READ_UNKNOWN
    if id_equal(id, s.last_id):
        return cast(int64_t, s.entries_added)
    if id_less(s.last_id, id):
        return READ_UNKNOWN
    if id_is_zero(s.max_deleted_id) or id_less(s.max_deleted_id, s.first_id):
        if id_less(id, s.first_id):
            return cast(int64_t, s.entries_added - s.length)
        if id_equal(id, s.first_id):
            return cast(int64_t, s.entries_added - s.length + 1)
    return READ_UNKNOWN


def group_advance(s, group, id):
    """The group reads the entry `id`, the next one for it. It counts on if it stood at an entry and nothing is gone."""
    if group.entries_read != READ_UNKNOWN and not id_less(group.last_id, s.first_id) and not has_gaps(s, group.last_id):
        group.entries_read += 1
    elif s.entries_added > 0:
        group.entries_read = entries_until(s, id)
    group.last_id = id


def group_lag(s, group, lag):
    """How many entries the group has still to read. False: that cannot be told."""
    read: int64_t = group.entries_read
    lag[0] = 0
    if s.entries_added == 0:
        return True
    if read == READ_UNKNOWN or has_gaps(s, group.last_id):
        read = entries_until(s, group.last_id)
        if read == READ_UNKNOWN:
            return False
    lag[0] = cast(int64_t, s.entries_added) - read
    return True
