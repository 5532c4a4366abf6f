"""What changes mean for those who cache keys (tracking.py): they are told which of them are no longer good.

A client whose reads are remembered is told at once, and the key is forgotten: it is told again only after it has read
the key again. Those who named prefixes are told once a tick, of all keys of a prefix in one message. A message is written
once for all who get it (wire/broadcast.py); to the client whose command runs it comes after the reply. The others are
sent it before that reply leaves: who learns that something was written finds no cache that does not know.

    RESP3                >2 invalidate [key, ...]                              a null instead of the keys: of all keys
    RESP2, redirected    *3 message __redis__:invalidate [key, ...]            if the target subscribes to anything

Who cannot be told of a key because there is no memory is told of all.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import entry_free, entry_integer, entry_key, entry_key_length
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.ordered_set import compare_bytes
from cython.cimports.kvik.engine.table import (
    table_each,
    table_free,
    table_init,
    table_random_spot,
    table_remove,
    table_take,
    table_walk,
    table_walk_next,
)
from cython.cimports.kvik.engine.text import format_unsigned
from cython.cimports.kvik.keyspace.database import key_hash
from cython.cimports.kvik.keyspace.lazy_free import lazy_drop_table
from cython.cimports.kvik.keyspace.tracking import (
    TRACK_BROADCAST,
    TRACK_BROKEN,
    TRACK_NOLOOP,
    TRACK_ON,
    change_note,
    has_prefix,
    tracked_count,
    tracked_free,
    tracked_id,
    tracker_at,
    tracker_by_id,
)
from cython.cimports.kvik.wire.broadcast import (
    broadcast_begin,
    broadcast_end,
    broadcast_head,
    broadcast_part,
    broadcast_raw,
    broadcast_to,
)
from cython.cimports.kvik.wire.client import CLIENT_PUBSUB
from cython.cimports.kvik.wire.reply import ARRAY_KIND, bulk_bytes, header_bytes, put_bulk, put_header
from cython.cimports.libc.stdint import uint32_t, uint64_t
from cython.cimports.libc.stdlib import qsort
from cython.cimports.libc.string import memcmp

# --- what happens to keys --------------------------------------------------------------------------------------------


def invalidate_key(ks, key, n, own):
    """The key has changed; `own`: it is the running command that has changed it."""
    t: TrackingPtr = address(ks.tracking)
    by: ClientPtr = ks.subscriptions.loop.tick.executing
    e: EntryPtr
    if t.prefix_count > 0 and has_prefix(t, key, n):
        change_note(t, key, n, by.id if own and by != NULL else 0)
    if t.keys.count > 0:
        e = table_remove(address(t.keys), key, n, key_hash(ks, key, n))
        if e != NULL:
            tell_readers(ks, e)


def invalidate_all(ks, lazy):
    """All keys have gone."""
    t: TrackingPtr = address(ks.tracking)
    v: Invalidation
    if t.clients > 0:
        invalidation_of_all(address(v), ks.subscriptions.loop)
        table_each(address(t.trackers), tell_nothing_left, address(v))
        invalidation_end(address(v))
    if t.keys.count > 0:
        lazy_drop_table(address(ks.lazy), address(t.keys), lazy)
        table_init(address(t.keys), ks.heap, address(ks.hash_key))
        t.items = 0


def invalidate_unremembered(ks, of, key, n):
    """A client has read the key, and there was no memory to remember that."""
    v: Invalidation
    invalidation_of_key(address(v), ks.subscriptions.loop, key, n)
    invalidation_to(address(v), of)
    invalidation_end(address(v))


def invalidation_tick(ks):
    """What is to be done between ticks. True: there is more to do."""
    t: TrackingPtr = address(ks.tracking)
    broadcast_changes(ks)
    if t.limit > 0 and t.keys.count > t.limit:
        trim(ks)
        return t.keys.count > t.limit
    return False


def trim(ks):
    """More keys are remembered than may be: some go, whichever, and those who have read them are told so."""
    t: TrackingPtr = address(ks.tracking)
    spot: Spot
    _: cython.int
    for _ in range(TRIM_MAX):
        if t.keys.count <= t.limit:
            return
        table_random_spot(address(t.keys), address(t.seed), address(spot))
        tell_readers(ks, table_take(address(t.keys), address(spot)))


def tell_readers(ks, e):
    """Those who have read this key, which is in the table no more, are told, and it is forgotten. NOLOOP: but for the one
    whose command runs.
    """
    t: TrackingPtr = address(ks.tracking)
    loop: LoopPtr = ks.subscriptions.loop
    v: Invalidation
    of: TrackerPtr
    i: uint32_t
    invalidation_of_key(address(v), loop, entry_key(e), entry_key_length(e))
    for i in range(tracked_count(e)):
        of = tracker_by_id(t, tracked_id(e, i))
        if of == NULL or of.options & (TRACK_ON | TRACK_BROADCAST) != TRACK_ON:
            continue
        if not (of.options & TRACK_NOLOOP and of.client == loop.tick.executing):
            invalidation_to(address(v), of)
    invalidation_end(address(v))
    tracked_free(t, e)


def tell_nothing_left(context, e):
    if tracker_at(e).options & TRACK_ON:
        invalidation_to(cast(InvalidationPtr, context), tracker_at(e))


# --- prefixes --------------------------------------------------------------------------------------------------------


def broadcast_changes(ks):
    """Tell the members of each prefix which of their keys have changed since the last time."""
    t: TrackingPtr = address(ks.tracking)
    changes: Changes
    count: uint64_t = t.changed.count
    i: uint32_t
    if count == 0 and not t.lost:
        return
    if not t.lost and changes_in_order(ks, address(changes)):
        for i in range(t.prefix_count):
            if narrow(address(changes), cast(uint32_t, count), t.prefixes[i]):
                tell_members(ks, t.prefixes[i], address(changes))
        heap_free(ks.heap, changes.keys, count * sizeof(EntryPtr))
    else:
        tell_all_members(ks)
    t.lost = False
    table_each(address(t.changed), forget_change, ks)
    table_free(address(t.changed))
    table_init(address(t.changed), ks.heap, address(ks.hash_key))


def forget_change(context, e):
    entry_free(cast(KeyspacePtr, context).heap, e)


def changes_in_order(ks, changes):
    """The keys that have changed, by name. False when memory is short."""
    t: TrackingPtr = address(ks.tracking)
    walk: TableWalk
    at: cython.int = 0
    n: cython.int = 1
    changes.first = 0
    changes.last = cast(uint32_t, t.changed.count)
    changes.keys = cast(EntryPtrPtr, heap_alloc(ks.heap, t.changed.count * sizeof(EntryPtr)))
    if changes.keys == NULL:
        return False
    table_walk(address(walk), address(t.changed))
    while n > 0:
        n = table_walk_next(address(walk), changes.keys + at, cast(cython.int, t.changed.count) - at)
        at += n
    qsort(changes.keys, t.changed.count, sizeof(EntryPtr), by_name)
    return True


def by_name(a, b):
    first: EntryPtr = cast(EntryPtrPtr, a)[0]
    second: EntryPtr = cast(EntryPtrPtr, b)[0]
    return compare_bytes(entry_key(first), entry_key_length(first), entry_key(second), entry_key_length(second))


def narrow(changes, total, prefix):
    """Down to the keys with this prefix, of all `total` that there are. False: there are none."""
    low: uint32_t = 0
    high: uint32_t = total
    middle: uint32_t
    while low < high:
        middle = low + ((high - low) >> 1)
        if compare_bytes(entry_key(changes.keys[middle]), entry_key_length(changes.keys[middle]),
                         prefix.data, prefix.n) < 0:
            low = middle + 1
        else:
            high = middle
    changes.first = low
    while low < total and entry_key_length(changes.keys[low]) >= prefix.n \
            and memcmp(entry_key(changes.keys[low]), prefix.data, prefix.n) == 0:
        low += 1
    changes.last = low
    return changes.last > changes.first


def tell_members(ks, prefix, changes):
    """One message for all members; but those that do not want to be told of what they did themselves get their own."""
    v: Invalidation
    of: TrackerPtr
    i: uint32_t
    invalidation_of_names(address(v), ks, changes, 0)
    for i in range(prefix.count):
        of = prefix.members[i]
        if of.options & TRACK_NOLOOP and changes_by(changes, of.client.id) > 0:
            tell_others_changes(ks, of, changes)
        else:
            invalidation_to(address(v), of)
    invalidation_end(address(v))


def tell_others_changes(ks, of, changes):
    v: Invalidation
    if changes_by(changes, of.client.id) < changes.last - changes.first:
        invalidation_of_names(address(v), ks, changes, of.client.id)
        invalidation_to(address(v), of)
        invalidation_end(address(v))


def changes_by(changes, id):
    """How many of the keys this client has changed last."""
    n: uint32_t = 0
    i: uint32_t
    for i in range(changes.first, changes.last):
        n += cast(uint64_t, entry_integer(changes.keys[i])) == id
    return n


def tell_all_members(ks):
    """What has changed was too much to keep: members are told of everything."""
    v: Invalidation
    i: uint32_t
    k: uint32_t
    invalidation_of_all(address(v), ks.subscriptions.loop)
    for i in range(ks.tracking.prefix_count):
        for k in range(ks.tracking.prefixes[i].count):
            invalidation_to(address(v), ks.tracking.prefixes[i].members[k])
    invalidation_end(address(v))


# --- messages --------------------------------------------------------------------------------------------------------


def invalidation_begin(v, loop):
    """A message; what it is about follows, invalidation_to for each who gets it, and invalidation_end."""
    v.loop = loop
    v.names = NULL
    broadcast_begin(address(v.push), loop)
    broadcast_part(address(v.push), "invalidate", 10)
    broadcast_begin(address(v.message), loop)
    broadcast_part(address(v.message), "message", 7)
    broadcast_part(address(v.message), "__redis__:invalidate", 20)


def invalidation_of_key(v, loop, key, n):
    """About one key, which stays where it is until the end."""
    invalidation_begin(v, loop)
    broadcast_head(address(v.push), "*1\r\n", 4)
    broadcast_part(address(v.push), key, n)
    broadcast_head(address(v.message), "*1\r\n", 4)
    broadcast_part(address(v.message), key, n)


def invalidation_of_all(v, loop):
    invalidation_begin(v, loop)
    broadcast_raw(address(v.push), "_\r\n", 3)
    broadcast_raw(address(v.message), "$-1\r\n", 5)


def invalidation_of_names(v, ks, changes, but):
    """About the keys that have changed, without those that the client `but` has changed (0: all)."""
    p: cython.p_char
    count: uint32_t = changes.last - changes.first
    i: uint32_t
    if but != 0:
        count -= changes_by(changes, but)
    v.bytes = header_bytes(count)
    for i in range(changes.first, changes.last):
        if but == 0 or cast(uint64_t, entry_integer(changes.keys[i])) != but:
            v.bytes += bulk_bytes(entry_key_length(changes.keys[i]))
    p = cast(CharPtr, heap_alloc(ks.heap, v.bytes))
    if p == NULL:
        invalidation_of_all(v, ks.subscriptions.loop)
        return
    invalidation_begin(v, ks.subscriptions.loop)
    v.names = p
    broadcast_raw(address(v.push), p, v.bytes)
    broadcast_raw(address(v.message), p, v.bytes)
    p = put_header(p, ARRAY_KIND, count)
    for i in range(changes.first, changes.last):
        if but == 0 or cast(uint64_t, entry_integer(changes.keys[i])) != but:
            p = put_bulk(p, entry_key(changes.keys[i]), entry_key_length(changes.keys[i]))


def invalidation_end(v):
    broadcast_end(address(v.push))
    broadcast_end(address(v.message))
    if v.names != NULL:
        heap_free(v.loop.heap, v.names, v.bytes)


def invalidation_to(v, of):
    """Owe the message to the client, or to the one it redirects to: if that can make out what it is."""
    c: ClientPtr = of.client
    v.loop.deliver_first = True
    if of.redirect != 0:
        if of.target == NULL:
            tell_broken(v.loop, of)
            return
        c = of.target.client
    if c.resp == 3:
        broadcast_to(address(v.push), c)
    elif of.redirect != 0 and c.flags & CLIENT_PUBSUB:
        broadcast_to(address(v.message), c)


def tell_broken(loop, of):
    """The client that the messages go to has gone. In RESP2 there is no way to say so."""
    b: Broadcast
    text: cython.char[32]
    n: cython.int
    of.options |= TRACK_BROKEN
    if of.client.resp == 3:
        text[0] = 58
        n = 1 + format_unsigned(cast(CharPtr, text) + 1, of.redirect)
        text[n] = 13
        text[n + 1] = 10
        broadcast_begin(address(b), loop)
        broadcast_part(address(b), "tracking-redir-broken", 21)
        broadcast_raw(address(b), text, n + 2)
        broadcast_to(address(b), of.client)
        broadcast_end(address(b))
