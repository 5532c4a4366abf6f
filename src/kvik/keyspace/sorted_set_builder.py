"""Making a sorted set of many members at once: for ZUNIONSTORE and its like, which know all before the first is needed.

Members are added in any order and sorted once at the end; the order is then laid out leaf by leaf, which is several
times quicker than finding the place of each. Where members may come more than once, the builder has an index from the
start (`builder_index`), the very table that the set will have; otherwise the table is made last, at its final size, and
not at all when the result fits a listpack.

An error is kept in `failed`, so that whoever adds need look at it only once. A builder is freed by `builder_free`,
finished or not.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import ENCODING_LISTPACK, ENCODING_SKIPLIST, entry_key, entry_key_length
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.intrinsics import store32
from cython.cimports.kvik.engine.listpack import (
    LISTPACK_COUNT_MAX,
    LISTPACK_EMPTY,
    LISTPACK_END,
    LISTPACK_HEADER,
    LISTPACK_LIMIT,
    element_bytes,
    element_of,
    element_write,
    store16,
)
from cython.cimports.kvik.engine.member import member_free, member_new, member_score, member_set_score
from cython.cimports.kvik.engine.ordered_set import compare_bytes, ordered_set_load, score_bits
from cython.cimports.kvik.engine.table import table_find, table_insert, table_prefetch_bucket, table_reserve
from cython.cimports.kvik.engine.text import Slice
from cython.cimports.kvik.keyspace.sorted_set_listpack import element_of_score
from cython.cimports.kvik.keyspace.sorted_set_value import (
    large_new_member,
    sorted_set_free_large,
    sorted_set_is_small,
    sorted_set_new_large,
)
from cython.cimports.libc.stdint import uint16_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy, memset

# --- adding ----------------------------------------------------------------------------------------------------------


def builder_init(b, heap, key):
    memset(b, 0, sizeof(SortedSetBuilder))
    b.heap = heap
    b.key = key


def builder_index(b, expected):
    """Before the first member: let members be found again (`large_find` in `set`). False (and `failed`): no memory."""
    b.set = sorted_set_new_large(b.heap, b.key)
    if b.set == NULL:
        b.failed = True
        return False
    table_reserve(address(b.set.members), expected)
    return True


def builder_grow(b):
    """Room for another member."""
    grown: EntryPtrPtr = cast(EntryPtrPtr, heap_double(b.heap, b.members, b.capacity, 64, sizeof(EntryPtr)))
    if grown == NULL:
        return False
    b.members = grown
    b.capacity = doubled(b.capacity, 64)
    return True


def builder_add(b, text, h, score):
    """Add a member that is not there; `h`, its hash, matters only where there is an index."""
    m: EntryPtr = NULL
    if b.count == b.capacity and not builder_grow(b):
        b.failed = True
        return
    if b.set != NULL:
        m = large_new_member(b.set, text.p, text.n, h, score)
    else:
        m = member_new(b.heap, text.p, text.n, True)
        if m != NULL:
            member_set_score(m, score)
    if m == NULL:
        b.failed = True
        return
    b.members[b.count] = m
    b.count += 1
    if text.n > b.longest:
        b.longest = text.n


# --- sorting ---------------------------------------------------------------------------------------------------------


def is_sorted(b):
    i: cython.size_t
    before: Row
    this: Row
    if b.count == 0:
        return True
    before.member = b.members[0]
    before.bits = score_bits(member_score(before.member))
    for i in range(1, b.count):
        this.member = b.members[i]
        this.bits = score_bits(member_score(this.member))
        if row_before(address(this), address(before)):
            return False
        before = this
    return True


def builder_reverse(b):
    """What has been added stands in descending order: turn it round, so that it need not be sorted."""
    i: cython.size_t
    m: EntryPtr
    for i in range(b.count // 2):
        m = b.members[i]
        b.members[i] = b.members[b.count - 1 - i]
        b.members[b.count - 1 - i] = m


def builder_sort(b):
    """Put the members in order. False (and `failed`) when memory is short."""
    rows: RowPtr
    size: cython.size_t = (b.count + b.count // 2 + 1) * sizeof(Row)
    i: cython.size_t
    if is_sorted(b):
        return True
    rows = cast(RowPtr, heap_alloc(b.heap, size))
    if rows == NULL:
        b.failed = True
        return False
    for i in range(b.count):
        rows[i].member = b.members[i]
        rows[i].bits = score_bits(member_score(b.members[i]))
    sort_rows(rows, rows + b.count, b.count)
    for i in range(b.count):
        b.members[i] = rows[i].member
    heap_free(b.heap, rows, size)
    return True


def row_before(a, b):
    if a.bits != b.bits:
        return a.bits < b.bits
    return compare_bytes(
        entry_key(a.member), entry_key_length(a.member), entry_key(b.member), entry_key_length(b.member)) < 0


def sort_rows(rows, spare, n):
    """Merge sort; `spare` has room for half of them. What is in order already costs one look."""
    half: cython.size_t = n // 2
    if n <= FEW_ROWS:
        sort_few(rows, n)
        return
    sort_rows(rows, spare, half)
    sort_rows(rows + half, spare, n - half)
    if row_before(rows + half, rows + half - 1):
        merge_rows(rows, spare, half, n)


def sort_few(rows, n):
    i: cython.size_t
    j: cython.size_t
    row: Row
    for i in range(1, n):
        row = rows[i]
        j = i
        while j > 0 and row_before(address(row), rows + j - 1):
            rows[j] = rows[j - 1]
            j -= 1
        rows[j] = row


def merge_rows(rows, spare, half, n):
    """Two sorted parts, rows[:half] and rows[half:n], become one."""
    i: cython.size_t = 0
    j: cython.size_t = half
    to: cython.size_t = 0
    memcpy(spare, rows, half * sizeof(Row))
    while i < half and j < n:
        if row_before(rows + j, spare + i):
            rows[to] = rows[j]
            j += 1
        else:
            rows[to] = spare[i]
            i += 1
        to += 1
    memcpy(rows + to, spare + i, (half - i) * sizeof(Row))


# --- finishing -------------------------------------------------------------------------------------------------------


def builder_finish(b, rules, encoding):
    """The value, of the form that suits it. NULL (and `failed`) when memory is short."""
    lp: Listpack
    s: SortedSetPtr
    if b.failed or not builder_sort(b):
        return NULL
    if sorted_set_is_small(rules, b.count, b.longest):
        lp = pairs_of(b)
        if lp != NULL:
            encoding[0] = ENCODING_LISTPACK
            return lp
    if (b.set == NULL and not index_members(b)) or not ordered_set_load(address(b.set.order), b.members, b.count):
        b.failed = not b.repeats
        return NULL
    encoding[0] = ENCODING_SKIPLIST
    s = b.set
    b.set = NULL
    b.count = 0
    return s


def index_members(b):
    """Make the table of the members, at its final size."""
    i: cython.size_t
    m: EntryPtr
    hashes: uint64_t[INDEX_LEAD]
    if not builder_index(b, b.count):
        return False
    for i in range(b.count + INDEX_LEAD):
        if i >= INDEX_LEAD:
            m = b.members[i - INDEX_LEAD]
            if b.distrusts and table_find(
                    address(b.set.members), entry_key(m), entry_key_length(m), hashes[i % INDEX_LEAD]) != NULL:
                b.repeats = True
                return False
            if not table_insert(address(b.set.members), m, hashes[i % INDEX_LEAD]):
                return False
        if i < b.count:
            m = b.members[i]
            hashes[i % INDEX_LEAD] = hash_bytes(b.key, entry_key(m), entry_key_length(m))
            table_prefetch_bucket(address(b.set.members), hashes[i % INDEX_LEAD])
    return True


def pair_of(m, elements, scratch):
    """Member and score as elements of a listpack."""
    text: Slice
    text.p = entry_key(m)
    text.n = entry_key_length(m)
    element_of(address(elements[0]), address(text))
    element_of_score(address(elements[1]), member_score(m), scratch)


def pairs_of(b):
    """The sorted members as a listpack in one block; they stay the builder's. NULL: no memory, or it got too long."""
    elements: Element[2]
    scratch: cython.char[32]
    total: cython.size_t = LISTPACK_EMPTY
    lp: Listpack
    p: cython.p_char
    i: cython.size_t
    for i in range(b.count):
        pair_of(b.members[i], elements, scratch)
        total += element_bytes(address(elements[0])) + element_bytes(address(elements[1]))
        if total > LISTPACK_LIMIT:
            return NULL
    lp = cast(Listpack, heap_alloc(b.heap, total))
    if lp == NULL:
        return NULL
    store32(lp, cast(uint32_t, total))
    store16(lp + 4, cast(uint16_t, 2 * b.count if 2 * b.count < LISTPACK_COUNT_MAX else LISTPACK_COUNT_MAX))
    p = lp + LISTPACK_HEADER
    for i in range(b.count):
        pair_of(b.members[i], elements, scratch)
        p = element_write(element_write(p, address(elements[0])), address(elements[1]))
    p[0] = cast(cython.char, LISTPACK_END)
    return lp


def builder_free(b):
    """Free what is left: all but the value that `builder_finish` returned."""
    i: cython.size_t
    for i in range(b.count):
        member_free(b.heap, b.members[i], False)
    if b.set != NULL:
        sorted_set_free_large(b.heap, b.set, False)
    if b.members != NULL:
        heap_free(b.heap, b.members, b.capacity * sizeof(EntryPtr))
    builder_init(b, b.heap, b.key)
