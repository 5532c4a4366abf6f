"""Sets: the value of a key across its forms.

    intset       integers only, up to set-max-intset-entries                      engine/intset.py
    listpack     up to set-max-listpack-entries of set-max-listpack-value bytes   engine/listpack.py
    hashtable    anything: a table of members                                     engine/table.py, engine/member.py

The entry's word points to the value, its encoding says the form. A set changes its form where a member does not fit any
more (`set_add`), or before many are added (`set_expect`), and never back when members go.

A member on its way from an argument or another set to this one is a `Member`. What it takes to find it somewhere
(its integer, its hash) is worked out once, however many sets it is looked for in. All tables of a server share one
hash key, so one hash serves them all. Batches of MEMBERS go through `set_prefetch` or `set_filter`: first the buckets of
all of them are fetched, then the entries, then each is looked up.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    TYPE_SET,
    entry_free,
    entry_key,
    entry_key_length,
    entry_new,
    entry_set_kind,
    entry_set_word,
)
from cython.cimports.kvik.engine.hashing import hash_bytes
from cython.cimports.kvik.engine.heap import heap_alloc, heap_block_bytes, heap_release
from cython.cimports.kvik.engine.intset import (
    INTSET_COUNT_MAX,
    intset_add,
    intset_at,
    intset_bytes,
    intset_copy,
    intset_count,
    intset_find,
    intset_free,
    intset_new,
    intset_remove,
)
from cython.cimports.kvik.engine.listpack import (
    ELEMENT_OVERHEAD,
    LISTPACK_LIMIT,
    listpack_append,
    listpack_append_integer,
    listpack_bytes,
    listpack_copy,
    listpack_count,
    listpack_delete,
    listpack_find,
    listpack_first,
    listpack_item,
    listpack_new,
    listpack_next,
)
from cython.cimports.kvik.engine.member import member_bytes, member_free, member_new
from cython.cimports.kvik.engine.table import (
    table_bytes,
    table_find,
    table_init,
    table_insert,
    table_prefetch_bucket,
    table_prefetch_entry,
    table_release,
    table_remove,
    table_reserve,
    table_walk,
    table_walk_next,
)
from cython.cimports.kvik.engine.text import format_integer, parse_integer
from cython.cimports.libc.stdint import int64_t, uint32_t, uint64_t, uintptr_t

# --- members ---------------------------------------------------------------------------------------------------------


def member_is_integer(m):
    if not m.known & (MEMBER_INTEGER | MEMBER_NO_INTEGER):
        m.known |= MEMBER_INTEGER if m.n <= 20 and parse_integer(m.p, m.n, address(m.integer)) else MEMBER_NO_INTEGER
    return (m.known & MEMBER_INTEGER) != 0


def member_text(m, scratch):
    """Its text; that of an integer is written to `scratch` (INTEGER_MAX bytes)."""
    s: Slice
    if m.p != NULL:
        s.p = m.p
        s.n = m.n
    else:
        s.p = scratch
        s.n = format_integer(scratch, m.integer)
    return s


def member_hash(key, m):
    scratch: cython.char[24]
    s: Slice
    if not m.known & MEMBER_HASHED:
        s = member_text(m, scratch)
        m.hash = hash_bytes(key, s.p, s.n)
        m.known |= MEMBER_HASHED
    return m.hash


def member_of_item(m, p):
    """The member that the listpack element at p is."""
    item: Item = listpack_item(p)
    m.p = item.p
    m.n = item.n
    m.integer = item.integer
    m.known = MEMBER_INTEGER if item.p == NULL else MEMBER_NO_INTEGER
    m.word = cast(uintptr_t, p)


def member_of_entry(m, e):
    m.p = entry_key(e)
    m.n = entry_key_length(e)
    m.known = 0
    m.word = cast(uintptr_t, e)


def member_at(m, encoding, word):
    """The member that a walk through a set of this encoding gave with this word. Good until that set changes."""
    if encoding == ENCODING_HASHTABLE:
        member_of_entry(m, cast(EntryPtr, cast(uintptr_t, word)))
    elif encoding == ENCODING_LISTPACK:
        member_of_item(m, cast(Listpack, cast(uintptr_t, word)))
    else:
        member_of_integer(m, cast(int64_t, word))
        m.word = word


# --- life ------------------------------------------------------------------------------------------------------------


def set_value(e, encoding, value):
    """Let the entry hold this value in this form."""
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_SET, encoding)


def set_form(context, first, expected):
    """The encoding of a set that begins with the member `first` and may get `expected` members at once."""
    if expected <= cast(uint64_t, context.limits.set_max_intset_entries) and member_is_integer(first):
        return ENCODING_INTSET
    if expected <= cast(uint64_t, context.limits.set_max_listpack_entries):
        return ENCODING_LISTPACK
    return ENCODING_HASHTABLE


def value_new(context, encoding):
    """An empty value; a table has room for what the context expects. NULL when memory is short."""
    t: TablePtr
    if encoding == ENCODING_INTSET:
        return intset_new(context.heap)
    if encoding == ENCODING_LISTPACK:
        return listpack_new(context.heap)
    t = cast(TablePtr, heap_alloc(context.heap, sizeof(Table)))
    if t == NULL:
        return NULL
    if not table_init(t, context.heap, context.hash_key):
        table_value_free(context.heap, t, False)
        return NULL
    table_reserve(t, context.expected)
    return t


def set_new(context, key, n, encoding):
    """An entry with an empty set of that encoding, in no database yet. NULL (and `failed`) when memory is short."""
    e: EntryPtr = entry_new(context.heap, key, n, -1, True, 0)
    value: cython.p_void
    if e != NULL:
        value = value_new(context, encoding)
        if value != NULL:
            set_value(e, encoding, value)
            return e
        entry_free(context.heap, e)
    context.failed = True
    return NULL


def table_value_free(heap, t, remote):
    """Free a table with its members."""
    walk: TableWalk
    members: EntryPtr[32]
    n: cython.int
    i: cython.int
    if t.count > 0:
        table_walk(address(walk), t)
        while True:
            n = table_walk_next(address(walk), members, MEMBERS)
            if n == 0:
                break
            for i in range(n):
                member_free(heap, members[i], remote)
    table_release(t, remote)
    heap_release(heap, t, sizeof(Table), remote)


def set_free(heap, e, remote):
    """Free the value, not the entry. `remote`: on a thread that does not own the heap."""
    if entry_encoding(e) == ENCODING_INTSET:
        intset_free(heap, set_intset(e), remote)
    elif entry_encoding(e) == ENCODING_LISTPACK:
        heap_release(heap, set_listpack(e), listpack_bytes(set_listpack(e)), remote)
    else:
        table_value_free(heap, set_table(e), remote)


def table_value_copy(heap, t):
    """A table with copies of all members, NULL when memory is short."""
    fresh: TablePtr = cast(TablePtr, heap_alloc(heap, sizeof(Table)))
    walk: TableWalk
    members: EntryPtr[32]
    m: EntryPtr
    n: cython.int
    i: cython.int
    if fresh == NULL:
        return NULL
    if table_init(fresh, heap, t.key):
        table_reserve(fresh, t.count)
        table_walk(address(walk), cast(TablePtr, t))
        while True:
            n = table_walk_next(address(walk), members, MEMBERS)
            if n == 0:
                return fresh
            for i in range(n):
                m = member_new(heap, entry_key(members[i]), entry_key_length(members[i]), False)
                if m == NULL:
                    break
                if not table_insert(fresh, m, hash_bytes(t.key, entry_key(m), entry_key_length(m))):
                    member_free(heap, m, False)
                    break
            else:
                continue
            break
    table_value_free(heap, fresh, False)
    return NULL


def set_copy(heap, e):
    """A copy of e's value, in the same form. NULL when memory is short."""
    if entry_encoding(e) == ENCODING_INTSET:
        return intset_copy(heap, set_intset(e))
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_copy(heap, set_listpack(e))
    return table_value_copy(heap, set_table(e))


def set_count(e):
    """How many members it has."""
    if entry_encoding(e) == ENCODING_INTSET:
        return intset_count(set_intset(e))
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_count(set_listpack(e))
    return set_table(e).count


def set_effort(e):
    """How many blocks freeing it takes, roughly."""
    return set_table(e).count if entry_encoding(e) == ENCODING_HASHTABLE else 1


def set_bytes(e):
    """Memory of the value. That of a table's members is estimated from the first few."""
    walk: TableWalk
    members: EntryPtr[32]
    seen: cython.size_t = 0
    n: cython.int
    i: cython.int
    t: TablePtr
    if entry_encoding(e) == ENCODING_INTSET:
        return heap_block_bytes(set_intset(e), intset_bytes(set_intset(e)))
    if entry_encoding(e) == ENCODING_LISTPACK:
        return heap_block_bytes(set_listpack(e), listpack_bytes(set_listpack(e)))
    t = set_table(e)
    table_walk(address(walk), t)
    n = table_walk_next(address(walk), members, MEMBERS)
    for i in range(n):
        seen += heap_block_bytes(members[i], member_bytes(members[i]))
    return sizeof(Table) + table_bytes(t) + (seen * t.count // n if n > 0 else 0)


# --- changing the form -----------------------------------------------------------------------------------------------


def intset_max(context):
    limit: cython.size_t = context.limits.set_max_intset_entries
    return limit if limit < INTSET_COUNT_MAX else INTSET_COUNT_MAX


def fits_listpack(context, count, bytes, longest):
    """May a listpack of `count` elements and so many bytes get another one, where the longest has `longest` bytes?"""
    return count < cast(uint64_t, context.limits.set_max_listpack_entries) \
        and longest <= cast(uint64_t, context.limits.set_max_listpack_value) \
        and bytes + longest + ELEMENT_OVERHEAD <= LISTPACK_LIMIT


def form_beyond_intset(context, s, n):
    """The encoding of what was the intset s and gets a member of n bytes that is no integer."""
    scratch: cython.char[24]
    count: cython.size_t = intset_count(s)
    longest: cython.size_t = n
    digits: cython.size_t
    i: uint32_t
    for i in range(2):              # the longest in writing are the first and the last
        if count > 0:
            digits = format_integer(scratch, intset_at(s, 0 if i == 0 else cast(uint32_t, count) - 1))
            if digits > longest:
                longest = digits
    return ENCODING_LISTPACK if fits_listpack(context, count, count * 11, longest) else ENCODING_HASHTABLE


def set_convert(context, e, encoding, expected):
    """Give the set another form, for `expected` members in all. False (and `failed`) when memory is short."""
    walk: SetWalk
    members: Member[32]
    held: Entry[4]                  # an entry for the value to come: header and word
    fresh: EntryPtr = held
    value: cython.p_void
    wanted: cython.size_t = context.expected
    n: cython.int
    i: cython.int
    lp: Listpack
    if expected > wanted:
        context.expected = expected
    value = value_new(context, encoding)
    context.expected = wanted
    if value == NULL:
        context.failed = True
        return False
    fresh.layout = e.layout
    set_value(fresh, encoding, value)
    set_walk(address(walk), e)
    while True:
        n = set_walk_next(address(walk), members)
        if n == 0:
            break
        for i in range(n):
            if encoding == ENCODING_LISTPACK:
                lp = listpack_append_integer(context.heap, set_listpack(fresh), members[i].integer)
                if lp == NULL:
                    context.failed = True
                else:
                    set_value(fresh, encoding, lp)
            elif encoding == ENCODING_INTSET:
                add_to_intset(context, fresh, address(members[i]), True)
            else:
                add_to_table(context, fresh, address(members[i]), True)
            if context.failed:
                set_free(context.heap, fresh, False)
                return False
    set_free(context.heap, e, False)
    set_value(e, encoding, entry_pointer(fresh))
    return True


def set_expect(context, e, expected):
    """Many members are about to be added: a set that will not keep its form changes it now."""
    encoding: cython.int = entry_encoding(e)
    if (encoding == ENCODING_LISTPACK and expected > cast(uint64_t, context.limits.set_max_listpack_entries)) \
            or (encoding == ENCODING_INTSET and expected > cast(uint64_t, context.limits.set_max_intset_entries)):
        set_convert(context, e, ENCODING_HASHTABLE, expected)


def set_to_intset(context, e):
    """All members are known to be integers: make it an intset, unless there are too many."""
    if entry_encoding(e) != ENCODING_INTSET and set_count(e) <= intset_max(context):
        set_convert(context, e, ENCODING_INTSET, 0)


# --- members in sets -------------------------------------------------------------------------------------------------


def set_has(e, m):
    """Is m a member?"""
    scratch: cython.char[24]
    s: Slice
    at: uint32_t = 0
    t: TablePtr
    if entry_encoding(e) == ENCODING_INTSET:
        return member_is_integer(m) and intset_find(set_intset(e), m.integer, address(at))
    s = member_text(m, scratch)
    if entry_encoding(e) == ENCODING_LISTPACK:
        return listpack_find(set_listpack(e), listpack_first(set_listpack(e)), address(s), 0) != NULL
    t = set_table(e)
    return table_find(t, s.p, s.n, member_hash(t.key, m)) != NULL


def set_prefetch(e, members, count):
    """Before these members are looked for: hash them and fetch what a table has in their places."""
    t: TablePtr
    i: cython.int
    if entry_encoding(e) != ENCODING_HASHTABLE:
        return
    t = set_table(e)
    for i in range(count):
        table_prefetch_bucket(t, member_hash(t.key, address(members[i])))
    for i in range(count):
        table_prefetch_entry(t, members[i].hash)


def set_filter(e, members, count, keep):
    """Of these members, keep those that the set has (`keep`) or has not. How many that are."""
    n: cython.int = 0
    i: cython.int
    set_prefetch(e, members, count)
    for i in range(count):
        if set_has(e, address(members[i])) == keep:
            if n < i:
                members[n] = members[i]
            n += 1
    return n


def set_add(context, e, m):
    """Add the member. False: it is there, or memory was short (`failed`)."""
    encoding: cython.int = entry_encoding(e)
    if encoding == ENCODING_HASHTABLE:
        return add_to_table(context, e, m, False)
    if encoding == ENCODING_INTSET:
        return add_to_intset(context, e, m, False)
    return add_to_listpack(context, e, m, False)


def set_add_new(context, e, m):
    """`set_add` of a member that is known not to be there."""
    encoding: cython.int = entry_encoding(e)
    if encoding == ENCODING_HASHTABLE:
        return add_to_table(context, e, m, True)
    if encoding == ENCODING_INTSET:
        return add_to_intset(context, e, m, True)
    return add_to_listpack(context, e, m, True)


def add_to_intset(context, e, m, is_new):
    """Beyond the limit of intsets it becomes a table, with the first text a listpack if it fits one, else a table."""
    added: cython.bint = False
    s: Intset = set_intset(e)
    if not member_is_integer(m):
        if not set_convert(context, e, form_beyond_intset(context, s, m.n), intset_count(s) + 1):
            return False
        if entry_encoding(e) == ENCODING_HASHTABLE:
            return add_to_table(context, e, m, True)
        return add_to_listpack(context, e, m, True)
    if intset_count(s) >= intset_max(context):
        # It may be there already; else it is the one too many.
        if not is_new and set_has(e, m):
            return False
        return set_convert(context, e, ENCODING_HASHTABLE, intset_count(s) + 1) and add_to_table(context, e, m, True)
    s = intset_add(context.heap, s, m.integer, address(added))
    if s == NULL:
        context.failed = True
        return False
    set_value(e, ENCODING_INTSET, s)
    return added


def add_to_listpack(context, e, m, is_new):
    """Too many or too long: it becomes a table."""
    scratch: cython.char[24]
    s: Slice = member_text(m, scratch)
    lp: Listpack = set_listpack(e)
    if not is_new and listpack_find(lp, listpack_first(lp), address(s), 0) != NULL:
        return False
    if not fits_listpack(context, listpack_count(lp), listpack_bytes(lp), s.n):
        return set_convert(context, e, ENCODING_HASHTABLE, listpack_count(lp) + 1) \
            and add_to_table(context, e, m, True)
    if m.known & MEMBER_INTEGER:
        lp = listpack_append_integer(context.heap, lp, m.integer)
    else:
        lp = listpack_append(context.heap, lp, address(s))
    if lp == NULL:
        context.failed = True
        return False
    set_value(e, ENCODING_LISTPACK, lp)
    return True


def add_to_table(context, e, m, is_new):
    scratch: cython.char[24]
    s: Slice = member_text(m, scratch)
    t: TablePtr = set_table(e)
    h: uint64_t = member_hash(t.key, m)
    fresh: EntryPtr
    if not is_new and table_find(t, s.p, s.n, h) != NULL:
        return False
    fresh = member_new(context.heap, s.p, s.n, False)
    if fresh != NULL:
        if table_insert(t, fresh, h):
            return True
        member_free(context.heap, fresh, False)
    context.failed = True
    return False


def set_remove(context, e, m):
    """Take the member out. False: it is not there, or memory was short (`failed`). It may leave an empty set."""
    scratch: cython.char[24]
    s: Slice
    ints: Intset
    at: uint32_t = 0
    p: cython.p_char
    if entry_encoding(e) == ENCODING_HASHTABLE:
        return remove_from_table(context, e, m)
    if entry_encoding(e) == ENCODING_INTSET:
        ints = set_intset(e)
        if not member_is_integer(m) or not intset_find(ints, m.integer, address(at)):
            return False
        ints = intset_remove(context.heap, ints, at)
        if ints == NULL:
            context.failed = True
            return False
        set_value(e, ENCODING_INTSET, ints)
        return True
    s = member_text(m, scratch)
    p = listpack_find(set_listpack(e), listpack_first(set_listpack(e)), address(s), 0)
    if p == NULL:
        return False
    set_value(e, ENCODING_LISTPACK, listpack_delete(context.heap, set_listpack(e), p, 1))
    return True


def remove_from_table(context, e, m):
    scratch: cython.char[24]
    s: Slice = member_text(m, scratch)
    t: TablePtr = set_table(e)
    removed: EntryPtr = table_remove(t, s.p, s.n, member_hash(t.key, m))
    if removed == NULL:
        return False
    member_free(context.heap, removed, False)
    return True


# --- walking ---------------------------------------------------------------------------------------------------------


def set_walk(walk, e):
    """Begin a walk through all members: of an intset in ascending order, of a listpack in the order they came."""
    walk.encoding = entry_encoding(e)
    walk.value = entry_pointer(e)
    walk.i = 0
    if walk.encoding == ENCODING_LISTPACK:
        walk.p = listpack_first(set_listpack(e))
    elif walk.encoding == ENCODING_HASHTABLE:
        table_walk(address(walk.table), set_table(e))
        walk.ahead_count = table_walk_next(address(walk.table), walk.ahead, MEMBERS)


def set_walk_next(walk, members):
    """The next members, MEMBERS at most; how many, 0 at the end."""
    n: cython.int = 0
    s: Intset
    if walk.encoding == ENCODING_HASHTABLE:
        for n in range(walk.ahead_count):
            member_of_entry(address(members[n]), walk.ahead[n])
        n = walk.ahead_count
        walk.ahead_count = table_walk_next(address(walk.table), walk.ahead, MEMBERS)
    elif walk.encoding == ENCODING_LISTPACK:
        while n < MEMBERS and walk.p != NULL:
            member_of_item(address(members[n]), walk.p)
            walk.p = listpack_next(walk.p)
            n += 1
    else:
        s = cast(Intset, walk.value)
        while n < MEMBERS and walk.i < intset_count(s):
            member_at(address(members[n]), ENCODING_INTSET, cast(uint64_t, intset_at(s, walk.i)))
            walk.i += 1
            n += 1
    return n
