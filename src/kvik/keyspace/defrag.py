"""Active defragmentation: moving blocks together, so that spans run empty and go back to the system.

The heap serves each size of block from spans of its own. When many blocks of a size are freed, here and there, and
other sizes are asked for then, those spans stay, mostly empty:

    before  |##  #    | |  #  ## | | #    # | |## # ## |      after  |#########| |##       |

A *pass* walks over the tables of all databases, a few buckets at a time, and moves what stands in a sparse span into the
span that is filled at the moment: the entry itself, its value where that is one block, the fields and members of
hashes and sets. (Sorted sets in their large form, quicklists and streams are made of blocks that are large or full.) An
entry that moves is put in its place in the tables by its address, and nothing else holds one between two ticks but
the pool of eviction, which does not trust it.

A pass begins when more than `active-defrag-ignore-bytes` and `active-defrag-threshold-lower` percent of the memory of
small blocks is waste; its share of the processor, in slices of `active-defrag-cycle-us`, grows with the waste from
`active-defrag-cycle-min` to `-max` percent. While a child process saves the pages they share, nothing is moved.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.clock import monotonic_us
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INT,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    LAYOUT_EXPIRY,
    LAYOUT_MEMBER,
    LAYOUT_WORD,
    TYPE_HASH,
    TYPE_SET,
    TYPE_STRING,
    entry_bytes,
    entry_encoding,
    entry_key,
    entry_key_length,
    entry_pointer,
    entry_set_word,
    entry_type,
    raw_bytes,
    raw_free,
    raw_new,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free, heap_is_sparse, heap_small, heap_waste
from cython.cimports.kvik.engine.intset import Intset, intset_bytes
from cython.cimports.kvik.engine.listpack import Listpack, listpack_bytes
from cython.cimports.kvik.engine.member import member_bytes
from cython.cimports.kvik.engine.table import table_find, table_find_entry, table_scan
from cython.cimports.kvik.keyspace.database import is_listed, key_hash
from cython.cimports.kvik.keyspace.hash_value import hash_fields
from cython.cimports.kvik.keyspace.set_value import set_table
from cython.cimports.kvik.keyspace.values import entry_raw
from cython.cimports.libc.stdint import uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy

# --- when, and how much ----------------------------------------------------------------------------------------------


def defrag_cron(ks, hz):
    """`hz` times a second: begin a pass, allow one that is under way its time, or end it."""
    d: DefragPtr = address(ks.defrag)
    waste: cython.size_t
    if not d.enabled or d.held:
        d.allowance_us = 0
        if not d.enabled:
            defrag_drop(ks)
        return
    waste = heap_waste(ks.heap)
    if not d.running:
        if not worth_while(ks, waste):
            return
        d.running = True
        d.waste_before = waste
        d.moved_bytes = 0
        d.since_us = monotonic_us()
    d.allowance_us = allowance_of(ks, waste, hz)


def worth_while(ks, waste):
    """Is there enough to gain? After a pass that gained little: is there more than it left?"""
    d: DefragPtr = address(ks.defrag)
    if waste < d.given_up:
        d.given_up = waste
    return waste > d.ignore_bytes and waste * 100 > heap_small(ks.heap) * d.lower and (
        d.given_up == 0 or waste > d.given_up + d.given_up // 4)


def allowance_of(ks, waste, hz):
    """Microseconds of this interval, by how much is wasted."""
    d: DefragPtr = address(ks.defrag)
    percent: uint64_t = waste * 100 // (heap_small(ks.heap) + 1)
    share: uint64_t = d.cycle_max
    if percent <= cast(uint64_t, d.lower):
        share = d.cycle_min
    elif percent < cast(uint64_t, d.upper):
        share = d.cycle_min + (d.cycle_max - d.cycle_min) * (percent - d.lower) // (d.upper - d.lower)
    return cast(cython.longlong, share) * 10000 // hz


def defrag_slice(ks):
    """Before the loop waits, while a pass has time left: move for a slice of it."""
    d: DefragPtr = address(ks.defrag)
    start: cython.longlong = monotonic_us()
    end: cython.longlong = start + (d.slice_us if d.slice_us < d.allowance_us else d.allowance_us)
    now: cython.longlong = start
    while d.running and now < end:
        defrag_step(ks)
        now = monotonic_us()
    d.allowance_us = d.allowance_us - (now - start) if now - start < d.allowance_us else 0
    d.total_us += now - start


# --- a pass ----------------------------------------------------------------------------------------------------------


def defrag_step(ks):
    """A few buckets further: of a large collection that was met, else of the database's keys."""
    d: DefragPtr = address(ks.defrag)
    walk: DefragWalk
    if d.large_count > 0:
        step_large(ks)
    elif d.database >= ks.count:
        end_pass(ks)
    else:
        walk.keyspace = ks
        walk.db = address(ks.databases[d.database])
        walk.table = address(walk.db.keys)
        if d.at_end or walk.table.count == 0:
            d.at_end = False
            d.cursor = 0
            d.database += 1
        else:
            d.cursor = table_scan(walk.table, d.cursor, DEFRAG_BUCKETS, visit_key, address(walk))
            d.at_end = d.cursor == 0


def end_pass(ks):
    """Was it worth it? Then the next one follows as long as there is enough to gain."""
    d: DefragPtr = address(ks.defrag)
    waste: cython.size_t = heap_waste(ks.heap)
    d.given_up = waste if d.moved_bytes < d.waste_before // 100 * DEFRAG_STALL_PERCENT else 0
    defrag_drop(ks)


def defrag_drop(ks):
    """No pass is under way any more."""
    d: DefragPtr = address(ks.defrag)
    d.running = False
    d.at_end = False
    d.database = 0
    d.cursor = 0
    while d.large_count > 0:
        forget_large(ks)


def visit_key(context, e):
    """An entry of a database's keys."""
    w: DefragWalkPtr = cast(DefragWalkPtr, context)
    d: DefragPtr = address(w.keyspace.defrag)
    before: uint64_t = d.hits
    elements: TablePtr
    inner: DefragWalk
    e = move_entry(w, e)
    move_value(w, e)
    elements = elements_of(e)
    if elements != NULL and elements.count > DEFRAG_INLINE:
        remember_large(w.keyspace, e)
    elif elements != NULL:
        inner = w[0]
        inner.table = elements
        table_scan(elements, 0, ~cast(uint64_t, 0), visit_element, address(inner))
    if d.hits > before:
        d.key_hits += 1
    else:
        d.key_misses += 1


def visit_element(context, e):
    """A field of a hash or a member of a set. (A field's value in a block of its own is large.)"""
    move_in_table(cast(DefragWalkPtr, context), e, member_bytes(e) if e.layout & LAYOUT_MEMBER else entry_bytes(e))


# --- moving ----------------------------------------------------------------------------------------------------------


def move_block(ks, p, n):
    """The block in a better place, the old one freed; NULL when memory is short."""
    fresh: cython.p_void = heap_alloc(ks.heap, n)
    if fresh != NULL:
        memcpy(fresh, p, n)
        heap_free(ks.heap, p, n)
        ks.defrag.hits += 1
        ks.defrag.moved_bytes += n
    return fresh


def move_in_table(w, e, n):
    """An entry of the walk's table, n bytes, moved if it stands in a sparse span. Where it is now."""
    slot: Slot
    fresh: EntryPtr
    if not heap_is_sparse(w.keyspace.heap, e, n):
        w.keyspace.defrag.misses += 1
        return e
    slot = table_find_entry(w.table, e, hash_bytes(w.table.key, entry_key(e), entry_key_length(e)))
    fresh = cast(EntryPtr, move_block(w.keyspace, e, n))
    if fresh == NULL:
        return e
    slot[0] = fresh
    return fresh


def move_entry(w, e):
    """An entry of the database's keys: it stands in the table of deadlines too. Where it is now. Hashes that are listed
    by deadline stay where they are.
    """
    fresh: EntryPtr
    slot: Slot
    if is_listed(e):
        w.keyspace.defrag.misses += 1
        return e
    fresh = move_in_table(w, e, entry_bytes(e))
    if fresh != e and fresh.layout & LAYOUT_EXPIRY:
        slot = table_find_entry(
            address(w.db.expiries), e, key_hash(w.keyspace, entry_key(fresh), entry_key_length(fresh)))
        slot[0] = fresh
    return fresh


def move_value(w, e):
    """Move what the entry points to, if that is one block."""
    n: cython.size_t = block_of_value(e)
    fresh: cython.p_void
    if n == 0 or not heap_is_sparse(w.keyspace.heap, entry_pointer(e), n):
        return
    fresh = move_block(w.keyspace, entry_pointer(e), n)
    if fresh != NULL:
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, fresh)))


def block_of_value(e):
    """The bytes of the block that is the value; 0: it has none, or several."""
    encoding: cython.int = entry_encoding(e)
    if not e.layout & LAYOUT_WORD or encoding == ENCODING_INT:
        return 0
    if entry_type(e) == TYPE_STRING:
        return raw_bytes(entry_raw(e).capacity)
    if encoding == ENCODING_LISTPACK:
        return listpack_bytes(cast(Listpack, entry_pointer(e)))
    if encoding == ENCODING_INTSET:
        return intset_bytes(cast(Intset, entry_pointer(e)))
    return 0


def elements_of(e):
    """The table of a hash's fields or a set's members, if they may be moved: nothing else points to them."""
    if entry_encoding(e) != ENCODING_HASHTABLE:
        return NULL
    if entry_type(e) == TYPE_SET:
        return set_table(e)
    if entry_type(e) == TYPE_HASH and hash_fields(e).by_deadline == NULL:
        return address(hash_fields(e).table)
    return NULL


# --- large collections -----------------------------------------------------------------------------------------------


def remember_large(ks, e):
    """Walk over it next, bit by bit: by its key, since it may be gone then. (What does not fit waits for another pass.)"""
    d: DefragPtr = address(ks.defrag)
    n: cython.size_t = entry_key_length(e)
    key: RawPtr
    if d.large_count == DEFRAG_LARGE_MAX:
        return
    key = raw_new(ks.heap, n if n > 0 else 1)
    if key == NULL:
        return
    memcpy(key.data, entry_key(e), n)
    key.length = n
    d.large[d.large_count] = key
    d.large_count += 1
    d.large_cursor = 0


def step_large(ks):
    """A few buckets of the collection that was remembered last."""
    d: DefragPtr = address(ks.defrag)
    key: RawPtr = d.large[d.large_count - 1]
    walk: DefragWalk
    slot: Slot
    walk.keyspace = ks
    walk.db = address(ks.databases[d.database])
    walk.table = NULL
    slot = table_find(address(walk.db.keys), key.data, key.length, key_hash(ks, key.data, key.length))
    if slot != NULL:
        walk.table = elements_of(slot[0])
    if walk.table != NULL:
        d.large_cursor = table_scan(walk.table, d.large_cursor, DEFRAG_BUCKETS, visit_element, address(walk))
    if walk.table == NULL or d.large_cursor == 0:
        forget_large(ks)


def forget_large(ks):
    d: DefragPtr = address(ks.defrag)
    d.large_count -= 1
    raw_free(ks.heap, d.large[d.large_count])
    d.large_cursor = 0
