"""What changes mean for those who watch keys: their next EXEC does nothing.

A key whose time was up when the watch began counts as one that is not there: that it is removed is no change, and that
it comes is one. A key whose time is up at EXEC counts as changed though nobody has removed it.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import entry_key, entry_key_length
from cython.cimports.kvik.engine.table import table_each
from cython.cimports.kvik.keyspace.database import db_find, is_expired, key_hash
from cython.cimports.kvik.keyspace.watches import first_watch, watch_drop_all, watches_of
from cython.cimports.kvik.wire.client import CLIENT_DIRTY_CAS, ClientPtr
from cython.cimports.libc.stdint import uint32_t, uint64_t


def unwatch(ks, c):
    """c watches nothing any more, and what has changed so far is forgotten."""
    watch_drop_all(address(ks.watches), c)
    c.flags &= ~cast(uint32_t, CLIENT_DIRTY_CAS)


def break_transaction(ks, c):
    """A key that c watches has changed. There is no use in watching the others any longer."""
    c.flags |= CLIENT_DIRTY_CAS
    watch_drop_all(address(ks.watches), c)


def watched_key_changed(ks, db, key, n):
    """The key has changed, if somebody watches it."""
    h: uint64_t = key_hash(ks, key, n)
    watch: WatchPtr = watches_of(address(ks.watches), db.id, key, n, h)
    following: WatchPtr
    there: cython.bint
    if watch == NULL:
        return
    there = db_find(ks, db, key, n, h) != NULL
    while watch != NULL:
        following = watch.next
        if watch.expired and not there:
            watch.expired = False
        else:
            break_transaction(ks, watch.client)
        watch = following


def watched_database_changes(ks, emptied, by):
    """All keys of `emptied` are about to go, or to be replaced by those of another database."""
    r: Replacement
    c: ClientPtr
    following: ClientPtr
    r.keyspace = ks
    r.emptied = emptied
    r.by = by
    r.first = NULL
    table_each(address(ks.watches.tables[emptied.id]), mark_watched, address(r))
    c = r.first
    while c != NULL:
        following = cast(ClientPtr, c.linked)
        c.linked = NULL
        watch_drop_all(address(ks.watches), c)
        c = following


def mark_watched(context, key):
    """Look at one watched key. The clients are let go later: the table must not change meanwhile."""
    r: ReplacementPtr = cast(ReplacementPtr, context)
    n: cython.size_t = entry_key_length(key)
    h: uint64_t = key_hash(r.keyspace, entry_key(key), n)
    there: cython.bint = db_find(r.keyspace, r.emptied, entry_key(key), n, h) != NULL
    slot: Slot = NULL
    coming: EntryPtr = NULL
    watch: WatchPtr = first_watch(key)
    if r.by != NULL:
        slot = db_find(r.keyspace, r.by, entry_key(key), n, h)
    if slot != NULL:
        coming = slot[0]
    if not there and coming == NULL:
        return
    while watch != NULL:
        if watch_is_broken(r, watch, there, coming) and not watch.client.flags & CLIENT_DIRTY_CAS:
            watch.client.flags |= CLIENT_DIRTY_CAS
            watch.client.linked = r.first
            r.first = watch.client
        watch = watch.next


def watch_is_broken(r, watch, there, coming):
    """Has the watched key changed, now that `coming` (or nothing, NULL) comes where it was, or (not `there`) was not?"""
    expired: cython.bint = coming != NULL and is_expired(r.keyspace, coming)
    if watch.expired:
        watch.expired = coming != NULL
        return coming != NULL and not expired
    if not there and expired:
        watch.expired = True
        return False
    return True


def watches_expired_key(ks, c):
    """Is the time of a key up that c watches, and was it not when the watch began?"""
    watch: WatchPtr = cast(WatchPtr, c.watching)
    n: cython.size_t
    slot: Slot
    while watch != NULL:
        n = entry_key_length(watch.key)
        slot = db_find(ks, address(ks.databases[watch.db]), entry_key(watch.key), n,
                       key_hash(ks, entry_key(watch.key), n))
        if not watch.expired and slot != NULL and is_expired(ks, slot[0]):
            return True
        watch = watch.following
    return False
