"""Consumer groups: who reads a stream together, what each one has been given and not acknowledged. Drawn in
stream_group.pxd.

Groups and consumers are listed in the order of their names, so they stand in sorted arrays (`Roster`). An entry that is
pending stands in two maps, the group's and its consumer's, which point to the same `Pending`; every function here keeps
the two in step.

Costs: a name O(log names), adding and dropping one O(names) of moving pointers; a pending entry O(log pending).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.heap import (
    doubled,
    heap_alloc,
    heap_block_bytes,
    heap_double,
    heap_free,
    heap_release,
)
from cython.cimports.kvik.engine.id_map import (
    cursor_next,
    cursor_slot,
    id_map_find,
    id_map_first,
    id_map_free,
    id_map_insert,
    id_map_remove,
)
from cython.cimports.libc.stdint import uint32_t
from cython.cimports.libc.string import memcmp, memcpy, memmove, memset

# --- names -----------------------------------------------------------------------------------------------------------


def named_new(heap, bytes, name):
    """A block of so many bytes and the name, zeroed but for its head. NULL when memory is short."""
    item: NamedPtr
    if name.n > cast(cython.size_t, 1) << 30:
        return NULL
    item = cast(NamedPtr, heap_alloc(heap, bytes + name.n))
    if item == NULL:
        return NULL
    memset(item, 0, bytes)
    item.name_length = cast(uint32_t, name.n)
    item.bytes = cast(uint32_t, bytes + name.n)
    memcpy(cast(cython.p_char, item) + bytes, name.p, name.n)
    return item


def roster_place(roster, name, found):
    """Where the name stands or would stand."""
    low: cython.int = 0
    high: cython.int = cast(cython.int, roster.count)
    middle: cython.int
    order: cython.int
    other: Slice
    found[0] = False
    while low < high:
        middle = (low + high) >> 1
        other = name_of(roster.items[middle])
        order = memcmp(other.p, name.p, other.n if other.n < name.n else name.n)
        if order == 0 and other.n == name.n:
            found[0] = True
            return middle
        if order < 0 or (order == 0 and other.n < name.n):
            low = middle + 1
        else:
            high = middle
    return low


def roster_find(roster, name):
    found: cython.bint = False
    at: cython.int = roster_place(roster, name, address(found))
    return roster.items[at] if found else cast(NamedPtr, NULL)


def roster_add(heap, roster, item):
    """Put it where its name belongs; the name is not there. False when memory is short."""
    found: cython.bint = False
    name: Slice = name_of(item)
    at: cython.int = roster_place(roster, address(name), address(found))
    items: NamedPtrPtr
    if roster.count == roster.capacity:
        items = cast(NamedPtrPtr, heap_double(heap, roster.items, roster.capacity, 1, sizeof(NamedPtr)))
        if items == NULL:
            return False
        roster.items = items
        roster.capacity = cast(uint32_t, doubled(roster.capacity, 1))
    memmove(roster.items + at + 1, roster.items + at, (roster.count - at) * sizeof(NamedPtr))
    roster.items[at] = item
    roster.count += 1
    return True


def roster_remove(heap, roster, item):
    found: cython.bint = False
    name: Slice = name_of(item)
    at: cython.int = roster_place(roster, address(name), address(found))
    roster.count -= 1
    memmove(roster.items + at, roster.items + at + 1, (roster.count - at) * sizeof(NamedPtr))
    if roster.count == 0:
        heap_free(heap, roster.items, roster.capacity * sizeof(NamedPtr))
        roster.items = NULL
        roster.capacity = 0


def roster_bytes(roster):
    """Memory of the pointers."""
    if roster.items == NULL:
        return 0
    return heap_block_bytes(roster.items, roster.capacity * sizeof(NamedPtr))


# --- groups ----------------------------------------------------------------------------------------------------------


def group_find(groups, name):
    return cast(GroupPtr, roster_find(groups, name))


def group_add(heap, groups, name, last_id, entries_read):
    """A group of a name that is not there. NULL when memory is short."""
    group: GroupPtr = cast(GroupPtr, named_new(heap, sizeof(Group), name))
    if group == NULL:
        return NULL
    group.last_id = last_id
    group.entries_read = entries_read
    if not roster_add(heap, groups, address(group.head)):
        heap_free(heap, group, group.head.bytes)
        return NULL
    return group


def group_drop(heap, groups, group):
    roster_remove(heap, groups, address(group.head))
    group_free(heap, group, False)


def group_free(heap, group, remote):
    """O(pending entries + consumers)."""
    at: IdCursor = id_map_first(address(group.pending))
    i: uint32_t
    while at.leaf != NULL:
        heap_release(heap, cursor_slot(address(at)).value, sizeof(Pending), remote)
        cursor_next(address(at))
    id_map_free(heap, address(group.pending), remote)
    for i in range(group.consumers.count):
        consumer_free(heap, cast(ConsumerPtr, group.consumers.items[i]), remote)
    if group.consumers.items != NULL:
        heap_release(heap, group.consumers.items, group.consumers.capacity * sizeof(NamedPtr), remote)
    heap_release(heap, group, group.head.bytes, remote)


def groups_free(heap, groups, remote):
    """All of them. `remote`: on a thread that does not own the heap."""
    i: uint32_t
    for i in range(groups.count):
        group_free(heap, cast(GroupPtr, groups.items[i]), remote)
    if groups.items != NULL:
        heap_release(heap, groups.items, groups.capacity * sizeof(NamedPtr), remote)
    memset(groups, 0, sizeof(Roster))


def groups_copy(heap, groups, to):
    """Copies of all groups go into `to`, which is empty. False when memory is short: then it has some of them."""
    i: uint32_t
    name: Slice
    group: GroupPtr
    fresh: GroupPtr
    for i in range(groups.count):
        group = cast(GroupPtr, groups.items[i])
        name = name_of(group)
        fresh = group_add(heap, to, address(name), group.last_id, group.entries_read)
        if fresh == NULL or not group_copy_into(heap, group, fresh):
            return False
    return True


def group_copy_into(heap, from_, to):
    """The consumers and pending entries of a group, into one that has none."""
    i: uint32_t
    name: Slice
    old: ConsumerPtr
    fresh: ConsumerPtr
    pending: PendingPtr
    at: IdCursor
    for i in range(from_.consumers.count):
        old = cast(ConsumerPtr, from_.consumers.items[i])
        name = name_of(old)
        fresh = consumer_add(heap, to, address(name), old.seen_ms)
        if fresh == NULL:
            return False
        fresh.active_ms = old.active_ms
        at = id_map_first(address(old.pending))
        while at.leaf != NULL:
            pending = pending_add(heap, to, cursor_slot(address(at)).id, fresh, 0)
            if pending == NULL:
                return False
            pending.delivered_ms = cast(PendingPtr, cursor_slot(address(at)).value).delivered_ms
            pending.deliveries = cast(PendingPtr, cursor_slot(address(at)).value).deliveries
            cursor_next(address(at))
    return True


def groups_bytes(groups):
    """Memory of all groups. O(consumers)."""
    i: uint32_t
    k: uint32_t
    group: GroupPtr
    consumer: ConsumerPtr
    n: cython.size_t = roster_bytes(groups)
    for i in range(groups.count):
        group = cast(GroupPtr, groups.items[i])
        n += heap_block_bytes(group, group.head.bytes) + group.pending.bytes + group.pending.count * sizeof(Pending)
        n += roster_bytes(address(group.consumers))
        for k in range(group.consumers.count):
            consumer = cast(ConsumerPtr, group.consumers.items[k])
            n += heap_block_bytes(consumer, consumer.head.bytes) + consumer.pending.bytes
    return n


# --- consumers -------------------------------------------------------------------------------------------------------


def consumer_find(group, name):
    return cast(ConsumerPtr, roster_find(address(group.consumers), name))


def consumer_add(heap, group, name, now_ms):
    """A consumer of a name that is not there. NULL when memory is short."""
    consumer: ConsumerPtr = cast(ConsumerPtr, named_new(heap, sizeof(Consumer), name))
    if consumer == NULL:
        return NULL
    consumer.seen_ms = now_ms
    consumer.active_ms = NEVER
    if not roster_add(heap, address(group.consumers), address(consumer.head)):
        heap_free(heap, consumer, consumer.head.bytes)
        return NULL
    return consumer


def consumer_drop(heap, group, consumer):
    """Remove a consumer; what it had is pending no more. O(its pending entries)."""
    at: IdCursor = id_map_first(address(consumer.pending))
    while at.leaf != NULL:
        id_map_remove(heap, address(group.pending), cursor_slot(address(at)).id)
        heap_free(heap, cursor_slot(address(at)).value, sizeof(Pending))
        cursor_next(address(at))
    roster_remove(heap, address(group.consumers), address(consumer.head))
    consumer_free(heap, consumer, False)


def consumer_free(heap, consumer, remote):
    """Not the pending entries themselves: they are the group's."""
    id_map_free(heap, address(consumer.pending), remote)
    heap_release(heap, consumer, consumer.head.bytes, remote)


# --- pending entries -------------------------------------------------------------------------------------------------


def pending_find(group, id):
    slot: IdSlotPtr = id_map_find(address(group.pending), id)
    return cast(PendingPtr, slot.value) if slot != NULL else cast(PendingPtr, NULL)


def pending_add(heap, group, id, consumer, now_ms):
    """`id`, which was not pending, has been delivered to `consumer` once. NULL when memory is short."""
    pending: PendingPtr = cast(PendingPtr, heap_alloc(heap, sizeof(Pending)))
    if pending == NULL:
        return NULL
    pending.delivered_ms = now_ms
    pending.deliveries = 1
    pending.consumer = consumer
    if not id_map_insert(heap, address(group.pending), id, pending):
        heap_free(heap, pending, sizeof(Pending))
        return NULL
    if not id_map_insert(heap, address(consumer.pending), id, pending):
        id_map_remove(heap, address(group.pending), id)
        heap_free(heap, pending, sizeof(Pending))
        return NULL
    return pending


def pending_assign(heap, id, pending, consumer):
    """From the consumer that has it to this one. False when memory is short: nothing has changed then."""
    if pending.consumer == consumer:
        return True
    if not id_map_insert(heap, address(consumer.pending), id, pending):
        return False
    id_map_remove(heap, address(pending.consumer.pending), id)
    pending.consumer = consumer
    return True


def pending_deliver(heap, group, id, consumer, now_ms):
    """`id` is delivered to `consumer` as if for the first time, be it pending or not. False when memory is short."""
    pending: PendingPtr = pending_find(group, id)
    if pending == NULL:
        return pending_add(heap, group, id, consumer, now_ms) != NULL
    if not pending_assign(heap, id, pending, consumer):
        return False
    pending.delivered_ms = now_ms
    pending.deliveries = 1
    return True


def pending_drop(heap, group, id):
    """It is pending no more. False if it was not."""
    pending: PendingPtr = cast(PendingPtr, id_map_remove(heap, address(group.pending), id))
    if pending == NULL:
        return False
    id_map_remove(heap, address(pending.consumer.pending), id)
    heap_free(heap, pending, sizeof(Pending))
    return True
