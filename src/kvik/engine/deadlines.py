"""Entries in the order of their deadlines: which of them are past, without looking at those that are not.

It is a tree of two levels. A *leaf* is an array of up to LEAF_MAX entries, in no order; the *directory* is the sorted
array of leaves, each with the first moment that belongs into it. So an entry costs a pointer (about 11 bytes with the
room that leaves have), joining and leaving is a binary search and the look through a leaf, and what is past stands in
the first leaves. Entries with the same deadline are ordered by address: a million of them spread over leaves like any
others. A leaf that is full is split at its median, unless it is the last and the new entry comes behind all of it: then
that begins a leaf of its own, so that deadlines which only grow (a constant time to live) leave full leaves behind.

An entry's deadline comes from `when(entry)`; it must not change while the entry is in here, nor may its address.

    leaves used up are only counted (`first`)     0 ... first ............. first + leaves ... room

Costs: insert and remove O(log leaves + LEAF_MAX), and a few times in a hundred O(leaves) to make room in the directory
(32 bytes a leaf); take O(LEAF_MAX + taken).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_free, heap_release, heap_resize
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.libc.stdint import INT64_MAX, uint32_t, uint64_t
from cython.cimports.libc.string import memmove, memset


def deadlines_init(d, heap, when):
    memset(d, 0, sizeof(Deadlines))
    d.heap = heap
    d.when = when


def deadlines_free(d, remote):
    """Free everything but the entries. `remote`: on a thread that does not own the heap."""
    i: uint32_t
    leaf: LeafPtr
    for i in range(d.leaves):
        leaf = leaf_at(d, i)
        heap_release(d.heap, leaf.entries, leaf.capacity * sizeof(EntryPtr), remote)
    if d.room > 0:
        heap_release(d.heap, d.directory, d.room * sizeof(Leaf), remote)
    deadlines_init(d, d.heap, d.when)


def deadlines_bytes(d):
    """What it takes beside the entries and its own struct. O(leaves)."""
    i: uint32_t
    leaf: LeafPtr
    n: cython.size_t = 0
    if d.room > 0:
        n = heap_block_bytes(d.directory, d.room * sizeof(Leaf))
    for i in range(d.leaves):
        leaf = leaf_at(d, i)
        n += heap_block_bytes(leaf.entries, leaf.capacity * sizeof(EntryPtr))
    return n


# --- the directory ---------------------------------------------------------------------------------------------------


def leaf_at(d, i):
    return d.directory + (d.first + i)


def leaf_of(d, m):
    """The number of the leaf that m belongs into. There must be leaves."""
    low: uint32_t = 0
    high: uint32_t = d.leaves
    middle: uint32_t
    while high - low > 1:
        middle = (low + high) >> 1
        if moment_before(m, address(leaf_at(d, middle).start)):
            high = middle
        else:
            low = middle
    return low


def directory_insert(d, i, start):
    """A new, empty leaf as number i. NULL when memory is short: then nothing has changed."""
    leaf: LeafPtr
    if d.first > 0 and i <= d.leaves // 2:
        d.first -= 1
        memmove(leaf_at(d, 0), leaf_at(d, 1), i * sizeof(Leaf))
    else:
        if d.first + d.leaves == d.room and not directory_grow(d):
            return NULL
        memmove(leaf_at(d, i + 1), leaf_at(d, i), (d.leaves - i) * sizeof(Leaf))
    d.leaves += 1
    leaf = leaf_at(d, i)
    leaf.start = start[0]
    leaf.count = 0
    leaf.capacity = LEAF_MIN
    leaf.entries = cast(Entries, heap_alloc(d.heap, LEAF_MIN * sizeof(EntryPtr)))
    if leaf.entries == NULL:
        leaf.capacity = 0
        directory_remove(d, i)
        return NULL
    return leaf


def directory_grow(d):
    """Room for one more leaf at the end: what is unused at the start, if that is much, else a larger block."""
    if d.first > d.room // 2:
        memmove(d.directory, leaf_at(d, 0), d.leaves * sizeof(Leaf))
        d.first = 0
        return True
    return directory_resize(d, d.room + (d.room >> 1) + 1)


def directory_resize(d, room):
    moved: LeafPtr
    moved = cast(LeafPtr, heap_resize(d.heap, d.directory, d.room * sizeof(Leaf), room * sizeof(Leaf)))
    if moved == NULL:
        return False
    d.directory = moved
    d.room = room
    return True


def directory_remove(d, i):
    """Leaf number i is empty: it goes, and with the last one the directory."""
    leaf: LeafPtr = leaf_at(d, i)
    if leaf.capacity > 0:
        heap_free(d.heap, leaf.entries, leaf.capacity * sizeof(EntryPtr))
    if i < d.leaves // 2 or i == 0:
        memmove(leaf_at(d, 1), leaf_at(d, 0), i * sizeof(Leaf))
        d.first += 1
    else:
        memmove(leaf_at(d, i), leaf_at(d, i + 1), (d.leaves - i - 1) * sizeof(Leaf))
    d.leaves -= 1
    if d.leaves == 0:
        heap_free(d.heap, d.directory, d.room * sizeof(Leaf))
        d.directory = NULL
        d.room = 0
        d.first = 0
    elif d.room > LEAF_STEP and d.leaves < d.room // 4:
        memmove(d.directory, leaf_at(d, 0), d.leaves * sizeof(Leaf))
        d.first = 0
        directory_resize(d, d.room // 2)


# --- leaves ----------------------------------------------------------------------------------------------------------


def leaf_capacity(n):
    """Room for n entries, in the steps in which leaves grow: by doubling, later by LEAF_STEP."""
    capacity: uint32_t = LEAF_MIN
    while capacity < n and capacity < LEAF_STEP:
        capacity *= 2
    return capacity if capacity >= n else (n + LEAF_STEP - 1) & ~cast(uint32_t, LEAF_STEP - 1)


def leaf_resize(d, leaf, capacity):
    """Room for so many entries, no fewer than there are. False when memory is short."""
    moved: Entries = cast(Entries, heap_resize(
        d.heap, leaf.entries, leaf.capacity * sizeof(EntryPtr), capacity * sizeof(EntryPtr)))
    if moved == NULL:
        return False
    leaf.entries = moved
    leaf.capacity = capacity
    return True


def leaf_split(d, i, m):
    """Make room for m, which belongs into leaf i, by a new leaf i + 1. False when memory is short."""
    moments: Moment[128]
    leaf: LeafPtr = leaf_at(d, i)
    more: LeafPtr
    last: cython.bint = i + 1 == d.leaves
    j: cython.int
    for j in range(LEAF_MAX):
        moments[j].entry = leaf.entries[j]
        moments[j].when = d.when(leaf.entries[j])
        last = last and moment_before(address(moments[j]), m)
    if last:
        return directory_insert(d, i + 1, m) != NULL
    select_half(moments)
    more = directory_insert(d, i + 1, address(moments[LEAF_HALF]))
    if more == NULL:
        return False
    if not leaf_resize(d, more, LEAF_HALF):
        directory_remove(d, i + 1)
        return False
    leaf = leaf_at(d, i)    # the directory may have moved
    for j in range(LEAF_HALF):
        leaf.entries[j] = moments[j].entry
        more.entries[j] = moments[LEAF_HALF + j].entry
    leaf.count = LEAF_HALF
    more.count = LEAF_HALF
    leaf_resize(d, leaf, LEAF_HALF)
    return True


def select_half(moments):
    """Bring the half with the smaller moments to the front, and the smallest of the other half to its start."""
    low: cython.int = 0
    high: cython.int = LEAF_MAX - 1
    i: cython.int
    j: cython.int
    pivot: Moment
    held: Moment
    while low < high:
        pivot = moments[(low + high) >> 1]
        i = low
        j = high
        while i <= j:
            while moment_before(address(moments[i]), address(pivot)):
                i += 1
            while moment_before(address(pivot), address(moments[j])):
                j -= 1
            if i <= j:
                held = moments[i]
                moments[i] = moments[j]
                moments[j] = held
                i += 1
                j -= 1
        if j < LEAF_HALF:
            low = i
        if i > LEAF_HALF:
            high = j


def leaf_merge(d, i):
    """If leaf i and the next one are nearly empty, make them one. (Without memory for it they stay two.)"""
    leaf: LeafPtr
    more: LeafPtr
    n: uint32_t
    j: uint32_t
    if i + 1 >= d.leaves:
        return
    leaf = leaf_at(d, i)
    more = leaf_at(d, i + 1)
    n = leaf.count + more.count
    if n > LEAF_STEP * 2 or (n > leaf.capacity and not leaf_resize(d, leaf, leaf_capacity(n))):
        return
    for j in range(more.count):
        leaf.entries[leaf.count + j] = more.entries[j]
    leaf.count = n
    directory_remove(d, i + 1)


# --- entries ---------------------------------------------------------------------------------------------------------


def deadlines_insert(d, e):
    """Add an entry that is not in here. False when memory is short."""
    m: Moment
    i: uint32_t
    leaf: LeafPtr
    m.when = d.when(e)
    m.entry = e
    if d.leaves == 0 and directory_insert(d, 0, address(m)) == NULL:
        return False
    i = leaf_of(d, address(m))
    leaf = leaf_at(d, i)
    if leaf.count == LEAF_MAX:
        if not leaf_split(d, i, address(m)):
            return False
        i = leaf_of(d, address(m))
        leaf = leaf_at(d, i)
    if leaf.count == leaf.capacity and not leaf_resize(d, leaf, leaf_capacity(leaf.count + 1)):
        return False
    if moment_before(address(m), address(leaf.start)):
        leaf.start = m
    leaf.entries[leaf.count] = e
    leaf.count += 1
    d.count += 1
    return True


def deadlines_remove(d, e):
    """Take an entry out that is in here. Never fails."""
    m: Moment
    i: uint32_t
    j: uint32_t = 0
    kept: uint32_t
    leaf: LeafPtr
    m.when = d.when(e)
    m.entry = e
    i = leaf_of(d, address(m))
    leaf = leaf_at(d, i)
    while leaf.entries[j] != e:
        j += 1
    leaf.count -= 1
    leaf.entries[j] = leaf.entries[leaf.count]
    d.count -= 1
    if leaf.count == 0:
        directory_remove(d, i)
        return
    kept = leaf_capacity(leaf.count + (leaf.count if leaf.count < LEAF_STEP else LEAF_STEP))
    if kept < leaf.capacity:
        leaf_resize(d, leaf, kept)
        leaf_merge(d, i)
        if i > 0:
            leaf_merge(d, i - 1)


def deadlines_take(d, now, out, most):
    """Take out entries whose deadline is past (before `now`), `most` of them at most. How many."""
    taken: cython.int = 0
    earliest: Moment
    leaf: LeafPtr
    while d.leaves > 0 and taken < most:
        leaf = leaf_at(d, 0)
        if leaf.start.when >= now:
            break
        taken += leaf_take(d, leaf, now, out + taken, most - taken, address(earliest))
        if leaf.count == 0:
            directory_remove(d, 0)
        elif taken < most:
            leaf.start = earliest   # all of it has been looked at
    d.count -= taken
    return taken


def leaf_take(d, leaf, now, out, most, earliest):
    """Move what is past from the leaf to `out`. If not all of that fits, `earliest` says nothing; else what is left."""
    taken: cython.int = 0
    j: uint32_t = 0
    m: Moment
    earliest.when = INT64_MAX
    earliest.entry = NULL
    while j < leaf.count and taken < most:
        if j + 4 < leaf.count:
            prefetch(leaf.entries[j + 4])
        m.entry = leaf.entries[j]
        m.when = d.when(m.entry)
        if m.when < now:
            out[taken] = m.entry
            taken += 1
            leaf.count -= 1
            leaf.entries[j] = leaf.entries[leaf.count]
            continue
        if earliest.entry == NULL or moment_before(address(m), earliest):
            earliest[0] = m
        j += 1
    return taken


def deadlines_passed(d, now):
    """How many entries' deadline is past. O(LEAF_MAX + those)."""
    n: uint64_t = 0
    i: uint32_t
    j: uint32_t
    leaf: LeafPtr
    for i in range(d.leaves):
        leaf = leaf_at(d, i)
        if leaf.start.when >= now:
            break
        for j in range(leaf.count):
            if d.when(leaf.entries[j]) < now:
                n += 1
    return n
