"""Ranges of sorted sets: ZRANGE with all its older relatives, ZCOUNT, ZREMRANGEBY....

A range is given by ranks, by scores, or by bytes where all scores are the same. Whatever it is, it is first turned
into the ranks that it comprises, which both forms of a set find quickly; so the length of the reply is known before its
first member, and counting, walking (either way) and removing are the same for all.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.collections import drop_emptied, read_collection, write_collection
from cython.cimports.kvik.commands.sorted_set import REPLY_FLAT, reply_form, reply_member
from cython.cimports.kvik.engine.entry import ENCODING_LISTPACK, TYPE_SORTED_SET, entry_encoding
from cython.cimports.kvik.engine.text import MINUS, OPEN_BRACKET, OPEN_PARENTHESIS, PLUS, is_word, parse_any_double
from cython.cimports.kvik.keyspace.sorted_set_listpack import LEX_EXCLUDED, LEX_HIGHEST, LEX_INCLUDED, LEX_LOWEST
from cython.cimports.kvik.keyspace.sorted_set_value import (
    SortedSetCursor,
    cursor_next,
    cursor_prefetch,
    cursor_previous,
    sorted_set_count,
    sorted_set_lex_range,
    sorted_set_remove_range,
    sorted_set_score_range,
    sorted_set_seek,
)
from cython.cimports.kvik.keyspace.tail import EVENT_SORTED_SET, changed_by
from cython.cimports.kvik.wire.reply import reply_array, reply_error, reply_integer
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memchr

# --- reading arguments -----------------------------------------------------------------------------------------------


def read_range(call, i, by, order, storing, options):
    """The bounds argv[i], argv[i + 1] and the options behind them. `by` and `order`: what the command's name says."""
    options.by = by
    options.order = order
    options.with_scores = False
    options.offset = 0
    options.limit = -1
    if not read_range_words(call, i + 2, storing, options):
        return False
    if options.by == RANGE_ANY:
        options.by = RANGE_RANK
    if options.limit != -1 and options.by == RANGE_RANK:
        reply_error(
            call.client, "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
        return False
    if options.with_scores and options.by == RANGE_LEX:
        reply_error(call.client, "ERR syntax error, WITHSCORES not supported in combination with BYLEX")
        return False
    return read_bounds(call, i, options)


def read_range_words(call, i, storing, options):
    """The options from argv[i] on. What the command's name says, or an option said before, can not be said again."""
    a: SlicePtr
    while i < call.argc:
        a = address(call.argv[i])
        if not storing and is_word(a, "withscores"):
            options.with_scores = True
        elif is_word(a, "limit") and i + 2 < call.argc:
            if not read_integer(call, i + 1, address(options.offset)) \
                    or not read_integer(call, i + 2, address(options.limit)):
                return False
            i += 2
        elif options.order == ORDER_ANY and is_word(a, "rev"):
            options.order = ORDER_DOWN
        elif options.by == RANGE_ANY and is_word(a, "bylex"):
            options.by = RANGE_LEX
        elif options.by == RANGE_ANY and is_word(a, "byscore"):
            options.by = RANGE_SCORE
        else:
            reply_syntax_error(call)
            return False
        i += 1
    return True


def read_bounds(call, i, options):
    """argv[i] and argv[i + 1]; of scores and texts the higher one comes first when the order is downwards."""
    down: cython.bint = options.order == ORDER_DOWN
    if options.by == RANGE_RANK:
        return read_integer(call, i, address(options.start)) and read_integer(call, i + 1, address(options.stop))
    if options.by == RANGE_SCORE:
        return read_score_bounds(call, i + 1 if down else i, i if down else i + 1, address(options.scores))
    return read_lex_bounds(call, i + 1 if down else i, i if down else i + 1, address(options.texts))


def read_score_bounds(call, min, max, within):
    if read_score_bound(address(call.argv[min]), address(within.min), address(within.min_excluded)) \
            and read_score_bound(address(call.argv[max]), address(within.max), address(within.max_excluded)):
        return True
    reply_error(call.client, "ERR min or max is not a float")
    return False


def read_score_bound(s, score, excluded):
    """A score, with `(` before it if it is not inside. Up to a NUL byte; nothing at all is 0; and what a double cannot
    hold is infinite, or 0.
    """
    text: Slice = s[0]
    beyond: cython.bint = False
    end: cython.p_char
    excluded[0] = text.n > 0 and text.p[0] == OPEN_PARENTHESIS
    if excluded[0]:
        text.p += 1
        text.n -= 1
    end = cython.cast(cython.p_char, memchr(text.p, 0, text.n))
    if end != NULL:
        text.n = end - text.p
    if text.n == 0:
        score[0] = 0
        return True
    return parse_any_double(text.p, text.n, score, address(beyond))


def read_lex_bounds(call, min, max, within):
    if read_lex_bound(address(call.argv[min]), address(within.min)) \
            and read_lex_bound(address(call.argv[max]), address(within.max)):
        return True
    reply_error(call.client, "ERR min or max not valid string range item")
    return False


def read_lex_bound(s, bound):
    """`-`, `+`, `[text` or `(text`."""
    bound.text.p = s.p
    bound.text.n = 0
    if s.n == 1 and s.p[0] == MINUS:
        bound.kind = LEX_LOWEST
        return True
    if s.n == 1 and s.p[0] == PLUS:
        bound.kind = LEX_HIGHEST
        return True
    if s.n == 0 or (s.p[0] != OPEN_BRACKET and s.p[0] != OPEN_PARENTHESIS):
        return False
    bound.kind = LEX_INCLUDED if s.p[0] == OPEN_BRACKET else LEX_EXCLUDED
    bound.text.p = s.p + 1
    bound.text.n = s.n - 1
    return True


# --- ranks -----------------------------------------------------------------------------------------------------------


def ranks_of(members, options):
    """Ranks start to stop of a set, counted from the other end when the order is downwards."""
    found: RankRange
    n: int64_t = cython.cast(int64_t, members)
    start: int64_t = options.start + n if options.start < 0 else options.start
    stop: int64_t = options.stop + n if options.stop < 0 else options.stop
    found.first = 0
    found.count = 0
    if start < 0:
        start = 0
    if stop >= n:
        stop = n - 1
    if start > stop:
        return found
    found.first = n - 1 - stop if options.order == ORDER_DOWN else start
    found.count = stop - start + 1
    return found


def find_range(e, options):
    """What the range comprises, after LIMIT."""
    found: RankRange
    offset: int64_t
    left: uint64_t
    if options.by == RANGE_RANK:
        return ranks_of(sorted_set_count(e), options)
    if options.by == RANGE_SCORE:
        found = sorted_set_score_range(e, address(options.scores))
    else:
        found = sorted_set_lex_range(e, address(options.texts))
    offset = options.offset
    if offset < 0 and entry_encoding(e) != ENCODING_LISTPACK:
        offset += cython.cast(int64_t, found.count)     # as Valkey has it: the large form counts it from the end
    if offset < 0 or cython.cast(uint64_t, offset) >= found.count:
        found.count = 0
        return found
    left = found.count - cython.cast(uint64_t, offset)
    if options.limit >= 0 and cython.cast(uint64_t, options.limit) < left:
        left = cython.cast(uint64_t, options.limit)
    if options.order == ORDER_DOWN:
        found.first += found.count - cython.cast(uint64_t, offset) - left
    else:
        found.first += cython.cast(uint64_t, offset)
    found.count = left
    return found


# --- ZRANGE and its relatives ----------------------------------------------------------------------------------------


def zrange_command(call):
    answer_range(call, RANGE_ANY, ORDER_ANY)


def zrevrange_command(call):
    answer_range(call, RANGE_RANK, ORDER_DOWN)


def zrangebyscore_command(call):
    answer_range(call, RANGE_SCORE, ORDER_UP)


def zrevrangebyscore_command(call):
    answer_range(call, RANGE_SCORE, ORDER_DOWN)


def zrangebylex_command(call):
    answer_range(call, RANGE_LEX, ORDER_UP)


def zrevrangebylex_command(call):
    answer_range(call, RANGE_LEX, ORDER_DOWN)


def answer_range(call, by, order):
    options: RangeOptions
    e: EntryPtr = NULL
    if not read_range(call, 2, by, order, False, address(options)) \
            or not read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    if e == NULL:
        reply_array(call.client, 0)
    else:
        reply_range(
            call, e, find_range(e, address(options)), options.order == ORDER_DOWN, options.with_scores)


def reply_range(call, e, found, back, with_scores):
    """The members of these ranks, from the last to the first if `back`."""
    cursor: SortedSetCursor
    left: uint64_t = found.count
    form: cython.int = reply_form(call, with_scores)
    reply_array(call.client, left * 2 if form == REPLY_FLAT else left)
    if left == 0:
        return
    sorted_set_seek(e, found.first + found.count - 1 if back else found.first, address(cursor))
    while True:
        cursor_prefetch(address(cursor), back)
        reply_member(call, address(cursor), form)
        left -= 1
        if left == 0:
            return
        if back:
            cursor_previous(address(cursor))
        else:
            cursor_next(address(cursor))


# --- counting and removing -------------------------------------------------------------------------------------------


def zcount_command(call):
    answer_count(call, RANGE_SCORE)


def zlexcount_command(call):
    answer_count(call, RANGE_LEX)


def answer_count(call, by):
    options: RangeOptions
    e: EntryPtr = NULL
    if read_range(call, 2, by, ORDER_UP, False, address(options)) \
            and read_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        reply_integer(call.client, find_range(e, address(options)).count if e != NULL else 0)


def zremrangebyrank_command(call):
    remove_range(call, RANGE_RANK, "zremrangebyrank")


def zremrangebyscore_command(call):
    remove_range(call, RANGE_SCORE, "zremrangebyscore")


def zremrangebylex_command(call):
    remove_range(call, RANGE_LEX, "zremrangebylex")


def remove_range(call, by, event):
    options: RangeOptions
    e: EntryPtr = NULL
    found: RankRange
    if not read_range(call, 2, by, ORDER_UP, False, address(options)) \
            or not write_collection(call, 1, call.hash, TYPE_SORTED_SET, address(e)):
        return
    found.count = 0
    if e != NULL:
        found = find_range(e, address(options))
        sorted_set_remove_range(call.keyspace.heap, e, found)
    if found.count > 0:
        changed_by(call, 1, EVENT_SORTED_SET, event, found.count)
        if sorted_set_count(e) == 0:
            drop_emptied(call, 1, call.hash)
    reply_integer(call.client, found.count)
