"""Databases: keys, and which of them expire.

An entry with an expiry stands in two tables, `keys` and `expiries`, which point to the same block: the second one is
what active expiry walks and what the volatile eviction policies choose from. An entry of a hash with fields that expire
stands in `hashes` too, by the deadline that is noted in its value (`Fields.listed`): no later than that of its next
field. Every function here keeps the three in step; nothing else may put entries in or take them out. None of them tells
anybody that a key changed: that is tail.py. Only that there is a new one is told here (`db_add`), as it is known here.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.crc64 import crc64_init
from cython.cimports.kvik.engine.deadlines import (
    deadlines_free,
    deadlines_init,
    deadlines_insert,
    deadlines_remove,
)
from cython.cimports.kvik.engine.entry import (
    LAYOUT_EXPIRY,
    entry_copy,
    entry_free,
    entry_key,
    entry_key_length,
    entry_set_expiry,
)
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, unlikely
from cython.cimports.kvik.engine.table import table_find, table_free, table_init, table_insert, table_remove
from cython.cimports.kvik.keyspace.effects import effects_free, effects_init
from cython.cimports.kvik.keyspace.fields import fields_deadline
from cython.cimports.kvik.keyspace.hash_value import has_fields, hash_fields, hash_listed
from cython.cimports.kvik.keyspace.lazy_free import (
    lazy_drop_table,
    lazy_init,
    lazy_release,
    lazy_stop,
)
from cython.cimports.kvik.keyspace.libraries import libraries_clear
from cython.cimports.kvik.keyspace.publish import tell_event
from cython.cimports.kvik.keyspace.subscriptions import subscriptions_free, subscriptions_init
from cython.cimports.kvik.keyspace.tail import EVENT_NEW
from cython.cimports.kvik.keyspace.tracking import tracking_free, tracking_init
from cython.cimports.kvik.keyspace.wait_queues import wait_queues_free, wait_queues_init
from cython.cimports.kvik.keyspace.watches import watches_free, watches_init
from cython.cimports.libc.stdint import int64_t, uint32_t
from cython.cimports.libc.string import memset


def keyspace_init(ks, heap, clock, key, databases):
    """`databases` empty databases. False when memory is short."""
    i: cython.int
    memset(ks, 0, sizeof(Keyspace))
    ks.heap = heap
    ks.clock = clock
    ks.hash_key = key[0]
    ks.seed = key.words[3]
    ks.count = databases
    ks.expire_actively = True
    ks.compress = True
    effects_init(address(ks.effects), clock)
    crc64_init(address(ks.crc))
    ks.expire_effort = 1
    ks.lfu_log_factor = 10
    ks.lfu_decay_time = 1
    ks.memory_limit = ALL_ONES
    ks.eviction.samples = 5
    ks.defrag.held = True       # until told otherwise
    ks.databases = cast(DatabasePtr, heap_alloc(heap, databases * sizeof(Database)))
    if ks.databases == NULL:
        return False
    for i in range(databases):
        if not db_init(ks, address(ks.databases[i]), i):
            return False
    lazy_init(address(ks.lazy), heap)
    keyspace_tick(ks)
    return wait_queues_init(address(ks.waiting), heap, address(ks.hash_key)) \
        and watches_init(address(ks.watches), heap, address(ks.hash_key), databases) \
        and tracking_init(address(ks.tracking), heap, address(ks.hash_key)) \
        and subscriptions_init(address(ks.subscriptions), heap, address(ks.hash_key))


def keyspace_free(ks):
    """Free every entry and table."""
    i: cython.int
    lazy_stop(address(ks.lazy))
    effects_free(address(ks.effects))
    wait_queues_free(address(ks.waiting))
    watches_free(address(ks.watches))
    tracking_free(address(ks.tracking))
    subscriptions_free(address(ks.subscriptions))
    libraries_clear(ks.heap, address(ks.libraries))
    for i in range(ks.count):
        db_empty(ks, address(ks.databases[i]), False)
        table_free(address(ks.databases[i].keys))
        table_free(address(ks.databases[i].expiries))
    heap_free(ks.heap, ks.databases, ks.count * sizeof(Database))


def keyspace_tick(ks):
    """The LRU clock of the tick that begins: 24 bits of seconds; for LFU 16 bits of minutes and a counter of 5."""
    if ks.lfu:
        ks.lru_clock = cast(uint32_t, (((ks.clock.now_ms // 60000) & 0xFFFF) << 8) | 5)
    else:
        ks.lru_clock = cast(uint32_t, (ks.clock.now_ms // 1000) & 0xFFFFFF)


def db_init(ks, db, id):
    memset(db, 0, sizeof(Database))
    db.id = id
    deadlines_init(address(db.hashes), ks.heap, hash_listed)
    return table_init(address(db.keys), ks.heap, address(ks.hash_key)) and \
        table_init(address(db.expiries), ks.heap, address(ks.hash_key))


def db_find(ks, db, key, n, h):
    """The slot of a key, expired or not; NULL if there is none. O(1)."""
    return table_find(address(db.keys), key, n, h)


def db_add(ks, db, e, h):
    """Add an entry whose key is not there, which is an event. False when memory is short (then it is not added). O(1)."""
    if not db_load(ks, db, e, h):
        return False
    if unlikely(ks.events & EVENT_NEW):
        tell_event(ks, db, entry_key(e), entry_key_length(e), EVENT_NEW, "new")
    return True


def db_load(ks, db, e, h):
    """Likewise without the event: the key comes from a file. O(1)."""
    if is_listed(e) and not deadlines_insert(address(db.hashes), e):
        return False
    if e.layout & LAYOUT_EXPIRY and not table_insert(address(db.expiries), e, h):
        if is_listed(e):
            deadlines_remove(address(db.hashes), e)
        return False
    if not table_insert(address(db.keys), e, h):
        if is_listed(e):
            deadlines_remove(address(db.hashes), e)
        if e.layout & LAYOUT_EXPIRY:
            table_remove(address(db.expiries), entry_key(e), entry_key_length(e), h)
        return False
    return True


def db_replace(ks, db, slot, e, h):
    """Put e, which has the same value, in place of the entry in `slot`, and free that one's block.

    False when memory is short: then nothing changed. O(1).
    """
    old: EntryPtr = slot[0]
    if not put_in_place(ks, db, slot, e, h):
        return False
    entry_free(ks.heap, old)
    return True


def db_overwrite(ks, db, slot, e, h):
    """Put e in place of the entry in `slot`, which has the same key, and free that one with its value.

    False when memory is short: then nothing changed. O(1).
    """
    old: EntryPtr = slot[0]
    if not put_in_place(ks, db, slot, e, h):
        return False
    lazy_release(address(ks.lazy), old, ks.lazy_server_del)
    return True


def db_supersede(ks, db, slot, e, h):
    """db_overwrite by what counts as a new key (RENAME, COPY, RESTORE): that is an event."""
    if not db_overwrite(ks, db, slot, e, h):
        return False
    if unlikely(ks.events & EVENT_NEW):
        tell_event(ks, db, entry_key(e), entry_key_length(e), EVENT_NEW, "new")
    return True


def put_in_place(ks, db, slot, e, h):
    old: EntryPtr = slot[0]
    if is_listed(e) and not deadlines_insert(address(db.hashes), e):
        return False
    if not old.layout & LAYOUT_EXPIRY:
        if e.layout & LAYOUT_EXPIRY and not table_insert(address(db.expiries), e, h):
            if is_listed(e):
                deadlines_remove(address(db.hashes), e)
            return False
    else:
        db_swap_expiry(ks, db, old, e, h)
    if is_listed(old):
        deadlines_remove(address(db.hashes), old)
    slot[0] = e
    return True


def db_swap_expiry(ks, db, old, fresh, h):
    """`old` stands among the expiries: put `fresh` in its place, or take it out if that does not expire."""
    slot: Slot
    if fresh.layout & LAYOUT_EXPIRY:
        slot = table_find(address(db.expiries), entry_key(old), entry_key_length(old), h)
        slot[0] = fresh
    else:
        table_remove(address(db.expiries), entry_key(old), entry_key_length(old), h)


def db_remove(ks, db, key, n, h):
    """Take the key's entry out and return it, the caller's to free; NULL if there is none. O(1)."""
    e: EntryPtr = table_remove(address(db.keys), key, n, h)
    if e == NULL:
        return NULL
    if e.layout & LAYOUT_EXPIRY:
        table_remove(address(db.expiries), key, n, h)
    if is_listed(e):
        deadlines_remove(address(db.hashes), e)
    return e


def db_delete(ks, db, key, n, h, lazy):
    """Remove the key and free its entry and value; a large value on another thread if `lazy`. Was there one? O(1)."""
    e: EntryPtr = db_remove(ks, db, key, n, h)
    if e == NULL:
        return False
    lazy_release(address(ks.lazy), e, lazy)
    return True


def db_set_expiry(ks, db, slot, h, when):
    """Let the entry in `slot` expire at `when` (ms since 1970), or never (-1). False when memory is short. O(1)."""
    e: EntryPtr = slot[0]
    fresh: EntryPtr
    if when != -1 and e.layout & LAYOUT_EXPIRY:
        entry_set_expiry(e, when)
        return True
    if when == -1 and not e.layout & LAYOUT_EXPIRY:
        return True
    fresh = entry_copy(ks.heap, e, entry_key(e), entry_key_length(e), when)
    if fresh == NULL:
        return False
    if not db_replace(ks, db, slot, fresh, h):
        entry_free(ks.heap, fresh)
        return False
    return True


def is_listed(e):
    """Does (or, of one that is to be added, shall) the entry stand among the hashes with fields that expire?"""
    return has_fields(e) and hash_fields(e).listed != -1


def list_hash(ks, db, e):
    """Expiries of fields have come or gone in the hash e: let it stand in `hashes` accordingly.

    Its place changes when there was none, none is needed any more, or an earlier field has come; one that is too early
    is corrected when its time comes. False: no memory, its fields will not be expired actively before the next change.
    """
    fields: FieldsPtr = hash_fields(e)
    deadline: int64_t = fields_deadline(fields)
    if deadline == fields.listed or (deadline != -1 and fields.listed != -1 and fields.listed < deadline):
        return True
    if fields.listed != -1:
        deadlines_remove(address(db.hashes), e)
    fields.listed = deadline
    if deadline != -1 and not deadlines_insert(address(db.hashes), e):
        fields.listed = -1
        ks.unlisted_hashes = True
        return False
    return True


def db_empty(ks, db, lazy):
    """Remove all keys: on another thread if `lazy`, else here. O(keys)."""
    id: cython.int = db.id
    lazy_drop_table(address(ks.lazy), address(db.keys), lazy)
    table_free(address(db.expiries))
    deadlines_free(address(db.hashes), False)
    db_init(ks, db, id)


def db_swap(a, b):
    """Exchange what two databases hold. O(1)."""
    held: Database = a[0]
    id: cython.int = a.id
    a[0] = b[0]
    b[0] = held
    b.id = a.id
    a.id = id
