"""Unions, intersections and differences of sorted sets: ZUNION, ZINTER, ZDIFF, the same with STORE, ZINTERCARD.

The sources may be sorted sets or sets. Where order does not matter they are taken from the smallest to the largest,
which is less work, and decides in which order scores are added up. Results are built apart from the database and put in
place at the end: the destination may be one of the sources.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.sorted_set import REPLY_FLAT, reply_form, reply_stored_member
from cython.cimports.kvik.commands.sorted_set_store import store_result
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_SET, TYPE_SORTED_SET, entry_type
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.member import member_score, member_set_score
from cython.cimports.kvik.engine.table import table_prefetch_bucket, table_prefetch_entry
from cython.cimports.kvik.engine.text import is_word, parse_double, parse_integer
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lookup import check_type, lookup_read
from cython.cimports.kvik.keyspace.set_value import member_hash, member_text
from cython.cimports.kvik.keyspace.sorted_set_builder import (
    builder_add,
    builder_free,
    builder_index,
    builder_init,
    builder_sort,
)
from cython.cimports.kvik.keyspace.sorted_set_sources import (
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    AGGREGATE_SUM,
    aggregated,
    source_drop,
    source_keep,
    source_of,
    source_walk,
    source_walk_next,
)
from cython.cimports.kvik.keyspace.sorted_set_value import large_find
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_error_slice, reply_integer
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdio import snprintf

# --- reading arguments -----------------------------------------------------------------------------------------------


def read_algebra(call, i, algebra):
    """`numkeys key ...` and the options behind them, from argv[i] on. False: answered; there is nothing to free."""
    algebra.aggregate = AGGREGATE_SUM
    algebra.with_scores = False
    algebra.limit = 0
    if not read_sources(call, i, algebra):
        return False
    if read_algebra_words(call, i + 1 + algebra.count, algebra):
        return True
    free_sources(call, algebra)
    return False


def read_sources(call, i, algebra):
    """The sets and sorted sets of `numkeys key ...`."""
    numkeys: int64_t = 0
    text: cython.char[128]
    e: EntryPtr
    k: cython.int
    if not read_integer(call, i, address(numkeys)):
        return False
    if numkeys < 1:
        k = snprintf(text, 128, "ERR at least 1 input key is needed for '%s' command", call.command.name)
        reply_error_slice(call.client, text, k)
        return False
    if numkeys > call.argc - i - 1:
        reply_syntax_error(call)
        return False
    algebra.count = cast(cython.int, numkeys)
    algebra.sources = cast(SourcePtr, heap_alloc(call.keyspace.heap, cast(cython.size_t, numkeys) * sizeof(Source)))
    if algebra.sources == NULL:
        reply_memory(call)
        return False
    for k in range(algebra.count):
        e = lookup_read(call, i + 1 + k, call_hash(call, i + 1 + k))
        if e != NULL and entry_type(e) != TYPE_SET and not check_type(call, e, TYPE_SORTED_SET):
            free_sources(call, algebra)
            return False
        source_of(address(algebra.sources[k]), e)
    return True


def read_algebra_words(call, i, algebra):
    """The options from argv[i] on."""
    weighted: cython.bint = algebra.operation == UNION or algebra.operation == INTERSECTION
    left: cython.int
    a: SlicePtr
    while i < call.argc:
        left = call.argc - i
        a = address(call.argv[i])
        if weighted and left > algebra.count and is_word(a, "weights"):
            if not read_weights(call, i + 1, algebra):
                return False
            i += 1 + algebra.count
        elif weighted and left > 1 and is_word(a, "aggregate"):
            if not read_aggregate(call, address(call.argv[i + 1]), algebra):
                return False
            i += 2
        elif algebra.operation != COUNT and not algebra.store and is_word(a, "withscores"):
            algebra.with_scores = True
            i += 1
        elif algebra.operation == COUNT and left > 1 and is_word(a, "limit"):
            if not read_limit(call, i + 1, address(algebra.limit)):
                return False
            i += 2
        else:
            reply_syntax_error(call)
            return False
    return True


def read_weights(call, i, algebra):
    k: cython.int
    for k in range(algebra.count):
        if not parse_double(call.argv[i + k].p, call.argv[i + k].n, address(algebra.sources[k].weight)):
            reply_error(call.client, "ERR weight value is not a float")
            return False
    return True


def read_aggregate(call, word, algebra):
    if is_word(word, "sum"):
        algebra.aggregate = AGGREGATE_SUM
    elif is_word(word, "min"):
        algebra.aggregate = AGGREGATE_MIN
    elif is_word(word, "max"):
        algebra.aggregate = AGGREGATE_MAX
    else:
        reply_syntax_error(call)
        return False
    return True


def read_limit(call, i, limit):
    """argv[i] as a limit; 0 is none."""
    value: int64_t = 0
    if not parse_integer(call.argv[i].p, call.argv[i].n, address(value)) or value < 0:
        reply_error(call.client, "ERR LIMIT can't be negative")
        return False
    limit[0] = cast(uint64_t, value)
    return True


def free_sources(call, algebra):
    heap_free(call.keyspace.heap, algebra.sources, cast(cython.size_t, algebra.count) * sizeof(Source))


# --- the work --------------------------------------------------------------------------------------------------------


def smallest_first(algebra):
    """Sort the sources by their number of members; those with as many stay in the order in which they were named."""
    i: cython.int
    j: cython.int
    source: Source
    for i in range(1, algebra.count):
        source = algebra.sources[i]
        j = i
        while j > 0 and algebra.sources[j - 1].count > source.count:
            algebra.sources[j] = algebra.sources[j - 1]
            j -= 1
        algebra.sources[j] = source


def unite(algebra, result):
    """All members of all sources, smallest first."""
    walk: SourceWalk
    members: Member[32]
    scores: cython.double[32]
    n: cython.int
    i: cython.int
    if algebra.count > 1 and not builder_index(result, algebra.sources[algebra.count - 1].count):
        return
    for i in range(algebra.count):
        source_walk(address(walk), address(algebra.sources[i]))
        while not result.failed:
            n = source_walk_next(address(walk), members, scores)
            if n == 0:
                break
            if algebra.count > 1:
                unite_batch(algebra, result, members, scores, n, i > 0)
            else:
                add_all(result, members, scores, n)


def unite_batch(algebra, result, members, scores, n, known):
    """Add these members, or aggregate their scores where they are there; not `known`: none of them is."""
    scratch: cython.char[24]
    text: Slice
    h: uint64_t
    m: EntryPtr
    i: cython.int
    for i in range(n):
        table_prefetch_bucket(address(result.set.members), member_hash(result.key, address(members[i])))
    for i in range(n if known else 0):
        table_prefetch_entry(address(result.set.members), members[i].hash)
    for i in range(n):
        text = member_text(address(members[i]), scratch)
        h = members[i].hash
        m = large_find(result.set, text.p, text.n, h) if known else cast(EntryPtr, NULL)
        if m == NULL:
            builder_add(result, address(text), h, scores[i])
        else:
            member_set_score(m, aggregated(algebra.aggregate, member_score(m), scores[i]))


def keep_common(algebra, members, scores, n):
    """Of these members of the first source, keep those that are in all others. How many that are."""
    j: cython.int
    for j in range(1, algebra.count):
        if n == 0:
            break
        n = source_keep(address(algebra.sources[j]), members, scores, n, algebra.aggregate)
    return n


def intersect(algebra, result):
    """The members that all sources have."""
    walk: SourceWalk
    members: Member[32]
    scores: cython.double[32]
    n: cython.int
    source_walk(address(walk), address(algebra.sources[0]))
    while not result.failed:
        n = source_walk_next(address(walk), members, scores)
        if n == 0:
            return
        add_all(result, members, scores, keep_common(algebra, members, scores, n))


def subtract(algebra, result):
    """The members of the first source that no other has."""
    walk: SourceWalk
    members: Member[32]
    scores: cython.double[32]
    n: cython.int
    j: cython.int
    source_walk(address(walk), address(algebra.sources[0]))
    while not result.failed:
        n = source_walk_next(address(walk), members, scores)
        if n == 0:
            return
        for j in range(1, algebra.count):
            if n == 0:
                break
            n = source_drop(address(algebra.sources[j]), members, scores, n)
        add_all(result, members, scores, n)


def add_all(result, members, scores, n):
    """Add members that are not there; nobody will look for them."""
    scratch: cython.char[24]
    text: Slice
    i: cython.int
    for i in range(n):
        text = member_text(address(members[i]), scratch)
        builder_add(result, address(text), 0, scores[i])


def count_common(algebra):
    """How many members all sources have, up to the limit."""
    walk: SourceWalk
    members: Member[32]
    scores: cython.double[32]
    total: uint64_t = 0
    n: cython.int
    source_walk(address(walk), address(algebra.sources[0]))
    while algebra.limit == 0 or total < algebra.limit:
        n = source_walk_next(address(walk), members, scores)
        if n == 0:
            return total
        total += keep_common(algebra, members, scores, n)
    return algebra.limit


# --- commands --------------------------------------------------------------------------------------------------------


def zunion_command(call):
    run_algebra(call, UNION, False, NULL)


def zinter_command(call):
    run_algebra(call, INTERSECTION, False, NULL)


def zdiff_command(call):
    run_algebra(call, DIFFERENCE, False, NULL)


def zunionstore_command(call):
    run_algebra(call, UNION, True, "zunionstore")


def zinterstore_command(call):
    run_algebra(call, INTERSECTION, True, "zinterstore")


def zdiffstore_command(call):
    run_algebra(call, DIFFERENCE, True, "zdiffstore")


def zintercard_command(call):
    algebra: Algebra
    algebra.operation = COUNT
    algebra.store = False
    if not read_algebra(call, 1, address(algebra)):
        return
    smallest_first(address(algebra))
    reply_integer(call.client, count_common(address(algebra)))
    free_sources(call, address(algebra))


def run_algebra(call, operation, store, event):
    algebra: Algebra
    result: SortedSetBuilder
    algebra.operation = operation
    algebra.store = store
    if not read_algebra(call, 2 if store else 1, address(algebra)):
        return
    builder_init(address(result), call.keyspace.heap, address(call.keyspace.hash_key))
    if operation == DIFFERENCE:
        subtract(address(algebra), address(result))
    else:
        smallest_first(address(algebra))
        if operation == UNION:
            unite(address(algebra), address(result))
        else:
            intersect(address(algebra), address(result))
    free_sources(call, address(algebra))
    if store:
        store_result(call, address(result), event)
    elif result.failed or not builder_sort(address(result)):
        reply_memory(call)
    else:
        reply_members(call, address(result), algebra.with_scores)
    builder_free(address(result))


def reply_members(call, result, with_scores):
    form: cython.int = reply_form(call, with_scores)
    i: cython.size_t
    reply_array(call.client, result.count * 2 if form == REPLY_FLAT else result.count)
    for i in range(result.count):
        reply_stored_member(call, result.members[i], form)
