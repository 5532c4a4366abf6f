"""Commands on whole databases: SELECT, SWAPDB, FLUSHDB, FLUSHALL, DBSIZE."""

# ruff: noqa: F821
import cython
from cython import NULL, address, cast
from cython.cimports.kvik.commands.arguments import read_database, reply_syntax_error
from cython.cimports.kvik.engine.text import is_word, parse_integer
from cython.cimports.kvik.keyspace.database import db_empty, db_swap
from cython.cimports.kvik.keyspace.tail import all_keys_gone, database_changed, database_changes
from cython.cimports.kvik.wire.reply import reply_error, reply_integer, reply_ok
from cython.cimports.libc.stdint import int32_t, int64_t, uint64_t


def select_command(call):
    id: cython.int = 0
    if read_database(call, 1, address(id)):
        call.client.db = id
        reply_ok(call.client)


def swapdb_command(call):
    a: int64_t = 0
    b: int64_t = 0
    if not parse_integer(call.argv[1].p, call.argv[1].n, address(a)) or a != cast(int32_t, a):
        reply_error(call.client, "ERR invalid first DB index")
        return
    if not parse_integer(call.argv[2].p, call.argv[2].n, address(b)) or b != cast(int32_t, b):
        reply_error(call.client, "ERR invalid second DB index")
        return
    if a < 0 or a >= call.keyspace.count or b < 0 or b >= call.keyspace.count:
        reply_error(call.client, "ERR DB index is out of range")
        return
    if a != b:
        database_changes(call.keyspace, address(call.keyspace.databases[a]), address(call.keyspace.databases[b]))
        database_changes(call.keyspace, address(call.keyspace.databases[b]), address(call.keyspace.databases[a]))
        db_swap(address(call.keyspace.databases[a]), address(call.keyspace.databases[b]))
    database_changed(call.keyspace, address(call.keyspace.databases[a]), 1)
    reply_ok(call.client)


def dbsize_command(call):
    reply_integer(call.client, call.db.keys.count)


def read_flush_mode(call, lazy):
    lazy[0] = call.keyspace.lazy_user_flush
    if call.argc == 1:
        return True
    if call.argc == 2 and is_word(address(call.argv[1]), "sync"):
        lazy[0] = False
    elif call.argc == 2 and is_word(address(call.argv[1]), "async"):
        lazy[0] = True
    else:
        reply_syntax_error(call)
        return False
    return True


def flush(call, first, end, lazy):
    """Empty the databases from `first` up to `end`, which is not one of them."""
    i: cython.int
    db: DatabasePtr
    keys: uint64_t
    for i in range(first, end):
        db = address(call.keyspace.databases[i])
        keys = db.keys.count
        database_changes(call.keyspace, db, NULL)
        db_empty(call.keyspace, db, lazy)
        database_changed(call.keyspace, db, keys)
    all_keys_gone(call.keyspace, lazy)


def flushdb_command(call):
    lazy: cython.bint = False
    if read_flush_mode(call, address(lazy)):
        flush(call, call.db.id, call.db.id + 1, lazy)
        reply_ok(call.client)


def flushall_command(call):
    lazy: cython.bint = False
    d: DispatcherPtr = cast(DispatcherPtr, call.server)
    if not read_flush_mode(call, address(lazy)):
        return
    flush(call, 0, call.keyspace.count, lazy)
    if d.flushed != NULL:
        d.flushed(d.engine)
    reply_ok(call.client)
