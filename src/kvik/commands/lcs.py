"""LCS: the longest common subsequence of two strings.

With L(i, j) as its length for a[:i] and b[:j], the textbook fills a table of numbers. But along a row L only
ever stays or grows by one, so a row is a row of bits, and 64 of them are worked out at once (Hyyrö 2004,
"Bit-parallel LCS length computation revisited"). Word w of row i is

    v = row i - 1,  m = where a[i] stands in b     ->     row i = (v + (v & m) + carry) | (v & ~m)

with a 0 wherever L grows. The carry comes from word w - 1 of the same row; so the table is done by columns of
words, and each needs only 2 KB of `places` (the m for each byte) and one carry a row.

The way back from the corner tells which subsequence it is. Redis goes up where L(i - 1, j) > L(i, j - 1), and
else left. As the bytes there are different, L(i, j) is the larger of the two, and that is the upper one exactly
if L grows from (i, j - 1) to (i, j): the bit is all that is needed, 1/32 of a table of numbers.

Time O(N * M / 64), memory N * M / 8 bytes, or N for the length alone.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.engine.bits import sum_ones
from cython.cimports.kvik.engine.entry import entry_type
from cython.cimports.kvik.engine.heap import heap_alloc, heap_free
from cython.cimports.kvik.engine.intrinsics import ALL_ONES, BYTES_01
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.lookup import lookup_read
from cython.cimports.kvik.keyspace.values import string_value
from cython.cimports.kvik.wire.loop import LoopPtr
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_error, reply_integer, reply_map
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcpy, memset


def lcs_command(call):
    lcs: Lcs
    options: LcsOptions
    scratch_a: cython.char[24]
    scratch_b: cython.char[24]
    limit: cython.size_t = cast(cython.size_t, cast(LoopPtr, call.client.loop).limits.bulk_max)
    if not find_strings(call, address(lcs.a), scratch_a, address(lcs.b), scratch_b):
        return
    if not read_lcs_options(call, address(options)):
        return
    if lcs.a.n + 1 > limit // 4 // (lcs.b.n + 1):
        # What a table of 32-bit numbers would take. This one is smaller, but a limit is a limit.
        reply_error(
            call.client, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
        return
    if not lcs_init(call.keyspace.heap, address(lcs), not options.only_length):
        reply_error(call.client, "ERR Insufficient memory, failed allocating transient memory for LCS")
        return
    lcs_solve(address(lcs))
    if options.only_length:
        reply_integer(call.client, lcs.length)
    elif options.indexes:
        reply_indexes(call, address(lcs), address(options))
    else:
        reply_subsequence(call, address(lcs))
    lcs_free(call.keyspace.heap, address(lcs))


def find_strings(call, a, scratch_a, b, scratch_b):
    """The values of both keys, none as empty. False: another type, answered."""
    first: EntryPtr = lookup_read(call, 1, call.hash)
    second: EntryPtr = lookup_read(call, 2, call_hash(call, 2))
    if (first != NULL and entry_type(first) != TYPE_STRING) \
            or (second != NULL and entry_type(second) != TYPE_STRING):
        reply_error(call.client, "ERR The specified keys must contain string values")
        return False
    a.p = scratch_a
    a.n = 0
    b.p = scratch_b
    b.n = 0
    if first != NULL:
        a[0] = string_value(first, scratch_a)
    if second != NULL:
        b[0] = string_value(second, scratch_b)
    return True


def read_lcs_options(call, options):
    i: cython.int = 3
    a: SlicePtr
    options.only_length = False
    options.indexes = False
    options.with_length = False
    options.shortest = 0
    while i < call.argc:
        a = address(call.argv[i])
        if is_word(a, "len"):
            options.only_length = True
        elif is_word(a, "idx"):
            options.indexes = True
        elif is_word(a, "withmatchlen"):
            options.with_length = True
        elif is_word(a, "minmatchlen") and i + 1 < call.argc:
            i += 1
            if not read_integer(call, i, address(options.shortest)):
                return False
        else:
            reply_syntax_error(call)
            return False
        i += 1
    if options.only_length and options.indexes:
        reply_error(call.client, "ERR If you want both the length and indexes, please just use IDX.")
        return False
    return True


# --- the table of bits --------------------------------------------------------------------------------------


def step_words(lcs):
    return (lcs.b.n + 63) // 64 * lcs.a.n


def lcs_init(heap, lcs, steps):
    """Memory for lcs_solve, which keeps the steps if the way back is wanted. False when it is short."""
    lcs.length = 0
    lcs.steps = NULL
    lcs.carries = cast(cython.p_uchar, heap_alloc(heap, lcs.a.n + 1))
    if lcs.carries == NULL:
        return False
    memset(lcs.carries, 0, lcs.a.n + 1)
    if steps and step_words(lcs) > 0:
        lcs.steps = cast(WordPtr, heap_alloc(heap, step_words(lcs) * sizeof(uint64_t)))
        if lcs.steps == NULL:
            lcs_free(heap, lcs)
            return False
    return True


def lcs_free(heap, lcs):
    heap_free(heap, lcs.carries, lcs.a.n + 1)
    if lcs.steps != NULL:
        heap_free(heap, lcs.steps, step_words(lcs) * sizeof(uint64_t))


def lcs_solve(lcs):
    """Fill the table and find the length."""
    places: uint64_t[256]
    steps: WordPtr = lcs.steps
    here: CharPtr = lcs.b.p
    left: cython.size_t = lcs.b.n
    n: cython.size_t
    j: cython.size_t
    last: uint64_t
    memset(places, 0, sizeof(places))
    while left > 0:
        n = left if left < 64 else 64
        for j in range(n):
            places[cast(cython.uchar, here[j])] |= cast(uint64_t, 1) << j
        last = solve_column(lcs, places, steps)
        lcs.length += (sum_ones(~last) * BYTES_01) >> 56
        for j in range(n):
            places[cast(cython.uchar, here[j])] = 0
        if steps != NULL:
            steps += lcs.a.n
        here += n
        left -= n


def solve_column(lcs, places, steps):
    """One word of every row, from the first to the last, which is returned."""
    a: CharPtr = lcs.a.p
    carries: cython.p_uchar = lcs.carries
    i: cython.size_t
    v: uint64_t = ALL_ONES
    m: uint64_t
    first: uint64_t
    both: uint64_t
    for i in range(lcs.a.n):
        m = places[cast(cython.uchar, a[i])]
        first = v + (v & m)
        both = first + carries[i]
        carries[i] = (first < v) | (both < first)
        v = both | (v & ~m)
        if steps != NULL:
            steps[i] = v
    return v


def previous_run(lcs, run):
    """The last run inside a[:run.a] and b[:run.b]; start with all of both. False: there is none."""
    i: cython.size_t = run.a
    j: cython.size_t = run.b
    run.length = 0
    while i > 0 and j > 0:
        if lcs.a.p[i - 1] == lcs.b.p[j - 1]:
            run.length += 1
            i -= 1
            j -= 1
        elif run.length > 0:
            break
        elif (lcs.steps[((j - 1) >> 6) * lcs.a.n + i - 1] >> ((j - 1) & 63)) & 1:
            j -= 1
        else:
            i -= 1
    run.a = i
    run.b = j
    return run.length > 0


# --- answers ------------------------------------------------------------------------------------------------


def reply_subsequence(call, lcs):
    """The bytes of the subsequence, put together from its end."""
    run: Run
    at: cython.size_t = lcs.length
    text: CharPtr = cast(CharPtr, heap_alloc(call.keyspace.heap, lcs.length + 1))
    if text == NULL:
        reply_error(call.client, "ERR Insufficient memory, failed allocating transient memory for LCS")
        return
    run.a = lcs.a.n
    run.b = lcs.b.n
    while previous_run(lcs, address(run)):
        at -= run.length
        memcpy(text + at, lcs.a.p + run.a, run.length)
    reply_bulk(call.client, text, lcs.length)
    heap_free(call.keyspace.heap, text, lcs.length + 1)


def reply_indexes(call, lcs, options):
    """The runs that are long enough, the last first, and the length of the whole."""
    run: Run
    runs: cython.size_t = 0
    shortest: cython.size_t = cast(cython.size_t, options.shortest) if options.shortest > 0 else 0
    run.a = lcs.a.n
    run.b = lcs.b.n
    while previous_run(lcs, address(run)):
        runs += run.length >= shortest
    reply_map(call.client, 2)
    reply_bulk(call.client, "matches", 7)
    reply_array(call.client, runs)
    run.a = lcs.a.n
    run.b = lcs.b.n
    while previous_run(lcs, address(run)):
        if run.length < shortest:
            continue
        reply_array(call.client, 3 if options.with_length else 2)
        reply_pair(call, run.a, run.length)
        reply_pair(call, run.b, run.length)
        if options.with_length:
            reply_integer(call.client, run.length)
    reply_bulk(call.client, "len", 3)
    reply_integer(call.client, lcs.length)


def reply_pair(call, first, length):
    """Where a run is in one of the strings: its first and last byte."""
    reply_array(call.client, 2)
    reply_integer(call.client, first)
    reply_integer(call.client, first + length - 1)
