"""Commands about several sets: intersections, unions, differences, answered or stored.

What SINTER and SDIFF answer is a part of one set. They walk through it in batches, and each batch goes through the other
sets in turn (`set_filter`), which keep what is in them or what is not: so a member's hash is taken once for all sets, and
the cache misses of a batch run side by side. What passes is noted as one word a member.

A union, and a difference of much less than there is, are built as a set first. What is to be stored is built apart from
the database and put in place at the end: the destination may be one of the sources. Its form comes from how Valkey builds
it: an intersection begins as a listpack, or an intset if the smallest set is one, and becomes an intset if all its members
are integers; unions and differences begin as an intset.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import reply_syntax_error
from cython.cimports.kvik.commands.collections import delete_destination, read_collection, store_collection
from cython.cimports.kvik.commands.set import reply_member, reply_members, set_context
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import (
    ENCODING_HASHTABLE,
    ENCODING_INTSET,
    ENCODING_LISTPACK,
    TYPE_SET,
    entry_encoding,
)
from cython.cimports.kvik.engine.heap import doubled, heap_alloc, heap_double, heap_free
from cython.cimports.kvik.engine.intrinsics import prefetch
from cython.cimports.kvik.engine.text import is_word, parse_integer
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lazy_free import free_entry_here, lazy_release
from cython.cimports.kvik.keyspace.lookup import prefetch_keys
from cython.cimports.kvik.keyspace.set_value import (
    MEMBERS,
    intset_max,
    member_at,
    member_is_integer,
    set_add,
    set_add_new,
    set_count,
    set_filter,
    set_new,
    set_prefetch,
    set_remove,
    set_walk,
    set_walk_next,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SET
from cython.cimports.kvik.wire.reply import reply_error, reply_integer, reply_set
from cython.cimports.libc.stdint import int64_t, uint64_t, uintptr_t
from cython.cimports.libc.string import memset

# --- the sets --------------------------------------------------------------------------------------------------------


def read_sources(call, first, count, sources):
    """The sets of the keys argv[first], ... False: one has another type, or memory is short; that was answered."""
    ahead: Prefetched
    at: cython.int = first
    i: cython.int
    sources.heap = call.keyspace.heap
    sources.count = 0
    sources.missing = 0
    sources.sets = sources.few
    if count > FEW_SETS:
        sources.sets = cast(EntryPtrPtr, heap_alloc(sources.heap, cast(cython.size_t, count) * sizeof(EntryPtr)))
        if sources.sets == NULL:
            reply_memory(call)
            return False
    while at < first + count:
        prefetch_keys(call, address(ahead), at, 1, first + count)
        for i in range(ahead.count):
            if not read_source(call, at + i, ahead.hashes[i], sources):
                sources.count = count       # it is what the list was made for
                free_sources(sources)
                return False
        at += ahead.count
    return True


def read_source(call, i, h, sources):
    if not read_collection(call, i, h, TYPE_SET, address(sources.sets[sources.count])):
        return False
    if sources.sets[sources.count] == NULL:
        sources.missing += 1
    sources.count += 1
    return True


def free_sources(sources):
    if sources.count > FEW_SETS:
        heap_free(sources.heap, sources.sets, cast(cython.size_t, sources.count) * sizeof(EntryPtr))


def by_count(a, b):
    x: cython.size_t = set_count(cast(EntryPtrPtr, a)[0])
    y: cython.size_t = set_count(cast(EntryPtrPtr, b)[0])
    return (1 if x > y else 0) - (1 if x < y else 0)


def by_count_down(a, b):
    """Keys that are not there come last."""
    x: cython.size_t = 0
    y: cython.size_t = 0
    if cast(EntryPtrPtr, a)[0] != NULL:
        x = set_count(cast(EntryPtrPtr, a)[0])
    if cast(EntryPtrPtr, b)[0] != NULL:
        y = set_count(cast(EntryPtrPtr, b)[0])
    return (1 if x < y else 0) - (1 if x > y else 0)


def smallest_first(sources):
    """In order of size: the first of the smallest sets, then the others."""
    smallest: cython.int = 0
    i: cython.int
    e: EntryPtr
    for i in range(1, sources.count):
        if set_count(sources.sets[i]) < set_count(sources.sets[smallest]):
            smallest = i
    e = sources.sets[smallest]
    sources.sets[smallest] = sources.sets[0]
    sources.sets[0] = e
    qsort(sources.sets + 1, sources.count - 1, sizeof(EntryPtr), by_count)


# --- what was found --------------------------------------------------------------------------------------------------


def results_init(results, call):
    memset(results, 0, sizeof(Results))
    results.heap = call.keyspace.heap
    results.enough -= 1


def results_add(results, members, count):
    i: cython.int
    grown: WordPtr
    if not results.counted:
        if results.count + count > results.capacity:
            grown = cast(WordPtr, heap_double(
                results.heap, results.words, results.capacity, 2 * MEMBERS, sizeof(uint64_t)))
            if grown == NULL:
                results.failed = True
                return
            results.words = grown
            results.capacity = doubled(results.capacity, 2 * MEMBERS)
        for i in range(count):
            results.words[results.count + i] = members[i].word
    results.count += count


def results_free(results):
    if results.words != NULL:
        heap_free(results.heap, results.words, results.capacity * sizeof(uint64_t))


def reply_results(call, results, encoding):
    """Answer what was found in a set of this encoding."""
    m: Member
    i: cython.size_t
    if results.failed:
        reply_memory(call)
        return
    reply_set(call.client, results.count)
    for i in range(results.count):
        if encoding == ENCODING_HASHTABLE and i + RESULTS_AHEAD < results.count:
            prefetch(cast(EntryPtr, cast(uintptr_t, results.words[i + RESULTS_AHEAD])))
        member_at(address(m), encoding, results.words[i])
        reply_member(call.client, address(m))


def add_results(context, e, results, encoding):
    """Add what was found in a set of this encoding; none of it is in e."""
    m: Member
    i: cython.size_t
    for i in range(results.count):
        if encoding == ENCODING_HASHTABLE and i + RESULTS_AHEAD < results.count:
            prefetch(cast(EntryPtr, cast(uintptr_t, results.words[i + RESULTS_AHEAD])))
        member_at(address(m), encoding, results.words[i])
        set_add_new(context, e, address(m))
        if context.failed:
            return


def reply_and_free(call, context, e):
    """Answer a set that was built for this only."""
    if context.failed:
        reply_memory(call)
    else:
        reply_set(call.client, set_count(e))
        reply_members(call.client, e)
    if e != NULL:
        lazy_release(address(call.keyspace.lazy), e, call.keyspace.lazy_server_del)


def store_set(call, context, e, event):
    """Let argv[1] be the set that was built, and answer its size."""
    count: int64_t
    if context.failed:
        reply_memory(call)
    elif set_count(e) == 0:
        delete_destination(call)
    else:
        count = set_count(e)
        if store_collection(call, 1, call_hash(call, 1), e, EVENT_SET, event):
            reply_integer(call.client, count)
        return
    if e != NULL:
        free_entry_here(context.heap, e)


# --- intersection ----------------------------------------------------------------------------------------------------


def find_common(sources, results):
    """The members of the first set that all others have."""
    walk: SetWalk
    members: Member[32]
    n: cython.int
    j: cython.int
    set_walk(address(walk), sources.sets[0])
    while results.count < results.enough and not results.failed:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        for j in range(1, sources.count):
            if sources.sets[j] != sources.sets[0]:
                n = set_filter(sources.sets[j], members, n, True)
            if n == 0:
                break
        results_add(results, members, n)


def sinter_command(call):
    sources: Sources
    results: Results
    if not read_sources(call, 1, call.argc - 1, address(sources)):
        return
    if sources.missing > 0:
        reply_set(call.client, 0)
    elif sources.count == 1:
        reply_set(call.client, set_count(sources.sets[0]))
        reply_members(call.client, sources.sets[0])
    else:
        smallest_first(address(sources))
        results_init(address(results), call)
        find_common(address(sources), address(results))
        reply_results(call, address(results), entry_encoding(sources.sets[0]))
        results_free(address(results))
    free_sources(address(sources))


def sintercard_command(call):
    sources: Sources
    results: Results
    keys: int64_t = 0
    limit: int64_t = 0
    i: cython.int
    if not parse_integer(call.argv[1].p, call.argv[1].n, address(keys)) or keys < 1:
        reply_error(call.client, "ERR numkeys should be greater than 0")
        return
    if keys > call.argc - 2:
        reply_error(call.client, "ERR Number of keys can't be greater than number of args")
        return
    i = 2 + cast(cython.int, keys)
    while i < call.argc:
        if not is_word(address(call.argv[i]), "limit") or i + 1 == call.argc:
            reply_syntax_error(call)
            return
        if not parse_integer(call.argv[i + 1].p, call.argv[i + 1].n, address(limit)) or limit < 0:
            reply_error(call.client, "ERR LIMIT can't be negative")
            return
        i += 2
    if not read_sources(call, 2, cast(cython.int, keys), address(sources)):
        return
    results_init(address(results), call)
    results.counted = True
    if limit > 0:
        results.enough = limit
    if sources.missing == 0:
        smallest_first(address(sources))
        if sources.count == 1:
            results.count = set_count(sources.sets[0])
        else:
            find_common(address(sources), address(results))
    reply_integer(call.client, results.count if results.count < results.enough else results.enough)
    free_sources(address(sources))


def sinterstore_command(call):
    context: SetContext = set_context(call)
    sources: Sources
    results: Results
    e: EntryPtr
    if not read_sources(call, 2, call.argc - 2, address(sources)):
        return
    if sources.missing > 0:
        delete_destination(call)
    else:
        smallest_first(address(sources))
        results_init(address(results), call)
        find_common(address(sources), address(results))
        e = build_common(call, address(context), address(results), entry_encoding(sources.sets[0]))
        results_free(address(results))
        store_set(call, address(context), e, "sinterstore")
    free_sources(address(sources))


def all_integers(results, encoding):
    m: Member
    i: cython.size_t
    for i in range(results.count):
        member_at(address(m), encoding, results.words[i])
        if not member_is_integer(address(m)):
            return False
    return True


def build_common(call, context, results, encoding):
    """The set of what was found in a set of this encoding. NULL (and `failed`) when memory is short."""
    form: cython.int = ENCODING_LISTPACK
    e: EntryPtr
    if results.failed:
        context.failed = True
        return NULL
    context.expected = results.count
    if encoding == ENCODING_INTSET or (results.count <= intset_max(context) and all_integers(results, encoding)):
        form = ENCODING_INTSET
    elif results.count > cast(uint64_t, context.limits.set_max_listpack_entries):
        form = ENCODING_HASHTABLE   # what a listpack would become
    e = set_new(context, call.argv[1].p, call.argv[1].n, form)
    if e != NULL:
        add_results(context, e, results, encoding)
    return e


# --- union -----------------------------------------------------------------------------------------------------------


def add_all(context, e, source):
    """Add the members of another set."""
    walk: SetWalk
    members: Member[32]
    n: cython.int
    i: cython.int
    set_walk(address(walk), source)
    while not context.failed:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        set_prefetch(e, members, n)
        for i in range(n):
            set_add(context, e, address(members[i]))
            if context.failed:
                return


def build_union(call, context, sources, store):
    """The union of all sets, with the key argv[1]. NULL (and `failed`) when memory is short.

    If it is only answered and not all are intsets, it is a table at once: that finds members faster than a listpack.
    """
    encoding: cython.int = ENCODING_INTSET
    i: cython.int
    e: EntryPtr
    for i in range(sources.count):
        if sources.sets[i] == NULL:
            continue
        if set_count(sources.sets[i]) > context.expected:
            context.expected = set_count(sources.sets[i])
        if not store and entry_encoding(sources.sets[i]) != ENCODING_INTSET:
            encoding = ENCODING_HASHTABLE
    e = set_new(context, call.argv[1].p, call.argv[1].n, encoding)
    for i in range(sources.count):
        if sources.sets[i] != NULL and not context.failed:
            add_all(context, e, sources.sets[i])
    return e


def sunion_command(call):
    context: SetContext = set_context(call)
    sources: Sources
    i: cython.int
    if not read_sources(call, 1, call.argc - 1, address(sources)):
        return
    if sources.count - sources.missing <= 1:
        i = 0
        while i < sources.count - 1 and sources.sets[i] == NULL:
            i += 1
        if sources.sets[i] == NULL:
            reply_set(call.client, 0)
        else:
            reply_set(call.client, set_count(sources.sets[i]))
            reply_members(call.client, sources.sets[i])
    else:
        reply_and_free(call, address(context), build_union(call, address(context), address(sources), False))
    free_sources(address(sources))


def sunionstore_command(call):
    context: SetContext = set_context(call)
    sources: Sources
    if not read_sources(call, 2, call.argc - 2, address(sources)):
        return
    store_set(call, address(context), build_union(call, address(context), address(sources), True), "sunionstore")
    free_sources(address(sources))


# --- difference ------------------------------------------------------------------------------------------------------


def is_better_removed(sources):
    """Is it less work to copy the first set and remove the others than to look for each of its members in all others?

    Valkey's rule: the form of what SDIFFSTORE stores follows from it.
    """
    asking: uint64_t = 0
    removing: uint64_t = 0
    i: cython.int
    for i in range(sources.count):
        if sources.sets[i] != NULL:
            asking += set_count(sources.sets[0])
            removing += set_count(sources.sets[i])
    return asking // 2 > removing


def find_rest(sources, results):
    """The members of the first set that none of the others has."""
    walk: SetWalk
    members: Member[32]
    n: cython.int
    j: cython.int
    for j in range(1, sources.count):
        if sources.sets[j] == sources.sets[0]:
            return
    # The largest first: there the most are found, and need not be looked for any further.
    qsort(sources.sets + 1, sources.count - 1, sizeof(EntryPtr), by_count_down)
    set_walk(address(walk), sources.sets[0])
    while not results.failed:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        for j in range(1, sources.count):
            if sources.sets[j] == NULL or n == 0:
                break
            n = set_filter(sources.sets[j], members, n, False)
        results_add(results, members, n)


def remove_all(context, e, source):
    """Remove the members of another set."""
    walk: SetWalk
    members: Member[32]
    n: cython.int
    i: cython.int
    set_walk(address(walk), source)
    while set_count(e) > 0 and not context.failed:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        set_prefetch(e, members, n)
        for i in range(n):
            set_remove(context, e, address(members[i]))
            if context.failed:
                return


def build_rest(call, context, sources):
    """What is left of the first set, with the key argv[1]. NULL (and `failed`) when memory is short."""
    results: Results
    encoding: cython.int
    i: cython.int
    e: EntryPtr = set_new(context, call.argv[1].p, call.argv[1].n, ENCODING_INTSET)
    if e == NULL or sources.sets[0] == NULL:
        return e
    if is_better_removed(sources):
        context.expected = set_count(sources.sets[0])
        add_all(context, e, sources.sets[0])
        for i in range(1, sources.count):
            if sources.sets[i] != NULL and not context.failed:
                remove_all(context, e, sources.sets[i])
        return e
    results_init(address(results), call)
    find_rest(sources, address(results))
    context.failed = results.failed
    context.expected = results.count
    if not results.failed:
        encoding = entry_encoding(sources.sets[0])
        add_results(context, e, address(results), encoding)
    results_free(address(results))
    return e


def sdiff_command(call):
    context: SetContext = set_context(call)
    sources: Sources
    results: Results
    if not read_sources(call, 1, call.argc - 1, address(sources)):
        return
    if sources.sets[0] == NULL:
        reply_set(call.client, 0)
    elif sources.count - sources.missing == 1:
        reply_set(call.client, set_count(sources.sets[0]))
        reply_members(call.client, sources.sets[0])
    elif is_better_removed(address(sources)):
        reply_and_free(call, address(context), build_rest(call, address(context), address(sources)))
    else:
        results_init(address(results), call)
        find_rest(address(sources), address(results))
        reply_results(call, address(results), entry_encoding(sources.sets[0]))
        results_free(address(results))
    free_sources(address(sources))


def sdiffstore_command(call):
    context: SetContext = set_context(call)
    sources: Sources
    if not read_sources(call, 2, call.argc - 2, address(sources)):
        return
    store_set(call, address(context), build_rest(call, address(context), address(sources)), "sdiffstore")
    free_sources(address(sources))
