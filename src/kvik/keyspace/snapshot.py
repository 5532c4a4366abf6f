"""A walk over everything that a keyspace holds, database by database: what snapshots of any format are written from.

    snapshot_begin(s, ks)
    while snapshot_next(s):             s.db, s.entries[:s.count]

Nothing may change meanwhile: it runs in a forked child, or while no command does. What formats make of an entry is not
known here, so that a walk which goes step by step beside the commands can take its place.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.entry import LAYOUT_WORD, entry_pointer
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.kvik.engine.table import table_walk, table_walk_next
from cython.cimports.libc.stdint import uint64_t


def snapshot_begin(s, ks):
    s.ks = ks
    s.db = NULL
    s.next = 0
    s.count = 0


def snapshot_next(s):
    """The next entries: all of one database. False: there are no more."""
    while True:
        if s.db != NULL:
            s.count = table_walk_next(address(s.walk), s.entries, SNAPSHOT_ENTRIES)
            if s.count > 0:
                fetch_values(s)
                return True
        if s.next == s.ks.count:
            return False
        s.db = address(s.ks.databases[s.next])
        s.next += 1
        table_walk(address(s.walk), address(s.db.keys))


def fetch_values(s):
    """Values that are no part of their entries come into the cache together, instead of one after another."""
    i: cython.int
    for i in range(s.count):
        if s.entries[i].layout & LAYOUT_WORD:
            prefetch(entry_pointer(s.entries[i]))


def snapshot_keys(ks):
    """How many keys there are in all."""
    i: cython.int
    keys: uint64_t = 0
    for i in range(ks.count):
        keys += ks.databases[i].keys.count
    return keys


def snapshot_expires_fields(ks):
    """May there be hashes with fields that expire?"""
    i: cython.int
    for i in range(ks.count):
        if ks.databases[i].hashes.count > 0:
            return True
    return ks.unlisted_hashes
