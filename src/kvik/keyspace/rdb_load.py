"""Reading values as RDB files and DUMP payloads hold them, in every form that Redis up to 8.2 and Valkey 9.1 write.

What is there comes from outside. Nodes of lists, blocks of streams, intsets and listpacks are checked and taken over as
they are where they are what would have been made here (rdb_sound.py); everything else, ziplists and zipmaps of old files
included, is put in element by element, so that its form is the one it would have had. Elements that stand twice are
damage.

A function that fails says so by its result; the reason stands in the source (`source_fail`).
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.engine.entry import (
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    ENCODING_QUICKLIST,
    ENCODING_STREAM,
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STREAM,
    entry_encoding,
    entry_free,
    entry_new,
    entry_pointer,
    entry_set_clock,
    entry_set_kind,
    entry_set_word,
    entry_type,
    raw_free,
    raw_new,
)
from cython.cimports.kvik.engine.heap import heap_alloc
from cython.cimports.kvik.engine.intrinsics import load32
from cython.cimports.kvik.engine.intset import intset_at, intset_is_valid
from cython.cimports.kvik.engine.listpack import (
    item_text,
    listpack_count,
    listpack_first,
    listpack_free,
    listpack_is_valid,
    listpack_new,
    listpack_next,
    listpack_text,
)
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.quicklist import (
    fits_node,
    quicklist_append_node,
    quicklist_new,
    quicklist_push,
    quicklist_settle,
    quicklist_smallest,
)
from cython.cimports.kvik.engine.quicklist_node import NODE_ELEMENTS_MAX, node_of_listpack, node_of_raw
from cython.cimports.kvik.engine.rdb_format import (
    RDB_HASH,
    RDB_HASH_2,
    RDB_HASH_LISTPACK,
    RDB_HASH_LISTPACK_EX,
    RDB_HASH_METADATA,
    RDB_HASH_ZIPLIST,
    RDB_HASH_ZIPMAP,
    RDB_LIST,
    RDB_LIST_QUICKLIST,
    RDB_LIST_QUICKLIST_2,
    RDB_LIST_ZIPLIST,
    RDB_MODULE,
    RDB_MODULE_2,
    RDB_NODE_PACKED,
    RDB_NODE_PLAIN,
    RDB_SET,
    RDB_SET_INTSET,
    RDB_SET_LISTPACK,
    RDB_STREAM,
    RDB_STREAM_2,
    RDB_STREAM_3,
    RDB_STRING,
    RDB_ZSET,
    RDB_ZSET_2,
    RDB_ZSET_LISTPACK,
    RDB_ZSET_ZIPLIST,
    rdb_get_double,
    rdb_get_float,
    rdb_get_length,
    rdb_get_string,
    scratch_free,
    scratch_room,
)
from cython.cimports.kvik.engine.source import source_fail
from cython.cimports.kvik.engine.text import parse_double
from cython.cimports.kvik.engine.ziplist import ziplist_open, ziplist_read, ziplist_read_pair
from cython.cimports.kvik.keyspace.fields import fields_deadline
from cython.cimports.kvik.keyspace.hash_value import has_fields, hash_fields, hash_new
from cython.cimports.kvik.keyspace.rdb_load_hash import (
    load_hash,
    load_hash_listpack,
    load_hash_metadata,
    load_hash_ziplist,
    load_hash_zipmap,
)
from cython.cimports.kvik.keyspace.rdb_load_stream import load_stream
from cython.cimports.kvik.keyspace.rdb_sound import is_sound
from cython.cimports.kvik.keyspace.set_value import member_of, member_of_integer, set_add, set_form, value_new
from cython.cimports.kvik.keyspace.sorted_set_builder import (
    builder_add,
    builder_finish,
    builder_free,
    builder_init,
    builder_reverse,
)
from cython.cimports.kvik.keyspace.sorted_set_value import (
    ADDED_FAILED,
    ADDED_MEMBER,
    sorted_set_add,
    sorted_set_count,
    sorted_set_is_small,
)
from cython.cimports.kvik.keyspace.values import string_entry, value_free
from cython.cimports.libc.math import isnan
from cython.cimports.libc.stdint import uint32_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memcpy


def rdb_load_value(r, kind, key, expiry):
    """An entry of its own with the value of RDB type `kind` that the source holds. NULL: the source has failed."""
    e: EntryPtr
    heap: HeapPtr = r.ks.heap
    limits: EncodingLimitsPtr = address(r.ks.limits)
    good: cython.bint
    if kind == RDB_STRING:
        return load_string(r, key, expiry)
    e = entry_new(heap, key.p, key.n, expiry, True, 0)
    if e == NULL:
        fail(r, "out of memory")
        return NULL
    entry_set_clock(e, r.ks.lru_clock)
    if kind in (RDB_LIST, RDB_LIST_ZIPLIST, RDB_LIST_QUICKLIST, RDB_LIST_QUICKLIST_2):
        good = give(r, e, TYPE_LIST, ENCODING_QUICKLIST,
                    quicklist_new(heap, limits.list_max_listpack_size, limits.list_compress_depth))
    elif kind in (RDB_SET, RDB_SET_INTSET, RDB_SET_LISTPACK):
        good = give(r, e, TYPE_SET, ENCODING_LISTPACK, listpack_new(heap))
    elif kind in (RDB_ZSET, RDB_ZSET_2, RDB_ZSET_ZIPLIST, RDB_ZSET_LISTPACK):
        good = give(r, e, TYPE_SORTED_SET, ENCODING_LISTPACK, listpack_new(heap))
    elif kind in (RDB_HASH, RDB_HASH_2, RDB_HASH_METADATA, RDB_HASH_LISTPACK, RDB_HASH_LISTPACK_EX, RDB_HASH_ZIPLIST,
                  RDB_HASH_ZIPMAP):
        good = give(r, e, TYPE_HASH, ENCODING_LISTPACK, hash_new(heap))
    elif kind in (RDB_STREAM, RDB_STREAM_2, RDB_STREAM_3):
        good = give(r, e, TYPE_STREAM, ENCODING_STREAM, load_stream(heap, r.source, address(r.first), kind))
    elif kind in (RDB_MODULE, RDB_MODULE_2):
        good = fail(r, "a value of a module, which this server does not have")
    else:
        good = fail(r, "a value of unknown type")
    if not good:
        entry_free(heap, e)
        return NULL
    if entry_type(e) == TYPE_STREAM or load_into(r, kind, e):
        if has_fields(e):
            hash_fields(e).listed = fields_deadline(hash_fields(e))
        return e
    value_free(heap, e, False)
    entry_free(heap, e)
    fail(r, "a damaged value")
    return NULL


def rdb_loader_free(r):
    """Free what reading has gathered; the source is the caller's."""
    scratch_free(address(r.first))
    scratch_free(address(r.second))


def set_usage(ks, e, idle, frequency):
    """When e was last used (seconds ago), or how often; -1: not known. What the server does not go by is ignored."""
    if frequency != -1 and ks.lfu:
        entry_set_clock(e, (ks.lru_clock & 0xFFFF00) | cast(uint32_t, frequency))
    elif idle != -1 and not ks.lfu:
        entry_set_clock(e, cast(uint32_t, (ks.lru_clock - idle) & 0xFFFFFF))


def fail(r, error):
    return source_fail(r.source, error)


def give(r, e, kind, encoding, value):
    """Let e have this value. False: it is NULL, there was no memory for it or nothing to read."""
    if value == NULL:
        return fail(r, "out of memory")
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, kind, encoding)
    return True


def load_into(r, kind, e):
    """Fill the empty collection e."""
    if kind == RDB_LIST:
        return load_list(r, e)
    if kind == RDB_LIST_ZIPLIST:
        return load_list_ziplist(r, e)
    if kind == RDB_LIST_QUICKLIST or kind == RDB_LIST_QUICKLIST_2:
        return load_list_nodes(r, e, kind == RDB_LIST_QUICKLIST)
    if kind == RDB_SET:
        return load_set(r, e)
    if kind == RDB_SET_INTSET:
        return load_set_intset(r, e)
    if kind == RDB_SET_LISTPACK:
        return load_set_listpack(r, e)
    if kind == RDB_ZSET or kind == RDB_ZSET_2:
        return load_zset(r, e, kind == RDB_ZSET)
    if kind == RDB_ZSET_LISTPACK:
        return load_zset_listpack(r, e)
    if kind == RDB_ZSET_ZIPLIST:
        return load_zset_ziplist(r, e)
    if kind == RDB_HASH or kind == RDB_HASH_2:
        return load_hash(r, e, kind)
    if kind == RDB_HASH_METADATA:
        return load_hash_metadata(r, e)
    if kind == RDB_HASH_ZIPLIST:
        return load_hash_ziplist(r, e)
    if kind == RDB_HASH_ZIPMAP:
        return load_hash_zipmap(r, e)
    return load_hash_listpack(r, e, 2 if kind == RDB_HASH_LISTPACK else 3)


def keep_block(r, e, s, encoding):
    """The collection is what s holds, in this form, instead of the empty one that it is."""
    block: cython.p_char = cast(cython.p_char, heap_alloc(r.ks.heap, s.n))
    if block == NULL:
        return fail(r, "out of memory")
    memcpy(block, s.p, s.n)
    value_free(r.ks.heap, e, False)
    return give(r, e, entry_type(e), encoding, block)


def take_string(r, s):
    """The next string, good until the next one is taken."""
    return rdb_get_string(r.source, address(r.first), s)


def take_kept(r, s):
    """The next string, good while one more is taken."""
    p: cython.p_char
    if not rdb_get_string(r.source, address(r.first), s):
        return False
    p = scratch_room(address(r.second), s.n + 1)
    if p == NULL:
        return fail(r, "out of memory")
    memcpy(p, s.p, s.n)
    s.p = p
    return True


def load_string(r, key, expiry):
    s: Slice
    e: EntryPtr
    if not take_string(r, address(s)):
        return NULL
    e = string_entry(r.ks.heap, key.p, key.n, expiry, s.p, s.n)
    if e == NULL:
        fail(r, "out of memory")
        return NULL
    entry_set_clock(e, r.ks.lru_clock)
    return e


# --- lists -----------------------------------------------------------------------------------------------------------


def load_list(r, e):
    n: uint64_t = 0
    q: QuicklistPtr = cast(QuicklistPtr, entry_pointer(e))
    s: Slice
    if not rdb_get_length(r.source, address(n)):
        return False
    while n > 0:
        if not take_string(r, address(s)) or not list_push(r, q, address(s)):
            return False
        n -= 1
    return list_settled(r, e)


def list_push(r, q, s):
    if not quicklist_push(r.ks.heap, q, s, False):
        return fail(r, "out of memory")
    return True


def list_settled(r, e):
    """A list that has been read gets its small form if that fits. False: it is empty."""
    q: QuicklistPtr = cast(QuicklistPtr, entry_pointer(e))
    value: cython.p_void
    encoding: cython.int = 0
    if q.count == 0:
        return fail(r, "an empty list")
    quicklist_settle(r.ks.heap, q)
    value = quicklist_smallest(r.ks.heap, q, address(encoding))
    if value == NULL:
        return fail(r, "out of memory")
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_LIST, encoding)
    return True


def load_list_ziplist(r, e):
    s: Slice
    return take_string(r, address(s)) and push_ziplist(r, cast(QuicklistPtr, entry_pointer(e)), address(s)) \
        and list_settled(r, e)


def push_ziplist(r, q, s):
    reader: PackedReader
    item: Item
    scratch: cython.char[24]
    text: Slice
    if not ziplist_open(address(reader), s.p, s.n):
        return fail(r, "a damaged ziplist")
    while ziplist_read(address(reader), address(item)):
        text = item_text(address(item), scratch)
        if not list_push(r, q, address(text)):
            return False
    return not reader.damaged or fail(r, "a damaged ziplist")


def load_list_nodes(r, e, old):
    """Nodes: ziplists in `old` files, listpacks or single elements in newer ones."""
    n: uint64_t = 0
    q: QuicklistPtr = cast(QuicklistPtr, entry_pointer(e))
    s: Slice
    if not rdb_get_length(r.source, address(n)):
        return False
    if n == 1 and not old:
        return load_only_node(r, e)
    while n > 0:
        if old and not (take_string(r, address(s)) and push_ziplist(r, q, address(s))):
            return False
        if not old and not load_list_node(r, q):
            return False
        n -= 1
    return list_settled(r, e)


def load_only_node(r, e):
    """A list of one node, which mostly is a small list."""
    container: uint64_t = 0
    count: cython.size_t = 0
    q: QuicklistPtr = cast(QuicklistPtr, entry_pointer(e))
    s: Slice
    if not rdb_get_length(r.source, address(container)) or not take_string(r, address(s)):
        return False
    if container == RDB_NODE_PACKED and listpack_is_valid(s.p, s.n, address(count)) and count > 0 \
            and fits_node(q.fill, s.n, count):
        return keep_block(r, e, address(s), ENCODING_LISTPACK)
    return add_node(r, q, container, address(s)) and list_settled(r, e)


def load_list_node(r, q):
    container: uint64_t = 0
    s: Slice
    return rdb_get_length(r.source, address(container)) and take_string(r, address(s)) \
        and add_node(r, q, container, address(s))


def add_node(r, q, container, s):
    lp: Listpack
    raw: RawPtr
    node: NodePtr = NULL
    if container == RDB_NODE_PLAIN:
        raw = raw_new(r.ks.heap, s.n)
        if raw != NULL:
            raw.length = s.n
            memcpy(raw.data, s.p, s.n)
            node = node_of_raw(r.ks.heap, raw)
            if node == NULL:
                raw_free(r.ks.heap, raw)
        if node == NULL:
            return fail(r, "out of memory")
        quicklist_append_node(q, node)
        return True
    if container != RDB_NODE_PACKED:
        return fail(r, "a node of a list of unknown form")
    lp = take_listpack(r, s)
    if lp == NULL:
        return False
    if listpack_first(lp) == NULL:
        listpack_free(r.ks.heap, lp)        # an empty node, which is no damage
        return True
    if listpack_count(lp) > NODE_ELEMENTS_MAX:
        return push_listpack(r, q, lp)
    node = node_of_listpack(r.ks.heap, lp)
    if node == NULL:
        listpack_free(r.ks.heap, lp)
        return fail(r, "out of memory")
    quicklist_append_node(q, node)
    return True


def push_listpack(r, q, lp):
    """The elements of a listpack that has too many of them for a node. Owns it."""
    scratch: cython.char[24]
    text: Slice
    good: cython.bint = True
    p: cython.p_char = listpack_first(lp)
    while p != NULL and good:
        text = listpack_text(p, scratch)
        good = list_push(r, q, address(text))
        p = listpack_next(p)
    listpack_free(r.ks.heap, lp)
    return good


def take_listpack(r, s):
    """A copy of the listpack s, which is found to be one; NULL if not."""
    count: cython.size_t = 0
    lp: Listpack
    if not listpack_is_valid(s.p, s.n, address(count)):
        fail(r, "a damaged listpack")
        return NULL
    lp = cast(Listpack, heap_alloc(r.ks.heap, s.n))
    if lp == NULL:
        fail(r, "out of memory")
        return NULL
    memcpy(lp, s.p, s.n)
    return lp


# --- sets ------------------------------------------------------------------------------------------------------------


def set_context(r, context):
    context.heap = r.ks.heap
    context.hash_key = address(r.ks.hash_key)
    context.limits = address(r.ks.limits)
    context.expected = 0
    context.failed = False


def set_put(r, context, e, s):
    """Add a member, which must be new. The first one decides on the set's form."""
    m: Member
    member_of(address(m), s)
    return set_put_member(r, context, e, address(m))


def set_put_member(r, context, e, m):
    if set_add(context, e, m):
        return True
    return fail(r, "out of memory" if context.failed else "a member of a set stands there twice")


def set_begin(r, context, e, m, expected):
    """Give the empty set the form that fits its first member, and how many there will be."""
    encoding: cython.int = set_form(context, m, expected)
    value: cython.p_void
    if encoding == entry_encoding(e):
        return True
    context.expected = expected if expected < EXPECTED_MAX else EXPECTED_MAX
    value = value_new(context, encoding)
    if value == NULL:
        return fail(r, "out of memory")
    value_free(r.ks.heap, e, False)
    entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
    entry_set_kind(e, TYPE_SET, encoding)
    return True


def load_set(r, e):
    n: uint64_t = 0
    i: uint64_t
    s: Slice
    m: Member
    context: SetContext
    set_context(r, address(context))
    if not rdb_get_length(r.source, address(n)):
        return False
    for i in range(n):
        if not take_string(r, address(s)):
            return False
        member_of(address(m), address(s))
        if i == 0 and not set_begin(r, address(context), e, address(m), n):
            return False
        if not set_put_member(r, address(context), e, address(m)):
            return False
    return n > 0 or fail(r, "an empty set")


def load_set_intset(r, e):
    s: Slice
    i: uint32_t
    m: Member
    context: SetContext
    set_context(r, address(context))
    if not take_string(r, address(s)):
        return False
    if not intset_is_valid(s.p, s.n) or load32(s.p + 4) == 0:
        return fail(r, "a damaged intset")
    if load32(s.p + 4) <= r.ks.limits.set_max_intset_entries:
        return keep_block(r, e, address(s), ENCODING_INTSET)
    for i in range(load32(s.p + 4)):
        member_of_integer(address(m), intset_at(s.p, i))
        if i == 0 and not set_begin(r, address(context), e, address(m), load32(s.p + 4)):
            return False
        if not set_put_member(r, address(context), e, address(m)):
            return False
    return True


def load_set_listpack(r, e):
    scratch: cython.char[24]
    count: cython.size_t = 0
    s: Slice
    text: Slice
    p: cython.p_char
    context: SetContext
    set_context(r, address(context))
    if not take_string(r, address(s)):
        return False
    if not listpack_is_valid(s.p, s.n, address(count)) or count == 0:
        return fail(r, "a damaged listpack")
    if is_sound(address(r.ks.hash_key), s.p, count, 1, False,
                r.ks.limits.set_max_listpack_entries, r.ks.limits.set_max_listpack_value):
        return keep_block(r, e, address(s), ENCODING_LISTPACK)
    p = listpack_first(s.p)
    while p != NULL:
        text = listpack_text(p, scratch)
        if not set_put(r, address(context), e, address(text)):
            return False
        p = listpack_next(p)
    return True


# --- sorted sets -----------------------------------------------------------------------------------------------------


def zset_rules(r, rules):
    rules.heap = r.ks.heap
    rules.key = address(r.ks.hash_key)
    rules.max_entries = r.ks.limits.zset_max_listpack_entries
    rules.max_value = r.ks.limits.zset_max_listpack_value


def zset_put(r, rules, e, member, score):
    result: cython.double = 0
    outcome: cython.int
    if isnan(score):
        return fail(r, "a score that is no number")
    outcome = sorted_set_add(rules, e, member, score, 0, address(result))
    if outcome == ADDED_MEMBER:
        return True
    return fail(r, "out of memory" if outcome == ADDED_FAILED else "a member of a sorted set stands there twice")


def load_zset(r, e, as_text):
    n: uint64_t = 0
    i: uint64_t
    score: cython.double = 0
    s: Slice
    rules: SortedSetRules
    zset_rules(r, address(rules))
    if not rdb_get_length(r.source, address(n)):
        return False
    if not sorted_set_is_small(address(rules), n, 0):
        return load_large_zset(r, e, as_text, n)
    for i in range(n):
        if not take_scored(r, as_text, address(s), address(score)):
            return False
        if not zset_put(r, address(rules), e, address(s), score):
            return False
    return n > 0 or fail(r, "an empty sorted set")


def take_scored(r, as_text, s, score):
    """A member and its score."""
    if not take_kept(r, s):
        return False
    if not (rdb_get_float(r.source, score) if as_text else rdb_get_double(r.source, score)):
        return False
    return not isnan(score[0]) or fail(r, "a score that is no number")


def load_large_zset(r, e, as_text, n):
    """All members at once: they are in descending order where they come from."""
    i: uint64_t = 0
    encoding: cython.int = 0
    score: cython.double = 0
    s: Slice
    rules: SortedSetRules
    b: SortedSetBuilder
    value: cython.p_void = NULL
    zset_rules(r, address(rules))
    builder_init(address(b), r.ks.heap, address(r.ks.hash_key))
    b.distrusts = True
    while i < n and not b.failed and take_scored(r, as_text, address(s), address(score)):
        builder_add(address(b), address(s), 0, score)
        i += 1
    if i == n and not b.failed:
        if b.count > 1 and member_score(b.members[0]) >= member_score(b.members[b.count - 1]):
            builder_reverse(address(b))
        value = builder_finish(address(b), address(rules), address(encoding))
    if b.repeats:
        fail(r, "a member of a sorted set stands there twice")
    elif b.failed:
        fail(r, "out of memory")
    builder_free(address(b))
    if value == NULL:
        return False
    value_free(r.ks.heap, e, False)
    return give(r, e, TYPE_SORTED_SET, encoding, value)


def load_zset_listpack(r, e):
    scratch: cython.char[48]
    count: cython.size_t = 0
    score: cython.double = 0
    s: Slice
    member: Slice
    number: Slice
    p: cython.p_char
    rules: SortedSetRules
    zset_rules(r, address(rules))
    if not take_string(r, address(s)):
        return False
    if not listpack_is_valid(s.p, s.n, address(count)) or count == 0 or count % 2 == 1:
        return fail(r, "a damaged listpack")
    if is_sound(address(r.ks.hash_key), s.p, count, 2, True, rules.max_entries, rules.max_value):
        return keep_block(r, e, address(s), ENCODING_LISTPACK)
    p = listpack_first(s.p)
    while p != NULL:
        member = listpack_text(p, scratch)
        p = listpack_next(p)
        number = listpack_text(p, cast(cython.p_char, scratch) + 24)
        p = listpack_next(p)
        if not score_of(address(number), address(score)):
            return fail(r, "a score that is no number")
        if not zset_put(r, address(rules), e, address(member), score):
            return False
    return True


def score_of(s, score):
    return parse_double(s.p, s.n, score)


def load_zset_ziplist(r, e):
    scratch: cython.char[48]
    score: cython.double = 0
    s: Slice
    text: Slice
    number: Slice
    reader: PackedReader
    rules: SortedSetRules
    zset_rules(r, address(rules))
    if not take_string(r, address(s)) or not ziplist_open(address(reader), s.p, s.n):
        return fail(r, "a damaged ziplist")
    while ziplist_read_pair(address(reader), address(text), address(number), scratch):
        if not score_of(address(number), address(score)):
            return fail(r, "a score that is no number")
        if not zset_put(r, address(rules), e, address(text), score):
            return False
    return (not reader.damaged and sorted_set_count(e) > 0) or fail(r, "a damaged ziplist")
