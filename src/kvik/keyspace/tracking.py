"""Tracking: which clients keep which keys in caches of their own (CLIENT TRACKING). What a change means for them, and
what they are told, is in invalidation.py.

A client either has the keys that it reads remembered, until they change; or (BCAST) it names prefixes, and is told of
every key that begins with one. Keys are remembered by name, whatever the database, and clients by ID: those that stop
tracking, or go, leave their IDs behind, which say nothing to anybody and go when the key changes.

The entries of the table of keys look like those of databases: an integer (the ID of the one reader), or an intset of IDs.
So a table of a million of them can be freed as a database is, on another thread. Remember and take are O(1), for the
n-th reader of a key O(n) moved bytes.

Prefixes stand in order. Those that a key begins with are found from the last prefix that is not behind the key: what both
have in common is as much of the key as a shorter one can have (`has_prefix`). O(log prefixes) for each step.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import (
    ENCODING_INT,
    ENCODING_INTSET,
    TYPE_SET,
    TYPE_STRING,
    entry_encoding,
    entry_free,
    entry_new,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.intset import intset_add, intset_at, intset_count, intset_free, intset_new
from cython.cimports.kvik.engine.ordered_set import compare_bytes
from cython.cimports.kvik.engine.table import (
    table_find,
    table_free,
    table_init,
    table_insert,
    table_random_spot,
    table_remove,
    table_take,
)
from cython.cimports.libc.stdint import int64_t, uint32_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memcmp, memcpy, memmove, memset


def tracking_init(t, heap, key):
    """False when memory is short."""
    memset(t, 0, sizeof(Tracking))
    t.heap = heap
    t.seed = key.words[2]
    return table_init(address(t.keys), heap, key) and table_init(address(t.trackers), heap, key) \
        and table_init(address(t.changed), heap, key)


def tracking_free(t):
    """When no client is left."""
    spot: Spot
    while table_random_spot(address(t.keys), address(t.seed), address(spot)) != NULL:
        tracked_free(t, table_take(address(t.keys), address(spot)))
    while table_random_spot(address(t.changed), address(t.seed), address(spot)) != NULL:
        entry_free(t.heap, table_take(address(t.changed), address(spot)))
    table_free(address(t.keys))
    table_free(address(t.changed))
    table_free(address(t.trackers))
    if t.prefixes != NULL:
        heap_free(t.heap, t.prefixes, t.prefix_capacity * sizeof(PrefixPtr))
        t.prefixes = NULL


def room_for_one(heap, items, count, capacity):
    """The array of pointers with room for one more. NULL when memory is short: then nothing has changed."""
    if count < capacity[0]:
        return items
    items = heap_double(heap, items, capacity[0], 1, sizeof(TrackerPtr))
    if items != NULL:
        capacity[0] = cast(uint32_t, doubled(capacity[0], 1))
    return items


# --- clients ---------------------------------------------------------------------------------------------------------


def tracker_of(t, c):
    """What is known of c as a tracker, made if there is nothing. NULL without memory."""
    of: TrackerPtr = tracker(c)
    id: uint64_t = c.id
    text: cython.p_char = cast(CharPtr, address(id))
    if of != NULL:
        return of
    of = cast(TrackerPtr, heap_alloc(t.heap, sizeof(Tracker)))
    if of == NULL:
        return NULL
    memset(of, 0, sizeof(Tracker))
    of.client = c
    of.entry = entry_new(t.heap, text, sizeof(uint64_t), -1, True, 0)
    if of.entry != NULL:
        entry_set_word(of.entry, cast(uint64_t, cast(uintptr_t, of)))
        if table_insert(address(t.trackers), of.entry, hash_bytes(t.trackers.key, text, sizeof(uint64_t))):
            c.tracker = of
            c.tracker_bytes = sizeof(Tracker)
            return of
        entry_free(t.heap, of.entry)
    heap_free(t.heap, of, sizeof(Tracker))
    return NULL


def tracker_by_id(t, id):
    """The client of this ID, if it is a tracker; or NULL. O(1)."""
    text: cython.p_char = cast(CharPtr, address(id))
    slot: Slot = table_find(
        address(t.trackers), text, sizeof(uint64_t), hash_bytes(t.trackers.key, text, sizeof(uint64_t)))
    return NULL if slot == NULL else tracker_at(slot[0])


def tracker_drop_idle(t, of):
    """Forget it, if it neither tracks nor is redirected to."""
    id: uint64_t = of.client.id
    text: cython.p_char = cast(CharPtr, address(id))
    if of.options & TRACK_ON or of.first != NULL:
        return
    table_remove(address(t.trackers), text, sizeof(uint64_t), hash_bytes(t.trackers.key, text, sizeof(uint64_t)))
    entry_free(t.heap, of.entry)
    of.client.tracker = NULL
    of.client.tracker_bytes = 0
    heap_free(t.heap, of, sizeof(Tracker))


def tracking_start(t, c, options, target):
    """Let c track in this way, and `target` (NULL: itself) be told; anew if it does already. False when memory is short:
    then nothing has changed.
    """
    to: TrackerPtr = NULL
    of: TrackerPtr = tracker_of(t, c)
    if of == NULL:
        return False
    if target != NULL:
        to = tracker_of(t, target)
        if to == NULL:
            tracker_drop_idle(t, of)
            return False
    if not of.options & TRACK_ON:
        t.clients += 1
        if not options & TRACK_BROADCAST:
            t.readers += 1
    of.options = options | TRACK_ON
    if of.target != to:
        redirect_away(t, of)
        redirect_to(of, to)
    of.redirect = 0 if target == NULL else target.id
    return True


def tracking_stop(t, c):
    """c tracks no more. What was remembered for it stays, and says nothing."""
    of: TrackerPtr = tracker(c)
    i: uint32_t
    if not is_tracking(c):
        return
    t.clients -= 1
    if not of.options & TRACK_BROADCAST:
        t.readers -= 1
    for i in range(of.count):           # from the last one on, so that those behind it need not move
        prefix_leave(t, of.prefixes[of.count - 1 - i], of)
    if of.prefixes != NULL:
        heap_free(t.heap, of.prefixes, of.capacity * sizeof(PrefixPtr))
        of.prefixes = NULL
    of.count = 0
    of.capacity = 0
    of.options = 0
    of.redirect = 0
    redirect_away(t, of)
    c.tracker_bytes = sizeof(Tracker)
    tracker_drop_idle(t, of)


def tracking_forget(t, c):
    """c has gone: whoever redirects to it will find out."""
    of: TrackerPtr = tracker(c)
    if of == NULL:
        return
    while of.first != NULL:
        redirect_from(of.first)
    if of.options & TRACK_ON:
        tracking_stop(t, c)
    else:
        tracker_drop_idle(t, of)


def redirect_to(of, target):
    """Let the target (NULL: none) be told of what `of` tracks, which is told itself so far."""
    of.target = target
    of.previous = NULL
    of.next = NULL
    if target != NULL:
        of.next = target.first
        if of.next != NULL:
            of.next.previous = of
        target.first = of


def redirect_from(of):
    """Take it out of the list of its target."""
    if of.target == NULL:
        return
    if of.next != NULL:
        of.next.previous = of.previous
    if of.previous != NULL:
        of.previous.next = of.next
    else:
        of.target.first = of.next
    of.target = NULL
    of.next = NULL
    of.previous = NULL


def redirect_away(t, of):
    """Likewise, and forget the target if there is no other use for it."""
    target: TrackerPtr = of.target
    redirect_from(of)
    if target != NULL and target != of:
        tracker_drop_idle(t, target)


# --- keys ------------------------------------------------------------------------------------------------------------


def tracking_remember(t, of, key, n, h):
    """This client has read the key (hash h). False when memory is short."""
    slot: Slot = table_find(address(t.keys), key, n, h)
    e: EntryPtr
    if slot != NULL:
        return tracked_add(t, slot[0], of.client.id)
    e = entry_new(t.heap, key, n, -1, True, 0)
    if e == NULL:
        return False
    entry_set_kind(e, TYPE_STRING, ENCODING_INT)
    entry_set_word(e, of.client.id)
    if not table_insert(address(t.keys), e, h):
        entry_free(t.heap, e)
        return False
    t.items += 1
    return True


def tracked_add(t, e, id):
    """One more reader of the key, unless it is known. False when memory is short."""
    added: cython.bint = True
    ids: Intset
    if entry_encoding(e) == ENCODING_INT:
        if cast(uint64_t, entry_integer(e)) == id:
            return True
        ids = intset_new(t.heap)
        if ids == NULL:
            return False
        ids = both_ids(t, ids, entry_integer(e), cast(int64_t, id))
        if ids == NULL:
            return False
        entry_set_kind(e, TYPE_SET, ENCODING_INTSET)
    else:
        ids = intset_add(t.heap, cast(Intset, entry_pointer(e)), cast(int64_t, id), address(added))
        if ids == NULL:
            return False
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, ids)))
    t.items += added
    return True


def both_ids(t, ids, a, b):
    """The empty set with these two. NULL when memory is short: then it is gone."""
    added: cython.bint = False
    first: Intset = intset_add(t.heap, ids, a, address(added))
    second: Intset = NULL
    if first != NULL:
        second = intset_add(t.heap, first, b, address(added))
    if second == NULL:
        intset_free(t.heap, ids if first == NULL else first, False)
    return second


def tracked_count(e):
    """How many clients have read the key."""
    return 1 if entry_encoding(e) == ENCODING_INT else intset_count(cast(Intset, entry_pointer(e)))


def tracked_id(e, i):
    """The ID of one of them, in ascending order."""
    if entry_encoding(e) == ENCODING_INT:
        return cast(uint64_t, entry_integer(e))
    return cast(uint64_t, intset_at(cast(Intset, entry_pointer(e)), i))


def tracked_free(t, e):
    """Free a remembered key that is in the table no more."""
    t.items -= tracked_count(e)
    if entry_encoding(e) == ENCODING_INTSET:
        intset_free(t.heap, cast(Intset, entry_pointer(e)), False)
    entry_free(t.heap, e)


# --- prefixes --------------------------------------------------------------------------------------------------------


def prefix_place(prefixes, count, p, n):
    """How many of the prefixes stand before this text."""
    low: uint32_t = 0
    high: uint32_t = count
    middle: uint32_t
    while low < high:
        middle = low + ((high - low) >> 1)
        if compare_bytes(prefixes[middle].data, prefixes[middle].n, p, n) < 0:
            low = middle + 1
        else:
            high = middle
    return low


def prefix_at(t, place, p, n):
    """The prefix p[:n], if it stands at its place; or NULL."""
    prefix: PrefixPtr
    if place == t.prefix_count:
        return NULL
    prefix = t.prefixes[place]
    return prefix if prefix.n == n and memcmp(prefix.data, p, n) == 0 else NULL


def has_prefix(t, key, n):
    """Does the key begin with one of the prefixes?"""
    place: uint32_t
    common: cython.size_t
    last: PrefixPtr
    while True:
        place = prefix_place(t.prefixes, t.prefix_count, key, n)
        if prefix_at(t, place, key, n) != NULL:
            return True
        if place == 0:
            return False
        last = t.prefixes[place - 1]
        common = 0
        while common < last.n and common < n and last.data[common] == key[common]:
            common += 1
        if common == last.n:
            return True
        n = common


def prefix_add(t, of, p, n):
    """Let a tracker be told of keys that begin with p[:n] too, which it is not yet. False when memory is short."""
    own: uint32_t = prefix_place(of.prefixes, of.count, p, n)
    place: uint32_t = prefix_place(t.prefixes, t.prefix_count, p, n)
    prefix: PrefixPtr = prefix_at(t, place, p, n)
    prefixes: PrefixPtrPtr = cast(
        PrefixPtrPtr, room_for_one(t.heap, of.prefixes, of.count, address(of.capacity)))
    members: TrackerPtrPtr
    if prefixes == NULL:
        return False
    of.prefixes = prefixes
    if prefix == NULL:
        prefix = prefix_new(t, place, p, n)
        if prefix == NULL:
            return False
    members = cast(TrackerPtrPtr, room_for_one(t.heap, prefix.members, prefix.count, address(prefix.capacity)))
    if members == NULL:
        prefix_drop_empty(t, prefix)
        return False
    prefix.members = members
    members[prefix.count] = of
    prefix.count += 1
    memmove(prefixes + own + 1, prefixes + own, (of.count - own) * sizeof(PrefixPtr))
    prefixes[own] = prefix
    of.count += 1
    of.client.tracker_bytes += n + 2 * sizeof(PrefixPtr)
    return True


def prefix_new(t, place, p, n):
    """A prefix without members, at its place. NULL when memory is short."""
    prefix: PrefixPtr
    prefixes: PrefixPtrPtr = cast(
        PrefixPtrPtr, room_for_one(t.heap, t.prefixes, t.prefix_count, address(t.prefix_capacity)))
    if prefixes == NULL:
        return NULL
    t.prefixes = prefixes
    prefix = cast(PrefixPtr, heap_alloc(t.heap, sizeof(Prefix) + n))
    if prefix == NULL:
        return NULL
    memset(prefix, 0, sizeof(Prefix))
    prefix.n = n
    memcpy(prefix.data, p, n)
    memmove(prefixes + place + 1, prefixes + place, (t.prefix_count - place) * sizeof(PrefixPtr))
    prefixes[place] = prefix
    t.prefix_count += 1
    return prefix


def prefix_leave(t, prefix, of):
    """The tracker is a member of the prefix no more. O(members)."""
    i: uint32_t
    for i in range(prefix.count):
        if prefix.members[i] == of:
            prefix.count -= 1
            prefix.members[i] = prefix.members[prefix.count]
            break
    prefix_drop_empty(t, prefix)


def prefix_drop_empty(t, prefix):
    """Forget the prefix, if it has no members."""
    place: uint32_t
    if prefix.count > 0:
        return
    place = prefix_place(t.prefixes, t.prefix_count, prefix.data, prefix.n)
    t.prefix_count -= 1
    memmove(t.prefixes + place, t.prefixes + place + 1, (t.prefix_count - place) * sizeof(PrefixPtr))
    if prefix.members != NULL:
        heap_free(t.heap, prefix.members, prefix.capacity * sizeof(TrackerPtr))
    heap_free(t.heap, prefix, sizeof(Prefix) + prefix.n)


def change_note(t, key, n, by):
    """The key, which has one of the prefixes, has changed: by this client, or (0) otherwise."""
    h: uint64_t = hash_bytes(t.changed.key, key, n)
    slot: Slot = table_find(address(t.changed), key, n, h)
    e: EntryPtr
    if slot != NULL:
        entry_set_word(slot[0], by)
        return
    e = entry_new(t.heap, key, n, -1, True, 0)
    if e == NULL:
        t.lost = True
        return
    entry_set_word(e, by)
    if not table_insert(address(t.changed), e, h):
        entry_free(t.heap, e)
        t.lost = True
