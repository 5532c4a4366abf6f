"""Walking through all keys: SCAN, KEYS and RANDOMKEY; and what HSCAN and its like share with SCAN."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast, sizeof
from cython.cimports.kvik.commands.arguments import read_integer, reply_error_about, reply_syntax_error
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import (
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_SORTED_SET,
    TYPE_STREAM,
    TYPE_STRING,
    entry_key,
    entry_key_length,
    entry_type,
)
from cython.cimports.kvik.engine.heap import doubled, heap_double, heap_free
from cython.cimports.kvik.engine.table import table_random, table_scan
from cython.cimports.kvik.engine.text import (
    PLUS,
    STAR,
    ZERO,
    format_unsigned,
    glob_match,
    is_space,
    is_word,
    parse_unsigned,
)
from cython.cimports.kvik.keyspace.database import is_expired
from cython.cimports.kvik.wire.reply import reply_array, reply_bulk, reply_error, reply_null
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.string import memset

# --- collecting entries ----------------------------------------------------------------------------------------------


def found_init(found, call, pattern, kind):
    """`pattern` NULL: every key."""
    memset(found, 0, sizeof(Found))
    found.heap = call.keyspace.heap
    found.keyspace = call.keyspace
    found.pattern = pattern
    found.kind = kind


def pattern_of(pattern):
    """NULL for a lone `*`, which is not looked at: only so does it match what is empty."""
    if pattern.n == 1 and pattern.p[0] == STAR:
        return NULL
    return pattern


def found_add(context, e):
    found: FoundPtr = cast(FoundPtr, context)
    grown: EntryPtrPtr
    found.seen += 1
    if found.failed or is_expired(found.keyspace, e) or (found.kind != -1 and entry_type(e) != found.kind):
        return
    if found.pattern != NULL and not glob_match(
            found.pattern.p, found.pattern.n, entry_key(e), entry_key_length(e), False):
        return
    if found.count == found.capacity:
        grown = cast(EntryPtrPtr, heap_double(found.heap, found.entries, found.capacity, 64, sizeof(EntryPtr)))
        if grown == NULL:
            found.failed = True
            return
        found.entries = grown
        found.capacity = doubled(found.capacity, 64)
    found.entries[found.count] = e
    found.count += 1


def found_reply(call, found):
    """Answer the keys of what was found."""
    i: cython.size_t
    reply_array(call.client, found.count)
    for i in range(found.count):
        reply_bulk(call.client, entry_key(found.entries[i]), entry_key_length(found.entries[i]))


def found_free(found):
    if found.entries != NULL:
        heap_free(found.heap, found.entries, found.capacity * sizeof(EntryPtr))


# --- commands --------------------------------------------------------------------------------------------------------


def read_cursor(call, i, cursor):
    """A cursor, with any spaces, plus sign and zeros before it, as strtoull has it."""
    s: Slice = call.argv[i]
    while s.n > 0 and is_space(s.p[0]):
        s.p += 1
        s.n -= 1
    if s.n > 1 and s.p[0] == PLUS:
        s.p += 1
        s.n -= 1
    while s.n > 1 and s.p[0] == ZERO:
        s.p += 1
        s.n -= 1
    if parse_unsigned(s.p, s.n, cursor):
        return True
    reply_error(call.client, "ERR invalid cursor")
    return False


def type_number(name):
    """The number of a type by its name, -2 for an unknown one."""
    if is_word(name, "string"):
        return TYPE_STRING
    if is_word(name, "list"):
        return TYPE_LIST
    if is_word(name, "set"):
        return TYPE_SET
    if is_word(name, "zset"):
        return TYPE_SORTED_SET
    if is_word(name, "hash"):
        return TYPE_HASH
    if is_word(name, "stream"):
        return TYPE_STREAM
    return -2


def read_scan_options(call, i, scanned, options):
    """COUNT and MATCH from argv[i] on, and what only the scan of keys, hashes or sorted sets has."""
    a: SlicePtr
    more: cython.bint
    options.pattern = NULL
    options.count = 10
    options.kind = -1
    options.bare = False
    while i < call.argc:
        a = address(call.argv[i])
        more = i + 1 < call.argc
        if more and is_word(a, "count"):
            if not read_integer(call, i + 1, address(options.count)):
                return False
            if options.count < 1:
                reply_syntax_error(call)
                return False
        elif more and is_word(a, "match"):
            options.pattern = pattern_of(address(call.argv[i + 1]))
        elif more and scanned == SCAN_KEYS and is_word(a, "type"):
            options.kind = type_number(address(call.argv[i + 1]))
            if options.kind == -2:
                reply_error_about(call, "ERR unknown type name '%.*s'", address(call.argv[i + 1]))
                return False
        elif is_word(a, "novalues"):
            if scanned != SCAN_HASH:
                reply_error(call.client, "ERR NOVALUES option can only be used in HSCAN")
                return False
            options.bare = True
            i -= 1
        elif is_word(a, "noscores"):
            if scanned != SCAN_SORTED_SET:
                reply_error(call.client, "ERR NOSCORES option can only be used in ZSCAN")
                return False
            options.bare = True
            i -= 1
        else:
            reply_syntax_error(call)
            return False
        i += 2
    return True


def scan_table(t, cursor, count, found):
    """Collect entries from the cursor on until about `count` have been seen. The cursor to go on with, 0 at the end."""
    rounds: int64_t = 0
    while True:
        cursor = table_scan(t, cursor, 1, found_add, found)
        rounds += 1
        if cursor == 0 or cast(int64_t, found.seen) >= count or rounds // 10 >= count:
            return cursor


def reply_cursor(call, cursor):
    """Begin the reply of a scan; the array of what was found must follow."""
    text: cython.char[24]
    reply_array(call.client, 2)
    reply_bulk(call.client, text, format_unsigned(text, cursor))


def scan_command(call):
    options: ScanOptions
    cursor: uint64_t = 0
    if read_cursor(call, 1, address(cursor)) and read_scan_options(call, 2, SCAN_KEYS, address(options)):
        reply_table_scan(call, address(call.db.keys), cursor, address(options))


def reply_table_scan(call, t, cursor, options):
    """Answer the keys of the entries from `cursor` on: of about as many as COUNT says."""
    found: Found
    found_init(address(found), call, options.pattern, options.kind)
    cursor = scan_table(t, cursor, options.count, address(found))
    if found.failed:
        reply_memory(call)
    else:
        reply_cursor(call, cursor)
        found_reply(call, address(found))
    found_free(address(found))


def keys_command(call):
    found: Found
    cursor: uint64_t = 0
    found_init(address(found), call, pattern_of(address(call.argv[1])), -1)
    while True:
        cursor = table_scan(address(call.db.keys), cursor, 1024, found_add, address(found))
        if cursor == 0:
            break
    if found.failed:
        reply_memory(call)
    else:
        found_reply(call, address(found))
    found_free(address(found))


def randomkey_command(call):
    """A key that has not expired; after 100 tries in a database full of expired ones, any."""
    e: EntryPtr = NULL
    _: cython.int
    for _ in range(100):
        e = table_random(address(call.db.keys), address(call.keyspace.seed))
        if e == NULL or not is_expired(call.keyspace, e):
            break
    if e == NULL or (is_expired(call.keyspace, e) and call.db.keys.count == call.db.expiries.count):
        reply_null(call.client)
    else:
        reply_bulk(call.client, entry_key(e), entry_key_length(e))
