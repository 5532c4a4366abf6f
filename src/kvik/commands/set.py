"""Set commands about one set: adding, removing, moving, asking, random members, scanning.

Intersections, unions and differences are in set_algebra.py; what a set is made of: keyspace/set_value.py.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.collections import (
    add_collection,
    drop_emptied,
    is_read,
    read_collection,
    reply_integer_bulk,
    write_collection,
)
from cython.cimports.kvik.commands.scan import SCAN_SET, read_cursor, read_scan_options, reply_cursor, reply_table_scan
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import ENCODING_HASHTABLE, TYPE_SET, entry_encoding
from cython.cimports.kvik.engine.text import glob_match, parse_integer
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.effects import effect_bytes, effect_close, effect_integer
from cython.cimports.kvik.keyspace.lazy_free import free_entry_here
from cython.cimports.kvik.keyspace.set_random import set_draw, set_random, set_sample, set_take, set_take_many
from cython.cimports.kvik.keyspace.set_value import (
    MEMBERS,
    member_of,
    member_text,
    set_add,
    set_count,
    set_expect,
    set_form,
    set_has,
    set_new,
    set_prefetch,
    set_remove,
    set_table,
    set_walk,
    set_walk_next,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SET, changed, changed_by, effect_gone, is_logged, replace_effect_on
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_error,
    reply_integer,
    reply_null,
    reply_set,
)
from cython.cimports.libc.stdint import INT64_MIN, int64_t, uint64_t

# --- for all set commands --------------------------------------------------------------------------------------------


def reply_member(c, m):
    if m.p != NULL:
        reply_bulk(c, m.p, m.n)
    else:
        reply_integer_bulk(c, m.integer)


def reply_next(context, m):
    """The next of several members; before the first one, how many they are."""
    reply: SeveralPtr = cast(SeveralPtr, context)
    if reply.announce > 0:
        if reply.as_set:
            reply_set(reply.client, reply.announce)
        else:
            reply_array(reply.client, reply.announce)
        reply.announce = 0
    reply_member(reply.client, m)
    if reply.log != NULL:
        log_member(reply.log, m)


def log_member(f, m):
    if m.p != NULL:
        effect_bytes(f, m.p, m.n)
    else:
        effect_integer(f, m.integer)


def reply_members(c, e):
    """All members, without what announces how many there are."""
    walk: SetWalk
    members: Member[32]
    n: cython.int
    i: cython.int
    set_walk(address(walk), e)
    while True:
        n = set_walk_next(address(walk), members)
        if n == 0:
            return
        for i in range(n):
            reply_member(c, address(members[i]))


def members_from(call, i, e, members):
    """The next arguments from argv[i] on as members that are to be looked for in e: MEMBERS at most. How many."""
    n: cython.int = call.argc - i if call.argc - i < MEMBERS else MEMBERS
    j: cython.int
    for j in range(n):
        member_of(address(members[j]), address(call.argv[i + j]))
    if n > 1:
        set_prefetch(e, members, n)
    return n


# --- adding ----------------------------------------------------------------------------------------------------------


def set_for_first(context, key, first, expected):
    """An empty set for the member `first`, and as many in all as are expected at once. NULL (and `failed`): no memory."""
    context.expected = expected
    return set_new(context, key.p, key.n, set_form(context, first, expected))


def sadd_command(call):
    context: SetContext = set_context(call)
    first: Member
    e: EntryPtr = NULL
    is_new: cython.bint
    added: uint64_t
    if not write_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    is_new = e == NULL
    if is_new:
        member_of(address(first), address(call.argv[2]))
        e = set_for_first(address(context), address(call.argv[1]), address(first), call.argc - 2)
        if e == NULL:
            reply_memory(call)
            return
    elif call.argc > 3:
        set_expect(address(context), e, call.argc - 2)
    added = add_arguments(call, address(context), e)
    if is_new and added == 0:
        free_entry_here(context.heap, e)
    elif is_new and not add_collection(call, call.hash, e):
        return
    if added > 0:
        changed_by(call, 1, EVENT_SET, "sadd", added)
    if context.failed:
        reply_memory(call)
    else:
        reply_integer(call.client, added)


def add_arguments(call, context, e):
    """Add argv[2], argv[3], ... as far as memory goes. How many were not there."""
    members: Member[32]
    added: uint64_t = 0
    at: cython.int = 2
    n: cython.int
    i: cython.int
    while at < call.argc and not context.failed:
        n = members_from(call, at, e, members)
        for i in range(n):
            if set_add(context, e, address(members[i])):
                added += 1
            elif context.failed:
                break
        at += n
    return added


# --- removing --------------------------------------------------------------------------------------------------------


def srem_command(call):
    context: SetContext = set_context(call)
    members: Member[32]
    removed: uint64_t = 0
    at: cython.int = 2
    n: cython.int
    i: cython.int
    is_empty: cython.bint = False
    e: EntryPtr = NULL
    if not write_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    while e != NULL and at < call.argc and not is_empty and not context.failed:
        n = members_from(call, at, e, members)
        for i in range(n):
            if set_remove(address(context), e, address(members[i])):
                removed += 1
                is_empty = set_count(e) == 0
            if is_empty or context.failed:
                break
        at += n
    if removed > 0:
        changed_by(call, 1, EVENT_SET, "srem", removed)
    if is_empty:
        drop_emptied(call, 1, call.hash)
    if context.failed:
        reply_memory(call)
    else:
        reply_integer(call.client, removed)


def smove_command(call):
    source: EntryPtr = NULL
    target: EntryPtr = NULL
    m: Member
    to: uint64_t = call_hash(call, 2)
    if not write_collection(call, 1, call.hash, TYPE_SET, address(source)):
        return
    if source == NULL:
        reply_integer(call.client, 0)
        return
    if not write_collection(call, 2, to, TYPE_SET, address(target)):
        return
    member_of(address(m), address(call.argv[3]))
    if not set_has(source, address(m)):
        reply_integer(call.client, 0)
    elif source == target:
        reply_integer(call.client, 1)
    else:
        move_member(call, source, target, address(m), call.hash, to)


def move_member(call, source, target, m, h, to):
    """It is added before it is taken out, so that it is lost nowhere when memory is short."""
    context: SetContext = set_context(call)
    added: cython.bint
    is_new: cython.bint = target == NULL
    if is_new:
        target = set_for_first(address(context), address(call.argv[2]), m, 1)
    added = target != NULL and set_add(address(context), target, m)
    if context.failed:
        if is_new and target != NULL:
            free_entry_here(context.heap, target)
        reply_memory(call)
        return
    if is_new and not add_collection(call, to, target):
        return
    if not set_remove(address(context), source, m):
        reply_memory(call)
        return
    changed(call, 1, EVENT_SET, "srem")
    if set_count(source) == 0:
        drop_emptied(call, 1, h)
    if added:
        changed(call, 2, EVENT_SET, "sadd")
    reply_integer(call.client, 1)


# --- asking ----------------------------------------------------------------------------------------------------------


def scard_command(call):
    e: EntryPtr = NULL
    if read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        reply_integer(call.client, 0 if e == NULL else cast(int64_t, set_count(e)))


def sismember_command(call):
    e: EntryPtr = NULL
    m: Member
    if read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        member_of(address(m), address(call.argv[2]))
        reply_integer(call.client, e != NULL and set_has(e, address(m)))


def smismember_command(call):
    e: EntryPtr = NULL
    members: Member[32]
    at: cython.int = 2
    n: cython.int
    i: cython.int
    if not read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    reply_array(call.client, call.argc - 2)
    if e == NULL:
        for i in range(call.argc - 2):
            reply_integer(call.client, 0)
        return
    while at < call.argc:
        n = members_from(call, at, e, members)
        for i in range(n):
            reply_integer(call.client, set_has(e, address(members[i])))
        at += n


def smembers_command(call):
    e: EntryPtr = NULL
    if not read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    reply_set(call.client, 0 if e == NULL else cast(int64_t, set_count(e)))
    if e != NULL:
        reply_members(call.client, e)


# --- random members --------------------------------------------------------------------------------------------------


def spop_command(call):
    e: EntryPtr = NULL
    count: int64_t = 0
    if call.argc == 2:
        pop_one(call)
        return
    if call.argc > 3:
        reply_syntax_error(call)
        return
    if not parse_integer(call.argv[2].p, call.argv[2].n, address(count)) or count < 0:
        reply_error(call.client, "ERR value is out of range, must be positive")
        return
    if not write_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    if e == NULL or count == 0:
        reply_set(call.client, 0)
    elif cast(uint64_t, count) >= set_count(e):
        pop_all(call, e)
    else:
        pop_some(call, e, count)


def pop_one(call):
    context: SetContext = set_context(call)
    choice: Choice
    e: EntryPtr = NULL
    if not write_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    if e == NULL:
        reply_null(call.client)
        return
    set_random(e, address(call.keyspace.seed), address(choice))
    if choice.member.p != NULL:
        reply_member(call.client, address(choice.member))
    if is_logged(call) and choice.member.p != NULL:
        log_member(replace_effect_on(call, "SREM", 1), address(choice.member))
    set_take(address(context), e, address(choice))
    if context.failed:              # only an intset can: its members are no texts
        reply_memory(call)
        return
    if choice.member.p == NULL:
        reply_member(call.client, address(choice.member))
    if is_logged(call):
        if choice.member.p == NULL:
            log_member(replace_effect_on(call, "SREM", 1), address(choice.member))
        effect_close(address(call.keyspace.effects))
    changed(call, 1, EVENT_SET, "spop")
    if set_count(e) == 0:
        drop_emptied(call, 1, call.hash)


def pop_some(call, e, count):
    """Fewer than there are."""
    context: SetContext = set_context(call)
    reply: Several
    reply.client = call.client
    reply.announce = count
    reply.as_set = True
    reply.log = replace_effect_on(call, "SREM", 1) if is_logged(call) else NULL
    set_take_many(address(context), e, count, address(call.keyspace.seed), reply_next, address(reply))
    if context.failed:
        reply_memory(call)
    else:
        changed_by(call, 1, EVENT_SET, "spop", count)
        if reply.log != NULL:
            effect_close(reply.log)


def pop_all(call, e):
    """The key goes with its members, as if it had been deleted: nothing is taken out one by one."""
    n: uint64_t = set_count(e)
    call.keyspace.stats.hits += 1   # as Valkey counts it, which reads the set with SUNION
    reply_set(call.client, n)
    reply_members(call.client, e)
    changed_by(call, 1, EVENT_SET, "spop", n)
    if is_logged(call):
        effect_gone(call, 1, call.keyspace.lazy_server_del)
    drop_emptied(call, 1, call.hash)


def srandmember_command(call):
    e: EntryPtr = NULL
    count: int64_t = 0
    choice: Choice
    if call.argc > 3:
        reply_syntax_error(call)
        return
    if call.argc == 3:
        if not read_integer(call, 2, address(count)):
            return
        if count == INT64_MIN:
            reply_error(call.client, "ERR value is out of range, value must between -9223372036854775807 and "
                        "9223372036854775807")
            return
    if not read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    if call.argc == 2 and e == NULL:
        reply_null(call.client)
    elif call.argc == 2:
        set_random(e, address(call.keyspace.seed), address(choice))
        reply_member(call.client, address(choice.member))
    elif e == NULL or count == 0:
        reply_array(call.client, 0)
    elif count < 0:
        random_repeated(call, e, -count)
    else:
        random_distinct(call, e, count)


def random_repeated(call, e, count):
    """The same one may come again. Who asks for more than he can be sent gets as much as he takes."""
    members: Member[32]
    n: cython.int = MEMBERS
    i: cython.int
    reply_array(call.client, count)
    while count > 0 and is_read(call):
        if count < MEMBERS:
            n = cast(cython.int, count)
        n = set_draw(e, address(call.keyspace.seed), members, n)
        for i in range(n):
            reply_member(call.client, address(members[i]))
        count -= n


def random_distinct(call, e, count):
    reply: Several
    if count >= set_count(e):
        reply_array(call.client, set_count(e))
        reply_members(call.client, e)
        return
    reply.client = call.client
    reply.announce = count
    reply.as_set = False
    reply.log = NULL
    if not set_sample(call.keyspace.heap, e, count, address(call.keyspace.seed), reply_next, address(reply)):
        reply_memory(call)


# --- scanning --------------------------------------------------------------------------------------------------------


def sscan_command(call):
    """Small forms are answered whole, whatever the cursor and COUNT say."""
    e: EntryPtr = NULL
    options: ScanOptions
    cursor: uint64_t = 0
    if not read_cursor(call, 2, address(cursor)) or not read_collection(call, 1, call.hash, TYPE_SET, address(e)):
        return
    if e == NULL:
        reply_cursor(call, 0)
        reply_array(call.client, 0)
    elif read_scan_options(call, 3, SCAN_SET, address(options)):
        if entry_encoding(e) == ENCODING_HASHTABLE:
            reply_table_scan(call, set_table(e), cursor, address(options))
        else:
            reply_small_scan(call, e, address(options))


def matches(m, pattern):
    """Does the member match? Any does, where pattern is NULL."""
    scratch: cython.char[24]
    s: Slice
    if pattern == NULL:
        return True
    s = member_text(m, scratch)
    return glob_match(pattern.p, pattern.n, s.p, s.n, False)


def reply_small_scan(call, e, options):
    """Two walks: one to count those that match, one to answer them."""
    walk: SetWalk
    members: Member[32]
    found: int64_t = 0
    n: cython.int
    i: cython.int
    counting: cython.bint = True
    reply_cursor(call, 0)
    set_walk(address(walk), e)
    while True:
        n = set_walk_next(address(walk), members)
        if n == 0 and not counting:
            return
        if n == 0:
            counting = False
            reply_array(call.client, found)
            set_walk(address(walk), e)
            continue
        for i in range(n):
            if matches(address(members[i]), options.pattern):
                if counting:
                    found += 1
                else:
                    reply_member(call.client, address(members[i]))
