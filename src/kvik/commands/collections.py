"""What the commands of all collection types share: finding the key's entry, making it, dropping it when it is empty.

The entry of a collection holds a pointer to its value in `word`. A value may change its form, and so the word; the
entry itself stays where it is. An empty collection does not exist: whoever takes the last element out calls
`drop_emptied`.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_integer, reply_syntax_error
from cython.cimports.kvik.commands.string_value import reply_memory, store_entry
from cython.cimports.kvik.engine.entry import entry_free, entry_new, entry_set_clock, entry_set_kind, entry_set_word
from cython.cimports.kvik.engine.text import format_integer, is_word
from cython.cimports.kvik.keyspace.call import call_hash
from cython.cimports.kvik.keyspace.database import db_add, db_delete, db_find
from cython.cimports.kvik.keyspace.lookup import check_type, delete_key, lookup_peek, lookup_read, lookup_write
from cython.cimports.kvik.keyspace.tail import EVENT_GENERIC, also, changed
from cython.cimports.kvik.wire.client import CLIENT_CLOSE_NOW, CLIENT_MUTED
from cython.cimports.kvik.wire.reply import reply_bulk, reply_error, reply_integer
from cython.cimports.libc.stdint import INT64_MAX, INT64_MIN, uint64_t, uintptr_t


def read_collection(call, i, h, kind, e):
    """The entry of the key argv[i] for reading (NULL: no key). False: it has another type, and that was answered."""
    e[0] = lookup_read(call, i, h)
    return e[0] == NULL or check_type(call, e[0], kind)


def write_collection(call, i, h, kind, e):
    """The entry of the key argv[i] for changing its value (NULL: no key). False: another type, answered."""
    slot: Slot = lookup_write(call, i, h)
    e[0] = NULL
    if slot == NULL:
        return True
    e[0] = slot[0]
    return check_type(call, slot[0], kind)


def new_collection(call, i, h, kind, encoding, value):
    """Add the key argv[i], which is not there, with `value` in its word. NULL: no memory, answered; the value is the
    caller's to free then."""
    e: EntryPtr = entry_new(call.keyspace.heap, call.argv[i].p, call.argv[i].n, -1, True, 0)
    if e != NULL:
        entry_set_word(e, cast(uint64_t, cast(uintptr_t, value)))
        entry_set_kind(e, kind, encoding)
        entry_set_clock(e, call.keyspace.lru_clock)
        if db_add(call.keyspace, call.db, e, h):
            return e
        entry_free(call.keyspace.heap, e)
    reply_memory(call)
    return NULL


def add_collection(call, h, e):
    """Add the complete entry e, whose key is not there. Owns e. False: no memory, answered."""
    return store_entry(call, h, NULL, e)


def store_collection(call, i, h, e, event_class, event):
    """Let argv[i] be the complete entry e, whatever it was, and report that. Owns e. False: no memory, answered."""
    if not store_entry(call, h, db_find(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, h), e):
        return False
    changed(call, i, event_class, event)
    return True


def delete_destination(call):
    """What was to be stored as argv[1] is empty: so that key is gone. Answers 0."""
    h: uint64_t = call_hash(call, 1)
    if lookup_peek(call, 1, h) != NULL:
        delete_key(call, 1, h, call.keyspace.lazy_server_del)
    reply_integer(call.client, 0)


def is_read(call):
    """Does anybody get what is replied? (A count may be so large that the reply never ends.)"""
    return not call.client.flags & (CLIENT_CLOSE_NOW | CLIENT_MUTED)


def read_random_options(call, more, count, with_more):
    """The count of HRANDFIELD and ZRANDMEMBER, argv[2], and the word `more` (or none) behind it."""
    if not read_integer(call, 2, count):
        return False
    if count[0] == INT64_MIN:
        reply_error(call.client, "ERR value is out of range, value must between -9223372036854775807 and "
                    "9223372036854775807")
        return False
    with_more[0] = call.argc > 3
    if call.argc == 3:
        return True
    if call.argc > 4 or not is_word(address(call.argv[3]), more):
        reply_syntax_error(call)
        return False
    if count[0] > INT64_MAX // 2 or count[0] < -(INT64_MAX // 2):
        reply_error(call.client, "ERR value is out of range")
        return False
    return True


def drop_emptied(call, i, h):
    """The last element of the collection argv[i] is gone (and that was reported): the key goes too."""
    db_delete(call.keyspace, call.db, call.argv[i].p, call.argv[i].n, h, call.keyspace.lazy_server_del)
    also(call, i, EVENT_GENERIC, "del")


def reply_item(c, item):
    """An element of a listpack as bulk string."""
    if item.p != NULL:
        reply_bulk(c, item.p, item.n)
    else:
        reply_integer_bulk(c, item.integer)


def reply_integer_bulk(c, value):
    scratch: cython.char[24]
    reply_bulk(c, scratch, format_integer(scratch, value))
