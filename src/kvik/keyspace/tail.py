"""The tail of every write: whatever changes a key ends here, commands and expiry alike, and nowhere else.

It counts the change (`rdb_changes_since_last_save`), wakes clients that wait for the key, tells those who have cached it
(invalidation.py), and publishes the event to whoever subscribes to it (publish.py). No command does any of this by hand,
so none can forget a part of it. What a request came to is logged when it has ended (commands/dispatch.py, `run_logged`),
because its changes were counted here.
"""

# ruff: noqa: F821
from cython import address, cast
from cython.cimports.kvik.engine.intrinsics import unlikely
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_removal
from cython.cimports.kvik.keyspace.invalidation import invalidate_all, invalidate_key
from cython.cimports.kvik.keyspace.publish import tell_event
from cython.cimports.kvik.keyspace.tracking import tracking_heeds
from cython.cimports.kvik.keyspace.wait_queues import signal_database, wait_key_signal
from cython.cimports.kvik.keyspace.watching import watched_database_changes, watched_key_changed
from cython.cimports.libc.stdint import uint32_t


def key_changed(ks, db, key, n, event_class, event):
    """The value, the expiry or the existence of `key` has changed; `event` says how, in Redis's words."""
    key_changed_silently(ks, db, key, n)
    key_event(ks, db, key, n, event_class, event)


def key_changed_silently(ks, db, key, n):
    """A change that Redis has no event for."""
    ks.dirty += 1
    signal_key(ks, db, key, n, True)


def key_expired(ks, db, key, n):
    """The time of `key` was up, and it is gone. Nobody changed it, so this is no change that makes a save due."""
    if unlikely(ks.effects.on):
        effect_removal(address(ks.effects), db.id, key, n, ks.lazy_expire)
    signal_key(ks, db, key, n, False)
    key_event(ks, db, key, n, EVENT_EXPIRED, "expired")


def key_evicted(ks, db, key, n):
    """`key` had to go, for memory. No more a change than `key_expired`."""
    if unlikely(ks.effects.on):
        effect_removal(address(ks.effects), db.id, key, n, ks.lazy_evict)
    signal_key(ks, db, key, n, False)
    key_event(ks, db, key, n, EVENT_EVICTED, "evicted")


def fields_expired(ks, db, key, n):
    """The time of some fields of the hash `key` was up, and they are gone: no more a change than `key_expired`."""
    signal_key(ks, db, key, n, False)
    key_event(ks, db, key, n, EVENT_EXPIRED, "hexpired")


def key_event(ks, db, key, n, event_class, event):
    """Something happened to `key` that is not a change of its own."""
    if unlikely(ks.events & cast(uint32_t, event_class)):
        tell_event(ks, db, key, n, event_class, event)


def database_changes(ks, db, by):
    """All keys of a database are about to go, or (`by`, unless it is NULL) to be replaced by those of another one."""
    if ks.watches.keys > 0:
        watched_database_changes(ks, db, by)


def database_changed(ks, db, keys):
    """All keys of a database went, or moved to another (FLUSHDB, FLUSHALL, SWAPDB)."""
    ks.dirty += keys
    signal_database(address(ks.waiting), db.id)


def all_keys_gone(ks, lazy):
    """All databases, or one of them, have been emptied: those who cache keys forget all. `lazy` as for the databases."""
    invalidate_all(ks, lazy)


def signal_key(ks, db, key, n, own):
    """Clients that wait for the key may go on now, those who watch it will not EXEC, and those who have cached it forget
    it. `own`: it is the running command that has changed the key.
    """
    wake_waiting(ks, db, key, n)
    if unlikely(ks.watches.keys > 0):
        watched_key_changed(ks, db, key, n)
    if unlikely(tracking_heeds(address(ks.tracking))):
        invalidate_key(ks, key, n, own)


def wake_waiting(ks, db, key, n):
    """Clients that wait for the key look at it again."""
    if unlikely(ks.waiting.keys.count > 0):
        wait_key_signal(address(ks.waiting), db.id, key, n)


# --- effects that several commands have ------------------------------------------------------------------------------


def effect_expiry(call, i, when):
    """The running command gave the key argv[i] another expiry (-1: none). Only if is_logged."""
    f: EffectsPtr = replace_effect_on(call, "PEXPIREAT" if when != -1 else "PERSIST", i)
    if when != -1:
        effect_integer(f, when)
    effect_close(f)


def effect_gone(call, i, lazy):
    """The running command came to the removal of the key argv[i]. Only if is_logged."""
    effect_close(replace_effect_on(call, "UNLINK" if lazy else "DEL", i))
