"""Sorted set commands about single members: adding, removing, scores and ranks.

Ranges are in sorted_set_range.py, pops in sorted_set_pop.py, unions and the like in sorted_set_algebra.py.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import reply_syntax_error
from cython.cimports.kvik.commands.collections import (
    drop_emptied,
    new_collection,
    read_collection,
    reply_item,
    write_collection,
)
from cython.cimports.kvik.commands.dispatch import reply_wrong_arity
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import TYPE_SORTED_SET, entry_key, entry_key_length
from cython.cimports.kvik.engine.listpack import Item
from cython.cimports.kvik.engine.member import member_score
from cython.cimports.kvik.engine.text import is_word, parse_double
from cython.cimports.kvik.keyspace.sorted_set_value import (
    ADD_IF_GREATER,
    ADD_IF_LESS,
    ADD_IF_NEW,
    ADD_IF_THERE,
    ADD_INCREMENT,
    ADDED_FAILED,
    ADDED_MEMBER,
    ADDED_NAN,
    ADDED_NOTHING,
    ADDED_SCORE,
    cursor_member,
    cursor_score,
    sorted_set_add,
    sorted_set_count,
    sorted_set_free,
    sorted_set_new,
    sorted_set_prepare,
    sorted_set_rank,
    sorted_set_remove,
    sorted_set_score,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SORTED_SET, changed_by
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_bulk,
    reply_double,
    reply_error,
    reply_integer,
    reply_null,
    reply_null_array,
)
from cython.cimports.libc.stdint import uint64_t

# --- for all sorted set commands -------------------------------------------------------------------------------------


def new_sorted_set(call, i, h, members, longest):
    """An empty sorted set as argv[i], which is not there, for so many members, the longest of so many bytes. NULL: no
    memory, answered."""
    rules: SortedSetRules = sorted_set_rules(call)
    encoding: cython.int = 0
    e: EntryPtr
    value: cython.p_void = sorted_set_new(address(rules), members, longest, address(encoding))
    if value == NULL:
        reply_memory(call)
        return NULL
    e = new_collection(call, i, h, TYPE_SORTED_SET, encoding, value)
    if e == NULL:
        sorted_set_free(rules.heap, value, encoding, False)
    return e


def reply_member(call, cursor, form):
    """The member at the cursor."""
    item: Item = cursor_member(cursor)
    if form == REPLY_PAIR:
        reply_array(call.client, 2)
    reply_item(call.client, address(item))
    if form != REPLY_MEMBER:
        reply_double(call.client, cursor_score(cursor))


def reply_stored_member(call, m, form):
    """`reply_member` for a member in a block of its own."""
    if form == REPLY_PAIR:
        reply_array(call.client, 2)
    reply_bulk(call.client, entry_key(m), entry_key_length(m))
    if form != REPLY_MEMBER:
        reply_double(call.client, member_score(m))


# --- adding ----------------------------------------------------------------------------------------------------------


def read_add_options(call, options):
    """The options of ZADD, from argv[2] on, and whether they go together."""
    a: SlicePtr
    pairs: cython.int
    conflict: cython.int
    options.flags = 0
    options.changes = False
    options.first = 2
    options.step = 2
    options.read = read_score
    while options.first < call.argc:
        a = address(call.argv[options.first])
        if is_word(a, "nx"):
            options.flags |= ADD_IF_NEW
        elif is_word(a, "xx"):
            options.flags |= ADD_IF_THERE
        elif is_word(a, "gt"):
            options.flags |= ADD_IF_GREATER
        elif is_word(a, "lt"):
            options.flags |= ADD_IF_LESS
        elif is_word(a, "ch"):
            options.changes = True
        elif is_word(a, "incr"):
            options.flags |= ADD_INCREMENT
        else:
            break
        options.first += 1
    pairs = call.argc - options.first
    if pairs == 0 or pairs % 2 == 1:
        reply_syntax_error(call)
        return False
    if options.flags & ADD_IF_NEW and options.flags & ADD_IF_THERE:
        reply_error(call.client, "ERR XX and NX options at the same time are not compatible")
        return False
    conflict = options.flags & (ADD_IF_NEW | ADD_IF_GREATER | ADD_IF_LESS)
    if conflict & (conflict - 1):
        reply_error(call.client, "ERR GT, LT, and/or NX options at the same time are not compatible")
        return False
    if options.flags & ADD_INCREMENT and pairs > 2:
        reply_error(call.client, "ERR INCR option supports a single increment-element pair")
        return False
    return True


def read_score(call, i, score):
    if parse_double(call.argv[i].p, call.argv[i].n, score):
        return True
    reply_error(call.client, "ERR value is not a valid float")
    return False


def zadd_command(call):
    options: AddOptions
    if read_add_options(call, address(options)):
        add_pairs(call, address(options))


def zincrby_command(call):
    options: AddOptions
    if read_add_options(call, address(options)):    # as in Valkey: an increment that is the name of an option is no number
        options.flags |= ADD_INCREMENT
        add_pairs(call, address(options))


def set_to_add_to(call, options, answered):
    """The sorted set argv[1], made if need be. NULL: it was answered, or is missing and not to be made."""
    rules: SortedSetRules = sorted_set_rules(call)
    e: EntryPtr = NULL
    longest: cython.size_t = 0
    pairs: cython.size_t
    i: cython.int
    answered[0] = True
    if not write_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return NULL
    if e == NULL and options.flags & ADD_IF_THERE:
        answered[0] = False
        return NULL
    i = options.first + options.step - 1
    while i < call.argc:
        if call.argv[i].n > longest:
            longest = call.argv[i].n
        i += options.step
    pairs = (call.argc - options.first) // options.step
    if e == NULL:
        return new_sorted_set(call, 1, call.hash, pairs, longest)
    if sorted_set_prepare(address(rules), e, pairs, longest):
        return e
    reply_memory(call)
    return NULL


def add_pairs(call, options):
    """ZADD, ZINCRBY and GEOADD, from argv[options.first] on: score, member, score, member, ..."""
    rules: SortedSetRules = sorted_set_rules(call)
    scores: cython.double[SCORES_KEPT]
    score: cython.double = 0
    result: cython.double = 0
    added: uint64_t = 0
    updated: uint64_t = 0
    outcome: cython.int = ADDED_NOTHING
    answered: cython.bint = False
    pairs: cython.int = (call.argc - options.first) // options.step
    i: cython.int
    at: cython.int
    e: EntryPtr
    for i in range(pairs):      # all of them first: a bad one leaves the set as it is
        if not options.read(call, options.first + options.step * i, address(score)):
            return
        if i < SCORES_KEPT:
            scores[i] = score
    e = set_to_add_to(call, options, address(answered))
    if e == NULL and answered:
        return
    for i in range(pairs if e != NULL else 0):
        at = options.first + options.step * i
        if i < SCORES_KEPT:
            score = scores[i]
        else:
            options.read(call, at, address(score))
        outcome = sorted_set_add(
            address(rules), e, address(call.argv[at + options.step - 1]), score, options.flags, address(result))
        if outcome == ADDED_MEMBER:
            added += 1
        elif outcome == ADDED_SCORE:
            updated += 1
        elif outcome in (ADDED_NAN, ADDED_FAILED):
            break
    if added + updated > 0:
        changed_by(
            call, 1, EVENT_SORTED_SET, "zincr" if options.flags & ADD_INCREMENT else "zadd", added + updated)
    if outcome == ADDED_NAN:
        reply_error(call.client, "ERR resulting score is not a number (NaN)")
    elif outcome == ADDED_FAILED:
        if sorted_set_count(e) == 0:
            drop_emptied(call, 1, call.hash)
        reply_memory(call)
    elif not options.flags & ADD_INCREMENT:
        reply_integer(call.client, added + updated if options.changes else added)
    elif outcome == ADDED_NOTHING:
        reply_null(call.client)
    else:
        reply_double(call.client, result)


# --- removing --------------------------------------------------------------------------------------------------------


def zrem_command(call):
    e: EntryPtr = NULL
    removed: uint64_t = 0
    i: cython.int
    empty: cython.bint = False
    if not write_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    for i in range(2, call.argc):
        if e == NULL or empty:
            break
        if sorted_set_remove(call.keyspace.heap, e, address(call.argv[i])):
            removed += 1
            empty = sorted_set_count(e) == 0
    if removed > 0:
        changed_by(call, 1, EVENT_SORTED_SET, "zrem", removed)
    if empty:
        drop_emptied(call, 1, call.hash)
    reply_integer(call.client, removed)


# --- scores and ranks ------------------------------------------------------------------------------------------------


def zscore_command(call):
    e: EntryPtr = NULL
    score: cython.double = 0
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if e != NULL and sorted_set_score(e, address(call.argv[2]), address(score)):
        reply_double(call.client, score)
    else:
        reply_null(call.client)


def zmscore_command(call):
    e: EntryPtr = NULL
    score: cython.double = 0
    i: cython.int
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    reply_array(call.client, call.argc - 2)
    for i in range(2, call.argc):
        if e != NULL and sorted_set_score(e, address(call.argv[i]), address(score)):
            reply_double(call.client, score)
        else:
            reply_null(call.client)


def zcard_command(call):
    e: EntryPtr = NULL
    if read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        reply_integer(call.client, sorted_set_count(e) if e != NULL else 0)


def zrank_command(call):
    answer_rank(call, False)


def zrevrank_command(call):
    answer_rank(call, True)


def answer_rank(call, reverse):
    e: EntryPtr = NULL
    rank: uint64_t = 0
    score: cython.double = 0
    with_score: cython.bint = call.argc == 4
    if call.argc > 4:
        reply_wrong_arity(call)
        return
    if with_score and not is_word(address(call.argv[3]), "withscore"):
        reply_syntax_error(call)
        return
    if not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if e == NULL or not sorted_set_rank(e, address(call.argv[2]), address(rank), address(score)):
        if with_score:
            reply_null_array(call.client)
        else:
            reply_null(call.client)
        return
    if reverse:
        rank = sorted_set_count(e) - 1 - rank
    if with_score:
        reply_array(call.client, 2)
    reply_integer(call.client, rank)
    if with_score:
        reply_double(call.client, score)
