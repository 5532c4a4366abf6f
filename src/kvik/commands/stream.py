"""Stream commands: adding, reading a range, deleting and trimming entries. What waits for entries is in stream_read.py,
consumer groups are in stream_group.py and stream_claim.py.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.collections import new_collection
from cython.cimports.kvik.commands.dispatch import reply_wrong_arity
from cython.cimports.kvik.commands.stream_arguments import (
    effect_id,
    read_add_options,
    read_all_ids,
    read_bound,
    read_count,
    read_id,
    read_stream,
    write_stream,
)
from cython.cimports.kvik.commands.stream_reply import reply_entries, reply_id
from cython.cimports.kvik.commands.string_value import reply_memory
from cython.cimports.kvik.engine.entry import ENCODING_STREAM, TYPE_STREAM
from cython.cimports.kvik.engine.stream import (
    BLOCK_LIMIT,
    TRIM_NOTHING,
    stream_append,
    stream_edge,
    stream_free,
    stream_new,
    stream_next_id,
    stream_remove,
    stream_seek,
    stream_trim,
)
from cython.cimports.kvik.engine.stream_id import (
    id_equal,
    id_is_zero,
    id_less,
    stream_id,
    stream_id_last,
    stream_id_next,
)
from cython.cimports.kvik.engine.text import is_word
from cython.cimports.kvik.keyspace.effects import effect_close, effect_integer, effect_slice, effect_word
from cython.cimports.kvik.keyspace.tail import EVENT_STREAM, also, changed, changed_by, is_logged, noted, replace_effect_on
from cython.cimports.kvik.wire.reply import (
    reply_array,
    reply_error,
    reply_integer,
    reply_null,
    reply_null_array,
    reply_ok,
)
from cython.cimports.libc.stdint import UINT64_MAX, int64_t, uint64_t

# --- adding ----------------------------------------------------------------------------------------------------------


def xadd_command(call):
    options: AddOptions
    s: StreamPtr = NULL
    if not read_add_options(call, True, address(options)):
        return
    if call.argc - options.at < 3 or (call.argc - options.at) % 2 == 0:
        reply_wrong_arity(call)
        return
    if not (options.auto_id or options.auto_seq) and id_is_zero(options.id):
        reply_error(call.client, "ERR The ID specified in XADD must be greater than 0-0")
        return
    if not write_stream(call, 1, call.hash, address(s)):
        return
    if s != NULL:
        if choose_id(call, s, address(options)) and add_entry(call, s, address(options)):
            reply_id(call.client, options.id)
    elif options.no_create:
        reply_null(call.client)
    else:
        add_to_new(call, address(options))


def choose_id(call, s, options):
    """The ID of the entry to come. False: it cannot have the one that was asked for, answered."""
    if id_equal(s.last_id, stream_id_last()):
        reply_error(
            call.client, "ERR The stream has exhausted the last possible ID, unable to add more items")
        return False
    if options.auto_id:
        stream_next_id(s, call.keyspace.clock.now_ms, address(options.id))
        return True
    if options.auto_seq and options.id.ms == s.last_id.ms and s.last_id.seq != UINT64_MAX:
        options.id = stream_id_next(s.last_id)
    if id_less(s.last_id, options.id):
        return True
    reply_error(
        call.client, "ERR The ID specified in XADD is equal or smaller than the target stream top item")
    return False


def fields_fit(call, i):
    """Is the text from argv[i] on short enough for one entry?"""
    n: cython.size_t = 0
    while i < call.argc:
        n += call.argv[i].n
        i += 1
    if n <= BLOCK_LIMIT:
        return True
    reply_error(call.client, "ERR Elements are too large to be stored")
    return False


def add_entry(call, s, options):
    """Append the entry and trim. False: answered an error."""
    limits: BlockLimits
    first: cython.int = options.at + 1
    limits.bytes = call.keyspace.limits.stream_node_max_bytes
    limits.entries = call.keyspace.limits.stream_node_max_entries
    if not fields_fit(call, first):
        return False
    if not stream_append(call.keyspace.heap, s, options.id, address(call.argv[first]), (call.argc - first) // 2,
                         address(limits)):
        reply_memory(call)
        return False
    changed(call, 1, EVENT_STREAM, "xadd")
    if options.trim.by != TRIM_NOTHING and stream_trim(call.keyspace.heap, s, address(options.trim)) > 0:
        also(call, 1, EVENT_STREAM, "xtrim")
    if is_logged(call) and (options.auto_id or options.auto_seq or options.trim.approximate):
        effect_add(call, s, options)
    return True


def effect_add(call, s, options):
    """XADD with the ID that was chosen, and trimming to what was left."""
    f: EffectsPtr = replace_effect_on(call, "XADD", 1)
    i: cython.int
    effect_trim(f, s, address(options.trim))
    effect_id(f, options.id)
    for i in range(options.at + 1, call.argc):
        effect_slice(f, address(call.argv[i]))
    effect_close(f)


def effect_trim(f, s, trim):
    """What trimming, be it approximate, has come to."""
    if trim.by != TRIM_NOTHING:
        effect_word(f, "MAXLEN")
        effect_word(f, "=")
        effect_integer(f, s.length)


def add_to_new(call, options):
    """The first entry of a stream."""
    s: StreamPtr = stream_new(call.keyspace.heap)
    if s == NULL:
        reply_memory(call)
        return
    if not choose_id(call, s, options) or not fields_fit(call, options.at + 1) \
            or new_collection(call, 1, call.hash, TYPE_STREAM, ENCODING_STREAM, s) == NULL:
        stream_free(call.keyspace.heap, s, False)
    elif add_entry(call, s, options):
        reply_id(call.client, options.id)


# --- reading ---------------------------------------------------------------------------------------------------------


def xlen_command(call):
    s: StreamPtr = NULL
    if read_stream(call, 1, call.hash, address(s)):
        reply_integer(call.client, 0 if s == NULL else s.length)


def xrange_command(call):
    range_command(call, False)


def xrevrange_command(call):
    range_command(call, True)


def range_command(call, backwards):
    cursor: StreamCursor
    first: StreamID
    last: StreamID
    s: StreamPtr = NULL
    count: int64_t = -1
    i: cython.int = 4
    if not read_bound(call, 3 if backwards else 2, False, address(first)) \
            or not read_bound(call, 2 if backwards else 3, True, address(last)):
        return
    while i < call.argc:
        if not is_word(address(call.argv[i]), "count") or i + 1 == call.argc:
            reply_syntax_error(call)
            return
        if not read_count(call, i + 1, address(count)):
            return
        i += 2
    if not read_stream(call, 1, call.hash, address(s)):
        return
    if s == NULL:
        reply_array(call.client, 0)
    elif count == 0:
        reply_null_array(call.client)
    else:
        stream_seek(address(cursor), s, first, last, backwards)
        reply_entries(call.client, address(cursor), s, count)


# --- removing --------------------------------------------------------------------------------------------------------


def xdel_command(call):
    s: StreamPtr = NULL
    id: StreamID
    removed: uint64_t = 0
    i: cython.int
    if not write_stream(call, 1, call.hash, address(s)):
        return
    if s == NULL:
        reply_integer(call.client, 0)
        return
    if not read_all_ids(call, 2):
        return
    for i in range(2, call.argc):
        read_id(call, i, address(id))
        removed += stream_remove(call.keyspace.heap, s, id)
    if removed > 0:
        changed_by(call, 1, EVENT_STREAM, "xdel", removed)
    reply_integer(call.client, removed)


def xtrim_command(call):
    options: AddOptions
    s: StreamPtr = NULL
    removed: uint64_t
    if not read_add_options(call, False, address(options)) or not write_stream(call, 1, call.hash, address(s)):
        return
    if s == NULL:
        reply_integer(call.client, 0)
        return
    removed = stream_trim(call.keyspace.heap, s, address(options.trim))
    if removed > 0:
        changed_by(call, 1, EVENT_STREAM, "xtrim", removed)
        if is_logged(call) and options.trim.approximate:
            effect_trim(replace_effect_on(call, "XTRIM", 1), s, address(options.trim))
            effect_close(address(call.keyspace.effects))
    reply_integer(call.client, removed)


# --- XSETID ----------------------------------------------------------------------------------------------------------


def xsetid_command(call):
    s: StreamPtr = NULL
    id: StreamID
    deleted: StreamID = stream_id(0, 0)
    added: int64_t = -1
    i: cython.int = 3
    if not read_id(call, 2, address(id)):
        return
    while i < call.argc:
        if i + 1 < call.argc and is_word(address(call.argv[i]), "entriesadded"):
            if not read_integer(call, i + 1, address(added)):
                return
            if added < 0:
                reply_error(call.client, "ERR entries_added must be positive")
                return
        elif i + 1 < call.argc and is_word(address(call.argv[i]), "maxdeletedid"):
            if not read_id(call, i + 1, address(deleted)):
                return
            if id_less(id, deleted):
                reply_error(
                    call.client, "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
                return
        else:
            reply_syntax_error(call)
            return
        i += 2
    if not write_stream(call, 1, call.hash, address(s)):
        return
    if s == NULL:
        reply_error(call.client, "ERR no such key")
    elif id_less(id, s.max_deleted_id):
        reply_error(call.client, "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")
    elif s.length > 0 and id_less(id, stream_edge(s, True)):
        reply_error(call.client, "ERR The ID specified in XSETID is smaller than the target stream top item")
    elif added != -1 and s.length > cython.cast(uint64_t, added):
        reply_error(
            call.client, "ERR The entries_added specified in XSETID is smaller than the target stream length")
    else:
        set_last_id(call, s, id, added, deleted)


def set_last_id(call, s, id, added, deleted):
    s.last_id = id
    if added != -1:
        s.entries_added = added
    if not id_is_zero(deleted):
        s.max_deleted_id = deleted
    noted(call, 1, EVENT_STREAM, "xsetid")
    reply_ok(call.client)
